"""A headline in its own words, put to the form of a page and to the library: the same answer or the same refusal, for every kind."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.calibration import programme_of
from test_headline_reading import BUNDLES, CORPUS, _generated

from in_node import answers_of_form
from proband.natural_history import OutsideDomain, QuestionUnclear
from proband.natural_history.askable import Offer
from proband.natural_history.conditions import Conditions
from proband.natural_history.questions import outcomes
from proband.programme import Programme
from proband.terms import ProbandError
from proband.trial.headline import HeadlineResult, headline
from proband.trial.headline.reading import read_headline
from proband.trial.headline.table import headline_table
from proband.trial.headline.words import verdict_key
from shipped import loaded

TRIALS = 2_000
#: headlines of events and of a bundle's own tables, which the corpus of the shipped bundles does not have
OWN = {
    "fall": (
        "9 falls in 20 people over 1 year",
        "60 falls in 20 people over 1 year",
        "no falls in 20 people over 1 year",
        "1 fall in 1 person over 1 year",
        "only 9 falls in 20 people (18.5 person-years)",
        "9 falls in 20 person-years",
        "9 falls in 20 people x 90 person-years",
        "9 falls in 20 person-years in 20 people",
        "9 falls in 20 person-years in 40 people",
        "9 falls in 20 people over 1 year against 31 in 19 treated",
        "9 falls in 20 people over 1 year against 31 in 19",
        "31 falls in 20 people over 1 year against 9 in 19",
        "900 falls in 2,000 people over 1 year against 1,000 in 1,900",
        "9,000 falls in 20,000 people over 1 year",
        "12 of 20",
        "0.4 falls a year in 20 people",
        "9 falls in 20 people over 3 years",
        "9 falls in 20 people (200 person-years)",
    ),
    "still-walking": ("9 of 12", "2 of 12 against 7 of 9", "all of 12", "none of 12", "30,000 of 50,000 against 20,000 of 60,000"),
    "tremor-cleared": ("3 of 12", "3,000 of 12,000", "9 of 12 against 3,000 of 12,000", "1 of 1 against 0 of 1"),
    "score-change": ("score changed by +2.5 points in 16 people", "score changed by 2.5 points in 16 people", "score gained 2.5 points in 16 people"),
}  # fmt: skip
#: two groups of whom the bundle knows nothing: compared with each other alone, whoever made them
ALONE = (
    ("ais-conversion", {"baseline": "E", "level": "cervical", "window": "14-28d", "follow_up": "1y"}, "17 of 50 against 0 of 20"),
    ("ais-conversion", {"baseline": "E", "level": "cervical", "window": "14-28d", "follow_up": "1y"}, "2 of 50"),
    ("motor-score-change", {"baseline": "E", "level": "cervical", "window": "14-28d", "follow_up": "1y"},
     "motor score rose by 12 points (SD 9) in 12 people against 3 (SD 11) in 14"),
    ("motor-score-change", {"baseline": "E", "level": "cervical", "window": "14-28d", "follow_up": "1y"}, "motor score rose by 12 points in 12 people against 3 in 14"),
)  # fmt: skip


def _answerable(programme: Programme, name: str) -> Conditions:
    """The first offered people of an outcome of whom something is published."""
    found = outcomes(programme)[name]
    ask = found.changes if found.kind == "change" else found.proportions
    every = [c for offer in found.offers for c in offer.questions()] or [Conditions(**found.needs)]
    for conditions in every:
        try:
            assert ask is not None
            ask(programme, conditions, 1)
        except OutsideDomain:
            continue
        return conditions
    return every[0]


def _offer(name: str, c: Conditions) -> Offer:
    return Offer(
        name, (c.baseline or "",), (c.level or "",), (c.window or "",), (c.follow_up or "",), (c.era or "",)
    )


def _library(
    programme: Programme, name: str, c: Conditions, text: str, groups: str
) -> HeadlineResult | ProbandError:
    try:
        two = read_headline(text, programme, name).two
        return headline(
            text, programme=programme, outcome=name, baseline=c.baseline or None, level=c.level, baseline_window=c.window,
            follow_up=c.follow_up, era=c.era, groups=groups if two else None, trials=TRIALS,
        )  # fmt: skip
    except (OutsideDomain, QuestionUnclear, ProbandError) as refusal:
        return refusal


def _form(table: dict[str, Any], asks: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    once = (
        "try{const r=h.answered(t,a,a.text);"
        "return {understood:r.understood,probability:r.probability,opposite:r.opposite,exact:r.exact,predictive:r.predictive,interval:r.interval,natural:r.natural,direction:r.direction,"
        "comparison:r.comparison,surprise:r.surprise,verdict:r.verdict,words:r.words,cannotSee:r.cannotSee,assumptions:r.assumptions,domain:r.domain}}"
        "catch(e){if(e.name!=='Refusal')throw e;return {refused:e.message}}"
    )
    return answers_of_form(
        table, asks, folder, once, unless="the form was not compared with the library", seconds=300
    )


def _same(mine: HeadlineResult | ProbandError, page: dict[str, Any], text: str) -> None:
    if isinstance(mine, ProbandError):
        assert "refused" in page, (text, page.get("words"))
        if (
            mine.code != "natural_history.outside"
        ):  # else the form has the refusal of one person of the kind that was chosen
            said, theirs = (re.sub('["\u201c\u201d]', "'", t) for t in (mine.message, page["refused"]))
            assert theirs.startswith(said), text
        return
    assert "refused" not in page, (text, page)
    assert page["understood"] == mine.understood, text
    counting = 5 * np.sqrt(0.25 / TRIALS) * np.sqrt(2)
    sides = {mine.direction: mine.probability, page["direction"]: page["probability"]}
    other = {mine.direction: page["probability"], page["direction"]: mine.probability}
    if (
        mine.direction != page["direction"]
    ):  # the other direction is taken where only it is unusual: at the very edge counting decides
        assert min(mine.probability, page["probability"]) < 0.08, text
        return
    for side, chance in sides.items():
        assert chance == pytest.approx(other[side], abs=counting), text
    # these are no draws: they differ by the digits to which the page's table is rounded, and by nothing else
    assert page["exact"] == pytest.approx(mine.exact, abs=1e-4), text
    assert page["predictive"] == pytest.approx(mine.predictive, abs=5e-4), text
    assert page["interval"] == pytest.approx(mine.interval, abs=0.008), text
    assert page["natural"] == pytest.approx(mine.natural, rel=1e-4), text
    if mine.comparison is not None:
        assert page["comparison"]["name"] == mine.comparison.name, text
        for side, p in (("directed", mine.comparison.directed), ("twoSided", mine.comparison.two_sided)):
            assert page["comparison"][side] == pytest.approx(p, rel=1e-4, abs=2e-6), text
    first, theirs = (w.split(". ") for w in (mine.words, page["words"]))
    assert first[0] == theirs[0], text
    if mine.groups == "randomised" or mine.surprise == "no verdict":
        assert page["surprise"] == mine.surprise, text
        assert theirs[-1] == first[-1], text
    elif page["verdict"] == verdict_key(mine.verdict_from or 0.0) and page["surprise"] == mine.surprise:
        assert theirs[-1] == first[-1], text
        assert len(first) == len(theirs), (text, mine.words, page["words"])
    assert list(mine.cannot_see) == page["cannotSee"], text
    assert page["assumptions"] == list(mine.assumptions), text
    assert page["domain"] == mine.domains[0], text


def _once(programmes: dict[str, Programme], told: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Of texts that are read alike (that both read alike is another test's) the first one; every refused one."""
    out: dict[tuple[str, str, str], tuple[str, str, str]] = {}
    for p, o, text in told:
        try:
            read = read_headline(text, programmes[p], o)
            key = f"{read.understood} {read.said} {read.only} {read.change} {read.control_change}"
        except ProbandError as refusal:
            key = str(refusal)
        out.setdefault((p, o, key), (p, o, text))
    return list(out.values())


@pytest.mark.node
@pytest.mark.parametrize("groups", ["unknown", "randomised"])
def test_the_form_answers_every_text_as_the_library_does(groups: str, tmp_path: Path) -> None:
    programmes = {b: loaded(b) for b in BUNDLES} | {"own": programme_of("own")}
    told = [(p, o, t) for p, o, t, _ in CORPUS] + _generated(20260102, 350)
    told = list(dict.fromkeys(told + [("own", o, t) for o, texts in OWN.items() for t in texts]))
    told = _once(programmes, told)
    if groups == "randomised":  # how groups were made changes nothing where there is one
        told = [t for t in told if re.search("against|versus|vs|compared|instead", t[2])]
    conditions = {(p, o): _answerable(programmes[p], o) for p, o, _ in told}
    conditions["own", "fall"] = replace(conditions["own", "fall"], follow_up="1y")  # as the texts say
    cases = [(programmes[p], o, conditions[p, o], t) for p, o, t in told]
    cases += [(programmes[BUNDLES[0]], o, Conditions(**c), t) for o, c, t in ALONE]
    offers: dict[str, list[Offer]] = {}
    for programme, name, c, _ in cases:
        if (offer := _offer(name, c)) not in offers.setdefault(programme.id, []):
            offers[programme.id].append(offer)
    table = headline_table(programmes.values(), offers=offers)
    asks = [
        {"programme": p.id, "outcome": o, "baseline": c.baseline or "", "level": c.level or "", "window": c.window or "", "followUp": c.follow_up or "",
         "era": c.era or "", "text": t, "groups": groups, "trials": TRIALS, "seed": 11}
        for p, o, c, t in cases
    ]  # fmt: skip
    seen: list[str] = []
    for (programme, name, c, text), page in zip(cases, _form(table, asks, tmp_path), strict=True):
        mine = _library(programme, name, c, text, groups)
        _same(mine, page, text)
        if isinstance(mine, HeadlineResult):
            seen.append(mine.kind)
    two = {"two-arm counts", "two-arm mean change", "two-arm events"}
    assert set(seen) == two | (set() if groups == "randomised" else {"counts", "mean change", "events"})
    assert len(seen) > (22 if groups == "randomised" else 90)
