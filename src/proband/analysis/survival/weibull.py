"""Weibull regression of times: accelerated failure, with the hazard ratio that it implies.

``log T = x'β + σ ε``, ε of the least extreme value distribution. A coefficient is the logarithm of the factor by which times are longer; the hazard
ratio is exp(−β/σ).

References
----------
Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data, 2nd ed. 2002, chapter 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import column, covariates, flags, same
from proband.analysis.result import AnalysisError, AnalysisResult, wald

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WeibullFit:
    """A fitted model: coefficients with the intercept first, scale σ, covariance (p + 2, p + 2) of the coefficients and log σ, log-likelihoods."""

    names: tuple[str, ...]
    beta: Array
    scale: float
    covariance: Array
    loglik: float
    loglik_null: float
    people: int
    events: int

    def result(self, name: str, *, hazard: bool = False, confidence: float = 0.95) -> AnalysisResult:
        """The factor of time of a covariate, or the hazard ratio; its error by the delta method."""
        at = self.names.index(name)
        estimate, error = float(self.beta[at]), float(np.sqrt(self.covariance[at, at]))
        if hazard:
            slope = np.zeros(len(self.covariance))
            slope[at], slope[-1] = -1 / self.scale, estimate / self.scale
            estimate, error = -estimate / self.scale, float(np.sqrt(slope @ self.covariance @ slope))
        return wald(
            method="Weibull regression, maximum likelihood",
            quantity=f"{'hazard ratio' if hazard else 'factor of time'}, {name}",
            estimate=estimate,
            error=error,
            confidence=confidence,
            display="exp",
            diagnostics={"people": self.people, "events": self.events, "shape": 1 / self.scale},
        )


def weibull(
    time: ArrayLike, event: ArrayLike, x: ArrayLike, *, names: Sequence[str] | None = None
) -> WeibullFit:
    """Fit by Newton's method.

    ``time`` (people,) above 0, ``event`` (people,) whether the event ended it, ``x`` (people, p).
    """
    t, d, z = column("time", time), flags("event", event).astype(float), covariates(x)
    same(time=t, event=d, covariates=z)
    if not d.any():
        raise AnalysisError("analysis.no-events")
    if (t <= 0).any():
        raise AnalysisError("analysis.survival.times", people=int((t <= 0).sum()))
    design = np.column_stack([np.ones(len(t)), z])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise AnalysisError("analysis.singular", coefficients=list(names or ["x"]))
    beta, log_scale, loglik, information = _newton(np.log(t), d, design)
    labels = tuple(names or (f"x{c + 1}" for c in range(z.shape[1])))
    endless = np.abs(beta[1:]) * z.std(axis=0) > 12 * np.exp(log_scale)
    if endless.any():
        raise AnalysisError("analysis.separation", coefficients=[labels[c] for c in np.flatnonzero(endless)])
    null = _newton(np.log(t), d, np.ones((len(t), 1)))[2]
    return WeibullFit(
        ("(Intercept)", *labels),
        beta,
        float(np.exp(log_scale)),
        np.asarray(np.linalg.inv(information), dtype=np.float64),
        loglik,
        null,
        len(t),
        int(d.sum()),
    )


def _likelihood(y: Array, d: Array, x: Array, at: Array) -> tuple[float, Array, Array]:
    """Log-likelihood, score and observed information at (β, log σ)."""
    sigma = np.exp(at[-1])
    e = (y - x @ at[:-1]) / sigma
    w = np.exp(np.minimum(e, 500.0))
    value = float((d * (e - at[-1] - y) - w).sum())
    # derivatives with respect to e are d − w and −w; e moves by −x/σ and by −e
    moved = np.column_stack([-x / sigma, -e])
    score = moved.T @ (d - w) - np.append(np.zeros(x.shape[1]), d.sum())
    second = -(moved * w[:, None]).T @ moved
    corner = ((d - w)[:, None] * x / sigma).sum(axis=0)
    second[:-1, -1] += corner
    second[-1, :-1] += corner
    second[-1, -1] += float(((d - w) * e).sum())
    return value, score, -second


def _newton(y: Array, d: Array, x: Array) -> tuple[Array, float, float, Array]:
    start = np.linalg.lstsq(x, y + 0.57, rcond=None)[0]
    at = np.append(start, np.log(max(float(np.std(y - x @ start)) * 0.78, 1e-3)))
    value, score, information = _likelihood(y, d, x, at)
    for _ in range(200):
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError as problem:
            raise AnalysisError("analysis.singular", coefficients=["x"]) from problem
        if float(step @ score) < 0:
            step = score / max(1.0, float(np.abs(score).max()))
        if np.abs(step).max() < 1e-11 * (1 + np.abs(at).max()):
            break
        for _ in range(60):
            moved = _likelihood(y, d, x, at + step)
            if moved[0] >= value - 1e-13 * abs(value):
                break
            step = step / 2
        at = at + step
        value, score, information = moved
        if at[-1] < -12.0:
            raise AnalysisError("analysis.no-spread", quantity="time to the event")
    else:
        raise AnalysisError("analysis.separation", coefficients=["x"])
    return at[:-1], float(at[-1]), value, information
