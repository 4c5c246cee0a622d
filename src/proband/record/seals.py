"""Seals: the signature of the door's device on every commit, so that an event that no door let in is known.

A seal covers the record's instance, the numbers of the first and the last event of the commit and the last one's hash; the hash covers every
event before it, with the time of recording in each. It stands beside the last event of the commit. Whoever owns the database and holds no enrolled device's
key can write rows and cannot seal them.
"""

from __future__ import annotations

from proband.record.heads import SigningKey
from proband.record.keys import PublicKey, fingerprint

#: first bytes of the key's fingerprint, number of the first event of the commit, signature (Ed25519)
_NAME, _FIRST, _SIGNATURE = 8, 8, 64
SIZE = _NAME + _FIRST + _SIGNATURE
_DOMAIN = b"proband-seal-1\0"


def _content(instance: str, first: bytes, last: int, digest: bytes) -> bytes:
    return _DOMAIN + bytes.fromhex(instance) + first + last.to_bytes(8, "big") + digest


def make_seal(key: SigningKey, instance: str, first: int, last: int, digest: bytes) -> bytes:
    """The seal (80 bytes) of the events ``first`` to ``last`` of an instance, of which the last has the hash ``digest``."""
    start = first.to_bytes(_FIRST, "big")
    return bytes.fromhex(key.id) + start + key.sign_raw(_content(instance, start, last, digest))


def seal_claims(content: bytes) -> tuple[str, int] | None:
    """Which key a seal claims, and from which event on; ``None`` for bytes that are no seal."""
    if len(content) != SIZE:
        return None
    return content[:_NAME].hex(), int.from_bytes(content[_NAME : _NAME + _FIRST], "big")


def seal_holds(content: bytes, public: bytes, instance: str, last: int, digest: bytes) -> bool:
    """Whether a seal is this key's, on this event of this instance."""
    claims = seal_claims(content)
    if claims is None or claims[0] != fingerprint(public) or not 1 <= claims[1] <= last:
        return False
    message = _content(instance, content[_NAME : _NAME + _FIRST], last, digest)
    return PublicKey("ed25519", public).signed(message, content[_NAME + _FIRST :])
