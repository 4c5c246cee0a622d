"""Do-nothing trials: many replays of a trial in which nobody was treated, drawn side by side.

Each trial draws one cohort (a probability ``u`` that picks the same quantile of every stratum's predictive
distribution, so that strata rise and fall together: the widest honest choice), an examiner's leaning for each examiner, and
then every participant: grade change, late examination, misreading. The generator is SplitMix64 keyed by seed and trial
(Steele, Lea, Flood, OOPSLA 2014), written out here, so that results depend neither on NumPy's version nor on the order
of trials.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class ExamModel:
    """How examinations distort what is counted.

    Attributes
    ----------
    examiners
        Examiners who share the participants of a trial.
    examiner_sd
        Standard deviation, on the logit scale, of one examiner's leaning towards a better or worse grade.
    late_share
        Share of last examinations that are late.
    late_extra
        Probability that someone unchanged on time has changed by the late examination.
    optimism
        Probability that an unchanged person in the *treated* arm is read as changed (unblinded examiner). Zero unless a
        sensitivity run asks for it.
    """

    examiners: int = 2
    examiner_sd: float = 0.0
    late_share: float = 0.0
    late_extra: float = 0.0
    optimism: float = 0.0


#: SplitMix64: the step of the state, and the two multipliers of its finaliser
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
#: spreads the numbers of trials over the states
_SPREAD = np.uint64(0xD1342543DE82EF95)
#: numbers have 53 bits, as the doubles in [0, 1) do
_UNIT = 2.0**-53
#: most people of one examiner that have a whole random word each; of more, eight people share one, each with a byte of it
FEW_DRAWN = 16
#: most people of one examiner that are drawn one by one; of more the count is drawn, and nobody can tell the difference
MOST_DRAWN = 5000
#: below this variance a count is inverted term by term
_FEW = 100.0
#: eight counts in the bytes of a word, summed by this into its highest byte; so many words that no byte runs over
_EIGHT, _LANES = np.uint64(0x0101010101010101), 31
#: draws that are made at once: many enough that a call of NumPy costs little beside them, few enough for a cache
_AT_ONCE = 1 << 18


def _mix(z: Words) -> Words:
    """The finaliser of SplitMix64, in place: 64 well-mixed bits for each state."""
    z ^= z >> np.uint64(30)
    z *= _FIRST
    z ^= z >> np.uint64(27)
    z *= _SECOND
    z ^= z >> np.uint64(31)
    return z


def _uniform(state: Words, shift: float = 0.0) -> Array:
    """The next number of every trial in [0, 1); moves the states on."""
    state += _GAMMA
    out: Array = ((_mix(state.copy()) >> np.uint64(11)).astype(np.float64) + shift) * _UNIT
    return out


def _count(state: Words, share: Array, people: int) -> NDArray[np.int64]:
    """How many of ``people`` have the outcome in every trial, each with its probability; moves the states on."""
    if people > MOST_DRAWN:
        return _count_at_once(state, share, people)
    if people > FEW_DRAWN:
        return _count_by_bytes(state, share, people)
    # r < c for r in [0, 1) on a grid of 2^-53, compared as whole numbers
    limit = np.ceil(share * 2.0**53).astype(np.uint64)[:, None]
    count = np.zeros(len(state), dtype=np.int64)
    step = max(1, _AT_ONCE // len(state))
    for first in range(0, people, step):
        ahead = np.arange(first + 1, min(first + step, people) + 1, dtype=np.uint64) * _GAMMA
        draws = _mix(state[:, None] + ahead)
        draws >>= np.uint64(11)
        count += np.count_nonzero(draws < limit, axis=1)
    state += np.uint64(people) * _GAMMA
    return count


def _count_by_bytes(state: Words, share: Array, people: int) -> NDArray[np.int64]:
    """The same count, eight people to a word: a number in [0, 1) is compared by its first byte, and by the rest only where that decides nothing.

    The rest is drawn when it is needed, for one person in 256, so that the count has exactly the binomial distribution.
    """
    trials, words = len(state), -(-people // 8)
    first = np.minimum(np.floor(share * 256.0), 255.0)
    byte = np.repeat(first.astype(np.uint8), 8)
    limit = np.ceil((share * 256.0 - first) * 2.0**53).astype(np.uint64)
    count = np.zeros(trials, dtype=np.int64)
    step = min(_LANES, max(1, _AT_ONCE // trials))
    for start in range(0, words, step):
        stop = min(start + step, words)
        ahead = np.arange(start + 1, stop + 1, dtype=np.uint64) * _GAMMA
        drawn = _mix(ahead[:, None] + state).astype("<u8", copy=False).view(np.uint8)
        less, same = drawn < byte, drawn == byte
        if people < 8 * stop:  # nobody has the last bytes of the last word
            for hits in (less, same):
                hits[-1].reshape(trials, 8)[:, people - 8 * stop :] = False
        # eight counts side by side in one word, and then their sum in its highest byte
        count += ((less.view("<u8").sum(axis=0) * _EIGHT) >> np.uint64(56)).astype(np.int64)
        word, place = np.divmod(np.flatnonzero(same), 8 * trials)
        trial, person = place // 8, 8 * (start + word) + place % 8
        rest = _mix(state[trial] + (person + (words + 1)).astype(np.uint64) * _GAMMA) >> np.uint64(11)
        count += np.bincount(trial[rest < limit[trial]], minlength=trials)
    state += np.uint64(words + 8 * words) * _GAMMA
    return count


def _count_at_once(state: Words, share: Array, people: int) -> NDArray[np.int64]:
    """The same count drawn as a whole.

    Where few have the outcome, or few have it not, the binomial distribution is inverted term by term. Elsewhere it is a normal one with
    its skewness (Cornish-Fisher), which is off by less than one in the square of its standard deviation.
    """
    radius, turn = np.sqrt(-2.0 * np.log(_uniform(state, 0.5))), _uniform(state)
    z = radius * np.cos(2.0 * np.pi * turn)
    spread = np.sqrt(people * share * (1.0 - share))
    with np.errstate(divide="ignore", invalid="ignore"):
        skew = np.where(spread > 0.0, (1.0 - 2.0 * share) / spread, 0.0)
    count = np.rint(people * share + spread * (z + skew * (z * z - 1.0) / 6.0))
    few = np.flatnonzero(spread**2 < _FEW)
    if len(few):
        rare = np.minimum(share[few], 1.0 - share[few])
        # the same two numbers make one that is even: the squared radius is exponential
        u, k = np.exp(-(radius[few] ** 2) / 2.0), np.zeros(len(few))
        term = np.exp(people * np.log1p(-rare))
        below = term.copy()
        open_ = u > below
        while open_.any() and k.max() < people:
            term = np.where(open_, term * (people - k) / (k + 1.0) * rare / (1.0 - rare), term)
            k += open_
            below += np.where(open_, term, 0.0)
            open_ &= (u > below) & (term > 0.0)
        count[few] = np.where(share[few] <= 0.5, k, people - k)
    out: NDArray[np.int64] = np.clip(count, 0, people).astype(np.int64)
    return out


def _replay(
    tables: Array,
    sizes: list[int],
    arms: list[int],
    trials: range,
    key: np.uint64,
    exam: ExamModel,
    apart: bool,
) -> NDArray[np.int64]:
    """The counts of some trials, shape (len(trials), number of arms)."""
    quantiles = tables.shape[1]
    out = np.zeros((len(trials), max(arms) + 1), dtype=np.int64)
    number = np.arange(trials.start, trials.stop, dtype=np.uint64)
    state = _mix(key ^ (number * _SPREAD + np.uint64(1)))
    cohorts = [_place(_uniform(state), quantiles)]
    cohorts += [_place(_uniform(state), quantiles) if apart else cohorts[0] for _ in range(max(arms))]
    leans = [np.zeros(0)] * exam.examiners
    if exam.examiner_sd > 0.0:
        for examiner in range(exam.examiners):
            radius = np.sqrt(-2.0 * np.log(_uniform(state, 0.5)))
            leans[examiner] = exam.examiner_sd * radius * np.cos(2.0 * np.pi * _uniform(state))
    for table, size, arm in zip(tables, sizes, arms, strict=True):
        index, fraction = cohorts[arm]
        share = table[index] + fraction * (table[index + 1] - table[index])
        for examiner, lean in enumerate(leans):
            seen = _leaned(share, lean) if len(lean) else share
            # unchanged on time, but changed by a late examination; unchanged, but read as changed
            seen = seen + (1.0 - seen) * exam.late_share * exam.late_extra
            if arm == 0:
                seen = seen + (1.0 - seen) * exam.optimism
            people = size // exam.examiners + (examiner < size % exam.examiners)
            out[:, arm] += _count(state, seen, people)
    return out


def _place(u: Array, quantiles: int) -> tuple[NDArray[np.int64], Array]:
    """Where the cohorts ``u`` stand in a table of quantiles: the index below, and how far to the next."""
    position = np.clip(u * quantiles - 0.5, 0.0, quantiles - 1.0)
    index = np.minimum(position.astype(np.int64), quantiles - 2)
    return index, position - index


def _leaned(share: Array, lean: Array) -> Array:
    """The shares as an examiner sees them who leans on the logit scale; nobody sees what certainly is or is not."""
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = share / (1.0 - share) * np.exp(lean)
        leaned = odds / (1.0 + odds)
    result: Array = np.where((share > 0.0) & (share < 1.0) & (lean != 0.0), leaned, share)
    return result


def replay_counts(
    tables: Array,
    sizes: list[int],
    arms: list[int],
    *,
    trials: int,
    seed: int,
    exam: ExamModel,
    apart: bool = False,
) -> NDArray[np.int64]:
    """Events per arm in each replayed trial.

    Parameters
    ----------
    tables
        Quantile tables of the strata, shape (G, Q), as in :class:`~proband.natural_history.ProportionForecast`.
    sizes, arms
        People and arm (0 treated, 1 control) of each stratum, length G.
    trials, seed
        Number of replays and seed; the same seed gives the same counts on every platform.
    exam
        Examination model.
    apart
        Whether each arm comes from a cohort of its own, as where the groups were not made by chance.

    Returns
    -------
    ndarray of int, shape (trials, number of arms)
    """
    if trials < 1:
        raise ValueError("at least one trial is needed")
    with np.errstate(over="ignore"):  # arithmetic modulo 2^64 is meant
        key = _mix(np.array([seed % (1 << 64)], dtype=np.uint64) + _GAMMA)[0]
        step = max(1, _AT_ONCE // 16)
        parts = [
            _replay(
                np.asarray(tables, dtype=np.float64),
                sizes,
                arms,
                range(first, min(first + step, trials)),
                key,
                exam,
                apart,
            )
            for first in range(0, trials, step)
        ]
    return np.concatenate(parts)
