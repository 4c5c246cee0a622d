"""Fitting the covariance of the linear model for repeated measurements by Newton's method: the plain reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.mmrm.likelihood import (
    Derivatives,
    Evaluation,
    RepeatedData,
    derivatives,
    evaluate,
)
from proband.analysis.mmrm.structures import CovarianceStructure

Array = NDArray[np.float64]

#: the Newton decrement (score' H⁻¹ score, about twice the distance of the log-likelihood from its optimum) that ends the search
DECREMENT = 1e-20
#: a search that cannot improve any more counts as converged below this decrement
STALL = 1e-7


@dataclass(frozen=True, slots=True)
class CovarianceFit:
    """The optimum of one structure.

    ``converged`` is False, with the ``reason``, where no optimum inside the parameter space was found; the numbers are then
    of the last point and are not an answer.
    """

    structure: CovarianceStructure
    reml: bool
    at: Evaluation
    curvature: Derivatives
    converged: bool
    iterations: int
    decrement: float
    reason: str = ""

    @property
    def covariance_of_parameters(self) -> Array:
        """Inverse of the observed information of the covariance parameters (k, k)."""
        return np.asarray(np.linalg.inv(self.curvature.observed), dtype=np.float64)


def pairwise_covariance(data: RepeatedData, group: int | None = None) -> Array:
    """Pairwise covariances of least-squares residuals (visits, visits), shrunk until positive definite: where the search starts."""
    p, visits = data.coefficients, data.visits
    xx, xy = np.zeros((p, p)), np.zeros(p)
    for block in data.blocks:
        xx += np.einsum("njp,njq->pq", block.x, block.x)
        xy += np.einsum("njp,nj->p", block.x, block.y)
    beta = np.linalg.lstsq(xx, xy, rcond=None)[0]
    sums, counts = np.zeros((visits, visits)), np.zeros((visits, visits))
    for block in data.blocks:
        if group is None or block.group == group:
            residual = block.y - block.x @ beta
            sums[np.ix_(block.visits, block.visits)] += residual.T @ residual
            counts[np.ix_(block.visits, block.visits)] += len(residual)
    out = sums / np.maximum(counts, 1)
    spread = np.diag(out).copy()
    floor = 1e-3 * spread[spread > 0].mean() if (spread > 0).any() else 1.0
    diagonal = np.diag(np.maximum(spread, floor))
    off = out - np.diag(spread)
    for shrink in (1.0, 0.7, 0.49, 0.34, 0.24, 0.17, 0.0):
        candidate = diagonal + shrink * off
        if np.linalg.eigvalsh(candidate).min() > 1e-4 * np.diag(diagonal).min():
            return candidate
    return diagonal


def fit_covariance(
    data: RepeatedData, structure: CovarianceStructure, *, reml: bool = True, iterations: int = 100
) -> CovarianceFit:
    """Maximise the restricted (or full) likelihood over the covariance parameters.

    Newton steps with the exact observed information where it is positive definite, otherwise Fisher scoring; halved until the
    likelihood rises. The optimum is therefore at least as high as where software with a looser rule stops.
    """
    theta = np.concatenate(
        [
            structure.start(pairwise_covariance(data, g if data.groups > 1 else None))
            for g in range(data.groups)
        ]
    )
    now = evaluate(data, structure, theta, reml)
    if now is None:
        theta = np.concatenate([structure.start(np.diag(np.diag(pairwise_covariance(data))))] * data.groups)
        now = evaluate(data, structure, theta, reml)
    if now is None:
        raise np.linalg.LinAlgError("the design or the covariance is singular at the start")
    decrement = last = np.inf
    for iteration in range(1, iterations + 1):
        slope = derivatives(data, structure, now, reml)
        step, decrement = _direction(slope)
        if decrement < DECREMENT:
            return _finish(structure, reml, now, slope, iteration, decrement)
        moved = None
        # close to the optimum the likelihood is flat to rounding: there a full step is taken on the strength of the score alone
        slack = 1e-11 * abs(now.minus_two_loglik) if decrement < 1e-7 else 0.0
        if decrement >= last and decrement < 1e-10:
            return _finish(structure, reml, now, slope, iteration, decrement)
        last = decrement
        for _ in range(40):
            candidate = evaluate(data, structure, now.theta + step, reml)
            if candidate is not None and candidate.minus_two_loglik <= now.minus_two_loglik + slack:
                moved = candidate
                break
            step = step / 2
        if moved is None or np.array_equal(moved.theta, now.theta):
            return _finish(structure, reml, now, slope, iteration, decrement)
        now = moved
    return _finish(structure, reml, now, derivatives(data, structure, now, reml), iterations, decrement)


def _direction(slope: Derivatives) -> tuple[Array, float]:
    for matrix in (slope.observed, slope.expected):
        try:
            root = np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError:
            continue
        half = np.linalg.solve(root, slope.score)
        return np.linalg.solve(root.T, half), float(half @ half)
    scale = np.maximum(np.abs(np.diag(slope.expected)), 1e-12)
    return slope.score / scale, float(np.sum(slope.score**2 / scale))


def _finish(
    structure: CovarianceStructure,
    reml: bool,
    at: Evaluation,
    slope: Derivatives,
    iterations: int,
    decrement: float,
) -> CovarianceFit:
    reason = ""
    spread = np.sqrt(np.maximum(np.abs(np.diag(slope.observed)), 1e-300))
    scaled = np.linalg.eigvalsh(slope.observed / np.outer(spread, spread))
    if decrement > STALL:
        reason = f"the search stopped short of an optimum (Newton decrement {decrement:.1e})"
    elif scaled.min() < 1e-8:
        reason = "the data do not determine the covariance (information is not positive definite)"
    return CovarianceFit(structure, reml, at, slope, not reason, iterations, decrement, reason)
