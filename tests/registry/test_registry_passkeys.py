"""Passkeys: made, offered, enrolled, and then nothing less signs or opens; by Chromium's virtual authenticator, and forged by hand."""

from __future__ import annotations

import base64
import json
import re
import uuid
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proband.record import verify_record
from proband.record.enrolment import possession
from proband.record.keys import PublicKey
from proband.record.signing import signature_fault
from record.synthetic import ROLES, Hospital

from .conftest import PASSWORD
from .test_registry_doing import CONSENT

HERE = "http://localhost"


def url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class HeldPasskey:
    """A passkey as its holder's device holds it."""

    def __init__(self, origin: str = HERE) -> None:
        self.private, self.origin = generate_private_key(SECP256R1()), origin
        raw = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public = PublicKey("es256", raw)
        self.credential = url(sha256(raw).digest())

    def answer(self, challenge: str, *, flags: int = 5, origin: str | None = None) -> dict[str, str]:
        client = json.dumps(
            {"type": "webauthn.get", "challenge": challenge, "origin": origin or self.origin}
        ).encode()
        authenticator = sha256(b"localhost").digest() + bytes([flags]) + bytes(4)
        signed = self.private.sign(authenticator + sha256(client).digest(), ECDSA(SHA256()))
        return {"authenticator": url(authenticator), "client": url(client), "signature": url(signed)}


def enrolled(house: Hospital, person: str, *, replaces: bool) -> HeldPasskey:
    """A passkey of somebody, enrolled by the custodian."""
    from proband.registry.models import OfferedPasskey

    held = HeldPasskey()
    old = [key.id for key in house.record.state.keys.values() if key.holder == person]
    offer = {"algorithm": "es256", "public": held.public.raw.hex(), "name": person, "kept": "passkey", "relying_party": "localhost",
             "origins": [HERE]}  # fmt: skip
    offer["proof"] = held.answer(url(possession(house.record.state.instance, person, offer)))
    house.do(
        "person.enrol",
        person,
        {"key": offer, "replaces": old if replaces else []},
        actor="sys-1",
        site="*",
    )
    OfferedPasskey.objects.create(person=person, credential=held.credential, key=held.public.id, offer=offer)
    return held


@pytest.fixture
def staffed(house: Hospital, doing: Any) -> Any:
    """A function that gives somebody new in a role, with a password of their own and an enrolled passkey."""
    from proband.registry.accounts import choose_password
    from proband.registry.models import Account

    def made(role: str = "physician", *, replaces: bool = True) -> tuple[str, HeldPasskey]:
        person = f"pk-{uuid.uuid4().hex[:6]}"
        granted = doing("sys-1", "custodian@*", "staff.grant", person, {"role": role, "sites": "north"})
        (once,) = re.findall(
            r"<dt>one-time password</dt><dd><code>([a-z2-7-]{19})</code>", granted.content.decode()
        )
        choose_password(house.record, Account.objects.get(username=person), once, PASSWORD)
        for training in ROLES[role][1]:
            doing(
                "sys-1",
                "custodian@*",
                "staff.train",
                person,
                {"training": training, "valid_until": "2035-01-01"},
            )
        return person, enrolled(house, person, replaces=replaces)

    return made


def to_sign(
    browsing: Any, house: Hospital, newcomer: Any, person: str, role: str = "physician"
) -> tuple[Any, str, str]:
    """A consent that waits for somebody's signature: their browser, its address, whose consent it is."""
    participant, client = newcomer(), browsing(person)
    house.refer(participant)
    house.screen(participant)
    fields = {f"f.{name}": value for name, value in CONSENT.items()}
    sent = client.post(
        "/do/consent.give/", fields | {"subject": participant, "as": f"{role}@north", "key": uuid.uuid4().hex}
    )
    assert sent.status_code == 302, sent.content.decode()[-2000:]
    return client, sent["Location"], participant


def challenges(page: str) -> list[str]:
    return re.findall(r'data-challenge="([^"]+)"', page)


def test_a_passkey_signs_the_hash_that_was_shown(
    house: Hospital, browsing: Any, newcomer: Any, staffed: Any
) -> None:
    person, held = staffed()
    client, address, participant = to_sign(browsing, house, newcomer, person)
    page = client.get(address)
    assert "script-src 'self'" in page["Content-Security-Policy"]
    text = page.content.decode()
    assert 'name="password"' not in text
    (challenge,) = challenges(text)
    (shown,) = re.findall(r"<dt>content</dt><dd><code>([0-9a-f]{64})", text)
    house.wait(seconds=90)
    assert challenges(client.get(address).content.decode()) == [challenge], (
        "what was shown stays what is signed"
    )
    done = client.post(address, {"assertion": json.dumps(held.answer(challenge))})
    assert done["Location"].startswith("/event/"), done.content.decode()[-3000:]
    event = house.record.event(int(done["Location"].strip("/").split("/")[-1]))
    (entry,) = event.body["signatures"]
    assert (entry["shown"], entry["method"], entry["key"]) == (shown, "passkey", held.public.id)
    key = house.record.state.keys[held.public.id]
    from proband.record.enrolment import party_of

    assert signature_fault(entry, held.public, party_of(key.relying_party, key.origins)) is None
    assert house.record.state.participants[participant].consent is not None
    assert client.post(address, {"assertion": "x"})["Location"] == done["Location"], (
        "sent twice it is one event"
    )


@pytest.mark.parametrize(
    "wrong",
    ["password", "nothing", "junk", "other-event", "other-key", "not-verified", "elsewhere", "replayed"],
)
def test_nothing_less_than_the_passkey_over_this_very_event_signs(
    house: Hospital, browsing: Any, newcomer: Any, staffed: Any, wrong: str
) -> None:
    """Also where the key under the password was not replaced: whoever has a passkey signs with nothing less."""
    person, held = staffed(replaces=False)
    client, address, participant = to_sign(browsing, house, newcomer, person)
    (challenge,) = challenges(client.get(address).content.decode())
    sent: dict[str, Any] = {}
    match wrong:
        case "password":
            sent = {"password": PASSWORD}
        case "junk":
            sent = {"assertion": "[" * 9000}
        case "other-event":
            _, other, _ = to_sign(browsing, house, newcomer, person)
            client2 = browsing(person)
            assert client2.get(other).status_code == 404, "it waits in another session"
            sent = {"assertion": json.dumps(held.answer(url(sha256(b"another event").digest())))}
        case "other-key":
            sent = {"assertion": json.dumps(HeldPasskey().answer(challenge))}
        case "not-verified":
            sent = {"assertion": json.dumps(held.answer(challenge, flags=1))}
        case "elsewhere":
            sent = {"assertion": json.dumps(held.answer(challenge, origin="http://localhost.example"))}
        case "replayed":
            client.post(address, {"assertion": json.dumps(held.answer(challenge))})
            earlier = house.record.state.seq
            client, address, participant = to_sign(browsing, house, newcomer, person)
            sent = {"assertion": json.dumps(house.record.event(earlier).body["signatures"][0]["value"])}
    answer = client.post(address, sent)
    assert answer.status_code in (409, 422), answer.status_code
    said = answer.content.decode()
    assert "has not answered" in said or "gate.signature.forged" in said
    assert house.record.state.participants[participant].consent is None


def test_two_people_sign_at_one_screen_with_two_passkeys(
    house: Hospital, browsing: Any, newcomer: Any, staffed: Any
) -> None:
    first, held = staffed("nurse")
    second, other = staffed("nurse")
    person = f"W-{newcomer()}"
    house.admit(person)
    house.collect(person, f"COI-{person}", f"DIN-{person}")
    house.make(f"BAG-{person}", f"COI-{person}", [f"DIN-{person}"])
    client = browsing(first)
    sent = client.post(
        "/bed/",
        {
            "participant": person,
            "wristband": "W-other",
            "bag": f"BAG-{person}",
            "label": "L1",
            "as": "nurse@north",
            "key": uuid.uuid4().hex,
        },
    )
    assert sent.status_code == 302, sent.content.decode()[-2000:]
    (mine,) = challenges(client.get(sent["Location"]).content.decode())
    posted = {"assertion": json.dumps(held.answer(mine)), "second.person": second, "second.role": "nurse"}
    prepared = client.post(sent["Location"], posted)
    assert prepared.status_code == 200
    assert "script-src 'self'" in prepared["Content-Security-Policy"]
    both = challenges(prepared.content.decode())
    assert both[0] == mine
    assert len(set(both)) == 2, "each signs in their own name"
    stopped = client.post(sent["Location"], posted | {"second.assertion": json.dumps(other.answer(both[1]))})
    page = stopped.content.decode()
    assert stopped.status_code == 409
    assert "STOP" in page
    assert "gate.signature" not in page
    assert "gate.second" not in page


def test_errands_are_signed_by_passkey_too(
    house: Hospital, browsing: Any, staffed: Any, newcomer: Any
) -> None:
    """Generated: each errand that is signed and done in a browser waits for its signature, unless what the log will hold cannot be foreseen."""
    from proband.record import COMMANDS
    from proband.record.errands import ERRANDS
    from proband.registry.acting import is_done_here
    from proband.registry.doing import signed_at_once

    signed = {verb for verb in ERRANDS if COMMANDS[verb].signature and is_done_here(COMMANDS[verb])}
    assert {verb for verb in signed if signed_at_once(COMMANDS[verb])} == {"kit.receive"}
    held = enrolled(house, "sys-1", replaces=False)
    participant = newcomer()
    house.refer(participant)
    client = browsing("sys-1")
    sent = client.post("/do/participant.erase/", {"subject": participant, "as": "custodian@*", "key": uuid.uuid4().hex, "reason": "asked for",
                                                  "f.legal_basis": "Article 17, synthetic", "f.scope": "texts"})  # fmt: skip
    assert sent.status_code == 302, sent.content.decode()[-2500:]
    page = client.get(sent["Location"]).content.decode()
    assert "Article 17, synthetic" in page
    waits = next(iter(client.session["waiting"].values()))
    assert waits["data"]["legal_basis"].startswith("[vault:"), "no text waits in a session"
    (challenge,) = challenges(page)
    done = client.post(sent["Location"], {"assertion": json.dumps(held.answer(challenge))})
    text = done.content.decode()
    assert done.status_code == 302, text[-3000:]
    assert house.record.state.participants[participant].texts_erased
    house.do("key.revoke", held.public.id, {"cause": "replaced"}, actor="sys-1", site="*")


def test_whoever_has_a_passkey_signs_in_with_it_after_the_password(house: Hospital, staffed: Any) -> None:
    from django.test import Client

    person, held = staffed()
    client = Client(SERVER_NAME="localhost")
    sent = client.post("/sign-in/", {"username": person, "password": PASSWORD})
    assert sent["Location"] == "/sign-in/passkey/"
    assert client.get("/")["Location"].startswith("/sign-in/"), "not signed in yet"
    (challenge,) = challenges(client.get("/sign-in/passkey/").content.decode())
    stale = json.dumps(held.answer(challenge))
    (challenge,) = challenges(client.get("/sign-in/passkey/").content.decode())
    assert client.post("/sign-in/passkey/", {"assertion": stale})["Location"] == "/sign-in/", (
        "each challenge serves once"
    )
    client.post("/sign-in/", {"username": person, "password": PASSWORD})
    (challenge,) = challenges(client.get("/sign-in/passkey/").content.decode())
    opened = client.post("/sign-in/passkey/", {"assertion": json.dumps(held.answer(challenge))})
    assert opened["Location"] == "/"
    assert client.get("/").status_code == 200
    house.do("key.revoke", held.public.id, {"cause": "lost"}, actor="sys-1", site="*")
    again = Client(SERVER_NAME="localhost").post("/sign-in/", {"username": person, "password": PASSWORD})
    assert again["Location"] == "/", "a lost passkey keeps nobody out: the log has revoked it"


def test_where_passkeys_are_required_nobody_signs_without_one(
    house: Hospital, browsing: Any, newcomer: Any, staffed: Any
) -> None:
    from django.test import override_settings

    person, _ = staffed()
    waiting, address, participant = to_sign(browsing, house, newcomer, "dr-3")
    with override_settings(PROBAND_PASSKEYS_REQUIRED=True):
        client = browsing("dr-1")
        for path in ("/", "/do/participant.refer/", "/api/commands", "/table/participants/"):
            assert client.get(path)["Location"] == "/keys/", path
        assert client.get("/keys/").status_code == 200
        answer = waiting.post(address, {"password": PASSWORD})
        assert answer.status_code == 422
        assert "has no passkey that answers at this address" in answer.content.decode()
        assert house.record.state.participants[participant].consent is None
        assert browsing(person).get("/").status_code == 200


def test_the_api_settles_shows_and_takes_an_assertion(
    house: Hospital, browsing: Any, newcomer: Any, staffed: Any
) -> None:
    person, held = staffed()
    participant, client = newcomer(), browsing(person)
    house.refer(participant)
    house.screen(participant)
    data = {**CONSENT, "age_years": 40, "teach_back": [True, True]}
    sent = {
        "verb": "consent.give",
        "subject": participant,
        "role": "physician",
        "site": "north",
        "data": data,
    }
    asked = client.post("/api/prompt", json.dumps(sent), content_type="application/json").json()
    assert asked["credentials"] == [held.credential]
    wrong = client.post(
        f"/api/sign/{asked['key']}", json.dumps(held.answer(url(bytes(32)))), content_type="application/json"
    )
    assert wrong.status_code == 409
    done = client.post(
        f"/api/sign/{asked['key']}",
        json.dumps(held.answer(asked["challenge"])),
        content_type="application/json",
    )
    assert done.status_code == 200, done.content
    assert house.record.event(done.json()["seq"]).body["signatures"][0]["shown"] == asked["shown"]


def test_a_registration_that_is_not_whole_is_no_passkey(browsing: Any) -> None:
    client = browsing("dr-1")
    for said in ("", "{}", "[]", "null", "[" * 9000, "{" * 15000, json.dumps({"id": "x", "rawId": "x", "type": "public-key", "response": {}}),
                 json.dumps({"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "e30", "attestationObject": "oA"}})):  # fmt: skip
        client.get("/keys/")
        answer = client.post("/keys/made/", {"made": said})
        assert answer.status_code == 422, said[:60]
        assert "registry.passkey.made" in answer.content.decode()
    assert client.post("/keys/offer/", {"assertion": "{}"}).status_code == 422
    assert client.post("/keys/0123456789abcdef/enrol/").status_code == 403, "a physician enrols nobody"


@pytest.mark.browser
def test_by_hand_in_chromium(
    browser: Any, address: str, house: Hospital, doing: Any, newcomer: Any, staffed: Any
) -> None:
    """Made, offered, enrolled by the custodian, signed with, signed in with: by the browser's own authenticator, phone-sized."""
    from proband.registry.models import Account, OfferedPasskey

    granted = doing("sys-1", "custodian@*", "staff.grant", "by-hand", {"role": "physician", "sites": "north"})
    assert granted.status_code == 200
    from proband.registry.accounts import choose_password

    (once,) = re.findall(
        r"<dt>one-time password</dt><dd><code>([a-z2-7-]{19})</code>", granted.content.decode()
    )
    choose_password(house.record, Account.objects.get(username="by-hand"), once, PASSWORD)
    for training in ROLES["physician"][1]:
        doing(
            "sys-1",
            "custodian@*",
            "staff.train",
            "by-hand",
            {"training": training, "valid_until": "2035-01-01"},
        )

    def entered(person: str) -> Any:
        page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        page.goto(f"{address}/sign-in/")
        page.fill("#id_username", person)
        page.fill("#id_password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/")
        return page

    page = entered("by-hand")
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    made = device.send("WebAuthn.addVirtualAuthenticator", {"options": {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                       "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}})  # fmt: skip
    page.goto(f"{address}/keys/")
    page.click("button:has-text('Make a passkey')")
    page.wait_for_selector("text=Show that you hold it")
    page.click("button:has-text('Offer it')")
    page.wait_for_selector("text=not yet: a custodian must enrol it")
    offered = OfferedPasskey.objects.get(person="by-hand")

    custodian = entered("sys-1")
    custodian.goto(f"{address}/keys/")
    row = custodian.locator("li", has_text="by-hand")
    assert offered.key in row.inner_text()
    row.locator("button").click()
    custodian.fill("#password", PASSWORD)
    custodian.click("button:has-text('Sign') >> nth=-1")
    custodian.wait_for_url(f"{address}/event/*/")
    custodian.context.close()
    assert house.record.state.keys[offered.key].until is None

    participant = newcomer()
    house.refer(participant)
    house.screen(participant)
    page.goto(
        f"{address}/do/consent.give/?subject={participant}&"
        + "&".join(f"f.{name}={value}" for name, value in CONSENT.items() if "\n" not in value)
    )
    page.fill("#f-teach_back", "yes\nyes")
    page.click("text=Go on to what is signed")
    page.wait_for_url(f"{address}/sign/*/")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.click("button[data-passkey]")
    page.wait_for_url(f"{address}/event/*/")
    (entry,) = house.record.event(house.record.state.seq).body["signatures"]
    assert (entry["key"], entry["method"]) == (offered.key, "passkey")

    page.click("text=Sign out")
    page.fill("#id_username", "by-hand")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/sign-in/passkey/")
    # a device that does not know its holder signs nothing
    device.send(
        "WebAuthn.setUserVerified", {"authenticatorId": made["authenticatorId"], "isUserVerified": False}
    )
    page.click("button[data-passkey]")
    page.wait_for_selector("text=Nothing was recorded")
    device.send(
        "WebAuthn.setUserVerified", {"authenticatorId": made["authenticatorId"], "isUserVerified": True}
    )
    page.click("button[data-passkey]")
    page.wait_for_url(f"{address}/")
    page.context.close()
    house.record.sign_head()
    assert verify_record(house.record.folder).ok
