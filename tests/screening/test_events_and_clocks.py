"""Counting counts events and not rows; of two times with their offsets the one that is later in UTC is the later one."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
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
