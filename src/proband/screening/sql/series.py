"""What several results over time make together, in SQL: a slope, and for how long nothing has changed.

They are asked only where every result is exact (``…_ok`` of :mod:`.folding`); others are left out here.
"""

from __future__ import annotations

from sqlglot import exp

from proband.programme.eligibility import StableTime, Trend
from proband.screening.series import DAYS_PER
from proband.screening.sql.building import (
    all_of,
    any_of,
    at_least,
    case,
    cast,
    column,
    divided,
    equal,
    is_null,
    joined,
    minus,
    more,
    named,
    null_if,
    number,
    select,
    times,
)
from proband.screening.sql.plan import Slot

_COUNT = exp.Count(this=exp.Star())


def _results(slot: Slot) -> exp.Select:
    """The distinct results of a slot: person, day, value."""
    r = {name: column(name, "r") for name in ("subject", "d1", "d2", "lo", "hi", "k")}
    query = select([r["subject"], r["d1"], r["lo"]], "readings", "r")
    exact = [equal(r["k"], number(slot.number)), equal(r["lo"], r["hi"]), equal(r["d1"], r["d2"])]
    return query.where(*exact, copy=False).distinct(copy=False)


def _one_a_day(query: str) -> exp.Expression:
    """Whether no day has two results."""
    days = exp.Count(this=exp.Distinct(expressions=[column("d1", query)]))
    return equal(_COUNT, days)


def slope(slot: Slot) -> exp.Select:
    """``subject, v``: the least-squares slope over distinct days, per unit of time; NULL with too few or two of one day."""
    o = slot.observable
    assert isinstance(o, Trend)  # noqa: S101
    subject, day = column("subject", "p"), column("d1", "p")
    begin = select([column("subject", "z"), named(exp.Min(this=column("d1", "z")), "b")], _results(slot), "z")
    begin = begin.group_by(column("subject", "z"), copy=False)
    x = cast(minus(day, column("b", "b")), "double")
    y, n = column("lo", "p"), cast(_COUNT, "double")
    sx, sy, sxx, sxy = (exp.Sum(this=item) for item in (x, y, times(x, x), times(x, y)))
    rise = divided(
        minus(times(n, sxy), times(sx, sy)), null_if(minus(times(n, sxx), times(sx, sx)), number(0))
    )
    per = DAYS_PER[o.slope_per]
    value = rise if per == 1.0 else times(rise, number(per))
    enough = all_of(_one_a_day("p"), at_least(_COUNT, number(o.minimum or 2)))
    query = select([subject, named(case((enough, value)), "v")], _results(slot), "p")
    query = joined(query, begin, "b", equal(column("subject", "b"), subject), left=False)
    return query.group_by(subject, copy=False)


def stable_time(slot: Slot) -> exp.Select:
    """``subject, ok, last_day, changed, since``: the last result, the last different one, and the first since then."""
    o = slot.observable
    assert isinstance(o, StableTime)  # noqa: S101
    subject, day = column("subject", "p"), column("d1", "p")
    moved = more(
        exp.Abs(this=minus(column("lo", "p"), column("last_value", "e"))), number(o.tolerance or 0.0)
    )
    changed = exp.Window(this=exp.Max(this=case((moved, day))), partition_by=[subject])
    inner = select(
        [subject, day, column("last_day", "e"), column("single", "s"), named(changed, "changed")],
        _results(slot),
        "p",
    )
    inner = joined(inner, _single(slot), "s", equal(column("subject", "s"), subject), left=False)
    inner = joined(inner, _last(slot), "e", equal(column("subject", "e"), subject), left=False)
    q = {name: column(name, "q") for name in ("subject", "d1", "last_day", "single", "changed")}
    unchanged = any_of(is_null(q["changed"]), more(q["d1"], q["changed"]))
    ok = case((equal(exp.Min(this=q["single"]), number(1)), number(1)))
    outer = select(
        [
            q["subject"],
            named(ok, "ok"),
            named(exp.Max(this=q["last_day"]), "last_day"),
            named(exp.Max(this=q["changed"]), "changed"),
            named(exp.Min(this=case((unchanged, q["d1"]))), "since"),
        ],
        inner,
        "q",
    )
    return outer.group_by(q["subject"], copy=False)


def _single(slot: Slot) -> exp.Select:
    """``subject, single``: 1 where no day has two results."""
    single = case((_one_a_day("a"), number(1)), otherwise=number(0))
    query = select([column("subject", "a"), named(single, "single")], _results(slot), "a")
    return query.group_by(column("subject", "a"), copy=False)


def _last(slot: Slot) -> exp.Select:
    """``subject, last_day, last_value``: the result of the last day."""
    latest = select(
        [column("subject", "z"), named(exp.Max(this=column("d1", "z")), "d1")], _results(slot), "z"
    ).group_by(column("subject", "z"), copy=False)
    keys = [column("subject", "a"), column("d1", "a")]
    query = select(
        [keys[0], named(keys[1], "last_day"), named(exp.Max(this=column("lo", "a")), "last_value")],
        _results(slot),
        "a",
    )
    on = all_of(*(equal(column(name, "m"), column(name, "a")) for name in ("subject", "d1")))
    return joined(query, latest, "m", on, left=False).group_by(*keys, copy=False)
