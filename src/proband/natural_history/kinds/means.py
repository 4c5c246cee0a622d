"""Partial pooling of published means (or logarithms of rates): a normal model with random effects over cohorts and a drift over years.

``y_i ~ N(μ + d·t_i, se_i² + τ²)``, with a wide prior of μ, ``d ~ N(0, drift_sd²)`` and τ half-normal: with one cohort the data say nothing about τ and the
prior stays, so that a single series never promises what the next one will show. τ is summed over a grid, the rest is exact. See Gelman et al., *Bayesian
Data Analysis* (3rd ed.), section 5.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.elementary import logsumexp
from proband.natural_history.forecast import N_QUANTILES

Array = NDArray[np.float64]
#: points of the grid over τ
_GRID = 60


@dataclass(frozen=True, slots=True)
class NewCohort:
    """The mean of a cohort that nobody has seen yet: its quantile table, the average cohort's mean, and the posterior mean of τ."""

    quantiles: Array
    pooled: float
    tau: float


def new_cohort(
    y: Array, se: Array, time: Array, at: float, *, tau_scale: float, drift_sd: float
) -> NewCohort:
    """Predict the true mean of a new cohort; parameters as for :func:`mixture`."""
    weight, centre, sd, tau = mixture(y, se, time, at, tau_scale=tau_scale, drift_sd=drift_sd)
    return NewCohort(_mixture_quantiles(weight, centre, sd), float(weight @ centre), tau)


def mixture(
    y: Array, se: Array, time: Array, at: float, *, tau_scale: float, drift_sd: float
) -> tuple[Array, Array, Array, float]:
    """The true mean of a new cohort as a mixture of normals over τ: weights, means, standard deviations, and the posterior mean of τ.

    Parameters
    ----------
    y, se, time
        Published means with their standard errors, and decades from a reference year: each of shape (C,).
    at
        The decade that is asked.
    tau_scale
        Scale of the half-normal prior of τ.
    drift_sd
        Prior standard deviation of the change in a decade.
    """
    wide = 10.0 * (float(np.max(np.abs(y))) + tau_scale)
    taus = tau_scale * (np.arange(_GRID) + 0.5) * 4.0 / _GRID
    x = np.stack([np.full_like(y, wide), drift_sd * time])
    ask = np.array([wide, drift_sd * at])
    logs, means, variances = [], [], []
    for tau in taus:
        covariance = x.T @ x + np.diag(se**2 + tau**2)
        factor = np.linalg.cholesky(covariance)
        half = np.linalg.solve(factor, y)
        logs.append(-0.5 * half @ half - np.sum(np.log(np.diag(factor))) - 0.5 * (tau / tau_scale) ** 2)
        across = np.linalg.solve(factor, x.T @ ask)
        means.append(across @ half)
        variances.append(max(ask @ ask - across @ across, 0.0) + tau**2)
    weight = np.exp(np.array(logs) - logsumexp(np.array(logs)))
    centre, sd = np.array(means), np.sqrt(variances)
    return weight, centre, sd, float(weight @ taus)


def _mixture_quantiles(weight: Array, centre: Array, sd: Array) -> Array:
    """The mid-point quantiles of a mixture of normals, by bisection."""
    from scipy.special import ndtr

    wanted = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    low = np.full(N_QUANTILES, float(np.min(centre - 9 * sd)))
    high = np.full(N_QUANTILES, float(np.max(centre + 9 * sd)))
    for _ in range(60):
        middle = (low + high) / 2
        below = ndtr((middle[:, None] - centre) / sd) @ weight < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    result: Array = (low + high) / 2
    return result
