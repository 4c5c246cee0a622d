"""Competing events: Aalen–Johansen state probabilities, Gray's test, Fine and Gray's regression.

References
----------
Aalen OO, Johansen S. Scand J Stat 1978;5:141-150. Gray RJ. Ann Stat 1988;16:1141-1154.
Fine JP, Gray RJ. JASA 1999;94:496-509. Putter H, Fiocco M, Geskus RB. Stat Med 2007;26:2389-2430 (multi-state notation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import codes, column, covariates, labels, of_several, same
from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.result import AnalysisError
from proband.analysis.survival.cox import FARTHEST

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StateProbabilities:
    """Probability of each state over time.

    ``times`` (T,) are the times with a transition; ``probability`` (T, states) holds from each of them on; ``standard_error`` (T, states)
    is Aalen's for competing events out of one state, NaN for general multi-state data. Before the first time the ``initial`` holds.
    """

    times: Array
    probability: Array
    standard_error: Array
    initial: Array

    def at(self, time: float) -> Array:
        """Probabilities (states,) at a time."""
        where = int(np.searchsorted(self.times, time, side="right")) - 1
        out: Array = self.initial if where < 0 else self.probability[where]
        return out


def cumulative_incidence(time: ArrayLike, cause: ArrayLike, causes: int | None = None) -> StateProbabilities:
    """Probabilities of being event-free (state 0) and of having had each cause (states 1, 2, …).

    ``cause`` (people,) is 0 where censored. Standard errors are Aalen's (the delta method over all causes).
    """
    time, cause = _watched(time, cause)
    k = causes or int(cause.max(initial=0))
    if not k:
        raise AnalysisError("analysis.no-events")
    free = kaplan_meier(time, cause > 0)
    times, at_risk, survival = free.times, free.at_risk.astype(float), free.share
    died = np.array(
        [[((time == t) & (cause == c)).sum() for c in range(1, k + 1)] for t in times], dtype=float
    ).reshape(-1, k)
    total = died.sum(axis=1)
    before = np.concatenate([[1.0], survival[:-1]])
    jumps = before[:, None] * died / at_risk[:, None]
    incidence = np.cumsum(jumps, axis=0)
    error = np.empty((len(times), k + 1))
    # where nobody is left free of an event nothing of it is uncertain any more
    error[:, 0] = np.where(survival > 0, free.standard_error, 0.0)
    for c in range(k):
        error[:, c + 1] = np.sqrt(
            np.maximum(_aalen_variance(incidence[:, c], before, at_risk, died[:, c], total), 0.0)
        )
    start = np.zeros(k + 1)
    start[0] = 1.0
    return StateProbabilities(times, np.column_stack([survival, incidence]), error, start)


def _watched(time: ArrayLike, cause: ArrayLike) -> tuple[Array, NDArray[np.int64]]:
    times, causes = column("time", time, low=0), codes("cause", cause)
    same(time=times, cause=causes)
    if not len(times):
        raise AnalysisError("analysis.no-events")
    return times, causes


def _aalen_variance(incidence: Array, before: Array, at_risk: Array, own: Array, total: Array) -> Array:
    """Variance at each time t: Σ_{u≤t} [F(t) − F(u)]² d/((n−1)(n−d)) + Σ S² d₁(n−d₁)/(n²(n−1)) − 2 Σ [F(t) − F(u)] S d₁(n−d₁)/(n(n−d)(n−1))."""
    n1 = np.maximum(at_risk - 1, 1.0)
    left = np.maximum(at_risk - total, 1e-300)
    last = at_risk <= total
    a = np.where(last, 0.0, total / (n1 * left))
    b = before**2 * own * (at_risk - own) / (at_risk**2 * n1)
    c = np.where(last, 0.0, before * own * (at_risk - own) / (at_risk * left * n1))
    f = incidence
    own_part = f**2 * np.cumsum(a) - 2 * f * np.cumsum(f * a) + np.cumsum(f**2 * a) + np.cumsum(b)
    out: Array = own_part - 2 * (f * np.cumsum(c) - np.cumsum(f * c))
    return out


def aalen_johansen(
    start: ArrayLike,
    stop: ArrayLike,
    origin: ArrayLike,
    target: ArrayLike,
    *,
    states: int,
    initial: ArrayLike,
) -> StateProbabilities:
    """State probabilities of a multi-state process.

    Each row is a stay in ``origin`` over (start, stop] that ended by moving to ``target``, or was censored (target −1).
    """
    start, stop = column("start", start), column("stop", stop)
    origin = codes("origin", origin, high=states - 1)
    target = codes("target", target, low=-1, high=states - 1)
    same(start=start, stop=stop, origin=origin, target=target)
    if (start >= stop).any():
        raise AnalysisError("analysis.survival.intervals", rows=int((start >= stop).sum()))
    times = np.unique(stop[target >= 0])
    now = column("initial probability", initial, low=0, high=1)
    if len(now) != states or abs(float(now.sum()) - 1) > 1e-9:
        raise AnalysisError(
            "analysis.given.value", column="sum of initial probabilities", value=float(now.sum()), allowed=f"1 over {states} states",
        )  # fmt: skip
    first, rows = now, []
    for t in times:
        step = np.eye(states)
        inside = (start < t) & (stop >= t)
        for s in range(states):
            n = int((inside & (origin == s)).sum())
            if not n:
                continue
            for to in range(states):
                moved = int(((stop == t) & (origin == s) & (target == to)).sum())
                if moved and to != s:
                    step[s, to] += moved / n
                    step[s, s] -= moved / n
        now = now @ step
        rows.append(now)
    probability = np.array(rows).reshape(-1, states)
    return StateProbabilities(times, probability, np.full_like(probability, np.nan), first)


@dataclass(frozen=True, slots=True)
class GrayTest:
    """Gray's test that the cumulative incidence of one cause is the same in all groups."""

    statistic: float
    degrees_of_freedom: int
    p: float
    score: Array
    covariance: Array


def gray_test(time: ArrayLike, cause: ArrayLike, group: ArrayLike, *, of: int = 1) -> GrayTest:
    """Compare subdistribution hazards of cause ``of`` between groups (ρ = 0).

    With h_r = Y_r/S_r (S survival free of any event, just before), the people at risk for the subdistribution are R_r = h_r (1 − F_r), and
    the score of group k is Σ (dN_k − R_k dΓ̂), Γ̂ pooled. Its variance is that of Σ_r ∫ [a_kr + (1 − G/S_r) c_kr] dM₁/h_r − ∫ (G/S_r) c_kr dM₂/h_r
    over the martingales of own and competing events, where a_kr = h_r(δ_kr − h_k/Σh), G = 1 − F under one pooled incidence, and c_kr(t) is
    the integral of a_kr dΓ from t to the end. Times with several events have the hypergeometric correction.
    """
    names, code = np.unique(labels("group", group), return_inverse=True)
    k = len(names)
    if k < 2:
        raise AnalysisError("analysis.groups", groups=k)
    time, cause = _watched(time, cause)
    same(time=time, group=code)
    if not (cause == of).any():
        raise AnalysisError("analysis.no-events")
    times = np.unique(time[cause > 0])

    def count(who: NDArray[np.bool_], at: NDArray[np.bool_]) -> Array:
        return np.array([(at & (who & (code == g))[:, None]).sum(axis=0) for g in range(k)], dtype=float)

    at_risk = count(np.ones(len(time), bool), time[:, None] >= times)
    own, other = (count(who, time[:, None] == times) for who in (cause == of, (cause > 0) & (cause != of)))
    safe = np.maximum(at_risk, 1.0)
    survival = np.cumprod(1 - (own + other) / safe, axis=1)
    before = np.column_stack([np.ones(k), survival[:, :-1]])
    incidence = np.cumsum(before * own / safe, axis=1)
    free_before = 1 - np.column_stack([np.zeros(k), incidence[:, :-1]])
    h = np.where(at_risk > 0, at_risk / np.maximum(before, 1e-300), 0.0)
    r, events = h * free_before, own.sum(axis=0)
    score = (own - r * events / r.sum(axis=0)).sum(axis=1)
    total = h.sum(axis=0)
    g = 1 - np.cumsum(events / total)
    g_before = np.concatenate([[1.0], g[:-1]])
    covariance = np.zeros((k, k))
    for m in range(k):
        a = h * ((np.arange(k) == m)[:, None] - h[m] / total)
        c = np.cumsum(a * events / (total * g_before), axis=1)
        rest = c[:, -1:] - c
        ratio = np.where(survival[m] > 0, g / np.where(survival[m] > 0, survival[m], 1.0), 0.0)
        first, second = a + (1 - ratio) * rest, ratio * rest
        scale = before[m] / safe[m]
        # own events of the group as expected under one incidence (h dF), competing events as they were seen
        many = np.where(events > 1, 1 - (events - 1) / np.maximum(total * before[m] - 1, 1e-300), 1.0)
        w1 = np.where(at_risk[m] > 0, many * scale * events / total, 0.0)
        many = np.where(other[m] > 1, 1 - (other[m] - 1) / np.maximum(safe[m] - 1, 1.0), 1.0)
        w2 = many * scale**2 * other[m]
        covariance += (first * w1) @ first.T + (second * w2) @ second.T
    gap, v = score[:-1], covariance[:-1, :-1]
    statistic = float(gap @ np.linalg.pinv(v) @ gap)
    from scipy.stats import chi2

    return GrayTest(statistic, k - 1, float(chi2.sf(statistic, k - 1)), score, covariance)


@dataclass(frozen=True, slots=True)
class FineGrayFit:
    """Log subdistribution hazard ratios ``beta`` (p,) with their (robust) covariance."""

    names: tuple[str, ...]
    beta: Array
    covariance: Array
    loglik: float
    people: int
    events: int
    iterations: int


def censoring_survival(time: Array, censored: NDArray[np.bool_], at: Array) -> Array:
    """Product-limit survival of the censoring time just before each time of ``at``; events come before censorings of the same time."""
    times = np.unique(time[censored])
    out = np.ones(len(at))
    level = 1.0
    for t in times:
        # whoever has the event at t is no longer at risk of censoring at t
        n = ((time > t) | ((time == t) & censored)).sum()
        level *= 1 - ((time == t) & censored).sum() / n
        out = np.where(at > t, level, out)
    return out


def fine_gray(
    time: ArrayLike, cause: ArrayLike, x: ArrayLike, *, of: int = 1, names: Sequence[str] | None = None
) -> FineGrayFit:
    """Regression on the cumulative incidence of cause ``of``: whoever had a competing event stays at risk, weighted by the chance of not having
    been censored since. Breslow ties; sandwich variance that accounts for the estimated censoring distribution.
    """
    (time, cause), x = _watched(time, cause), covariates(x)
    same(time=time, covariates=x)
    of_several(x, np.arange(len(x)), list(names or (f"x{c + 1}" for c in range(x.shape[1]))))
    z = x - x.mean(axis=0)
    n, p = z.shape
    names = tuple(names or (f"x{c + 1}" for c in range(p)))
    own = cause == of
    times = np.unique(time[own])
    if not len(times):
        raise AnalysisError("analysis.no-events")
    censored = cause == 0
    g_at, g_own = censoring_survival(time, censored, times), censoring_survival(time, censored, time)
    competing = (cause > 0) & ~own
    weight = np.where(time[:, None] >= times, 1.0, 0.0)
    weight = np.where(competing[:, None] & (time[:, None] < times), g_at / g_own[:, None], weight)
    dying = own[:, None] & (time[:, None] == times)
    deaths = dying.sum(axis=0)
    beta = np.zeros(p)

    def slopes(b: Array) -> tuple[float, Array, Array, Array, Array]:
        relative = np.exp(z @ b)
        r = weight * relative[:, None]
        s0 = r.sum(axis=0)
        mean = (r.T @ z) / s0[:, None]
        second = np.einsum("nt,np,nq->tpq", r, z, z, optimize=True) / s0[:, None, None]
        information = np.einsum("t,tpq->pq", deaths, second - np.einsum("tp,tq->tpq", mean, mean))
        loglik = float((z[own] @ b).sum() - deaths @ np.log(s0))
        return loglik, z[own].sum(axis=0) - deaths @ mean, information, mean, deaths / s0

    loglik, score, information, mean, hazard = slopes(beta)
    if np.linalg.matrix_rank(np.column_stack([np.ones(n), z])) < p + 1:
        raise AnalysisError("analysis.singular", coefficients=list(names))
    iterations = 0
    while iterations < 60:
        reach = np.abs(beta) * np.abs(z).max(axis=0)
        if reach.max() > FARTHEST or np.linalg.matrix_rank(information, hermitian=True) < p:
            raise AnalysisError("analysis.separation", coefficients=[names[int(np.argmax(reach))]])
        step = np.linalg.solve(information, score)
        if float(score @ step) <= 1e-18:
            break
        iterations += 1
        for _ in range(30):
            moved = slopes(beta + step)
            if np.isfinite(moved[0]) and moved[0] >= loglik - 1e-12 * abs(loglik):
                break
            step = step / 2
        beta = beta + step
        loglik, score, information, mean, hazard = moved
    martingale = dying - weight * np.exp(z @ beta)[:, None] * hazard
    eta = z * martingale.sum(axis=1)[:, None] - martingale @ mean
    psi = _censoring_influence(time, censored, competing, times, z, mean, martingale)
    inverse = np.linalg.inv(information)
    influence = (eta + psi) @ inverse
    return FineGrayFit(names, beta, influence.T @ influence, loglik, n, int(own.sum()), iterations)


def _censoring_influence(
    time: Array,
    censored: NDArray[np.bool_],
    competing: NDArray[np.bool_],
    times: Array,
    z: Array,
    mean: Array,
    martingale: Array,
) -> Array:
    """ψ of Fine and Gray: what estimating the censoring distribution adds to each person's contribution to the score."""
    out = np.zeros_like(z)
    for u in np.unique(time[censored]):
        at_risk = (time > u) | ((time == u) & censored)
        n = at_risk.sum()
        leaving = (time == u) & censored
        later = times > u
        # −Σ over people with a competing event before u of their contribution to the score after u
        gone = competing & (time <= u)
        m = martingale[np.ix_(gone, later)]
        q = -(z[gone].T @ m.sum(axis=1) - mean[later].T @ m.sum(axis=0))
        hazard = leaving.sum() / n
        out += (leaving[:, None] - at_risk[:, None] * hazard) * q / n
    return out
