"""What mutation testing found that no test noticed, second part: each refusal where there is nothing to judge, and each bound at its very edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from proband.record.commands import COMMANDS, Command, Signature
from proband.record.declare.command import Context
from proband.record.errors import Refused
from proband.record.events import stamp
from proband.record.gates import GATES
from proband.record.gates.conduct import AHEAD_SECONDS, LATE_SECONDS, LIVE_SECONDS
from proband.record.state import StandingHold

from .synthetic import CONSENT, WHY, Hospital, hospital, q
from .tablet import Tablet, judging_nothing
from .test_gates_closely import asked

DOSE = {
    "participant": "S-1",
    "coi": "COI-0",
    "wristband": "S-1",
    "bag": "BAG-0",
    "route": "intrathecal",
    "dose": q(8e7, "{cells}"),
    "inputs": {},
}


@pytest.mark.parametrize(
    ("gate", "verb", "code"),
    [
        ("product-open", "product.step", "product-open.unknown"), ("custody", "product.administer", "custody.unknown"),
        ("expiry", "product.administer", "expiry.unknown"), ("release", "product.administer", "release.status"),
        ("interval", "product.administer", "interval.unknown"), ("dose", "product.administer", "dose.regimen"),
        ("second-check", "product.administer", "second-check.product"), ("bedside", "product.administer", "bedside.product"),
        ("route", "product.administer", "route.regimen"), ("identity", "product.administer", "identity.different"),
        ("alive", "product.administer", "alive.unknown"), ("consent", "product.administer", "consent.none"),
        ("verdict", "product.administer", "verdict.none"), ("capacity", "product.administer", None), ("withdrawal", "product.administer", None),
    ],
)  # fmt: skip
def test_where_there_is_no_such_thing_each_gate_says_so(gate: str, verb: str, code: str | None) -> None:
    house = hospital()
    assert asked(house, gate, verb, "BAG-0", data=DOSE) == (None if code is None else f"gate.{code}")


def test_an_arm_is_somebody_s() -> None:
    house = hospital()
    assert (
        asked(house, "arm", "therapy.open", "S-0", data={"coi": "COI-1", "regimen": "spinal"})
        == "gate.arm.participant"
    )
    house.admit("S-1")
    assert asked(house, "arm", "therapy.open", "S-1", data={"coi": "COI-1", "regimen": "spinal"}) is None
    assert (
        asked(house, "arm", "therapy.open", "S-1", data={"coi": "COI-1", "regimen": "none"})
        == "gate.arm.unknown"
    )


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"weight": q(80.0, "banana")},
        {"weight": q(80.0, "m")},
        {"weight": q(0.0, "kg")},
        {"age": q(38.0, "a")},
    ],
)
def test_a_dose_that_cannot_be_worked_out_is_refused(inputs: dict[str, Any]) -> None:
    """Weight that is missing, of no unit, of another kind, or none at all."""
    house = hospital()
    house.admit("S-1")
    product, _, _ = house.ready("S-1", "1")
    given = {"participant": "S-1", "dose": q(8e7, "{cells}"), "inputs": inputs, "prepared_by": "lab-1"}
    with pytest.raises(Refused) as refused:
        house.do("dose.check", product, given, actor="qa-1")
    assert refused.value.gates == ["dose"]


def at_the_edge(house: Hospital, verb: str, seconds: float, reason: str | None = None) -> str | None:
    """What the gate on clocks says of something that happened so long before it is recorded."""
    at = stamp(house._clock[0] - timedelta(seconds=seconds))
    return asked(house, "clock", verb, "S-1", at=at, day=at[:10], reason=reason)


def test_the_bounds_of_clocks_are_what_is_said() -> None:
    house = hospital()
    house.admit("S-1")
    assert at_the_edge(house, "visit.record", -AHEAD_SECONDS) is None
    assert at_the_edge(house, "visit.record", -AHEAD_SECONDS - 0.001) == "gate.clock.ahead"
    assert at_the_edge(house, "product.administer", LIVE_SECONDS, WHY) is None
    assert at_the_edge(house, "product.administer", LIVE_SECONDS + 0.001, WHY) == "gate.clock.late"
    assert at_the_edge(house, "visit.record", LATE_SECONDS) is None
    assert at_the_edge(house, "visit.record", LATE_SECONDS + 0.001) == "gate.clock.unexplained"
    assert at_the_edge(house, "visit.record", LATE_SECONDS + 0.001, WHY) is None


def test_the_record_s_own_clock_may_stand_back_by_as_little() -> None:
    house = hospital()
    last = house._clock[0]
    for seconds, code in ((AHEAD_SECONDS, None), (AHEAD_SECONDS + 0.001, "gate.clock.record")):
        now = stamp(last - timedelta(seconds=seconds))
        assert asked(house, "clock", "visit.record", "S-1", at=now, recorded=now) == code


def test_a_signature_may_be_as_far_beside_the_clock_as_clocks_may_differ() -> None:
    house = hospital()
    house.refer("S-1")
    house.screen("S-1")

    def signed(seconds: float) -> list[str]:
        at = stamp(house._clock[0] + timedelta(seconds=seconds))
        command = Command(
            "consent.give",
            "S-1",
            dict(CONSENT),
            actor="dr-1",
            role="physician",
            site="north",
            signatures=[Signature("dr-1", "physician", "scripted", at=at)],
        )
        try:
            house.record.execute(command)
        except Refused as refused:
            return refused.gates
        return []

    assert signed(AHEAD_SECONDS + 0.001) == signed(-AHEAD_SECONDS - 0.001) == ["signature"]
    assert signed(AHEAD_SECONDS) == []
    assert signed(-AHEAD_SECONDS) == []


def test_a_refusal_names_the_training_that_a_second_signer_lacks() -> None:
    house = hospital()
    house.do("staff.grant", "dr-9", {"role": "physician", "sites": ["north"]}, actor="sys-1", site="*")
    house.admit("S-1")
    done = house.do("milestone.record", "S-1", {"milestone": "walked", "when": "2025", "reached": True})
    with pytest.raises(Refused) as refused:
        house.do(
            "event.retract",
            "S-1",
            {"event": "milestone.recorded"},
            corrects=done.seq,
            also=[("dr-9", "physician")],
        )
    (refusal,) = refused.value.refusals
    assert refusal.code == "gate.signature.training"
    assert "gcp" in refusal.message


def test_the_last_moment_of_an_expiry_is_past() -> None:
    house = hospital()
    house.admit("S-1")
    product, _, _ = house.ready("S-1", "1")
    ends = house.record.state.products[product].expires_at
    assert ends is not None

    def said(moment: str) -> str | None:
        return asked(house, "expiry", "product.administer", product, at=moment, recorded=moment, data=DOSE)

    assert said(ends) == "gate.expiry.passed"


def plain_context(house: Hospital, verb: str, subject: str, **says: Any) -> Context:
    body: Mapping[str, Any] = {
        "command": verb, "subject": subject, "at": house.now, "recorded": house.now, "day": house.now[:10], "offset": "+00:00",
        "source": "online", "site": "north", "actor": "dr-1", "role": "physician", "signatures": [], "data": {}, **says,
    }  # fmt: skip
    return Context(house.record.state, body, COMMANDS[verb])


def test_a_gate_that_has_nothing_to_ask_is_no_permission() -> None:
    house = hospital()
    context = plain_context(house, "visit.record", "S-1")
    undeclared = next(verb for verb, one in COMMANDS.items() if not one.stage)
    refusal = GATES["stage"].function(plain_context(house, undeclared, "S-1"))
    assert refusal is not None
    assert refusal.code == "gate.stage.undeclared"
    assert GATES["stage"].function(context) is not None


@pytest.mark.parametrize(
    ("wrong", "stands"),
    [(0, True), (-AHEAD_SECONDS, True), (AHEAD_SECONDS, True), (-600, False), (600, False)],
)
def test_a_device_whose_clock_says_what_its_counter_does_not_is_not_believed(
    wrong: float, stands: bool
) -> None:
    """Slow or fast when it happened, put right before the return; and a device that judges nothing itself."""
    house = hospital()
    house.admit("S-1")
    product, coi, label = house.ready("S-1", "1")
    tablet = Tablet(house, product, coi, label)
    tablet.issue()
    tablet.start()
    house.wait(minutes=30)
    tablet.wrong = wrong
    with judging_nothing():
        tablet.check()
    tablet.wrong = 0
    house.wait(minutes=15)
    done = tablet.back()
    assert [one["gates"] for one in done.conflicts] == ([] if stands else [["capsule"]])


def test_a_method_of_signing_that_nobody_knows_is_none() -> None:
    """No door lets one in; an event that was put into the log is judged by the gate alone."""
    house = hospital()
    house.refer("S-1")
    house.screen("S-1")
    house.consent("S-1")
    body = list(house.record.events())[-1].body
    for method in ("by telephone", "", "PASSWORD"):
        signed = {**body, "signatures": [{**body["signatures"][0], "method": method}]}
        refusal = GATES["signature"].function(Context(house.record.state, signed, COMMANDS["consent.give"]))
        assert refusal is not None
        assert refusal.code == "gate.signature.method"
    assert GATES["signature"].function(Context(house.record.state, body, COMMANDS["consent.give"])) is None


@pytest.mark.parametrize(("target", "stopped"), [("cells", True), ("", True), ("other", False)])
def test_a_hold_on_a_product_stops_those_whose_arm_leads_to_it_before_there_is_a_container(
    target: str, stopped: bool
) -> None:
    """Nobody is collected from for a product on hold; whose arm leads to none is not stopped by it."""
    house = hospital()
    house.admit("S-1")
    house.refer("S-2")
    for person in ("S-2",):
        house.screen(person)
        house.consent(person)
        house.enrol(person)
        house.allocate(person, "care")
    house.record.state.holds["H"] = StandingHold(
        "H", "", "a hold", "product", target, ("collection",), house.now, 1
    )
    collect = {"coi": "COI-1", "din": "DIN-1", "wristband": "S-1", "material": "marrow"}
    assert asked(house, "hold", "product.collect", "S-1", data=collect) == (
        "gate.hold.standing" if stopped else None
    )
    assert asked(house, "hold", "product.collect", "S-2", data=collect) == (
        "gate.hold.standing" if target == "" else None
    )


def test_a_hold_on_a_product_looks_at_the_container_where_there_is_one() -> None:
    """Of a container its own kind counts, whosever arm is asked for."""
    house = hospital()
    house.admit("S-1")
    product, _, _ = house.ready("S-1", "1")
    for step in (house.refer, house.screen, house.consent, house.enrol):
        step("S-2")
    house.allocate("S-2", "care")
    given = {**DOSE, "participant": "S-2"}
    for target, code in (("cells", "gate.hold.standing"), (product, "gate.hold.standing"), ("other", None)):
        house.record.state.holds["H"] = StandingHold(
            "H", "", "a hold", "product", target, ("administration",), house.now, 1
        )
        assert asked(house, "hold", "product.administer", product, data=given) == code
    # where there is neither container nor person, nothing is looked for
    house.record.state.holds["H"] = StandingHold(
        "H", "", "a hold", "product", "cells", ("release",), house.now, 1
    )
    assert asked(house, "hold", "product.release", "BAG-0", data={"route": "intrathecal"}) is None


def test_the_version_of_nobody_is_no_fault() -> None:
    """Whether there is somebody another gate asks."""
    house = hospital()
    version = house.record.state.programme
    assert asked(house, "programme", "participant.enrol", "S-0", programme=version) is None
    assert (
        asked(house, "programme", "participant.enrol", "S-0", programme="f" * 64) == "gate.programme.version"
    )


def test_a_key_that_was_revoked_is_no_second_key_of_the_last_custodian() -> None:
    house = hospital()
    keys = house.record.state.keys
    (own,) = [key for key in keys.values() if key.holder == "sys-1"]
    keys["0" * 16] = replace(own, id="0" * 16, until=3)
    custodian = {"actor": "sys-1", "role": "custodian", "site": "*"}
    assert (
        asked(house, "stays", "key.revoke", own.id, data={"cause": "lost"}, **custodian) == "gate.stays.last"
    )
    # one that is gone already takes nobody with it
    assert asked(house, "stays", "key.revoke", "0" * 16, data={"cause": "lost"}, **custodian) is None
    # another person's revoked key is nothing to this one
    keys["1" * 16] = replace(own, id="1" * 16, holder="nurse-1")
    assert (
        asked(house, "stays", "key.revoke", own.id, data={"cause": "lost"}, **custodian) == "gate.stays.last"
    )


def test_nobody_works_on_a_container_that_is_elsewhere() -> None:
    house = hospital()
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    assert asked(house, "product-open", "product.step", "BAG-1") is None
    assert asked(house, "product-open", "product.step", "BAG-1", site="south") == "gate.product-open.place"


def test_a_second_signature_on_somebody_s_key_is_a_custodian_s_or_their_own() -> None:
    house = hospital()
    house.record.state.shared = True

    def said(other: str, role: str) -> str | None:
        signed = [{"signer": "sys-1", "role": "custodian"}, {"signer": other, "role": role}]
        return asked(house, "second-key", "person.enrol", "nurse-1", signatures=signed)

    assert said("dr-1", "physician") == "gate.second-key.missing"
    assert said("nurse-1", "nurse") is None
    assert said("dm-2", "custodian") is None


@pytest.mark.parametrize(
    "change", [{"about": "BAG-2"}, {"verb": "product.administer"}, {"gates": ["expiry"]}]
)
def test_a_refusal_that_the_record_keeps_is_of_the_attempt_that_it_shows(change: dict[str, Any]) -> None:
    """Of another container, of another command, or by other gates: nobody made that attempt."""
    house = hospital()
    house.admit("S-1")
    product, _, _ = house.ready("S-1", "1")
    with pytest.raises(Refused):
        house.do("product.release", product, {"route": "intravenous"}, actor="qa-1")
    kept = list(house.record.events())[-1].body
    assert kept["event"] == "command.refused"
    gates = kept["data"]["gates"]

    def code(body: Mapping[str, Any]) -> str | None:
        refusal = GATES["derived"].function(
            Context(house.record.state, body, COMMANDS["command.refuse"], lambda attempt: gates)
        )
        return None if refusal is None else refusal.code

    assert code(kept) is None
    assert code({**kept, "data": {**kept["data"], **change}}) == "gate.derived.foreign"
