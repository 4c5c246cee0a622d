"""From the facts of one person to one value per observable: what is known, between which bounds, and from which facts.

A value is never guessed. Several results that could each be the last one, or that contradict each other, give the
interval that covers them all, so a criterion is decided only where every one of them decides it alike; nothing is
averaged. A fact counts *surely* where its day certainly lies in the window and it certainly is the thing asked for,
and *possibly* where that may be so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from proband.facts.observation import Observation
from proband.programme.eligibility import (
    Aggregate,
    DatedEvent,
    EventCount,
    FromFacts,
    SaysCode,
    SaysNumber,
    SaysYesNo,
    SeeksExtreme,
    StableTime,
    Trend,
)
from proband.screening.calendar import Occasion
from proband.screening.observed import ObservedValue
from proband.screening.reasons import why_unknown
from proband.screening.series import slope, stable_time
from proband.screening.spans import FactsInWindow, WindowSpan
from proband.screening.values import Value


def value_of(
    observable: FromFacts,
    facts: Sequence[ObservedValue],
    silent: Sequence[Observation],
    span: WindowSpan,
    screening: Occasion,
) -> Value:
    """The value of an observable that is read from facts (not elapsed, not relative to another, not derived)."""
    within = FactsInWindow.of(facts, span)
    value = _aggregated(observable, within, screening)
    used = value.used or tuple(f for f in within.possible if not f.problem)
    unusable = tuple(f for f in within.possible if f.problem)
    reason = value.reason
    if not value.is_known and not reason:
        reason = why_unknown(facts, within, silent, value)
    assumed = value.assumed
    unit = observable.unit_if_missing if isinstance(observable, SaysNumber) else None
    if unit and any(f.observation.unit is None and f.low is not None for f in used):
        assumed = (*assumed, f"unit {unit} taken where the source states none")
    return replace(value, used=used, unusable=unusable, silent=tuple(silent), reason=reason, assumed=assumed)


def _aggregated(observable: FromFacts, within: FactsInWindow, screening: Occasion) -> Value:
    match observable:
        case EventCount():
            return _count(observable, within)
        case SaysYesNo():
            return _truth(observable, within)
        case SaysCode():
            return _code(observable.effective_aggregate, within)
        case DatedEvent():
            return _date(observable.effective_aggregate, within)
        case Trend():
            return slope(observable, within)
        case StableTime():
            return stable_time(observable, within, screening)
        case SeeksExtreme():
            return _one_of_several(observable, within)
    raise TypeError(f"{observable.id}: nothing is made of the facts of a {type(observable).__name__}")


def _candidates(aggregate: Aggregate, within: FactsInWindow) -> list[ObservedValue]:
    """The facts that could be the last (or first) one in the window."""
    if aggregate is Aggregate.FIRST:
        earliest = min((_open_end(f.when.last_moment, math.inf) for f in within.sure), default=math.inf)
        return [f for f in within.possible if _open_end(f.when.first_moment, -math.inf) <= earliest]
    latest = max((_open_end(f.when.first_moment, -math.inf) for f in within.sure), default=-math.inf)
    return [f for f in within.possible if _open_end(f.when.last_moment, math.inf) >= latest]


def _open_end(moment: int | None, otherwise: float) -> float:
    return otherwise if moment is None else float(moment)


def _one_of_several(observable: SeeksExtreme, within: FactsInWindow) -> Value:
    """A number or rank: the last or first, the least or greatest, or how far they lie apart."""
    if not within.sure:
        return Value()
    aggregate = observable.effective_aggregate
    if aggregate in {Aggregate.LAST, Aggregate.FIRST}:
        candidates = _candidates(aggregate, within)
        low, high = _hull(candidates)
        usable = [f for f in candidates if not f.problem]
        differ = len({(f.low, f.high) for f in usable}) > 1
        together = differ and all(f.certain for f in usable) and _same_time(usable)
        return Value(low, high, used=tuple(usable), contradictory=together)
    if aggregate is Aggregate.RANGE:
        top, bottom = _maximum(within), _minimum(within)
        low = 0.0 if top[0] is None or bottom[1] is None else max(0.0, top[0] - bottom[1])
        high = None if top[1] is None or bottom[0] is None else top[1] - bottom[0]
        return Value(low, high)
    return Value(*(_maximum(within) if observable.highest_counts else _minimum(within)))


def _same_time(facts: Sequence[ObservedValue]) -> bool:
    return len({(f.when.first_moment, f.when.last_moment) for f in facts}) == 1


def _hull(facts: Sequence[ObservedValue]) -> tuple[float | None, float | None]:
    lows, highs = [f.low for f in facts], [f.high for f in facts]
    low = None if not lows or None in lows else min(v for v in lows if v is not None)
    high = None if not highs or None in highs else max(v for v in highs if v is not None)
    return low, high


def _maximum(within: FactsInWindow) -> tuple[float | None, float | None]:
    low = max((f.low for f in within.sure if f.low is not None), default=None)
    return low, _hull(within.possible)[1]


def _minimum(within: FactsInWindow) -> tuple[float | None, float | None]:
    high = min((f.high for f in within.sure if f.high is not None), default=None)
    return _hull(within.possible)[0], high


def _count(observable: EventCount, within: FactsInWindow) -> Value:
    least = float(sum(1 for f in within.sure if f.truth))
    if observable.silence_means_no:
        most = float(len(within.possible))
        return Value(least, most, assumed=("absent: no (nothing recorded counts as none)",))
    return Value(least, None, reason="only what is recorded can be counted; there may be more")


def _truth(observable: SaysYesNo, within: FactsInWindow) -> Value:
    closed, aggregate = observable.silence_means_no, observable.effective_aggregate
    sure, possible = within.sure, within.possible
    if aggregate is Aggregate.ANY:
        if any(f.truth is True for f in sure):
            yes = tuple(f for f in sure if f.truth is True)
            return Value(truth=True, used=yes)
        if any(f.truth is not False for f in possible):
            return Value()
        if any(f.truth is False for f in sure):
            return Value(truth=False, used=tuple(f for f in sure if f.truth is False))
        return _silence(closed)
    if not sure:
        if closed and not any(f.truth is not False for f in possible):
            return _silence(True)
        return Value()
    candidates = _candidates(aggregate, within)
    said = {f.truth for f in candidates}
    if len(said) == 1 and None not in said:
        return Value(truth=said.pop(), used=tuple(candidates))
    usable = [f for f in candidates if f.truth is not None]
    return Value(used=tuple(usable), contradictory=len({f.truth for f in usable}) > 1 and _same_time(usable))


def _silence(closed: bool) -> Value:
    if closed:
        return Value(truth=False, assumed=("absent: no (silence of the record counts as no)",))
    return Value()


def _code(aggregate: Aggregate, within: FactsInWindow) -> Value:
    if not within.sure:
        return Value()
    candidates = list(within.possible) if aggregate is Aggregate.ANY else _candidates(aggregate, within)
    said = {f.code for f in candidates}
    if len(said) == 1 and None not in said:
        return Value(code=said.pop(), used=tuple(candidates))
    usable = [f for f in candidates if f.code is not None]
    differ = len({f.code for f in usable}) > 1
    return Value(
        used=tuple(usable), contradictory=differ and (aggregate is Aggregate.ANY or _same_time(usable))
    )


def _date(aggregate: Aggregate, within: FactsInWindow) -> Value:
    if not within.sure:
        return Value()
    if aggregate is Aggregate.FIRST:
        return Value(*_minimum(within))
    return Value(*_maximum(within))
