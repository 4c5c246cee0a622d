"""The headline card: one number in the sentence and in the picture, whatever the headline."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from proband import __version__
from proband.cli.app import app
from proband.pages.headline.card import card, card_page, card_svg
from proband.pages.headline.hundred import columns, out_of_hundred
from proband.trial.headline import HeadlineResult
from shipped import headline

_ACUTE = {"level": "cervical", "baseline_window": "14-28d", "follow_up": "1y"}
_SPINE = {"programme": "spinal-cord-autologous", **_ACUTE}
_LIVER = {"programme": "liver-cells", "outcome": "survival", "baseline": "aclf", "follow_up": "24w"}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "few": ("2 of 4 improved", _SPINE | {"outcome": "ais-conversion", "baseline": "A"}),
    "none": ("none of 5 improved", _SPINE | {"outcome": "ais-conversion", "baseline": "A"}),
    "all": ("40 of 40 improved", _SPINE | {"outcome": "ais-conversion", "baseline": "A"}),
    "harm": ("6 of 12 got worse", _SPINE | {"outcome": "ais-deterioration", "baseline": "D"}),
    "many": ("600,000 of 1,000,000 alive", _LIVER),
    "harm of many": ("2 of 60 alive", _LIVER),
    "two groups": ("60 of 80 alive against 44 of 80", _LIVER),
    "by chance": ("60 of 80 alive against 44 of 80", _LIVER | {"groups": "randomised"}),
    "mean change": ("motor score rose by 15 points in 12 people", _SPINE | {"outcome": "motor-score-change", "baseline": "A"}),
    "no verdict": (
        "17 of 50 against 0 of 20",
        _SPINE | {"outcome": "ais-conversion", "baseline": "B", "level": "thoracic", "baseline_window": "13-23m", "follow_up": "36m"},
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=CASES)
def result(request: pytest.FixtureRequest) -> HeadlineResult:
    text, given = CASES[request.param]
    return headline(text, **given, trials=2000)


def test_the_number_in_the_sentence_is_the_number_of_filled_dots(result: HeadlineResult) -> None:
    shown = columns(result)
    assert sum(c.dots for c in shown) == 100
    hit = out_of_hundred(result)
    assert sum(c.dots for c in shown if c.reaches) == hit == round(100 * result.probability)
    said = card(result).sentence
    if 0 < hit < 100:
        assert said.startswith(f"{hit} of 100 ")
    drawn = card_svg(result)
    assert drawn.count("<circle ") == 100
    assert drawn.count('class="dot-hit"') == hit
    assert card_page(result).count('class="dot-hit"') == hit
    assert f"{hit} of 100 reach the headline" in card(result).words
    for one in (drawn, card_page(result)):
        assert f"{hit} of 100 reach it" in one  # the bracket above the dots


def test_the_drawing_is_whole_and_loads_nothing(result: HeadlineResult) -> None:
    drawn = ElementTree.fromstring(card_svg(result))
    assert (drawn.get("width"), drawn.get("height")) == ("1200", "630")
    lines = [
        (float(e.get("y", "0")), float(e.get("font-size", "0"))) for e in drawn if e.tag.endswith("text")
    ]
    assert all(0 < y <= 630 for y, _ in lines)
    page = card_page(result)
    assert not re.search(r"<script|src=|url\((?!#)", page)
    assert result.programme_hash[:12] in page
    assert __version__ in page


def test_nothing_of_the_picture_is_cut_off_on_a_telephone(browser: Any) -> None:
    """Every label lies inside the drawing and covers no other one, at 320 pixels too, and is not set too small to read."""
    for text, ask in CASES.values():
        page = browser.new_page(viewport={"width": 320, "height": 700})  # a page keeps its first policy
        page.set_content(card_page(headline(text, **ask, trials=2000)))
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, text
        boxes = page.evaluate(
            "(() => { const s = document.querySelector('.hcard svg'), b = s.getBoundingClientRect();"
            "return [...s.querySelectorAll('text')].map(t => { const r = t.getBoundingClientRect();"
            "return [r.left - b.left, b.right - r.right, r.top - b.top, r.left, r.right, r.top, r.bottom, r.height, t.textContent]; }); })()"
        )
        assert all(min(b[0], b[1], b[2]) > -3 for b in boxes), (text, boxes)
        assert all(b[7] >= 9 for b in boxes), (text, boxes)
        for i, a in enumerate(boxes):
            for c in boxes[i + 1 :]:
                across, down = min(a[4], c[4]) - max(a[3], c[3]), min(a[6], c[6]) - max(a[5], c[5])
                assert min(across, down) < 4, (text, a[8], c[8])
    page.close()


def test_the_link_asks_the_same_question_again(result: HeadlineResult) -> None:
    asked = {
        k: v[0] for k, v in parse_qs(card(result).link.removeprefix("?").removesuffix("#headline")).items()
    }
    assert asked["hash"] == result.programme_hash
    again = headline(
        asked["text"],
        programme=asked["programme"],
        outcome=asked["outcome"],
        baseline=asked.get("baseline"),
        level=asked.get("level"),
        baseline_window=asked.get("baseline-window"),
        follow_up=asked.get("follow-up"),
        groups=asked.get("groups"),
        trials=int(asked["trials"]),
        seed=int(asked["seed"]),
    )
    assert again == result


def test_harm_is_said_on_the_card() -> None:
    text, given = CASES["harm"]
    said = card(headline(text, **given))
    assert "this bad or worse" in said.sentence
    assert said.sentence.startswith("Fewer than 1 of 100")


def test_the_verb_writes_both_kinds(tmp_path: Path) -> None:
    text, _ = CASES["few"]
    people = [
        "-p",
        "spinal-cord-autologous",
        "-o",
        "ais-conversion",
        "--baseline",
        "A",
        "--level",
        "cervical",
    ]
    people += ["--baseline-window", "14-28d", "--follow-up", "1y", "--trials", "200"]
    for name, begins in (("card.svg", "<svg "), ("card.html", "<!doctype html>")):
        path = tmp_path / name
        done = CliRunner().invoke(app, ["headline", text, *people, "--card", str(path)])
        assert done.exit_code == 0, done.output
        assert path.read_text(encoding="utf-8").startswith(begins)


@pytest.mark.parametrize("case", ["few", "harm of many"])
def test_a_card_prints_on_one_sheet_of_1200_by_630_with_its_sources(browser: Any, case: str) -> None:
    text, ask = CASES[case]
    result = headline(text, **ask)
    page = browser.new_page()
    page.set_content(card_page(result))
    reader = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    (sheet,) = reader.pages
    assert [float(v) for v in sheet.mediabox[2:]] == pytest.approx([900, 472.5], abs=1)
    printed = " ".join(sheet.extract_text().split())
    assert str(result.sources[0])[:20] in printed
    assert "Asked as" in printed
    page.close()
