"""One patient's past: values from before the treatment whose dates are known only within bounds, and how far the answer rests on the prior.

"Between Easter and her birthday she could still climb the stairs" is a measurement with an uncertain date. Dates are believed to be equally
likely anywhere within their bounds and independent of one another; the posterior is averaged over drawn sets of dates, each weighted by how well it
explains the series. A value put at the middle of its bounds instead makes the slope before treatment look better known than it is.

References
----------
Little RJA, Rubin DB. Statistical Analysis with Missing Data, 3rd ed. 2019, chapter 10 (coarsened data). Owen AB. Monte Carlo theory, 2013, chapter 9
(weights and their effective number).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import qmc

from proband.analysis.nof1 import (
    SeriesComponents,
    SeriesPosterior,
    SeriesPrior,
    series_components,
    series_posterior,
)
from proband.analysis.result import AnalysisError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DatedPosterior:
    """The posterior over all dates that are possible, the one with every value at the middle of its bounds, and how many draws of dates count."""

    posterior: SeriesPosterior
    at_the_middle: SeriesPosterior
    effective_draws: float


def dated_posterior(
    y: ArrayLike,
    earliest: ArrayLike,
    latest: ArrayLike,
    start: float,
    prior: SeriesPrior,
    *,
    lag: float = 0.0,
    threshold: float = 0.0,
    extra_sd: ArrayLike | None = None,
    draws: int = 256,
    seed: int = 0,
) -> DatedPosterior:
    """Posterior of the change of slope where the time of each value lies between ``earliest`` and ``latest`` (visits,); equal: known.

    Parameters
    ----------
    extra_sd
        (visits,) SD of what a recalled value is wrong by beyond the ordinary noise.
    draws
        Sets of dates (a power of 2), from a scrambled Sobol sequence; the same ``seed`` gives the same answer.

    Raises
    ------
    AnalysisError
        ``analysis.nof1.dates`` where a latest lies before its earliest, or bounds reach across the start of treatment: nobody could say whether
        such a value was measured with or without it.
    """
    values = np.asarray(y, dtype=float)
    first, last = (np.broadcast_to(np.asarray(v, dtype=float), values.shape) for v in (earliest, latest))
    seen = np.isfinite(values)
    bad = seen & ((last < first) | ~np.isfinite(first + last) | ((first < start) & (last > start)))
    if bad.any():
        raise AnalysisError(
            "analysis.nof1.dates", values=[int(at) for at in np.flatnonzero(bad)], start=start
        )
    middle = series_posterior(values, (first + last) / 2, start, prior, lag=lag, threshold=threshold, extra_sd=extra_sd)  # fmt: skip
    open_ = np.flatnonzero(seen & (last > first))
    if not len(open_):
        return DatedPosterior(middle, middle, 1.0)
    sets = qmc.Sobol(len(open_), seed=seed).random(draws)
    parts, evidence = [], np.empty(draws)
    for at, one in enumerate(sets):
        times = ((first + last) / 2).copy()
        times[open_] = first[open_] + one * (last - first)[open_]
        part = series_components(values, times, start, prior, lag=lag, extra_sd=extra_sd)
        parts.append(part)
        top = part.log_weight.max()
        evidence[at] = top + np.log(np.exp(part.log_weight - top).sum())
    share = np.exp(evidence - evidence.max())
    together = SeriesComponents(*(np.concatenate([getattr(part, name) for part in parts]) for name in SeriesComponents.__slots__))  # fmt: skip
    return DatedPosterior(together.posterior(threshold), middle, float(share.sum() ** 2 / (share**2).sum()))


def slope_tipping_point(
    y: ArrayLike,
    times: ArrayLike,
    start: float,
    prior: SeriesPrior,
    *,
    probability: float,
    farthest: float,
    lag: float = 0.0,
    threshold: float = 0.0,
) -> float | None:
    """The untreated course at which the answer tips: the prior slope, moved from the one believed towards ``farthest``, at which P(change > threshold) falls
    to ``probability``.

    The prior's own slope where the answer is no answer to begin with; None where even ``farthest`` does not tip it. A reader who holds that course
    possible need not believe the answer.
    """

    def holds(slope: float) -> bool:
        moved = replace(prior, slope=slope)
        return (
            series_posterior(y, times, start, moved, lag=lag, threshold=threshold).probability > probability
        )

    if not holds(prior.slope):
        return prior.slope
    if holds(farthest):
        return None
    near, far = prior.slope, farthest
    for _ in range(40):
        middle = (near + far) / 2
        near, far = (middle, far) if holds(middle) else (near, middle)
    return (near + far) / 2
