"""Enrolment of a key: what is said of it, and the proof that whoever brings it holds it.

The log names the public keys of everybody whose signature may count: persons, the devices at whose doors events come in, and the
recovery key. A key is one holder's, from the event that enrols it to the event that revokes it; both are places in the chain, so that nobody
has to believe a clock. Private keys never stand in the log.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.declare.data import Data
from proband.record.declare.wording import BASE64, CODE, PRINTED_NAME
from proband.record.keys import Algorithm, PublicKey, decoded
from proband.record.passkeys import RelyingParty, assertion_fault
from proband.record.state import EnrolledKey
from proband.terms.canonical import canonical

#: where a private key is: a file beside the record, something its holder alone has, or a passkey
Kept = Literal["this-machine", "elsewhere", "passkey"]


class KeyOffer(Data):
    """A public key that is to be enrolled, with its holder's printed name and the proof that the holder has the private key.

    * ``algorithm``: the kind of key
    * ``public``: the public key
    * ``name``: the printed name of its holder
    * ``kept``: where the private key is
    * ``relying_party``: for whom a passkey was made
    * ``origins``: from which pages a passkey answers
    * ``proof``: the holder's signature over the offer
    """

    algorithm: Algorithm
    public: Annotated[str, Field(pattern=r"^([0-9a-f]{64}|04[0-9a-f]{128})$", description="hexadecimal")]
    name: Annotated[str, Field(min_length=1, max_length=4000), PRINTED_NAME]
    kept: Kept
    relying_party: Annotated[str, Field(pattern=r"^[a-z0-9.-]{0,253}$")] = ""
    origins: list[Annotated[str, Field(pattern=r"^https?://[!-~]{1,253}$")]] = []
    proof: Annotated[str, BASE64] | dict[Annotated[str, CODE], Annotated[str, BASE64]]


def possession(instance: str, holder: str, offer: dict[str, Any]) -> bytes:
    """What the holder signs with the offered key (32 bytes): for this record, in this name, this key."""
    said = {name: value for name, value in offer.items() if name != "proof"}
    content = {"format": "proband-enrolment-1", "instance": instance, "holder": holder, "offer": said}
    return sha256(canonical(content)).digest()


def offered(instance: str, holder: str, public: PublicKey, sign: Callable[[bytes], str], *, name: str, kept: Kept) -> dict[str, Any]:  # fmt: skip
    """The offer of a key whose private half is at hand; ``sign`` gives the signature over some bytes, in base64."""
    offer: dict[str, Any] = {
        "algorithm": public.algorithm, "public": public.raw.hex(), "name": name, "kept": kept, "relying_party": "",
        "origins": [],
    }  # fmt: skip
    return {**offer, "proof": sign(possession(instance, holder, offer))}


def party_of(relying_party: str, origins: tuple[str, ...] | list[str]) -> RelyingParty | None:
    """For whom a passkey was made; ``None`` for another key."""
    return RelyingParty(relying_party, tuple(origins)) if relying_party else None


def offer_fault(instance: str, holder: str, offer: dict[str, Any]) -> str | None:
    """What is wrong with an offer, in a word; ``None`` where the holder has shown the key."""
    public = PublicKey(offer["algorithm"], bytes.fromhex(offer["public"]))
    if not public.usable:
        return "key"
    if (offer["kept"] == "passkey") != bool(offer["relying_party"] and offer["origins"]):
        return "relying-party"
    party, proof = party_of(offer["relying_party"], offer["origins"]), offer["proof"]
    signed = possession(instance, holder, offer)
    if party is not None:
        return assertion_fault(proof, public, signed, party) if isinstance(proof, dict) else "form"
    content = decoded(proof)
    return None if content is not None and public.signed(signed, content) else "signature"


def enrolled(
    offer: dict[str, Any], holder: str, kind: Literal["person", "recovery"], seq: int
) -> EnrolledKey:
    """The key as the record knows it from an event on."""
    public = PublicKey(offer["algorithm"], bytes.fromhex(offer["public"]))
    return EnrolledKey(
        public.id, offer["algorithm"], offer["public"], holder, kind, offer["name"], offer["kept"], seq,
        relying_party=offer["relying_party"], origins=tuple(offer["origins"]),
    )  # fmt: skip


def founding_anchor(data: dict[str, Any]) -> str:
    """The fingerprint (64 hexadecimal digits) of the keys that a record began with, from the data of its first event.

    It covers the instance, the door's device, the first custodian's key and the recovery key. Kept outside the record it shows that this is
    the record that was begun then: nobody else can make a first event with the same one.
    """
    founding = {
        "instance": data["instance"], "device": data["device"], "custodian": [data["custodian"], data["key"]["public"]],
        "recovery": data["recovery"],
    }  # fmt: skip
    return sha256(canonical({"format": "proband-anchor-1", **founding})).hexdigest()
