"""A tablet at the bed whose network goes: the gates' own answers on the device, passkeys, a signed queue, the return in Chromium; nothing lost, nothing made valid."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from proband.record import verify_record
from proband.record.capsule import issue
from proband.record.commands import Command
from proband.record.events import from_utc, moment, stamp
from proband.record.foretold import STEP, foretold, who_checks
from proband.record.heads import SigningKey
from record.synthetic import Hospital, hospital
from record.tablet import CUSTODIAN, Tablet

from .conftest import PASSWORD
from .in_browser import check_accessible_and_fits
from .test_registry_passkeys import HeldPasskey, staffed  # noqa: F401 - a fixture

pytest.importorskip("django")


# what is foretold


@pytest.fixture(scope="module")
def ward() -> Iterator[tuple[Hospital, str, str]]:
    made = hospital()
    for person in ("S-1", "S-2"):
        made.admit(person)
    made.ready("S-1", "1")
    made.ready("S-2", "2")
    made.record.key = SigningKey.generate()
    until = stamp(made._clock[0].replace(hour=23, minute=50))
    data = {"device": SigningKey.generate().public.hex(), "participants": ["S-1", "S-2"], "until": until}
    issue(made.record, Command("capsule.issue", "CAP-9", data, **CUSTODIAN))
    yield made, "CAP-9", until
    made.record.close()


def test_four_scans_agree_for_ones_own_bag_with_its_own_label_and_for_no_other(ward: Any) -> None:
    house, capsule, _ = ward
    state = house.record.state
    checks = who_checks(state, capsule, "north")
    assert ("nurse-1", "nurse") in checks
    assert not who_checks(state, capsule, "nowhere")
    found = foretold(state, capsule, "north", checks[0])
    agree = {one.participant: (one.wristband, one.bag) for one in found if one.until}
    assert agree == {"S-1": ("S-1", "BAG-1"), "S-2": ("S-2", "BAG-2")}
    for one in found:
        if one.until is None:
            assert one.refusals, one
        if one.participant != one.wristband or one.belongs != one.wristband:
            assert [why.code for why in one.refusals][:1] == ["gate.identity.different"]


def test_an_answer_ends_before_the_gates_would_say_another(ward: Any) -> None:
    """The bag runs out at the bed: the answer ends at most one step before, and what stops it then is the gate's own word."""
    house, capsule, until = ward
    state = house.record.state
    bag = state.products["BAG-1"]
    before = bag.expires_at
    try:
        for minutes in (5, 31, 90):
            ends = stamp(
                moment(state.capsules[capsule].early) + from_utc(f"+{minutes // 60:02d}:{minutes % 60:02d}")
            )
            bag.expires_at = ends
            (answer,) = [
                one for one in foretold(state, capsule, "north", ("nurse-1", "nurse"))
                if (one.participant, one.wristband, one.bag, one.label) == ("S-1", "S-1", "BAG-1", "L1")
            ]  # fmt: skip
            assert answer.until is not None
            assert answer.until <= ends
            assert (moment(ends) - moment(answer.until)).total_seconds() <= STEP * 60
            assert any(one.code.startswith("gate.expiry") for one in answer.refusals)
            assert answer.until < until
    finally:
        bag.expires_at = before


# handed out by the registry


def test_only_a_custodian_hands_out_and_what_is_wrong_is_told_by_its_field(
    house: Hospital, browsing: Any
) -> None:
    said = {"site": "north", "participants": "NOBODY", "hours": "99", "device": "0" * 64}
    assert browsing("nurse-1").post("/bed/tablet/hand-out/", said).status_code == 403
    before = house.record.state.seq
    answer = browsing("sys-1").post("/bed/tablet/hand-out/", said)
    assert answer.status_code == 422
    assert {one["field"] for one in answer.json()["faults"]} == {"participants", "hours"}
    for hours in ("0", "25", "0240", "010000", "²"):
        answer = browsing("sys-1").post("/bed/tablet/hand-out/", said | {"hours": hours})
        assert "hours" in {one["field"] for one in answer.json()["faults"]}, hours
    for device in ("", "x", "0" * 63):
        person = (
            next(name for name, one in house.record.state.participants.items() if one.site == "north")
            if house.record.state.participants
            else "X"
        )
        assert (
            browsing("sys-1")
            .post("/bed/tablet/hand-out/", said | {"participants": person, "hours": "1", "device": device})
            .status_code
            == 422
        )
    assert house.record.state.seq == before
    for queue in ("", "{}", "[1]", json.dumps({"content": "e30=", "signature": "AA=="})):
        answer = browsing("sys-1").post("/bed/tablet/take-back/", {"capsule": "TABLET-0", "queue": queue})
        assert 400 <= answer.status_code < 500
    assert (
        browsing("nurse-1").post("/bed/tablet/take-back/", {"capsule": "TABLET-0", "queue": "{}"}).status_code
        == 403
    )


def test_an_answer_that_was_lost_is_told_again_and_nothing_is_taken_in_twice(
    house: Hospital, browsing: Any
) -> None:
    house.wait(days=20)
    person = f"TL-{len(house.record.state.participants) + 1}"
    house.admit(person)
    bag, coi, label = house.ready(person, person.replace("-", ""))
    name = f"CAP-{person}"
    tablet = Tablet(house, bag, coi, label, person=person)
    tablet.issue(hours=2, name=name)
    assert tablet.bedside is None
    from proband.record.capsule import OfflineBedside

    tablet.bedside = OfflineBedside.open(
        tablet.file,
        tablet.key,
        {"r": house.record.key.public},
        clock=lambda: house._clock[0],
        counter=lambda: 0,
    )
    back = {"capsule": name, "queue": tablet.bedside.export().decode()}
    custodian = browsing("sys-1")
    assert "0 stand, 0 in conflict" in custodian.post("/bed/tablet/take-back/", back).content.decode()
    before = house.record.state.seq
    again = custodian.post("/bed/tablet/take-back/", back)
    assert again.status_code == 200
    assert "Handed back before" in again.content.decode()
    assert house.record.state.seq == before


# in Chromium


def _enrolled(house: Hospital, person: str, origin: str) -> HeldPasskey:
    """A passkey of somebody that answers at an address."""
    from proband.record.enrolment import possession
    from proband.registry.models import OfferedPasskey

    from .test_registry_passkeys import url

    held = HeldPasskey(origin)
    offer = {"algorithm": "es256", "public": held.public.raw.hex(), "name": person, "kept": "passkey", "relying_party": "localhost", "origins": [origin]}  # fmt: skip
    offer["proof"] = held.answer(url(possession(house.record.state.instance, person, offer)))
    house.do("person.enrol", person, {"key": offer, "replaces": []}, actor="sys-1", site="*")
    OfferedPasskey.objects.create(person=person, key=held.public.id, credential=held.credential, offer=offer)
    return held


def _holds(page: Any, *keys: HeldPasskey) -> None:
    """The device of the page holds these passkeys, and knows its holders."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    made = device.send("WebAuthn.addVirtualAuthenticator", {"options": {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                       "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}})  # fmt: skip
    for held in keys:
        private = held.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        raw = held.credential + "=" * (-len(held.credential) % 4)
        device.send("WebAuthn.addCredential", {"authenticatorId": made["authenticatorId"], "credential": {
            "credentialId": base64.b64encode(base64.urlsafe_b64decode(raw)).decode(), "isResidentCredential": False, "rpId": "localhost",
            "privateKey": base64.b64encode(private).decode(), "signCount": 0}})  # fmt: skip


@pytest.mark.browser
def test_the_network_goes_at_the_bed_and_comes_back(
    browser: Any,
    address: str,
    house: Hospital,
    staffed: Any,  # noqa: F811 - the fixture
) -> None:
    from django.core.signals import request_started

    nurses = {
        name: _enrolled(house, name, address)
        for name, _ in (staffed("nurse", replaces=False), staffed("nurse", replaces=False))
    }
    first, second = nurses
    house.wait(days=20)
    people = {}
    for letter in "12":
        person = f"TB-{len(house.record.state.participants) + 1}"
        house.admit(person)
        bag, _, label = house.ready(person, person.replace("-", ""))
        people[letter] = (person, bag, label)
    (one, bag, label), (other, others, other_label) = people["1"], people["2"]

    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.clock.set_fixed_time(house._clock[0])
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    _holds(page, *nurses.values())
    page.goto(f"{address}/sign-in/")
    page.fill("#id_username", "sys-1")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/bed/tablet/")
    page.select_option("#t-site", "north")
    page.fill("#t-people", f"{one}\n{other}")
    check_accessible_and_fits(page, "handing out")
    page.click("[data-begin] button")
    page.wait_for_selector("[data-says]:not([hidden])")
    assert "works without a network now" in page.locator("[data-says]").inner_text()

    def later(**parts: float) -> None:
        house.wait(**parts)
        context.clock.set_fixed_time(house._clock[0])

    def scans(*four: str) -> None:
        for name, text in zip(("participant", "wristband", "bag", "label"), four, strict=True):
            page.fill(f"#t-{name}", text)
        page.select_option("#t-first", first)
        page.select_option("#t-second", second)
        page.click("[data-check] button")

    asked: list[str] = []

    def hears(environ: Any = None, **_: Any) -> None:
        asked.append(str(environ["PATH_INFO"]))

    request_started.connect(hears)
    before = house.record.state.seq
    try:
        # the network goes, and the page is opened anew without it
        context.set_offline(True)
        later(minutes=10)
        page.reload()
        page.wait_for_selector("body[data-ready=yes]")
        check_accessible_and_fits(page, "without a network")
        scans(one, one, others, other_label)
        page.wait_for_selector("[data-stop]:not([hidden])")
        said = page.locator("[data-stop]").inner_text()
        assert all(name in said for name in ("STOP", one, others, other, "gate.identity.different"))
        check_accessible_and_fits(page, "the stop without a network")
        page.click("[data-stop-read]")
        scans(one, one, "UNHEARD-OF", label)
        page.wait_for_selector("[data-stop]:not([hidden])")
        assert "told nothing" in page.locator("[data-stop]").inner_text()
        page.click("[data-stop-read]")
        scans(one, one, bag, label)
        page.wait_for_selector("text=Signed, and kept on this device")
        later(minutes=1)
        scans(other, other, others, other_label)
        page.wait_for_selector("text=2 waiting on this device")
        page.click("[data-back]")
        page.wait_for_selector("text=everything stays on this device")
    finally:
        request_started.disconnect(hears)
    assert house.record.state.seq == before
    # a browser looks by itself, whenever it likes, whether its worker is still the newest: that carries nothing
    assert set(asked) <= {"/bed/tablet/worker.js"}, "nothing was asked of the server"

    # meanwhile the other one has said no: what was scanned of them afterwards comes home after it
    said_no = stamp(house._clock[0] - from_utc("+00:05"))
    house.do("participant.withdraw", other, {"level": "treatment", "said": "no dose"}, at=said_no)
    later(minutes=4)
    context.set_offline(False)
    page.click("[data-back]")
    page.wait_for_selector("[data-result] h2")
    result = page.locator("[data-result]").inner_text()
    assert "1 stands, 1 in conflict" in result
    assert "withdrawal" in result
    assert others in result
    check_accessible_and_fits(page, "what came back")
    assert not faults
    context.close()
    state = house.record.state
    assert state.products[bag].checked["persons"] == sorted(nurses)
    assert not set(state.products[others].checked["persons"]) & set(nurses), (
        "what is in conflict counts for nothing"
    )
    conflicts = [
        seq for seq, kind in enumerate(state.kinds, start=1) if kind == "capsule.conflicted" and seq > before
    ]
    assert len(conflicts) == 1
    kept = house.record.event(conflicts[0]).body["data"]["event"]
    assert {entry["signer"] for entry in kept["signatures"]} >= set(nurses), "kept whole, with its signatures"
    house.record.sign_head()
    assert verify_record(house.record.folder).ok
