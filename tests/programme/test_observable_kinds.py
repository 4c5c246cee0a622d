"""Each kind of observable is told by its keys, holds its own keys alone, and says so where another's key stands."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from proband.programme import bundled, load
from proband.programme.eligibility import (
    KINDS,
    CodedWord,
    DatedEvent,
    ElapsedTime,
    Eligibility,
    EventCount,
    MeasuredNumber,
    Multiple,
    Observable,
    OrderedLevel,
    ScoredCode,
    ScoredLevel,
    ScoredNumber,
    ScoredYesNo,
    StableTime,
    Trend,
    YesNo,
    observable,
)
from proband.programme.json_schema import schema
from proband.programme.model import Findings

COMMON = {"id": "x", "label": "some thing"}
CODES = {"codes": [{"system": "LOINC", "code": "777-3"}]}
SCORE = {"derived": {"instrument": "child-pugh", "inputs": {"bilirubin": "bilirubin"}}}

#: the least that tells each kind
LEAST: dict[type[Observable], dict[str, Any]] = {
    ElapsedTime: {"type": "number", "elapsed": {"since": "birth", "unit": "a"}},
    ScoredNumber: {"type": "number", **SCORE},
    ScoredLevel: {"type": "ordered", "values": ["A", "B", "C"], **SCORE},
    ScoredCode: {"type": "code", **SCORE},
    ScoredYesNo: {"type": "boolean", **SCORE},
    Multiple: {"type": "number", "relative_to": "uln", **CODES},
    EventCount: {"type": "number", "aggregate": "count", **CODES},
    Trend: {"type": "number", "aggregate": "slope", "slope_per": "mo", **CODES},
    StableTime: {"type": "number", "aggregate": "stable-for", **CODES},
    MeasuredNumber: {"type": "number", **CODES},
    YesNo: {"type": "boolean", **CODES},
    CodedWord: {"type": "code", **CODES},
    OrderedLevel: {"type": "ordered", "values": ["A", "B"], **CODES},
    DatedEvent: {"type": "date", **CODES},
}

#: every key that an observable could bear before each kind had a class of its own, as that version wrote it out
ONCE_WRITTEN_OUT: dict[str, Any] = {
    "source": None, "level": None, "note": None, "plain": None, "unit": None, "analyte": None, "unit_if_missing": None,
    "codes": [], "where": None, "aggregate": None, "worse": None, "window": None, "elapsed": None, "relative_to": None,
    "uln": None, "derived": None, "absent": "unknown", "values": [], "synonyms": {}, "towards_first": None,
    "towards_last": None, "true_values": [], "false_values": [], "plausible": None, "tolerance": None, "slope_per": None,
    "minimum": None, "whole": False, "effort": "unstated", "burden": None,
}  # fmt: skip


def test_every_kind_has_its_case() -> None:
    assert set(LEAST) == {kind.model for kind in KINDS}


@pytest.mark.parametrize("kind", LEAST, ids=lambda kind: kind.__name__)
def test_the_keys_tell_the_kind(kind: type[Observable]) -> None:
    found = observable(COMMON | LEAST[kind])
    assert type(found) is kind
    assert observable(found.model_dump(mode="json")) == found


@pytest.mark.parametrize("kind", LEAST, ids=lambda kind: kind.__name__)
def test_a_key_of_another_kind_may_stand_only_where_it_says_nothing(kind: type[Observable]) -> None:
    own = COMMON | LEAST[kind]
    written_out = ONCE_WRITTEN_OUT | own
    if kind is EventCount:
        del written_out["whole"]  # it is whole; to deny that would be wrong
    assert observable(written_out) == observable(own)
    foreign = {
        "worse": "high", "slope_per": "d", "tolerance": 1.0, "absent": "no", "values": ["A", "B"], "true_values": ["si"],
        "towards_first": "up", "unit_if_missing": "g", "uln": {"value": 1, "unit": "1"}, "minimum": 3, "codes": CODES["codes"],
    }  # fmt: skip
    refused = 0
    for key, value in foreign.items():
        if key in kind.model_fields:
            continue
        with pytest.raises(ValidationError) as caught:
            observable(own | {key: value})
        (error,) = caught.value.errors()
        cause = error["ctx"]["error"]
        assert isinstance(cause, Findings)
        (finding,) = cause.findings
        assert finding.path == (key,)
        assert finding.message.startswith(f"x: {key!r} has no meaning for ")
        assert "belongs to" in finding.mend
        refused += 1
    assert refused >= 5


@pytest.mark.parametrize(
    ("data", "place", "says"),
    [
        ({}, "type", "required"),
        ({"type": "numbre"}, "type", "'number', 'boolean', 'code', 'date' or 'ordered'"),
        ({"type": "number", "aggregate": "mean"}, "aggregate", "'last', 'first', 'worst', 'min', 'max' or 'range'"),
        ({"type": "boolean", "aggregate": "slope"}, "aggregate", "'any', 'last' or 'first'"),
        ({"type": "number", "aggregate": "slope"}, "slope_per", "required"),
        ({"type": "boolean", "relative_to": "uln"}, "type", "'number'"),
        ({"type": "number", "colour": "red"}, "colour", "not permitted"),
        ({"type": "number", "unit": "weekses"}, "unit", "weekses"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_key(data: dict[str, Any], place: str, says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        observable(COMMON | CODES | data)
    (error,) = caught.value.errors()
    assert error["loc"][-1] == place
    assert says in error["msg"]


@pytest.mark.parametrize(
    ("data", "place", "says"),
    [
        ({"type": "number", "aggregate": "worst"}, "aggregate", "'worst' needs"),
        ({"type": "number", "worse": "high"}, "worse", "belongs to aggregate: worst"),
        ({"type": "ordered", "values": ["A"]}, "values", "values in order"),
        ({"type": "code", "values": ["a", "A"]}, "values", "occurs twice"),
        ({"type": "code", "values": ["a"], "synonyms": {"c": "b"}}, "synonyms", "stands for 'b'"),
        ({"type": "boolean", "true_values": ["ja"], "false_values": ["JA"]}, "false_values", "yes and for no"),
        ({"type": "number", "relative_to": "x"}, "relative_to", "own baseline"),
        ({"type": "number", "relative_to": "y", "uln": {"value": 1, "unit": "1"}}, "uln", "relative_to: uln"),
        ({"type": "number", "relative_to": "uln", "uln": {"value": 0, "unit": "1"}}, "uln", "positive"),
        ({"type": "number", "plausible": {"value": 1, "unit": "1"}}, "plausible", "low and high"),
        ({"type": "number", "plausible": {"low": 1, "high": 2, "unit": "g"}}, "plausible", "is in g"),
        ({"type": "number", "codes": []}, "codes", "nothing can ever fill it"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_said_at_its_key(data: dict[str, Any], place: str, says: str) -> None:
    for key in ("uln", "plausible"):
        if key in data:
            data[key] = {"interval": "range", "source": "tests", "level": "inference"} | data[key]
    with pytest.raises(ValidationError) as caught:
        observable(COMMON | CODES | data)
    (error,) = caught.value.errors()
    found = {(f.path, f.message) for f in error["ctx"]["error"].findings}
    assert any(path == (place,) and says in message for path, message in found), found


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    written = schema("eligibility.yaml")
    Draft202012Validator.check_schema(written)
    return Draft202012Validator(written)


@pytest.mark.parametrize("name", bundled())
def test_the_schema_for_editors_takes_the_bundles_as_they_are_written(
    name: str, validator: Draft202012Validator
) -> None:
    programme = load(name)
    assert list(validator.iter_errors(programme.documents["eligibility.yaml"].data)) == []
    assert Eligibility.model_validate(programme.eligibility.model_dump(mode="json")) == programme.eligibility


@pytest.mark.parametrize("kind", LEAST, ids=lambda kind: kind.__name__)
def test_the_schema_for_editors_knows_each_kind(
    kind: type[Observable], validator: Draft202012Validator
) -> None:
    def errors(**more: Any) -> list[str]:
        data = {"observables": [COMMON | LEAST[kind] | more], "criteria": [CRITERION]}
        return [error.message for error in validator.iter_errors(data)]

    assert errors() == []
    assert any("colour" in message for message in errors(colour="red"))
    assert errors(window={"start": "-28 d"}) == [] or kind is ElapsedTime
    assert errors(window={"start": "soon"})
    wrong = "slope_per" if kind is not Trend else "tolerance"
    assert any(wrong in message for message in errors(**{wrong: "d"})), "only its own keys"


CRITERION = {
    "id": "A",
    "kind": "include",
    "purpose": "safety",
    "reason": "as an example",
    "when": "known(x)",
}
