"""Long series of one place or one person: a level that wanders, one change point, and a regression whose errors have memory and seasons.

They serve registries and wards (deaths per month before and after a change); for one patient's short series see :mod:`proband.analysis.nof1`.

References
----------
Harvey AC. Forecasting, Structural Time Series Models and the Kalman Filter, 1989 (local level). Bai J, Perron P. Econometrica 1998;66:47-78
(change points). Box GEP, Tiao GC. J Am Stat Assoc 1975;70:70-79 (interventions). Harvey AC, Durbin J. J R Stat Soc A 1986;149:187-227.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.result import AnalysisError, AnalysisResult, wald
from proband.analysis.second_derivatives import second_derivatives

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LocalLevel:
    """Variances of the level's steps and of the observations around it, and the diffuse log-likelihood."""

    level_variance: float
    noise_variance: float
    loglik: float


def _series(y: ArrayLike, least: int) -> Array:
    values = np.asarray(y, dtype=float)
    if values.ndim != 1 or len(values) < least or not np.isfinite(values).all():
        raise AnalysisError("analysis.series", values=len(values), least=least)
    return values


def local_level(y: ArrayLike) -> LocalLevel:
    """Maximum likelihood of a random walk observed with noise; the first level is not known at all (diffuse).

    ``y`` (n,) at equal distances, none missing.
    """
    from scipy.linalg import cholesky_banded, solveh_banded
    from scipy.optimize import minimize_scalar

    values = _series(y, 5)
    steps = np.diff(values)
    n = len(steps)
    if not steps.any():
        raise AnalysisError("analysis.series.constant")

    def bands(share: float) -> Array:
        """Covariance of the differences where the whole variance is 1 and the noise's share ``share``."""
        return np.vstack([np.full(n, -share), np.full(n, 1.0 + share)])

    def profile(share: float) -> tuple[float, float]:
        band = bands(share)
        spread = float(steps @ solveh_banded(band, steps)) / n
        log = 2 * float(np.log(cholesky_banded(band)[-1]).sum())
        return -0.5 * (n * float(np.log(2 * np.pi * spread)) + log + n), spread

    best = minimize_scalar(lambda share: -profile(share)[0], bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-12})  # fmt: skip
    share = min((0.0, float(best.x), 1.0 - 1e-9), key=lambda s: -profile(s)[0])
    loglik, spread = profile(share)
    return LocalLevel((1 - share) * spread, share * spread, loglik)


def change_point(y: ArrayLike, least: int | None = None) -> tuple[int, AnalysisResult]:
    """The index of the last value before the one change of level that fits best, and the difference of the means after and before it.

    ``least`` is the shortest segment (15 % of the series by default). The interval treats the place as known and the values as independent:
    it says how large the step is, never that there is one.
    """
    values = _series(y, 6)
    n = len(values)
    shortest = least if least is not None else max(2, int(np.floor(0.15 * n)))
    if 2 * shortest > n:
        raise AnalysisError("analysis.series", values=n, least=2 * shortest)
    places = np.arange(shortest, n - shortest + 1)
    total = np.cumsum(values)
    square = float(values @ values)
    left = square - total[places - 1] ** 2 / places - (total[-1] - total[places - 1]) ** 2 / (n - places)
    at = int(places[int(np.argmin(left))])
    before, after = values[:at], values[at:]
    spread = float(((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum()) / (n - 2)
    return at - 1, wald(
        method="one change of level, least squares",
        quantity="difference of the means after and before the change",
        estimate=float(after.mean() - before.mean()),
        error=float(np.sqrt(spread * (1 / at + 1 / (n - at)))),
        degrees_of_freedom=float(n - 2),
        diagnostics={"last value before": at - 1, "values": n},
    )


@dataclass(frozen=True, slots=True)
class SeriesRegression:
    """A regression with errors (1 − φB)(1 − ΦBˢ) e = noise: φ, Φ, coefficients with the intercept first, covariance of all of them."""

    names: tuple[str, ...]
    memory: float
    seasonal: float
    beta: Array
    covariance: Array
    noise: float
    loglik: float

    def result(self, name: str, confidence: float = 0.95) -> AnalysisResult:
        """One regression coefficient with its interval."""
        at = self.names.index(name)
        return wald(
            method="regression with seasonal autoregressive errors, maximum likelihood",
            quantity=name,
            estimate=float(self.beta[at]),
            error=float(np.sqrt(self.covariance[at + 2, at + 2])),
            confidence=confidence,
            diagnostics={"memory": self.memory, "seasonal memory": self.seasonal},
        )


def interrupted_series(
    y: ArrayLike, x: ArrayLike, *, period: int, names: Sequence[str] | None = None
) -> SeriesRegression:
    """Exact maximum likelihood of a step or any other regressor where neighbours and the same season of the year before resemble each other.

    ``y`` (n,), ``x`` (n, p) with a column of 0 before and 1 after for a step, ``period`` values to a season (12: months of a year).
    """
    from scipy.optimize import minimize

    values = _series(y, 2 * period + 2)
    design = np.column_stack([np.ones(len(values)), np.atleast_2d(np.asarray(x, dtype=float).T).T])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise AnalysisError("analysis.singular", coefficients=list(names or ["x"]))

    def root(memory: Array) -> Array:
        from scipy.linalg import toeplitz

        return np.asarray(np.linalg.cholesky(toeplitz(_autocovariance(memory[0], memory[1], period, len(values)))))  # fmt: skip

    def fitted(memory: Array) -> tuple[Array, float, float]:
        from scipy.linalg import solve_triangular

        half = root(memory)
        z, v = (solve_triangular(half, part, lower=True) for part in (design, values))
        beta = np.linalg.lstsq(z, v, rcond=None)[0]
        return beta, float(((v - z @ beta) ** 2).sum()), 2 * float(np.log(np.diag(half)).sum())

    n = len(values)

    def negative(u: Array) -> float:
        _, squares, log = fitted(np.tanh(u))
        return float(0.5 * (n * np.log(squares / n) + log))

    best = minimize(negative, [0.3, 0.3], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 2000})  # fmt: skip
    memory = np.tanh(best.x)
    beta, squares, log = fitted(memory)

    def whole(parameters: Array) -> float:
        from scipy.linalg import solve_triangular

        half = root(parameters[:2])
        e = solve_triangular(half, values - design @ parameters[2:], lower=True)
        return float(0.5 * n * np.log(float(e @ e) / n) + np.log(np.diag(half)).sum())

    at = np.concatenate([memory, beta])
    covariance: Array = np.asarray(
        np.linalg.inv(second_derivatives(whole, at, 1e-4 * np.maximum(np.abs(at), 0.1))), dtype=np.float64
    )
    return SeriesRegression(
        ("(Intercept)", *(names or (f"x{c + 1}" for c in range(design.shape[1] - 1)))), float(memory[0]), float(memory[1]),
        beta, covariance, squares / n, -0.5 * (n * np.log(2 * np.pi * squares / n) + log + n),
    )  # fmt: skip


def _autocovariance(memory: float, seasonal: float, period: int, n: int) -> Array:
    """Autocovariances (n,) at unit noise: those of two independent autoregressions, convolved in the frequencies by their series."""
    # (1 − φB)⁻¹(1 − ΦBˢ)⁻¹: γ_k = Σ_j γ¹_{k − sj} Φ^|j| over both directions, with γ¹ of the first alone
    reach = int(np.ceil(np.log(1e-17) / np.log(max(abs(seasonal), 1e-3)))) + 1
    lags = np.arange(n)
    j = np.arange(-reach, reach + 1)
    first = memory ** np.abs(lags[:, None] - period * j)
    out: Array = first @ (seasonal ** np.abs(j)) / ((1 - memory**2) * (1 - seasonal**2))
    return out
