"""Criteria have a scope: a responder is given the second dose, more only on response, again only when it comes back, and none after a stop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import ValidationError

from proband.facts.observation import Observation
from proband.facts.table import to_frame
from proband.programme.eligibility import Eligibility, Scope
from proband.record.errors import Refused
from proband.screening.rules import Rules
from proband.screening.sql.many import screen
from proband.screening.verdict import Screening
from proband.terms import ProbandError, UncertainDate

from .synthetic import ELIGIBILITY, WHY, Hospital, hospital, q, stands, view


def rule(id: str, kind: str, when: str, *scopes: str) -> dict[str, Any]:
    return {"id": id, "kind": kind, "purpose": "safety", "reason": WHY, "when": when, "scopes": list(scopes)}


#: in: few platelets; before each dose: no infection; more: many platelets; again: few; stop: hardly any
SCOPED: dict[str, Any] = ELIGIBILITY | {
    "criteria": [
        rule("I1", "include", "platelets <= 100", "entry"),
        rule("E1", "exclude", "infection"),
        rule("C1", "include", "platelets >= 200", "continuation"),
        rule("R1", "include", "platelets <= 120", "retreatment"),
        rule("S1", "exclude", "platelets < 20", "stopping"),
    ]
}
FURTHER = [
    {"id": "more", "on": "continuation", "administrations": 1, "after": q(10, "d"), "within": q(50, "d")},
    {"id": "again", "on": "retreatment", "administrations": 2, "at_most": 1, "after": q(60, "d")},
]


def changes() -> dict[str, Any]:
    regimen = view().model_dump(mode="json")["regimens"][0] | {"further": FURTHER}
    return {"eligibility": SCOPED, "regimens": [regimen]}


@pytest.fixture
def house(where: str) -> Iterator[Hospital]:
    made = hospital(where, changes=changes())
    yield made
    made.record.store.close()


def seen(
    house: Hospital,
    through: str,
    platelets: float | None = 90.0,
    infection: bool | None = False,
    **options: Any,
) -> None:
    values: dict[str, Any] = {}
    if platelets is not None:
        values["platelets"] = {"low": platelets, "high": platelets}
    if infection is not None:
        values["infection"] = {"truth": infection}
    outcome = options.pop("outcome", "eligible")
    facts = {"through": through, "as_of": house.now[:10], "values": values}
    house.wait(minutes=1)
    house.do("participant.screen", "S-1", {"outcome": outcome, "facts": facts, "reasons": []}, **options)


def admitted(house: Hospital) -> None:
    house.refer("S-1")
    seen(house, "screening")
    for step in (house.consent, house.enrol, house.allocate):
        step("S-1")


def dosed(house: Hospital, tag: str, *, refused: str | None = None) -> None:
    product, coi, _ = house.ready("S-1", tag)
    if refused is None:
        house.give(product, "S-1", coi)
        return
    with pytest.raises(Refused) as caught:
        house.give(product, "S-1", coi)
    assert [one.code for one in caught.value.refusals] == [refused]
    house.give_up = (product, coi)  # type: ignore[attr-defined]


def test_a_responder_has_a_whole_course_more_on_response_and_again_when_it_comes_back(
    house: Hospital,
) -> None:
    admitted(house)
    dosed(house, "1a", refused="gate.verdict.unasked")
    seen(house, "before-dose")
    dosed(house, "1")
    # responded: the criteria of entry would not let this person in any more, and nobody asks them again
    house.wait(days=30)
    dosed(house, "2a", refused="gate.verdict.unasked")
    seen(house, "before-dose", 250.0)
    dosed(house, "2")
    house.wait(days=20)
    seen(house, "before-dose", 250.0)
    dosed(house, "3a", refused="gate.interval.further")
    seen(house, "continuation", 250.0)
    dosed(house, "3")
    # a verdict of before the last dose opens nothing
    house.wait(days=30)
    seen(house, "before-dose", 250.0)
    dosed(house, "4a", refused="gate.interval.further")
    # it comes back: too early, then not
    seen(house, "retreatment", 110.0)
    dosed(house, "4b", refused="gate.interval.course")
    house.wait(days=40)
    seen(house, "before-dose", 110.0)
    dosed(house, "4")
    house.wait(days=30)
    seen(house, "before-dose", 110.0)
    dosed(house, "5")
    house.wait(days=70)
    seen(house, "before-dose", 110.0)
    seen(house, "retreatment", 110.0)
    dosed(house, "6a", refused="gate.interval.further")
    person = house.record.state.participants["S-1"]
    assert [dose.valid for dose in person.doses] == [True] * 5
    assert person.screenings == 1
    assert person.verdict is not None
    assert person.verdict.facts["through"] == "screening"
    stands(house)


def test_a_later_verdict_lets_nobody_in(house: Hospital) -> None:
    house.refer("S-1")
    seen(house, "before-dose", 250.0)
    with pytest.raises(Refused) as refused:
        house.consent("S-1")
    assert "stage" in refused.value.gates
    seen(house, "screening", 250.0, outcome="not-eligible")
    house.consent("S-1")
    with pytest.raises(Refused) as refused:
        house.enrol("S-1")
    assert [one.code for one in refused.value.refusals] == ["gate.verdict.outcome"]


def test_whoever_was_stopped_is_given_no_more_whatever_is_found_since(house: Hospital) -> None:
    admitted(house)
    seen(house, "before-dose")
    dosed(house, "1")
    house.wait(days=30)
    seen(house, "before-dose", 10.0, outcome="not-eligible")
    stop = house.record.state.seq
    house.wait(minutes=5)
    seen(house, "before-dose", 90.0)
    dosed(house, "2a", refused="gate.verdict.stopped")
    # another person's values: two take it back
    house.do(
        "event.retract", "S-1", {"event": "participant.screened"}, corrects=stop, also=[("dr-3", "physician")]
    )
    product, coi = house.give_up  # type: ignore[attr-defined]
    house.give(product, "S-1", coi)
    stands(house)


def test_a_stop_cannot_be_talked_away_by_its_words(house: Hospital) -> None:
    admitted(house)
    with pytest.raises(Refused) as refused:
        seen(house, "before-dose", 10.0)
    assert refused.value.gates == ["verdict-values"]
    # said to lack data although the values stop: the values count
    seen(house, "before-dose", 10.0, outcome="needs-data")
    house.wait(minutes=5)
    seen(house, "before-dose")
    dosed(house, "1", refused="gate.verdict.stopped")


def test_unknown_stops_nobody_and_lets_nobody_be_given_anything(house: Hospital) -> None:
    admitted(house)
    seen(house, "before-dose", None, outcome="needs-data")
    dosed(house, "1a", refused="gate.verdict.outcome")
    seen(house, "before-dose")
    product, coi = house.give_up  # type: ignore[attr-defined]
    house.give(product, "S-1", coi)
    stands(house)


def test_a_verdict_that_is_entered_after_the_dose_documents_it(house: Hospital) -> None:
    admitted(house)
    product, coi, _ = house.ready("S-1", "1")
    house.wait(minutes=2)
    before = house.now
    house.wait(minutes=2)
    at = house.now
    house.wait(minutes=2)
    facts = {"through": "before-dose", "as_of": house.now[:10],
             "values": {"platelets": {"low": 90.0, "high": 90.0}, "infection": {"truth": False}}}  # fmt: skip
    house.do("participant.screen", "S-1", {"outcome": "eligible", "facts": facts, "reasons": []}, at=before, reason=WHY)  # fmt: skip
    house.give(product, "S-1", coi, at=at)
    (dose,) = house.record.state.participants["S-1"].doses
    assert dose.afterwards == ("verdict",)
    stands(house)


def test_a_stop_that_is_entered_after_the_dose_calls_it_into_question(house: Hospital) -> None:
    admitted(house)
    seen(house, "before-dose")
    product, coi, _ = house.ready("S-1", "1")
    house.wait(minutes=5)
    before = house.now
    house.wait(minutes=1)
    house.give(product, "S-1", coi)
    house.wait(minutes=1)
    facts = {
        "through": "stopping",
        "as_of": house.now[:10],
        "values": {"platelets": {"low": 5.0, "high": 5.0}},
    }
    house.do("participant.screen", "S-1", {"outcome": "not-eligible", "facts": facts, "reasons": []}, at=before, reason=WHY)  # fmt: skip
    (dose,) = house.record.state.participants["S-1"].doses
    assert dose.standing == "questioned"
    assert "verdict" in (dose.found or ())


def test_an_amendment_asks_before_the_next_dose_under_its_own_criteria(house: Hospital) -> None:
    admitted(house)
    seen(house, "before-dose")
    dosed(house, "1")
    house.wait(days=30)
    seen(house, "before-dose")
    old = house.record.state.programme
    house.adopt(
        view(
            "2.0.0",
            **{
                **changes(),
                "consent": view().model_dump(mode="json")["consent"],
                "verdict_valid_for": q(20, "d"),
            },
        )
    )
    house.do("participant.migrate", "S-1", {"from_programme": old, "to_programme": house.record.state.programme},
             actor="sys-1", site="*")  # fmt: skip
    dosed(house, "2a", refused="gate.verdict.version")
    seen(house, "before-dose")
    product, coi = house.give_up  # type: ignore[attr-defined]
    house.give(product, "S-1", coi)
    stands(house)


SEEN = date(2026, 3, 1)
SCOPES = [one.value for one in Scope]


@settings(deadline=None)
@drawn(st.lists(st.lists(st.sampled_from(SCOPES), unique=True, max_size=4), min_size=1, max_size=6))
def test_every_criterion_is_asked_in_its_scopes_and_in_no_other(scopes: list[list[str]]) -> None:
    criteria = [rule(f"K{n}", "exclude", "infection", *one) for n, one in enumerate(scopes)]
    data = ELIGIBILITY | {"criteria": criteria}
    entry = {f"K{n}" for n, one in enumerate(scopes) if not one or "entry" in one}
    if not entry:
        with pytest.raises(ValidationError, match="no criterion is asked on entry"):
            Eligibility.model_validate(data)
        return
    eligibility = Eligibility.model_validate(data)
    assert {one.criterion.id for one in Rules(eligibility, "screening").instances} == entry
    for scope in SCOPES[1:]:
        wanted = {
            f"K{n}" for n, one in enumerate(scopes)
            if scope in one or (scope == "before-dose" and (not one or "stopping" in one))
        }  # fmt: skip
        if wanted:
            assert {one.criterion.id for one in Rules(eligibility, scope).instances} == wanted
        else:
            with pytest.raises(ProbandError, match="no criterion in the scope"):
                Rules(eligibility, scope)


@pytest.mark.parametrize("scope", SCOPES)
def test_the_evaluator_and_sql_ask_the_same_of_a_scope(scope: str) -> None:
    eligibility = Eligibility.model_validate(SCOPED)
    through = "screening" if scope == "entry" else scope
    for platelets in (None, 10.0, 19.9, 20.0, 100.0, 119.0, 200.0):
        for infection in (None, True, False):
            facts = [Observation("SYN-1", "Proband", "seen", value=True)]
            if platelets is not None:
                facts.append(Observation("SYN-1", "LOINC", "777-3", value=platelets, unit="10*9/L", when=UncertainDate.on(SEEN)))  # fmt: skip
            if infection is not None:
                facts.append(Observation("SYN-1", "Proband", "active-infection", value=infection, when=UncertainDate.on(SEEN)))  # fmt: skip
            outcome = Screening(eligibility, through).verdict(facts, SEEN).outcome
            assert screen(eligibility, to_frame(facts), SEEN, through=through).counts == {outcome.value: 1}
