"""The gate on offline work: what comes back was handed out, to that device, for that person, and is signed by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.record.bounds import DEVICE, bounds, counter_fault, device_entry, earliest, latest
from proband.record.declare.command import Context
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.events import shifted
from proband.record.gates.conduct import AHEAD_SECONDS
from proband.record.keys import PublicKey
from proband.record.signing import shown, signature_fault
from proband.record.state import Capsule

__all__ = ["DEVICE", "device_fault"]


def device_fault(instance: str, device: str, body: Mapping[str, Any]) -> str | None:
    """What is wrong with the signature of a device (public key, hexadecimal) on an event, in a word; ``None`` where it holds."""
    own = device_entry(body)
    if own is None:
        return "form"
    if own["shown"] != shown(body, instance):
        return "content"
    return signature_fault(own, PublicKey("ed25519", bytes.fromhex(device)), None)


def _within(at: str, held: Capsule, body: Mapping[str, Any]) -> bool:
    """Whether what the device's clock says can be: between the bounds, or by as little beside them as clocks may differ."""
    early, late = earliest(held, body), latest(body)
    return max(at, early) <= shifted(late, seconds=AHEAD_SECONDS) and at >= shifted(
        early, seconds=-AHEAD_SECONDS
    )


@gate("capsule", mend="issue a capsule for the participant before going offline")
def capsule(c: Context) -> Refusal | None:
    """What comes from offline work comes from a capsule that covers it, signed by the device that held it."""
    source = c.body["source"]
    if source == "online":
        return None
    held = c.state.capsule_of(source)
    if held is None or not source.startswith("capsule:"):
        return Refusal("gate.capsule.unknown", source=source)
    if held.returned:
        return Refusal("gate.capsule.returned", capsule=held.id)
    fault = counter_fault(held, c.body)
    if fault:
        return Refusal("gate.capsule.counter", capsule=held.id, fault=fault, count=held.count)
    if not _within(c.body["at"], held, c.body):
        early, late = bounds(held, c.body)
        return Refusal("gate.capsule.bounds", at=c.body["at"], capsule=held.id, early=early, late=late)
    if not shifted(held.issued_at, seconds=-AHEAD_SECONDS) <= c.at <= held.until:
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
