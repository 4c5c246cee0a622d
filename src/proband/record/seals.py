"""Seals: the signature of the door's device on every commit, so that an event that no door let in is known.

A seal covers the record's instance, the number of the last event of the commit and its hash; the hash covers every event before it, with the
time of recording in each. It stands beside the last event of the commit. Whoever owns the database and holds no enrolled device's
key can write rows and cannot seal them.
"""

from __future__ import annotations

from proband.record.keys import PublicKey, fingerprint

#: first bytes of the key's fingerprint, then the signature (Ed25519)
_NAME, _SIGNATURE = 8, 64
_DOMAIN = b"proband-seal-1\0"


def sealed_content(instance: str, seq: int, digest: bytes) -> bytes:
    """What a device signs: the instance, the number of the event, its hash."""
    return _DOMAIN + bytes.fromhex(instance) + seq.to_bytes(8, "big") + digest


def seal(public: bytes, signature: bytes) -> bytes:
    """A seal (72 bytes): the short name of the key, and its signature."""
    return bytes.fromhex(fingerprint(public)) + signature


def seal_key(content: bytes) -> str | None:
    """The short name of the key that a seal claims; ``None`` for bytes that are no seal."""
    return content[:_NAME].hex() if len(content) == _NAME + _SIGNATURE else None


def seal_holds(content: bytes, public: bytes, instance: str, seq: int, digest: bytes) -> bool:
    """Whether a seal is this key's, on this event of this instance."""
    if seal_key(content) != fingerprint(public):
        return False
    return PublicKey("ed25519", public).signed(sealed_content(instance, seq, digest), content[_NAME:])
