"""Keys of persons and devices: enrolled, replaced, revoked; and the way back where every custodian's key is gone."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.declare.change import Body, add_task, all_done, changes, statement
from proband.record.declare.command import AT_ANY_STAGE, Context, command, never
from proband.record.declare.data import Data
from proband.record.declare.naming import NewNames
from proband.record.enrolment import KeyOffer, enrolled
from proband.record.events import moment, shifted
from proband.record.keys import fingerprint
from proband.record.state import EnrolledKey, Recovery, StaffMember, State

#: between the alarm and the new custodian (design choice: long enough for somebody to come back from leave and refuse)
RECOVERY_DAYS = 7
#: who signs with the recovery key, and in which role
RECOVERY = "recovery"

#: members of staff, who may be known already
OF_PERSONS = NewNames("persons", known=True)

KeyName = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="short name of a key")]

#: a key counts from its place in the chain, whatever time is written beside it: no dose before it is called into question
of_keys = partial(command, bears=never, withdrawal=None, hold=None, consent=None, current_version=False, watched=False, live=False,
                  permission="staff.manage", custodian=True, everywhere=True)  # fmt: skip


def _offers(c: Context) -> list[tuple[str, str, dict[str, Any]]]:
    return [(c.state.instance, c.subject, c.data["key"])]


@of_keys("person.enrol", "person.enrolled", subject="person", stage=AT_ANY_STAGE, signature="enrolment", reason=False,
         gates=("second-key",), enrolment=_offers, unique=OF_PERSONS)  # fmt: skip
class EnrolPerson(Data):
    """Enrol a key that a person signs with, and say which of that person's keys it replaces.

    * ``key``: the public key, with the proof that its holder has the private one
    * ``replaces``: the keys that it replaces, by their short names
    """

    key: KeyOffer
    replaces: list[KeyName] = []


@changes("person.enrolled")
def _person_enrolled(state: State, body: Body, data: dict[str, Any]) -> None:
    state.persons.setdefault(body["subject"], StaffMember(body["subject"]))
    for name in data["replaces"]:
        state.keys[name].until = state.seq
    note_key(state, enrolled(data["key"], body["subject"], "person", state.seq))


def note_key(state: State, key: EnrolledKey) -> None:
    """Note a key, and whether from now on two custodians decide."""
    state.keys[key.id] = key
    note_custodians(state)


def note_custodians(state: State) -> None:
    """Once two custodians had keys, two decide for ever: who revokes the other's key does not decide alone after it."""
    state.shared = state.shared or len(state.custodians()) > 1


@of_keys("device.enrol", "device.enrolled", subject="device", stage=AT_ANY_STAGE, signature="enrolment", reason=False,
         gates=("second-key",), enrolment=_offers)  # fmt: skip
class EnrolDevice(Data):
    """Enrol the key of a device at whose door events may come in: it seals what it appends.

    * ``key``: the public key of the device, with the proof that it has the private one
    """

    key: KeyOffer


@changes("device.enrolled")
def _device_enrolled(state: State, body: Body, data: dict[str, Any]) -> None:
    offer = data["key"]
    note_device(state, body["subject"], offer["public"], offer["name"])


def note_device(state: State, device: str, public: str, name: str) -> None:
    """Note the key of a device."""
    key = fingerprint(bytes.fromhex(public))
    state.keys[key] = EnrolledKey(key, "ed25519", public, device, "device", name, "this-machine", state.seq)


def _can_go(c: Context) -> bool:
    key = c.state.keys.get(c.subject)
    return key is not None and key.until is None


def _not_the_last_door(c: Context) -> bool:
    doors = [key.id for key in c.state.keys.values() if key.kind == "device" and key.until is None]
    return doors != [c.subject]


@of_keys("key.revoke", "key.revoked", subject="key", signature="revocation", reason=True, gates=("stays",), stage=(
    (_can_go, "a key that is enrolled and not revoked"),
    (_not_the_last_door, "another device that can seal"),
))  # fmt: skip
class RevokeKey(Data):
    """Revoke a key from here on: lost, stolen, replaced, or its holder has left. What it signed before stands.

    * ``cause``: why it no longer counts
    """

    cause: Literal["lost", "stolen", "replaced", "left"]


@changes("key.revoked")
def _key_revoked(state: State, body: Body, data: dict[str, Any]) -> None:
    state.keys[body["subject"]].until = state.seq


by_recovery = partial(
    command, bears=never, subject="person", withdrawal=None, hold=None, consent=None, current_version=False, watched=False, live=False,
    permission="recovery.use", everywhere=True, reason=True, base=("clock", "programme", "reason", "signature", "capsule"),
)  # fmt: skip


@by_recovery("recovery.announce", "recovery.announced", signature="recovery", gates=(), enrolment=_offers, unique=OF_PERSONS, stage=(
    (lambda c: c.body["actor"] == RECOVERY == c.body["role"], "the recovery key"),
    (lambda c: c.state.recovery is None, "no recovery that is under way"),
    (lambda c: c.subject not in c.state.persons or set(c.state.persons[c.subject].roles) <= {"custodian"}, "somebody who treats nobody"),
))  # fmt: skip
class AnnounceRecovery(Data):
    """Raise the alarm: with the recovery key a new custodian is to be enrolled, and everybody has seven days to object.

    * ``key``: the key of the new custodian, with the proof that its holder has the private one
    """

    key: KeyOffer


@changes("recovery.announced")
def _announced(state: State, body: Body, data: dict[str, Any]) -> None:
    not_before = shifted(max(body["at"], body["recorded"]), days=RECOVERY_DAYS)
    state.recovery = Recovery(body["subject"], data["key"], not_before, state.seq)
    add_task(state, "alarm", body["study"], not_before[:10],
             f"the recovery key was used to make {body['subject']} a custodian; refuse it if nobody knows of it",
             f"alarm:{state.seq}")  # fmt: skip


def _waited(c: Context) -> bool:
    waiting = c.state.recovery
    return waiting is not None and moment(c.body["recorded"]) >= moment(waiting.not_before)


@by_recovery("recovery.complete", "recovery.completed", signature="recovery", gates=(), stage=(
    (lambda c: c.body["actor"] == RECOVERY == c.body["role"], "the recovery key"),
    (lambda c: c.state.recovery is not None and c.state.recovery.custodian == c.subject, "an alarm for this person"),
    (_waited, "seven days since the alarm"),
))  # fmt: skip
class CompleteRecovery(Data):
    """Enrol the announced custodian, after the alarm and the waiting time; the recovery key can do nothing else."""


@changes("recovery.completed")
def _completed(state: State, body: Body, data: dict[str, Any]) -> None:
    waiting = state.recovery
    if waiting is None:
        return
    person = state.persons.setdefault(waiting.custodian, StaffMember(waiting.custodian))
    person.say("role:custodian", statement(state, body, ["*"]))
    note_key(state, enrolled(waiting.offer, waiting.custodian, "person", state.seq))
    state.recovery = None
    all_done(state, "alarm", body["study"])


@of_keys("recovery.refuse", "recovery.refused", subject="study", signature="refusal", reason=True, gates=(), stage=(
    (lambda c: c.state.recovery is not None, "a recovery that is under way"),
))  # fmt: skip
class RefuseRecovery(Data):
    """Stop a recovery that nobody asked for: the alarm has done its work."""


@changes("recovery.refused")
def _recovery_refused(state: State, body: Body, data: dict[str, Any]) -> None:
    state.recovery = None
    all_done(state, "alarm", body["study"])
