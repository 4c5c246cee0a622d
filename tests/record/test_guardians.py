"""Who decides for a minor may change: nobody else's consent counts after it, and what was consented to before stands unless the programme asks anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from proband.record.errors import Refused

from .synthetic import GUARDIANS, WHY, Hospital, hospital, stands
from .test_standing import retract
from .test_time import ago
from .test_what_allows import asking

CHILD = {"age_years": 14, "majority_on": "2030-01-01", "assent": "yes"}
AUNT = [{"id": "G-3", "relation": "aunt"}, {"id": "G-4", "relation": "uncle"}]
BOTH = [*GUARDIANS["guardians"], *AUNT]
VISIT = {"visit": "month-1", "on": "2026-03-05"}
RULE = {"id": "others", "event": "guardian-changed", "blocks": ["treatment", "procedures", "data"]}


def child(where: str = ":memory:", **options: Any) -> tuple[Hospital, str, str, str]:
    """A child at the bed, for whom two guardians consented, with everything in order."""
    house = hospital(where, **options)
    house.wait(days=2)
    house.refer("S-1")
    house.screen("S-1")
    house.consent("S-1", **CHILD, **GUARDIANS)
    house.enrol("S-1")
    house.allocate("S-1")
    return (house, *house.ready("S-1", "1"))


@pytest.fixture
def bed(where: str) -> Iterator[tuple[Hospital, str, str, str]]:
    made = child(where)
    yield made
    made[0].record.store.close()


def change(house: Hospital, guardians: list[dict[str, str]] = AUNT, **options: Any) -> int:
    return house.do("guardian.change", "S-1", {"guardians": guardians}, **{"reason": WHY, **options}).seq


def again(house: Hospital, guardians: list[dict[str, str]], **changes: Any) -> None:
    house.consent("S-1", **{**CHILD, "by": "guardians", "guardians": guardians, **changes})


def codes(call: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        call()
    return [one.code for one in refused.value.refusals]


def open_tasks(house: Hospital, kind: str) -> list[str]:
    return [task.about for task in house.record.state.tasks.values() if task.kind == kind and not task.done]


def test_whoever_decides_no_longer_consents_no_longer(bed) -> None:
    house, bag, coi, _ = bed
    change(house)
    assert [about[:25] for about in open_tasks(house, "inform")] == ["somebody else decides for"]
    assert codes(lambda: again(house, GUARDIANS["guardians"])) == ["gate.consent-form.former"]
    assert codes(lambda: again(house, BOTH)) == ["gate.consent-form.former"]
    assert codes(lambda: again(house, AUNT[:1])) == ["gate.consent-form.guardians"]
    # what they consented to while they decided stands: this programme asks for nothing anew
    house.give(bag, "S-1", coi)
    assert house.record.state.participants["S-1"].doses[0].stands
    again(house, [one | {"id": one["id"].lower()} for one in AUNT])
    stands(house)


def test_where_the_programme_asks_anew_the_consent_of_before_has_lapsed() -> None:
    house, bag, coi, label = child(changes=asking(RULE))
    change(house)
    assert codes(lambda: house.give(bag, "S-1", coi)) == ["gate.consent.lapsed"]
    assert codes(lambda: house.do("visit.record", "S-1", VISIT | {"on": house.now[:10]})) == [
        "gate.data-consent.lapsed"
    ]
    house.wait(minutes=1)
    again(house, AUNT)
    assert open_tasks(house, "reconsent") == []
    house.check(bag, "S-1")
    house.bedside(bag, "S-1", label)
    house.give(bag, "S-1", coi)
    assert house.record.state.participants["S-1"].doses[0].stands
    stands(house)


def test_a_change_that_is_entered_late_questions_the_dose_that_rested_on_whoever_did_not_decide(bed) -> None:
    house, bag, coi, _ = bed
    house.wait(minutes=5)
    again(house, GUARDIANS["guardians"])
    house.wait(minutes=5)
    house.give(bag, "S-1", coi)
    house.wait(minutes=5)
    change(house, at=ago(house, minutes=12))
    (dose,) = house.record.state.participants["S-1"].doses
    assert (dose.first_verdict, dose.standing, dose.found) == ("valid", "questioned", ("consent",))
    assert codes(lambda: house.do("visit.record", "S-1", VISIT | {"on": house.now[:10]})) == [
        "gate.consent.guardian"
    ]
    stands(house)


def test_a_change_after_the_consent_and_entered_late_leaves_the_dose_to_people(bed) -> None:
    house, bag, coi, _ = bed
    house.wait(minutes=5)
    then = house.now
    house.wait(minutes=5)
    house.give(bag, "S-1", coi)
    change(house, at=then)
    (dose,) = house.record.state.participants["S-1"].doses
    # their consent was theirs to give, and this programme asks for nothing anew
    assert (dose.standing, dose.found) == ("questioned", ())
    stands(house)


def test_a_change_that_never_was_is_taken_back_and_what_it_forbade_is_documented_afterwards(bed) -> None:
    house, bag, coi, _ = bed
    house.wait(minutes=5)
    again(house, GUARDIANS["guardians"])
    wrong = change(house, at=ago(house, minutes=1))
    assert codes(lambda: house.give(bag, "S-1", coi)) == ["gate.consent.guardian"]
    house.wait(minutes=2)
    given = house.now
    house.wait(minutes=5)
    retract(house, "S-1", wrong, "guardian.changed")
    house.give(bag, "S-1", coi, at=given)
    (dose,) = house.record.state.participants["S-1"].doses
    assert (dose.first_verdict, dose.afterwards) == ("documented afterwards", ("consent",))
    stands(house)


def test_of_two_changes_the_later_one_counts_in_whatever_order_they_are_entered(bed) -> None:
    house, *_ = bed
    house.wait(hours=2)
    change(house, at=ago(house, minutes=10))
    change(house, GUARDIANS["guardians"], at=ago(house, minutes=60))
    assert codes(lambda: again(house, GUARDIANS["guardians"])) == ["gate.consent-form.former"]
    again(house, AUNT)
    stands(house)


def test_nobody_decides_for_an_adult_or_for_somebody_who_is_not_known_to_be_a_minor() -> None:
    house = hospital()
    house.admit("S-1")
    assert codes(lambda: change(house)) == ["gate.stage.missing"]
    house.refer("S-2")
    with pytest.raises(Refused):
        house.do("guardian.change", "S-2", {"guardians": AUNT}, reason=WHY)
