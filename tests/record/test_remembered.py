"""A remembered date means the same days to whoever asks: the gates, the stopping rules, the tables, the reports; and a day is that of the place."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest

import proband.record
from proband.record.declare.wording import reads_as_date
from proband.record.errors import Refused
from proband.record.events import day_begin
from proband.record.regulators.case import case_of, in_digits
from proband.record.remembered import remembered, remembered_days

from .synthetic import WHY, Hospital, hospital, q, view


def test_nothing_else_in_the_record_reads_a_remembered_date() -> None:
    """A second reader would mean other days by the same words."""
    readers = [
        path.name
        for path in Path(next(iter(proband.record.__path__))).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "UncertainDate.parse"
    ]
    assert readers == ["remembered.py"]


@pytest.mark.parametrize(
    ("words", "first", "last", "digits"),
    [
        ("in May 2020", "2020-05-01", "2020-05-31", "202005"), ("In 2020", "2020-01-01", "2020-12-31", "2020"),
        ("on 2020-05-03", "2020-05-03", "2020-05-03", "20200503"), (" May 2020 ", "2020-05-01", "2020-05-31", "202005"),
        ("2020-05-03T23:30+10:00", "2020-05-03", "2020-05-03", "20200503"),
        # once the first ten characters were taken for the day
        ("2020-05-01..2020-05-31", "2020-05-01", "2020-05-31", "202005"), ("2020-05-03/2021-01-01", "2020-05-03", "2021-01-01", None),
        ("unknown", None, None, None), ("before 2020", None, "2019-12-31", None),
    ],
)  # fmt: skip
def test_the_same_words_are_the_same_days_everywhere(words, first, last, digits) -> None:
    assert reads_as_date(words)
    assert remembered_days(words) == (first, last)
    assert in_digits(words) == digits


@pytest.mark.parametrize(
    "words",
    ["in the spring", "2020-05-03 or later, she thinks", "2020-02-31", "2021..2020", "2020\n2021", "0000"],
)
def test_what_is_no_date_is_none_for_anybody(words) -> None:
    assert remembered(words) is None
    assert not reads_as_date(words)
    assert in_digits(words) is None


@pytest.mark.parametrize(
    ("when", "blocked"), [("in May 2020", False), ("in February 2026", True), ("sometime", True)]
)
def test_a_washout_reads_what_the_referral_reads(when, blocked) -> None:
    house = hospital()
    house.admit("S-1")
    told = {
        "country": "TH",
        "when": when,
        "product": "cells",
        "records": "none",
        "outcome": "unknown",
        "warning_signs": [],
    }
    house.do("elsewhere.record", "S-1", told)
    product, coi, _ = house.ready("S-1", "1")
    if blocked:
        with pytest.raises(Refused) as refused:
            house.give(product, "S-1", coi)
        assert refused.value.gates == ["interval"]
    else:
        house.give(product, "S-1", coi)


@pytest.mark.parametrize("onset", ["in December 2019", "December 2019", "2019-12-01..2019-12-31"])
def test_an_onset_before_the_referral_is_refused_however_it_is_said(onset) -> None:
    house = hospital()
    house.admit("S-1")
    harm = {
        "event": "AE-1",
        "term": "pain",
        "grade": 1,
        "serious": False,
        "expected": True,
        "onset": onset,
        "aware_on": house.now[:10],
    }
    with pytest.raises(Refused) as refused:
        house.do("adverse-event.report", "S-1", harm)
    assert refused.value.gates == ["stage"]


def west() -> Hospital:
    """A hospital eight hours behind UTC, with a rule that counts harm on the day of the dose."""
    safety = view().model_dump(mode="json")["safety"]
    safety["stopping_rules"] = [{"id": "at-once", "counts": "serious", "events": 1, "within": q(0, "d"), "places_hold": "stop-dosing", "why": WHY},
                                {"id": "death", "counts": "death", "events": 1, "within": q(0, "d"), "places_hold": "stop-release", "why": WHY}]  # fmt: skip
    house = hospital(programme=view(safety=safety))
    house.wait(hours=-(house._clock[0].hour) + 48 + 3)  # three o'clock UTC, the evening before on the spot
    return house


def test_harm_on_the_evening_of_the_dose_is_of_the_day_of_the_dose() -> None:
    """In UTC the dose was on the next day, so that an onset of the evening lay before it and crossed no rule."""
    house = west()
    house.wait(days=-1)
    house.admit("S-1")
    house.wait(days=1)
    product, coi, _ = house.ready("S-1", "1")
    data = {"participant": "S-1", "coi": coi, "wristband": "S-1", "bag": product, "route": "intrathecal", "dose": q(8e7, "{cells}"),
            "inputs": {"weight": q(80.0, "kg")}}  # fmt: skip
    house.do("product.administer", product, data, offset="-08:00")
    evening = (house._clock[0] - timedelta(hours=8)).date().isoformat()
    assert evening < house.now[:10]
    assert house.record.state.participants["S-1"].doses[-1].day == evening
    harm = {
        "event": "AE-1",
        "term": "fever",
        "grade": 3,
        "serious": True,
        "expected": False,
        "onset": evening,
        "aware_on": evening,
    }
    house.do("adverse-event.report", "S-1", harm, offset="-08:00")
    assert {held.rule for held in house.record.state.holds.values()} == {"at-once"}
    assert [dose.on for dose in case_of(house.record, "AE-1").doses] == [evening]


def test_a_death_on_the_evening_of_the_dose_crosses_its_rule() -> None:
    house = west()
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    house.wait(hours=22)
    house.do("participant.die", "S-1", {"when": "today", "cause": "unknown"})
    assert {held.rule for held in house.record.state.holds.values()} == {"death"}


@pytest.mark.parametrize("offset", ["+10:00", "-08:00", "+00:00"])
def test_what_was_done_elsewhere_questions_the_doses_of_its_day_on_the_spot(offset) -> None:
    house = hospital()
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.wait(minutes=1)
    given = house.now
    data = {"participant": "S-1", "coi": coi, "wristband": "S-1", "bag": product, "route": "intrathecal", "dose": q(8e7, "{cells}"),
            "inputs": {"weight": q(80.0, "kg")}}  # fmt: skip
    house.do("product.administer", product, data, offset=offset)
    house.wait(days=2)
    day = house.record.state.participants["S-1"].doses[-1].day
    told = {
        "country": "TH",
        "when": day,
        "product": "cells",
        "records": "none",
        "outcome": "unknown",
        "warning_signs": [],
    }
    house.do("elsewhere.record", "S-1", told, offset=offset)
    dose = house.record.state.participants["S-1"].doses[-1]
    assert dose.standing == "questioned"
    assert dose.questions[0]["since"] == day_begin(day, offset) <= given


def test_a_day_begins_where_the_clock_on_the_wall_says_midnight() -> None:
    assert day_begin("2026-03-05", "+10:00") == "2026-03-04T14:00:00.000Z"
    assert day_begin("2026-03-05", "-08:00") == "2026-03-05T08:00:00.000Z"
    # the calendar ends somewhere, and no fold does
    assert day_begin("0001-01-01", "+10:00") == "0001-01-01T00:00:00.000Z"
    house = hospital()
    house.admit("S-1")
    told = {
        "country": "TH",
        "when": "0001",
        "product": None,
        "records": "none",
        "outcome": "unknown",
        "warning_signs": [],
    }
    house.do("elsewhere.record", "S-1", told, offset="+10:00")
    assert house.record.state.invalid == {}
