"""Categories of adverse events that are the programme's own, with their own grading, and boundaries in shares and probabilities."""

from __future__ import annotations

from typing import Any

import pytest
from scipy.stats import beta

from proband.programme.safety import Safety
from proband.record.errors import Refused
from proband.record.safety import least

from .synthetic import WHY, Hospital, hospital, stands, view

REACTION = {"id": "infusion-reaction", "name": "Reaction to the infusion", "definition": WHY}
CYTOKINES = {"id": "cytokine-release", "name": "Release of cytokines", "definition": WHY, "grading": "ASTCT consensus 2019", "highest_grade": 5}  # fmt: skip


def safety(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = view().model_dump(mode="json")["safety"]
    told = [
        {"places_hold": "stop-dosing", "why": WHY, "id": f"rule-{n}", **rule} for n, rule in enumerate(rules)
    ]
    return found | {"event_categories": [REACTION, CYTOKINES], "stopping_rules": told} | changes


def house_of(*rules: dict[str, Any]) -> Hospital:
    return hospital(changes={"safety": safety(*rules)})


def report(house: Hospital, person: str, event: str, **changes: Any) -> None:
    house.do("adverse-event.report", person, {
        "event": event, "term": WHY, "category": "infusion-reaction", "grade": 2, "serious": False, "expected": True, "onset": house.now[:10],
        "aware_on": house.now[:10], **changes})  # fmt: skip


def treated(house: Hospital, *people: str) -> None:
    for person in people:
        house.wait(days=3)
        house.admit(person)
        product, coi, _ = house.ready(person, person)
        house.give(product, person, coi)


def holds(house: Hospital) -> list[str]:
    return [held.rule for held in house.record.state.holds.values()]


def test_a_rule_counts_a_category_of_the_programmes_own() -> None:
    house = house_of({"counts": "infusion-reaction", "events": 2})
    treated(house, "S-1", "S-2")
    report(house, "S-1", "AE-1")
    report(house, "S-1", "AE-2")
    assert holds(house) == []
    report(house, "S-2", "AE-3")
    assert holds(house) == ["rule-0"]
    stands(house)


def test_a_category_with_a_grading_of_its_own_is_counted_by_it() -> None:
    house = house_of({"counts": "cytokine-release", "events": 1, "grade_at_least": 3})
    treated(house, "S-1")
    report(house, "S-1", "AE-1", category="cytokine-release", category_grade=2, grade=4)
    assert holds(house) == []
    report(house, "S-1", "AE-2", category="cytokine-release", category_grade=3, grade=1)
    assert holds(house) == ["rule-0"]
    stands(house)


@pytest.mark.parametrize(
    "data",
    [
        {"category": "infusion-raection"}, {"category_grade": 2}, {"category": "cytokine-release"},
        {"category": "cytokine-release", "category_grade": 6}, {"category": "other", "category_grade": 1},
    ],
)  # fmt: skip
def test_a_category_that_no_rule_could_count_is_refused(data: dict[str, Any]) -> None:
    house = house_of({"counts": "infusion-reaction", "events": 2})
    house.refer("S-1")
    with pytest.raises(Refused) as refused:
        report(house, "S-1", "AE-1", **data)
    assert refused.value.gates == ["stage"]


def test_a_share_is_looked_at_from_so_many_people_on() -> None:
    house = house_of(
        {"counts": "infusion-reaction", "share": {"above": {"value": 33, "unit": "%"}, "people": 3}}
    )
    treated(house, "S-1")
    report(house, "S-1", "AE-1")
    assert holds(house) == []
    treated(house, "S-2", "S-3")
    assert holds(house) == ["rule-0"]
    stands(house)


def test_the_probability_that_the_share_is_too_high_is_that_of_the_beta_distribution() -> None:
    posterior = {"limit": 0.2, "probability": 0.9, "prior_events": 0.4, "prior_others": 1.6, "people": 2}
    rule = Safety.model_validate(safety({"counts": "death", "posterior": posterior})).stopping_rules[0]
    for people in range(1, 25):
        for events in range(people + 1):
            expected = people >= 2 and events > 0 and beta.sf(0.2, 0.4 + events, 1.6 + people - events) > 0.9
            fewest = least(rule, people)
            assert (fewest is not None and events >= fewest) == expected, (events, people)
    house = house_of({"counts": "infusion-reaction", "posterior": posterior})
    treated(house, "S-1", "S-2")
    report(house, "S-1", "AE-1")
    assert holds(house) == ([] if beta.sf(0.2, 1.4, 2.6) <= 0.9 else ["rule-0"])
    report(house, "S-2", "AE-2")
    assert holds(house) == ["rule-0"]
    stands(house)


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        (why, {"stopping_rules": [{"id": "r", "places_hold": "stop-dosing", "why": WHY, **rule}]})
        for why, rule in (
            ("exactly one boundary", {"counts": "infusion"}),
            ("exactly one boundary", {"counts": "infusion-reaction"}),
            ("infusion is nothing that is counted", {"counts": "infusion", "events": 1}),
            ("exactly one boundary", {"counts": "death", "events": 1, "share": {"above": {"value": 10, "unit": "%"}, "people": 3}}),
            ("no share that can be exceeded", {"counts": "death", "share": {"above": {"value": 100, "unit": "%"}, "people": 3}}),
            ("the first 2 are never 3", {"counts": "death", "among": 2, "share": {"above": {"value": 10, "unit": "%"}, "people": 3}}),
            ("grade_at_least goes with", {"counts": "serious", "events": 1, "grade_at_least": 3}),
            ("no grade 6: the highest is 5", {"counts": "infusion-reaction", "events": 1, "grade_at_least": 6}),
        )
    ]
    + [
        ("'infusion-reaction' is there twice", {"event_categories": [REACTION, REACTION]}),
        ("a word that every programme has", {"event_categories": [REACTION | {"id": "infection"}]}),
        ("its highest grade go together", {"event_categories": [REACTION | {"grading": "x-1"}]}),
    ],
)  # fmt: skip
def test_a_rule_or_a_category_that_cannot_be_meant_is_refused(why: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=why):
        Safety.model_validate(safety({"counts": "death", "events": 1}, **changes) | changes)
