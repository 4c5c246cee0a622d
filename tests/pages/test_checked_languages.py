"""Every language's pages are looked at as they are printed, and the report says what stays in English."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from small_ledgers import DAY, answered, built

from proband.pages.catalogue import Catalogue, load
from proband.pages.programme_making import ProgrammeJob, known_texts, make
from proband.pages.rendered import check
from proband.pages.rendering import Page
from proband.programme import Programme

NAME = "mitochondria-hpdl"


def job(programme: Programme, catalogue: Catalogue) -> ProgrammeJob:
    return ProgrammeJob(programme, DAY, answered(programme), None, None, catalogue, (), None, True, (), False)


@pytest.fixture(scope="module")
def german(programmes: dict[str, Programme]) -> tuple[Page, Callable[[str], set[str]]]:
    """The page in German, and the codes of what is broken in another text of it."""
    one = job(programmes[NAME], load("de", None, [NAME]))
    inputs = one.inputs()
    made = make(one)
    assert made.unit is not None
    assert made.broken_pages == ()
    page, known = made.unit.pages[0], known_texts(inputs)
    rules = {criterion.id for criterion in inputs.programme.eligibility.criteria}

    def codes(html: str) -> set[str]:
        changed = replace(page, html=html)
        return {
            problem.code
            for problem in check(changed, [inputs.ledger], rules, known=known, catalogue=inputs.catalogue)
        }

    return page, codes


@pytest.mark.parametrize(
    ("planted", "code"),
    [
        ("<p>Danach ging es allen Kindern sehr viel besser als vorher.</p>", "page.sentence-loose"),
        ("<p>How sure are we that this is not a chance?</p>", "page.sentence-loose"),
        ("<p>9 von 10</p>", "page.number-loose"),
        ("<p>Man gibt 500 mg.</p>", "page.dose-shown"),
        ("<p>Ein breakthrough.</p>", "page.word-shown"),
    ],
)
def test_what_is_planted_into_a_german_page_is_found(
    german: tuple[Page, Callable[[str], set[str]]], planted: str, code: str
) -> None:
    page, codes = german
    assert codes(page.html) == set()
    assert code in codes(page.html.replace("</main>", f"{planted}</main>", 1))


def test_a_number_of_another_language_is_not_the_slots(
    german: tuple[Page, Callable[[str], set[str]]],
) -> None:
    page, codes = german
    assert " von " in page.html
    assert "page.number-loose" in codes(page.html.replace("1 von 1<", "1 of 1<", 1))


def test_the_report_lists_what_the_language_does_not_have() -> None:
    texts = dict(load("de", None, [NAME]).texts)
    gone = texts.pop("Who pays?")
    catalogue = load("de", None, [NAME])
    whole = built(NAME, language="de").report()
    less = built(NAME, language="de", catalogue=replace(catalogue, texts=texts)).report()
    assert gone
    assert "Who pays?" not in whole["programmes"][0]["untranslated"]
    assert "Who pays?" in less["programmes"][0]["untranslated"]
    assert whole["untranslated"] == []
    # English is the source: nothing of it is untranslated
    english = built(NAME).report()
    assert (english["untranslated"], english["programmes"][0]["untranslated"]) == ([], [])
