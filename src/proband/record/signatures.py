"""Signatures on events: who, in which role, meaning what, and the hash of exactly what they were shown."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson

#: ways to show again that one is who one is
METHODS = ("password", "passkey", "one-time-code", "device-key", "scripted")

#: what every signature in an event says
SIGNATURE_KEYS = frozenset({"signer", "role", "meaning", "method", "at", "shown"})


_SIGNED = (
    "study", "command", "subject", "actor", "role", "site", "data", "reason", "at", "programme", "source", "corrects",
)  # fmt: skip


def shown(body: Mapping[str, Any]) -> str:
    """The hash of what a signer signs: everything but the time of recording, the key and the signatures themselves."""
    # the same bytes as the canonical form: what JSON cannot carry is refused when the event itself is written
    return sha256(
        orjson.dumps({name: body[name] for name in _SIGNED}, option=orjson.OPT_SORT_KEYS)
    ).hexdigest()
