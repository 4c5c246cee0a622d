"""Gates on keys and grants: a key is shown to be held, grants take two keys, who grants treats nobody, somebody can always grant."""

from __future__ import annotations

from proband.record.declare.command import Context
from proband.record.declare.gate import CUSTODIAN, gate, may
from proband.record.enrolment import offer_fault
from proband.record.errors import Refusal
from proband.record.keys import fingerprint


@gate(
    "enrolment",
    mend="let the holder show the key for this record",
    says="the instance, the holder and the key that is offered",
)
def enrolment(c: Context) -> Refusal | None:
    """A key is enrolled once, for one holder, who has shown that they hold it."""
    for instance, holder, offer in c.command.says["enrolment"](c):
        fault = offer_fault(instance, holder, offer)
        if fault is not None:
            return Refusal("gate.enrolment.proof", holder=holder, fault=fault)
        name = fingerprint(bytes.fromhex(offer["public"]))
        if name in c.state.keys:
            return Refusal("gate.enrolment.taken", key=name, holder=c.state.keys[name].holder)
    for name in c.data.get("replaces", ()):
        key = c.state.keys.get(name)
        if key is None or key.until is not None or key.holder != c.subject:
            return Refusal("gate.enrolment.replaces", key=name, holder=c.subject)
    return None


@gate("second-key", mend="let a second custodian sign it with a key of their own")
def second_key(c: Context) -> Refusal | None:
    """Who may do what is decided by two custodians with two keys, once the record has had two."""
    if not c.state.shared:
        return None
    custodians = set()
    for entry in c.body["signatures"]:
        if entry["role"] == CUSTODIAN:
            custodians.add(entry["signer"])
        elif c.verb == "person.enrol" and entry["signer"] == c.subject:
            # whoever enrols a further key of their own says so with the one that they have
            custodians.add(entry["signer"])
    return None if len(custodians) > 1 else Refusal("gate.second-key.missing", verb=c.verb)


@gate("second-person", mend="let a second person, whose role may do this, sign it as well")
def second_person(c: Context) -> Refusal | None:
    """Two people say so: besides the actor somebody else has signed whose role may do the same."""
    others = [
        entry["signer"]
        for entry in c.body["signatures"]
        if entry["signer"] != c.body["actor"] and may(c.view, entry["role"], c.command.permission)
    ]
    return None if others else Refusal("gate.second-person.missing", verb=c.verb)


@gate("apart", mend="let somebody else grant, or somebody else treat")
def apart(c: Context) -> Refusal | None:
    """Who may grant cannot treat: a custodian holds no other role."""
    person = c.state.persons.get(c.subject)
    held = set(person.roles) if person else set()
    role = c.data["role"]
    if held and held != {role} and CUSTODIAN in held | {role}:
        other = next(iter(sorted((held | {role}) - {CUSTODIAN})))
        return Refusal("gate.apart.both", person=c.subject, role=other)
    return None


@gate("stays", mend="let a second custodian with a key be granted first")
def stays(c: Context) -> Refusal | None:
    """The last custodian with a key cannot go: nobody could grant anything any more."""
    left = c.state.custodians()
    if c.verb == "staff.revoke":
        goes = c.subject if c.data["role"] == CUSTODIAN else None
    else:
        key = c.state.keys.get(c.subject)
        more = [
            one for one in c.state.keys.values() if key and one.holder == key.holder and one.until is None
        ]
        goes = key.holder if key is not None and key.until is None and len(more) == 1 else None
    return Refusal("gate.stays.last", person=goes) if left == [goes] else None
