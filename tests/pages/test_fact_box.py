"""The fact box and its pictures: one screen, one rule for every option, one sentence a picture, and nothing that lets the experiment win."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_ledgers import BENEFIT, DAY, small

from proband.pages import rendered
from proband.pages.charts import icon_array, people_row
from proband.pages.fact_box import MOST_WORDS, fact_box
from proband.pages.ledger import Ledger
from proband.pages.markup import Voice
from proband.pages.pairs import FEW, listed, pair_of, pairs
from proband.pages.rendered import box_words, printed_grades
from proband.pages.rendering import Page
from proband.pages.site import BuiltSite

PANEL: dict[str, Any] = {"outcome": "walk", "good": True, "people": "people", "time_frame": "a year"}
WINS = re.compile(r"\b(?:better|best|works?|helps?|win|success|improve[sd]?|effective|safe)\b", re.IGNORECASE)


def study(id: str, with_it: tuple[int, int], without: tuple[int, int], **changes: Any) -> dict[str, Any]:
    """A claim that compares two groups of one study."""
    counts = {
        name: {"type": "n-of-n", "events": events, "n": n, "disclosure": "published"}
        for name, (events, n) in (("cells", with_it), ("control", without))
    }
    slots = {**counts, "diff": {"type": "difference", "of": "cells", "minus": "control"}}
    return {**BENEFIT, "id": id, "text": "{cells} walked and {control} without.", "slots": slots, "design": "randomised", "comparator": "usual care", **changes}  # fmt: skip


def panel(id: str, claim: str, *, first: str = "cells", **changes: Any) -> dict[str, Any]:
    cells = [
        {"option": "cells", "claim": claim, "slot": "cells"},
        {"option": "nothing-new", "claim": claim, "slot": "control"},
    ]
    return {"id": id, **PANEL, "cells": cells if first == "cells" else cells[::-1], **changes}


def ledger_of(
    *claims: dict[str, Any], panels: list[dict[str, Any]], said: str = "We say little.", **extra: Any
) -> Ledger:
    summary = {"id": "summary", "kind": "summary", "section": "sentence", "text": said}
    return small(summary, *claims, panels=panels, **extra)


@settings(deadline=None, max_examples=30)
@given(st.integers(5, 200), st.integers(5, 200), st.data())
def test_one_rule_for_every_option_filled_to_the_lower_limit_and_open_to_the_upper(
    first: int, second: int, data: st.DataObject
) -> None:
    a, b = data.draw(st.integers(0, first)), data.draw(st.integers(0, second))
    ledger = ledger_of(study("study", (a, first), (b, second)), panels=[panel("p", "study")])
    (pair,) = pairs(ledger, ledger.claims.panels[0], Voice(ledger))
    # whoever got less stands first, whatever order the file has
    assert [side.name for side in pair.sides] == ["Nothing new", "Cells"]
    assert [side.shown for side in pair.sides] == [f"{b} of {second}", f"{a} of {first}"]
    for side, (events, n) in zip(pair.sides, ((b, second), (a, first)), strict=True):
        filled, open_, rest = (
            str(side.chart.svg).count(f'class="{kind}"')
            and len(re.findall("M", path(str(side.chart.svg), kind)))
            for kind in ("dot-yes", "dot-maybe", "dot-no")
        )
        if min(first, second) < FEW:
            # the people themselves: as many dots as people, and no hundred
            assert filled == events
            assert not open_
            assert len(re.findall("M", path(str(side.chart.svg), "dot-empty"))) == n - events
            assert side.range_words.startswith("up to ") is (events == 0)
        else:
            low, high = map(int, re.findall(r"\d+", side.range_words)[:2])
            assert (filled, filled + open_, filled + open_ + rest) == (low, high, 100)
            assert low <= 100 * events / n + 0.5
            assert high >= 100 * events / n - 0.5
    # one sentence, with the range; it says no more than the counts
    assert re.search(r"range \d+", pair.sentence)
    assert WINS.search(pair.sentence) is None
    crosses = "fewer to" in pair.sentence and "more)" in pair.sentence
    assert not crosses or "Chance alone" in pair.sentence


def path(svg: str, kind: str) -> str:
    found = re.search(rf'<path class="{kind}" d="([^"]*)"', svg)
    return found[1] if found else ""


def test_the_order_of_a_file_and_the_colour_of_an_option_suggest_nothing() -> None:
    one, other = (
        ledger_of(study("study", (20, 40), (10, 40)), panels=[panel("p", "study", first=first)])
        for first in ("cells", "nothing-new")
    )
    drawn = [pairs(ledger, ledger.claims.panels[0], Voice(ledger))[0] for ledger in (one, other)]
    assert [str(side.chart.svg) for side in drawn[0].sides] == [
        str(side.chart.svg) for side in drawn[1].sides
    ]
    for side in drawn[0].sides:
        assert set(re.findall(r'class="(dot-[a-z]+)"', str(side.chart.svg))) <= {
            "dot-yes",
            "dot-maybe",
            "dot-no",
            "dot-inside",
        }


def test_what_was_counted_in_different_studies_is_never_side_by_side() -> None:
    register = {
        "id": "register",
        "text": "{n} walked.",
        "slots": {"n": {"type": "n-of-n", "events": 30, "n": 90}},
    }
    alone = {**BENEFIT, "id": "alone"}
    cells = [
        {"option": "nothing-new", "claim": "register", "slot": "n"},
        {"option": "cells", "claim": "alone", "slot": "better"},
    ]
    ledger = ledger_of(register, alone, panels=[{"id": "p", **PANEL, "cells": cells}])
    assert pairs(ledger, ledger.claims.panels[0], Voice(ledger)) == []
    assert [line.shown for line in listed(ledger, ledger.claims.panels[0], Voice(ledger), ())] == [
        "30 of 90",
        "7 of 20",
    ]


def test_a_count_that_is_withheld_is_in_no_picture() -> None:
    claim = study("study", (2, 40), (10, 40))
    for slot in ("cells", "control"):
        claim["slots"][slot]["disclosure"] = None
    ledger = ledger_of(claim, panels=[panel("p", "study")])
    assert pair_of(ledger, ledger.by_id["study"], ledger.claims.panels[0], Voice(ledger)) is None


def test_the_largest_study_is_drawn_and_one_that_points_the_other_way_cannot_be_left_out() -> None:
    """Somebody who wants to flatter adds words until only the picture that they like would fit."""
    studies = [
        study("liked", (60, 100), (20, 100)),
        study("disliked", (5, 40), (20, 40)),
        study("also", (30, 45), (15, 45)),
    ]
    about = " ".join(["Cells are given in a way that takes very many words to tell."] * 12)
    options = [
        {"id": "nothing-new", "name": "Nothing new", "kind": "no-treatment", "about": "Usual care."},
        {"id": "cells", "name": "Cells", "kind": "experimental", "about": about},
    ]
    ledger = ledger_of(
        *studies,
        panels=[panel(one["id"], one["id"]) for one in studies],
        options=options,
        said="Some walked again. " * 45,
    )
    box = fact_box(ledger, Voice(ledger))
    assert box.pair is not None
    assert box.pair.claim.id == "liked"
    assert [pair.claim.id for _, pair in box.others] == ["disliked"]
    # half a summary flatters: it is whole, or the title stands alone
    assert str(box.what.words) == ""


def test_where_nothing_was_compared_the_box_says_so_and_draws_no_hundred() -> None:
    one = {
        **BENEFIT,
        "id": "child",
        "text": "{n} walked.",
        "slots": {"n": {"type": "n-of-n", "events": 1, "n": 1, "disclosure": "published"}},
    }
    cells = [
        {"option": "nothing-new", "gap": "nobody counted"},
        {"option": "cells", "claim": "child", "slot": "n"},
    ]
    ledger = ledger_of(one, panels=[{"id": "p", **PANEL, "cells": cells}])
    box = fact_box(ledger, Voice(ledger))
    assert box.pair is None
    assert box.counted == "1"
    assert box.rated is not None


def test_every_programme_has_a_box_of_at_most_150_words_with_everything_that_it_must_say(
    site: BuiltSite,
) -> None:
    pages = [page for page in site.pages if 'class="fact"' in page.html]
    programmes = ("liver-cells", "mitochondria-hpdl", "spinal-cord-autologous")
    # on the programme's page, and alone for frames of other sites
    assert {page.name for page in pages} == {
        f"{name}{kind}.html" for name in programmes for kind in ("", "-box")
    }
    for page in pages:
        assert 60 <= box_words(page.html) <= MOST_WORDS
        box = page.html[page.html.index('<section class="fact"') :].split("</section>")[0]
        for said in ("Who", "Serious harm", "Allowed here?", "Who pays?", "How sure?", "Ask"):
            assert said in box
        assert box.count("<li>") >= 3
        assert "sure__bars" in box
        assert "<details" not in box


def test_a_box_that_is_too_long_is_refused(site: BuiltSite, ledgers: dict[str, Ledger]) -> None:
    page = next(page for page in site.pages if page.name == "liver-cells.html")
    longer = Page(
        page.name, page.title, page.html.replace("</section>", "<p>" + "word " * 150 + "</p></section>", 1)
    )
    assert "page.box-long" in {problem.code for problem in rendered.check(longer, [ledgers["liver-cells"]])}


def test_the_grade_is_that_of_what_is_printed_and_hard_words_on_the_page_are_refused(
    site: BuiltSite, ledgers: dict[str, Ledger]
) -> None:
    page = next(page for page in site.pages if page.name == "liver-cells-lay-summary.html")
    assert len(printed_grades(page.html)) == 10
    hard = "Notwithstanding considerable heterogeneity, immunomodulatory administration demonstrated amelioration."
    cheated = page.html.replace(
        '<section class="part" data-graded id="v8"',
        f'<section class="part" data-graded id="v8"><p>{hard}</p><p',
        1,
    )
    found = {
        problem.code
        for problem in rendered.check(Page(page.name, page.title, cheated), [ledgers["liver-cells"]])
    }
    assert "page.printed-grade" in found


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ("Your kidney value is above 1.7 mg/dL.", False),
        ("Your blood albumin is below 35 grams per litre.", False),
        ("You take 40 mg of steroids or more.", False),
        ("You take 40 mg of donor cells or more.", True),
        ("You mix it into water and take donor cells twice a day.", True),
    ],
)
def test_a_limit_in_a_criterion_is_no_dose_and_a_dose_hides_in_no_criterion(
    site: BuiltSite, ledgers: dict[str, Ledger], rule: str, refused: bool
) -> None:
    page = next(page for page in site.pages if page.name == "liver-cells-lay-summary.html")
    ledger = ledgers["liver-cells"]
    html = re.sub(r"(<li data-criterion=[^>]*>)[^<]*", rf"\g<1>{rule}", page.html, count=1)
    codes = {
        problem.code
        for problem in rendered.check(
            Page(page.name, page.title, html), [ledger], {c.id for c in ledger.eligibility.criteria}
        )
    }  # type: ignore[union-attr]
    assert ("page.dose-shown" in codes) is refused


@pytest.mark.parametrize("written", ["cps1", "CPS1", "Cps1"])
def test_a_gene_with_a_digit_may_be_named_in_any_case(written: str) -> None:
    ledger = small(
        {"text": f"{written} is a gene."}, names={"CPS1": "a gene"}, title=f"Help for {written} disease"
    )
    voice = Voice(ledger)
    assert f'data-name="CPS1">{written}<' in voice.sentence(ledger.claims.claims[0])
    assert f'data-name="CPS1">{written}<' in voice.named(ledger.claims.title)


def test_the_lay_summary_says_who_may_and_who_may_not_in_two_lists(
    site: BuiltSite, ledgers: dict[str, Ledger]
) -> None:
    for name, ledger in ledgers.items():
        html = next(page.html for page in site.pages if page.name == f"{name}-lay-summary.html")
        assert ledger.eligibility is not None
        for list_id, kind in (("may", "include"), ("may-not", "exclude")):
            shown = re.search(rf'<ul data-list="{list_id}">(.*?)</ul>', html, re.DOTALL)
            assert shown is not None
            ids = re.findall(r'data-criterion="([^"]+)"', shown[1])
            assert ids == [c.id for c in ledger.eligibility.criteria if c.kind.value == kind]
        assert " 1 people" not in html
        assert "is none of" not in html


def test_charts_of_people_refuse_what_cannot_be() -> None:
    for make in (
        lambda: people_row("i", "t", 2, 1, "w"),
        lambda: people_row("i", "t", 0, 0, "w"),
        lambda: icon_array("i", "t", 60, 50, "w"),
        lambda: icon_array("i", "t", 10, 101, "w"),
    ):
        with pytest.raises(ValueError, match=r".+"):
            make()
    assert DAY.year == 2026
