"""Recurrent events: rates by negative binomial regression, mean number over time with death, and the proportional-means model.

References
----------
Lawless JF. Can J Stat 1987;15:209-225 (negative binomial). Ghosh D, Lin DY. Biometrics 2000;56:554-562 (mean number with death).
Lin DY, Wei LJ, Yang I, Ying Z. J R Stat Soc B 2000;62:711-730 (proportional means: Andersen–Gill with robust variance).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.result import AnalysisError, AnalysisResult, wald
from proband.analysis.survival.cox import CoxFit, cox

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RateFit:
    """Log rates: ``beta`` (p + 1,) with the intercept first, ``covariance`` of beta, ``dispersion`` (variance = μ + dispersion μ²)."""

    names: tuple[str, ...]
    beta: Array
    covariance: Array
    dispersion: float
    loglik: float
    people: int
    events: int

    def result(self, name: str, confidence: float = 0.95) -> AnalysisResult:
        """The log rate ratio of one covariate (shown as a rate ratio)."""

        at = 1 + self.names.index(name)
        estimate, error = float(self.beta[at]), float(np.sqrt(self.covariance[at, at]))
        return wald(
            method="negative binomial regression",
            quantity=f"rate ratio, {name}",
            estimate=estimate,
            error=error,
            confidence=confidence,
            display="exp",
            diagnostics={"people": self.people, "events": self.events, "dispersion": self.dispersion},
        )


def negative_binomial(
    counts: ArrayLike, followed: ArrayLike, x: ArrayLike, *, names: Sequence[str] | None = None
) -> RateFit:
    """Events per time by maximum likelihood, with a dispersion common to all.

    ``counts``, ``followed`` (people,): events and time watched; ``x`` (people, p).
    """
    from scipy.optimize import minimize_scalar

    counts, followed = np.asarray(counts, dtype=float), np.asarray(followed, dtype=float)
    x = np.atleast_2d(np.asarray(x, dtype=float).T).T
    if (followed <= 0).any() or counts.sum() == 0:
        raise AnalysisError("analysis.no-events")
    design, offset = np.column_stack([np.ones(len(counts)), x]), np.log(followed)
    names = tuple(names or (f"x{c + 1}" for c in range(x.shape[1])))

    def profile(log_dispersion: float) -> float:
        return -_rates(counts, design, offset, float(np.exp(log_dispersion)))[2]

    best = minimize_scalar(profile, bounds=(-16.0, 6.0), method="bounded", options={"xatol": 1e-10})
    dispersion = float(np.exp(best.x))
    if _rates(counts, design, offset, 0.0)[2] >= -best.fun - 1e-9:
        dispersion = 0.0
    beta, covariance, loglik = _rates(counts, design, offset, dispersion)
    return RateFit(names, beta, covariance, dispersion, loglik, len(counts), int(counts.sum()))


def _rates(counts: Array, design: Array, offset: Array, dispersion: float) -> tuple[Array, Array, float]:
    """Coefficients at a dispersion by Newton's method; Poisson where it is 0."""
    from scipy.special import gammaln, xlogy

    beta: Array = np.zeros(design.shape[1])
    beta[0] = np.log(counts.sum() / np.exp(offset).sum())
    information = np.eye(len(beta))
    for _ in range(60):
        mean = np.exp(design @ beta + offset)
        weight = mean / (1 + dispersion * mean)
        score = design.T @ ((counts - mean) / (1 + dispersion * mean))
        information = design.T @ (
            (weight * (1 + dispersion * counts) / (1 + dispersion * mean))[:, None] * design
        )
        step = np.linalg.solve(information, score)
        beta = beta + np.clip(step, -2, 2)
        if float(np.abs(step).max()) < 1e-12:
            break
    mean = np.exp(design @ beta + offset)
    if dispersion == 0.0:
        loglik = float((xlogy(counts, mean) - mean - gammaln(counts + 1)).sum())
    else:
        r = 1 / dispersion
        loglik = float(
            (gammaln(counts + r) - gammaln(r) - gammaln(counts + 1) - r * np.log1p(dispersion * mean)
             + xlogy(counts, dispersion * mean / (1 + dispersion * mean))).sum()
        )  # fmt: skip
    return beta, np.asarray(np.linalg.inv(information), dtype=np.float64), loglik


def proportional_means(
    event_times: Sequence[ArrayLike], followed: ArrayLike, x: ArrayLike, *, names: Sequence[str] | None = None
) -> CoxFit:
    """Andersen and Gill's model of recurrent events; use its robust variance, which is Lin, Wei, Yang and Ying's."""
    x = np.atleast_2d(np.asarray(x, dtype=float).T).T
    start, stop, event, who = [], [], [], []
    for person, (times, end) in enumerate(zip(event_times, np.asarray(followed, dtype=float), strict=True)):
        own = sorted(float(t) for t in np.asarray(times, dtype=float) if t <= end)
        edges = [0.0, *own]
        for at, t in enumerate(own):
            start.append(edges[at])
            stop.append(t)
            event.append(True)
            who.append(person)
        if edges[-1] < end:
            start.append(edges[-1])
            stop.append(float(end))
            event.append(False)
            who.append(person)
    rows = np.array(who)
    return cox(stop, event, x[rows], entry=start, cluster=rows, names=names)


def mean_number(
    event_times: Sequence[ArrayLike], followed: ArrayLike, died: ArrayLike, at: ArrayLike
) -> Array:
    """Mean number of events per person by the times ``at``, where nobody has events after death (Ghosh and Lin): ∫ S(u−) dN/Y."""
    followed, died = np.asarray(followed, dtype=float), np.asarray(died, dtype=bool)
    events = np.sort(
        np.concatenate(
            [
                np.asarray(t, dtype=float)[np.asarray(t) <= end]
                for t, end in zip(event_times, followed, strict=True)
            ]
        )
    )
    times = np.unique(np.concatenate([events, followed[died]]))
    survival, total, steps = 1.0, 0.0, []
    for t in times:
        n = float((followed >= t).sum())
        total += survival * float((events == t).sum()) / n
        survival *= 1 - float((died & (followed == t)).sum()) / n
        steps.append(total)
    where = np.searchsorted(times, np.asarray(at, dtype=float), side="right")
    out: Array = np.concatenate([[0.0], steps])[where]
    return out
