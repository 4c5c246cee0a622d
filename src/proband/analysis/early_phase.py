"""Exact early-phase designs: Simon's two stages, BOIN, 3 + 3, beta-binomial stopping, and exact binomial sequences.

References
----------
Simon R. Control Clin Trials 1989;10:1-10. Liu S, Yuan Y. J R Stat Soc C 2015;64:507-523 (BOIN). Storer BE. Biometrics 1989;45:925-937 (3 + 3).
Thall PF, Simon R. Biometrics 1994;50:337-349 (Bayesian stopping).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

from proband.analysis.exact import binomial, binomial_tail
from proband.analysis.given import column
from proband.analysis.result import AnalysisError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Stop after ``n1`` with at most ``r1`` responses; promising if more than ``r`` of ``n`` respond."""

    r1: int
    n1: int
    r: int
    n: int
    expected_size: float
    early_stop: float
    alpha: float
    power: float


def two_stage_reject(r1: int, n1: int, r: int, n: int, share: ArrayLike) -> Array:
    """Probability of calling the treatment promising at each share."""
    p = np.atleast_1d(column("share", share, low=0, high=1))
    if not (0 <= r1 < n1 < n and r1 <= r < n):
        raise AnalysisError("analysis.design.stages", r1=r1, n1=n1, r=r, n=n)
    x = np.arange(r1 + 1, n1 + 1)
    out: Array = (binomial(n1, p)[:, r1 + 1 :] * binomial_tail(n - n1, p[:, None], r - x)).sum(axis=1)
    return out


@lru_cache(maxsize=64)
def simon(p0: float, p1: float, alpha: float, power: float, limit: int = 150) -> tuple[TwoStage, TwoStage]:
    """Optimal (smallest expected size under ``p0``) and minimax (smallest n) designs, by enumeration up to ``limit`` people."""
    best: TwoStage | None = None
    minimax: TwoStage | None = None
    for n in range(2, limit + 1):
        if best is not None and minimax is not None and n > minimax.n and n > 1.6 * best.n:
            break
        found = _best_of_size(n, p0, p1, alpha, power, np.inf if best is None else best.expected_size)
        own = found if minimax is None else None
        if found is None and minimax is None:
            continue
        if minimax is None and own is not None:
            minimax = own
        if found is not None and (best is None or found.expected_size < best.expected_size - 1e-12):
            best = found
    if best is None or minimax is None:
        raise AnalysisError("analysis.design.limit", limit=limit)
    return best, minimax


@lru_cache(maxsize=1024)
def _pmf(n: int, p: float) -> Array:
    return binomial(n, p)


@lru_cache(maxsize=1024)
def _tail(n: int, p: float) -> Array:
    """P(X > k) for k = −1 … n."""
    return binomial_tail(n, p, np.arange(-1, n + 1))


def _best_of_size(n: int, p0: float, p1: float, alpha: float, power: float, cap: float) -> TwoStage | None:
    """The design of total size n with the smallest expected size under p0, if any reaches error and power."""
    out: TwoStage | None = None
    for n1 in range(1, n):
        if n1 >= min(cap, np.inf if out is None else out.expected_size):
            break
        n2 = n - n1
        x, r = np.arange(n1 + 1), np.arange(n + 1)
        under0, under1 = _pmf(n1, p0), _pmf(n1, p1)
        # P(more than r − x of the second stage respond): the tail beyond −1 is 1, beyond n₂ is 0
        at_tail = np.clip(r[:, None] - x, -1, n2) + 1
        tail0, tail1 = _tail(n2, p0)[at_tail], _tail(n2, p1)[at_tail]
        # rejection probability by r (rows) and r1 (columns): responses in the first stage above r1
        reject0 = np.cumsum((under0 * tail0)[:, ::-1], axis=1)[:, ::-1]
        reject1 = np.cumsum((under1 * tail1)[:, ::-1], axis=1)[:, ::-1]
        stop = np.cumsum(under0)
        for r1 in range(n1 - 1, -1, -1):
            # r1 responses stop the trial, so the first stage must exceed r1
            good = (reject0[:, r1 + 1] <= alpha) & (reject1[:, r1 + 1] >= power) & (r > r1)
            if not good.any():
                continue
            size = n1 + (1 - stop[r1]) * n2
            if out is None or size < out.expected_size - 1e-12:
                # the smallest r whose error is small enough keeps the most power
                at = int(r[good][0])
                out = TwoStage(
                    r1,
                    n1,
                    at,
                    n,
                    float(size),
                    float(stop[r1]),
                    float(reject0[at, r1 + 1]),
                    float(reject1[at, r1 + 1]),
                )
            break
    return out


@dataclass(frozen=True, slots=True)
class BoinBoundaries:
    """Escalate at or below ``escalate``, de-escalate at or above ``deescalate``, eliminate at or above ``eliminate`` events; each by number of people
    treated at the dose (None: never).
    """

    lambda_escalate: float
    lambda_deescalate: float
    treated: tuple[int, ...]
    escalate: tuple[int, ...]
    deescalate: tuple[int, ...]
    eliminate: tuple[int | None, ...]


def boin(
    target: float,
    treated: Sequence[int],
    *,
    low: float | None = None,
    high: float | None = None,
    cutoff: float = 0.95,
) -> BoinBoundaries:
    """Interval boundaries for a target share of dose-limiting events; ``low``, ``high`` are 0.6 and 1.4 times the target unless given."""
    column("target", target, above=0)
    a, b = low if low is not None else 0.6 * target, high if high is not None else 1.4 * target
    column("bound around the target", [a, target, b], low=0, high=1)
    if not 0 < a < target < b < 1:
        raise AnalysisError("analysis.given.value", column="target", value=target, allowed=f"between {a:g} and {b:g}, these between 0 and 1")  # fmt: skip
    column("treated", treated, low=0, whole=True)
    escalate = float(np.log((1 - a) / (1 - target)) / np.log(target * (1 - a) / (a * (1 - target))))
    deescalate = float(np.log((1 - target) / (1 - b)) / np.log(b * (1 - target) / (target * (1 - b))))
    eliminate: list[int | None] = []
    for n in treated:
        over = 1 - betainc(np.arange(n + 1) + 1.0, n - np.arange(n + 1) + 1.0, target)
        reached = np.flatnonzero(over > cutoff)
        eliminate.append(int(reached[0]) if n >= 3 and len(reached) else None)
    return BoinBoundaries(
        escalate,
        deescalate,
        tuple(treated),
        tuple(int(np.floor(escalate * n + 1e-9)) for n in treated),
        tuple(int(np.ceil(deescalate * n - 1e-9)) for n in treated),
        tuple(eliminate),
    )


def three_plus_three(shares: Sequence[float]) -> Array:
    """Distribution of the dose that 3 + 3 recommends, (doses + 1,): index 0 is "below the lowest", k the k-th dose.

    Three people at a dose: none with an event goes up, one asks for three more (up if none of them has one), two or more stop. The dose
    below the one that stopped is recommended; the highest where none stopped.
    """
    if not len(column("share", shares, low=0, high=1)):
        raise AnalysisError("analysis.design.doses")
    out, reach = np.zeros(len(shares) + 1), 1.0
    for k, p in enumerate(shares):
        up = (1 - p) ** 3 + 3 * p * (1 - p) ** 2 * (1 - p) ** 3
        out[k] += reach * (1 - up)
        reach *= up
    out[-1] += reach
    return out


@dataclass(frozen=True, slots=True)
class EventBoundary:
    """Stop at ``events[n]`` or more among n people; None where no number of events stops. Index 0 stands for nobody."""

    events: tuple[int | None, ...]

    def outcome(self, share: float) -> tuple[float, float]:
        """Probability of stopping by the last person, and the expected number of people, at a true share of events."""
        alive, expected, stopped = np.array([1.0]), 0.0, 0.0
        last = len(self.events) - 1
        for n in range(1, last + 1):
            alive = np.convolve(alive, [1 - share, share])
            limit = self.events[n]
            if limit is not None:
                gone = float(alive[limit:].sum())
                stopped += gone
                expected += n * gone
                alive[limit:] = 0.0
        return stopped, expected + last * float(alive.sum())


def beta_binomial_stopping(
    people: int, limit: float, probability: float, prior: tuple[float, float], *, first: int = 1
) -> EventBoundary:
    """Stop when Pr(share > ``limit``) exceeds ``probability`` under a Beta prior, looked at after each person from ``first`` on."""
    column("limit", [limit, probability], low=0, high=1)
    column("Beta parameter", prior, above=0)
    events: list[int | None] = [None]
    for n in range(1, people + 1):
        x = np.arange(n + 1)
        over = 1 - betainc(prior[0] + x, prior[1] + n - x, limit)
        reached = np.flatnonzero(over > probability)
        events.append(int(reached[0]) if n >= first and len(reached) else None)
    return EventBoundary(tuple(events))


@lru_cache(maxsize=4096)
def beta_binomial_limit(
    people: int, limit: float, probability: float, prior: tuple[float, float]
) -> int | None:
    """The fewest events among so many people at which :func:`beta_binomial_stopping` stops; ``None`` where no number does."""
    return beta_binomial_stopping(people, limit, probability, prior, first=people).events[people]


@dataclass(frozen=True, slots=True)
class BinomialSequence:
    """Probabilities of crossing at each look, and the expected number of people."""

    upper: Array
    lower: Array
    expected_size: float


def binomial_sequence(
    sizes: Sequence[int], lower: Sequence[int], upper: Sequence[int], share: float
) -> BinomialSequence:
    """Exact single-arm sequence: at ``sizes[k]`` people stop with at most ``lower[k]`` or at least ``upper[k]`` responses."""
    alive, before = np.array([1.0]), 0
    up, down, expected = np.zeros(len(sizes)), np.zeros(len(sizes)), 0.0
    for k, n in enumerate(sizes):
        alive = np.convolve(alive, binomial(n - before, share))
        before = n
        down[k] = alive[: max(lower[k] + 1, 0)].sum()
        up[k] = alive[upper[k] :].sum()
        alive[: max(lower[k] + 1, 0)] = 0.0
        alive[upper[k] :] = 0.0
        expected += n * (up[k] + down[k])
    return BinomialSequence(up, down, float(expected + sizes[-1] * alive.sum()))


def single_arm_power(n: int, p0: float, p1: float, alpha: float) -> tuple[int, float, float]:
    """Fewest responses that reject ``p0`` one-sided, exact error and power."""
    column("share", [p0, p1, alpha], low=0, high=1)
    x = np.arange(n + 2)
    cut = int(x[binomial_tail(n, p0, x - 1) <= alpha][0])
    return cut, float(binomial_tail(n, p0, cut - 1)), float(binomial_tail(n, p1, cut - 1))
