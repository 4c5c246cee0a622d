"""The gate on offline work: what comes back was handed out, to that device, for that person, and is signed by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.record.declare.command import Context
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.keys import PublicKey
from proband.record.signing import shown, signature_fault

#: what a device means by its signature
DEVICE = "device"


def device_fault(instance: str, device: str, body: Mapping[str, Any]) -> str | None:
    """What is wrong with the signature of a device (public key, hexadecimal) on an event, in a word; ``None`` where it holds."""
    own = [entry for entry in body["signatures"] if entry["meaning"] == DEVICE]
    if len(own) != 1:
        return "form"
    if own[0]["shown"] != shown(body, instance):
        return "content"
    return signature_fault(own[0], PublicKey("ed25519", bytes.fromhex(device)), None)


@gate("capsule", mend="issue a capsule for the participant before going offline")
def capsule(c: Context) -> Refusal | None:
    """What comes from offline work comes from a capsule that covers it, signed by the device that held it."""
    source = c.body["source"]
    if source == "online":
        return None
    held = c.state.capsules.get(source.partition(":")[2])
    if held is None or not source.startswith("capsule:"):
        return Refusal("gate.capsule.unknown", source=source)
    if held.returned:
        return Refusal("gate.capsule.returned", capsule=held.id)
    if not held.issued_at <= c.at <= held.until:
        return Refusal(
            "gate.capsule.outside", at=c.at, capsule=held.id, issued_at=held.issued_at, until=held.until
        )
    if not c.command.offline:
        return Refusal("gate.capsule.online", verb=c.verb)
    if c.participant is None or c.participant.id not in held.participants:
        return Refusal("gate.capsule.participant", capsule=held.id)
    if device_fault(c.state.instance, held.device, c.body) is not None:
        return Refusal("gate.capsule.device", capsule=held.id)
    return None
