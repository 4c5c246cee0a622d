"""Those who can sign at a door: the keys that the log knows, and the private keys that are at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proband.record.declare.intention import Signature
from proband.record.errors import Refusal
from proband.record.heads import SigningKey
from proband.record.personal_keys import PersonalKeys
from proband.record.signing import challenge
from proband.record.state import EnrolledKey, State


@dataclass(frozen=True, slots=True)
class SignaturePrompt:
    """What one person must sign, wherever the private key is: the signature with its block settled, and still without a value.

    ``shown`` is the hash of the content; ``block`` what the signature says of itself; ``challenge`` (32 bytes) what the key signs: an
    Ed25519 key as it is, a passkey as the challenge of an assertion. The finished signature goes into ``signature.value``. ``programme`` is the
    version under which it is signed.
    """

    signature: Signature
    shown: str
    block: Mapping[str, Any]
    challenge: bytes
    programme: str = ""


@dataclass(frozen=True, slots=True)
class Signatories:
    """The state whose keys count, and the private keys that are kept here (``None``: none are)."""

    state: State
    kept: PersonalKeys | None

    @property
    def instance(self) -> str:
        """Of which instance of the record."""
        return self.state.instance

    def block(self, intended: Signature, meaning: str, at: str) -> dict[str, Any]:
        """What a signature will say of itself; the challenge of a passkey is made of it.

        Raises
        ------
        Refusal
            ``gate.signature.unknown`` where the log knows no key of the signer that could be meant.
        """
        key = self._key(intended)
        return {
            "signer": intended.signer, "name": key.name, "role": intended.role, "meaning": meaning, "method": intended.method,
            "at": intended.at or at, "key": key.id, "algorithm": key.algorithm,
        }  # fmt: skip

    def signed(self, intended: Signature, meaning: str, at: str, seen: str) -> dict[str, Any]:
        """The whole signature over a content (its hash): made here, or elsewhere and taken as it is.

        Raises
        ------
        Refusal
            ``gate.signature.unknown``, or ``gate.signature.private`` where the private key is not here.
        """
        block = self.block(intended, meaning, at)
        value = intended.value
        if value is None:
            private = intended.by or self._private(intended.signer)
            if private is None:
                raise Refusal("gate.signature.private", signer=intended.signer)
            value = private.sign(challenge(seen, block))
        return {**block, "shown": seen, "value": value}

    def prompt(self, intended: Signature, meaning: str, at: str, seen: str) -> SignaturePrompt:
        """What a person must sign over a content (its hash) whose private key is not here.

        Raises
        ------
        Refusal
            ``gate.signature.unknown`` where the log knows no key of the signer that could be meant.
        """
        block = self.block(intended, meaning, at)
        settled = Signature(intended.signer, intended.role, intended.method, block["at"], key=block["key"])
        return SignaturePrompt(settled, seen, block, challenge(seen, block))

    def _private(self, signer: str) -> SigningKey | None:
        return self.kept.get(signer) if self.kept is not None else None

    def _key(self, intended: Signature) -> EnrolledKey:
        named = intended.key or (intended.by.id if intended.by is not None else None)
        if named is None:
            private = self._private(intended.signer)
            named = private.id if private is not None else None
        own = [
            key for key in self.state.keys.values() if key.holder == intended.signer and key.kind != "device"
        ]
        # without a name the newest key: an older one was replaced
        found = [key for key in own if key.id == named] if named is not None else own
        if not found:
            raise Refusal("gate.signature.unknown", signer=intended.signer)
        return found[-1]
