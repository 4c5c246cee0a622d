"""Survival by MELD 3.0, from the function that was published with it."""

from __future__ import annotations

import numpy as np

from proband.natural_history.domain import OutsideDomain
from proband.natural_history.forecast import (
    ProportionForecast,
    combine_levels,
    unique_sources,
)
from proband.natural_history.survival import logit_normal_table
from proband.natural_history.tables import NaturalHistoryTableError, published
from proband.programme import Programme

MELD3 = "meld3-survival"


def meld3_function(programme: Programme) -> tuple[float, float, dict[float, float]]:
    """The published function: its slope per point, its offset, and the baseline survival by day."""
    table = published(programme, MELD3)
    slope = table.where(quantity="slope per point")[0].number("value")
    offset = table.where(quantity="offset")[0].number("value")
    s0 = {
        r.number("days") or 0.0: r.number("value") or 1.0 for r in table.where(quantity="baseline survival")
    }
    if slope is None or offset is None or not s0:
        raise NaturalHistoryTableError(
            "natural_history.table.incomplete",
            what="MELD 3.0 function",
            needed="slope, offset and baseline survival",
        )
    return slope, offset, s0


def meld3_mortality(programme: Programme, score: float, days: float) -> float:
    """Mortality by the published MELD 3.0 function, 1 − S₀(t)^exp(0.17698·score − 3.56).

    Between printed times ln S₀ is interpolated linearly.

    Raises
    ------
    OutsideDomain
        For scores outside 6 to 40 and times outside 15 to 90 days.
    """
    slope, offset, s0 = meld3_function(programme)
    if not 6 <= score <= 40 or not min(s0) <= days <= max(s0) * 1.05:
        raise OutsideDomain(
            f"MELD 3.0 {score:g} at day {days:.0f}",
            nearest=f"MELD 3.0 from 6 to 40 at {min(s0):.0f} to {max(s0):.0f} days",
            differs=["the published function gives baseline survival for these times only"],
        )
    times = sorted(s0)
    log_s0 = float(np.interp(days, times, [np.log(s0[t]) for t in times]))
    return float(-np.expm1(log_s0 * np.exp(slope * score - offset)))


def by_meld3(
    programme: Programme, span: tuple[float, float], days: float, tau: float, note: tuple[str, ...]
) -> ProportionForecast:
    """Share alive after some days, over a span of scores; ``tau`` is the deviation between cohorts on the logit scale."""
    scores = np.linspace(span[0], span[1], 11) if span[1] > span[0] else np.array([span[0]])
    died = float(np.mean([meld3_mortality(programme, float(s), days) for s in scores]))
    rows = published(programme, MELD3).usable()
    alive = min(max(1.0 - died, 0.002), 0.998)
    return ProportionForecast(
        label=f"MELD 3.0 {span[0]:g}: alive at {days:.0f} days",
        programme_hash=programme.hash,
        quantiles=logit_normal_table(alive, tau),
        pooled=alive,
        domain=f"candidates for liver transplantation, MELD 3.0 {span[0]:g}-{span[1]:g}, {days:.0f} days",
        sources=unique_sources([r.source for r in rows]),
        level=combine_levels([r.level for r in rows]),
        assumptions=note,
        n_cohorts=1,
    )
