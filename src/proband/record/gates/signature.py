"""The gate on signatures: each by a key that its holder has enrolled, over exactly this, in a role that counts here and on that day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.record.declare.command import Context
from proband.record.declare.gate import gate, moments_of_acting, untrained
from proband.record.enrolment import party_of
from proband.record.errors import Refusal
from proband.record.events import is_stamp, moment
from proband.record.gates.conduct import AHEAD_SECONDS
from proband.record.gates.offline import DEVICE
from proband.record.keys import PublicKey
from proband.record.signing import METHODS, shown, signature_fault


@gate("signature", mend="sign with your own means what is shown")
def signature(c: Context) -> Refusal | None:
    """The actor's signature with the right meaning over exactly this; every signer by a key of their own, in a role held here that day."""
    meaning = c.command.signature
    signatures = c.body["signatures"]
    if meaning is None and not signatures:
        return None
    seen = shown(c.body, c.state.instance)
    signers: set[str] = set()
    own = False
    for entry in signatures:
        if entry["meaning"] == DEVICE and c.body["source"] != "online":
            continue
        fault = _fault(c, entry, seen)
        if fault is not None:
            return fault
        if entry["signer"] in signers:
            return Refusal("gate.signature.twice", signer=entry["signer"])
        signers.add(entry["signer"])
        own = own or (
            entry["signer"] == c.body["actor"]
            and entry["role"] == c.body["role"]
            and entry["meaning"] == meaning
        )
    if meaning is not None and not own:
        return Refusal("gate.signature.missing", verb=c.verb, meaning=meaning, actor=c.body["actor"])
    return None


def _fault(c: Context, entry: Mapping[str, Any], seen: str) -> Refusal | None:
    signer = entry["signer"]
    if entry["shown"] != seen:
        return Refusal("gate.signature.void", signer=signer)
    if entry["method"] not in METHODS:
        return Refusal("gate.signature.method", method=entry["method"], methods=list(METHODS))
    if entry["method"] == "scripted" and c.view is not None and c.view.status != "demonstration":
        return Refusal("gate.signature.script")
    if not is_stamp(entry["at"]) or not _possible(c, entry["at"]):
        return Refusal("gate.signature.time", signer=signer, at=entry["at"])
    key = c.state.keys.get(entry["key"])
    if key is None or key.holder != signer or key.kind == "device":
        return Refusal("gate.signature.key", signer=signer, key=entry["key"])
    if key.until is not None:
        return Refusal("gate.signature.revoked", signer=signer, key=key.id, until=key.until)
    fault = signature_fault(
        entry, PublicKey(key.algorithm, bytes.fromhex(key.public)), party_of(key.relying_party, key.origins)
    )
    if fault is not None:
        return Refusal("gate.signature.forged", signer=signer, key=key.id, fault=fault)
    if key.kind == "recovery":
        return None if c.command.permission == "recovery.use" else Refusal("gate.signature.recovery")
    return _standing(c, entry)


def _possible(c: Context, at: str) -> bool:
    early = (moment(c.body["at"]) - moment(at)).total_seconds()
    ahead = (moment(at) - moment(c.body["recorded"])).total_seconds()
    return early <= AHEAD_SECONDS and ahead <= AHEAD_SECONDS


def _standing(c: Context, entry: Mapping[str, Any]) -> Refusal | None:
    """Whether the signer holds the role at this site, and its trainings on this day."""
    signer, role, site = entry["signer"], entry["role"], c.body["site"]
    person = c.state.persons.get(signer)
    for at in moments_of_acting(c, role):
        held = person.held(role, at, c.body["offset"]) if person is not None else None
        if person is None or held is None:
            return Refusal("gate.signature.role", signer=signer, role=role)
        anywhere = site == "*" and c.command.signed_at_any_site
        if site not in held.value and "*" not in held.value and not anywhere:
            return Refusal("gate.signature.site", signer=signer, role=role, site=site)
    missing = untrained(c, person, role)
    if missing is not None:
        return Refusal("gate.signature.training", signer=signer, role=role, training=missing[0])
    return None
