"""Proportional-odds models: cumulative logits with common effects, weights, and a random intercept.

``logit P(y ≤ j) = θ_j − x'β``: a positive effect makes higher categories more likely. A transitional model of repeated ordinal
measurements is the same model with the previous category among the covariates (:func:`transitions` stacks the visits).

References
----------
McCullagh P. J R Stat Soc B 1980;42:109-142. Agresti A. Analysis of Ordinal Categorical Data, 2nd ed. 2010.
Tanadini LG et al. Neurorehabil Neural Repair 2016 (autoregressive transitional model of spinal cord injury).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import codes, column, covariates, same
from proband.analysis.result import AnalysisError, AnalysisResult, wald
from proband.analysis.second_derivatives import second_derivatives

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OrdinalFit:
    """``thresholds`` (categories − 1,), ``beta`` (p,), their joint ``covariance``; ``spread`` is the SD of the random intercept, 0 without."""

    names: tuple[str, ...]
    thresholds: Array
    beta: Array
    covariance: Array
    loglik: float
    people: int
    iterations: int
    spread: float = 0.0

    def result(self, name: str, confidence: float = 0.95) -> AnalysisResult:
        """The log odds ratio of one covariate (shown as an odds ratio for higher categories)."""

        at = self.names.index(name)
        row = len(self.thresholds) + at
        estimate, error = float(self.beta[at]), float(np.sqrt(self.covariance[row, row]))
        return wald(
            method="proportional odds" + (", random intercept" if self.spread else ""),
            quantity=f"odds ratio of a higher category, {name}",
            estimate=estimate,
            error=error,
            confidence=confidence,
            display="exp",
            diagnostics={"people": self.people, "loglik": self.loglik, "iterations": self.iterations},
        )


def proportional_odds(
    y: ArrayLike, x: ArrayLike, *, names: Sequence[str] | None = None, weights: ArrayLike | None = None
) -> OrdinalFit:
    """Fit by Newton's method with ordered thresholds.

    ``y`` (people,) are categories 0 … K − 1, each of which must occur; ``weights`` are frequencies.
    """
    category, design, w = _checked(y, x, weights)
    k, p = int(category.max()) + 1, design.shape[1]
    names = tuple(names or (f"x{c + 1}" for c in range(p)))
    if np.linalg.matrix_rank(np.column_stack([np.ones(len(design)), design])) < p + 1:
        raise AnalysisError("analysis.singular", coefficients=list(names))
    theta: Array = np.concatenate([_start(category, w, k), np.zeros(p)])
    loglik, score, information = ordinal_slopes(theta, category, design, w, k)
    iterations = 0
    while iterations < 100:
        iterations += 1
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError as problem:
            # with covariates that are free of one another only an estimate that runs away leaves nothing to learn
            raise AnalysisError("analysis.separation", coefficients=list(names)) from problem
        if float(step @ score) < 1e-18:
            break
        for _ in range(40):
            moved = ordinal_slopes(theta + step, category, design, w, k)
            if np.isfinite(moved[0]) and moved[0] >= loglik - 1e-12 * abs(loglik):
                break
            step = step / 2
        theta = theta + step
        loglik, score, information = moved
    # in one person of many a covariate hardly varies, and its effect may run away all the same: e²⁵ is no odds ratio of anything
    far = np.abs(theta[k - 1 :])
    if (far * design.std(axis=0)).max(initial=0.0) > 12 or (far * np.ptp(design, axis=0)).max(
        initial=0.0
    ) > 25:
        raise AnalysisError("analysis.separation", coefficients=list(names))
    return OrdinalFit(
        names,
        theta[: k - 1],
        theta[k - 1 :],
        np.asarray(np.linalg.inv(information), dtype=np.float64),
        loglik,
        len(category),
        iterations,
    )


def _checked(y: ArrayLike, x: ArrayLike, weights: ArrayLike | None) -> tuple[NDArray[np.int64], Array, Array]:
    category, design = codes("category", y), covariates(x)
    w: Array = np.ones(len(category)) if weights is None else column("weight", weights, low=0)
    same(category=category, covariates=design, weight=w)
    if category.max(initial=0) == 0:
        raise AnalysisError("analysis.ordinal.one")
    used = np.bincount(category, weights=w)
    if category.min() != 0 or (used == 0).any():
        empty = np.flatnonzero(used == 0).tolist() or [0]
        raise AnalysisError("analysis.ordinal.empty", categories=empty)
    return category, design, w


def _start(y: NDArray[np.int64], w: Array, k: int) -> Array:
    share = np.cumsum(np.bincount(y, weights=w, minlength=k))[:-1] / w.sum()
    out: Array = np.log(share / (1 - share))
    return out


def ordinal_slopes(
    theta: Array, y: NDArray[np.int64], x: Array, w: Array, k: int
) -> tuple[float, Array, Array]:
    """Log-likelihood, score and observed information of thresholds and effects; −∞ where thresholds are out of order."""
    p = x.shape[1]
    cut = theta[: k - 1]
    if (np.diff(cut) <= 0).any():
        return -np.inf, np.zeros(k - 1 + p), np.eye(k - 1 + p)
    eta = x @ theta[k - 1 :]
    upper = np.concatenate([cut, [np.inf]])[y] - eta
    lower = np.concatenate([[-np.inf], cut])[y] - eta
    fu, fl = _logistic(upper), _logistic(lower)
    # P = F(u) − F(l), computed so that it does not vanish in the tails
    probability = np.where(lower > 0, _logistic(-lower) - _logistic(-upper), fu - fl)
    du, dl = fu * (1 - fu), fl * (1 - fl)
    ddu, ddl = du * (1 - 2 * fu), dl * (1 - 2 * fl)
    # derivatives of both limits by the parameters
    zu, zl = (np.zeros((len(y), k - 1 + p)) for _ in range(2))
    has_u, has_l = y < k - 1, y > 0
    zu[has_u, y[has_u]] = 1
    zl[has_l, y[has_l] - 1] = 1
    zu[:, k - 1 :], zl[:, k - 1 :] = -x, -x
    gradient = (du[:, None] * zu - dl[:, None] * zl) / probability[:, None]
    score = w @ gradient
    information = gradient.T @ (w[:, None] * gradient)
    information -= zu.T @ ((w * ddu / probability)[:, None] * zu) - zl.T @ (
        (w * ddl / probability)[:, None] * zl
    )
    return float(w @ np.log(probability)), score, information


def _logistic(value: Array) -> Array:
    from scipy.special import expit

    out: Array = expit(value)
    return out


def proportional_odds_random(
    y: ArrayLike, x: ArrayLike, cluster: ArrayLike, *, names: Sequence[str] | None = None, nodes: int = 10
) -> OrdinalFit:
    """A random intercept per cluster, normal; adaptive Gauss–Hermite quadrature with ``nodes`` nodes."""
    from scipy.optimize import minimize

    category, design, _ = _checked(y, x, None)
    who = np.unique(np.asarray(cluster), return_inverse=True)[1]
    k, p = int(category.max()) + 1, design.shape[1]
    fixed = proportional_odds(category, design)
    points, weights = np.polynomial.hermite.hermgauss(nodes)

    def negative(parameters: Array) -> float:
        theta, spread = parameters[:-1], float(np.exp(parameters[-1]))
        return -_marginal(theta, spread, category, design, who, k, points, weights)

    start = np.concatenate([fixed.thresholds, fixed.beta, [0.0]])
    best = minimize(negative, start, method="BFGS", options={"gtol": 1e-7})
    best = minimize(
        negative, best.x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000}
    )
    covariance: Array = np.asarray(
        np.linalg.inv(second_derivatives(negative, best.x, 1e-4)), dtype=np.float64
    )
    return OrdinalFit(
        tuple(names or (f"x{c + 1}" for c in range(p))), best.x[: k - 1], best.x[k - 1 : -1], covariance[:-1, :-1],
        -float(best.fun), len(category), int(best.nit), float(np.exp(best.x[-1])),
    )  # fmt: skip


def _marginal(
    theta: Array,
    spread: float,
    y: NDArray[np.int64],
    x: Array,
    who: NDArray[np.int64],
    k: int,
    points: Array,
    weights: Array,
) -> float:
    cut = theta[: k - 1]
    if (np.diff(cut) <= 0).any():
        return -np.inf
    eta = x @ theta[k - 1 :]
    high, low = np.concatenate([cut, [np.inf]])[y] - eta, np.concatenate([[-np.inf], cut])[y] - eta
    clusters = int(who.max()) + 1
    mode: Array = np.zeros(clusters)
    curve: Array = np.ones(clusters)
    for _ in range(50):
        fu, fl = _logistic(high - mode[who]), _logistic(low - mode[who])
        first = 1 - fu - fl
        second = fu * (1 - fu) + fl * (1 - fl)
        slope = -np.bincount(who, first, clusters) - mode / spread**2
        curve = np.asarray(np.bincount(who, second, clusters) + 1 / spread**2, dtype=np.float64)
        step = slope / curve
        mode = mode + step
        if np.abs(step).max() < 1e-12:
            break
    scale = np.sqrt(2 / curve)
    b = mode[:, None] + scale[:, None] * points
    inside = np.zeros((clusters, len(points)))
    for node in range(len(points)):
        shift = b[who, node]
        inside[:, node] = np.bincount(who, np.log(_logistic(high - shift) - _logistic(low - shift)), clusters)
    log = inside - b**2 / (2 * spread**2) + points**2 + np.log(weights)
    top = log.max(axis=1)
    total = (
        top
        + np.log(np.exp(log - top[:, None]).sum(axis=1))
        + np.log(scale)
        - np.log(spread * np.sqrt(2 * np.pi))
    )
    return float(total.sum())


def transitions(states: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Stack ordinal states (people, visits; −1 missing) into steps: state before, state after, and the person, for consecutive seen visits."""
    states = np.asarray(states, dtype=np.int64)
    before, after, who = [], [], []
    for person, row in enumerate(states):
        seen = row[row >= 0]
        before += seen[:-1].tolist()
        after += seen[1:].tolist()
        who += [person] * max(len(seen) - 1, 0)
    return np.array(before, dtype=np.int64), np.array(after, dtype=np.int64), np.array(who, dtype=np.int64)
