"""Documents of one result each: they load nothing, keep a strict policy, escape what they show, and read well in a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proband.facts.observation import Observation, Origin
from proband.facts.table import to_frame
from proband.instruments import get
from proband.instruments.isncsci.synthetic import random_exams
from proband.pages.examination.entry_form import entry_form
from proband.pages.examination.isncsci_sheet import isncsci_sheet
from proband.pages.headline.answer import answer_page
from proband.pages.product.batch_record import batch_record_page
from proband.pages.screening.funnel import screening_page
from proband.pages.screening.verdict import verdict_article, verdict_page
from proband.record.batch_record import BatchRecord, BatchSection
from proband.screening import Screening, screen
from proband.terms import UncertainDate
from shipped import headline, loaded

DAY = date(2026, 11, 22)
EVIL = "<script>alert('x')</script> & more"
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def observations() -> list[Observation]:
    """A few facts of one synthetic person, read from a file with a strange name."""
    origin = Origin(EVIL, "row 3")
    return [
        Observation("SYN-1", "Proband", "birth-date", when=UncertainDate.on(date(1970, 5, 2)), origin=origin),
        Observation("SYN-1", "Proband", "sex", text="male", when=UncertainDate.on(DAY), origin=origin),
    ]


def batch() -> BatchRecord:
    """A batch record that lacks something."""
    identity = BatchSection("Identity", ("what", "value"), [("product", "BAG-1"), ("kind", EVIL)])
    steps = BatchSection("Process steps", ("event", "step", "operators", "deviation"))
    return BatchRecord(
        "S", "BAG-1", "COI-1", "S-1", "programme 1.0.0 (abc)", "DEMONSTRATION: synthetic people, nobody was treated",
        "event 9, abcdef", "keys: on this machine", [identity, steps], ["no process step"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def documents() -> dict[str, str]:
    """One document of each kind."""
    programme = loaded("liver-cells")
    verdict = Screening(programme).verdict(observations(), DAY)
    inside = "<!doctype html><html lang='en'><head><title>x</title></head><body><main><h1>x</h1>{}</main></body></html>"
    exam = random_exams(np.random.default_rng(5), 1, "mixed").exam(0)
    # such a text is refused by the reading; what a page shows of a result is escaped all the same
    answer = headline(
        "2 of 4", programme="spinal-cord-autologous", outcome="ais-conversion", baseline="A", level="cervical",
        baseline_window="14-28d", follow_up="1y", trials=500,
    )  # fmt: skip
    return {
        "answer": answer_page(replace(answer, text=f"2 of 4 {EVIL}")),
        "batch record": batch_record_page(batch()),
        "verdict": verdict_page(verdict, programme),
        "funnel": screening_page(programme, screen(programme, to_frame(observations()), DAY)),
        "parts": inside.format(
            verdict_article(verdict, programme.eligibility)
            + entry_form(get("child-pugh"))
            + isncsci_sheet(exam)
        ),
    }


class _Outline(HTMLParser):
    """Open tags, levels of headings, and what would be loaded."""

    VOID = frozenset({"meta", "br", "input", "rect", "line", "path", "circle"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.levels: list[int] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        self.loads += [
            f"{tag} {name}"
            for name, _ in attrs
            if name in {"src", "srcset", "style", "ping"} or name.startswith("on")
        ]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_documents_are_whole_load_nothing_and_escape_what_they_show(documents: dict[str, str]) -> None:
    for name, html in documents.items():
        outline = _Outline()
        outline.feed(html)
        assert not outline.open, name
        assert not outline.loads, name
        assert outline.levels[0] == 1, name
        assert all(b - a <= 1 for a, b in zip(outline.levels, outline.levels[1:], strict=False)), (
            name,
            outline.levels,
        )
        assert "<script>alert" not in html, name
        if name != "parts":
            assert "default-src 'none'" in unescape(html), name
            assert "script-src 'none'" in unescape(html), name


def test_documents_say_what_they_are_about(documents: dict[str, str]) -> None:
    said = {name: unescape(re.sub(r"<[^>]+>", " ", html)) for name, html in documents.items()}
    assert loaded("liver-cells").hash in said["verdict"]
    assert loaded("liver-cells").hash in said["funnel"]
    assert "needs data" in said["verdict"]
    assert "1 persons: 0 eligible, 0 not eligible, 1 need data" in said["funnel"]
    assert "Not complete:" in said["batch record"]
    assert "DEMONSTRATION" in said["batch record"]
    assert re.search(
        r"Bar chart of 500 replayed trials without treatment by people out of 4\. Middle trial: \d",
        said["answer"],
    )


@pytest.mark.browser
@pytest.mark.parametrize("name", ["answer", "batch record", "verdict", "funnel", "parts"])
def test_axe_finds_nothing_in_a_document(
    browser: Any, documents: dict[str, str], name: str, tmp_path: Path
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    (tmp_path / "document.html").write_text(documents[name], encoding="utf-8")
    page = browser.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("request", lambda request: None if request.url.startswith("file:") else heard.append(request.url))
    page.goto((tmp_path / "document.html").as_uri())
    for scheme, width in (("light", 1280), ("dark", 320)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        found = axe.run(page, options=WCAG).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:160]) for each in found] == [], (scheme, width)
        if name != "parts":
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert heard == []
    page.close()
