"""A verdict in the log carries the values it rests on, and "eligible" must follow from them."""

from __future__ import annotations

import json
import random
from datetime import date

import pytest

from proband.programme import load
from proband.record.programme_view import ProgrammeView, view_of
from proband.record.verdicts import mismatch, outcome_of_values, screening_data
from proband.screening.verdict import Screening
from proband.showcase.hospital.person import facts_of
from proband.showcase.people.drawing import PersonDraw

AS_OF = date(2026, 11, 1)


@pytest.fixture(scope="module", params=["spinal-cord-autologous", "liver-cells", "mitochondria-hpdl"])
def judged(request: pytest.FixtureRequest) -> tuple:
    programme = load(request.param)
    draw = PersonDraw(programme, AS_OF, random.Random(7))
    people = [draw.person(f"SYN-{i}", fitting=i % 2 == 0) for i in range(24)]
    return programme, people, [screening_data(programme, facts, AS_OF) for facts in people]


def test_stored_values_give_the_same_outcome_as_the_facts(judged: tuple) -> None:
    programme, people, stored = judged
    screening = Screening(programme.eligibility, "screening")
    for facts, data in zip(people, stored, strict=True):
        again = json.loads(json.dumps(data, allow_nan=False))
        assert again["outcome"] == screening.verdict(facts, AS_OF).outcome.value
        assert outcome_of_values(programme.eligibility, again["facts"]).value == again["outcome"]
        assert mismatch(programme.eligibility, again) is None


def test_eligible_cannot_be_claimed_without_the_values_for_it(judged: tuple) -> None:
    programme, _, stored = judged
    for data in stored:
        claimed = {**data, "outcome": "eligible"}
        if data["outcome"] != "eligible":
            assert "not eligible" in str(mismatch(programme.eligibility, claimed))
        assert mismatch(programme.eligibility, {**claimed, "facts": {"simulated": True}})
        emptied = {**claimed, "facts": {**data["facts"], "values": {}}}
        assert mismatch(programme.eligibility, emptied)


def test_no_birth_date_reaches_the_log(judged: tuple) -> None:
    _, people, stored = judged
    for facts, data in zip(people, stored, strict=True):
        born = next(str(fact.text) for fact in facts if fact.code == "birth-date")
        assert born not in json.dumps(data)


@pytest.mark.parametrize(
    "value",
    [
        {"low": "5"}, {"low": True}, {"truth": 1}, {"code": 3}, {"value": 5}, {"low": float("nan")}, {"low": float("inf")},
        {"high": 10**400}, {"low": 65.0, "high": 18.0},
    ],
)  # fmt: skip
def test_values_that_cannot_be_read_are_refused(value: dict) -> None:
    eligibility = load("spinal-cord-autologous").eligibility
    assert mismatch(
        eligibility, {"outcome": "eligible", "facts": {"through": "screening", "values": {"age": value}}}
    )


def test_missing_data_are_asked_for_and_shut_groups_are_no_reason_to_ask() -> None:
    programme = load("spinal-cord-autologous")
    people = {"referred": AS_OF, "as_of": AS_OF}
    whole = facts_of(programme.eligibility, "S-01", **people)
    assert screening_data(programme, whole, AS_OF)["outcome"] == "eligible"
    lacking = facts_of(programme.eligibility, "S-01", **people, lacking="injury_on_mri")
    data = screening_data(programme, lacking, AS_OF)
    assert (data["outcome"], data["reasons"]) == ("needs-data", ["I5-injury-on-mri: unknown"])
    assert "not eligible" in str(mismatch(programme.eligibility, data | {"outcome": "eligible"}))


@pytest.mark.parametrize("bundle", ["spinal-cord-autologous", "liver-cells", "mitochondria-hpdl"])
def test_the_criteria_survive_the_log(bundle: str) -> None:
    programme = load(bundle)
    held = json.loads(view_of(programme).model_dump_json())
    assert ProgrammeView.model_validate(held).eligibility == programme.eligibility
