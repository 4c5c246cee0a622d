"""From printed survival points to the survival of a new cohort.

Between printed times the cumulative hazard −ln S is interpolated linearly; just outside (by :data:`TOLERANCE`) the nearest
point is scaled with constant hazard; beyond that the question is refused. A new cohort differs from the published one
by sampling error and by ``tau`` (logit scale).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.elementary import expit, logit, normal_quantile
from proband.analysis.proportions import logit_standard_error
from proband.natural_history.domain import OutsideDomain
from proband.natural_history.forecast import (
    N_QUANTILES,
    ProportionForecast,
    combine_levels,
    unique_sources,
)
from proband.terms import Level, Source

#: relative distance in time up to which a printed point may be carried
TOLERANCE = 0.15
#: people that a printed share without a denominator counts for
STAND_IN_WEIGHT = 40.0


@dataclass(frozen=True, slots=True)
class SurvivalPoint:
    """Share alive at a time.

    ``days`` from the start of the clock, ``share`` in (0, 1), ``n`` people where printed, ``low``/``high`` its 95 %
    interval where printed.
    """

    days: float
    share: float
    source: Source
    level: Level
    n: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def standard_error(self) -> float:
        """Standard error on the logit scale, from the interval, the number of people, or the stand-in weight."""
        p = min(max(self.share, 0.005), 0.995)
        if self.low is not None and self.high is not None and 0 < self.low < self.high < 1:
            return logit_standard_error(self.low, self.high)
        return float(1.0 / np.sqrt((self.n or STAND_IN_WEIGHT) * p * (1 - p)))


def logit_normal_table(center: float, sd: float) -> NDArray[np.float64]:
    """Quantile table of expit(N(logit center, sd²)); ``center`` in (0, 1)."""
    q = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    table: NDArray[np.float64] = expit(logit(center) + sd * normal_quantile(q))
    return table


def survival_at(points: Sequence[SurvivalPoint], days: float, *, question: str, clock: str) -> SurvivalPoint:
    """Share alive at ``days`` from printed points of one cohort, sorted by time.

    Raises
    ------
    OutsideDomain
        If ``days`` lies further than :data:`TOLERANCE` outside the printed times.
    """
    first, last = points[0], points[-1]
    if not first.days * (1 - TOLERANCE) <= days <= last.days * (1 + TOLERANCE):
        printed = ", ".join(f"{p.days:.0f}" for p in points)
        raise OutsideDomain(
            question,
            nearest=f"survival at {printed} days {clock}",
            differs=[f"asked for day {days:.0f}; the published figure is for {printed} days"],
            missing=[f"survival of the same people at day {days:.0f}"],
        )
    if days <= first.days or len(points) == 1:
        base = first
    elif days >= last.days:
        base = last
    else:
        i = int(np.searchsorted([p.days for p in points], days))
        a, b = points[i - 1], points[i]
        w = (days - a.days) / (b.days - a.days)
        share = float(np.exp((1 - w) * np.log(a.share) + w * np.log(b.share)))
        near = a if w < 0.5 else b
        return (
            SurvivalPoint(days, share, near.source, near.level, near.n, None, None)
            if near.n
            else SurvivalPoint(days, share, near.source, near.level, None, *_shifted(near, share))
        )
    share = float(base.share ** (days / base.days))
    return SurvivalPoint(days, share, base.source, base.level, base.n, *_shifted(base, share))


def _shifted(point: SurvivalPoint, share: float) -> tuple[float | None, float | None]:
    """The interval of a point moved with its share on the logit scale."""
    if point.low is None or point.high is None or not 0 < point.low < point.high < 1:
        return None, None
    shift = logit(share) - logit(point.share)
    return float(expit(logit(point.low) + shift)), float(expit(logit(point.high) + shift))


def survival_forecast(
    points: Sequence[SurvivalPoint],
    days: float,
    *,
    label: str,
    programme_hash: str,
    domain: str,
    clock: str,
    tau: float,
    assumptions: tuple[str, ...] = (),
) -> ProportionForecast:
    """Share alive at ``days`` in a new cohort of the same kind.

    Raises
    ------
    OutsideDomain
        As :func:`survival_at`.
    """
    at = survival_at(points, days, question=f"{label} at day {days:.0f}", clock=clock)
    share = min(max(at.share, 0.002), 0.998)
    sd = float(np.hypot(at.standard_error, tau))
    notes = list(assumptions)
    if at.n is None and at.low is None:
        notes.append(
            f"The number of people is not printed; the figure counts for {STAND_IN_WEIGHT:.0f} people."
        )
    if not any(abs(p.days - days) < 0.5 for p in points):
        notes.append(
            "The share at the asked time is interpolated with constant hazard between or beside printed times."
        )
    return ProportionForecast(
        label=label,
        programme_hash=programme_hash,
        quantiles=logit_normal_table(share, sd),
        pooled=share,
        domain=domain,
        sources=unique_sources([p.source for p in points]),
        level=combine_levels([p.level for p in points]),
        assumptions=tuple(notes),
        n_cohorts=1,
    )
