"""Adults who cannot decide: a representative consents where the programme has a rule for the place, as long as they cannot; then they are asked themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from proband.record.errors import Refused

from .synthetic import WHY, Hospital, hospital, stands, view
from .test_standing import retract
from .test_time import ago

RULE = {
    "jurisdiction": "GB", "representatives": 1, "who": WHY, "refusal_blocks": True, "source": "synthetic", "level": "inference",
}  # fmt: skip
WIFE = [{"id": "R-1", "relation": "wife"}]
SON = [{"id": "R-2", "relation": "son"}]
SPOKEN_FOR = {"by": "representative", "capacity": "lacks", "representatives": WIFE}
VISIT = {"visit": "month-1", "on": "2026-03-05"}


def ruled(*rules: dict[str, Any], reconsent: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    consent = view().model_dump(mode="json")["consent"]
    # without its rule on capacity regained: what holds where a programme says nothing
    asked = (
        [one for one in consent["reconsent"] if one["id"] != "regained"] if reconsent is None else reconsent
    )
    return {"consent": consent | {"representatives": list(rules), "reconsent": asked}}


def found(house: Hospital, result: str, **options: Any) -> int:
    return house.do("capacity.assess", "S-1", {"result": result, "by_check": "ward"}, **options).seq


def refused(call: Any) -> list[str]:
    with pytest.raises(Refused) as caught:
        call()
    return [one.code for one in caught.value.refusals]


def begun(where: str = ":memory:", changes: dict[str, Any] | None = None) -> Hospital:
    """Somebody who was screened, and found unable to decide."""
    house = hospital(where, changes=ruled(RULE) if changes is None else changes)
    house.wait(days=2)
    house.refer("S-1")
    house.screen("S-1")
    found(house, "lacks")
    house.wait(minutes=1)
    return house


def treated(house: Hospital) -> tuple[str, str, str]:
    house.consent("S-1", **SPOKEN_FOR)
    house.enrol("S-1")
    house.allocate("S-1")
    return house.ready("S-1", "1")


@pytest.fixture
def house(where: str) -> Iterator[Hospital]:
    made = begun(where)
    yield made
    made.record.store.close()


def test_without_a_rule_nobody_speaks_for_an_adult(where: str) -> None:
    house = begun(where, ruled())
    assert refused(lambda: house.consent("S-1", **SPOKEN_FOR)) == ["gate.consent-form.unrepresented"]
    # nor by a rule of another place
    other = begun(changes=ruled(RULE | {"jurisdiction": "US"}))
    assert refused(lambda: other.consent("S-1", **SPOKEN_FOR)) == ["gate.consent-form.unrepresented"]


def test_a_representative_consents_and_they_are_treated_while_they_cannot_decide(house: Hospital) -> None:
    bag, coi, _ = treated(house)
    house.give(bag, "S-1", coi)
    person = house.record.state.participants["S-1"]
    assert [dose.stands for dose in person.doses] == [True]
    assert (person.consent.guardians, person.consent.represented, person.consent.minor) == (
        ("R-1",),
        True,
        False,
    )
    stands(house)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"representatives": []}, "gate.consent-form.representatives"),
        ({"capacity": "has"}, "gate.consent-form.able"),
        ({"representatives": [{"id": "nurse-1", "relation": "friend"}]}, "gate.consent-form.staff"),
        ({"representatives": [{"id": "Nurse-l", "relation": "friend"}]}, "gate.consent-form.staff"),
        ({"assent": "no"}, "gate.consent-form.assent"),
        ({"by": "guardians", "guardians": WIFE}, "gate.consent-form.adult"),
        ({"by": "participant"}, "gate.consent-form.adult"),
        ({"age_years": 15, "majority_on": "2029-01-01"}, "gate.consent-form.guardians"),
        ({"teach_back": [True, False]}, "gate.consent-form.teach-back"),
    ],
)
def test_what_is_no_consent_by_a_representative(changes: dict[str, Any], code: str) -> None:
    house = begun()
    assert code in refused(lambda: house.consent("S-1", **(SPOKEN_FOR | changes)))


def test_two_spellings_of_one_representative_are_one_and_a_no_that_does_not_block_is_kept(where: str) -> None:
    house = begun(where, ruled(RULE | {"representatives": 2, "refusal_blocks": False}))
    twice = [*WIFE, {"id": "r_1", "relation": "wife"}]
    assert refused(lambda: house.consent("S-1", **(SPOKEN_FOR | {"representatives": twice}))) == [
        "gate.consent-form.representatives"
    ]
    house.consent("S-1", **(SPOKEN_FOR | {"representatives": WIFE + SON, "assent": "no"}))
    stands(house)


def test_nobody_speaks_for_somebody_whom_nobody_found_unable_or_who_can_decide_again(house: Hospital) -> None:
    found(house, "has")
    house.wait(minutes=1)
    assert refused(lambda: house.consent("S-1", **SPOKEN_FOR)) == ["gate.consent-form.able"]
    house.refer("S-2")
    house.screen("S-2")
    assert refused(lambda: house.consent("S-2", **SPOKEN_FOR)) == ["gate.consent-form.able"]


def test_who_can_decide_again_is_asked_themselves_before_anything_goes_on(house: Hospital) -> None:
    bag, coi, label = treated(house)
    house.wait(minutes=1)
    found(house, "has")
    house.wait(minutes=1)
    tasks = [
        one.about for one in house.record.state.tasks.values() if one.kind == "reconsent" and not one.done
    ]
    assert any("ask them" in about for about in tasks)
    assert "gate.consent.regained" in refused(lambda: house.give(bag, "S-1", coi))
    assert refused(lambda: house.do("visit.record", "S-1", VISIT | {"on": house.now[:10]})) == [
        "gate.consent.regained"
    ]
    # who cannot decide again is asked for anew: the consent of before ended
    lost = found(house, "lacks")
    house.wait(minutes=1)
    assert "gate.consent.regained" in refused(lambda: house.give(bag, "S-1", coi))
    retract(house, "S-1", lost, "capacity.assessed")
    house.consent("S-1")
    house.check(bag, "S-1")
    house.bedside(bag, "S-1", label)
    house.give(bag, "S-1", coi)
    person = house.record.state.participants["S-1"]
    assert [dose.stands for dose in person.doses] == [True]
    assert not person.consent.represented
    assert not [one for one in house.record.state.tasks.values() if one.kind == "reconsent" and not one.done]
    stands(house)


def test_a_programme_may_leave_what_is_learnt_of_them_to_the_consent_of_before() -> None:
    rule = {
        "id": "own",
        "event": "capacity-regained",
        "who": "the-participant",
        "blocks": ["treatment"],
        "why": WHY,
    }
    house = begun(changes=ruled(RULE, reconsent=[rule]))
    bag, coi, _ = treated(house)
    house.wait(minutes=1)
    found(house, "has")
    house.wait(minutes=1)
    house.do("visit.record", "S-1", VISIT | {"visit": "baseline", "on": house.now[:10]})
    assert "gate.consent.lapsed" in refused(lambda: house.give(bag, "S-1", coi))


def test_that_they_could_decide_by_the_dose_and_it_is_entered_late_questions_it(house: Hospital) -> None:
    bag, coi, _ = treated(house)
    house.wait(minutes=10)
    house.give(bag, "S-1", coi)
    house.wait(minutes=5)
    found(house, "has", at=ago(house, minutes=12), reason=WHY)
    (dose,) = house.record.state.participants["S-1"].doses
    assert (dose.first_verdict, dose.standing, dose.found) == ("valid", "questioned", ("consent",))
    stands(house)


def test_a_finding_of_incapacity_that_is_taken_back_leaves_nobody_represented(house: Hospital) -> None:
    bag, coi, _ = treated(house)
    house.wait(minutes=10)
    house.give(bag, "S-1", coi)
    lacked = next(one.seq for one in house.record.events() if one.body["event"] == "capacity.assessed")
    house.wait(minutes=5)
    retract(house, "S-1", lacked, "capacity.assessed")
    (dose,) = house.record.state.participants["S-1"].doses
    assert (dose.standing, dose.found) == ("questioned", ("consent",))
    stands(house)


def test_another_representative_decides_from_a_day_on(house: Hospital) -> None:
    treated(house)
    house.do("guardian.change", "S-1", {"guardians": SON}, reason=WHY)
    house.wait(minutes=1)
    assert refused(lambda: house.consent("S-1", **SPOKEN_FOR)) == ["gate.consent-form.former"]
    house.consent("S-1", **(SPOKEN_FOR | {"representatives": SON}))
    assert any(
        one.kind == "inform" and "somebody else decides" in one.about
        for one in house.record.state.tasks.values()
    )
    stands(house)


def test_who_consented_and_can_decide_no_more_goes_on_once_a_representative_agrees(where: str) -> None:
    house = hospital(where, changes=ruled(RULE))
    house.admit("S-1")
    bag, coi, label = house.ready("S-1", "1")
    house.wait(minutes=1)
    found(house, "lacks")
    house.wait(minutes=1)
    assert "gate.capacity.lacking" in refused(lambda: house.give(bag, "S-1", coi))
    house.consent("S-1", **SPOKEN_FOR)
    house.check(bag, "S-1")
    house.bedside(bag, "S-1", label)
    house.give(bag, "S-1", coi)
    assert [dose.stands for dose in house.record.state.participants["S-1"].doses] == [True]
    # a representative withdraws them as they could themselves
    house.do("participant.withdraw", "S-1", {"level": "treatment", "said": "the wife wants no more of it"})
    assert house.record.state.participants["S-1"].withdrawn.keys() == {"treatment"}
    stands(house)


def test_capacity_is_looked_at_again_in_time_also_of_those_who_are_spoken_for() -> None:
    changes = ruled(RULE)
    every = [
        {
            "id": "ward",
            "trigger": "every 40 days",
            "every": {"value": 40, "unit": "d"},
            "if_lost": WHY,
            "source": "synthetic",
            "level": "inference",
        }
    ]
    changes["consent"]["capacity"] = every
    house = begun(changes=changes)
    house.consent("S-1", **SPOKEN_FOR)
    house.enrol("S-1")
    house.wait(days=42)
    house.screen("S-1")
    assert "gate.capacity.interval" in refused(lambda: house.allocate("S-1"))
