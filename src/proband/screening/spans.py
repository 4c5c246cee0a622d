"""When a fact holds: windows on the calendar, and which facts surely and which possibly lie in one.

:mod:`proband.screening.holding` says for how long a fact holds beyond its day; :mod:`proband.screening.sql.windows` asks
the same in SQL.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from proband.programme.eligibility import Aggregate, FactWindow, FromFacts, Offset, SaysYesNo
from proband.screening.calendar import Occasion, shift
from proband.screening.observed import ObservedValue


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


def asked_span(observable: FromFacts, anchor: Occasion, screening: Occasion) -> WindowSpan:
    """The days that an observable asks for: its window; the day of screening where a "yes" has a time; else all up to it."""
    timed = isinstance(observable, SaysYesNo) and observable.yes_holds_for is not None
    if observable.window is None and timed:
        return WindowSpan(
            screening.first_day,
            screening.last_day,
            screening.last_day,
            screening.first_day,
            empty_inside=screening.first_day is None,
        )
    return span_of(observable.window, anchor, screening)


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


@dataclass(frozen=True, slots=True)
class FactsInWindow:
    """The facts that may lie in a window: ``possible``, and those of them that surely do and surely are what is asked for."""

    sure: tuple[ObservedValue, ...]
    possible: tuple[ObservedValue, ...]

    @classmethod
    def of(cls, facts: Sequence[ObservedValue], span: WindowSpan) -> Self:
        """Those of some facts that may lie in a window."""
        possible = tuple(f for f in facts if span.possibly(f.when))
        return cls(tuple(f for f in possible if f.certain and span.surely(f.when)), possible)

    def candidates(self, aggregate: Aggregate) -> list[ObservedValue]:
        """Those that could be the last (or first) one in the window: none that is sure is surely later (or earlier).

        Two times of day with their offsets are compared in UTC, every other pair by the clock on the wall.
        """
        turn = -1.0 if aggregate is Aggregate.FIRST else 1.0

        def begins(f: ObservedValue) -> float:
            moment = f.when.last_moment if turn < 0 else f.when.first_moment
            return _open_end(moment, -turn * math.inf) * turn

        def ends(f: ObservedValue) -> float:
            moment = f.when.first_moment if turn < 0 else f.when.last_moment
            return _open_end(moment, turn * math.inf) * turn

        latest = max(map(begins, self.sure), default=-math.inf)
        unzoned = max((begins(f) for f in self.sure if f.when.instant is None), default=-math.inf)
        zoned = max(
            (turn * f.when.instant for f in self.sure if f.when.instant is not None), default=-math.inf
        )

        def could_be(f: ObservedValue) -> bool:
            if f.when.instant is None:
                return ends(f) >= latest
            return turn * f.when.instant >= zoned and ends(f) >= unzoned

        return [f for f in self.possible if could_be(f)]


def _open_end(moment: int | None, otherwise: float) -> float:
    return otherwise if moment is None else float(moment)


def same_time(facts: Sequence[ObservedValue]) -> bool:
    """Whether all of some facts are of one time, as far as it is known."""
    if all(f.when.instant is not None for f in facts):
        return len({f.when.instant for f in facts}) == 1
    return len({(f.when.first_moment, f.when.last_moment) for f in facts}) == 1
