"""Signatures on events: who, in which role, meaning what, and the hash of exactly what they were shown."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from proband.record.events import canonical

#: ways to show again that one is who one is
METHODS = ("password", "passkey", "one-time-code", "device-key", "scripted")

#: what every signature in an event says
SIGNATURE_KEYS = frozenset({"signer", "role", "meaning", "method", "at", "shown"})


_SIGNED = (
    "study", "command", "subject", "actor", "role", "site", "data", "reason", "at", "programme", "source", "corrects",
)  # fmt: skip


def shown(body: Mapping[str, Any]) -> str:
    """The hash of what a signer signs: everything but the time of recording, the key and the signatures themselves."""
    return sha256(canonical({name: body[name] for name in _SIGNED})).hexdigest()
