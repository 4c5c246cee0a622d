"""Keys, passkeys and seals by themselves: what they bind, and that nothing else passes for it.

The passkey is made here as a browser makes it: no vector of a real person's device is kept.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proband.record.heads import SigningKey
from proband.record.keys import PublicKey, encoded
from proband.record.passkeys import RelyingParty, assertion_fault
from proband.record.seals import make_seal, seal_claims, seal_holds
from proband.record.signing import BLOCK, CONTENT, challenge, shown, signature_fault

PARTY = RelyingParty("registry.example", ("https://registry.example",))
INSTANCE = "ab" * 16
EDWARDS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
P256 = ec.derive_private_key(20_260_302, ec.SECP256R1())
OTHER_P256 = ec.derive_private_key(20_260_303, ec.SECP256R1())
BODY: dict[str, Any] = dict.fromkeys(CONTENT, "x") | {"data": {"n": 1}, "corrects": None}


def public(private: Any) -> PublicKey:
    if isinstance(private, Ed25519PrivateKey):
        return PublicKey("ed25519", private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return PublicKey("es256", point)


def sign(private: Any, message: bytes) -> bytes:
    if isinstance(private, Ed25519PrivateKey):
        return private.sign(message)
    return private.sign(message, ec.ECDSA(SHA256()))


def unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def assertion(private: Any, digest: bytes, *, flags: int = 0x05, party: str = PARTY.id, tail: bytes = b"", **client: Any) -> dict[str, str]:  # fmt: skip
    """What an authenticator and a browser give for a challenge."""
    said = {
        "type": "webauthn.get",
        "challenge": unpadded(digest),
        "origin": PARTY.origins[0],
        "crossOrigin": False,
    }
    raw = orjson.dumps(said | client)
    data = sha256(party.encode()).digest() + bytes([flags]) + bytes(4) + tail
    signature = sign(private, data + sha256(raw).digest())
    return {"authenticator": unpadded(data), "client": unpadded(raw), "signature": unpadded(signature)}


def block(private: Any, **changes: Any) -> dict[str, Any]:
    key = public(private)
    return {"signer": "qa-1", "name": "Synthetic Quality", "role": "quality", "meaning": "release", "method": "password",
            "at": "2026-03-02T08:00:00.000Z", "key": key.id, "algorithm": key.algorithm, **changes}  # fmt: skip


@pytest.mark.parametrize("private", [EDWARDS, P256], ids=["ed25519", "es256"])
def test_a_key_knows_its_own_signature_and_no_other(private: Any) -> None:
    key, message = public(private), b"content"
    signature = sign(private, message)
    assert key.usable
    assert key.signed(message, signature)
    assert not key.signed(b"Content", signature)
    for n in range(0, len(signature), 7):
        changed = bytearray(signature)
        changed[n] ^= 1
        assert not key.signed(message, bytes(changed)), n
    assert not key.signed(message, b"")
    assert not PublicKey("rsa", key.raw).signed(message, signature)
    assert not PublicKey("rsa", key.raw).usable
    assert not PublicKey(key.algorithm, key.raw[:-1]).usable
    assert key.anchor.startswith(key.id)


@pytest.mark.parametrize("private", [EDWARDS, P256], ids=["ed25519", "es256"])
def test_a_passkey_that_agreed_to_the_content_holds(private: Any) -> None:
    digest = sha256(b"an event").digest()
    assert assertion_fault(assertion(private, digest), public(private), digest, PARTY) is None
    # an authenticator may add extensions, and says so
    extended = assertion(private, digest, flags=0x85, tail=b"\xa0")
    assert assertion_fault(extended, public(private), digest, PARTY) is None


DIGEST = sha256(b"an event").digest()


@pytest.mark.parametrize(
    ("fault", "forged"),
    [
        ("type", assertion(P256, DIGEST, type="webauthn.create")),
        ("challenge", assertion(P256, sha256(b"another event").digest())),
        ("challenge", assertion(P256, DIGEST, challenge="")),
        ("challenge", assertion(P256, DIGEST, challenge=7)),
        ("origin", assertion(P256, DIGEST, origin="https://registry.example.evil")),
        ("origin", assertion(P256, DIGEST, origin=None)),
        ("origin", assertion(P256, DIGEST, crossOrigin=True)),
        ("relying-party", assertion(P256, DIGEST, party="evil.example")),
        ("user-presence", assertion(P256, DIGEST, flags=0x04)),
        ("user-verification", assertion(P256, DIGEST, flags=0x01)),
        ("signature", assertion(OTHER_P256, DIGEST)),
        ("form", assertion(P256, DIGEST, tail=b"\x00")),
        ("form", assertion(P256, DIGEST) | {"client": unpadded(b"[]")}),
        ("form", assertion(P256, DIGEST) | {"client": "{}"}),
        ("form", assertion(P256, DIGEST) | {"authenticator": unpadded(b"short")}),
        ("form", assertion(P256, DIGEST) | {"signature": None}),
        ("form", assertion(P256, DIGEST) | {"more": "of it"}),
        ("form", {}),
    ],
)
def test_an_assertion_for_something_else_is_told_by_what_is_wrong(fault: str, forged: dict[str, Any]) -> None:
    assert assertion_fault(forged, public(P256), DIGEST, PARTY) == fault


def test_what_a_person_signs_covers_all_of_the_content_and_nothing_that_a_colleague_changes() -> None:
    seen = shown(BODY, INSTANCE)
    for name in CONTENT:
        assert shown(BODY | {name: "y"}, INSTANCE) != seen, name
    assert shown(BODY, "cd" * 16) != seen
    assert shown(BODY | {"recorded": "later", "skew": {"device_ms": 1}, "signatures": [1]}, INSTANCE) == seen


@pytest.mark.parametrize("name", BLOCK)
def test_nothing_in_the_block_can_be_said_differently_afterwards(name: str) -> None:
    entry = block(EDWARDS) | {"shown": shown(BODY, INSTANCE)}
    entry["value"] = encoded(EDWARDS.sign(challenge(entry["shown"], entry)))
    assert signature_fault(entry, public(EDWARDS), None) is None
    assert signature_fault(entry | {name: "other"}, public(EDWARDS), None) in ("key", "signature")


@pytest.mark.parametrize("value", [None, 7, "", "!", {}, {"client": 1}, encoded(b"x" * 64)])
def test_a_value_that_is_no_signature_is_none(value: Any) -> None:
    entry = block(EDWARDS) | {"shown": "00" * 32, "value": value}
    assert signature_fault(entry, public(EDWARDS), None) in ("form", "signature")
    entry = block(P256) | {"shown": "00" * 32, "value": value}
    assert signature_fault(entry, public(P256), PARTY) == "form"


def test_a_passkey_signs_an_event_by_its_challenge() -> None:
    entry = block(P256, method="passkey") | {"shown": shown(BODY, INSTANCE)}
    entry["value"] = assertion(P256, challenge(entry["shown"], entry))
    assert signature_fault(entry, public(P256), PARTY) is None
    # of a passkey a bare signature does not count: nobody would know of the user's presence
    bare = entry | {"value": encoded(sign(P256, challenge(entry["shown"], entry)))}
    assert signature_fault(bare, public(P256), PARTY) == "form"


def test_a_seal_is_of_one_commit_of_one_instance_by_one_key() -> None:
    key, digest = SigningKey(EDWARDS), bytes(range(32))
    made = make_seal(key, INSTANCE, 5, 7, digest)
    assert seal_claims(made) == (key.id, 5)
    assert seal_holds(made, key.public, INSTANCE, 7, digest)
    assert not seal_holds(made, key.public, INSTANCE, 8, digest)
    assert not seal_holds(made, key.public, "cd" * 16, 7, digest)
    assert not seal_holds(made, key.public, INSTANCE, 7, bytes(32))
    # a seal that is said to begin earlier would cover an event that its door did not let in
    earlier = made[:8] + (4).to_bytes(8, "big") + made[16:]
    assert seal_claims(earlier) == (key.id, 4)
    assert not seal_holds(earlier, key.public, INSTANCE, 7, digest)
    stranger = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    assert not seal_holds(made, stranger.public, INSTANCE, 7, digest)
    for junk in (b"", made[:-1], made + b"\0", bytes(80)):
        assert not seal_holds(junk, key.public, INSTANCE, 7, digest)
