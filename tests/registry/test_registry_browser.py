"""The registry in a real Chromium: signed in by hand, without any script, phone and desktop, light and dark; axe on every page."""

from __future__ import annotations

import io
from typing import Any

import pytest

from .conftest import PASSWORD, with_a_bag
from .in_browser import check_accessible_and_fits, opened

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def treated(house: Any) -> str:
    """Somebody with a product, so that every page has something to show."""
    return with_a_bag(house, "W")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_page_is_accessible_and_fits(
    browser: Any, address: str, house: Any, treated: str, width: int, scheme: str
) -> None:
    page = opened(browser, address, "dr-1", width=width, scheme=scheme)
    about = next(seq for seq, name in enumerate(house.record.state.subjects, start=1) if name == treated)
    paths = [
        "/", "/matrix/", "/table/participants/", f"/participant/{treated}/", f"/history/{treated}/", f"/product/BAG-{treated}/", "/audit/",
        f"/event/{about}/", "/do/", f"/do/adverse-event.report/?subject={treated}", "/reads/", "/password/", "/nothing/",
    ]  # fmt: skip
    # on a phone the pages that differ most from a desktop's
    for path in paths if width > 1000 else paths[:5] + paths[9:10]:
        page.goto(f"{address}{path}")
        check_accessible_and_fits(page, path)
        assert page.evaluate("document.querySelectorAll('h1').length") == 1, path
    assert not page.elsewhere
    assert not page.faults
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_stop_at_the_bed_on_a_phone_without_any_script(
    browser: Any, address: str, house: Any, treated: str, scheme: str
) -> None:
    from PIL import Image

    page = opened(browser, address, "nurse-1", width=390, scheme=scheme, script=False)
    page.goto(f"{address}/bed/")
    assert (
        min(
            one.bounding_box()["height"]
            for one in page.locator("form.panel > button, form.panel input.id").all()
        )
        >= 52
    )
    for name, scanned in (
        ("participant", "W-other"),
        ("wristband", "W-other"),
        ("bag", f"BAG-{treated}"),
        ("label", "L1"),
    ):
        page.fill(f"#b-{name}", scanned)
    page.click("form.panel > button")
    assert page.locator("h1").inner_text() == "You sign: “bedside check”"
    assert treated in page.locator("dl.facts").inner_text()
    page.fill("#password", PASSWORD)
    page.fill("#second-person", "nurse-2")
    page.fill("#second-role", "nurse")
    page.fill("#second-password", PASSWORD)
    page.click("button:has-text('Sign') >> nth=-1")
    stop = page.locator(".stop")
    said = stop.inner_text().replace("\n", " ")
    for named in ("STOP", "W-other", f"BAG-{treated}", treated):
        assert named in said
    box = stop.bounding_box()
    assert box["width"] == 390
    assert box["height"] >= 844
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    seen = picture.resize((39, 84)).tobytes()
    pixels = [seen[at : at + 3] for at in range(0, len(seen), 3)]
    red = sum(1 for r, g, b in pixels if r > 140 and g < 60 and b < 70)
    assert red > len(pixels) / 2, "red fills the screen, and nothing else is red"
    assert stop.locator("button, input").count() == 0
    page.context.close()


def test_nothing_else_is_red(browser: Any, address: str) -> None:
    page = opened(browser, address, "nurse-1", width=390, scheme="light")
    page.goto(f"{address}/do/participant.erase/")
    assert "gate.authority.permission" in page.content()
    assert page.locator(".stop").count() == 0
    page.context.close()
