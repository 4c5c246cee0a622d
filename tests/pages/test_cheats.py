"""Each way to mislead that :mod:`cheats` knows is refused by a named rule, or defused by what the page prints; honest pages pass."""

from __future__ import annotations

import re

import pytest
from cheats import CHEATS, FOREIGN, FRESH, adds, honest, ledger
from pydantic import ValidationError

from proband.pages.ledger import Ledger
from proband.pages.lint import LINTS, lint
from proband.pages.markup import Voice
from proband.programme import Programme

#: which rules hold for which trick; "model" is the bundle's own schema, which does not load such a page
HOLDS = {
    "fewer-denominators": {"page.count-alone", "page.misleading-words", "page.same-denominator"},
    "words-instead-of-counts": {"page.misleading-words", "page.number-outside-slot"},
    "percent-without-n": {"page.count-alone"},
    "relative-effect": {"page.number-outside-slot", "page.relative-effect-alone"},
    "significance": {"page.misleading-words", "page.significance-alone"},
    "nothing-seen-is-nothing": {"page.zero-without-bound"},
    "composite": {"page.composite-unsplit"},
    "other-denominators": {"page.count-alone", "page.same-denominator"},
    "flattering-pictures": {"page.misleading-words", "page.options-asymmetric", "page.panel-figures"},
    "mixed-groups": {"page.certainty-unearned", "page.pooled-forms"},
    "cherry-picked-time": {"page.count-alone", "page.misleading-words"},
    "survivors-only": {"page.flow-adds-up", "page.misleading-words"},
    "double-counting": {"model", "page.flow-adds-up", "page.same-denominator"},
    "surer-than-it-is": {"page.certainty-unearned", "page.count-alone", "page.misleading-words"},
    "level-that-rises": {"page.evidence-disputed", "page.level"},
    "simulation-or-synthetic-as-real": {"page.certainty-unearned", "page.misleading-words", "page.simulation-as-benefit"},
    "stale-law": {"page.expired", "page.misleading-words"},
    "hidden-cost": {"page.misleading-words"},
    "dose-in-words": {"page.dose"},
    "hidden-harm": {"model", "page.certainty-missing", "page.incomplete", "page.misleading-words"},
    "safe-in-other-words": {"page.misleading-words"},
    "cure-in-other-words": {"page.misleading-words"},
    "superlatives": {"page.banned-word", "page.misleading-words"},
    "authority": {"page.misleading-words"},
    "testimonials": {"page.misleading-words", "page.story-alone"},
    "pressure": {"page.misleading-words"},
    "promises-to-you": {"page.misleading-words"},
    "fine-print": {"page.banned-word", "page.misleading-words"},
    "smuggled-numbers": {"page.hidden-letters", "page.number-outside-slot"},
    "hidden-letters": {"page.hidden-letters", "page.misleading-words"},
    "unit-tricks": {"model", "page.count-alone", "page.relative-effect-alone"},
    "the-word-trial": {"page.word-trial"},
    "called-a-treatment": {"page.experimental-wording"},
    "unreadable-harm": {"page.reading-grade"},
    "nobody-said-so": {"page.interest-missing", "page.source-missing"},
    "left-out": {"model", "page.incomplete", "page.misleading-words"},
    "small-cells": {"page.same-denominator", "page.small-cell"},
    "in-another-language": {"page.misleading-words"},
    "what-got-through-at-last": {"page.banned-word", "page.dose", "page.misleading-words"},
    "in-still-other-words": {"page.count-alone", "page.dose", "page.misleading-words", "page.number-outside-slot", "page.relative-effect-alone", "page.word-trial"},
}  # fmt: skip

#: what is not refused, since the page itself says what the cheat would hide
DEFUSED = {
    "cherry-picked-time 1": "time not given",
    "level-that-rises 3": "not checked",
    "small-cells 1": "withheld for privacy",
}


def errors(made: Ledger) -> set[str]:
    return {problem.code for problem in lint(made) if problem.severity == "error"}


def test_the_page_that_is_bent_is_honest() -> None:
    assert errors(ledger(honest())) == set()


def bent(name: str) -> Ledger:
    data = honest()
    CHEATS[name].change(data)
    return ledger(data)


@pytest.mark.parametrize("name", [name for name in CHEATS if name not in DEFUSED])
def test_a_cheat_is_refused_by_a_rule_that_is_there_for_it(name: str) -> None:
    try:
        found = errors(bent(name))
    except ValidationError:
        found = {"model"}
    assert found & HOLDS[CHEATS[name].trick], f"{name} got through, or another rule had to catch it: {found}"


@pytest.mark.parametrize("name", DEFUSED)
def test_a_cheat_that_is_not_refused_is_defused_on_the_page(name: str) -> None:
    made = bent(name)
    voice = Voice(made)
    printed = " ".join(
        f"{voice.sentence(claim)} {voice.claim_mark(claim)} {voice.badges(claim)}"
        for claim in made.claims.claims
    )
    assert DEFUSED[name] in printed
    plain = Voice(ledger(honest()))
    told = " ".join(
        f"{plain.sentence(claim)} {plain.claim_mark(claim)} {plain.badges(claim)}"
        for claim in ledger(honest()).claims.claims
    )
    assert DEFUSED[name] not in told


def test_there_are_at_least_three_cheats_for_each_trick_and_every_rule_holds_for_one() -> None:
    tricks = [cheat.trick for cheat in CHEATS.values()]
    assert len(tricks) > 250
    assert min(tricks.count(trick) for trick in set(tricks)) >= 3
    assert set(tricks) == set(HOLDS)
    held = set().union(*HOLDS.values()) - {"model"}
    elsewhere = {
        "page.charge",
        "page.criterion-plain",
        "page.certainty-missing",
    }  # of a whole programme: tests of their own
    assert held | elsewhere == set(LINTS.all())


@pytest.mark.parametrize("name", FOREIGN)
def test_an_honest_page_on_another_matter_passes(name: str) -> None:
    data = honest()
    FOREIGN[name](data)
    assert errors(ledger(data)) == set()


def test_the_programmes_that_ship_pass_every_rule(
    ledgers: dict[str, Ledger], programmes: dict[str, Programme]
) -> None:
    assert {name: errors(made) for name, made in ledgers.items()} == {name: set() for name in programmes}


def test_words_that_nobody_thought_of_get_through_and_the_documentation_says_how_many() -> None:
    """Innuendo without a word of any list is for a reader to find: the figure stands in the docs and is no promise."""

    def refused(text: str) -> bool:
        data = honest()
        adds(text, "summary")(data)
        return bool(errors(ledger(data)))

    caught = sum(map(refused, FRESH))
    with open("docs/pages.md", encoding="utf-8") as page:
        told = re.search(r"(\d+) of (\d+) such sentences were refused", page.read())
    assert told is not None
    assert (int(told[1]), int(told[2])) == (caught, len(FRESH))
