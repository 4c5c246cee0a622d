"""Signatures on events: who, in which role, meaning what, by which key, over the hash of exactly what they were shown.

A person signs *content and block*. The content is everything that the person can know before it is recorded: the record's
instance, the programme, what is done to whom and where, the data, the reason, when it happened, the idempotency key, what it
corrects. The block says whose signature it is: key, algorithm, role, meaning, printed name, time. The event's number, the hash before it
and the time of recording are not in it (the seal of the door's device covers those, :mod:`proband.record.seals`), so that a colleague's
event makes nobody's waiting prompt void.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from proband.record.keys import PublicKey, decoded
from proband.record.passkeys import RelyingParty, assertion_fault
from proband.record.upcast import as_written
from proband.terms.canonical import canonical

#: ways to show again that one is who one is
METHODS = ("password", "passkey", "one-time-code", "device-key", "scripted")

#: what a signature says of itself, and what its key covers besides the content
BLOCK = ("signer", "name", "role", "meaning", "method", "at", "key", "algorithm")
#: what only the signature of a device says as well: where its counter stood
COUNTER = "counter"
#: what every signature in an event says: its block, the hash of the content, the signature itself
SIGNATURE_KEYS = frozenset({*BLOCK, "shown", "value"})

#: the content of an event that a person signs
CONTENT = (
    "study", "command", "subject", "actor", "role", "site", "data", "reason", "at", "offset", "programme", "key", "source",
    "corrects",
)  # fmt: skip


def shown(body: Mapping[str, Any], instance: str) -> str:
    """The hash of the content of an event in an instance of the record."""
    content = {name: body[name] for name in CONTENT}
    content["data"] = as_written(body)
    return sha256(canonical({"instance": instance, **content})).hexdigest()


def challenge(seen: str, block: Mapping[str, Any]) -> bytes:
    """What a key signs (32 bytes): the hash over the hash of the content and the block.

    Parameters
    ----------
    seen
        Hash of the content (:func:`shown`).
    block
        The signature's own statements (:data:`BLOCK`), a device's counter among them; further entries are left out.
    """
    own = {name: block[name] for name in BLOCK}
    if COUNTER in block:
        own[COUNTER] = block[COUNTER]
    return sha256(canonical({"format": "proband-signature-1", "content": seen, "block": own})).digest()


def signature_fault(entry: Mapping[str, Any], public: PublicKey, party: RelyingParty | None) -> str | None:
    """What is wrong with a signature by a known key, in one word; ``None`` where it holds.

    Parameters
    ----------
    entry
        The signature as it stands in the event.
    public
        The key that it names, as enrolled.
    party
        For whom the passkey was made; ``None`` for a key that is no passkey.
    """
    if entry["key"] != public.id or entry["algorithm"] != public.algorithm:
        return "key"
    signed = challenge(entry["shown"], entry)
    value = entry["value"]
    if party is not None:
        return assertion_fault(value, public, signed, party) if isinstance(value, dict) else "form"
    content = decoded(value)
    if content is None:
        return "form"
    return None if public.signed(signed, content) else "signature"
