"""Public keys of persons and devices: what they are called, how they are written, what they have signed.

Two algorithms: Ed25519 (RFC 8032) and ES256, which is ECDSA over P-256 with SHA-256 (RFC 7518, section 3.4), the one that
every passkey speaks. A key is written as hexadecimal digits: 32 bytes for Ed25519, the uncompressed point of 65 bytes for
ES256. Nothing here knows who holds a key; that is what the log says.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Literal, get_args

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256

Algorithm = Literal["ed25519", "es256"]
ALGORITHMS: tuple[str, ...] = get_args(Algorithm)

_SHA256 = ECDSA(SHA256())
#: base64url (RFC 4648, section 5) as base64
_URL = bytes.maketrans(b"-_", b"+/")


@lru_cache(maxsize=4096)
def fingerprint(public: bytes) -> str:
    """The short name of a public key: the first 16 hexadecimal digits of its sha256."""
    return sha256(public).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: its algorithm and its bytes as the algorithm writes them."""

    algorithm: str
    raw: bytes

    @property
    def id(self) -> str:
        """Its short name, as signatures give it."""
        return fingerprint(self.raw)

    @property
    def anchor(self) -> str:
        """Its whole fingerprint (64 hexadecimal digits), to be kept on paper or at another site."""
        return sha256(self.raw).hexdigest()

    @property
    def usable(self) -> bool:
        """Whether the bytes are a key of the algorithm at all."""
        try:
            _loaded(self.algorithm, self.raw)
        except (ValueError, KeyError):
            return False
        return True

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether this key signed a message."""
        return _signed(self.algorithm, self.raw, message, signature)


@lru_cache(maxsize=4096)
def _loaded(algorithm: str, raw: bytes) -> Ed25519PublicKey | EllipticCurvePublicKey:
    if algorithm == "ed25519":
        return Ed25519PublicKey.from_public_bytes(raw)
    if algorithm == "es256":
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw)
    raise KeyError(algorithm)


@lru_cache(maxsize=65_536)
def _signed(algorithm: str, raw: bytes, message: bytes, signature: bytes) -> bool:
    """The check itself; what was found is kept, since the door and the fold ask the same of one event."""
    try:
        key = _loaded(algorithm, raw)
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, message)
        else:
            key.verify(signature, message, _SHA256)
    except (InvalidSignature, ValueError, KeyError):
        return False
    return True


def decoded(text: object, *, url: bool = False) -> bytes | None:
    """The bytes of a base64 text (``url``: base64url without padding), ``None`` for anything that is none."""
    if not isinstance(text, str):
        return None
    try:
        if not url:
            return base64.b64decode(text, validate=True)
        raw = text.encode("ascii").translate(_URL)
        return binascii.a2b_base64(raw + b"==="[: -len(raw) % 4], strict_mode=True)
    except (binascii.Error, ValueError):
        return None


def encoded(content: bytes) -> str:
    """Bytes in base64."""
    return base64.b64encode(content).decode()
