"""When a fact holds, in SQL: whether it surely, and whether it possibly, does on a day that a slot asks for.

This is the one place of the query that asks for the day of a fact; :mod:`proband.screening.spans` asks the same for one
person. What holds has four bounds, as in :class:`proband.screening.holding.Held`: first and last possible day of its
beginning and of its end. A bound that is open lies :data:`FAR` away, so that every comparison has an answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from proband.programme.eligibility import SaysWord, SaysYesNo
from proband.screening.sql.building import (
    all_of,
    any_of,
    at_least,
    at_most,
    case,
    column,
    equal,
    first_of,
    larger,
    number,
    smaller,
)
from proband.screening.sql.days import FAR
from proband.screening.sql.dialects import Dialect
from proband.screening.sql.occasions import Occasions
from proband.screening.sql.plan import Slot


@dataclass(frozen=True, slots=True)
class HeldColumns:
    """First and last possible day of a beginning and of an end."""

    begins: exp.Expression
    begun: exp.Expression
    ends: exp.Expression
    ended: exp.Expression

    @property
    def undated(self) -> exp.Expression:
        """Whether nothing is known of its beginning."""
        return all_of(equal(self.begins, number(-FAR)), equal(self.begun, number(FAR)))


def of_its_day(table: str) -> HeldColumns:
    """A fact that holds on the day that it is of."""
    first = first_of(column("d1", table), number(-FAR))
    last = first_of(column("d2", table), number(FAR))
    return HeldColumns(first, last, first, last)


def stated(table: str) -> HeldColumns:
    """A fact as it says itself how long it holds (:func:`proband.screening.holding.stated`)."""
    day = of_its_day(table)
    persists, ended = column("persists", table), column("ended", table)
    over = all_of(persists, ended)
    last = first_of(column("u2", table), number(FAR))
    # what has ended by a day had begun by it
    begun = case((over, smaller(day.begun, last)), otherwise=day.begun)
    own_end = larger(first_of(column("u1", table), number(-FAR)), day.begins)
    ends = case((over, own_end), (persists, number(FAR)), otherwise=day.begins)
    return HeldColumns(
        day.begins, begun, ends, case((over, last), (persists, number(FAR)), otherwise=day.begun)
    )


def fact_held(slot: Slot, table: str) -> HeldColumns:
    """When a fact of a slot holds: of a word, as long as it says; of everything else, on its day."""
    return stated(table) if isinstance(slot.observable, SaysWord) else of_its_day(table)


class AskedDays:
    """The days that a slot asks for, as conditions on when something holds.

    No window reaches beyond the day of screening, or of the visit. The window is widest for what may count, from the
    first to the last possible day of its anchor, and narrowest for what surely does. Without a window everything up to
    now is asked for, what bears no date included: it was on record when that was read; where a "yes" has a time,
    the day itself (:func:`proband.screening.spans.asked_span`).
    """

    def __init__(self, slot: Slot, occasions: Occasions, dialect: Dialect) -> None:
        o = slot.observable
        window = o.window
        self._now = now = occasions.of_visit(slot.visit)
        self._at = at = now if window is None else occasions.of_anchor(window.anchor, slot.visit)
        timed = window is None and isinstance(o, SaysYesNo) and o.yes_holds_for is not None
        self._ever = window is None and not timed
        self._first_sure: exp.Expression | None = now.d2 if timed else None
        self._first_possible: exp.Expression | None = now.d1 if timed else None
        self._last_sure: exp.Expression | None = None
        self._last_possible: exp.Expression | None = None
        if window is not None and window.start is not None:
            self._first_sure = at.edge(dialect, at.d2, window.start)
            self._first_possible = at.edge(dialect, at.d1, window.start)
        if window is not None and window.end is not None:
            self._last_sure = at.edge(dialect, at.d1, window.end)
            self._last_possible = at.edge(dialect, at.d2, window.end)

    def surely(self, held: HeldColumns) -> exp.Expression:
        """Whether it surely holds on one of the days."""
        found = [at_most(held.begun, self._now.d1)]
        if self._first_sure is not None:
            found.append(at_least(held.ends, self._first_sure))
        if self._last_sure is not None:
            found.append(at_most(held.begun, self._last_sure))
        if self._ever:
            return self._known(any_of(held.undated, *found), *self._now.known(self._now.d1))
        return self._known(*found)

    def possibly(self, held: HeldColumns) -> exp.Expression:
        """Whether it may hold on one of the days."""
        found = [self.begun_by_the_last(held.begins)]
        if self._first_possible is not None:
            edge = self._first_possible
            found.append(self._at.unknown_or(edge, at_least(held.ended, edge)))
        return all_of(*found)

    def begun_by_the_last(self, day: exp.Expression) -> exp.Expression:
        """Whether a day may not be after the last of the days."""
        found = [self._now.unknown_or(self._now.d2, at_most(day, self._now.d2))]
        if self._last_possible is not None:
            found.append(self._at.unknown_or(self._last_possible, at_most(day, self._last_possible)))
        return all_of(*found)

    def before_the_last(self, day: exp.Expression) -> exp.Expression:
        """Whether a day is surely not after the last of the days."""
        found = [at_most(day, self._now.d1)]
        if self._last_sure is not None:
            found.append(at_most(day, self._last_sure))
        if self._first_sure is not None:
            found += self._at.known(self._first_sure)
        return self._known(*found)

    def known_by(self, day: exp.Expression) -> exp.Expression:
        """Whether a day is surely not after that of screening, or of the visit."""
        return self._known(at_most(day, self._now.d1))

    def reached_by(self, day: exp.Expression) -> exp.Expression:
        """Whether a day is surely not before the last of the days."""
        found = [at_least(day, self._now.d2)]
        if self._last_possible is not None:
            found.append(at_least(day, self._last_possible))
        return self._known(any_of(*found))

    def _known(self, *conditions: exp.Expression) -> exp.Expression:
        """All of some conditions; false where a day is not known."""
        whole = all_of(*conditions)
        certain = self._now.today and self._at.today
        return whole if certain else first_of(whole, exp.false())
