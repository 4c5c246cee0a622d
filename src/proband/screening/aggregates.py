"""From the facts of one person to one value per observable: what is known, between which bounds, and from which facts.

A value is never guessed. Several results that could each be the last one, or that contradict each other, give the
interval that covers them all, so a criterion is decided only where every one of them decides it alike; nothing is
averaged. A fact counts *surely* where its day certainly lies in the window and it certainly is the thing asked for,
and *possibly* where that may be so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from proband.facts.events import least_events, most_events
from proband.facts.observation import Observation
from proband.programme.eligibility import (
    Aggregate,
    DatedEvent,
    EventCount,
    FromFacts,
    SaysCode,
    SaysNumber,
    SaysWord,
    SaysYesNo,
    SeeksExtreme,
    StableTime,
    Trend,
)
from proband.screening.calendar import Occasion
from proband.screening.holding import YesNoRecord, bounds_of, stated
from proband.screening.observed import ObservedValue
from proband.screening.reasons import why_unknown
from proband.screening.series import slope, stable_time
from proband.screening.spans import FactsInWindow, WindowSpan, same_time
from proband.screening.truth import truth_of
from proband.screening.values import Value
from proband.terms.units import printed


def value_of(
    observable: FromFacts,
    facts: Sequence[ObservedValue],
    silent: Sequence[Observation],
    span: WindowSpan,
    screening: Occasion,
) -> Value:
    """The value of an observable that is read from facts (not elapsed, not relative to another, not derived)."""
    if isinstance(observable, SaysYesNo):
        record = YesNoRecord(observable, facts, span, screening.first_day)
        within = FactsInWindow(record.sure(), record.possible())
        value = truth_of(record, within, [o for o in silent if span.possibly(Occasion.of(o))])
    else:
        within = _within(observable, facts, span)
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


def _within(observable: FromFacts, facts: Sequence[ObservedValue], span: WindowSpan) -> FactsInWindow:
    """The facts in a window: of a word, as long as it holds; of everything else, by the day that it is of."""
    if not isinstance(observable, SaysWord) or not any(f.observation.persists for f in facts):
        return FactsInWindow.of(facts, span)
    held = [(f, stated(f.observation, *bounds_of(f))) for f in facts]
    return FactsInWindow(
        tuple(f for f, h in held if f.certain and h.surely_in(span)),
        tuple(f for f, h in held if h.possibly_in(span)),
    )


def _one_of_several(observable: SeeksExtreme, within: FactsInWindow) -> Value:
    """A number or rank: the last or first, the least or greatest, or how far they lie apart."""
    if not within.sure:
        return Value()
    aggregate = observable.effective_aggregate
    if aggregate in {Aggregate.LAST, Aggregate.FIRST}:
        candidates = within.candidates(aggregate)
        low, high = _hull(candidates)
        usable = [f for f in candidates if not f.problem]
        differ = len({(f.low, f.high) for f in usable}) > 1
        together = differ and all(f.certain for f in usable) and same_time(usable)
        return Value(low, high, used=tuple(usable), contradictory=together)
    if aggregate is Aggregate.RANGE:
        top, bottom = _maximum(within), _minimum(within)
        low = 0.0 if top[0] is None or bottom[1] is None else max(0.0, top[0] - bottom[1])
        high = None if top[1] is None or bottom[0] is None else top[1] - bottom[0]
        return Value(printed(low), None if high is None else printed(high))
    return Value(*(_maximum(within) if observable.highest_counts else _minimum(within)))


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
    least = float(
        least_events(
            (f.observation for f in within.sure if f.truth),
            (f.observation for f in within.possible if f.truth),
        )
    )
    if observable.silence_means_no:
        most = float(most_events(f.observation for f in within.possible))
        return Value(least, most, assumed=("absent: no (nothing recorded counts as none)",))
    return Value(least, None, reason="only what is recorded can be counted; there may be more")


def _code(aggregate: Aggregate, within: FactsInWindow) -> Value:
    if not within.sure:
        return Value()
    candidates = list(within.possible) if aggregate is Aggregate.ANY else within.candidates(aggregate)
    said = {f.code for f in candidates}
    if len(said) == 1 and None not in said:
        return Value(code=said.pop(), used=tuple(candidates))
    usable = [f for f in candidates if f.code is not None]
    differ = len({f.code for f in usable}) > 1
    return Value(
        used=tuple(usable), contradictory=differ and (aggregate is Aggregate.ANY or same_time(usable))
    )


def _date(aggregate: Aggregate, within: FactsInWindow) -> Value:
    if not within.sure:
        return Value()
    if aggregate is Aggregate.FIRST:
        return Value(*_minimum(within))
    return Value(*_maximum(within))
