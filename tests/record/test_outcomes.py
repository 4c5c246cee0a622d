"""Outcomes by the instruments' own forms: what the record adds, what its gate refuses, and what a raw insert cannot do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from proband.instruments import get
from proband.record.commands import BY_EVENT
from proband.record.errors import Conflict, RecordError, Refused
from proband.record.events import canonical
from proband.record.tables import table
from proband.record.verify import verify_store
from proband.terms import ProbandError

from .synthetic import WHY, Hospital, hospital

MELD = {"bilirubin": "2.1 mg/dL", "creatinine": "1.9 mg/dL", "inr": 1.8, "dialysis": "no"}
AT = {"visit": "baseline", "on": "2026-03-02"}


@pytest.fixture
def house() -> Hospital:
    house = hospital()
    house.refer("S-1")
    house.screen("S-1")
    return house


def test_the_record_types_the_items_and_scores_them(house: Hospital) -> None:
    receipt = house.do("outcome.record", "S-1", {**AT, "instrument": "meld", "items": MELD})
    data = receipt.body["data"]
    assert data["items"]["bilirubin"] == {"value": 2.1, "unit": "mg/dL"}
    assert data["items"]["dialysis"] is False
    assert (data["instrument_version"], data["variant"]) == (get("meld").version, "optn")
    assert data["scores"]["meld"] == 22.0
    assert data["no_score"] is None
    rows = {row["score"]: row["value"] for row in table(house.record.state, "outcomes")}
    assert rows["meld"] == 22.0


def test_a_missing_item_keeps_its_reason_and_there_is_no_score(house: Hospital) -> None:
    items = {**MELD, "inr": {"missing": "not-asked"}}
    data = house.do("outcome.record", "S-1", {**AT, "instrument": "meld", "items": items}).body["data"]
    assert data["items"]["inr"] == {"missing": "not-asked"}
    assert data["scores"]["meld"] is None
    assert "inr" in house.record.texts.revealed(data["no_score"])


def test_an_examination_is_kept_by_its_findings(house: Hospital) -> None:
    exam = get("isncsci").example
    data = house.do("outcome.record", "S-1", {**AT, "instrument": "isncsci", "items": exam}).body["data"]
    assert data["scores"]["isncsci"] == "A"
    assert data["scores"]["motorTotal"] == 50.0
    texts = {row["score"]: row["text"] for row in table(house.record.state, "outcomes")}
    assert texts["neurologicalLevelOfInjury"] == "T4"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"items": {**MELD, "colour": "red"}}, "instruments.item.unknown"),
        ({"items": {**MELD, "bilirubin": "2.1 kg"}}, "instruments.unit.wrong"),
        ({"items": {**MELD, "bilirubin": 2.1}}, "instruments.answer.invalid"),
        ({"items": {**MELD, "inr": 900}}, "instruments.answer.invalid"),
        ({"variant": "of-my-own"}, "instruments.variant.unknown"),
        ({"colour": "red"}, "record.command.data"),
        (
            {"items": {"bilirubin": {"value": 2.1, "unit": "mg/dL", "colour": "red"}}},
            "instruments.answer.invalid",
        ),
    ],
)
def test_what_no_form_allows_is_refused_before_any_gate(
    house: Hospital, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(ProbandError) as error:
        house.do("outcome.record", "S-1", {**AT, "instrument": "meld", "items": MELD, **changes})
    assert error.value.code == code
    assert table(house.record.state, "outcomes") == []


def test_a_total_from_a_letter_is_taken_within_its_range_and_by_its_name(house: Hospital) -> None:
    said: dict[str, Any] = {**AT, "instrument": "meld", "items": {}}
    assert house.do("outcome.record", "S-1", {**said, "scores": {"meld": 22}}).body["data"]["items"] == {}
    for scores in ({"meld": 41}, {"meld": "high"}, {"peld": 12}, {"meld": None}, {}):
        with pytest.raises(Refused) as refused:
            house.do("outcome.record", "S-1", {**said, "scores": scores})
        assert refused.value.gates == ["outcome-values"], scores


def test_an_instrument_of_the_programme_alone_is_taken_by_the_kinds_of_its_values(house: Hospital) -> None:
    said: dict[str, Any] = {**AT, "instrument": "diary", "instrument_version": "1"}
    items = {
        "nights": 3,
        "accidents": {"value": 2, "unit": "/wk"},
        "calm": True,
        "note": {"missing": "not-asked"},
    }
    data = house.do("outcome.record", "S-1", {**said, "items": items, "scores": {"nights": 3}}).body["data"]
    assert data["items"]["accidents"] == {"value": 2.0, "unit": "/wk"}
    with pytest.raises(RecordError):
        house.do("outcome.record", "S-1", {**said, "items": {"nights": {"anything": "at all"}}})
    with pytest.raises(Refused, match="nothing of diary"):
        house.do("outcome.record", "S-1", said)


def test_the_same_sent_twice_is_one_and_another_under_its_key_is_a_conflict(house: Hospital) -> None:
    data = {**AT, "instrument": "meld", "items": MELD}
    first = house.do("outcome.record", "S-1", data, key="meld-1")
    assert house.do("outcome.record", "S-1", data, key="meld-1").seq == first.seq
    with pytest.raises(Conflict):
        house.do("outcome.record", "S-1", {**data, "items": {**MELD, "inr": 1.9}}, key="meld-1")


def test_a_correction_is_judged_as_the_entry_would_be(house: Hospital) -> None:
    done = house.do("outcome.record", "S-1", {**AT, "instrument": "meld", "items": MELD})

    def correct(**changes: Any) -> dict[str, Any]:
        new = {**AT, "instrument": "meld", "items": {**MELD, "inr": 2.4}, **changes}
        said = {"event": "outcome.recorded", "data": new}
        return house.do("event.correct", "S-1", said, reason=WHY, corrects=done.seq).body["data"]["data"]

    for wrong in (
        {"scores": {"meld": 6}},
        {"visit": "never-planned"},
        {"instrument": "pain-9000", "instrument_version": "1"},
    ):
        with pytest.raises(Refused) as refused:
            correct(**wrong)
        assert refused.value.gates == ["correction"], wrong
    with pytest.raises(ProbandError):
        correct(items={"colour": "red"})
    data = correct()
    assert data["scores"]["meld"] == 25.0
    rows = {row["score"]: row["value"] for row in table(house.record.state, "outcomes")}
    assert rows["meld"] == 25.0
    # what is no entry of this kind is not corrected in this way
    with pytest.raises(Refused) as refused:
        house.do(
            "event.correct",
            "S-1",
            {"event": "participant.screened", "data": {}},
            reason=WHY,
            corrects=done.seq,
        )
    assert refused.value.gates == ["correction"]
    assert BY_EVENT["participant.screened"].replacement is None


@pytest.mark.parametrize(
    "changes",
    [
        {"scores": {"meld": 6.0, "creatinine_used": 1.9}},
        {"items": {"bilirubin": {"value": 2.1, "unit": "kg"}}},
        {"items": {"bilirubin": "2.1 mg/dL"}},
        {"instrument": "exam", "instrument_version": "1", "no_score": None},
        {"instrument_version": "another"},
    ],
)
def test_an_outcome_put_in_around_the_commands_is_void(tmp_path: Path, changes: dict[str, Any]) -> None:
    house = hospital(tmp_path / "log.db")
    house.refer("S-1")
    house.screen("S-1")
    honest = house.do("outcome.record", "S-1", {**AT, "instrument": "meld", "items": MELD}).body
    forged = honest | {"key": "forged", "data": honest["data"] | changes}
    (event,) = house.record.store.append("SYN", [canonical(forged)], ["forged"])
    house.record.catch_up()
    assert house.record.state.invalid == {event.seq: ("outcome-values",)}
    assert len({row["event"] for row in table(house.record.state, "outcomes")}) == 1
    assert verify_store(house.record.store, "SYN", None, {}).rules_ok is False
