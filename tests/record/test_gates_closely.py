"""What mutation testing found that no test noticed: one gate at a time, each refusal beside its honest twin."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from proband.record import capsule, safety
from proband.record.commands import COMMANDS, Command, Signature
from proband.record.declare.command import Context
from proband.record.errors import Refused
from proband.record.events import stamp
from proband.record.fold import advance
from proband.record.gates import GATES
from proband.record.gates.making import off_range
from proband.record.heads import SigningKey
from proband.record.signing import CONTENT
from proband.record.state import StandingHold
from proband.terms import Quantity

from .synthetic import CONSENT, WHY, Hospital, hospital, q
from .whole_life import offer

ROOT = Path(__file__).resolve().parent.parent.parent
CUSTODIAN = {"actor": "sys-1", "site": "*"}
SURVIVORS = Path(__file__).with_name("surviving_mutants.toml")


def asked(house: Hospital, gate: str, verb: str, subject: str, **says: Any) -> str | None:
    """The code of a gate's refusal of a body that says no more than it must; ``None`` where it lets it pass."""
    body: Mapping[str, Any] = {
        "command": verb, "subject": subject, "at": house.now, "recorded": house.now, "day": house.now[:10], "offset": "+00:00",
        "source": "online", "site": "north", "actor": "dr-1", "role": "physician", "signatures": [], "data": {}, **says,
    }  # fmt: skip
    refusal = GATES[gate].function(Context(house.record.state, body, COMMANDS[verb]))
    return None if refusal is None else refusal.code


OWN = {"actor": "record", "role": "record", "site": "*", "data": {"instance": "cd" * 16}}


@pytest.mark.parametrize(
    "other",
    [{"actor": "dr-1"}, {"role": "physician"}, {"actor": "dr-1", "role": "dr-1"}, {"source": "capsule:CAP-1"}, {"signatures": [{"signer": "dr-1"}]}],
)  # fmt: skip
def test_what_the_record_adds_comes_from_the_record_alone(other) -> None:
    house = hospital()
    assert asked(house, "derived", "record.restore", "SYN", **OWN) is None
    assert asked(house, "derived", "record.restore", "SYN", **OWN | other) == "gate.derived.foreign"


@pytest.mark.parametrize("blocks", ["enrolment", "collection", "release", "administration"])
def test_a_hold_stops_what_it_blocks_and_nothing_else(blocks) -> None:
    house = hospital()
    house.admit("S-1")
    product, _, _ = house.ready("S-1", "1")
    house.record.state.holds["H"] = StandingHold("H", "", "a hold", "programme", "", (blocks,), house.now, 1)
    for verb, declared in COMMANDS.items():
        if declared.hold is not None and "hold" in declared.gates:
            subject = product if declared.subject == "product" else "S-1"
            stopped = asked(house, "hold", verb, subject)
            assert stopped == ("gate.hold.standing" if declared.hold == blocks else None), verb


def test_a_key_of_ones_own_is_replaced_by_another() -> None:
    house = hospital()
    old = next(key.id for key in house.record.state.keys.values() if key.holder == "nurse-1")
    enrol = {"key": offer(house, "nurse-1"), "replaces": [old]}
    seq = house.do("person.enrol", "nurse-1", enrol, **CUSTODIAN).seq
    assert house.record.state.keys[old].until == seq


@pytest.mark.parametrize("meaning", ["device", "consent"])
def test_a_signature_that_nobody_asked_for_is_looked_at_as_every_other(meaning) -> None:
    house = hospital()
    last = next(reversed(list(house.record.events()))).body
    rest = {
        name: last.get(name)
        for name in CONTENT
        if name in ("study", "programme", "event", "key", "reason", "corrects")
    }
    assert asked(house, "signature", "participant.refer", "S-1", **rest) is None
    forged = {"signer": "dr-1", "role": "physician", "meaning": meaning, "key": "0" * 16, "algorithm": "ed25519", "name": "x",
              "at": house.now, "shown": "0" * 64, "value": "0" * 128}  # fmt: skip
    assert asked(house, "signature", "participant.refer", "S-1", signatures=[forged], **rest) is not None


@pytest.mark.parametrize(("verb", "code"), [("visit.record", None), ("participant.erase", "gate.name.reserved"), ("personal.read", "gate.name.reserved")])  # fmt: skip
def test_whoever_bears_a_name_of_the_record_is_cared_for_and_the_vault_is_not_opened_by_it(
    verb, code
) -> None:
    house = hospital()
    house.admit("S-1")
    house.record.state.participants["study"] = house.record.state.participants["S-1"]
    assert asked(house, "name", verb, "study", v=6) == code


def test_a_training_that_ran_out_is_told_from_one_that_was_never_recorded() -> None:
    house = hospital()
    house.do("staff.grant", "dr-9", {"role": "physician", "sites": ["north"]}, **CUSTODIAN)

    def told() -> str:
        with pytest.raises(Refused) as refused:
            house.do("participant.refer", "S-1", {}, actor="dr-9", role="physician", unsigned=True)
        (refusal,) = refused.value.refusals
        return f"{refusal.code}: {refusal.message}"

    assert told() == "gate.training.missing: dr-9 has no training gcp, which physician needs"
    house.do("staff.train", "dr-9", {"training": "gcp", "valid_until": "2026-03-01"}, **CUSTODIAN)
    assert (
        told()
        == "gate.training.expired: dr-9 has since 2026-03-01 no longer the training gcp, which physician needs"
    )


def test_a_hash_that_is_not_the_lock_s_is_named_by_its_first_twelve_digits() -> None:
    house = hospital()
    house.admit("S-1")
    house.do("participant.lock", "S-1", {}, **CUSTODIAN)
    wrong = "0123456789abcdef" * 4
    with pytest.raises(Refused) as refused:
        house.do("participant.sign", "S-1", {"digest": wrong})
    (refusal,) = refused.value.refusals
    assert refusal.code == "gate.attested.other"
    assert wrong[:12] in refusal.message
    assert wrong[:13] not in refusal.message


def test_a_key_that_has_ended_is_replaced_by_none() -> None:
    house = hospital()
    old = next(key.id for key in house.record.state.keys.values() if key.holder == "nurse-1")
    house.do("person.enrol", "nurse-1", {"key": offer(house, "nurse-1"), "replaces": [old]}, **CUSTODIAN)
    again = {"key": offer(house, "nurse-1"), "replaces": [old]}
    with pytest.raises(Refused) as refused:
        house.do("person.enrol", "nurse-1", again, **CUSTODIAN)
    assert [one.code for one in refused.value.refusals] == ["gate.enrolment.replaces"]


@pytest.mark.parametrize("person", ["S-1", "S-2"])
def test_a_capsule_covers_its_own_participants(person, monkeypatch) -> None:
    """A device that judges nothing brings work on somebody whom its capsule does not cover."""
    house = hospital()
    house.record.key = SigningKey.generate()
    work = {}
    for number, name in enumerate(("S-1", "S-2"), start=1):
        house.admit(name)
        product, coi, _ = house.ready(name, str(number))
        work[name] = {"participant": name, "wristband": name, "bag": product, "coi": coi, "route": "intrathecal",
                      "dose": q(8e7, "{cells}"), "inputs": {"weight": q(80.0, "kg")}}  # fmt: skip
    device, custodian = SigningKey.generate(), {"actor": "sys-1", "role": "custodian", "site": "*"}
    data = {
        "device": device.public.hex(),
        "participants": ["S-1"],
        "until": stamp(house._clock[0] + timedelta(hours=4)),
    }
    file = capsule.issue(house.record, Command("capsule.issue", "CAP-1", data, **custodian))
    bedside = house.at_the_bed(file.content, device)
    with monkeypatch.context() as lax:
        lax.setattr(capsule, "advance", lambda state, event, *_: advance(state, event, {}))
        bedside.execute(
            Command("product.administer", work[person]["bag"], work[person], actor="dr-1", role="physician", site="north",
                    signatures=[Signature("dr-1", "physician")])
        )  # fmt: skip
    done = capsule.reconcile(house.record, bedside.export(), Command("capsule.return", "CAP-1", **custodian))
    assert [conflict["gates"] for conflict in done.conflicts] == ([] if person == "S-1" else [["capsule"]])


def survivors() -> dict[str, str]:
    return {
        one["name"]: one["reason"]
        for one in tomllib.loads(SURVIVORS.read_text(encoding="utf-8")).get("mutant", [])
    }


def driver(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "mutate_gates.py"), *arguments], capture_output=True, text=True, check=False
    )  # fmt: skip


def test_every_surviving_mutant_that_is_listed_is_one_and_has_its_reason() -> None:
    names = driver("--list").stdout.splitlines()
    assert len(names) == len(set(names)) > 300
    assert set(survivors()) <= set(names)
    assert all(len(reason) > 20 for reason in survivors().values())


@pytest.mark.skipif("PROBAND_MUTANT" in os.environ, reason="a mutant is being tested already")
def test_a_mutant_is_noticed_by_the_test_that_was_written_for_it() -> None:
    done = driver("--of", "keys.enrolment: key is None -> key is not None", "--tests", "test_gates_closely")
    assert done.returncode == 0
    assert "1 of " in done.stdout


@pytest.mark.skipif(
    not os.environ.get("PROBAND_NIGHTLY"), reason="a sample of mutants takes an hour: nightly"
)
def test_no_other_mutant_of_a_sample_survives() -> None:
    done = driver("--sample", "60", "--seed", os.environ.get("PROBAND_MUTANTS", "1"))
    found = {
        line.split(" s  ", 1)[1].strip() for line in done.stdout.splitlines() if line.startswith("SURVIVED")
    }
    assert found - set(survivors()) == set()


# a closer look at what no sample had looked at, 30 November 2026


@pytest.mark.parametrize("result", ["has", None])
def test_whoever_was_found_able_or_never_asked_about_is_treated(result: str | None) -> None:
    """An assessment stands in the way where it says that somebody lacks capacity, and not because there is one."""
    house = hospital()
    house.admit("S-1")
    if result is not None:
        house.do("capacity.assess", "S-1", {"result": result, "by_check": "ward"})
    product, _, _ = house.ready("S-1", "1")
    assert asked(house, "capacity", "product.administer", product, data={"participant": "S-1"}) is None


@pytest.mark.parametrize(
    "verb", ["participant.enrol", "therapy.open", "product.release", "product.administer"]
)
def test_a_rule_that_is_crossed_stops_what_its_hold_blocks_before_there_is_one(
    verb: str, monkeypatch
) -> None:
    """The hold of the rule blocks enrolment and administration: what it does not block goes on, as under the hold itself."""
    house = hospital()
    house.admit("S-1")
    product, _, _ = house.ready("S-1", "1")
    crossing = safety.Crossing("two-serious", "stop-dosing", "", 2, "x")
    monkeypatch.setattr(safety, "crossed", lambda state: [crossing])
    declared = COMMANDS[verb]
    subject = product if declared.subject == "product" else "S-1"
    stopped = asked(house, "hold", verb, subject)
    assert stopped == ("gate.hold.crossed" if declared.hold in ("enrolment", "administration") else None)


def test_a_role_that_nobody_gave_is_not_one_that_was_taken() -> None:
    house = hospital()
    house.wait(minutes=2)
    house.do("staff.revoke", "dr-3", {"role": "physician"}, reason=WHY, **CUSTODIAN)
    house.wait(minutes=1)
    mine = {"role": "physician", "site": "north"}
    assert (
        asked(house, "authority", "participant.screen", "S-1", actor="nobody-1", **mine)
        == "gate.authority.role"
    )
    assert (
        asked(house, "authority", "participant.screen", "S-1", actor="nurse-1", **mine)
        == "gate.authority.role"
    )
    before = stamp(house._clock[0] - timedelta(days=900))
    assert (
        asked(
            house, "authority", "participant.screen", "S-1", actor="dr-1", at=before, day=before[:10], **mine
        )
        == "gate.authority.then"
    )


def test_a_site_that_is_being_opened_needs_no_site_and_one_that_is_there_does() -> None:
    house = hospital()
    boss = {"actor": "sys-1", "role": "custodian"}
    assert asked(house, "site", "site.open", "west", site="west", **boss) is None
    assert asked(house, "site", "site.close", "north", site="*", actor="dr-1") == "gate.site.all"
    assert asked(house, "site", "site.close", "north", site="*", **boss) is None


@pytest.mark.parametrize(
    ("role", "code"), [("nurse", None), ("operator", None), ("custodian", "gate.apart.both")]
)
def test_who_treats_may_get_a_further_role_that_treats(role: str, code: str | None) -> None:
    house = hospital()
    given = {"data": {"role": role, "sites": ["north"], "key": None}}
    assert asked(house, "apart", "staff.grant", "nurse-1", **given) == code
    assert asked(house, "apart", "staff.grant", "sys-1", **given) == (None if code else "gate.apart.both")


def test_a_refusal_names_the_day_of_a_withdrawal_and_no_more() -> None:
    house = hospital()
    house.admit("S-1")
    house.do("participant.withdraw", "S-1", {"level": "treatment", "said": "no"})
    body = {
        "command": "product.collect", "subject": "S-1", "at": house.now, "recorded": house.now, "day": house.now[:10], "offset": "+00:00",
        "source": "online", "site": "north", "actor": "dr-1", "role": "physician", "signatures": [], "data": {},
    }  # fmt: skip
    refusal = GATES["withdrawal"].function(Context(house.record.state, body, COMMANDS["product.collect"]))
    assert refusal is not None
    assert refusal.details["since"] == house.now[:10]


def test_whoever_has_no_arm_yet_is_treated_by_any_regimen_and_by_none_that_is_unknown() -> None:
    house = hospital()
    for step in (house.refer, house.screen, house.consent, house.enrol):
        step("S-1")
    for regimen, code in (("spinal", None), ("none", "gate.arm.unknown")):
        assert asked(house, "arm", "therapy.open", "S-1", data={"coi": "COI-1", "regimen": regimen}) == code


def test_what_is_on_its_way_is_in_nobody_s_custody_until_it_is_taken_over() -> None:
    house = hospital()
    house.admit("S-1")
    product, coi, label = house.ready("S-1", "1")
    given = {"data": {"participant": "S-1"}}
    assert asked(house, "custody", "product.administer", product, **given) is None
    scans = {"label": label, "coi": coi}
    house.do(
        "product.send", product, {**scans, "to": "south", "carrier": WHY, "temperature": None}, actor="lab-1"
    )
    for site in ("north", "south"):
        assert (
            asked(house, "custody", "product.administer", product, site=site, **given) == "gate.custody.sent"
        )


@pytest.mark.parametrize("loose", [1, 3, 5])
def test_a_refusal_for_loose_labels_counts_all_and_names_three(loose: int) -> None:
    house = hospital()
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    names = [f"L-{n}" for n in range(loose)]
    house.do("label.print", "BAG-1", {"labels": names, "coi": "COI-1"}, actor="lab-1")
    body = {
        "command": "product.release", "subject": "BAG-1", "at": house.now, "recorded": house.now, "day": house.now[:10], "offset": "+00:00",
        "source": "online", "site": "north", "actor": "qa-1", "role": "quality", "signatures": [], "data": {"route": "intrathecal"},
    }  # fmt: skip
    refusal = GATES["labels"].function(Context(house.record.state, body, COMMANDS["product.release"]))
    assert refusal is not None
    assert (refusal.details["count"], refusal.details["labels"]) == (loose, names[:3])


def test_somebody_else_with_the_same_role_signs_for_nobody() -> None:
    """The signature that a command asks for is its actor's own, whatever a colleague has signed beside it."""
    house = hospital()
    house.do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    house.refer("S-1")
    house.screen("S-1")
    for signers, code in ((["dr-3"], "gate.signature.missing"), ([], "gate.signature.missing"), (["dr-1", "dr-3"], None)):  # fmt: skip
        signed = [Signature(one, "physician", "scripted") for one in signers]
        command = Command("consent.give", "S-1", dict(CONSENT), actor="dr-1", role="physician", site="north", signatures=signed)  # fmt: skip
        if code is None:
            house.record.execute(command)
            continue
        with pytest.raises(Refused) as refused:
            house.record.execute(command)
        assert [one.code for one in refused.value.refusals] == [code]


@pytest.mark.parametrize(
    ("value", "unit", "outside"),
    [
        (2, "Cel", False),
        (25, "Cel", False),
        (298.15, "K", False),
        (1.9, "Cel", True),
        (25.1, "Cel", True),
        (5, "mg", True),
    ],
)
def test_the_ends_of_a_range_are_in_it(value: float, unit: str, outside: bool) -> None:
    low, high = (Quantity.model_validate(q(one, "Cel")) for one in (2, 25))
    assert off_range(q(value, unit), low, high) is outside
    assert off_range(q(value, unit), None, None) is False
