"""Time-to-event analyses of many data sets at once: the kernel where Numba is installed, otherwise the plain reference."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from proband.analysis.result import AnalysisError

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def _kernel(engine: str) -> bool:
    return engine == "kernel" or (engine == "auto" and find_spec("numba") is not None)


def _shared(values: NDArray[np.int64] | None, shape: tuple[int, ...]) -> IntArray:
    """(data sets or 1, people) whole numbers; zeros where there are none."""
    if values is None:
        return np.zeros((1, shape[1]), dtype=np.int64)
    return np.ascontiguousarray(np.atleast_2d(values), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class LogRankBatch:
    """Observed minus expected events of arm 1, variance and signed statistic, each (data sets,)."""

    score: Array
    variance: Array
    z: Array


def logrank_batch(
    time: Array,
    event: BoolArray,
    arm: IntArray,
    *,
    strata: IntArray | None = None,
    rho: float = 0.0,
    engine: str = "auto",
) -> LogRankBatch:
    """Log-rank tests (data sets, people); ``arm`` and ``strata`` may be shared by all data sets."""
    time, event = np.ascontiguousarray(time, dtype=float), np.ascontiguousarray(event, dtype=bool)
    arms, levels = _shared(arm, time.shape), _shared(strata, time.shape)
    out = np.empty((len(time), 3))
    if _kernel(engine):
        from proband.analysis.survival.kernel import logrank_many

        logrank_many(time, event, arms, levels, int(levels.max()) + 1, rho, out)
    else:
        from proband.analysis.survival.logrank import logrank

        if rho not in (0.0, 1.0):
            raise AnalysisError("analysis.choice", what="exponent", value=rho, known=["0", "1"])
        for d in range(len(time)):
            a, s = arms[d % len(arms)], levels[d % len(levels)]
            test = logrank(time[d], event[d], a, strata=s, weight="peto-peto" if rho else "log-rank")
            score, variance = (test.observed - test.expected)[-1], test.covariance[-1, -1]
            out[d] = score, variance, score / np.sqrt(variance) if variance > 0 else np.nan
    return LogRankBatch(out[:, 0], out[:, 1], out[:, 2])


@dataclass(frozen=True, slots=True)
class CoxBatch:
    """Cox models of many data sets: ``beta`` (data sets, p), ``standard_error`` (data sets, p), ``loglik``, ``converged`` (data sets,)."""

    beta: Array
    standard_error: Array
    loglik: Array
    score_test: Array
    converged: BoolArray


def cox_batch(
    time: Array, event: BoolArray, x: Array, *, entry: Array | None = None, strata: IntArray | None = None,
    ties: str = "efron", engine: str = "auto",
) -> CoxBatch:  # fmt: skip
    """Cox models; ``x`` (data sets, rows, p), or (rows, p) shared by all."""
    time, event = np.ascontiguousarray(time, dtype=float), np.ascontiguousarray(event, dtype=bool)
    x = np.ascontiguousarray(x if x.ndim == 3 else x[None], dtype=float)
    levels = _shared(strata, time.shape)
    sets, p = len(time), x.shape[2]
    beta, covariance, state = np.empty((sets, p)), np.empty((sets, p, p)), np.full((sets, 3), np.nan)
    start = np.zeros((1, 1)) if entry is None else np.ascontiguousarray(entry, dtype=float)
    if _kernel(engine):
        from proband.analysis.survival.kernel import cox_many

        cox_many(
            time,
            start,
            event,
            x,
            levels,
            int(levels.max()) + 1,
            entry is not None,
            ties == "efron",
            beta,
            covariance,
            state,
        )
    else:
        _plain_cox(time, event, x, entry, levels, ties, beta, covariance, state)
    error = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    return CoxBatch(beta, error, state[:, 0], state[:, 1], state[:, 2] == 1.0)


def _plain_cox(
    time: Array, event: BoolArray, x: Array, entry: Array | None, levels: IntArray, ties: str, beta: Array, covariance: Array,
    state: Array,
) -> None:  # fmt: skip
    from proband.analysis.survival.cox import cox

    beta[:], covariance[:], state[:, 2] = np.nan, np.nan, 0.0
    for d in range(len(time)):
        try:
            fit = cox(
                time[d],
                event[d],
                x[d % len(x)],
                entry=None if entry is None else entry[d],
                strata=levels[d % len(levels)],
                ties=ties,
            )
        except AnalysisError:
            continue
        beta[d], covariance[d] = fit.beta, fit.covariance
        state[d] = fit.loglik[1], fit.score_test, 1.0


def rmst_batch(
    time: Array, event: BoolArray, arm: IntArray, horizon: float, *, engine: str = "auto"
) -> tuple[Array, Array]:
    """Restricted means (data sets, 2) of arms 0 and 1 and their standard errors; NaN where the curve does not reach the horizon."""
    time, event = np.ascontiguousarray(time, dtype=float), np.ascontiguousarray(event, dtype=bool)
    arms = _shared(arm, time.shape)
    out = np.full((len(time), 2, 2), np.nan)
    if _kernel(engine):
        from proband.analysis.survival.kernel import rmst_many

        rmst_many(time, event, arms, horizon, out)
    else:
        from proband.analysis.survival.rmst import restricted_mean

        for d in range(len(time)):
            for side in range(2):
                own = arms[d % len(arms)] == side
                try:
                    mean = restricted_mean(time[d][own], event[d][own], horizon)
                except AnalysisError:
                    continue
                out[d, side] = mean.mean, mean.standard_error**2
    return out[..., 0], np.sqrt(out[..., 1])
