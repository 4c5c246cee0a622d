"""The wide table: one row per person, every observable at every visit beside each other.

``people`` are all persons of the raw table; ``values_`` joins to each what was folded and the days of anchors; the last
step makes multiples of baselines, from the columns of both.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from proband.programme.eligibility import (
    ElapsedTime,
    EventCount,
    Multiple,
    Observable,
    SaysYesNo,
    Scored,
    StableTime,
    Trend,
)
from proband.screening.renaming import column_stem
from proband.screening.sql.building import (
    all_of,
    at_least,
    case,
    cast,
    column,
    divided,
    equal,
    first_of,
    is_known,
    is_null,
    joined,
    minus,
    more,
    named,
    null,
    number,
    select,
    wide,
)
from proband.screening.sql.dialects import Dialect
from proband.screening.sql.elapsed import elapsed_bounds
from proband.screening.sql.occasions import Occasions
from proband.screening.sql.plan import QueryPlan, Slot, is_bounded


class Pivot:
    """Makes the last parts of the query."""

    def __init__(self, plan: QueryPlan, dialect: Dialect, occasions: Occasions) -> None:
        self.plan, self.dialect, self.occasions = plan, dialect, occasions
        self.by_key: dict[tuple[str, str | None], Slot] = {(s.observable.id, s.visit): s for s in plan.slots}

    def people(self, table: str) -> exp.Select:
        """Everyone of whom there is an observation."""
        return select([column("subject")], table).distinct(copy=False)

    def values(self) -> exp.Select:
        """Every observable, before multiples are made."""
        columns: list[exp.Expression] = []
        for o, visit in self.plan.computed:
            held = None if visit is None else is_known(self.occasions.of_visit(visit).d2)
            for name, item in self._columns(o, visit):
                # what is asked at a visit is unknown until it has been held
                columns.append(named(item if held is None else case((held, item)), name))
        subject = column("subject", "p")
        query = select([subject, *columns], "people", "p")
        query = self.occasions.join(query, "p", columns)
        if self.plan.slots:
            query = joined(query, "folded", "d", equal(column("subject", "d"), subject))
        for slot in self.plan.slots:
            part = series_part(slot)
            if part is not None:
                query = joined(query, part, part, equal(column("subject", part), subject))
        return query

    def _columns(self, o: Observable, visit: str | None) -> Iterator[tuple[str, exp.Expression]]:
        stem, slot = column_stem(o.id, visit), self.by_key.get((o.id, visit))
        if isinstance(o, ElapsedTime):
            since, until = (self.occasions.of_anchor(a, visit) for a in (o.elapsed.since, o.elapsed.until))
            low, high = elapsed_bounds(o.elapsed, since, until, self.dialect)
        elif slot is None:  # a score that no fact states: filled in afterwards
            if not is_bounded(o):
                yield stem, null("boolean" if o.type == "boolean" else "text")
                return
            low = high = null("double")
        elif not is_bounded(o):
            yield stem, self._single(o, stem)
            if isinstance(o, Scored):
                yield f"{stem}_n", first_of(wide(f"{stem}_n", "d"), number(0))
            return
        else:
            low, high = self._bounds(slot, o)
        yield f"{stem}_lo", low
        yield f"{stem}_hi", high
        if isinstance(o, Scored) and slot is not None:
            yield f"{stem}_n", first_of(wide(f"{stem}_n", "d"), number(0))

    def _single(self, o: Observable, stem: str) -> exp.Expression:
        """Yes or no, or a code; where silence means no, nobody on record has it."""
        if isinstance(o, SaysYesNo) and o.silence_means_no:
            return case((is_null(column("subject", "d")), exp.false()), otherwise=wide(stem, "d"))
        return wide(stem, "d")

    def _bounds(self, slot: Slot, o: Observable) -> tuple[exp.Expression, exp.Expression]:
        low, high = (wide(f"{slot.column}_{end}", "d") for end in ("lo", "hi"))
        match o:
            case EventCount():
                none = number(0)
                return first_of(low, none), first_of(high, none) if o.silence_means_no else null("double")
            case Trend():
                ok = equal(wide(f"{slot.column}_ok", "d"), number(1))
                value = case((ok, column("v", series_part(slot) or "")))
                return value, value
            case StableTime():
                return self._stable(slot)
        return low, high

    def _stable(self, slot: Slot) -> tuple[exp.Expression, exp.Expression]:
        part = series_part(slot) or ""
        s = {name: column(name, part) for name in ("ok", "last_day", "since", "changed")}
        ok = all_of(equal(wide(f"{slot.column}_ok", "d"), number(1)), equal(s["ok"], number(1)))
        now = self.occasions.of_visit(slot.visit).d2
        shown, most = minus(s["last_day"], s["since"]), minus(now, s["changed"])
        return case((ok, cast(shown, "double"))), case((ok, cast(most, "double")))

    def multiples(self) -> exp.Select:
        """The wide table itself."""
        columns: list[exp.Expression] = [column("subject")]
        done = {(o.id, visit) for o, visit in self.plan.computed}
        for o, visit in self.plan.computed:
            stem = column_stem(o.id, visit)
            if isinstance(o, Multiple) and o.baseline and (o.baseline, visit) in done:
                columns += self._multiple(stem, column_stem(o.baseline, visit))
            elif is_bounded(o):
                columns += [wide(f"{stem}_lo"), wide(f"{stem}_hi")]
            else:
                columns.append(wide(stem))
            if isinstance(o, Scored) and o.codes:
                columns.append(wide(f"{stem}_n"))
        return select(columns, "values_")

    def _multiple(self, stem: str, base: str) -> list[exp.Expression]:
        """Bounds as multiples of a baseline: unknown unless that is surely positive (as ``multiple_of`` does)."""
        low, high, base_low, base_high = (
            wide(f"{name}_{end}") for name in (stem, base) for end in ("lo", "hi")
        )
        sound = all_of(more(base_low, number(0)), is_known(base_high))
        least = divided(low, case((at_least(low, number(0)), base_high), otherwise=base_low))
        most = divided(high, case((at_least(high, number(0)), base_low), otherwise=base_high))
        return [
            named(case((sound, self.dialect.printed(least))), f"{stem}_lo"),
            named(case((sound, self.dialect.printed(most))), f"{stem}_hi"),
        ]


def series_part(slot: Slot) -> str | None:
    """The name of the part that holds the slope or stable time of a slot."""
    match slot.observable:
        case Trend():
            return f"slope_{slot.number}"
        case StableTime():
            return f"stable_{slot.number}"
    return None
