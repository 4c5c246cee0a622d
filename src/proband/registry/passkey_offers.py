"""Passkeys in the browser: made, shown to be held, offered to a custodian; and which of a person's keys may sign at this address.

A passkey counts once the log has enrolled it (``person.enrol``) and until the log revokes it. What is kept here beside the log is what only a
browser needs: the name under which the authenticator knows the key, and offers that wait for a custodian.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from fido2.cose import ES256
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from proband.record import Record, State
from proband.record.enrolment import offer_fault, party_of, possession
from proband.record.keys import PublicKey
from proband.record.passkeys import assertion_fault
from proband.record.state import EnrolledKey
from proband.registry.models import OfferedPasskey
from proband.terms.errors import ProbandError

#: of an uncompressed point (SEC 1, section 2.3.3)
_UNCOMPRESSED = b"\x04"
#: more signs than any assertion has
_LONGEST = 16_000


class PasskeyFault(ProbandError):
    """A passkey could not be made or offered."""


@dataclass(frozen=True, slots=True)
class PasskeyAsked:
    """What a page needs to ask a passkey for an assertion: the challenge, and under which names authenticators know the keys."""

    challenge: str
    credentials: str
    party: str


def origin_of(request: HttpRequest) -> str:
    """The origin of the page that is asked for: its host is one of the allowed ones, which Django has seen to."""
    return str(request.build_absolute_uri("/")).rstrip("/")


def live_passkeys(state: State, person: str) -> list[EnrolledKey]:
    """The passkeys of a person that count now, by the log."""
    return [
        key
        for key in state.keys.values()
        if key.holder == person and key.kind == "person" and key.kept == "passkey" and key.until is None
    ]


def passkey_here(state: State, person: str, origin: str) -> EnrolledKey | None:
    """The newest passkey of a person that answers at this address; ``None`` where there is none."""
    found = [key for key in live_passkeys(state, person) if origin in key.origins]
    return found[-1] if found else None


def asked_for(challenge: bytes, keys: list[EnrolledKey]) -> PasskeyAsked:
    """What a page asks for: any of these keys."""
    known = OfferedPasskey.objects.filter(key__in=[key.id for key in keys]).values_list(
        "credential", flat=True
    )
    party = keys[0].relying_party if keys else settings.PROBAND_RELYING_PARTY
    return PasskeyAsked(websafe_encode(challenge), " ".join(known), party)


def read_assertion(text: str) -> dict[str, str] | None:
    """An assertion as a page sends it (JSON of three texts in base64url); ``None`` for anything that is none."""
    if not 0 < len(text) < _LONGEST:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(found, dict) and set(found) == {"authenticator", "client", "signature"}
    return found if whole and all(isinstance(one, str) for one in found.values()) else None


# at the entrance


def entrance_challenge(request: HttpRequest) -> bytes:
    """A new challenge for signing in; it serves once."""
    challenge = secrets.token_bytes(32)
    request.session["entrance"] = challenge.hex()
    return challenge


def opens_entrance(request: HttpRequest, state: State, person: str, text: str) -> bool:
    """Whether an assertion answers the challenge of this session by a passkey that the log has of this person."""
    challenge, assertion = request.session.pop("entrance", None), read_assertion(text)
    if challenge is None or assertion is None:
        return False
    for key in live_passkeys(state, person):
        party = party_of(key.relying_party, key.origins)
        public = PublicKey(key.algorithm, bytes.fromhex(key.public))
        if party and assertion_fault(assertion, public, bytes.fromhex(challenge), party) is None:
            return True
    return False


# making and offering one


def _server(origin: str) -> Fido2Server:
    server = Fido2Server(
        PublicKeyCredentialRpEntity(name="Proband", id=settings.PROBAND_RELYING_PARTY),
        verify_origin=lambda said: said == origin,
    )
    # the record knows two algorithms, and this is the one that every passkey speaks
    server.allowed_algorithms = [one for one in server.allowed_algorithms if one.alg == ES256.ALGORITHM]
    return server


def creation(request: HttpRequest, record: Record, person: str) -> str:
    """The options with which a browser makes a passkey, as JSON; what must come back is kept in the session."""
    handle = sha256(f"proband-passkey-1:{record.state.instance}:{person}".encode()).digest()
    mine = OfferedPasskey.objects.filter(person=person).values_list("credential", flat=True)
    options, state = _server(origin_of(request)).register_begin(
        PublicKeyCredentialUserEntity(name=person, id=handle, display_name=person),
        [
            PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=websafe_decode(one))
            for one in mine
        ],
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    request.session["making"] = dict(state)
    return json.dumps(dict(options.public_key))


def made(request: HttpRequest, record: Record, person: str, text: str) -> None:
    """Take a passkey that a browser has made; it waits in the session until its holder has shown that they hold it.

    Raises
    ------
    PasskeyFault
        ``registry.passkey.made``.
    """
    state = request.session.pop("making", None)
    try:
        if state is None or not 0 < len(text) < _LONGEST:
            raise ValueError("nothing was asked for")
        data = _server(origin_of(request)).register_complete(state, json.loads(text)).credential_data
        if data is None or data.public_key.get(3) != ES256.ALGORITHM:
            raise ValueError("it is of another kind than was asked for")
        raw = _UNCOMPRESSED + data.public_key[-2] + data.public_key[-3]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PasskeyFault("registry.passkey.made", problem=str(error) or type(error).__name__) from error
    with record.reading() as known:
        names = [key.name for key in known.keys.values() if key.holder == person and key.kind == "person"]
    offer = {
        "algorithm": "es256", "public": raw.hex(), "name": names[-1] if names else person, "kept": "passkey",
        "relying_party": settings.PROBAND_RELYING_PARTY, "origins": [origin_of(request)],
    }  # fmt: skip
    request.session["offer"] = {"credential": websafe_encode(data.credential_id), "offer": offer}


def being_offered(request: HttpRequest, record: Record, person: str) -> PasskeyAsked | None:
    """What the new passkey must sign to show that its holder has it; ``None`` where none was made."""
    found = request.session.get("offer")
    if found is None:
        return None
    challenge = possession(record.state.instance, person, found["offer"])
    return PasskeyAsked(websafe_encode(challenge), found["credential"], found["offer"]["relying_party"])


def offer(request: HttpRequest, record: Record, person: str, text: str) -> OfferedPasskey:
    """Offer a new passkey to the custodians, with the proof that its holder has it.

    Raises
    ------
    PasskeyFault
        ``registry.passkey.made``.
    """
    found, proof = request.session.pop("offer", None), read_assertion(text)
    if found is None or proof is None:
        raise PasskeyFault("registry.passkey.made", problem="nobody has shown that they hold it")
    whole = {**found["offer"], "proof": proof}
    fault = offer_fault(record.state.instance, person, whole)
    if fault is not None:
        raise PasskeyFault("registry.passkey.made", problem=f"the {fault} of its proof does not hold")
    key = PublicKey("es256", bytes.fromhex(whole["public"])).id
    kept: OfferedPasskey = OfferedPasskey.objects.create(
        person=person, credential=found["credential"], key=key, offer=whole
    )
    return kept


def waiting_offers(state: State) -> list[OfferedPasskey]:
    """Offers that no event has enrolled yet, the oldest first."""
    return [one for one in OfferedPasskey.objects.order_by("id") if one.key not in state.keys]


def enrolling(state: State, offered: OfferedPasskey, *, replacing: bool) -> Mapping[str, Any]:
    """The data of ``person.enrol`` for an offer; ``replacing``: every key that the person has until then."""
    old = [
        key.id
        for key in state.keys.values()
        if key.holder == offered.person and key.kind == "person" and key.until is None
    ]
    return {"key": offered.offer, "replaces": old if replacing else []}
