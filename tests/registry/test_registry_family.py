"""The page of a participant: a link and a PIN open one person's own things and nothing else; a withdrawal waits for the team and counts from when it was said."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from record.synthetic import Hospital

from .in_browser import check_accessible_and_fits


@pytest.fixture
def linked(house: Hospital, browsing: Any) -> Any:
    """A function that gives somebody new with the link and the PIN of their page."""

    def made() -> tuple[str, str, str]:
        person = f"F-{len(house.record.state.participants) + 1}"
        house.admit(person)
        told = browsing("dr-1").post(f"/participant/{person}/link/")
        assert told.status_code == 200, told.content.decode()[-1500:]
        text = told.content.decode()
        (link,) = re.findall(r"<code>http://localhost(/own/[\w-]+/)</code>", text)
        (pin,) = re.findall(r"<code>(\d{6})</code>", text)
        return person, link, pin

    return made


def visitor() -> Any:
    from django.test import Client

    return Client(SERVER_NAME="localhost")


def test_link_and_pin_open_ones_own_page_and_nothing_else(house: Hospital, linked: Any) -> None:
    person, link, pin = linked()
    other, *_ = linked()
    client = visitor()
    assert client.get("/own/").status_code == 403
    assert person not in client.get(link).content.decode(), "a link alone tells nothing"
    assert client.post(link, {"pin": pin})["Location"] == "/own/"
    page = client.get("/own/").content.decode()
    assert person in page
    assert other not in page
    assert "What happens next" in page
    for path in ("/", f"/participant/{person}/", "/inbox/", "/api/commands", f"/participant/{person}/link/"):
        assert client.get(path).status_code in (302, 405), path
    from proband.registry.models import FamilyLink, PageRead

    kept = FamilyLink.objects.get(participant=person)
    assert link.strip("/").split("/")[-1] not in kept.secret
    assert pin not in kept.pin
    assert PageRead.objects.filter(person=f"family:{person}", page="family-page").exists(), (
        "that look is kept too"
    )
    client.post("/own/leave/")
    assert client.get("/own/").status_code == 403


def test_five_wrong_pins_end_a_link_also_side_by_side(linked: Any) -> None:
    _, link, pin = linked()
    codes = [visitor().post(link, {"pin": f"{turn:06d}"}).status_code for turn in range(5)]
    assert codes == [422] * 5
    assert visitor().post(link, {"pin": pin}).status_code == 404, "the right one comes too late"


def test_a_new_link_ends_the_one_before_and_closes_its_page(
    house: Hospital, browsing: Any, linked: Any
) -> None:
    person, link, pin = linked()
    client = visitor()
    client.post(link, {"pin": pin})
    browsing("dr-1").post(f"/participant/{person}/link/")
    assert client.get("/own/").status_code == 403
    assert visitor().get(link).status_code == 404


def test_a_page_left_alone_is_closed(linked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from proband.registry import families

    _, link, pin = linked()
    client = visitor()
    client.post(link, {"pin": pin})
    now = families.time.time()
    monkeypatch.setattr(families.time, "time", lambda: now + 901)
    assert client.get("/own/").status_code == 403


def test_only_whoever_may_take_consent_there_gives_a_link(
    house: Hospital, browsing: Any, linked: Any
) -> None:
    person, *_ = linked()
    for other in ("dr-2", "lab-1", "qa-1", "board-1"):
        assert browsing(other).post(f"/participant/{person}/link/").status_code == 403, other
    # nobody learns who is not there, and who is at another site
    assert browsing("dr-1").post("/participant/nobody/link/").status_code == 403
    assert browsing("sys-1").post("/participant/nobody/link/").status_code in (403, 404)


@pytest.mark.parametrize("level", ["treatment", "contact", "data"])
def test_a_withdrawal_stands_first_in_the_inbox_and_counts_from_when_it_was_said(
    house: Hospital, browsing: Any, doing: Any, linked: Any, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from proband.registry import families

    said_at = datetime.fromisoformat(house.record.clock().isoformat()).astimezone(UTC)
    monkeypatch.setattr(families.timezone, "now", lambda: said_at)
    person, link, pin = linked()
    client = visitor()
    client.post(link, {"pin": pin})
    before = house.record.state.seq
    for _ in range(2):
        assert client.post("/own/withdraw/", {"level": level, "said": "synthetic words"}).status_code == 302
    assert house.record.state.seq == before, "a family writes nothing into the log"
    assert families.FamilyWish.objects.filter(participant=person).count() == 1
    assert "It stands first in the team" in client.get("/own/").content.decode()
    page = browsing("dr-1").get("/inbox/").content.decode()
    assert "Said by families, not in the log yet" in page
    (address,) = re.findall(rf'href="(/do/participant.withdraw/\?subject={person}[^"]*)"', page)
    form = browsing("dr-1").get(address.replace("&amp;", "&")).content.decode()
    assert "synthetic words" in form
    assert f'value="{said_at:%Y-%m-%dT%H:%M}' in form, "as of the moment at which it was said"
    house.wait(days=2)
    done = doing(
        "dr-1",
        "physician@north",
        "participant.withdraw",
        person,
        {"level": level, "said": "synthetic words"},
        at=f"{said_at:%Y-%m-%dT%H:%M:%S}+00:00",
    )
    assert done.status_code == 302, done.content.decode()[-2000:]
    assert house.record.state.participants[person].withdrawn[level][:16] == f"{said_at:%Y-%m-%dT%H:%M}"
    assert f"{person}</a> withdraws" not in browsing("dr-1").get("/inbox/").content.decode()
    assert "This is so since" in client.get("/own/").content.decode()
    assert client.post("/own/withdraw/", {"level": "everything"})["Location"].endswith("said=missing")


def test_the_text_of_consent_is_the_one_in_the_kept_bundle() -> None:
    from proband.programme import load, locate
    from proband.record.kept_bundle import handed_over
    from proband.record.own_view import text_of_consent
    from proband.record.state import State

    programme = load(locate("spinal-cord-autologous"))
    view, lines = handed_over(programme)
    state = State("S")
    state.programmes[view.hash], state.bundles[view.hash] = view, lines
    for version in view.consent.versions:
        written = (locate("spinal-cord-autologous") / version.document).read_text(encoding="utf-8")
        assert text_of_consent(state, view.hash, version.id).split() == written.split()
    assert text_of_consent(state, "0" * 64, "adult-1") == ""


def test_a_masked_participant_is_shown_no_visit_of_one_arm(house: Hospital) -> None:
    """Whoever must not know their arm is not told of visits that only one arm has."""
    from datetime import date
    from types import SimpleNamespace

    from proband.record import own_view as module

    person = f"F-{len(house.record.state.participants) + 1}"
    house.admit(person)
    state = house.record.state
    shown = module.own_view(state, person, date(2026, 3, 20), "2026-03-20T08:00:00.000Z")
    telling = {visit.id for visit in state.view.schedule.visits if visit.arms}
    real, view = (
        state.view,
        state.view.model_copy(update={"masking": [SimpleNamespace(role="participant", masked=True)]}),
    )
    state.programmes[real.hash] = view
    try:
        hidden = module.own_view(state, person, date(2026, 3, 20), "2026-03-20T08:00:00.000Z")
    finally:
        state.programmes[real.hash] = real
    assert {row.visit for row in (*hidden.to_come, *hidden.been)} == {
        row.visit for row in (*shown.to_come, *shown.been)
    } - telling
    assert hidden.line is None


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_it_is_accessible_and_fits(browser: Any, address: str, linked: Any, width: int, scheme: str) -> None:
    _, link, pin = linked()
    page = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, java_script_enabled=True
    ).new_page()
    for step in ("pin", "own"):
        if step == "pin":
            page.goto(f"{address}{link}")
        else:
            page.fill("#pin", pin)
            page.keyboard.press("Enter")
            page.wait_for_url(f"{address}/own/")
        check_accessible_and_fits(page, step)
    assert min(one.bounding_box()["height"] for one in page.locator("button").all()) >= 44
    page.context.close()
