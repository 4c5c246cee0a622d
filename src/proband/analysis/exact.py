"""Exact answers for counts: binomial and Poisson-binomial tails, prediction over cohorts, Fisher's test, the power of designs.

SciPy is fetched where its functions are used: it takes longer to load than a whole headline test takes to answer.

References
----------
Fisher RA. J R Stat Soc 1922;85:87-94 (the exact test of two shares).
Casagrande JT, Pike MC, Smith PG. Biometrics 1978;34:483-486 (people per arm, with continuity correction).
Johnson NL, Kemp AW, Kotz S. Univariate Discrete Distributions, 3rd ed. 2005, section 3.12.2 (Poisson-binomial).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.elementary import log_choose, normal_quantile
from proband.analysis.result import AnalysisError

Array = NDArray[np.float64]
Direction = Literal["greater", "less", "two-sided"]

#: tables whose probabilities agree to this, relatively, are equally probable
_TIE = 1e-7


def binomial(n: int, share: ArrayLike) -> Array:
    """P(X = k) of ``n`` people with the given share, for k = 0 … n, shape (n + 1,); of several shares a row each."""
    k, p = np.arange(n + 1), np.asarray(share, dtype=np.float64)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):  # nobody of a share of 0 is certain, not undefined
        happened = np.where(k > 0, k * np.log(p), 0.0)
        not_happened = np.where(k < n, (n - k) * np.log1p(-p), 0.0)
    out: Array = np.exp(log_choose(n, k) + happened + not_happened)
    return out


def binomial_tail(n: int, share: ArrayLike, above: ArrayLike) -> Array:
    """P(X > above) of ``n`` people with the given share, for whole numbers ``above``; 1 below zero, 0 from ``n`` on."""
    from scipy.special import bdtrc

    at = np.asarray(above, dtype=np.float64)
    inside = np.clip(at, 0, n)
    out: Array = np.where(at < 0, 1.0, np.where(at >= n, 0.0, bdtrc(inside, n, share)))
    return out


def sum_distribution(sizes: list[int], shares: list[float]) -> Array:
    """Distribution of the number of events when groups of ``sizes`` people have the given ``shares``.

    The convolution of binomials, which is the Poisson-binomial distribution of grouped people.

    Returns
    -------
    ndarray, shape (sum of sizes + 1,)
    """
    out = np.ones(1)
    for n, p in zip(sizes, shares, strict=True):
        out = np.convolve(out, binomial(n, p))
    result: Array = out
    return result


def at_least(distribution: Array, events: int) -> float:
    """P(X ≥ events)."""
    return float(min(distribution[events:].sum(), 1.0))


def at_most(distribution: Array, events: int) -> float:
    """P(X ≤ events)."""
    return float(min(distribution[: events + 1].sum(), 1.0))


def predicted_at_least(events: int, people: int, shares: Array) -> float:
    """P(X ≥ events) among ``people`` of a group whose true share is one of ``shares``, each as likely as the other.

    Raises
    ------
    ValueError
        If the events are negative or exceed the people, or no share is given.
    """
    if not 0 <= events <= people or not np.size(shares):
        raise ValueError(
            f"{events} events among {people} people cannot be predicted from {np.size(shares)} shares"
        )
    return float(np.mean(binomial_tail(people, shares, events - 1)))


def predicted_counts(people: int, shares: Array, width: float = 0.95) -> tuple[int, int]:
    """Central interval of the count among ``people`` of a group whose true share is one of ``shares``, each as likely.

    Chance within the group and differences between groups both take part: the binomial distributions are averaged, and
    the smallest counts are given whose probability of at most so many reaches the lower and the upper tail.
    """
    from scipy.special import bdtr

    k = np.arange(people + 1, dtype=np.float64)
    at_most_k = bdtr(k[:, None], people, np.asarray(shares)[None, :]).mean(axis=1)
    tail = (1.0 - width) / 2.0
    # rounding may leave the last sum a hair below 1: nobody can count more than everybody
    low, high = np.searchsorted(at_most_k, [tail, 1.0 - tail])
    return int(low), min(int(high), people)


@dataclass(frozen=True, slots=True)
class FisherResult:
    """Fisher's exact test of two proportions.

    ``two_sided`` sums the tables that are no more probable than the one seen (the usual definition); ``one_sided`` is
    P(at least as many events in the first arm).
    """

    two_sided: float
    one_sided: float


def fisher(events: int, people: int, control_events: int, control_people: int) -> FisherResult:
    """Fisher's exact test for ``events`` of ``people`` against ``control_events`` of ``control_people``."""
    pmf, low = _hypergeometric(people, control_people, events + control_events)
    at = events - low
    return FisherResult(
        two_sided=float(_tails(pmf, "two-sided")[at]), one_sided=float(_tails(pmf, "greater")[at])
    )


@lru_cache(maxsize=64)
def fisher_table(people: int, control_people: int, direction: Direction) -> Array:
    """Fisher's p value of every table, shape (people + 1, control_people + 1); the array is shared and cannot be written to."""
    out = np.ones((people + 1, control_people + 1))
    for total in range(people + control_people + 1):
        pmf, low = _hypergeometric(people, control_people, total)
        a = np.arange(low, low + len(pmf))
        out[a, total - a] = _tails(pmf, direction)
    out.setflags(write=False)
    return out


def _hypergeometric(n1: int, n2: int, total: int) -> tuple[Array, int]:
    low, high = max(0, total - n2), min(n1, total)
    a = np.arange(low, high + 1)
    log = log_choose(n1, a) + log_choose(n2, total - a)
    pmf = np.exp(log - log.max())
    return pmf / pmf.sum(), low


def _tails(pmf: Array, direction: Direction) -> Array:
    """The p value of each table of one row: from it on, up to it, or of all tables that are no more probable."""
    if direction == "greater":
        tail = np.cumsum(pmf[::-1])[::-1]
    elif direction == "less":
        tail = np.cumsum(pmf)
    else:
        order = np.argsort(pmf, kind="stable")
        # tables tied with one count with it: take the tail up to every table no more probable
        upto = np.searchsorted(pmf[order], pmf * (1 + _TIE), side="right") - 1
        tail = np.cumsum(pmf[order])[upto]
    return np.minimum(tail, 1.0)


def fisher_power(n: int, share: float, control_share: float, alpha: float = 0.05) -> float:
    """Exact power of Fisher's two-sided test with ``n`` people per arm, by enumeration of every table."""
    return float(binomial(n, share) @ _rejected(n, alpha) @ binomial(n, control_share))


@lru_cache(maxsize=64)
def _rejected(n: int, alpha: float) -> NDArray[np.bool_]:
    """Whether Fisher's two-sided test with ``n`` people per arm rejects ``a`` events against ``b``, shape (n + 1, n + 1).

    A table is rejected when the tables with its total that are no more probable (ties included) have at most ``alpha``
    together: when it is less probable, beyond a tie, than the first table at which the growing sum exceeds ``alpha``.
    All totals are decided at once, where :func:`fisher_table` goes through them one by one.
    """
    a, b = np.ogrid[: n + 1, : n + 1]
    arm, both = log_choose(n, np.arange(n + 1)), log_choose(2 * n, np.arange(2 * n + 1))
    tables = np.exp(arm[a] + arm[b] - both[a + b])
    # the tables of one total in one row, and room that weighs nothing
    totals = np.zeros((2 * n + 1, n + 1))
    totals[a + b, np.broadcast_to(a, tables.shape)] = tables
    ordered = np.sort(totals, axis=1)
    exceeds = np.cumsum(ordered, axis=1) > alpha
    first = np.where(exceeds.any(axis=1), ordered[np.arange(2 * n + 1), exceeds.argmax(axis=1)], np.inf)
    rejected: NDArray[np.bool_] = tables * (1 + _TIE) < first[a + b]
    return rejected


@dataclass(frozen=True, slots=True)
class Design:
    """A randomised two-arm design that would tell.

    ``per_arm`` people in each arm give ``power`` to find ``difference`` (in ``unit``) at two-sided ``alpha`` by
    ``test``; ``None`` when more than ``limit`` would be needed.
    """

    per_arm: int | None
    difference: float
    control: float
    unit: str
    power: float
    alpha: float
    test: str
    limit: int = 2000


@lru_cache(maxsize=256)
def design_for_shares(
    control: float, difference: float, *, power: float = 0.8, alpha: float = 0.05, limit: int = 250
) -> Design:
    """Fewest people per arm, 1:1, for Fisher's exact test to find a difference of shares with the stated power.

    The search starts at the normal approximation with continuity correction (Casagrande, Pike, Smith 1978), below
    which no exact answer lies far, and returns the first size from which the exact power stays at the target for two
    more sizes (the power of an exact test is not monotone in n).
    """
    share = control + difference
    if not 0.0 < share < 1.0 or abs(difference) < 1e-6:
        raise ValueError("the share with the difference added must lie between 0 and 1")
    za, zb = -float(normal_quantile(alpha / 2)), float(normal_quantile(power))
    mean = (share + control) / 2
    n0 = (
        za * np.sqrt(2 * mean * (1 - mean)) + zb * np.sqrt(share * (1 - share) + control * (1 - control))
    ) ** 2 / difference**2
    corrected = n0 / 4 * (1 + np.sqrt(1 + 4 / (n0 * abs(difference)))) ** 2
    if corrected > limit:
        n = int(np.ceil(corrected))
        return Design(
            n, difference, control, "share", power, alpha, "normal approximation with continuity correction"
        )
    start = max(2, int(min(n0, corrected) * 0.85) - 3)
    for n in range(start, limit + 60):
        reached = fisher_power(n, share, control, alpha)
        if reached >= power and all(fisher_power(n + k, share, control, alpha) >= power for k in (1, 2)):
            return Design(n, difference, control, "share", reached, alpha, "Fisher's exact test, exact power")
    return Design(None, difference, control, "share", power, alpha, "Fisher's exact test, exact power", limit)


def t_power(n: int, difference: float, sd: float, alpha: float = 0.05) -> float:
    """Exact power of the two-sided two-sample t test with ``n`` people per arm."""
    from scipy.special import nctdtr, stdtrit

    df = 2 * n - 2
    shift = abs(difference) / (sd * np.sqrt(2.0 / n))
    critical = stdtrit(df, 1 - alpha / 2)
    return float(1.0 - nctdtr(df, shift, critical) + nctdtr(df, shift, -critical))


def design_for_means(
    difference: float,
    sd: float,
    unit: str,
    *,
    control: float = 0.0,
    power: float = 0.8,
    alpha: float = 0.05,
    limit: int = 5000,
) -> Design:
    """Fewest people per arm, 1:1, for the t test to find a difference of mean changes with the stated power."""
    if abs(difference) < 1e-9 or sd <= 0:
        raise ValueError("a difference other than zero and a positive standard deviation are needed")
    n = 2
    while n < limit and t_power(n, difference, sd, alpha) < power:
        n += 1
    reached = t_power(n, difference, sd, alpha)
    return Design(
        n if reached >= power else None,
        difference,
        control,
        unit,
        reached,
        alpha,
        "t test, exact power",
        limit,
    )


def check_counts(events: int, people: int, control_events: int, control_people: int) -> None:
    """Refuse two groups whose counts are no counts of people: nobody, more events than people, fewer than none.

    Raises
    ------
    AnalysisError
        ``analysis.counts``.
    """
    counted = (events, people, control_events, control_people)
    if (
        any(n != int(n) for n in counted)
        or min(people, control_people) < 1
        or not (0 <= events <= people and 0 <= control_events <= control_people)
    ):
        raise AnalysisError(
            "analysis.counts", events=events, people=people, control_events=control_events, control_people=control_people,
        )  # fmt: skip


def study_counts(*columns: ArrayLike) -> tuple[NDArray[np.int64], ...]:
    """Events and people of both arms as whole numbers, of one length, that can be."""
    found = [np.atleast_1d(np.asarray(column)) for column in columns]
    whole = [column.astype(np.int64) for column in found]
    a, m, c, n = whole
    if len({len(column) for column in whole}) > 1:
        raise AnalysisError("analysis.synthesis.columns", lengths=[len(column) for column in whole])
    strange = np.flatnonzero(
        (a < 0) | (c < 0) | (a > m) | (c > n) | (m < 1) | (n < 1)
        | np.any([column != kept for column, kept in zip(found, whole, strict=True)], axis=0)
    )  # fmt: skip
    if len(strange):
        at = int(strange[0])
        raise AnalysisError(
            "analysis.counts", events=found[0][at], people=found[1][at], control_events=found[2][at], control_people=found[3][at],
        )  # fmt: skip
    return a, m, c, n
