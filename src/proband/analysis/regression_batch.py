"""ANCOVA, proportional odds and rank sums of many data sets: the kernel where Numba is installed, otherwise the plain reference."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from proband.analysis.result import AnalysisError

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


def _kernel(engine: str) -> bool:
    return engine == "kernel" or (engine == "auto" and find_spec("numba") is not None)


@dataclass(frozen=True, slots=True)
class EffectBatch:
    """One effect per data set: estimate, standard error, degrees of freedom (∞ for normal), each (data sets,); NaN where not estimable."""

    estimate: Array
    standard_error: Array
    degrees_of_freedom: Array

    def p_values(self) -> Array:
        """Two-sided p values (data sets,)."""
        from scipy.special import ndtr, stdtr

        z = -np.abs(self.estimate / self.standard_error)
        finite = np.isfinite(self.degrees_of_freedom)
        out: Array = 2 * np.where(finite, stdtr(np.where(finite, self.degrees_of_freedom, 1.0), z), ndtr(z))
        return out


def ancova_batch(
    y: Array, arm: IntArray, covariates: Array | None = None, *, engine: str = "auto"
) -> EffectBatch:
    """Adjusted difference, arm 1 minus arm 0. ``y`` (data sets, people), NaN left out; ``covariates`` (data sets or none, people, p)."""
    y = np.ascontiguousarray(y, dtype=float)
    arms = np.atleast_2d(np.asarray(arm, dtype=float))
    z = np.zeros((1, y.shape[1], 0)) if covariates is None else np.asarray(covariates, dtype=float)
    z = z if z.ndim == 3 else z[None]
    out = np.full((len(y), 3), np.nan)
    if _kernel(engine):
        from proband.analysis.regression_kernel import ancova_many

        ancova_many(y, np.ascontiguousarray(arms), np.ascontiguousarray(z), out)
    else:
        from proband.analysis.ancova import ancova

        for d in range(len(y)):
            try:
                got = ancova(y[d], arms[d % len(arms)], z[d % len(z)])
            except AnalysisError:
                continue
            out[d] = got.estimate, got.standard_error, got.degrees_of_freedom
    return EffectBatch(out[:, 0], out[:, 1], out[:, 2])


def rank_sum_batch(y: Array, arm: IntArray, *, engine: str = "auto") -> Array:
    """Signed normal statistic of Wilcoxon's test, without continuity correction, (data sets,)."""
    y = np.ascontiguousarray(y, dtype=float)
    arms = np.atleast_2d(np.asarray(arm, dtype=np.int64))
    out = np.empty((len(y), 3))
    if _kernel(engine):
        from proband.analysis.regression_kernel import rank_sum_many

        rank_sum_many(y, arms, out)
        return out[:, 2]
    from proband.analysis.ranks import rank_sum_moments

    for d in range(len(y)):
        seen = np.isfinite(y[d])
        score, variance = rank_sum_moments(y[d][seen], arms[d % len(arms)][seen])
        out[d, 2] = score / np.sqrt(variance) if variance > 0 else np.nan
    return out[:, 2]


def proportional_odds_batch(
    y: IntArray, x: Array, categories: int, *, effect: int = 0, engine: str = "auto"
) -> EffectBatch:
    """Log odds ratio of covariate ``effect``. ``y`` (data sets, people), −1 missing; ``x`` (data sets, people, p) or (people, p)."""
    y = np.ascontiguousarray(y, dtype=np.int64)
    x = np.ascontiguousarray(x if x.ndim == 3 else x[None], dtype=float)
    size = categories - 1 + x.shape[2]
    beta, error, state = (
        np.full((len(y), size), np.nan),
        np.full((len(y), size), np.nan),
        np.zeros((len(y), 2)),
    )
    if _kernel(engine):
        from proband.analysis.regression_kernel import ordinal_many

        ordinal_many(y, x, categories, beta, error, state)
    else:
        from proband.analysis.ordinal import proportional_odds

        for d in range(len(y)):
            seen = y[d] >= 0
            if len(np.unique(y[d][seen])) < categories:
                continue
            try:
                fit = proportional_odds(y[d][seen], x[d % len(x)][seen])
            except AnalysisError:
                continue
            beta[d] = np.concatenate([fit.thresholds, fit.beta])
            error[d] = np.sqrt(np.diag(fit.covariance))
    at = categories - 1 + effect
    return EffectBatch(beta[:, at], error[:, at], np.full(len(y), np.inf))
