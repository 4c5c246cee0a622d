"""The registry in a real Chromium: signed in by hand, and each page held to WCAG and to the width of its screen."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import PASSWORD

WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}


def opened(browser: Any, address: str, person: str, *, width: int, scheme: str, script: bool = True) -> Any:
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, java_script_enabled=script
    )
    page = context.new_page()
    page.elsewhere = []
    page.on(
        "request", lambda asked: None if asked.url.startswith(address) else page.elsewhere.append(asked.url)
    )
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.goto(f"{address}/sign-in/")
    page.fill("#id_username", person)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")
    return page


def check_accessible_and_fits(page: Any, where: str) -> None:
    """The page as it stands now breaks no rule of WCAG 2.2 AA that axe knows, and is no wider than its screen."""
    axe_api = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe_api.Axe().run(page, options=WCAG).response["violations"]
    assert not found, (where, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found])
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{where} is {wider} px wider than the screen"
