"""Do-nothing trials: many replays of a trial in which nobody was treated, one compiled loop over participants.

Each trial draws one cohort (a probability ``u`` that picks the same quantile of every stratum's predictive
distribution, so that strata rise and fall together: the widest honest choice), an examiner's leaning for each examiner, and
then every participant: grade change, late examination, misreading. The generator is SplitMix64 keyed by seed and trial
(Steele, Lea, Flood, OOPSLA 2014), written out here, so that results depend neither on NumPy's version nor on the order
of trials.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


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


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _mix64(z: np.uint64) -> np.uint64:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _replay_counts(
    tables: Array,
    sizes: NDArray[np.int64],
    arms: NDArray[np.int64],
    n_arms: int,
    trials: int,
    seed: np.uint64,
    examiners: int,
    examiner_sd: float,
    late_share: float,
    late_extra: float,
    optimism: float,
) -> NDArray[np.int64]:
    groups, q = tables.shape
    out = np.zeros((trials, n_arms), dtype=np.int64)
    gamma = np.uint64(0x9E3779B97F4A7C15)
    unit = 1.0 / 9007199254740992.0
    key = _mix64(seed + gamma)
    lean = np.zeros(examiners)
    for t in range(trials):
        state = _mix64(key ^ (np.uint64(t) * np.uint64(0xD1342543DE82EF95) + np.uint64(1)))
        state += gamma
        u = np.float64(_mix64(state) >> np.uint64(11)) * unit
        position = u * q - 0.5
        if position < 0.0:
            position = 0.0
        if position > q - 1.0:
            position = q - 1.0
        index = int(position)
        if index > q - 2:
            index = q - 2
        fraction = position - index
        for e in range(examiners):
            lean[e] = 0.0
            if examiner_sd > 0.0:
                state += gamma
                a = (np.float64(_mix64(state) >> np.uint64(11)) + 0.5) * unit
                state += gamma
                b = np.float64(_mix64(state) >> np.uint64(11)) * unit
                lean[e] = examiner_sd * np.sqrt(-2.0 * np.log(a)) * np.cos(2.0 * np.pi * b)
        for g in range(groups):
            p = tables[g, index] + fraction * (tables[g, index + 1] - tables[g, index])
            count = 0
            for e in range(examiners):
                c = p
                if lean[e] != 0.0 and 0.0 < p < 1.0:
                    odds = p / (1.0 - p) * np.exp(lean[e])
                    c = odds / (1.0 + odds)
                # unchanged on time, but changed by a late examination; unchanged, but read as changed
                c = c + (1.0 - c) * late_share * late_extra
                if arms[g] == 0:
                    c = c + (1.0 - c) * optimism
                # r < c for r in [0, 1) on a grid of 2^-53, compared as whole numbers
                limit = np.uint64(np.ceil(c * 9007199254740992.0))
                share = sizes[g] // examiners
                if e < sizes[g] % examiners:
                    share += 1
                for i in range(share):
                    r = _mix64(state + gamma * np.uint64(i + 1)) >> np.uint64(11)
                    count += r < limit
                state += gamma * np.uint64(share)
            out[t, arms[g]] += count
    return out


def replay_counts(
    tables: Array, sizes: list[int], arms: list[int], *, trials: int, seed: int, exam: ExamModel
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

    Returns
    -------
    ndarray of int, shape (trials, number of arms)
    """
    if trials < 1:
        raise ValueError("at least one trial is needed")
    counts: NDArray[np.int64] = _replay_counts(
        np.ascontiguousarray(tables, dtype=np.float64),
        np.asarray(sizes, dtype=np.int64),
        np.asarray(arms, dtype=np.int64),
        max(arms) + 1,
        int(trials),
        np.uint64(seed % (1 << 64)),
        int(exam.examiners),
        float(exam.examiner_sd),
        float(exam.late_share),
        float(exam.late_extra),
        float(exam.optimism),
    )
    return counts
