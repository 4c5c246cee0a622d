"""What is of its time is judged under the version that was in force then, also where it is entered after an amendment; what decides now, under that of now."""

from __future__ import annotations

from typing import Any

import pytest

from proband.record import drafting
from proband.record.commands import COMMANDS, Command, Signature
from proband.record.errors import Refused
from proband.record.events import stamp

from .synthetic import CONSENT, ELIGIBILITY, WHY, Hospital, hospital, q, shown, stands, view

STRICTER: dict[str, Any] = {
    **ELIGIBILITY,
    "criteria": [
        {"id": "I1", "kind": "include", "purpose": "safety", "reason": WHY, "when": "platelets >= 300"},
        ELIGIBILITY["criteria"][1],
    ],
}


def treated(house: Hospital) -> int:
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    return house.give(product, "S-1", coi).seq


def test_a_verdict_entered_late_is_judged_by_the_criteria_of_its_time(where: str) -> None:
    """It permits what happened under that version, and nothing under the next."""
    house = hospital(where)
    seq = treated(house)
    house.wait(hours=1)
    no = house.do("participant.screen", "S-1", {"outcome": "not-eligible", "facts": shown(platelets=20.0), "reasons": [WHY]},
                  at=stamp(house._clock[0].replace(hour=7, minute=59)), reason=WHY)  # fmt: skip
    (dose,) = house.record.state.participants["S-1"].doses
    # what happened last counts, the verdict of eight o'clock; two people look at it
    assert (dose.standing, dose.found) == ("questioned", ())
    house.wait(days=1)
    house.adopt(view("2.0.0", eligibility=STRICTER))
    house.wait(hours=1)
    # 250 are enough by the first version, and too few by the second
    late = house.do(
        "participant.screen",
        "S-1",
        {"outcome": "eligible", "facts": shown(), "reasons": []},
        at="2026-03-02T08:00:00.000Z",
        reason=WHY,
    )
    assert late.body["programme"] == no.body["programme"] == view().hash
    (dose,) = house.record.state.participants["S-1"].doses
    assert dose.seq == seq
    assert (dose.standing, dose.found) == ("questioned", ())
    with pytest.raises(Refused) as refused:
        house.do(
            "participant.screen",
            "S-1",
            {"outcome": "eligible", "facts": shown(as_of=house.now[:10]), "reasons": []},
        )
    assert refused.value.gates == ["verdict-values"]
    stands(house)


def test_a_late_verdict_of_an_earlier_version_admits_nobody_now(where: str) -> None:
    house = hospital(where)
    house.refer("S-1")
    house.wait(hours=2)
    house.adopt(view("2.0.0", eligibility=STRICTER))
    house.wait(hours=2)
    house.do(
        "participant.migrate",
        "S-1",
        {"from_programme": view().hash, "to_programme": house.record.state.programme},
        actor="sys-1",
        site="*",
    )
    house.do(
        "participant.screen",
        "S-1",
        {"outcome": "eligible", "facts": shown(), "reasons": []},
        at="2026-03-02T09:00:00.000Z",
        reason=WHY,
    )
    house.consent("S-1", "text-2")
    with pytest.raises(Refused) as refused:
        house.enrol("S-1")
    assert refused.value.gates == ["verdict"]


def dosed_before_and_recorded_after(house: Hospital, minutes: int = 5) -> int:
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.wait(minutes=2)
    at = house.now
    house.wait(minutes=1)
    house.adopt(view("2.0.0", eligibility=STRICTER))
    house.wait(minutes=minutes)
    data = {"participant": "S-1", "coi": coi, "wristband": "S-1", "bag": product, "route": "intrathecal", "dose": q(8e7, "{cells}"),
            "inputs": {"weight": q(80.0, "kg")}}  # fmt: skip
    return house.do("product.administer", product, data, at=at).seq


def test_a_dose_before_an_amendment_that_is_recorded_after_it_is_in_question(where: str) -> None:
    """It happened under the first version: not refused, and not silently valid either."""
    house = hospital(where)
    seq = dosed_before_and_recorded_after(house)
    (dose,) = house.record.state.participants["S-1"].doses
    assert (dose.seq, dose.valid, dose.standing, dose.stands, dose.found) == (
        seq,
        True,
        "questioned",
        False,
        (),
    )
    assert any(task.id.startswith(f"standing:{seq}:") for task in house.record.state.tasks.values())
    house.do(
        "dose.settle",
        "S-1",
        {"standing": "upheld", "finding": WHY},
        corrects=seq,
        also=[("dr-3", "physician")],
    )
    assert house.record.state.participants["S-1"].doses[0].stands
    stands(house)


def test_nobody_reaches_the_version_before_by_an_earlier_time_where_something_is_decided_now(
    where: str,
) -> None:
    """A release, an enrolment and an allocation are decisions of now, whatever time is written on them."""
    house = hospital(where)
    house.admit("S-1")
    house.refer("S-2")
    house.screen("S-2")
    house.consent("S-2")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    house.test("BAG-1")
    house.label("BAG-1", "COI-1")
    house.wait(hours=1)
    at = house.now
    house.wait(minutes=1)
    products = view().model_dump(mode="json")["products"]
    products[0]["release_tests"].append(
        {
            **products[0]["release_tests"][0],
            "id": "endotoxin",
            "name": "endotoxin",
            "attribute": "endotoxin",
            "operator": "negative",
            "limit": None,
        }
    )
    house.adopt(view("2.0.0", products=products))
    house.wait(minutes=1)
    for verb, subject, data, actor, gate in (
        ("product.release", "BAG-1", {"route": "intrathecal"}, "qa-1", "tests"),
        ("participant.enrol", "S-2", {"number": 2}, "dr-1", "programme"),
    ):
        with pytest.raises(Refused) as refused:
            house.do(verb, subject, data, actor=actor, at=at)
        assert gate in refused.value.gates, verb


def test_a_prompt_of_before_an_amendment_still_signs_what_happened_before_it(where: str) -> None:
    house = hospital(where)
    house.refer("S-1")
    house.screen("S-1")
    asked = Command(
        "consent.give",
        "S-1",
        dict(CONSENT),
        actor="dr-1",
        role="physician",
        site="north",
        signatures=[Signature("dr-1", "physician", "scripted")],
    )
    settled, (prompt,) = house.record.prompts(asked)
    house.wait(minutes=1)
    house.adopt(view("2.0.0", consent=view().model_dump(mode="json")["consent"]))
    private = house.record.people.get("dr-1") if house.record.people else None
    assert private is not None
    settled.signatures[0].value = private.sign(prompt.challenge)
    assert house.record.execute(settled).body["programme"] == view().hash
    stands(house)


@pytest.mark.parametrize("adopted", [("2.0.0", "3.0.0")])
def test_two_doors_with_different_clocks_adopt_in_the_order_of_the_log(adopted) -> None:
    house = hospital()
    house.refer("S-1")
    house.wait(seconds=100)
    house.adopt(view(adopted[0]))
    house.wait(seconds=-90)
    house.adopt(view(adopted[1]))
    house.wait(minutes=10)
    state = house.record.state
    assert state.version_at(house.now) == state.programme == view(adopted[1]).hash
    house.screen("S-1")
    stands(house)


def test_a_log_of_the_envelope_before_stands_as_it_was_judged(monkeypatch) -> None:
    """Version 3 judged a late verdict by the criteria of the day on which it was recorded; so it is judged still."""
    houses: list[Hospital] = []
    with monkeypatch.context() as before:
        compose = drafting.compose

        def of_now(*given: Any, programme: str, **named: Any) -> dict[str, Any]:
            return compose(
                *given, programme=houses[0].record.state.programme if houses else programme, **named
            )

        before.setattr(drafting, "compose", of_now)
        before.setattr("proband.record.compose.SCHEMA_VERSION", 3)
        before.setattr("proband.record.own_events.SCHEMA_VERSION", 3)
        houses.append(house := hospital())
        house.refer("S-1")
        house.wait(hours=2)
        house.adopt(view("2.0.0", eligibility=STRICTER))
        house.wait(hours=1)
        late = {"outcome": "eligible", "facts": shown(platelets=400.0), "reasons": []}
        assert (
            house.do("participant.screen", "S-1", late, at="2026-03-02T09:00:00.000Z", reason=WHY).body["v"]
            == 3
        )
    stands(house)
    # the record goes on with the envelope of now, and none of before can follow
    assert (
        house.do("participant.screen", "S-1", late, at="2026-03-02T09:00:00.000Z", reason=WHY).body[
            "programme"
        ]
        == view().hash
    )
    stands(house)


def test_what_is_of_its_time_can_do_nothing_that_is_not_asked_again() -> None:
    """Only statements about a person and what is done at a bed: whatever they permit asks for the version in force again."""
    assert {verb for verb, one in COMMANDS.items() if one.of_its_time} == {
        "participant.screen", "consent.give", "capacity.assess", "guardian.change", "product.administer", "kit.give", "dose.check", "bedside.verify",
        # what a dose is worked out from and rests on: each dose asks for it again, and so does every later look at that dose
        "measurement.record", "titration.decide", "companion.give", "course.begin", "dose.omit",
    }  # fmt: skip
