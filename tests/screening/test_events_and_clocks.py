"""Counting counts events and not rows; of two times with their offsets the one that is later in UTC is the later one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from random import Random
from typing import Any

import pytest

from proband.facts.events import change_of
from proband.facts.observation import Observation
from proband.facts.table import from_row, to_frame
from proband.programme.eligibility import Eligibility
from proband.screening.sql.engines import DuckDBEngine, Engine, SQLiteEngine
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening
from proband.terms import UncertainDate

ON = date(2026, 11, 1)


def _rules(when: str, **observable: Any) -> Eligibility:
    code = observable.pop("code", "x")
    return Eligibility.model_validate(
        {
            "source": "tests", "level": "inference",
            "observables": [{"id": "x", "label": "a thing", "type": "number", "unit": "1", "codes": [{"system": "Proband", "code": code}], **observable}],
            "criteria": [{"id": "I", "kind": "include", "purpose": "safety", "reason": "a test", "when": when}],
        }
    )  # fmt: skip


def _truth(eligibility: Eligibility, facts: list[Observation]) -> bool | None:
    """The answer of the evaluator, after SQL gave the same."""
    (result,) = Screening(eligibility).verdict(facts, ON).results
    engines: list[Engine] = [DuckDBEngine(threads=1), SQLiteEngine()]
    for engine in engines:
        engine.load("observations", to_frame(facts))
        (row,) = screen_loaded(eligibility, engine, ON).table.iter_rows(named=True)
        assert row["I"] is result.truth, engine.dialect.name
    return result.truth


def _stay(day: str, **more: Any) -> Observation:
    return Observation("p", "Proband", "x", when=UncertainDate.parse(day), **more)


@pytest.mark.parametrize(
    ("facts", "least", "most"),
    [
        ([_stay("2026-05-02")], 1, 1),
        ([_stay("2026-05-02"), _stay("2026-06-02")], 2, 2),
        # one admission in two exports: the same name, or the same day without one
        ([_stay("2026-05-02", resource="Encounter/1"), _stay("2026-05-02", resource="Encounter/1")], 1, 1),
        ([_stay("2026-05-02"), _stay("2026-05-02")], 1, 2),
        ([_stay("2026-05-02", resource="Encounter/1"), _stay("2026-05-02", resource="Encounter/2")], 1, 2),
        # one name on two days is no proof that it is one (two hospitals number from one)
        ([_stay("2026-05-02", resource="Encounter/1"), _stay("2026-07-02", resource="Encounter/1")], 2, 2),
        ([_stay("2026-05"), _stay("2026-05-02")], 1, 2),
        ([_stay("2026-05"), _stay("2026-06")], 1, 2),
    ],
)
def test_events_are_counted_and_not_rows(facts: list[Observation], least: int, most: int) -> None:
    closed: dict[str, Any] = {"aggregate": "count", "absent": "no"}
    for number in range(1, 4):
        expected = True if number <= least else False if number > most else None
        assert _truth(_rules(f"x >= {number}", **closed), facts) is expected, number


def _ward(first: str, last: str | None, **more: Any) -> Observation:
    """A stay that lasts; without an end nobody said that it is over."""
    until = None if last is None else UncertainDate.parse(last)
    return _stay(first, persists=True, until=until, **more)


@pytest.mark.parametrize(
    ("facts", "least"),
    [
        # a transfer: the next ward begins while the first lasts, on its last day, or in the night after it
        ([_ward("2026-05-02", "2026-05-10"), _ward("2026-05-06", "2026-05-20")], 1),
        ([_ward("2026-05-02", "2026-05-06"), _ward("2026-05-06", "2026-05-20")], 1),
        ([_ward("2026-05-02", "2026-05-06"), _ward("2026-05-07", "2026-05-20")], 1),
        ([_ward("2026-05-02", "2026-05-06"), _ward("2026-05-08", "2026-05-20")], 2),
        # wards within one admission, each over before the next, all within the whole
        ([_ward("2026-05-01", "2026-05-30"), _ward("2026-05-02", "2026-05-04"), _ward("2026-05-10", "2026-05-12")], 1),
        ([_ward("2026-05-02", None), _ward("2026-07-02", "2026-07-03")], 1),
        ([_ward("2026-05-02", "unknown"), _ward("2026-07-02", "2026-07-03")], 1),
        ([_ward("2026-05-02", "2026-05"), _ward("2026-05-20", "2026-05-21"), _ward("2026-06-05", None)], 2),
        # one export gives the stay, the other its day of admission alone
        ([_ward("2026-05-02", "2026-05-10"), _stay("2026-05-02"), _stay("2026-05-04")], 1),
        ([_stay("2026-05-02"), _stay("2026-05-03")], 2),
        # a stay of uncertain days may be the bridge between two
        ([_ward("2026-05-02", "2026-05-03"), _ward("2026-05-20", "2026-05-21"), _ward("2026-05", "2026-05-30")], 1),
        ([_ward("2026-05-02", "2026-05-03"), _ward("2026-05-20", "2026-05-21"), _stay("2026-05")], 2),
    ],
)  # fmt: skip
def test_wards_of_one_admission_are_one(facts: list[Observation], least: int) -> None:
    for number in range(1, 4):
        found = _truth(_rules(f"x >= {number}", aggregate="count"), facts)
        assert found is (True if number <= least else None), number


def _drawn() -> tuple[Eligibility, dict[str, list[Observation]], dict[str, dict[str, bool | None]]]:
    """Criteria that count, people drawn at random with stays that may go on, and what each criterion is of each: the days count on which nothing that went before may still last."""
    draw = Random(7)
    told: dict[str, list[Observation]] = {}
    least: dict[str, int] = {}
    for n in range(150):
        who = f"p{n}"
        spans = [
            (date(2026, 5, 1) + timedelta(days=draw.randint(0, 12)), draw.choice([None, 0, 1, 2, 3]), draw.random() < 0.6)
            for _ in range(draw.randint(1, 6))
        ]  # fmt: skip
        joined = {
            first + timedelta(days=day)
            for first, length, lasts in spans
            if lasts
            for day in range(1, (30 if length is None else length + 1) + 1)
        }
        least[who] = max(1, len({first for first, *_ in spans} - joined))
        told[who] = [
            Observation(
                who, "Proband", "x", when=UncertainDate.on(first), persists=lasts,
                until=UncertainDate.on(first + timedelta(days=length)) if lasts and length is not None else None,
            )
            for first, length, lasts in spans
        ]  # fmt: skip
    asked = _rules("x >= 1", aggregate="count").model_dump(mode="json")
    (first,) = asked["criteria"]
    asked["criteria"] = [{**first, "id": f"I{k}", "when": f"x >= {k}"} for k in range(1, 6)]
    eligibility = Eligibility.model_validate(asked)
    expected = {
        who: {f"I{k}": True if k <= count else None for k in range(1, 6)} for who, count in least.items()
    }
    return eligibility, told, expected


def test_what_may_be_one_event_is_never_surely_two() -> None:
    """People drawn at random: evaluator and SQL agree."""
    eligibility, told, expected = _drawn()
    alone = Screening(eligibility)
    for who, facts in told.items():
        assert {r.instance.key: r.truth for r in alone.verdict(facts, ON).results} == expected[who], facts
    engines: list[Engine] = [DuckDBEngine(threads=1), SQLiteEngine()]
    for engine in engines:
        engine.load("observations", to_frame(each for facts in told.values() for each in facts))
        for row in screen_loaded(eligibility, engine, ON).table.iter_rows(named=True):
            assert {key: row[key] for key in expected[row["subject"]]} == expected[row["subject"]]


@pytest.mark.spark
def test_events_are_counted_on_spark_too(spark: Engine) -> None:
    """The same people on Spark, and others with copies of one record under one name, two and none, as on DuckDB."""
    eligibility, told, expected = _drawn()
    facts = [each for given in told.values() for each in given]
    copies = [
        replace(each, subject=f"{kind} {n}", resource=name)
        for n, each in enumerate(facts[:60])
        for kind, names in (("one name", ("E/1", "E/1")), ("two names", ("E/1", "E/2")), ("no name", (None, None)))
        for name in names
    ]  # fmt: skip
    database = DuckDBEngine(threads=1)
    for engine in (database, spark):
        engine.load("observations", to_frame([*facts, *copies]))
    found, there = (screen_loaded(eligibility, engine, ON) for engine in (database, spark))
    rows = {row["subject"]: row for row in there.table.iter_rows(named=True)}
    assert {who: {key: rows[who][key] for key in expected[who]} for who in told} == expected
    assert there.table.equals(found.table)
    assert there.funnel == found.funnel


def _variant(hgvs: str | None, day: str = "unknown") -> Observation:
    attributes = {"gene": "HPDL", **({"hgvs": hgvs} if hgvs else {})}
    return Observation("p", "Proband", "variant", when=UncertainDate.parse(day), attributes=attributes)


@pytest.mark.parametrize(
    ("facts", "two"),
    [
        ([_variant("NM_032756.4:c.100A>G"), _variant("NM_032756.4:c.750C>T")], True),
        ([_variant("NM_032756.4:c.100A>G"), _variant("NM_032756.4:c.100A>G")], None),
        (
            [_variant("NM_032756.4:c.100A>G", "2024-01-01"), _variant("NM_032756.4:c.100A>G", "2026-01-01")],
            None,
        ),
        ([_variant("NM_032756.4:c.995del"), _variant("NM_032756.4(HPDL):c.995delC")], None),
        ([_variant("NM_032756.4:c.100A>G"), _variant("NC_000001.11:g.45328800A>G")], None),
        ([_variant(None, "2024-01-01"), _variant(None, "2026-01-01")], None),
    ],
)
def test_one_variant_listed_twice_is_one(facts: list[Observation], two: bool | None) -> None:
    assert _truth(_rules("x >= 2", code="variant", aggregate="count"), facts) is two
    assert _truth(_rules("x >= 1", code="variant", aggregate="count"), facts) is True


def test_a_change_is_read_with_its_reference() -> None:
    assert change_of(_variant("NM_1.2(ABC):c.10delAA")) == ("nm_1.2", "c.10del")
    assert change_of(_variant("p.Ile3Val")) == ("", "")
    assert change_of(_stay("2026-05-02")) is None


def _result(value: float, written: str) -> Observation:
    time = datetime.fromisoformat(written)
    return Observation(
        "p", "Proband", "x", value=value, unit="1", when=UncertainDate.on(time.date()), time=time
    )


@pytest.mark.parametrize(
    ("facts", "above"),
    [
        # 09:30+02:00 is 07:30 in UTC, before 08:00 there
        ([_result(1, "2026-10-30T09:30:00+02:00"), _result(2, "2026-10-30T08:00:00+00:00")], True),
        ([_result(2, "2026-10-30T09:30:00+02:00"), _result(1, "2026-10-30T08:00:00+00:00")], False),
        # without offsets the clock on the wall tells
        ([_result(1, "2026-10-30T09:30:00"), _result(2, "2026-10-30T08:00:00")], False),
        # one with and one without: the clock on the wall, as for any day
        ([_result(1, "2026-10-30T09:30:00+02:00"), _result(2, "2026-10-30T08:00:00")], False),
        ([_result(1, "2026-10-30T23:30:00-08:00"), _result(2, "2026-10-31T01:00:00+02:00")], False),
    ],
)
def test_the_later_instant_is_the_last(facts: list[Observation], above: bool) -> None:
    for order in (facts, facts[::-1]):
        assert _truth(_rules("x > 1.5"), order) is above
        assert _truth(_rules("x > 1.5", aggregate="first"), order) is (not above)


def test_another_zone_is_the_same_time() -> None:
    """Written in any one zone, the results of a morning keep their order."""
    for hours in (-5, 0, 1, 5.5):
        zone = timezone(timedelta(hours=hours))
        first = datetime(2026, 10, 30, 9, 0, tzinfo=zone)
        facts = [
            Observation("p", "Proband", "x", value=v, unit="1", when=UncertainDate.on(t.date()), time=t)
            for v, t in ((1.0, first), (2.0, (first + timedelta(minutes=20)).astimezone(zone)))
        ]
        assert _truth(_rules("x > 1.5"), facts) is True


def test_the_table_keeps_the_offset_and_the_end() -> None:
    fact = Observation(
        "p", "Proband", "x", when=UncertainDate.parse("2026-10-30"), persists=True, until=UncertainDate.parse("2026-11"),
        time=datetime(2026, 10, 30, 9, 30, tzinfo=timezone(timedelta(hours=2))), resource="Observation/1", version="2",
    )  # fmt: skip
    (row,) = to_frame([fact]).iter_rows(named=True)
    back = from_row(row)
    assert (back.time, back.until, back.persists) == (fact.time, fact.until, True)
    assert (back.resource, back.version) == ("Observation/1", "2")


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ((datetime(2026, 10, 30, 23, 0), 60), (datetime(2026, 10, 31, 1, 0), 180), 0.0),
        ((datetime(2026, 10, 30, 8, 0), 0), (datetime(2026, 10, 30, 20, 30), 120), 10.5),
        ((datetime(2026, 10, 30, 8, 0), None), (datetime(2026, 10, 30, 20, 30), 120), 12.5),
        ((datetime(2026, 10, 30, 8, 0), None), (datetime(2026, 10, 30, 20, 30), None), 12.5),
    ],
)
def test_hours_pass_between_instants_where_both_clocks_are_told(
    since: tuple[datetime, int | None], until: tuple[datetime, int | None], hours: float
) -> None:
    """23:00+01:00 is 01:00+03:00: no hour has passed; evaluator, DuckDB and SQLite agree at the limit and below it."""

    def at(code: str, moment: datetime, offset: int | None) -> Observation:
        zone = None if offset is None else timezone(timedelta(minutes=offset))
        return Observation(
            "p", "Proband", code, when=UncertainDate.on(moment.date()), time=moment.replace(tzinfo=zone)
        )

    record = [at("injury", *since), at("dose", *until)]
    eligibility = Eligibility.model_validate(
        {
            "source": "tests", "level": "inference",
            "anchors": [{"id": each, "label": each, "codes": [{"system": "Proband", "code": each}]} for each in ("injury", "dose")],
            "observables": [{"id": "hours", "label": "hours", "type": "number", "elapsed": {"since": "injury", "until": "dose", "unit": "h"}}],
            "criteria": [
                {"id": f"K{n}", "kind": "include", "purpose": "safety", "reason": "a test", "when": f"hours {sign} {hours}"}
                for n, sign in enumerate(("<=", ">=", "<", ">"))
            ],
        }
    )  # fmt: skip
    expected = [True, True, False, False]
    on = date(2026, 11, 1)
    assert [r.truth for r in Screening(eligibility).verdict(record, on).results] == expected
    for engine in (DuckDBEngine(threads=1), SQLiteEngine()):
        engine.load("observations", to_frame(record))
        row = screen_loaded(eligibility, engine, on).table.row(0, named=True)
        assert [row[f"K{n}"] for n in range(4)] == expected, engine.dialect.name
        engine.close()
