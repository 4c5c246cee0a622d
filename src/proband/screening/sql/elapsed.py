"""The time from one day to another, in SQL, by the rules of :mod:`proband.screening.calendar`."""

from __future__ import annotations

from sqlglot import exp

from proband.programme.eligibility import Elapsed
from proband.screening.sql.building import (
    all_of,
    at_least,
    case,
    cast,
    divided,
    floor,
    is_known,
    less,
    minus,
    moved,
    number,
    plus,
    smaller,
)
from proband.screening.sql.dialects import Dialect
from proband.screening.sql.occasions import OccasionColumns


def elapsed_bounds(
    rule: Elapsed, since: OccasionColumns, until: OccasionColumns, dialect: Dialect
) -> tuple[exp.Expression, exp.Expression]:
    """The least and the most time that may have passed; NULL where an end is open."""
    if rule.unit == "h":
        low, high = minus(until.m1, since.m2), minus(until.m2, since.m1)
        exact = minus(until.mu, since.mu)
        told = all_of(is_known(since.mu), is_known(until.mu))
        ends = (case((told, exact.copy()), otherwise=end) for end in (low, high))
        least, most = (divided(cast(end, "double"), number(3600.0)) for end in ends)
        return least, most
    return (
        _between(rule, since.d2, until.d1, dialect),
        _between(rule, since.d1, until.d2, dialect),
    )


def _between(rule: Elapsed, a: exp.Expression, b: exp.Expression, dialect: Dialect) -> exp.Expression:
    if rule.unit in {"d", "wk"}:
        days = cast(minus(b, a), "double")
        if rule.unit == "d":
            return days
        weeks = divided(days, number(7))
        return cast(floor(weeks), "double") if rule.completed else weeks
    if not rule.completed:
        months = _exact_months(a, b, dialect)
        return months if rule.unit == "mo" else divided(months, number(12))
    months = cast(_completed_months(a, b, dialect), "double")
    return months if rule.unit == "mo" else cast(floor(divided(months, number(12))), "double")


def _length(day: exp.Expression, ahead: int, dialect: Dialect) -> exp.Expression:
    """The days of the month that lies some months after that of a day."""
    return minus(dialect.month_start(day, ahead + 1), dialect.month_start(day, ahead))


def _day_of_month(day: exp.Expression, dialect: Dialect) -> exp.Expression:
    return moved(minus(day, dialect.month_start(day, 0)), 1)


def _anniversary(a: exp.Expression, b: exp.Expression, dialect: Dialect) -> exp.Expression:
    """The day in the month of ``b`` on which the month is full: the first of the next one where it has no such day."""
    return smaller(_day_of_month(a, dialect), moved(_length(b, 0, dialect), 1))


def _months_apart(a: exp.Expression, b: exp.Expression, dialect: Dialect) -> exp.Expression:
    return minus(dialect.month_index(b), dialect.month_index(a))


def _completed_months(a: exp.Expression, b: exp.Expression, dialect: Dialect) -> exp.Expression:
    """Whole months from ``a`` to ``b``."""
    not_yet = less(_day_of_month(b, dialect), _anniversary(a, b, dialect))
    return minus(_months_apart(a, b, dialect), case((not_yet, number(1)), otherwise=number(0)))


def _exact_months(a: exp.Expression, b: exp.Expression, dialect: Dialect) -> exp.Expression:
    """Months from ``a`` to ``b`` with the part of the current one: whole exactly on each anniversary."""
    day, day_of_a = _day_of_month(b, dialect), _day_of_month(a, dialect)
    anniversary, months = _anniversary(a, b, dialect), _months_apart(a, b, dialect)
    following = smaller(day_of_a, moved(_length(b, 1, dialect), 1))
    this_length = plus(minus(_length(b, 0, dialect), anniversary), following)
    passed = divided(cast(minus(day, anniversary), "double"), this_length)
    before = _length(b, -1, dialect)
    since_last = minus(before, smaller(day_of_a, moved(before, 1)))
    last_length = plus(since_last, anniversary)
    passed_before = divided(cast(plus(since_last, day), "double"), last_length)
    return case(
        (at_least(day, anniversary), plus(months, passed)),
        otherwise=plus(moved(months, -1), passed_before),
    )
