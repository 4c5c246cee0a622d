"""What several results over time make together: a slope, and for how long nothing has changed."""

from __future__ import annotations

import math

from proband.programme.eligibility import StableTime, Trend
from proband.screening.calendar import Occasion
from proband.screening.spans import FactsInWindow
from proband.screening.values import Value

#: length of the unit of a slope in days; a year is the Julian year of 365.25 days (UCUM ``a``), a month a twelfth of it
DAYS_PER = {"d": 1.0, "wk": 7.0, "mo": 30.4375, "a": 365.25}


def _series(within: FactsInWindow) -> list[tuple[int, float]] | None:
    """Distinct (day, value) pairs where every fact is certain, exact and dated; ``None`` otherwise."""
    if not within.sure or len(within.sure) != len(within.possible):
        return None
    pairs: set[tuple[int, float]] = set()
    for f in within.sure:
        if f.low is None or f.low != f.high or not f.when.is_exact or f.when.first_day is None:
            return None
        pairs.add((f.when.first_day, f.low))
    ordered = sorted(pairs)
    return ordered if len({day for day, _ in ordered}) == len(ordered) else None


def slope(observable: Trend, within: FactsInWindow) -> Value:
    """Least-squares slope over distinct days; unknown with an uncertain result or two different ones on a day."""
    series = _series(within)
    if series is None:
        return Value(contradictory=_clash(within))
    if len(series) < (observable.minimum or 2):
        return Value(
            reason=f"{len(series)} result(s) on different days; {observable.minimum or 2} are needed"
        )
    n, first = len(series), series[0][0]
    sum_x = sum(float(d - first) for d, _ in series)
    sum_y = math.fsum(v for _, v in series)
    sum_xx = sum(float(d - first) * (d - first) for d, _ in series)
    sum_xy = math.fsum((d - first) * v for d, v in series)
    per_day = (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x)
    value = per_day * DAYS_PER[observable.slope_per]
    return Value(value, value)


def stable_time(observable: StableTime, within: FactsInWindow, screening: Occasion) -> Value:
    """Days for which the value has not moved: shown by the results, at least; at most since the last different one."""
    series = _series(within)
    if series is None:
        return Value(contradictory=_clash(within))
    tolerance = observable.tolerance or 0.0
    last_day, last = series[-1]
    different = [day for day, value in series if abs(value - last) > tolerance]
    changed = max(different) if different else None
    since = min(day for day, _ in series if changed is None or day > changed)
    high = None if changed is None or screening.last_day is None else float(screening.last_day - changed)
    reason = (
        ""
        if changed is not None
        else "no earlier, different result is on record: it may have been stable for longer"
    )
    return Value(float(last_day - since), high, reason=reason)


def _clash(within: FactsInWindow) -> bool:
    """Whether two different results stand on one day."""
    exact = [
        (f.when.first_day, f.low)
        for f in within.sure
        if f.when.is_exact and f.low is not None and f.low == f.high
    ]
    return len(within.sure) == len(within.possible) and len({d for d, _ in exact}) < len(set(exact))
