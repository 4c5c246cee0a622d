"""Restricted mean survival time: the area under the product-limit curve up to a horizon.

References
----------
Royston P, Parmar MKB. BMC Med Res Methodol 2013;13:152. Klein JP, Moeschberger ML. Survival Analysis, 2nd ed. 2003, section 4.5 (variance).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import number, same, two_arms, watched
from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.result import AnalysisError, AnalysisResult, wald

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """Mean survival up to ``horizon`` with its standard error, in the unit of time."""

    mean: float
    standard_error: float
    horizon: float


def restricted_mean(time: ArrayLike, event: ArrayLike, horizon: float) -> RestrictedMean:
    """Area under the curve of one group.

    Raises
    ------
    AnalysisError
        Where the curve is not known up to the horizon: somebody was censored last, before it.
    """
    time, event = watched(time, event)
    number("horizon", horizon, above=0)
    if not len(time):
        raise AnalysisError("analysis.groups", groups=0)
    last = float(time.max())
    if horizon > last and not event[time == last].all():
        raise AnalysisError("analysis.horizon", horizon=horizon, last=last)
    curve = kaplan_meier(time, event)
    until = curve.times <= horizon
    times, at_risk, died = curve.times[until], curve.at_risk[until], curve.events[until]
    survival = np.concatenate([[1.0], curve.share[until]])
    edges = np.concatenate([[0.0], times, [horizon]])
    areas = survival * np.diff(edges)
    after = areas.sum() - np.cumsum(areas)[:-1]
    left = at_risk - died
    variance = float(np.sum(np.where(left > 0, after**2 * died / (at_risk * np.maximum(left, 1)), 0.0)))
    return RestrictedMean(float(areas.sum()), variance**0.5, horizon)


def rmst_difference(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike,
    horizon: float,
    *,
    unit: str = "",
    confidence: float = 0.95,
) -> AnalysisResult:
    """Difference of restricted means, arm 1 minus arm 0."""

    (time, event), arm = watched(time, event), two_arms(arm)
    same(time=time, arm=arm)
    first, second = (restricted_mean(time[arm == a], event[arm == a], horizon) for a in (1, 0))
    estimate = first.mean - second.mean
    error = float(np.hypot(first.standard_error, second.standard_error))
    return wald(
        method="restricted mean survival time, Kaplan–Meier",
        quantity=f"difference of mean survival up to {horizon:g}",
        estimate=estimate,
        error=error,
        confidence=confidence,
        unit=unit,
        diagnostics={"mean_treated": first.mean, "mean_control": second.mean, "horizon": horizon},
    )
