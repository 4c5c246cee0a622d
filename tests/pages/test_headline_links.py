"""A card's link opened in a browser: the form asks the very same question, or says what it cannot ask and answers nothing in its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from proband.natural_history.askable import Offer
from proband.pages.headline.card import card
from proband.pages.headline.form import TABLE, headline_script
from proband.pages.rendering import data_block
from proband.trial.headline.table import headline_table
from shipped import headline, loaded

OFFERS = {
    "spinal-cord-autologous": (Offer("ais-conversion", ("C", "A"), ("all", "cervical"), ("14-28d",), ("1y",), ("", "2013-2015")),),
    "liver-cells": (Offer("survival", ("aclf", "MELD 30"), follow_up=("12w", "24w")),),
}  # fmt: skip
ASKED = (
    ("8 of 10 improved", "spinal-cord-autologous", {"outcome": "ais-conversion", "baseline": "A", "level": "cervical", "baseline_window": "14-28d", "follow_up": "1y"}),
    ("60 of 80 alive at 24 weeks against 44 of 80", "liver-cells", {"outcome": "survival", "baseline": "aclf", "groups": "randomised", "outcomes": 3, "looks": 2}),
)  # fmt: skip
EVIL = "<img src=x onerror=window.hacked=1>"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with the form alone."""
    table = headline_table([loaded(name) for name in OFFERS], offers=OFFERS)
    file = tmp_path_factory.mktemp("form") / "page.html"
    file.write_text(
        f'<!doctype html><meta charset="utf-8"><div id="headline-form"></div><script type="application/json" id="{TABLE}">{data_block(TABLE, table).json}</script><script>{headline_script()}</script>',
        encoding="utf-8",
    )
    return Path(file).as_uri()


def _opened(browser: Any, address: str, link: str) -> dict[str, Any]:
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address + link)
    seen: dict[str, Any] = page.evaluate(
        """() => ({understood: document.querySelector(".understood")?.textContent, words: document.querySelector(".lead")?.textContent,
            refused: document.querySelector("[role=alert]")?.textContent, hacked: window.hacked, images: document.images.length})"""
    )
    page.close()
    return seen | {"faults": faults}


@pytest.mark.browser
@pytest.mark.parametrize(("text", "programme", "given"), ASKED)
def test_a_card_s_link_asks_the_form_the_same_question(
    browser: Any, address: str, text: str, programme: str, given: dict[str, Any]
) -> None:
    mine = headline(text, programme=programme, trials=2_000, **given)
    seen = _opened(browser, address, card(mine).link)
    assert seen["refused"] is None
    assert seen["faults"] == []
    assert seen["understood"] == mine.understood
    assert seen["words"].split(". ")[0] == mine.words.split(". ")[0]
    assert seen["words"].split(". ")[-1] == mine.words.split(". ")[-1]


@pytest.mark.browser
def test_what_a_link_asks_and_the_form_does_not_know_is_named_and_nothing_is_answered(
    browser: Any, address: str
) -> None:
    text, programme, given = ASKED[0]
    right = {k: v[0] for k, v in parse_qs(card(headline(text, programme=programme, trials=2_000, **given)).link.removeprefix("?").removesuffix("#headline")).items()}  # fmt: skip
    for key, value in (
        ("programme", "another-bundle"), ("programme", "__proto__"), ("outcome", "survival"), ("baseline", "B"), ("level", EVIL), ("baseline-window", "3d"), ("follow-up", "5y"),
        ("era", "1400s"), ("groups", "by chance"), ("trials", "many"), ("looks", EVIL), ("hash", "0" * 64), ("control-baseline", "A:3,B:7"), ("people", "10"),
        ("constructor", "x"), ("__proto__", "x"), ("source", "lin-2017"),
    ):  # fmt: skip
        seen = _opened(browser, address, "?" + urlencode(right | {key: value}) + "#headline")
        assert seen["words"] is None, (key, value, seen)
        assert key in seen["refused"], seen
        assert value in seen["refused"], seen
        assert seen["faults"] == []
        assert (seen["hacked"], seen["images"]) == (None, 0)
    twice = _opened(browser, address, "?" + urlencode(right) + "&text=9+of+10+improved#headline")
    assert twice["words"] is None
    hostile = _opened(browser, address, "?" + urlencode(right | {"text": EVIL}))
    assert hostile["refused"].startswith("Refused: ")  # read as a headline, and it is none
    assert (hostile["words"], hostile["hacked"], hostile["images"]) == (None, None, 0)
    for key, value in (("trials", "1000000000"), ("trials", "-5"), ("seed", "1e99"), ("looks", "0"), ("outcomes", "1000000")):  # fmt: skip
        seen = _opened(browser, address, "?" + urlencode(right | {key: value}))
        assert seen["words"] is None or seen["refused"] is None
        assert seen["faults"] == [], (key, value, seen)
    assert _opened(browser, address, "?utm_source=x")[
        "words"
    ]  # no question at all: the form as it always begins
