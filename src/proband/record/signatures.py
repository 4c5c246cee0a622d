"""Signatures on events: who, in which role, meaning what, and the hash of exactly what they were shown."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from proband.terms.canonical import canonical

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


def device_signed(device: str, body: Any, entry: Any) -> bool:
    """Whether a device signed what a body says."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(device)).verify(
            base64.b64decode(entry["shown"]), shown(body).encode()
        )
    except (InvalidSignature, ValueError):
        return False
    return True
