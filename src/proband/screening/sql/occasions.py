"""Days in a person's course as columns: the day of screening, the days of visits and of anchors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlglot import exp

from proband.programme.eligibility import Offset
from proband.screening.sql.building import (
    all_of,
    any_of,
    at_most,
    case,
    column,
    count,
    equal,
    first_of,
    greatest,
    is_known,
    is_null,
    joined,
    least,
    named,
    null,
    number,
    opposite,
    select,
)
from proband.screening.sql.days import first_moment, last_moment, today_at
from proband.screening.sql.dialects import Dialect
from proband.screening.sql.plan import AnchorSlot, QueryPlan

#: the ends of an occasion: first and last possible day, first and last possible moment
ENDS = ("d1", "d2", "m1", "m2")
#: and the second in UTC, where every fact that may give it says its offset
INSTANT = "mu"
#: the parts of the query that hold anchors, each with the letter under which it is joined
ANCHORS, VISIT_ANCHORS = ("anchors", "v"), ("visit_anchors", "w")


@dataclass(frozen=True, slots=True)
class OccasionColumns:
    """An occasion: first and last possible day and moment, NULL being an open end, and the second in UTC; ``today``: the day of screening."""

    d1: exp.Expression
    d2: exp.Expression
    m1: exp.Expression
    m2: exp.Expression
    mu: exp.Expression = field(default_factory=lambda: null("bigint"))
    today: bool = False

    def edge(self, dialect: Dialect, end: exp.Expression, offset: Offset) -> exp.Expression:
        """One of its days, moved by an offset."""
        return today_at(offset) if self.today else dialect.shift(end, offset)

    def known(self, edge: exp.Expression) -> list[exp.Expression]:
        """The condition that a day made from it is known; none for the day of screening."""
        return [] if self.today else [is_known(edge)]

    def unknown_or(self, edge: exp.Expression, condition: exp.Expression) -> exp.Expression:
        """A condition on a day made from it, fulfilled where that day is not known."""
        return condition if self.today else any_of(is_null(edge), condition)


class Occasions:
    """Where the days of a query stand, and the parts of it that find the days of anchors."""

    def __init__(self, plan: QueryPlan, dialect: Dialect) -> None:
        self.plan, self.dialect = plan, dialect

    def of_visit(self, visit: str | None) -> OccasionColumns:
        """The day of screening, or of a visit if that has been held by then."""
        if visit is None:
            return OccasionColumns(today_at(), today_at(), first_moment(), last_moment(), today=True)
        stem = self.plan.anchor(self.plan.rules.visit_anchors[visit], None).column
        held = at_most(column(f"{stem}_d2", "v"), today_at())
        return OccasionColumns(*(case((held, column(f"{stem}_{end}", "v"))) for end in (*ENDS, INSTANT)))

    def of_anchor(self, id: str, visit: str | None) -> OccasionColumns:
        """The day of an anchor as it is known at a visit."""
        if id == "screening":
            return self.of_visit(visit)
        slot = self.plan.anchor(id, visit)
        table = "w" if slot.visit else "v"
        return OccasionColumns(*(column(f"{slot.column}_{end}", table) for end in (*ENDS, INSTANT)))

    def join(self, query: exp.Select, left: str, within: Iterable[exp.Expression]) -> exp.Select:
        """Join the anchors whose columns stand in some pieces of a query: joining is dear."""
        tables = {c.table for piece in within for c in piece.find_all(exp.Column)}
        for part, letter in (ANCHORS, VISIT_ANCHORS):
            if letter in tables:
                on = equal(column("subject", letter), column("subject", left))
                query = joined(query, part, letter, on)
        return query

    # -- finding the days of anchors

    def part(self, slots: Iterable[AnchorSlot], *, after_visits: bool) -> exp.Select:
        """One row per person: the ends of some anchors; ``after_visits`` may look at the days of visits."""
        wanted = list(slots)
        ends = [each for slot in wanted for each in self._ends(slot)]
        query = select([column("subject", "f"), *ends], "facts", "f")
        if after_visits:
            on = equal(column("subject", "v"), column("subject", "f"))
            query = joined(query, "anchors", "v", on)
        numbers = [number(slot.number) for slot in wanted]
        return query.where(exp.In(this=column("k", "f"), expressions=numbers), copy=False).group_by(
            column("subject", "f"), copy=False
        )

    def _ends(self, slot: AnchorSlot) -> list[exp.Expression]:
        """The rules of :mod:`proband.screening.anchors`: an end that certain facts fix, and one that all must have."""
        d1, d2, blocked = (column(name, "f") for name in ("d1", "d2", "blocked"))
        mine = all_of(equal(column("k", "f"), number(slot.number)), opposite(column("absent", "f")))
        if slot.only:
            return self._agreed(slot, mine, blocked)
        undated = all_of(is_null(d1), is_null(d2))
        if slot.last:
            day = self.of_visit(slot.visit)
            inside = all_of(*day.known(day.d1), any_of(undated, at_most(d2, day.d1)))
            possible = all_of(mine, any_of(is_null(d1), day.unknown_or(day.d2, at_most(d1, day.d2))))
        else:
            inside = any_of(undated, is_known(d2))
            possible = mine
        sure = all_of(mine, opposite(blocked), inside)
        some = exp.GT(this=count(sure), expression=number(0))
        fold = greatest if slot.last else least
        found: list[exp.Expression] = []
        for end in ENDS:
            item = column(end, "f")
            if (end in {"d1", "m1"}) is slot.last:
                found.append(named(fold(item, sure), f"{slot.column}_{end}"))
                continue
            open_ended = count(all_of(possible, any_of(blocked, is_null(item))))
            closed = equal(open_ended, number(0))
            whole = case((all_of(some, closed), fold(item, possible)))
            found.append(named(whole, f"{slot.column}_{end}"))
        instant = column(INSTANT, "f")
        doubtful = count(
            all_of(possible, any_of(blocked, is_null(instant), opposite(first_of(sure, exp.false()))))
        )
        told = case((all_of(some, equal(doubtful, number(0))), fold(instant, possible)))
        return [*found, named(told, f"{slot.column}_{INSTANT}")]

    def _agreed(
        self, slot: AnchorSlot, mine: exp.Expression, blocked: exp.Expression
    ) -> list[exp.Expression]:
        """What all facts agree on; between the outermost of them where they do not; open where one cannot be used."""
        usable = equal(count(all_of(mine, blocked)), number(0))
        found: list[exp.Expression] = []
        for first, last in (("d1", "d2"), ("m1", "m2")):
            start, stop = column(first, "f"), column(last, "f")
            low, high = greatest(start, mine), least(stop, mine)
            agree = any_of(is_null(low), is_null(high), at_most(low, high))
            for end, item, inner, outer in (
                (first, start, low, least(start, mine)),
                (last, stop, high, greatest(stop, mine)),
            ):
                closed = equal(count(all_of(mine, is_null(item))), number(0))
                whole = case((all_of(usable, agree), inner), (all_of(usable, closed), outer))
                found.append(named(whole, f"{slot.column}_{end}"))
        instant = column(INSTANT, "f")
        every = equal(count(all_of(mine, is_null(instant))), number(0))
        one = equal(least(instant, mine), greatest(instant, mine))
        return [
            *found,
            named(case((all_of(usable, every, one), least(instant, mine))), f"{slot.column}_{INSTANT}"),
        ]
