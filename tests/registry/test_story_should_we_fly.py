"""Should we fly? A couple reads the public page on a phone, by the keyboard, and leaves nothing behind; they go; the doctor at home records what came of it. All in Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from proband.pages.serving import server
from proband.pages.site import build
from proband.programme import load
from proband.trial.headline.claimed import claimed_headlines
from record.synthetic import Hospital

from .in_browser import check_accessible_and_fits
from .playing import ENGINES, PATIENCE, entering, store_for
from .staged import Stage, on_stage

pytestmark = pytest.mark.browser

#: the day on which the claims of the bundle were checked
CHECKED = date(2026, 11, 30)
STAFF = {
    "gp-1": ("investigator", "practice"),
    "data-1": ("data-manager", "practice"),
    "board-1": ("safety-board", "*"),
}
PERSON = "X-1"


@pytest.fixture
def public(tmp_path: Path) -> Iterator[str]:
    """The public pages, served as they would be: whatever is asked for is all that the server learns."""
    programme = load("spinal-cord-autologous")
    build([programme], [claimed_headlines(programme)], on=CHECKED).write(tmp_path / "site")
    running = server(tmp_path / "site")
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


@pytest.fixture(params=ENGINES)
def practice(house: Hospital, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    stage = Stage(tmp_path / "record", "SCI-1", load("spinal-cord-autologous"), STAFF, datetime(2026, 12, 1, 8, tzinfo=UTC), store=store_for(request, nightly=False))  # fmt: skip
    with on_stage(house, stage, ("custodian", "investigator", "data-manager", "safety-board")):
        yield stage


def _left_behind(page: Any) -> list[Any]:
    """Whatever a browser could keep of a visit."""
    found = page.evaluate(
        """async () => [document.cookie, localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,
                         (await caches.keys()).length, location.search, location.hash, navigator.serviceWorker.controller]"""
    )
    return [one for one in [*found, *page.context.cookies()] if one]


def test_should_we_fly(practice: Stage, public: str, browser: Any, address: str) -> None:
    # no account: the page on a phone, in the dark, by the keyboard
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(f"{one.method} {one.url}"))
    page.goto(f"{public}/spinal-cord-autologous.html")
    check_accessible_and_fits(page, "the public page")
    for _ in range(400):
        page.keyboard.press("Tab")
        on = page.evaluate(
            "document.activeElement.closest('summary') && !document.activeElement.parentElement.open"
        )
        if on:
            page.keyboard.press("Enter")
        if page.evaluate("document.activeElement === document.body"):
            break
    assert page.locator("details.layer:not([open])").count() == 0, "every part opens by the keyboard"
    told = page.inner_text("main")
    for part in ("Warning signs", "How many would"):
        assert part in told
    # options, harms, what it costs, where it is allowed and since when that is known, what to ask
    for name in ("per-hundred", "harms", "offered"):
        assert page.locator(f"#{name}").count() == 1, name
    assert page.locator(".ask li").count() > 5
    assert page.locator(".flags li").count() > 2
    assert "202" in told

    # the self-check: it informs, asks nobody and leaves nothing
    page.goto(f"{public}/spinal-cord-autologous-check.html")
    check_accessible_and_fits(page, "the self-check")
    before = len(asked)
    form = page.locator("#self-check-form")
    for box in form.locator("input[type=number], input[type=text]").all()[:3]:
        box.focus()
        page.keyboard.type("40")
    for choice in form.locator("select").all()[:6]:
        choice.focus()
        page.keyboard.press("ArrowDown")
    page.locator("#self-check-form button[type=submit]").focus()
    page.keyboard.press("Enter")
    assert page.locator("#self-check-result").inner_text()
    assert asked[before:] == [], "nothing that was entered went anywhere"
    assert _left_behind(page) == []
    assert all(one.startswith(f"GET {public}/") for one in asked), asked
    page.goto(f"{public}/spinal-cord-autologous-aftercare.html")
    check_accessible_and_fits(page, "treated elsewhere")
    assert "look at the spine, whatever the time since" in page.inner_text("main")
    context.close()

    # they went; on return their doctor records what is known, which is little
    with entering(browser, address, practice.staff) as enter:
        doctor, board = enter("gp-1", width=390, scheme="dark"), enter("board-1")
        doctor.do("participant.refer", PERSON, {"origin": "treated-elsewhere"})
        known = {
            "country": "TH",
            "when": "spring of 2026",
            "records": "none",
            "outcome": "worse",
            "warning_signs": "new back pain",
        }
        doctor.go(f"/do/elsewhere.record/?subject={PERSON}")
        check_accessible_and_fits(doctor.page, "the form of a treatment elsewhere")
        doctor.do("elsewhere.record", PERSON, known)
        (entry,) = practice.state.participants[PERSON].elsewhere
        assert entry["product"] is None, "unknown stays unknown"
        assert "ask for imaging" in doctor.go("/table/tasks/?q=imaging")
        doctor.do("adverse-event.report", PERSON, {"event": "AE-1", "term": "new back pain", "grade": "3", "serious": "yes", "expected": "no",
                                                   "onset": "2026-11", "aware_on": practice.today})  # fmt: skip
        clocks = [one for one in practice.state.tasks.values() if one.kind == "report"]
        assert clocks, "the clocks run although nobody here has treated them"
        page = board.go("/board/")
        assert "1 treated elsewhere, of 1 the outcome is known." in page
        assert "new back pain, grade 3" in page
        check_accessible_and_fits(board.page, "/board/")
        # they are in no arm and among nobody treated here
        assert practice.state.treated == {} or PERSON not in practice.state.treated
    practice.holds()
