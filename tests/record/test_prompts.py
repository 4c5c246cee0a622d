"""A prompt: what is signed elsewhere, by a key that the record never sees, and goes in as a finished signature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proband.record.commands import Command, Signature
from proband.record.enrolment import possession
from proband.record.errors import RecordError, Refused
from proband.record.keys import encoded
from proband.record.signing import signature_fault
from proband.record.verify import verify_record

from .synthetic import CONSENT, Hospital, hospital
from .test_keys import EDWARDS, OTHER_P256, P256, PARTY, assertion, public, sign


@pytest.fixture
def house() -> Hospital:
    return hospital()


def plain(private: Any) -> Callable[[bytes], Any]:
    return lambda challenge: encoded(sign(private, challenge))


def passkey(private: Any) -> Callable[[bytes], Any]:
    return lambda challenge: assertion(private, challenge)


def enrol_outside(house: Hospital, person: str, private: Any, *, party: bool) -> str:
    """Enrol a key whose private half stays outside of the record; gives its short name."""
    key = public(private)
    offer: dict[str, Any] = {
        "algorithm": key.algorithm, "public": key.raw.hex(), "name": person, "kept": "passkey" if party else "elsewhere",
        "relying_party": PARTY.id if party else "", "origins": list(PARTY.origins) if party else [],
    }  # fmt: skip
    signer = passkey(private) if party else plain(private)
    offer["proof"] = signer(possession(house.record.state.instance, person, offer))
    house.do("person.enrol", person, {"key": offer}, actor="sys-1", site="*")
    return key.id


def consent(key: str, method: str) -> Command:
    """Consent: a command that is signed and to whose data the record adds the participant's number."""
    return Command(
        "consent.give", "S-1", dict(CONSENT),
        actor="dr-1", role="physician", site="north", signatures=[Signature("dr-1", "physician", method, key=key)],
    )  # fmt: skip


KEYS = pytest.mark.parametrize(
    ("private", "party", "signer", "method"),
    [
        pytest.param(EDWARDS, False, plain(EDWARDS), "device-key", id="ed25519"),
        pytest.param(P256, True, passkey(P256), "passkey", id="es256-passkey"),
    ],
)


@KEYS
def test_a_signature_made_elsewhere_goes_in_by_its_prompt(
    tmp_path: Path, private: Any, party: bool, signer: Callable[[bytes], Any], method: str
) -> None:
    """The prompt is made, a colleague goes on and time passes, the key signs outside: the event stands and verifies."""
    house = hospital(folder=tmp_path / "record")
    key = enrol_outside(house, "dr-1", private, party=party)
    house.refer("S-1")
    house.screen("S-1")
    before = house.record.state.seq
    settled, (asked,) = house.record.prompts(consent(key, method))
    assert house.record.state.seq == before
    assert (len(asked.challenge), asked.block["key"], asked.signature.value) == (32, key, None)
    house.do("staff.grant", "nurse-9", {"role": "nurse", "sites": ["north"]}, actor="sys-1", site="*")
    house.wait(seconds=60)
    settled.signatures[0].value = signer(asked.challenge)
    receipt = house.record.execute(settled)
    (entry,) = receipt.body["signatures"]
    assert entry["shown"] == asked.shown
    assert {name: entry[name] for name in asked.block} == asked.block
    assert signature_fault(entry, public(private), PARTY if party else None) is None
    assert receipt.body["at"] == settled.at != receipt.body["recorded"]
    assert house.record.execute(settled).repeated
    house.record.close()
    assert verify_record(tmp_path / "record").ok


@KEYS
@pytest.mark.parametrize("wrong", ["unsigned", "other-content", "other-key", "other-prompt"])
def test_what_was_signed_for_another_prompt_counts_for_none(
    house: Hospital, private: Any, party: bool, signer: Callable[[bytes], Any], method: str, wrong: str
) -> None:
    key = enrol_outside(house, "dr-1", private, party=party)
    house.refer("S-1")
    house.screen("S-1")
    settled, (asked,) = house.record.prompts(consent(key, method))
    value: Any = signer(asked.challenge)
    if wrong == "unsigned":
        # the record keeps another key of this person: it does not sign in the place of the one that was asked
        value = None
    elif wrong == "other-content":
        settled = replace(settled, data={**settled.data, "age_years": 41})
    elif wrong == "other-key":
        value = passkey(OTHER_P256)(asked.challenge) if party else plain(OTHER_P256)(asked.challenge)
    else:
        value = signer(house.record.prompts(consent(key, method))[1][0].challenge)
    settled.signatures[0].value = value
    before = house.record.state.seq
    with pytest.raises(Refused) as refused:
        house.record.execute(settled)
    assert [refusal.code for refusal in refused.value.refusals] == ["gate.signature.forged"]
    assert house.record.state.participants["S-1"].consent is None
    assert not any(event.body["event"] == "consent.given" for event in house.record.events(before))


def test_whom_the_record_does_not_know_it_asks_for_nothing(house: Hospital) -> None:
    house.refer("S-1")
    stranger = replace(consent("0" * 16, "passkey"), signatures=[Signature("nobody", "physician", "passkey")])
    with pytest.raises(Refused) as refused:
        house.record.prompts(stranger)
    assert [refusal.code for refusal in refused.value.refusals] == ["gate.signature.unknown"]
    for verb in ("no.such", "hold.trigger"):
        with pytest.raises(RecordError) as unknown:
            house.record.prompts(replace(stranger, verb=verb))
        assert unknown.value.code == "record.command.unknown"
