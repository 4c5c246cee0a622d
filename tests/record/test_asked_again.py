"""What a programme promises to look at again and again: capacity to consent, and harm that comes late. Both become due, and capacity stops what rests on consent."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from proband.programme.consent import CapacityCheck
from proband.programme.safety import Surveillance
from proband.record.errors import Refused
from proband.record.events import stamp
from proband.record.fold import fold_all
from proband.record.gates import GATES
from proband.record.tables import table, visit_rows

from .hostile_again import (
    collected_from_somebody_who_cannot_decide,
    enrolled_long_after_consent,
    looked_at_again,
    treated_long_after_anybody_looked,
)
from .hostile_time import World
from .synthetic import (
    ASKED_AGAIN,
    CONSENT,
    COURSE,
    SECOND_LOOK,
    WHY,
    Hospital,
    families,
    hospital,
    q,
    view,
)
from .test_time import rechecked

WEEKLY = {"id": "weekly", "trigger": "every week", "every": q(7, "d"), "if_lost": WHY}
SCAN = {
    "id": "spine-scan",
    "what": "a scan of the spine",
    "from_visit": "month-1",
    "every": q(1, "a"),
    "until": q(3, "a"),
}


def asked(
    where: str = ":memory:", *checks: dict[str, Any], surveillance: list[dict[str, Any]] | None = None
) -> Hospital:
    plain = view()
    safety = plain.safety.model_dump(mode="json") | {"surveillance": surveillance or []}
    consent = plain.consent.model_dump(mode="json") | {"capacity": list(checks or [WEEKLY])}
    house = hospital(where, programme=view(consent=consent, safety=safety))
    house.wait(days=2)
    return house


def assess(house: Hospital, by: str = "weekly", result: str = "has", **options: Any) -> None:
    house.do("capacity.assess", "S-01", {"result": result, "by_check": by}, **options)


def refused(call: Any) -> list[str]:
    with pytest.raises(Refused) as caught:
        call()
    return [one.code for one in caught.value.refusals]


def due(house: Hospital) -> dict[str, str]:
    return {
        row["task"]: row["due"] for row in table(house.record.state, "tasks") if row["kind"] == "capacity"
    }


def at_the_bed(house: Hospital) -> tuple[str, str, str]:
    house.admit("S-01")
    return house.ready("S-01", "1")


def test_a_dose_after_the_time_is_refused_until_somebody_looks_again(where: str) -> None:
    house = asked(where)
    product, coi, label = at_the_bed(house)
    said = house.now[:10]
    assert due(house)["capacity:S-01:weekly"] > said
    house.wait(days=8)
    rechecked(house, product, label)
    assert refused(lambda: house.give(product, "S-01", coi)) == ["gate.capacity.interval"]
    assess(house)
    assert due(house)["capacity:S-01:weekly"] == (house._clock[0] + timedelta(days=7)).date().isoformat()
    rechecked(house, product, label)
    house.give(product, "S-01", coi)
    state = house.record.state
    assert state.participants["S-01"].doses[0].stands
    assert state.invalid == {}
    assert fold_all(house.record.events(), "SYN") == state


def test_the_last_day_still_stands_and_the_next_does_not() -> None:
    for wait, codes in ((7, []), (8, ["gate.capacity.interval"])):
        house = asked()
        product, coi, label = at_the_bed(house)
        begun = house.record.state.participants["S-01"].known["consent"][0].at
        house._clock[0] = house._clock[0].replace(hour=12)
        while (
            house._clock[0].date() - house._clock[0].fromisoformat(begun.replace("Z", "+00:00")).date()
        ).days < wait:
            house.wait(days=1)
        rechecked(house, product, label)
        if codes:
            assert refused(lambda: house.give(product, "S-01", coi)) == codes  # noqa: B023
        else:
            house.give(product, "S-01", coi)


def test_what_rests_on_consent_waits_as_well(where: str) -> None:
    house = asked(where)
    for step in (house.refer, house.screen, house.consent):
        step("S-01")
    house.wait(days=8)
    assert refused(lambda: house.enrol("S-01")) == ["gate.capacity.interval"]
    assess(house)
    house.enrol("S-01")
    house.wait(days=8)
    assert refused(lambda: house.allocate("S-01")) == ["gate.capacity.interval"]
    assess(house)
    house.allocate("S-01")
    house.do("therapy.open", "S-01", {"coi": "COI-1", "regimen": "spinal"})
    house.wait(days=8)
    assert refused(lambda: house.collect("S-01", "COI-1", "D-1")) == ["gate.capacity.interval"]
    # nor is anything taken of somebody who was found unable to decide
    assess(house, result="lacks")
    assert refused(lambda: house.collect("S-01", "COI-1", "D-1")) == ["gate.capacity.lacking"]


def test_what_is_seen_of_somebody_waits_for_nothing() -> None:
    house = asked()
    house.admit("S-01")
    house.wait(days=60)
    house.do("visit.record", "S-01", {"visit": "baseline", "on": house.now[:10]})


def test_another_check_counts_unless_an_instrument_is_asked() -> None:
    by_interview = WEEKLY | {"instrument": "capacity-interview"}
    other = {"id": "bedside", "trigger": "at the bed", "if_lost": WHY}
    same = {
        "id": "ward-interview",
        "trigger": "on the ward",
        "if_lost": WHY,
        "instrument": "capacity-interview",
    }
    for check, by, stands in (
        (WEEKLY, "bedside", True),
        (by_interview, "bedside", False),
        (by_interview, "ward-interview", True),
        (by_interview, "weekly", True),
    ):
        house = asked(":memory:", check, other, same)
        for step in (house.refer, house.screen, house.consent):
            step("S-01")
        house.wait(days=8)
        assess(house, by)
        if stands:
            house.enrol("S-01")
        else:
            assert refused(lambda: house.enrol("S-01")) == ["gate.capacity.interval"], (check, by)  # noqa: B023


def test_a_check_that_the_programme_does_not_name_renews_nothing() -> None:
    house = asked()
    house.admit("S-01")
    assert refused(lambda: assess(house, "weekley")) == ["gate.stage.missing"]
    # that somebody cannot decide is never refused, whoever found it by whatever
    assess(house, "whatever-the-ward-does", result="lacks")
    assert house.record.state.participants["S-01"].true("capacity", house.now).value == "lacks"
    rows = [row for row in table(house.record.state, "tasks") if row["kind"] == "capacity-lost"]
    assert [(row["about"], row["done"]) for row in rows] == [(WHY, None)]


def test_a_look_that_was_entered_after_the_dose_documents_it_and_did_not_permit_it() -> None:
    house = asked()
    product, coi, label = at_the_bed(house)
    house.wait(days=8)
    rechecked(house, product, label)
    given = house.now
    house.wait(minutes=5)
    assess(house, at=stamp(house._clock[0] - timedelta(minutes=30)), reason=WHY)
    house.give(product, "S-01", coi, at=given)
    dose = house.record.state.participants["S-01"].doses[0]
    assert dose.afterwards == ("capacity",)
    assert not dose.valid


def test_a_look_that_is_taken_back_calls_the_dose_into_question() -> None:
    house = asked()
    product, coi, label = at_the_bed(house)
    house.wait(days=8)
    assess(house)
    seq = sum(1 for _ in house.record.events())
    rechecked(house, product, label)
    house.give(product, "S-01", coi)
    house.do(
        "event.retract", "S-01", {"event": "capacity.assessed"}, corrects=seq, also=[("dr-3", "physician")]
    )
    dose = house.record.state.participants["S-01"].doses[0]
    assert dose.standing == "questioned"
    assert "capacity" in (dose.found or ())


def test_guardians_have_the_task_and_a_child_is_treated() -> None:
    house = asked()
    house.refer("S-01")
    house.screen("S-01")
    minor = CONSENT | {"age_years": 10, "by": "guardians", "majority_on": "2034-01-01", "capacity": "lacks", "assent": "yes",
                       "guardians": [{"id": "G-1", "relation": "mother"}, {"id": "G-2", "relation": "father"}]}  # fmt: skip
    house.do("consent.give", "S-01", minor)
    house.wait(days=20)
    assert due(house)["capacity:S-01:weekly"] < house.now[:10]
    house.enrol("S-01")


def test_nothing_is_due_of_somebody_who_left() -> None:
    house = asked()
    house.admit("S-01")
    house.do("participant.lose", "S-01", {"attempts": 1, "last_contact": house.now[:10]})
    assert due(house) == {}


# harm that comes late


def scanned(where: str = ":memory:") -> tuple[Hospital, str]:
    house = asked(where, {"id": "bedside", "trigger": "at the bed", "if_lost": WHY}, surveillance=[SCAN])
    product, coi, label = at_the_bed(house)
    rechecked(house, product, label)
    house.give(product, "S-01", coi)
    return house, house.now[:10]


def statuses(house: Hospital) -> dict[str, str]:
    rows = visit_rows(house.record.state, house._clock[0].date())
    return {row["name"]: row["status"] for row in rows if row["name"].startswith("spine-scan")}


def test_surveillance_is_due_each_time_then_late_then_overdue(where: str) -> None:
    house, _ = scanned(where)
    names = ["spine-scan", "spine-scan#1", "spine-scan#2", "spine-scan#3"]
    assert statuses(house) == dict.fromkeys(names, "upcoming")
    house.wait(days=30)
    assert statuses(house)["spine-scan"] == "due"
    house.wait(days=5)
    assert statuses(house)["spine-scan"] == "late"
    house.do("visit.record", "S-01", {"visit": "spine-scan", "on": house.now[:10]})
    assert statuses(house)["spine-scan"] == "done"
    house.wait(days=400)
    assert statuses(house)["spine-scan#1"] == "late"
    house.wait(days=365)
    assert statuses(house)["spine-scan#1"] == "overdue"
    assert statuses(house)["spine-scan#2"] == "late"
    house.do(
        "visit.record",
        "S-01",
        {"visit": "spine-scan", "occurrence": 2, "on": house.now[:10], "status": "missed"},
    )
    assert statuses(house)["spine-scan#2"] == "missed"
    assert fold_all(house.record.events(), "SYN") == house.record.state


def test_it_is_none_of_those_whose_visit_has_not_begun_and_no_other_name_is_recorded() -> None:
    house, _ = scanned()
    house.admit("S-02")
    rows = visit_rows(house.record.state, house._clock[0].date())
    assert {row["participant"] for row in rows if row["name"].startswith("spine-scan")} == {"S-01"}
    assert refused(
        lambda: house.do("visit.record", "S-01", {"visit": "liver-scan", "on": house.now[:10]})
    ) == ["gate.stage.missing"]


def test_the_dates_follow_the_numbers_of_the_bundle() -> None:
    for every, until, times in (
        (q(6, "mo"), q(2, "a"), 5),
        (q(1, "a"), q(15, "a"), 16),
        (q(2, "wk"), q(30, "d"), 3),
    ):
        found = Surveillance.model_validate(SCAN | {"every": every, "until": until})
        assert found.times == times, (every, until)


def test_a_length_of_time_in_another_unit_is_refused_by_the_model() -> None:
    for model, right in ((CapacityCheck, WEEKLY), (Surveillance, SCAN)):
        with pytest.raises(ValueError, match="no length of time"):
            model.model_validate(right | {"every": q(7, "mg")})


# the same by hostile hands, with the independent checker reading over their shoulder


def world(without: str = "") -> World:
    regimen = view().model_dump(mode="json")["regimens"][0] | COURSE
    changes = families() | ASKED_AGAIN | {"eligibility": SECOND_LOOK, "regimens": [regimen]}
    return World({name: gate for name, gate in GATES.items() if name != without}, changes=changes)


ATTACKS = (
    treated_long_after_anybody_looked,
    collected_from_somebody_who_cannot_decide,
    enrolled_long_after_consent,
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_and_seen_by_the_checker_where_the_gate_is_left_out(attack: Any) -> None:
    kept, open_to_all = world(), world(without="capacity")
    with pytest.raises(Refused) as caught:
        attack(kept)
    assert caught.value.gates == ["capacity"]
    assert kept.audit() == []
    attack(open_to_all)
    assert any(one.startswith("capacity:") for one in open_to_all.audit())


@pytest.mark.parametrize("seed", range(12))
def test_looked_at_again_or_not_in_any_order_nothing_rests_on_an_old_look(seed: int) -> None:
    rng, here = random.Random(seed), world()
    for _ in range(6):
        here.try_(lambda: looked_at_again(here, rng))
        assert here.audit() == []
    assert here.state.invalid == {}
    assert fold_all(here.house.record.events(), "SYN") == here.state
