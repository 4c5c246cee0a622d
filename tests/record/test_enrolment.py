"""Who says so: keys that are enrolled, replaced, revoked and recovered; what a signature by anything else is worth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proband.record.commands import Command, Signature
from proband.record.enrolment import offered
from proband.record.errors import RecordError, Refused
from proband.record.events import canonical
from proband.record.fold import fold_all
from proband.record.heads import SigningKey
from proband.record.judge import judge
from proband.record.keys import PublicKey
from proband.record.personal_keys import PersonalKeys
from proband.record.record import Record
from proband.record.standing import keys_kept, standing_words
from proband.record.verify import verify_record

from .synthetic import WHY, Hospital, hospital
from .whole_life import offer, recover

#: a commitment to nothing, in the form in which texts stand in events
SEALED = f"[vault:{'0' * 64}]"
CUSTODIAN = {"actor": "sys-1", "site": "*"}


@pytest.fixture
def house() -> Hospital:
    return hospital()


def codes(call: Callable[[], Any]) -> list[str]:
    """The codes of the refusals of a command."""
    with pytest.raises(Refused) as refused:
        call()
    return [refusal.code for refusal in refused.value.refusals]


def key_of(house: Hospital, person: str) -> str:
    return next(
        key.id for key in house.record.state.keys.values() if key.holder == person and key.until is None
    )


def second(house: Hospital) -> None:
    """A second custodian, so that the record is no draft."""
    house.do("staff.grant", "dm-2", {"role": "custodian", "sites": ["*"]}, **CUSTODIAN)


def bedside(house: Hospital, cosigner: Signature) -> Any:
    product, _, label = house.ready("S-1", "1")
    data = {"participant": "S-1", "wristband": "S-1", "bag": product, "label": label}
    return house.record.execute(
        Command("bedside.verify", product, data, actor="nurse-1", role="nurse", site="north",
                signatures=[Signature("nurse-1", "nurse", "scripted"), cosigner])
    )  # fmt: skip


def test_a_typed_name_is_no_signature(house: Hospital) -> None:
    """Whoever has no enrolled key cannot sign, and nobody signs with another's."""
    house.admit("S-1")
    stranger = SigningKey.generate()
    assert codes(lambda: bedside(house, Signature("nobody", "nurse", "scripted"))) == [
        "gate.signature.unknown"
    ]
    with pytest.raises(Refused) as refused:
        house.record.execute(
            Command("consent.give", "S-1", {"version": "text-1", "language": "en", "age_years": 40, "by": "participant",
                    "capacity": "has", "teach_back": [True, True]}, actor="dr-1", role="physician", site="north",
                    signatures=[Signature("dr-1", "physician", "scripted", by=stranger)])
        )  # fmt: skip
    assert refused.value.refusals[0].code == "gate.signature.unknown"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"value": "AAAA"}, "forged"),
        ({"value": {"client": "x"}}, "forged"),
        ({"name": "Somebody Else"}, "forged"),
        ({"role": "operator"}, "forged"),
        ({"meaning": "release"}, "forged"),
        ({"at": "2026-03-02T08:01:00.000Z"}, "forged"),
        ({"at": "1999-01-01 banana"}, "time"),
        ({"at": "1999-01-01T00:00:00.000Z"}, "time"),
        ({"at": "2036-01-01T00:00:00.000Z"}, "time"),
        ({"shown": "00" * 32}, "void"),
        ({"key": "0" * 16}, "key"),
        ({"signer": "nurse-2"}, "key"),
        ({"algorithm": "es256"}, "forged"),
    ],
)
def test_a_signature_says_what_its_key_signed_and_nothing_else(change: dict[str, Any], code: str) -> None:
    """Each statement of a signature, changed in an event that somebody puts into the log: void by that gate, in every replay."""
    house = hospital()
    house.admit("S-1")
    (honest,) = [event.body for event in house.record.events() if event.body["event"] == "consent.given"]
    other = hospital()
    other.refer("S-1")
    other.screen("S-1")
    # the same content in another record is not the same content: the instance is in it
    signed = honest | {"key": "forged"}
    (foreign,) = other.record.store.append("SYN", [canonical(signed)], ["forged"])
    other.record.catch_up()
    assert other.record.state.invalid == {foreign.seq: ("signature",)}
    entry = honest["signatures"][0] | change
    body = honest | {"key": "forged-2", "signatures": [entry]}
    before = fold_all((e for e in house.record.events() if e.body["event"] != "consent.given"), "SYN", {})
    before.instance = house.record.state.instance
    found = [
        refusal.code
        for refusal in judge(before, body | {"key": honest["key"]})
        if refusal.gate == "signature"
    ]
    assert found == [f"gate.signature.{code}"]


def test_two_persons_are_two_keys_with_role_and_training_here_on_that_day(house: Hospital) -> None:
    house.admit("S-1")
    house.do("staff.grant", "nurse-south", {"role": "nurse", "sites": ["south"]}, **CUSTODIAN)
    house.do("staff.train", "nurse-south", {"training": "gcp", "valid_until": "2030-01-01"}, **CUSTODIAN)
    house.do("staff.grant", "nurse-new", {"role": "nurse", "sites": ["north"]}, **CUSTODIAN)
    again = Signature("nurse-1", "nurse", "scripted")
    assert "gate.signature.twice" in codes(lambda: bedside(house, again))
    for n, (who, code) in enumerate((("nurse-south", "site"), ("nurse-new", "training"), ("lab-1", "role"))):
        house.admit(f"S-9{n}")
        product, _, label = house.ready(f"S-9{n}", f"9{n}")
        data = {"participant": f"S-9{n}", "wristband": f"S-9{n}", "bag": product, "label": label}
        found = codes(
            lambda p=product, d=data, w=who: house.do(
                "bedside.verify", p, d, actor="nurse-1", also=[(w, "nurse")]
            )
        )
        assert f"gate.signature.{code}" in found


def test_a_revoked_key_signs_nothing_more_and_what_it_signed_stands(house: Hospital) -> None:
    house.admit("S-1")
    before = dict(house.record.state.invalid)
    house.do("key.revoke", key_of(house, "dr-1"), {"cause": "stolen"}, **CUSTODIAN)
    house.refer("S-2")
    house.screen("S-2")
    assert codes(lambda: house.consent("S-2")) == ["gate.signature.revoked"]
    private = house.record.people.replace("dr-1")
    new = offered(house.record.state.instance, "dr-1", PublicKey("ed25519", private.public), private.sign,
                  name="dr-1", kept="this-machine")  # fmt: skip
    house.do("person.enrol", "dr-1", {"key": new, "replaces": []}, **CUSTODIAN)
    house.consent("S-2")
    assert fold_all(house.record.events(), "SYN").invalid == before == {}


def test_a_key_is_one_holder_s(house: Hospital) -> None:
    mine = offer(house, "nurse-1")
    house.do("person.enrol", "nurse-1", {"key": mine, "replaces": []}, **CUSTODIAN)
    assert codes(lambda: house.do("person.enrol", "nurse-2", {"key": mine, "replaces": []}, **CUSTODIAN)) == [
        "gate.enrolment.proof"
    ]
    assert codes(lambda: house.do("person.enrol", "nurse-1", {"key": mine, "replaces": []}, **CUSTODIAN)) == [
        "gate.enrolment.taken"
    ]
    other = {"key": offer(house, "nurse-1"), "replaces": [key_of(house, "nurse-2")]}
    assert codes(lambda: house.do("person.enrol", "nurse-1", other, **CUSTODIAN)) == [
        "gate.enrolment.replaces"
    ]


def test_with_two_custodians_none_decides_alone_not_even_after_revoking_the_other(house: Hospital) -> None:
    assert house.record.state.draft
    second(house)
    assert not house.record.state.draft
    grant = ("staff.grant", "nurse-9", {"role": "nurse", "sites": ["north"]})
    assert codes(lambda: house.do(*grant, **CUSTODIAN)) == ["gate.second-key.missing"]
    assert codes(
        lambda: house.do("device.enrol", "door-2", {"key": offer(house, "door-2")}, **CUSTODIAN)
    ) == ["gate.second-key.missing"]
    enrol = {"key": offer(house, "nurse-1"), "replaces": []}
    assert codes(lambda: house.do("person.enrol", "nurse-1", enrol, **CUSTODIAN)) == [
        "gate.second-key.missing"
    ]
    house.do(*grant, **CUSTODIAN, also=[("dm-2", "custodian")])
    house.do("key.revoke", key_of(house, "dm-2"), {"cause": "lost"}, **CUSTODIAN)
    assert house.record.state.draft
    assert codes(
        lambda: house.do("staff.grant", "nurse-10", {"role": "nurse", "sites": ["north"]}, **CUSTODIAN)
    ) == ["gate.second-key.missing"]


def test_the_last_custodian_cannot_go_by_role_or_by_key(house: Hospital) -> None:
    assert codes(lambda: house.do("staff.revoke", "sys-1", {"role": "custodian"}, **CUSTODIAN)) == [
        "gate.stays.last"
    ]
    assert codes(lambda: house.do("key.revoke", key_of(house, "sys-1"), {"cause": "lost"}, **CUSTODIAN)) == [
        "gate.stays.last"
    ]


@pytest.mark.parametrize("wait", [0, 6, 8])
def test_the_envelope_makes_a_custodian_after_alarm_and_waiting_and_does_nothing_else(
    house: Hospital, wait: int
) -> None:
    recover(house, "recovery.announce", "dm-9", {"key": offer(house, "dm-9")})
    assert [task.kind for task in house.record.state.tasks.values()].count("alarm") == 1
    house.wait(days=wait)
    if wait < 7:
        assert codes(lambda: recover(house, "recovery.complete", "dm-9", {})) == ["gate.stage.missing"]
        house.do("recovery.refuse", "SYN", **CUSTODIAN)
        house.wait(days=8)
        assert codes(lambda: recover(house, "recovery.complete", "dm-9", {})) == ["gate.stage.missing"]
    else:
        recover(house, "recovery.complete", "dm-9", {})
        assert house.record.state.custodians() == ["dm-9", "sys-1"]
    signature = Signature("recovery", "recovery", "scripted", by=house.record.recovery)
    grant = Command("staff.grant", "x-1", {"role": "nurse", "sites": ["north"]}, actor="recovery", role="recovery", site="*",
                    signatures=[signature])  # fmt: skip
    assert "gate.signature.recovery" in codes(lambda: house.record.execute(grant))


def test_the_record_adds_only_what_follows_from_the_log() -> None:
    """A refusal that no gate gave, a hold that no rule asks for, a conflict that no device signed: void in every replay."""
    house = hospital()
    house.admit("S-1")
    house.ready("S-1", "1")
    like = next(event.body for event in house.record.events() if event.body["event"] == "product.released")
    envelope = like | {
        "actor": "record",
        "role": "record",
        "signatures": [],
        "source": "online",
        "reason": None,
        "site": "*",
    }
    device = SigningKey.generate()
    forged = [
        {"command": "hold.trigger", "event": "hold.triggered", "subject": "H-1", "reason": WHY,
         "data": {"hold": "stop-dosing", "rule": "two-serious", "target": "", "counted": 2, "because": WHY}},
        {"command": "command.refuse", "event": "command.refused", "subject": "SYN",
         "data": {"verb": "product.administer", "about": "BAG-1", "gates": ["identity"], "messages": [SEALED], "attempt": {"actor": "dr-1"},
                  "body": like}},
        {"command": "capsule.conflict", "event": "capsule.conflicted", "subject": "CAP-1",
         "data": {"event": like | {"source": "capsule:CAP-1"}, "signature": device.id, "gates": ["expiry"], "messages": [SEALED]}},
    ]  # fmt: skip
    for n, body in enumerate(forged):
        house.record.store.append(
            "SYN", [canonical(envelope | body | {"key": f"forged-{n}"})], [f"forged-{n}"]
        )
    last = house.record.state.seq
    house.record.catch_up()
    assert house.record.state.invalid == {last + n: ("derived",) for n in (1, 2, 3)}
    assert house.record.state.holds == {}


def test_a_tablet_s_queue_places_no_hold(house: Hospital) -> None:
    body = {
        "command": "hold.trigger",
        "event": "hold.triggered",
        "subject": "H-1",
        "key": "k",
        "actor": "record",
        "role": "record",
    }
    like = next(event.body for event in house.record.events())
    data = {"hold": "stop-dosing", "rule": "two-serious", "target": "", "counted": 2, "because": WHY}
    outcome = house.record.adopt(
        like | body | {"data": data, "source": "capsule:CAP-1", "signatures": [], "reason": WHY}
    )
    assert isinstance(outcome, list)
    assert house.record.state.holds == {}


def test_the_record_says_where_the_keys_are(tmp_path: Path) -> None:
    house = hospital(folder=tmp_path / "record")
    assert keys_kept(house.record.state) == "on this machine"
    assert (
        standing_words(house.record.state)
        == "keys: on this machine; draft: a single custodian decides who may do what"
    )
    kept = list((tmp_path / "record" / "keys" / "persons").iterdir())
    assert len(kept) == 12
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}


def test_keys_on_this_machine_open_with_their_password_alone(tmp_path: Path) -> None:
    made = PersonalKeys(tmp_path, password="synthetic").make("dr-1")
    assert PersonalKeys(tmp_path, password="synthetic").get("dr-1").id == made.id
    for wrong in ("other", None):
        with pytest.raises(RecordError) as error:
            PersonalKeys(tmp_path, password=wrong).get("dr-1")
        assert error.value.code == "record.key.password"


def test_a_second_door_is_enrolled_before_its_seal_counts(tmp_path: Path) -> None:
    house = hospital(folder=tmp_path / "record")
    private = SigningKey.generate()
    refer = Command("participant.refer", "S-1", actor="dr-1", role="physician", site="north")
    for key in (private, None):
        door = Record(
            house.record.store, "SYN", key=key, people=house.record.people, clock=house.record.clock
        )
        with pytest.raises(RecordError) as error:
            door.execute(refer)
        assert error.value.code == "record.key.door"
        assert door.state.seq == house.record.state.seq
    public = PublicKey("ed25519", private.public)
    key = offered(
        house.record.state.instance, "door-2", public, private.sign, name="door-2", kept="elsewhere"
    )
    house.do("device.enrol", "door-2", {"key": key}, **CUSTODIAN)
    door = Record(
        house.record.store, "SYN", key=private, people=house.record.people, clock=house.record.clock
    )
    door.execute(refer)
    house.refer("S-2")
    house.do("key.revoke", private.id, {"cause": "stolen"}, **CUSTODIAN)
    with pytest.raises(RecordError) as error:
        door.execute(Command("participant.refer", "S-3", actor="dr-1", role="physician", site="north"))
    assert error.value.code == "record.key.door"
    house.record.close()
    assert verify_record(tmp_path / "record").ok
