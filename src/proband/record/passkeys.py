"""Passkeys: whether an assertion of WebAuthn says that this person agreed to this very content.

The challenge of the assertion is the hash of content and signature block, so that a passkey signs an event and not a login.
Checked are the steps of the W3C recommendation "Web Authentication, Level 2", section 7.2, that concern a known key: type,
challenge, origin, relying party, presence and verification of the user, signature. The counter of signatures is not used: passkeys
that several devices share leave it at 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

import orjson

from proband.record.keys import PublicKey, decoded

#: flags of the authenticator's data (section 6.1)
USER_PRESENT, USER_VERIFIED, ATTESTED, EXTENSIONS = 0x01, 0x04, 0x40, 0x80
#: hash of the relying party (32), flags (1), counter of signatures (4)
_HEADER = 37


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """For whom a passkey was made: the domain, and the origins of pages that may ask for it."""

    id: str
    origins: tuple[str, ...]


def assertion_fault(
    assertion: Mapping[str, Any], public: PublicKey, challenge: bytes, party: RelyingParty
) -> str | None:
    """What is wrong with an assertion, in one word of section 7.2; ``None`` where it holds.

    Parameters
    ----------
    assertion
        ``authenticator`` (authenticatorData), ``client`` (clientDataJSON) and ``signature``, each in base64url without padding.
    public
        The key that was enrolled.
    challenge
        What was to be signed (32 bytes).
    party
        The relying party that was enrolled with the key.
    """
    parts = {
        name: decoded(assertion.get(name), url=True) for name in ("authenticator", "client", "signature")
    }
    authenticator, client, signature = parts["authenticator"], parts["client"], parts["signature"]
    if set(assertion) != set(parts) or authenticator is None or client is None or signature is None:
        return "form"
    return (
        _client_fault(client, challenge, party)
        or _authenticator_fault(authenticator, party)
        or (None if public.signed(authenticator + sha256(client).digest(), signature) else "signature")
    )


def _client_fault(client: bytes, challenge: bytes, party: RelyingParty) -> str | None:
    try:
        said = orjson.loads(client)
    except orjson.JSONDecodeError:
        return "form"
    if not isinstance(said, dict):
        return "form"
    if said.get("type") != "webauthn.get":
        return "type"
    if decoded(said.get("challenge"), url=True) != challenge:
        return "challenge"
    # inside a frame of another site nobody can know what was shown
    if said.get("origin") not in party.origins or said.get("crossOrigin", False) is not False:
        return "origin"
    return None


@lru_cache(maxsize=256)
def _hash_of(party: str) -> bytes:
    return sha256(party.encode()).digest()


def _authenticator_fault(data: bytes, party: RelyingParty) -> str | None:
    if len(data) < _HEADER:
        return "form"
    flags = data[32]
    if len(data) > _HEADER and not flags & (ATTESTED | EXTENSIONS):
        return "form"
    if data[:32] != _hash_of(party.id):
        return "relying-party"
    if not flags & USER_PRESENT:
        return "user-presence"
    if not flags & USER_VERIFIED:
        return "user-verification"
    return None
