"""One patient: a structural time series with AR(1) errors and a natural-history prior of the slope, exact over a grid; and a randomised start.

``y_t = a + b t + d (t − t₀ − lag)₊ + e_t``, e stationary with SD σ and correlation ρ^|t − s|. The slope of the decline b has the
natural-history *predictive* distribution for a new patient, a and d are nearly free, σ is log-normal, ρ uniform. Given (ρ, σ) all is normal, so
the posterior is a mixture over a grid, without sampling. The test is of the *change* of slope d.

References
----------
Harvey AC, Durbin J. J R Stat Soc A 1986;149:187-227. Zucker DR, Ruthazer R, Schmid CH. J Clin Epidemiol 2010;63:1312-1323.
Edgington ES. J Psychol 1975;90:57-68; Bulté I, Onghena P. Behav Res Methods 2008;40:467-478 (randomised start).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from proband.analysis.given import column, same
from proband.analysis.result import AnalysisError, AnalysisResult, wald

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeriesPrior:
    """What is believed before.

    ``slope`` and ``slope_sd`` are those of a new patient (never of the mean of patients); ``level_sd`` and ``change_sd`` are wide;
    ``log_noise`` and ``log_noise_sd`` the log-normal prior of σ; correlations are a grid from 0 to ``largest_correlation``.
    """

    slope: float
    slope_sd: float
    log_noise: float
    log_noise_sd: float = 0.5
    level: float = 0.0
    level_sd: float = 100.0
    change_sd: float = 10.0
    largest_correlation: float = 0.95
    points: int = 14

    def __post_init__(self) -> None:
        """A spread below zero is none."""
        column("prior SD", [self.slope_sd, self.log_noise_sd, self.level_sd, self.change_sd], low=0)
        column("prior", [self.slope, self.log_noise, self.level, self.largest_correlation])

    def grid(self) -> tuple[Array, Array, Array]:
        """Correlations, noises and log prior weights of all grid points, each (points²,)."""
        rho = (np.arange(self.points) + 0.5) / self.points * self.largest_correlation
        z = np.linspace(-3, 3, self.points)
        noise = np.exp(self.log_noise + self.log_noise_sd * z)
        r, s = np.meshgrid(rho, noise, indexing="ij")
        return r.ravel(), s.ravel(), np.tile(-(z**2) / 2, self.points)


@dataclass(frozen=True, slots=True)
class SeriesPosterior:
    """Posterior of the change of slope: probability above the threshold, mean, SD; with the posterior mean of ρ and σ."""

    probability: float
    mean: float
    sd: float
    correlation: float
    noise: float


def _different(times: Array) -> None:
    """Two values of one moment would have the same error: one of them is a copy, or a date is wrong."""
    if len(np.unique(times)) < len(times):
        raise AnalysisError("analysis.nof1.times", values=len(times) - len(np.unique(times)))


def _either_side(y: Array, times: Array, start: float) -> None:
    """Without a value before or after the start of treatment the answer would be what was believed before, in the dress of data."""
    seen = np.isfinite(y)
    before, after = int((times[seen] <= start).sum()), int((times[seen] > start).sum())
    if not (before and after):
        raise AnalysisError("analysis.nof1.phase", before=before, after=after)


def _regressors(times: Array, start: float, lag: float) -> Array:
    return np.column_stack([np.ones(len(times)), times, np.maximum(times - start - lag, 0.0)])


@dataclass(frozen=True, slots=True)
class SeriesComponents:
    """The posterior as a mixture: for each point of the grid the log of its weight (not normalised), mean and variance of the change of slope, and of
    the slopes before and after it.
    """

    log_weight: Array
    mean: Array
    variance: Array
    correlation: Array
    noise: Array
    before_mean: Array
    before_variance: Array
    after_mean: Array
    after_variance: Array

    def slopes(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Posterior mean and SD of the slope before, and of the slope after."""
        weight = np.exp(self.log_weight - self.log_weight.max())
        weight /= weight.sum()
        found = []
        for mean, variance in (
            (self.before_mean, self.before_variance),
            (self.after_mean, self.after_variance),
        ):
            centre = float(weight @ mean)
            found.append((centre, float(np.sqrt(weight @ (variance + mean**2) - centre**2))))
        return found[0], found[1]

    def posterior(self, threshold: float = 0.0) -> SeriesPosterior:
        """Its summary."""
        weight = np.exp(self.log_weight - self.log_weight.max())
        weight /= weight.sum()
        centre = float(weight @ self.mean)
        return SeriesPosterior(
            float(weight @ ndtr((self.mean - threshold) / np.sqrt(self.variance))),
            centre,
            float(np.sqrt(weight @ (self.variance + self.mean**2) - centre**2)),
            float(weight @ self.correlation),
            float(weight @ self.noise),
        )


def series_components(
    y: ArrayLike, times: ArrayLike, start: float, prior: SeriesPrior, *, lag: float = 0.0, shifts: ArrayLike | None = None,
    extra_sd: ArrayLike | None = None,
) -> SeriesComponents:  # fmt: skip
    """The multivariate normal distribution written out at every grid point.

    ``shifts`` (visits, k) are level shifts of intercurrent events (0 before, 1 after), with the wide prior of a level. ``extra_sd`` (visits,) is the SD of
    what a value is wrong by beyond the ordinary noise, independently of the others: of values recalled or read from notes. NaN is not observed.
    """
    y, times = column("value", y, gaps=True), np.asarray(times, dtype=float)
    same(values=y, times=times)
    seen = np.isfinite(y)
    _different(column("time", times[seen]))
    x = _regressors(times[seen], start, lag)
    mean0, sd0 = [prior.level, prior.slope, 0.0], [prior.level_sd, prior.slope_sd, prior.change_sd]
    if shifts is not None:
        extra = np.atleast_2d(np.asarray(shifts, dtype=float).T).T[seen]
        x = np.column_stack([x, extra])
        mean0 += [0.0] * extra.shape[1]
        sd0 += [prior.level_sd] * extra.shape[1]
    m0, v0 = np.array(mean0), np.diag(np.array(sd0) ** 2)
    gap = np.abs(np.subtract.outer(times[seen], times[seen]))
    known = x @ v0 @ x.T
    if extra_sd is not None:
        known = known + np.diag(np.broadcast_to(np.asarray(extra_sd, dtype=float), y.shape)[seen] ** 2)
    rhos, noises, logs = prior.grid()
    log, mean, variance = np.empty(len(rhos)), np.empty(len(rhos)), np.empty(len(rhos))
    # of the slope before and of the slope after: their means and variances in two rows
    slope_means, slope_variances = np.empty((2, len(rhos))), np.empty((2, len(rhos)))
    after = np.zeros(len(m0))
    after[[1, 2]] = 1.0
    for at, (rho, noise) in enumerate(zip(rhos, noises, strict=True)):
        root = np.linalg.cholesky(noise**2 * rho**gap + known)
        half = np.linalg.solve(root, y[seen] - x @ m0)
        gain = np.linalg.solve(root, x @ v0)
        log[at] = logs[at] - np.log(np.diag(root)).sum() - half @ half / 2
        mean[at] = m0[2] + gain[:, 2] @ half
        variance[at] = v0[2, 2] - gain[:, 2] @ gain[:, 2]
        for row, of in enumerate((np.eye(len(m0))[1], after)):
            part = gain @ of
            slope_means[row, at] = of @ m0 + part @ half
            slope_variances[row, at] = of @ v0 @ of - part @ part
    return SeriesComponents(
        log, mean, variance, rhos, noises, slope_means[0], slope_variances[0], slope_means[1], slope_variances[1]
    )  # fmt: skip


def series_posterior(
    y: ArrayLike, times: ArrayLike, start: float, prior: SeriesPrior, *, lag: float = 0.0, threshold: float = 0.0,
    shifts: ArrayLike | None = None, extra_sd: ArrayLike | None = None,
) -> SeriesPosterior:  # fmt: skip
    """The plain reference: the summary of :func:`series_components`, which says what the parameters mean."""
    parts = series_components(y, times, start, prior, lag=lag, shifts=shifts, extra_sd=extra_sd)
    _either_side(np.asarray(y, dtype=float), np.asarray(times, dtype=float), start + lag)
    return parts.posterior(threshold)


def series_posterior_batch(
    y: Array,
    times: Array,
    start: float,
    prior: SeriesPrior,
    *,
    lag: float = 0.0,
    threshold: float | Array = 0.0,
    engine: str = "auto",
) -> Array:
    """Posterior of many series (series, visits): columns probability above the threshold (one, or one per series), mean and SD of the change
    of slope.
    """
    times = column("time", times)
    _different(times)
    order = np.argsort(times)
    y, times = np.ascontiguousarray(np.asarray(y, dtype=float)[:, order]), np.ascontiguousarray(times[order])
    limits = np.ascontiguousarray(np.broadcast_to(np.asarray(threshold, dtype=float), len(y)))
    if engine == "plain" or (engine == "auto" and find_spec("numba") is None):
        found = np.full((len(y), 3), np.nan)
        for d, (row, limit) in enumerate(zip(y, limits, strict=True)):
            with suppress(AnalysisError):
                r = series_posterior(row, times, start, prior, lag=lag, threshold=float(limit))
                found[d] = r.probability, r.mean, r.sd
        return found
    from proband.analysis.nof1_kernel import series_many

    rhos, noises, logs = prior.grid()
    out = np.empty((len(y), 3))
    series_many(
        y, times, _regressors(times, start, lag), np.array([prior.level, prior.slope, 0.0]),
        np.array([prior.level_sd, prior.slope_sd, prior.change_sd]) ** -2.0, rhos, noises, logs, limits, out,
    )  # fmt: skip
    seen, late = np.isfinite(y), times > start + lag
    out[~(seen[:, late].any(axis=1) & seen[:, ~late].any(axis=1))] = np.nan
    return out


def segmented_reml(
    y: ArrayLike, times: ArrayLike, start: float, *, lag: float = 0.0, confidence: float = 0.95
) -> AnalysisResult:
    """The change of slope without a prior: AR(1) by REML, t with n − 3 degrees of freedom. Its error exceeds its name in short series: read it
    beside the posterior, not instead of it.
    """

    from proband.analysis.mmrm.estimation import fit_covariance
    from proband.analysis.mmrm.likelihood import blocks_of
    from proband.analysis.mmrm.structures import CovarianceStructure

    y, times = column("value", y, gaps=True), column("time", times)
    same(values=y, times=times)
    seen = np.isfinite(y)
    _different(times[seen])
    _either_side(y, times, start + lag)
    data = blocks_of(y[seen][None, :], _regressors(times[seen], start, lag)[None, :, :])
    structure = CovarianceStructure("spexp", int(seen.sum()), tuple(times[seen].tolist()))
    fit = fit_covariance(data, structure)
    if not fit.converged:
        raise AnalysisError("analysis.mmrm.not-converged", structure="AR(1)", reason=fit.reason)
    estimate, error = float(fit.at.beta[2]), float(np.sqrt(fit.at.phi[2, 2]))
    return wald(
        method="segmented regression, AR(1) errors, REML",
        quantity="change of slope",
        estimate=estimate,
        error=error,
        confidence=confidence,
        degrees_of_freedom=float(seen.sum() - 3),
        diagnostics={"visits": int(seen.sum()), "converged": fit.converged},
    )


@dataclass(frozen=True, slots=True)
class StartTest:
    """Randomised-start test: the statistic at the start that was drawn, and its rank among all that could have been drawn."""

    statistic: float
    p: float
    candidates: int


def mean_difference(y: Array, start: int) -> float:
    """Mean after the start minus mean before it."""
    return float(np.nanmean(y[start:]) - np.nanmean(y[:start]))


def randomised_start(
    y: ArrayLike,
    start: int,
    candidates: Sequence[int],
    *,
    statistic: Callable[[Array, int], float] = mean_difference,
) -> StartTest:
    """One-sided p of a start drawn at random among ``candidates`` (indices of the first treated visit): large statistics speak for an effect.

    The smallest possible p is 1 over the number of candidates.
    """
    if start not in candidates or len(set(candidates)) < len(candidates):
        raise AnalysisError("analysis.nof1.start", start=start)
    values = column("value", y, gaps=True)
    for c in candidates:
        before, after = (int(np.isfinite(part).sum()) for part in (values[: max(c, 0)], values[max(c, 0) :]))
        if not (before and after):
            raise AnalysisError("analysis.nof1.phase", before=before, after=after)
    here = statistic(values, start)
    all_ = np.array([statistic(values, c) for c in candidates])
    return StartTest(here, float((all_ >= here - 1e-12).mean()), len(candidates))
