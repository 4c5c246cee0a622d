"""Signatures as the record checks them, against a bare verify loop of the same keys: for each kind of key, on one core and on all.

Run ``python -m benchmarks.record_signatures``. The bare loop knows the public key, the message and the signature, and verifies. The record's side does what
replay and verification do for one signature: the hash of the event's content, the challenge over content and block, the value decoded, for a passkey what its
client and authenticator say, and then the same verification. Both sides take the same signatures in turns; what was checked once is forgotten between rounds.
"""

from __future__ import annotations

import argparse
import base64
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proband.record.keys import PublicKey, _signed, encoded
from proband.record.passkeys import RelyingParty
from proband.record.signing import CONTENT, challenge, shown, signature_fault

ROUNDS = 7
INSTANCE = "ab" * 16
PARTY = RelyingParty("registry.example", ("https://registry.example",))
KINDS = ("ed25519", "es256", "es256 passkey")
SHA = ec.ECDSA(SHA256())


def key_of(kind: str) -> tuple[Any, PublicKey]:
    """A private key of a kind, and the public one as it is enrolled."""
    if kind == "ed25519":
        private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
        return private, PublicKey(
            "ed25519", private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        )
    curve = ec.derive_private_key(20_260_302, ec.SECP256R1())
    return curve, PublicKey(
        "es256", curve.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )


def _unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def signed(kind: str, count: int) -> list[tuple[dict[str, Any], dict[str, Any], bytes, bytes]]:
    """Events of about 0.6 kB, each signed: body, signature, and what the bare loop verifies."""
    private, public = key_of(kind)
    found = []
    for n in range(count):
        body = {
            **dict.fromkeys(CONTENT, "x"),
            "data": {"text": "x" * 480, "n": n},
            "corrects": None,
            "key": f"bench-{n:09d}",
        }
        seen = shown(body, INSTANCE)
        block = {"signer": "qa-1", "name": "Synthetic Quality", "role": "quality", "meaning": "release", "method": "password",
                 "at": "2026-03-02T08:00:00.000Z", "key": public.id, "algorithm": public.algorithm}  # fmt: skip
        message = challenge(seen, block)
        value: Any
        if kind == "es256 passkey":
            client = orjson.dumps(
                {
                    "type": "webauthn.get",
                    "challenge": _unpadded(message),
                    "origin": PARTY.origins[0],
                    "crossOrigin": False,
                }
            )
            data = sha256(PARTY.id.encode()).digest() + b"\x05" + bytes(4)
            message = data + sha256(client).digest()
            signature = private.sign(message, SHA)
            value = {
                "authenticator": _unpadded(data),
                "client": _unpadded(client),
                "signature": _unpadded(signature),
            }
        else:
            signature = private.sign(message) if kind == "ed25519" else private.sign(message, SHA)
            value = encoded(signature)
        found.append((body, {**block, "shown": seen, "value": value}, message, signature))
    return found


def bare(kind: str, work: list[Any]) -> int:
    """The bare loop."""
    public = key_of(kind)[0].public_key()
    if kind == "ed25519":
        for _, _, message, signature in work:
            public.verify(signature, message)
    else:
        for _, _, message, signature in work:
            public.verify(signature, message, SHA)
    return len(work)


def ours(kind: str, work: list[Any]) -> int:
    """As the gate on signatures looks at each."""
    public = key_of(kind)[1]
    party = PARTY if kind == "es256 passkey" else None
    for body, entry, _, _ in work:
        assert shown(body, INSTANCE) == entry["shown"]
        assert signature_fault(entry, public, party) is None
    _signed.cache_clear()
    return len(work)


def _timed(side: Callable[[str, list[Any]], int], kind: str, work: list[Any]) -> float:
    started = time.process_time()
    count = side(kind, work)
    return count / (time.process_time() - started)


def _on_one(side: str, kind: str, count: int, rounds: int) -> list[float]:
    """What a worker does: its own signatures, so that nothing but results travels."""
    work = signed(kind, count)
    function = bare if side == "bare" else ours
    function(kind, work[:50])
    return [_timed(function, kind, work) for _ in range(rounds)]


@dataclass(frozen=True, slots=True)
class SignatureRates:
    """Signatures of one kind of key per second of processor time: of the bare loop and of the record, on one core and summed over all."""

    bare: float
    ours: float
    bare_on_all: float
    ours_on_all: float


def measured(kind: str, count: int) -> SignatureRates:
    """Both sides in turns on one core, then each on all cores at once."""
    cores = os.cpu_count() or 1
    work = signed(kind, count)
    rates: dict[str, list[float]] = {"bare": [], "ours": []}
    for turn in range(ROUNDS):
        for name, side in (("bare", bare), ("ours", ours)) if turn % 2 else (("ours", ours), ("bare", bare)):
            rates[name].append(_timed(side, kind, work))
    slow, fast = statistics.median(rates["bare"]), statistics.median(rates["ours"])
    print(f"{kind:14} one core : bare {slow:9,.0f} /s   record {fast:9,.0f} /s   ratio {fast / slow:5.2f}")
    sums = {}
    with ProcessPoolExecutor(cores) as pool:
        for name in ("bare", "ours"):
            many = ([value] * cores for value in (name, kind, count, ROUNDS))
            sums[name] = sum(statistics.median(one) for one in pool.map(_on_one, *many))
    print(
        f"{'':14} {cores} cores  : bare {sums['bare']:9,.0f} /s   record {sums['ours']:9,.0f} /s   ratio {sums['ours'] / sums['bare']:5.2f}"
    )
    return SignatureRates(slow, fast, sums["bare"], sums["ours"])


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=4_000)
    arguments = parser.parse_args()
    for kind in KINDS:
        measured(kind, arguments.count)


if __name__ == "__main__":
    main()
