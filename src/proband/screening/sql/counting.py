"""``counted``: how many events the readings of a slot are, at least and at most; rows are not events (:mod:`proband.facts.events`).

Columns: ``subject, k, fewest, most``. It is a part of its own because only few slots count, and telling rows apart is dear.
"""

from __future__ import annotations

from sqlglot import exp

from proband.screening.sql.building import (
    all_of,
    among,
    at_least,
    case,
    cast,
    column,
    count,
    differ,
    equal,
    is_null,
    more,
    named,
    number,
    plus,
    select,
)
from proband.screening.sql.plan import QueryPlan

_ZERO, _ONE = number(0), number(1)


def counted(plan: QueryPlan) -> exp.Select:
    """At least the different days (of variants, the different changes of one reference), at most the different records."""
    r = {name: column(name, "r") for name in ("subject", "k", "d1", "d2", "reference", "change", "record")}
    sure = all_of(column("sure", "r"), equal(column("tr", "r"), _ONE))
    day = case((all_of(sure, is_null(r["change"]), equal(r["d1"], r["d2"])), r["d1"]))
    written = all_of(sure, differ(r["change"], exp.Literal.string("")))
    references, changes = (_different(case((written, r[name]))) for name in ("reference", "change"))
    some = case((more(count(sure), _ZERO), _ONE), otherwise=_ZERO)
    comparable = case((equal(references, _ONE), changes), otherwise=_ZERO)
    days = _different(day)
    surely = case(
        (all_of(at_least(days, some), at_least(days, comparable)), days),
        (at_least(comparable, some), comparable),
        otherwise=some,
    )
    most = plus(_different(r["record"]), count(is_null(r["record"])))
    columns = [
        r["subject"],
        r["k"],
        named(cast(surely, "double"), "fewest"),
        named(cast(most, "double"), "most"),
    ]
    query = select(columns, "readings", "r")
    query = query.where(among(r["k"], [number(s.number) for s in plan.counts]), copy=False)
    return query.group_by(r["subject"], r["k"], copy=False)


def _different(item: exp.Expression) -> exp.Expression:
    """How many different values there are."""
    return exp.Count(this=exp.Distinct(expressions=[item]))
