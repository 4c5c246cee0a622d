"""From the facts of one person to one value per observable: what is known, between which bounds, and from which facts.

A value is never guessed. Several results that could each be the last one, or that contradict each other, give the
interval that covers them all, so a criterion is decided only where every one of them decides it alike; nothing is
averaged. A fact counts *surely* where its day certainly lies in the window and it certainly is the thing asked for,
and *possibly* where that may be so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from proband.facts.observation import Observation
from proband.programme.eligibility import Aggregate, FactWindow, Observable, Offset
from proband.screening.calendar import Occasion, shift
from proband.screening.observed import ObservedValue


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of one observable for one person.

    Numbers, ranks and dates (as day numbers) lie in ``low … high``, ``None`` being an open end; ``truth`` and ``code``
    belong to the other types. ``used`` are the facts it rests on, ``unusable`` those shown but not scored, ``reason``
    says in words why it is not (fully) known, ``assumed`` names what was taken for granted (``absent: no``, a unit).
    """

    low: float | None = None
    high: float | None = None
    truth: bool | None = None
    code: str | None = None
    used: tuple[ObservedValue, ...] = ()
    unusable: tuple[ObservedValue, ...] = ()
    silent: tuple[Observation, ...] = ()
    contradictory: bool = False
    reason: str = ""
    assumed: tuple[str, ...] = field(default_factory=tuple)

    @property
    def is_known(self) -> bool:
        """Whether there is exactly one possible value."""
        return (
            self.truth is not None
            or self.code is not None
            or (self.low is not None and self.low == self.high)
        )


@dataclass(frozen=True, slots=True)
class WindowSpan:
    """A window on the calendar: its outer and its certain days; ``None`` is an open end.

    ``undated_count`` tells whether a fact without any date lies in it: yes where no window was asked for, because the
    fact was on record when the record was read.
    """

    outer_first: int | None
    outer_last: int | None
    inner_first: int | None
    inner_last: int | None
    empty_inside: bool = False
    undated_count: bool = False

    def surely(self, when: Occasion) -> bool:
        """Whether a fact certainly lies in the window."""
        if when.is_unknown:
            return self.undated_count or (
                not self.empty_inside and self.inner_first is None and self.inner_last is None
            )
        if self.empty_inside:
            return False
        after = self.inner_first is None or (
            when.first_day is not None and when.first_day >= self.inner_first
        )
        before = self.inner_last is None or (when.last_day is not None and when.last_day <= self.inner_last)
        return after and before

    def possibly(self, when: Occasion) -> bool:
        """Whether a fact may lie in the window."""
        after = self.outer_first is None or when.last_day is None or when.last_day >= self.outer_first
        before = self.outer_last is None or when.first_day is None or when.first_day <= self.outer_last
        return after and before


def span_of(window: FactWindow | None, anchor: Occasion, screening: Occasion) -> WindowSpan:
    """The days of a window, given the day of its anchor (perhaps uncertain) and of screening.

    No window reaches beyond the last moment of screening: what is recorded later was not known then.
    """
    if window is None:
        undated = screening.first_day is None
        return WindowSpan(
            None,
            screening.last_day,
            None,
            screening.first_day,
            empty_inside=undated,
            undated_count=not undated,
        )
    outer_first = _edge(window.start, anchor.first_day)
    inner_first = _edge(window.start, anchor.last_day)
    outer_last = _edge(window.end, anchor.last_day)
    inner_last = _edge(window.end, anchor.first_day)
    unanchored = (
        screening.first_day is None
        or (window.start is not None and inner_first is None)
        or (window.end is not None and inner_last is None)
    )
    return WindowSpan(
        outer_first,
        _least(outer_last, screening.last_day),
        inner_first,
        _least(inner_last, screening.first_day),
        empty_inside=unanchored,
    )


def _edge(offset: Offset | None, anchor_day: int | None) -> int | None:
    return None if offset is None or anchor_day is None else shift(anchor_day, offset)


def _least(a: int | None, b: int | None) -> int | None:
    return b if a is None else (a if b is None else min(a, b))


def value_of(
    observable: Observable,
    facts: Sequence[ObservedValue],
    silent: Sequence[Observation],
    span: WindowSpan,
    screening: Occasion,
) -> Value:
    """The value of an observable that is read from facts (not elapsed, not relative to another, not derived)."""
    possible = [f for f in facts if span.possibly(f.when)]
    sure = [f for f in possible if f.certain and span.surely(f.when)]
    aggregate = observable.effective_aggregate
    if aggregate is Aggregate.COUNT:
        value = _count(observable, sure, possible)
    elif observable.type == "boolean":
        value = _truth(observable, aggregate, sure, possible)
    elif observable.type == "code":
        value = _code(aggregate, sure, possible)
    elif observable.type == "date":
        value = _date(aggregate, sure, possible)
    elif aggregate is Aggregate.SLOPE:
        value = _slope(observable, sure, possible)
    elif aggregate is Aggregate.STABLE_FOR:
        value = _stable(observable, sure, possible, screening)
    else:
        value = _number(observable, aggregate, sure, possible)
    used = value.used or tuple(f for f in possible if not f.problem)
    unusable = tuple(f for f in possible if f.problem)
    reason = value.reason
    if not value.is_known and not reason:
        reason = _why_unknown(facts, possible, sure, silent, value)
    assumed = value.assumed
    if observable.unit_if_missing and any(f.observation.unit is None and f.low is not None for f in used):
        assumed = (*assumed, f"unit {observable.unit_if_missing} taken where the source states none")
    return replace(value, used=used, unusable=unusable, silent=tuple(silent), reason=reason, assumed=assumed)


def _candidates(
    aggregate: Aggregate, sure: Sequence[ObservedValue], possible: Sequence[ObservedValue]
) -> list[ObservedValue]:
    """The facts that could be the last (or first) one in the window."""
    if aggregate is Aggregate.FIRST:
        earliest = min((_open_end(f.when.last_moment, math.inf) for f in sure), default=math.inf)
        return [f for f in possible if _open_end(f.when.first_moment, -math.inf) <= earliest]
    latest = max((_open_end(f.when.first_moment, -math.inf) for f in sure), default=-math.inf)
    return [f for f in possible if _open_end(f.when.last_moment, math.inf) >= latest]


def _open_end(moment: int | None, otherwise: float) -> float:
    return otherwise if moment is None else float(moment)


def _number(
    observable: Observable,
    aggregate: Aggregate,
    sure: Sequence[ObservedValue],
    possible: Sequence[ObservedValue],
) -> Value:
    if not sure:
        return Value()
    if aggregate in {Aggregate.LAST, Aggregate.FIRST}:
        candidates = _candidates(aggregate, sure, possible)
        low, high = _hull(candidates)
        usable = [f for f in candidates if not f.problem]
        differ = len({(f.low, f.high) for f in usable}) > 1
        together = differ and all(f.certain for f in usable) and _same_time(usable)
        return Value(low, high, used=tuple(usable), contradictory=together)
    worst_is_high = aggregate is Aggregate.MAX or (
        aggregate is Aggregate.WORST and observable.worse == "high"
    )
    if aggregate is Aggregate.RANGE:
        top, bottom = _maximum(sure, possible), _minimum(sure, possible)
        low = 0.0 if top[0] is None or bottom[1] is None else max(0.0, top[0] - bottom[1])
        high = None if top[1] is None or bottom[0] is None else top[1] - bottom[0]
        return Value(low, high)
    low, high = _maximum(sure, possible) if worst_is_high else _minimum(sure, possible)
    return Value(low, high)


def _same_time(facts: Sequence[ObservedValue]) -> bool:
    return len({(f.when.first_moment, f.when.last_moment) for f in facts}) == 1


def _hull(facts: Sequence[ObservedValue]) -> tuple[float | None, float | None]:
    lows, highs = [f.low for f in facts], [f.high for f in facts]
    low = None if not lows or None in lows else min(v for v in lows if v is not None)
    high = None if not highs or None in highs else max(v for v in highs if v is not None)
    return low, high


def _maximum(
    sure: Sequence[ObservedValue], possible: Sequence[ObservedValue]
) -> tuple[float | None, float | None]:
    low = max((f.low for f in sure if f.low is not None), default=None)
    return low, _hull(possible)[1]


def _minimum(
    sure: Sequence[ObservedValue], possible: Sequence[ObservedValue]
) -> tuple[float | None, float | None]:
    high = min((f.high for f in sure if f.high is not None), default=None)
    return _hull(possible)[0], high


def _count(observable: Observable, sure: Sequence[ObservedValue], possible: Sequence[ObservedValue]) -> Value:
    least = float(sum(1 for f in sure if f.truth))
    if observable.absent == "no":
        most = float(len(possible))
        return Value(least, most, assumed=("absent: no (nothing recorded counts as none)",))
    return Value(least, None, reason="only what is recorded can be counted; there may be more")


def _truth(
    observable: Observable,
    aggregate: Aggregate,
    sure: Sequence[ObservedValue],
    possible: Sequence[ObservedValue],
) -> Value:
    closed = observable.absent == "no"
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
    candidates = _candidates(aggregate, sure, possible)
    said = {f.truth for f in candidates}
    if len(said) == 1 and None not in said:
        return Value(truth=said.pop(), used=tuple(candidates))
    usable = [f for f in candidates if f.truth is not None]
    return Value(used=tuple(usable), contradictory=len({f.truth for f in usable}) > 1 and _same_time(usable))


def _silence(closed: bool) -> Value:
    if closed:
        return Value(truth=False, assumed=("absent: no (silence of the record counts as no)",))
    return Value()


def _code(aggregate: Aggregate, sure: Sequence[ObservedValue], possible: Sequence[ObservedValue]) -> Value:
    if not sure:
        return Value()
    candidates = list(possible) if aggregate is Aggregate.ANY else _candidates(aggregate, sure, possible)
    said = {f.code for f in candidates}
    if len(said) == 1 and None not in said:
        return Value(code=said.pop(), used=tuple(candidates))
    usable = [f for f in candidates if f.code is not None]
    differ = len({f.code for f in usable}) > 1
    return Value(
        used=tuple(usable), contradictory=differ and (aggregate is Aggregate.ANY or _same_time(usable))
    )


def _date(aggregate: Aggregate, sure: Sequence[ObservedValue], possible: Sequence[ObservedValue]) -> Value:
    if not sure:
        return Value()
    if aggregate is Aggregate.FIRST:
        return Value(*_minimum(sure, possible))
    return Value(*_maximum(sure, possible))


def occasion_of(pick: str, facts: Sequence[ObservedValue], span: WindowSpan) -> Occasion:
    """The day and moment of the first or last of some facts (an anchor)."""
    possible = [f for f in facts if span.possibly(f.when)]
    sure = [f for f in possible if f.certain and not f.problem and span.surely(f.when)]
    if not sure:
        return Occasion()
    first = pick == "first"

    def bound(name: str, certain_end: bool) -> int | None:
        if certain_end:  # the end that certain facts alone fix
            known = [v for f in sure if (v := getattr(f.when, name)) is not None]
            return (min(known) if first else max(known)) if known else None
        every: list[int | None] = [None if f.problem else getattr(f.when, name) for f in possible]
        dated = [v for v in every if v is not None]
        if len(dated) < len(every):
            return None
        return min(dated) if first else max(dated)

    return Occasion(
        bound("first_day", not first),
        bound("last_day", first),
        bound("first_moment", not first),
        bound("last_moment", first),
    )


def _series(
    sure: Sequence[ObservedValue], possible: Sequence[ObservedValue]
) -> list[tuple[int, float]] | None:
    """Distinct (day, value) pairs where every fact is certain, exact and dated; ``None`` otherwise."""
    if not sure or len(sure) != len(possible):
        return None
    pairs: set[tuple[int, float]] = set()
    for f in sure:
        if f.low is None or f.low != f.high or not f.when.is_exact or f.when.first_day is None:
            return None
        pairs.add((f.when.first_day, f.low))
    ordered = sorted(pairs)
    return ordered if len({day for day, _ in ordered}) == len(ordered) else None


def _slope(observable: Observable, sure: Sequence[ObservedValue], possible: Sequence[ObservedValue]) -> Value:
    """Least-squares slope over distinct days; unknown with an uncertain result or two different ones on a day."""
    series = _series(sure, possible)
    if series is None:
        return Value(contradictory=_clash(sure, possible))
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
    value = per_day * DAYS_PER[observable.slope_per or "d"]
    return Value(value, value)


#: length of the unit of a slope in days; a year is the Julian year of 365.25 days (UCUM ``a``), a month a twelfth of it
DAYS_PER = {"d": 1.0, "wk": 7.0, "mo": 30.4375, "a": 365.25}


def _stable(
    observable: Observable,
    sure: Sequence[ObservedValue],
    possible: Sequence[ObservedValue],
    screening: Occasion,
) -> Value:
    """Days for which the value has not moved: shown by the results, at least; at most since the last different one."""
    series = _series(sure, possible)
    if series is None:
        return Value(contradictory=_clash(sure, possible))
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


def _clash(sure: Sequence[ObservedValue], possible: Sequence[ObservedValue]) -> bool:
    exact = [
        (f.when.first_day, f.low) for f in sure if f.when.is_exact and f.low is not None and f.low == f.high
    ]
    return len(sure) == len(possible) and len({d for d, _ in exact}) < len(set(exact))


def relative(value: Value, base: Value) -> Value:
    """A value as a multiple of another (its baseline); unknown unless the baseline is surely positive."""
    low = high = None
    if base.low is not None and base.low > 0 and base.high is not None:
        if value.low is not None:
            low = value.low / (base.high if value.low >= 0 else base.low)
        if value.high is not None:
            high = value.high / (base.low if value.high >= 0 else base.high)
    reason = value.reason or (f"baseline: {base.reason or 'not known'}" if not base.is_known else "")
    return replace(
        value,
        low=low,
        high=high,
        used=(*value.used, *base.used),
        unusable=(*value.unusable, *base.unusable),
        contradictory=value.contradictory or base.contradictory,
        reason=reason,
        assumed=(*value.assumed, *base.assumed),
    )


def _why_unknown(
    facts: Sequence[ObservedValue],
    possible: Sequence[ObservedValue],
    sure: Sequence[ObservedValue],
    silent: Sequence[Observation],
    value: Value,
) -> str:
    if value.contradictory:
        return "results of the same time contradict each other"
    blocked = [f for f in possible if f.problem]
    if blocked:
        latest = max(blocked, key=lambda f: _open_end(f.when.last_moment, math.inf))
        return f"the result of {latest.when} cannot be used: {latest.problem}"
    if not facts:
        if silent:
            return f"the source says: {silent[-1].presence.value.replace('-', ' ')}"
        return "nothing on record"
    if not possible:
        latest = max(facts, key=lambda f: _open_end(f.when.last_moment, math.inf))
        return f"nothing in the window; the last on record is of {latest.when}"
    if not sure:
        return "its date is too uncertain to say whether it lies in the window"
    if any(f.low is None or f.high is None for f in possible) and any(
        f.observation.comparator for f in possible
    ):
        return "the source gives only a bound"
    if any(not f.when.is_exact for f in possible):
        return "its date is uncertain"
    return "the results on record do not agree"
