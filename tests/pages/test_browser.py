"""The pages in a real Chromium: axe on every page, theme and width, keyboard only, no request elsewhere, print, no script."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader
from small_ledgers import built

from proband.pages.serving import server

axe_api = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.browser

NAMES = [
    "index", "articles", "mitochondria-hpdl", "mitochondria-hpdl-visits", "mitochondria-hpdl-lay-summary", "mitochondria-hpdl-genes", "mitochondria-hpdl-access-packet", "mitochondria-hpdl-findings",
    "liver-cells", "liver-cells-lay-summary", "spinal-cord-autologous", "spinal-cord-autologous-lay-summary",
    "spinal-cord-autologous-aftercare", "spinal-cord-autologous-headline", "spinal-cord-autologous-check", "liver-cells-article",
]  # fmt: skip
PROGRAMMES = ["mitochondria-hpdl", "liver-cells", "spinal-cord-autologous"]
WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}


@pytest.fixture(scope="module")
def address(written: Path) -> Iterator[str]:
    running = server(written)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


def opened(
    browser,
    url: str,
    *,
    width: int = 1280,
    scheme: str = "light",
    script: bool = True,
    motion: str = "no-preference",
):
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=script,
        reduced_motion=motion,
    )
    page = context.new_page()
    page.faults = []
    page.asked = []
    page.on(
        "console",
        lambda message: page.faults.append(message.text) if message.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(url)
    return page


@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_in_any_theme_and_width_and_nothing_is_asked_of_elsewhere(
    browser, address: str, name: str
) -> None:
    page = opened(browser, f"{address}/{name}.html")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            folded = (scheme, width) in {("light", 1280), ("dark", 320)}
            page.evaluate(
                "(open) => document.querySelectorAll('details').forEach((d) => { d.open = open; })",
                not folded,
            )
            found = axe_api.Axe().run(page, options=WCAG).response["violations"]
            assert [(each["id"], each["impact"], each["nodes"][0]["html"][:160]) for each in found] == [], (
                scheme,
                width,
            )
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.faults == []
    assert set(page.asked) == {f"{address}/{name}.html"}
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length]") == [0, 0, 0]
    page.context.close()


def test_axe_would_find_a_planted_fault(browser, address: str) -> None:
    page = opened(browser, f"{address}/index.html")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<input><a href=\"#x\"></a>')"
    )
    found = {each["id"] for each in axe_api.Axe().run(page, options=WCAG).response["violations"]}
    assert {"label", "link-name"} <= found
    page.context.close()


@pytest.mark.parametrize("name", PROGRAMMES)
def test_everything_can_be_reached_and_worked_by_keyboard(browser, address: str, name: str) -> None:
    page = opened(browser, f"{address}/{name}.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    summary = page.locator("details.why > summary").first
    summary.focus()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    assert page.locator("details.why").first.get_attribute("open") is not None
    trapped = page.evaluate(
        "[...document.querySelectorAll('[tabindex]')].filter((e) => e.tabIndex > 0).length"
    )
    assert trapped == 0
    page.context.close()


def test_zoom_of_200_per_cent_and_reduced_motion(browser, address: str) -> None:
    for name in PROGRAMMES:
        page = opened(browser, f"{address}/{name}.html", width=640, motion="reduce")
        assert page.evaluate("document.documentElement.scrollWidth") <= 640
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
        page.context.close()


def test_the_first_paint_needs_no_script(browser, address: str) -> None:
    page = opened(browser, f"{address}/spinal-cord-autologous.html", script=False)
    assert page.locator("h1").inner_text() == "Cells for spinal cord injury"
    assert page.locator("details.part").count() == 12
    page.context.close()
    page = opened(browser, f"{address}/spinal-cord-autologous-check.html", script=False)
    assert page.locator("noscript, .needs-js").count() >= 1
    assert page.locator("#self-check [data-criterion]").count() > 5
    page.context.close()


def test_the_self_check_informs_stores_nothing_and_prints(browser, address: str) -> None:
    page = opened(browser, f"{address}/spinal-cord-autologous-check.html")
    before = len(page.asked)
    page.fill("#q-age", "12")
    page.locator("#self-check-form button[type=submit]").focus()
    page.keyboard.press("Enter")
    text = page.locator("#self-check-result").inner_text()
    assert "would exclude" in text
    assert "These need your team" in text
    assert "Print this sheet" in text
    for word in ("eligible", "should", "qualify"):
        assert word not in text.lower()
    assert "You filled in" in text
    assert "How old are you?" in text
    page.evaluate("document.documentElement.classList.add('sheet-only')")
    sheet = PdfReader(io.BytesIO(page.pdf(format="A4")))
    on_paper = " ".join(each.extract_text() for each in sheet.pages).replace("ﬁ", "fi")
    assert "You filled in" in on_paper
    assert "Whom to talk to" not in on_paper
    assert len(sheet.pages) <= 3
    assert len(page.asked) == before
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length]") == [0, 0, 0]
    page.context.close()


def test_the_gene_table_can_be_searched(browser, address: str) -> None:
    page = opened(browser, f"{address}/mitochondria-hpdl-genes.html")
    rows = page.locator("#gene-table tbody tr")
    everyone = rows.count()
    page.fill("#gene-query", "hpdl")
    shown = page.locator("#gene-table tbody tr:visible").count()
    assert 1 <= shown < everyone
    assert page.locator("#gene-count").inner_text() == f"{shown} of {everyone} rows"
    page.context.close()


def test_the_interactive_headline_test_answers_and_refuses(browser, address: str) -> None:
    page = opened(browser, f"{address}/spinal-cord-autologous-headline.html")
    assert "in which nobody was treated" in page.locator("#headline-form").inner_text()
    page.fill("#hf-events", "9")
    page.locator("#headline-form button").click()
    assert "Refused" in page.locator("#headline-form [role=alert]").inner_text()
    assert page.faults == []
    page.context.close()


@pytest.mark.parametrize("name", PROGRAMMES)
def test_one_screen_says_the_whole_and_a_layer_opens_by_keyboard_and_by_its_link(
    browser, address: str, name: str
) -> None:
    page = opened(browser, f"{address}/{name}.html", width=390)
    box = page.locator(".fact").bounding_box()
    assert box is not None
    assert box["height"] <= 844
    assert box["width"] <= 390
    assert len(page.locator(".fact").inner_text().split()) <= 150
    assert len(page.locator("main").inner_text().split()) <= 1200
    assert page.locator("details.layer[open]").count() == 0
    page.locator("details.layer > summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.layer[open]").count() == 1
    # no text of a drawing and none of the page is smaller than 12 px
    sizes = page.evaluate(
        "[...document.querySelectorAll('main p, main li, main dd, main dt, main summary')].filter((e) => e.innerText.trim())"
        ".map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 12
    page.goto(f"{address}/{name}.html#offered")
    page.reload()
    # the browser opens what a link points into once it has laid the page out, after the load that a script can see
    page.wait_for_selector("details.layer[open]:has(#offered)")
    sheet = PdfReader(io.BytesIO(page.pdf(format="A4")))
    first = " ".join(sheet.pages[0].extract_text().split())
    assert "How sure?" in first
    assert "Ask" in first
    page.context.close()


@pytest.mark.parametrize("name", NAMES)
def test_every_page_prints_to_pdf_sensibly(browser, address: str, name: str) -> None:
    page = opened(browser, f"{address}/{name}.html")
    reader = PdfReader(io.BytesIO(page.pdf(format="A4", print_background=True)))
    text = " ".join(sheet.extract_text() for sheet in reader.pages)
    assert 1 <= len(reader.pages) <= 60
    heading = page.locator("h1").inner_text().split()[0]
    assert heading in text
    assert "Skip to the content" not in text
    if name in PROGRAMMES:
        # what is folded on the screen is open on paper: sources can be read
        assert "Checked" in text
        assert "Compared with" in text
    page.context.close()


def test_the_server_is_bound_to_this_machine_and_sends_its_headers(browser, address: str) -> None:
    page = opened(browser, f"{address}/index.html")
    answer = page.request.get(f"{address}/index.html")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert page.request.get(f"{address}/investigators/").status == 404
    assert json.loads(page.request.get(f"{address}/build-report.json").text())["programmes"]
    page.context.close()


@pytest.mark.parametrize("width", [320, 390])
def test_a_longer_language_from_right_to_left_fits_with_every_layer_open(
    browser, tmp_path_factory: pytest.TempPathFactory, width: int
) -> None:
    folder = tmp_path_factory.mktemp("qps")
    site = built("spinal-cord-autologous", language="qps")
    site.write(folder)
    for page in site.pages:
        seen = opened(browser, (folder / page.name).as_uri(), width=width)
        seen.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert seen.evaluate("document.documentElement.scrollWidth") <= width, page.name
        seen.context.close()
