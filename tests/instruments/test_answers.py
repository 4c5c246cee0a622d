"""Answers in their kept form: every instrument's own example, what forms refuse, and scores that follow."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.instruments import REGISTRY, Instrument, InstrumentError, get, score
from proband.instruments.answers import MISSING, outputs, scored, typed

ALL = list(REGISTRY.values())


@pytest.mark.parametrize("instrument", ALL, ids=[one.id for one in ALL])
def test_the_example_of_every_instrument_has_a_kept_form_that_scores_the_same(instrument: Instrument) -> None:
    answers = typed(instrument, instrument.example)
    # plain JSON, and its own kept form
    assert json.loads(json.dumps(answers)) == answers
    assert typed(instrument, answers) == answers
    found = scored(instrument, answers, instrument.example_variant)
    assert tuple(found.scores) == outputs(instrument)
    assert found.reason is None
    if instrument.compute is not None:
        told = score(instrument.id, variant=instrument.example_variant, **instrument.example)
        assert found.scores[instrument.id] == told.value
        assert found.variant == told.variant


def test_an_examination_gives_what_its_classification_says() -> None:
    found = scored(get("isncsci"), typed(get("isncsci"), get("isncsci").example)).scores
    # normal to T4, nothing below: arms whole, legs without, complete
    assert (found["isncsci"], found["neurologicalLevelOfInjury"], found["injuryComplete"]) == ("A", "T4", "C")
    assert (found["upperMotorTotal"], found["lowerMotorTotal"], found["motorTotal"]) == (50.0, 0.0, 50.0)
    open_ = scored(get("isncsci"), typed(get("isncsci"), {**get("isncsci").example, "analSensation": "NT"}))
    assert open_.scores["isncsci"] is None or open_.reason is None
    gap = dict(list(get("isncsci").example.items())[5:])
    assert scored(get("isncsci"), typed(get("isncsci"), gap)).reason
    assert set(scored(get("isncsci"), typed(get("isncsci"), gap)).scores.values()) == {None}


@pytest.mark.parametrize(
    ("id", "answers", "code"),
    [
        ("meld", {"bilirubin": "2.1"}, "instruments.answer.invalid"),  # which unit?
        ("meld", {"bilirubin": 2.1}, "instruments.answer.invalid"),
        ("meld", {"bilirubin": {"value": 2.1, "unit": "kg"}}, "instruments.unit.wrong"),
        ("meld", {"bilirubin": {"value": 2.1, "unit": "furlongs"}}, "instruments.unit.wrong"),
        ("meld", {"bilirubin": {"value": 2.1}}, "instruments.answer.invalid"),
        ("meld", {"bilirubin": {"value": -3, "unit": "mg/dL"}}, "instruments.answer.invalid"),
        ("meld", {"bilirubin": {"value": 1e9, "unit": "mg/dL"}}, "instruments.answer.invalid"),
        ("meld", {"bilirubin": "<5 mg/dL"}, "instruments.answer.invalid"),
        ("meld", {"bilirubin": {"missing": "forgotten"}}, "instruments.answer.invalid"),
        ("meld", {"bilirubin": {"missing": "not-asked", "value": 2}}, "instruments.answer.invalid"),
        ("meld", {"dialysis": "perhaps"}, "instruments.answer.invalid"),
        ("meld", {"dialysis": {"value": 1, "unit": "1"}}, "instruments.answer.invalid"),
        ("meld", {"colour": "red"}, "instruments.item.unknown"),
        ("pain-nrs", {"pain": 11}, "instruments.answer.invalid"),
        ("pain-nrs", {"pain": 3.5}, "instruments.answer.invalid"),
        ("pain-nrs", {"pain": True}, "instruments.answer.invalid"),
        ("pgi-change", {"change": "splendid"}, "instruments.answer.invalid"),
        ("isncsci", {"c2RightTouch": "3"}, "instruments.answer.invalid"),
    ],
)
def test_what_a_form_does_not_allow_is_refused(id: str, answers: dict, code: str) -> None:
    with pytest.raises(InstrumentError) as error:
        typed(get(id), answers)
    assert error.value.code == code
    assert error.value.mend


def test_what_is_missing_keeps_its_reason_and_gives_no_score() -> None:
    answers = typed(get("meld"), {**get("meld").example, "inr": {"missing": "not-asked"}, "dialysis": None})
    assert answers["inr"] == {"missing": "not-asked"}
    assert "dialysis" not in answers
    found = scored(get("meld"), answers)
    assert found.scores["meld"] is None
    assert "inr" in (found.reason or "")
    assert set(MISSING) == {"unknown", "not-asked", "masked", "not-applicable", "not-final"}


@given(
    # possible in each of the units
    value=st.floats(min_value=2.0, max_value=60, allow_nan=False),
    unit=st.sampled_from(["mg/dL", "umol/L", "mg/L"]),
)
def test_the_unit_of_the_source_stays_and_does_not_change_the_score(value: float, unit: str) -> None:
    rest = {"creatinine": "1.9 mg/dL", "inr": 1.8, "dialysis": "no"}
    answers = typed(get("meld"), {"bilirubin": {"value": value, "unit": unit}, **rest})
    assert answers["bilirubin"] == {"value": value, "unit": unit}
    told = score("meld", bilirubin=(value, unit), **rest).value
    found = scored(get("meld"), answers).scores["meld"]
    assert isinstance(found, float)
    assert told is not None
    assert math.isclose(found, told)
