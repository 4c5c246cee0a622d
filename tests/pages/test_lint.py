"""Each rule finds what it is for, says where and how to mend it, and leaves a sound ledger alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from small_ledgers import BENEFIT, SOURCES, small

from proband.pages.ledger import Ledger
from proband.pages.lint import LINTS, lint
from proband.programme import Programme

HARM = {
    **BENEFIT,
    "kind": "harm",
    "certainty": None,
    "id": "harm",
    "text": "{h} had a fever.",
    "slots": {"h": {"type": "n-of-n", "events": 8, "n": 20}},
}
ZERO = {"type": "n-of-n", "events": 0, "n": 40}
RATIO = {"type": "number", "value": 0.62, "scale": "relative"}
STORY = {
    "rule": "everyone is told of",
    "sampled": "everyone",
    "includes_non_responder": True,
    "denominator": "all",
}
EVERYONE = {"type": "n-of-n", "events": 5, "n": 20, "disclosure": "published"}
PANEL = {"id": "p", "outcome": "walk", "good": True, "people": "people", "time_frame": "a year"}
FACT = {"id": "fact", "topic": "approval", "statement": "It is not approved.", "source": "paper", "level": "read",
        "checked_on": "2026-11-01", "checked_by": "editor", "expires": "2027-05-01"}  # fmt: skip


def found(code: str, ledger: Ledger) -> list[str]:
    problems = list(LINTS.all()[code](ledger))
    assert all(problem.mend and problem.message and problem.code == code for problem in problems)
    return [problem.value or problem.message for problem in problems]


@pytest.mark.parametrize(
    ("code", "claims", "extra"),
    [
        ("page.number-outside-slot", [{"text": "It helped 7 people."}], {}),
        ("page.number-outside-slot", [{"text": "It helped three people."}], {}),
        ("page.number-outside-slot", [{"text": "It helped one in five."}], {}),
        ("page.number-outside-slot", [{"title": "In 2020"}], {}),
        ("page.relative-effect-alone", [{"text": "The ratio was {r}.", "slots": {"r": RATIO}}], {}),
        ("page.relative-effect-alone", [{"text": "It halved the risk."}], {}),
        ("page.significance-alone", [{"text": "The change was statistically significant."}], {}),
        ("page.zero-without-bound", [{"text": "{z} had harm.", "slots": {"z": ZERO}}], {}),
        ("page.composite-unsplit", [{**BENEFIT, "outcome": "death or transplant"}], {}),
        ("page.composite-unsplit", [{**BENEFIT, "outcome": "alive and without a relapse"}], {}),
        ("page.same-denominator", [BENEFIT], {}),
        ("page.same-denominator", [{**BENEFIT, "population": None}], {}),
        ("page.same-denominator", [{**BENEFIT, "slots": {"better": {"type": "rate", "value": 30}}}, {**HARM, "slots": {"h": {"type": "rate", "value": 30, "per": 1000}}}], {}),
        ("page.same-denominator", [{**BENEFIT, "slots": {"better": {"type": "n-of-n", "events": 7, "n": 20, "who": "all"}}}, {**HARM, "slots": {"h": {"type": "n-of-n", "events": 8, "n": 30, "who": "all"}}}], {}),
        ("page.options-asymmetric", [BENEFIT], {"panels": [{**PANEL, "cells": [{"option": "cells", "claim": "claim-1", "slot": "better"}, {"option": "cells", "gap": "not known at all"}]}]}),
        ("page.pooled-forms", [{**BENEFIT, "sub_indication": "early"}, HARM], {}),
        ("page.level", [{"text": "{x}", "slots": {"x": {"type": "number", "value": 3, "source": "press", "level": "read"}}}], {}),
        ("page.level", [{"sources": ["press"]}], {}),
        ("page.evidence-disputed", [{"text": "{x}", "slots": {"x": {"type": "number", "value": 3, "disputed": True}}}], {}),
        ("page.level", [{"text": "{b|per-100}", "slots": {"b": {"type": "n-of-n", "events": 7, "n": 20, "level": "unverified", "source": "paper"}}}], {}),
        ("page.certainty-missing", [{**BENEFIT, "certainty": None}], {}),
        ("page.certainty-missing", [{**HARM, "design": "not-applicable"}], {}),
        ("page.simulation-as-benefit", [{**BENEFIT, "rests_on": "simulation"}], {}),
        ("page.banned-word", [{"text": "A breakthrough."}], {}),
        ("page.banned-word", [{"text": "It is generally safe."}], {}),
        ("page.experimental-wording", [{"option": "cells", "text": "This treatment is new."}], {}),
        ("page.word-trial", [{"text": "In this trial people walked."}], {}),
        ("page.word-trial", [], {"title": "A trial of cells"}),
        ("page.story-alone", [{"kind": "story", "text": "She stood up.", "slots": {"all": EVERYONE}, "story": STORY}], {}),
        ("page.story-alone", [{"kind": "story", "text": "{all} stood up.", "slots": {"all": {**EVERYONE, "disclosure": None}}, "story": STORY}], {}),
        ("page.story-alone", [{"kind": "story", "text": "{all} stood up.", "slots": {"all": EVERYONE}, "story": {**STORY, "includes_non_responder": False, "non_responder_note": "nobody asked"}}], {}),
        ("page.dose", [{"text": "Take {x} each day.", "slots": {"x": {"type": "number", "value": 5, "unit": "mg/kg"}}}], {}),
        ("page.dose", [{"text": "Dissolve the powder in water."}], {}),
        ("page.dose", [{"text": "It is sold by Sigma."}], {}),
        ("page.reading-grade", [{"text": "Notwithstanding considerable heterogeneity, immunomodulatory administration demonstrated statistically unconvincing biochemical amelioration."}], {}),
        ("page.source-missing", [{"sources": ["nobody"]}], {}),
        ("page.source-missing", [{"text": "{x}", "slots": {"x": {"type": "number", "value": 3, "source": "nobody", "level": "read"}}}], {}),
        ("page.incomplete", [{}], {}),
    ],
)  # fmt: skip
def test_a_rule_finds_its_fault(code: str, claims: list[dict[str, Any]], extra: dict[str, Any]) -> None:
    assert found(code, small(*(claims or [{}]), **extra))


@pytest.mark.parametrize(
    ("code", "claims", "extra"),
    [
        ("page.number-outside-slot", [{"text": "CoQ10 helped {x}.", "slots": {"x": {"type": "number", "value": 3}}}], {"names": {"CoQ10": "a substance"}}),
        ("page.relative-effect-alone", [{"text": "{r}: {a} against {b}.", "slots": {"r": RATIO, "a": {"type": "rate", "value": 23}, "b": {"type": "rate", "value": 34}}}], {}),
        ("page.zero-without-bound", [{"text": "{z} had harm; it could still be {z|upper-bound}.", "slots": {"z": ZERO}}], {}),
        ("page.same-denominator", [BENEFIT, HARM], {}),
        ("page.same-denominator", [BENEFIT, {"kind": "gap", "level": "not-found", "population": "study", "text": "Harms were not counted."}], {}),
        ("page.certainty-missing", [BENEFIT, HARM], {}),
        ("page.word-trial", [{"kind": "red-flag", "text": 'They ask for money to join a "trial".'}], {}),
        ("page.word-trial", [{"text": "In this trial people walked.", "sources": ["registered"]}], {}),
        ("page.story-alone", [{"kind": "story", "text": "{all} stood up.", "slots": {"all": EVERYONE}, "story": STORY}], {}),
        ("page.banned-word", [{"text": "This is a new result in people."}], {}),
        ("page.dose", [{"text": "How much is not for this page."}], {}),
        ("page.experimental-wording", [{"option": "nothing-new", "text": "Usual treatment goes on."}], {}),
    ],
)  # fmt: skip
def test_a_rule_leaves_a_sound_claim_alone(
    code: str, claims: list[dict[str, Any]], extra: dict[str, Any]
) -> None:
    registered = {
        "id": "registered",
        "citation": "A registered study",
        "registration": "NCT00000001",
        "level": "read",
        "conflict_of_interest": "none",
    }
    assert found(code, small(*claims, sources=[*SOURCES, registered], **extra)) == []


def test_every_rule_has_a_test_that_breaks_it() -> None:
    (cases,) = [mark.args[1] for mark in test_a_rule_finds_its_fault.pytestmark if mark.name == "parametrize"]
    elsewhere = {
        "page.interest-missing",
        "page.small-cell",
        "page.expired",
        "page.charge",
        "page.criterion-plain",
        # tests/pages/test_cheats.py
        "page.certainty-unearned",
        "page.count-alone",
        "page.flow-adds-up",
        "page.hidden-letters",
        "page.misleading-words",
        "page.panel-figures",
    }
    assert {code for code, _, _ in cases} | elsewhere == set(LINTS.all())


def test_a_source_must_say_what_its_publisher_stands_to_gain_once_and_the_ledger_may_say_it() -> None:
    silent = [
        {key: value for key, value in source.items() if key != "conflict_of_interest"} for source in SOURCES
    ]
    assert found("page.interest-missing", small({}, {}, sources=silent)) == ["paper"]
    assert (
        found("page.interest-missing", small({}, sources=silent, interests={"paper": "none declared"})) == []
    )


def test_a_small_cell_warns_and_a_public_one_needs_a_source_that_a_reader_can_find() -> None:
    cell = {"type": "n-of-n", "events": 2, "n": 40}
    (problem,) = LINTS.all()["page.small-cell"](small({"text": "{c}", "slots": {"c": cell}}))
    assert problem.severity == "warning"
    own = [
        *SOURCES,
        {"id": "own", "citation": "Record of this programme", "level": "read", "conflict_of_interest": "own"},
    ]
    cell = {**cell, "disclosure": "published", "source": "own", "level": "read"}
    (problem,) = LINTS.all()["page.small-cell"](small({"text": "{c}", "slots": {"c": cell}}, sources=own))
    assert problem.severity == "error"


@pytest.mark.parametrize(
    ("on", "severity"),
    [
        (date(2027, 4, 30), None),
        (date(2027, 5, 1), "warning"),
        (date(2027, 5, 30), "warning"),
        (date(2027, 5, 31), "error"),
    ],
)
def test_a_fact_greys_out_then_fails(on: date, severity: str | None) -> None:
    problems = list(LINTS.all()["page.expired"](small({}, facts=(FACT,), on=on)))
    assert [problem.severity for problem in problems] == ([severity] if severity else [])
    assert all("not verified since 2026-11-01" in problem.message for problem in problems)


@pytest.mark.parametrize(
    ("plain", "fault"),
    [
        (None, "has no plain words"),
        ("  ", "has no plain words"),
        ("sex is none of male and pregnancy", "reads like an expression"),
        ("MELD is known", "reads like an expression"),
        ("Platelets < 50.", "reads like an expression"),
        ("Your platelets are below 50 10*9/L.", "reads like an expression"),
        ("liver cancer", "is no whole sentence"),
        ("You qualify for a miracle.", "says 'miracle'"),
        ("Notwithstanding considerable heterogeneity, immunomodulatory administration demonstrated biochemical amelioration.", "has reading grade"),
        ("You are pregnant.", ""),
        ("Your blood albumin is below 35 grams per litre.", ""),
    ],
)  # fmt: skip
def test_a_criterion_is_said_in_plain_words(
    programmes: dict[str, Programme], plain: str | None, fault: str
) -> None:
    eligibility = programmes["liver-cells"].eligibility
    first = eligibility.criteria[0].model_copy(update={"plain": plain})
    other = eligibility.model_copy(update={"criteria": [first, *eligibility.criteria[1:]]})
    problems = list(LINTS.all()["page.criterion-plain"](small({}, ledger={"eligibility": other})))
    assert [fault in problem.message for problem in problems] == ([True] if fault else [])


def test_a_charge_cannot_be_denied() -> None:
    claim = {"kind": "cost", "section": "cost", "text": "In this programme nobody pays."}
    banner = "Participants are charged 5 USD for cells."
    assert found("page.charge", small(claim, ledger={"banners": (banner,)}))
    assert found("page.charge", small(claim)) == []


def test_an_authorised_product_may_be_called_a_treatment() -> None:
    claim = {"option": "cells", "text": "This treatment is old."}
    assert found("page.experimental-wording", small(claim, ledger={"experimental": False})) == []


def test_texts_on_making_the_product_may_not_leak() -> None:
    leaked = "cells are thawed at bench temperature"
    assert found("page.dose", small({"text": f"First, {leaked}."}, ledger={"hidden": (leaked,)}))


def test_the_three_programmes_break_no_rule(ledgers: dict[str, Ledger]) -> None:
    assert {name: [str(problem) for problem in lint(ledger)] for name, ledger in ledgers.items()} == {
        name: [] for name in ledgers
    }


def test_problems_carry_the_line_on_which_they_stand(ledgers: dict[str, Ledger]) -> None:
    ledger = ledgers["liver-cells"]
    first = ledger.claims.claims[3].model_copy(
        update={"text": "It helped 7 people.", "slots": {}, "follow_up": None}
    )
    claims = ledger.claims.model_copy(
        update={"claims": [*ledger.claims.claims[:3], first, *ledger.claims.claims[4:]]}
    )
    (problem,) = LINTS.all()["page.number-outside-slot"](ledger.with_claims(claims))
    lines = ledger.documents["claims.yaml"].lines
    assert problem.line == lines["claims", 3, "text"] > 1
    assert problem.file == "claims.yaml"
