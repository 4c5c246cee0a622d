"""The rows of ``observations`` that matter, each once for every slot and anchor that it matters to.

``wanted`` says which code matters to which number, and on which days at most; ``facts`` joins it to the observations:
one pass over the raw table, whatever its size. Of each row only that is kept which some slot reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl
from sqlglot import exp

from proband.facts.deaths import DEATH_KEYS
from proband.facts.left import AGREED, LEFT
from proband.facts.observation import Presence
from proband.programme.eligibility import Aggregate, FromFacts, Offset, SaysYesNo
from proband.screening.calendar import day_number, day_of, shift
from proband.screening.observed import category_keys, vague_keys
from proband.screening.sql.building import (
    all_of,
    among,
    any_of,
    at_least,
    at_most,
    case,
    cast,
    column,
    differ,
    divided,
    equal,
    first_of,
    floor,
    is_known,
    is_null,
    joined,
    less,
    minus,
    named,
    null,
    number,
    opposite,
    plus,
    select,
    times,
)
from proband.screening.sql.dialects import Dialect
from proband.screening.sql.plan import QueryPlan

#: the table ``wanted``: which code matters to which number, and the first and last day that can matter (open: NULL). Of a
#: yes/no slot, ``n`` is the code for which it speaks, and ``own`` whether that is itself (:mod:`.statements`); else 0 and true.
#: ``vague``: a code facts of which may be about the one that is asked for: its category, or a mention of it
WANTED: dict[str, Any] = {
    "system": pl.String,
    "code": pl.String,
    "k": pl.Int64,
    "n": pl.Int64,
    "own": pl.Boolean,
    "vague": pl.Boolean,
    "first_reach": pl.Date,
    "last_reach": pl.Date,
}
WantedRow = tuple[str, str, int, int, bool, bool, date | None, date | None]


def wanted_rows(plan: QueryPlan, as_of: date) -> list[WantedRow]:
    """The rows of the table ``wanted`` on a day of screening."""
    rows: dict[tuple[str, str, int, int, bool, bool], tuple[Offset | None, Offset | None]] = {}
    for slot in plan.slots:
        spoken = spoken_for(slot.observable)
        for system, code, n, own in spoken:
            rows[(system, code, slot.number, n, own, False)] = slot.reach
        for finer_codes, category in category_keys(slot.observable).items():
            for system, code, n, own in spoken:
                if own and (system, code) == category:
                    rows[(*finer_codes, slot.number, n, True, False)] = slot.reach
        for category, finer in vague_keys(slot.observable).items():
            for n in dict.fromkeys(n for *key, n, own in spoken if own and tuple(key) in finer):
                rows[(*category, slot.number, n, True, True)] = slot.reach
    for anchor in plan.anchors.values():
        # the last one counts up to screening; the first may be planned
        reach = (None, Offset(amount=0, unit="d") if anchor.last else None)
        for system, code in anchor.keys:
            rows[(system, code, anchor.number, 0, True, False)] = reach

    def day(offset: Offset | None) -> date | None:
        return None if offset is None else day_of(shift(day_number(as_of), offset))

    return [(*key, day(first), day(last)) for key, (first, last) in rows.items()]


def reaches(plan: QueryPlan, as_of: date) -> dict[tuple[str, str], tuple[date | None, date | None]]:
    """Each code that matters with the first and the last day that can matter to anything (open: ``None``): what need not be made at all."""
    found: dict[tuple[str, str], tuple[date | None, date | None]] = {}
    for system, code, *_, first, last in wanted_rows(plan, as_of):
        known = found.get((system, code))
        if known is not None:
            first = None if first is None or known[0] is None else min(first, known[0])
            last = None if last is None or known[1] is None else max(last, known[1])
        found[system, code] = (first, last)
    for key in (
        *DEATH_KEYS,
        LEFT,
        AGREED,
    ):  # who is recorded dead by a day is not screened as living, whatever is asked for
        last = found.get(key, (None, as_of))[1]
        found[key] = (None, last if last is None else max(last, as_of))
    return found


def spoken_for(observable: FromFacts) -> list[tuple[str, str, int, bool]]:
    """``system, code, n, own``: which code speaks for which of an observable's codes.

    Where any "yes" is enough each code is numbered, and speaks for those that it includes besides. Else ``n`` is 0: the
    codes are names of one thing.
    """
    keys = list(dict.fromkeys(observable.code_keys))
    if not isinstance(observable, SaysYesNo) or observable.effective_aggregate is not Aggregate.ANY:
        return [(*key, 0, True) for key in keys]
    speakers = observable.speakers
    return [
        (*speaker, n, speaker == key)
        for n, key in enumerate(keys, 1)
        for speaker in keys
        if speaker in speakers[key]
    ]


def wanted_values(rows: list[WantedRow], dialect: Dialect) -> exp.Values:
    """The rows of the table ``wanted`` inside a query."""

    def reach(day: date | None) -> exp.Expression:
        return null("date") if day is None else dialect.date(day)

    return exp.Values(
        expressions=[
            exp.Tuple(
                expressions=[
                    dialect.text(system),
                    dialect.text(code),
                    number(k),
                    number(n),
                    exp.true() if own else exp.false(),
                    exp.true() if vague else exp.false(),
                    reach(first),
                    reach(last),
                ]
            )
            for system, code, k, n, own, vague, first, last in rows
        ]
    )


def facts(plan: QueryPlan, dialect: Dialect, table: str) -> exp.Select:
    """``subject, k``, days and moments as whole numbers, and what slots read of a fact.

    ``absent``: it says that the thing is not there; ``blocked``: it stands in its place, but cannot be used; ``untold``:
    the source says that it was not asked, or does not apply, which matters where silence would speak.
    """
    first, last, presence = (column(name, "o") for name in ("first_day", "last_day", "presence"))
    query = select([column("subject", "o"), column("k", "w"), *_kept(plan, dialect)], table, "o")
    on = all_of(
        equal(column("system", "w"), column("system", "o")), equal(column("code", "w"), column("code", "o"))
    )
    query = joined(query, "wanted", "w", on, left=False)
    first_reach, last_reach = column("first_reach", "w"), column("last_reach", "w")
    told = opposite(among(presence, dialect.texts(_UNTOLD)))
    silent = [number(s.number) for s in plan.yes_no if s.observable.silence_means_no]
    if (
        plan.has_vague_codes
    ):  # "none of the category" says nothing here of a finer code, nor does silence about it
        absent = equal(presence, dialect.text("absent"))
        query = query.where(
            opposite(all_of(column("vague", "w"), any_of(absent, opposite(told)))), copy=False
        )
    return query.where(
        any_of(told, among(column("k", "w"), silent)) if silent else told,
        any_of(is_null(last), is_null(first_reach), at_least(last, first_reach)),
        any_of(is_null(first), is_null(last_reach), at_most(first, last_reach)),
        copy=False,
    )


_UNTOLD = [each.value for each in Presence if each.is_silent]


def _kept(plan: QueryPlan, dialect: Dialect) -> Iterator[exp.Expression]:
    presence, problems = column("presence", "o"), column("problems", "o")
    empty = exp.Literal.string("")
    yield from _times(dialect)
    yield named(equal(presence, dialect.text("absent")), "absent")
    if plan.has_vague_codes:
        yield column("vague", "w")
    if plan.yes_no:
        yield column("n", "w")
        yield column("own", "w")
        yield named(among(presence, dialect.texts(_UNTOLD)), "untold")
    # what ends before it begins; where a day is not known, nothing is said against it; its end is not believed
    backwards = all_of(
        column("ended", "o"), first_of(less(column("until_last", "o"), column("first_day", "o")), exp.false())
    )
    if plan.reads_persistence:
        yield column("persists", "o")
        yield column("ended", "o")
        for name, end in (("u1", "until_first"), ("u2", "until_last")):
            yield named(case((opposite(backwards), dialect.day(column(end, "o")))), name)
    flagged = differ(first_of(problems, empty), empty)
    yield named(any_of(flagged, backwards, among(presence, dialect.texts(["masked", "unknown"]))), "blocked")
    if plan.slots:
        yield column("value", "o")
    if plan.numbers:
        unit = column("unit", "o")
        blank = equal(exp.Trim(this=first_of(unit, empty)), empty)
        yield named(case((blank, empty), otherwise=unit), "unit")
        yield column("comparator", "o")
    if plan.reads_words:
        yield column("value_code", "o")
        yield column("text", "o")
    if plan.reads_limits:
        yield column("reference_low", "o")
        yield column("reference_high", "o")
    if plan.counts:
        yield from (column(name, "o") for name in ("resource", "reference", "change"))
    for key in plan.attributes:
        yield named(dialect.attribute(column("attributes", "o"), key), f"at_{key}")


def _times(dialect: Dialect) -> Iterator[exp.Expression]:
    """First and last possible day and moment; a time of day, where the day is known, fixes all four.

    ``mu`` is the second in UTC, where the time of day bears its offset.
    """
    first, last, time = (column(name, "o") for name in ("first_day", "last_day", "time"))
    timed = all_of(is_known(time), any_of(is_null(first), equal(first, last)))
    moment = dialect.moment(time)
    day = cast(floor(divided(cast(moment, "double"), number(86400))), "bigint")
    seconds = number(86400)
    for end, item in (("1", first), ("2", last)):
        yield named(case((timed, day), otherwise=dialect.day(item)), f"d{end}")
    for end, item, offset in (("1", first, 0), ("2", last, 86399)):
        start = times(cast(dialect.day(item), "bigint"), seconds)
        whole = plus(start, number(offset)) if offset else start
        yield named(case((timed, moment), otherwise=whole), f"m{end}")
    offset_known = is_known(column("utc_offset", "o"))
    ahead = times(cast(column("utc_offset", "o"), "bigint"), number(60))
    yield named(case((all_of(timed, offset_known), minus(moment, ahead))), "mu")
