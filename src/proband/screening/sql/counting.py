"""``counted``: how many events the readings of a slot are, at least and at most; rows are not events (:mod:`proband.facts.events`).

Columns: ``subject, k, fewest, most``. It is a part of its own because only few slots count, and telling rows apart is dear.
"""

from __future__ import annotations

from sqlglot import exp

from proband.screening.sql.building import (
    all_of,
    among,
    any_of,
    at_least,
    case,
    cast,
    column,
    count,
    differ,
    equal,
    first_of,
    is_known,
    is_null,
    more,
    named,
    number,
    plus,
    select,
)
from proband.screening.sql.plan import QueryPlan

_ZERO, _ONE = number(0), number(1)
#: a day before and a day after all days
_NEVER = 4_000_000


def counted(plan: QueryPlan) -> exp.Select:
    """At least the events that are apart (of variants, the different changes of one reference), at most the different records."""
    names = ("subject", "k", "reference", "change", "record", "surely", "begins", "over_before")
    r = {name: column(name, "r") for name in names}
    sure = r["surely"]
    apart = any_of(is_null(r["over_before"]), more(r["begins"], r["over_before"]))
    first_of_one = all_of(sure, is_known(r["begins"]), apart)
    written = all_of(sure, differ(r["change"], exp.Literal.string("")))
    references, changes = (_different(case((written, r[name]))) for name in ("reference", "change"))
    some = case((more(count(sure), _ZERO), _ONE), otherwise=_ZERO)
    comparable = case((equal(references, _ONE), changes), otherwise=_ZERO)
    days = count(first_of_one)
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
    query = select(columns, _in_order(plan), "r")
    return query.group_by(r["subject"], r["k"], copy=False)


def _in_order(plan: QueryPlan) -> exp.Select:
    """The readings with ``begins``, the day of what is surely one event (NULL of others), and ``over_before``, until when all lasts that went before."""
    names = ("subject", "k", "d1", "d2", "sure", "tr", "reference", "change", "record", "lasts", "over")
    o = {name: column(name, "o") for name in names}
    yes = equal(o["tr"], _ONE)
    surely = all_of(o["sure"], yes)
    of_a_day = all_of(surely, is_null(o["change"]), equal(o["d1"], o["d2"]))
    at = first_of(o["d1"], number(-_NEVER))
    ends = case((of_a_day, o["over"]), (all_of(yes, o["lasts"]), o["over"]), otherwise=number(-_NEVER))
    # what lasts without an end lasts on; what is of a day and lasts is both
    until = case((all_of(yes, o["lasts"], is_null(o["over"])), number(_NEVER)), otherwise=ends)
    so_far = exp.Window(
        this=exp.Max(this=until),
        partition_by=[o["subject"], o["k"]],
        order=exp.Order(
            expressions=[exp.Ordered(this=at), exp.Ordered(this=case((of_a_day, _ZERO), otherwise=_ONE))]
        ),
        spec=exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end=number(1), end_side="PRECEDING"
        ),
    )
    columns = [
        *(o[name] for name in ("subject", "k", "reference", "change", "record")),
        named(surely, "surely"),
        named(case((of_a_day, o["d1"])), "begins"),
        named(so_far, "over_before"),
    ]
    query = select(columns, "readings", "o")
    return query.where(among(o["k"], [number(s.number) for s in plan.counts]), copy=False)


def _different(item: exp.Expression) -> exp.Expression:
    """How many different values there are."""
    return exp.Count(this=exp.Distinct(expressions=[item]))
