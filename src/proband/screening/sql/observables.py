"""From the long table of observations to one row per person: the bounds of every observable, as SQL.

The query is built in steps, each a named part over those before it:

``wanted``    which code matters to which slot or anchor, and the outermost days that can matter (:mod:`.facts`)
``facts``     the observations with such a code, once for each slot or anchor: one pass over the raw table
``anchors``   the days from which time is counted, one row per person (:mod:`.occasions`); ``visit_anchors`` likewise
``statements``, ``cuts``, ``held``, ``told``  what yes/no slots are told, and which "no" proves itself (:mod:`.statements`)
``readings``  what each fact says for its slot and whether it surely counts (:mod:`.saying`, :mod:`.windows`)
``latest``    when the last (first) sure fact was, where a slot asks for it (:mod:`.folding`)
``counted``   how many events the readings of a slot are (:mod:`.counting`)
``marked``    readings again, with whether each could be the one asked for
``folded``    one row per person
``people``    everybody, and beside each person all of it (:mod:`.pivot`)

It is written and rendered once for some rules and an engine; the day of screening is filled in when it is run. What is
data stands in tables: which codes are ``wanted``, and the ``conversions`` from unit to unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from sqlglot import exp

from proband.screening.rules import Rules
from proband.screening.sql.building import among, column, number, select
from proband.screening.sql.counting import counted
from proband.screening.sql.days import Statement
from proband.screening.sql.dialects import Dialect
from proband.screening.sql.facts import WANTED, WantedRow, facts, wanted_rows, wanted_values
from proband.screening.sql.folding import folded, has_readings, latest, marked
from proband.screening.sql.occasions import Occasions
from proband.screening.sql.pivot import Pivot, series_part
from proband.screening.sql.plan import QueryPlan
from proband.screening.sql.readings import Readings
from proband.screening.sql.saying import CONVERSIONS, conversion_values, conversions
from proband.screening.sql.series import slope, stable_time
from proband.screening.sql.statements import Statements
from proband.terms.units import SPELLINGS


@dataclass(frozen=True, slots=True)
class QueryPart:
    """A named part of the query; ``columns`` are the names of those of a list of values."""

    name: str
    query: exp.Query | exp.Values
    columns: tuple[str, ...] = ()

    def alone(self) -> exp.Query:
        """The part as a query of its own."""
        if isinstance(self.query, exp.Query):
            return self.query
        alias = exp.TableAlias(
            this=exp.to_identifier("t"), columns=[exp.to_identifier(c) for c in self.columns]
        )
        values = exp.Values(expressions=self.query.expressions, alias=alias)
        return exp.Select(expressions=[exp.Star()]).from_(values, copy=False)

    def beside(self) -> exp.CTE:
        """The part as one of several that stand before a query."""
        columns = [exp.to_identifier(c) for c in self.columns]
        alias = exp.TableAlias(this=exp.to_identifier(self.name), columns=columns)
        return exp.CTE(this=self.query, alias=alias)


class ObservableQuery:
    """The query that makes the wide table, for some rules and an engine."""

    def __init__(self, rules: Rules, dialect: Dialect, *, table: str = "observations") -> None:
        self.rules, self.dialect, self.table = rules, dialect, table
        self.plan = QueryPlan(rules)
        self._occasions = Occasions(self.plan, dialect)

    # -- made in two steps: first the facts, so that their units can be looked at

    def wanted(self, as_of: date) -> list[WantedRow]:
        """The rows of the table ``wanted`` on a day of screening."""
        return wanted_rows(self.plan, as_of)

    @cached_property
    def facts_text(self) -> str:
        """The query of the table ``facts``, over ``observations`` and the table ``wanted``."""
        return self.dialect.render(facts(self.plan, self.dialect, self.table))

    @cached_property
    def units_text(self) -> str:
        """Which units occur in ``facts``, by number of a slot: ``k, unit``."""
        numbers = [number(k) for k in self.plan.numbers]
        query = select([column("k"), column("unit")], "facts").distinct(copy=False)
        return self.dialect.render(query.where(among(column("k"), numbers), copy=False))

    def conversions(self, units: Iterable[tuple[int, str]]) -> list[tuple[int, str, float, float]]:
        """The rows of the table ``conversions`` for the units that occur."""
        by_slot: dict[int, list[str]] = {}
        for k, unit in units:
            by_slot.setdefault(k, []).append(unit)
        return conversions(self.plan, by_slot)

    @cached_property
    def statement(self) -> Statement:
        """The query of the wide table, over the tables ``facts`` and ``conversions``."""
        return self._rendered(*self._parts())

    @cached_property
    def step_statements(self) -> list[tuple[str, Statement]]:
        """The same in steps, each a query over those before it; the last one is the wide table."""
        return [(part.name, self._rendered(part)) for part in self._parts()]

    # -- or as one text, to be read or pasted

    def text(self, as_of: date) -> str:
        """One query over the raw table alone, that knows every spelling of a unit that Proband knows."""
        units = {k: {*SPELLINGS, "", o.unit or ""} for k, o in self.plan.numbers.items()}
        rows = conversions(self.plan, units)
        before: list[QueryPart] = []
        if self.plan.reads_facts:
            values = wanted_values(self.wanted(as_of), self.dialect)
            before.append(QueryPart("wanted", values, tuple(WANTED)))
            before.append(QueryPart("facts", facts(self.plan, self.dialect, self.table)))
        if rows:
            before.append(QueryPart("conversions", conversion_values(rows, self.dialect), tuple(CONVERSIONS)))
        return self._rendered(*before, *self._parts(), pretty=True).on(as_of)

    # -- parts

    def _parts(self) -> list[QueryPart]:
        plan, occasions = self.plan, self._occasions
        found: list[QueryPart] = []
        if plan.at_screening:
            found.append(QueryPart("anchors", occasions.part(plan.at_screening, after_visits=False)))
        if plan.at_visits:
            found.append(QueryPart("visit_anchors", occasions.part(plan.at_visits, after_visits=True)))
        if plan.slots:
            found += self._folding()
        pivot = Pivot(plan, self.dialect, occasions)
        found.append(QueryPart("people", pivot.people(self.table)))
        found.append(QueryPart("values_", pivot.values()))
        found.append(QueryPart("observables", pivot.multiples()))
        return found

    def _folding(self) -> list[QueryPart]:
        plan = self.plan
        found: list[QueryPart] = []
        of_the_last: exp.Select | None = None
        if plan.yes_no:
            statements = Statements(plan, self.dialect, self._occasions)
            found.append(QueryPart("statements", statements.statements()))
            found.append(QueryPart("cuts", statements.cuts()))
            found.append(QueryPart("held", statements.held()))
            if statements.any:
                found.append(QueryPart("told", statements.told()))
            of_the_last = statements.of_the_last() if statements.one else None
        if has_readings(plan):
            found.append(
                QueryPart("readings", Readings(plan, self.dialect, self._occasions).part(of_the_last))
            )
        last = latest(plan)
        if last is not None:
            found.append(QueryPart("latest", last))
        if plan.counts:
            found.append(QueryPart("counted", counted(plan)))
        found.append(QueryPart("marked", marked(plan)))
        found.append(QueryPart("folded", folded(plan, self.dialect)))
        for slot in plan.slots:
            part = series_part(slot)
            if part is not None:
                made = slope(slot) if part.startswith("slope") else stable_time(slot)
                found.append(QueryPart(part, made))
        return found

    def _rendered(self, *parts: QueryPart, pretty: bool = False) -> Statement:
        *before, last = parts
        query = last.alone()
        if before:
            query.set("with_", exp.With(expressions=[part.beside() for part in before]))
        return Statement.of(self.dialect.render(query, pretty=pretty))


def query_for(rules: Rules, dialect: Dialect) -> ObservableQuery:
    """The query of some rules for an engine, written once."""
    key = ("observables", dialect.name)
    if key not in rules.written:
        rules.written[key] = ObservableQuery(rules, dialect)
    found = rules.written[key]
    assert isinstance(found, ObservableQuery)  # noqa: S101
    return found
