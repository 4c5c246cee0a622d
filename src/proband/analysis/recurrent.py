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

from proband.analysis.given import column, covariates, flags, same
from proband.analysis.result import AnalysisError, AnalysisResult, wald
from proband.analysis.survival.cox import FARTHEST, CoxFit, cox

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

    counts, followed = column("count", counts, low=0, whole=True), column("time followed", followed, above=0)
    x = covariates(x)
    same(count=counts, followed=followed, covariates=x)
    if counts.sum() == 0:
        raise AnalysisError("analysis.no-events")
    design, offset = np.column_stack([np.ones(len(counts)), x]), np.log(followed)
    names = tuple(names or (f"x{c + 1}" for c in range(x.shape[1])))
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise AnalysisError("analysis.singular", coefficients=list(names))
    try:
        endless = np.abs(_rates(counts, design, offset, 0.0)[0][1:]) * np.ptp(x, axis=0) > FARTHEST
    except np.linalg.LinAlgError:
        # with covariates that are free of one another only an estimate that runs away leaves nothing to learn
        endless = np.ones(x.shape[1], dtype=bool)
    if endless.any():
        raise AnalysisError("analysis.separation", coefficients=[names[c] for c in np.flatnonzero(endless)])

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
    x, watched = covariates(x), column("time followed", followed, low=0)
    same(events=np.empty(len(event_times)), followed=watched, covariates=x)
    start, stop, event, who = [], [], [], []
    for person, (times, end) in enumerate(zip(event_times, watched, strict=True)):
        own = sorted(column("event time", times, low=0, high=float(end)).tolist())
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
    rows = np.array(who, dtype=np.int64)
    return cox(stop, event, x[rows], entry=start, cluster=rows, names=names)


def mean_number(
    event_times: Sequence[ArrayLike], followed: ArrayLike, died: ArrayLike, at: ArrayLike
) -> Array:
    """Mean number of events per person by the times ``at``, where nobody has events after death (Ghosh and Lin): ∫ S(u−) dN/Y."""
    followed, died = column("time followed", followed, low=0), flags("died", died)
    same(events=np.empty(len(event_times)), followed=followed, died=died)
    events = np.sort(
        np.concatenate([
            column("event time", t, low=0, high=float(end)) for t, end in zip(event_times, followed, strict=True)
        ])
    )  # fmt: skip
    last, asked = float(followed.max(initial=0.0)), column("time", at, low=0)
    if asked.max(initial=0.0) > last and not died[followed == last].all():
        raise AnalysisError("analysis.horizon", horizon=float(asked.max()), last=last)
    times = np.unique(np.concatenate([events, followed[died]]))
    survival, total, steps = 1.0, 0.0, []
    for t in times:
        n = float((followed >= t).sum())
        total += survival * float((events == t).sum()) / n
        survival *= 1 - float((died & (followed == t)).sum()) / n
        steps.append(total)
    where = np.searchsorted(times, asked, side="right")
    out: Array = np.concatenate([[0.0], steps])[where]
    return out
