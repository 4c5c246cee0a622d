"""An audit of the three bundles that was made outside: each of its remarks is answered, and every answer still holds.

The lists lie beside the checkout and are no part of it; where they are absent the answers alone are held. A remark is known by a few words of its line. Its
answer is what a file of the bundle says now and what it must not say any more.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from proband.programme import bundled, load
from proband.programme.loading import locate
from proband.programme.printed import evidence_checks, printed_figures
from proband.terms import Level
from shipped import loaded

SPINE, LIVER, MITO = "spinal-cord-autologous", "liver-cells", "mitochondria-hpdl"
EVERY = (SPINE, LIVER, MITO)
ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("evidence/sources.yaml", "evidence/sources-claims.yaml", "evidence/sources-natural-history.yaml")


@dataclass(frozen=True)
class Answer:
    """What the files of some bundles say (all of ``says``, in one of the files each) and do not say (none of ``never``, in any of them)."""

    bundles: tuple[str, ...]
    files: tuple[str, ...]
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


def at(bundle: str, file: str, *says: str, never: tuple[str, ...] = ()) -> Answer:
    """The answer of one file of one bundle."""
    return Answer((bundle,), (file,), says, never)


@cache
def written(bundle: str, file: str) -> str:
    path = locate(bundle) / file
    return path.read_text(encoding="utf-8") if path.is_file() else ""


CLAIMS, CONTROLLED, CHOICE, SAFETY = (
    "claims.yaml",
    "evidence/controlled.csv",
    "evidence/selection.yaml",
    "safety.yaml",
)
#: words of a remark on a figure → its answers
ERRORS: dict[str, list[Answer]] = {
    "who did not train": [at(SPINE, "natural_history/rehabilitation.csv", "chronic injury,8,-0.1,1.4", "exercise as they chose"),
                          at(SPINE, CLAIMS, never=("who did not train",))],
    "14.1/4.2/1.6 % of 102": [at(SPINE, "evidence/harms.csv", "no whole number of 102 people gives them"), at(SPINE, "evidence/results.csv", never=(",102,14.1",))],
    "PMC8082850 = Liau": [Answer((SPINE,), SOURCES, ("Cell Biosci 2020;10:112", "PMC8082850"))],
    "Shin 5/19": [at(SPINE, "evidence/results/shin-2015.yaml", "korea-cells-complete: {events: 3, n: 17", "korea-cells-sensory: {events: 2, n: 2"),
                  at(SPINE, CLAIMS, 'baseline: "A:17,B:2"')],
    "watched 30-40 months": [at(SPINE, CLAIMS, "results/jiang-2013#jiang-watched", "results/mckenna-2022#mckenna-watched"),
                             at(SPINE, "evidence/results/mckenna-2022.yaml", "value: 10, unit: a")],
    "72 % n=65": [at(SPINE, "evidence/results/arc-ex-trade.yaml", "stimulation-gain-gain: {value: 72, n: 60")],
    "no count of harms from device": [at(SPINE, "evidence/results/arc-ex-trade.yaml", "stimulation-harm-related: {events: 0, n: 60")],
    "studies in this field": [at(SPINE, "evidence/figures.yaml", "of prematurely discontinued clinical trials in general, not of this field")],
    "US survey mostly about": [at(SPINE, "evidence/results/julian-2020.yaml", "value: 204", "approximately 25% of respondents"), Answer((SPINE,), SOURCES, ("10.1002/ana.25842",))],
    "newfoundland-2019": [Answer((SPINE,), SOURCES, ("CMAJ 2019;191:E761",)), at(SPINE, "evidence/results/newfoundland-2019.yaml", "value: 12, unit: a")],
    "own cells: not recorded": [at(SPINE, "evidence/studies.csv", "Park 2012 and Jeon,2012,marrow stromal cells,yes"), at(SPINE, "evidence/results/oh-2016.yaml", "events: 3, n: 10")],
    "6-12m": [at(SPINE, "natural_history/grade-conversion.csv", "seen 6 months to 2 years after (377 days on average)")],
    "CELLTOP source": [Answer((SPINE,), SOURCES, ("10.1038/s41467-024-46259-y",)),
                       at(SPINE, "evidence/results/celltop.yaml", "harms-celltop-pain: {events: 8, n: 10", "celltop-since-injury: {value: 11, unit: mo")],
    "USD 194,000 one round": [at(LIVER, CLAIMS, "one infusion of donor cells", "A course has several infusions"), at(LIVER, "evidence/results/ryoncil-price.yaml", "194000")],
    "blinding not-reported / not in part read": [at(LIVER, CONTROLLED, "REALISTIC,2018,randomised,open", "MATCH,2025,randomised,open"), at(LIVER, CLAIMS, "population: answer\n")],
    "MATCH harms not-found": [at(LIVER, "evidence/results/match-2025.yaml", "match-serious-control: {events: 5, n: 24", "match-died-control: {events: 3, n: 24",
                                 "match-died-cells: {events: 0, n: 27")],
    "no fair comparison of quality of life": [at(LIVER, CLAIMS, "asked how people felt and saw no difference")],
    "23 % / 34 % died": [at(LIVER, "evidence/results/answer-albumin.yaml", "events: 38, n: 218", "events: 46, n: 213", "estimate: kaplan-meier"),
                         Answer((LIVER,), SOURCES, ("erratum 392:386",))],
    "albumin harms not counted": [at(LIVER, "evidence/results/answer-albumin.yaml", "albumin-harm-with: {events: 49, n: 218", "albumin-harm-without: {events: 46, n: 213")],
    '"""No side effect was observed"""': [at(LIVER, "evidence/results/kantarcioglu-2015-abstract.yaml", "biopsy-none-harm: {events: 0, n: 25")],
    "AE proportion not different": [at(LIVER, CLAIMS, "We could not open the end of the abstract"), Answer((LIVER,), SOURCES, ("in four copies that all break off before it",))],
    "counts not read": [at(LIVER, "evidence/results/realistic-2018.yaml", "realistic-serious-cells: {events: 12, n: 28", "realistic-died-cells: {events: 2, n: 28"),
                        at(LIVER, CLAIMS, "results/realistic-2018#realistic-serious-cells", never=("we have not read the counts",))],
    "longest 4 years": [at(LIVER, CLAIMS, "results/shi-2021#shi-watched"), at(LIVER, "evidence/results/shi-2021.yaml", "value: 75, unit: mo")],
    "people in hospital with cirrhosis": [at(LIVER, "natural_history/mortality-by-score.csv", "people on the waiting list for a liver (3,437, of whom 412 died)")],
    "133 = target number": [at(LIVER, "evidence/studies.csv", ",133,placebo,nct04229901-entry", "terminated, 133 enrolled")],
    "Stem Cells International; comparison none": [at(LIVER, "evidence/studies.csv", "Zhang W 2018", "a group without cells,zhang-w-2018"), Answer((LIVER,), SOURCES, ("Gastroenterol Res Pract 2018;4136082",))],
    '14.93, n=476': [at(LIVER, "natural_history/meld-change.csv", "14.93,points,,nh-cao-2018", "in chronic failure 4.6")],
    "spread not printed": [at(LIVER, "natural_history/decompensation.csv", "24.5,13.6,SD"), Answer((LIVER,), SOURCES, ("Curr Hepatol Rep 2019;18:144",))],
    "liver-cells/cochrane-cd015173": [Answer((LIVER,), SOURCES, ("Human stem cells for decompensated cirrhosis in adults", "(protocol)"))],
    "facts.yaml (KR)": [at(LIVER, "facts.yaml", "A court of Seoul struck this down on 2 July 2020", "Since 21 February 2025 hospitals in Korea")],
    "no SPRS change per year": [at(MITO, "evidence/figures.yaml", "sprs-yearly-change: {value: 0.9", "sprs-yearly-complicated: {value: 1.3", "sprs-yearly-pure: {value: 0.6"),
                                at(MITO, "natural_history/sprs-change.csv", "any,1,126,0.9")],
    "47 % / 29 % and p 0.086": [at(MITO, "evidence/therapies.csv", "60 of 142 early eyes and 40 of 193", never=("0.086",)), Answer((MITO,), SOURCES, ("abstract 005136",))],
    "therapies.csv:15": [at(MITO, "evidence/therapies.csv", "approved in the US in November 2025 for those who fell ill by twelve")],
    "therapies.csv:38": [at(MITO, "evidence/therapies.csv", "approved by an accelerated way in the US in September 2025 for 30 kg and more")],
    "therapies.csv:37": [Answer((MITO,), SOURCES, ("sildenafil in Leigh syndrome, March 2026",))],
    "children with HPDL; get better": [at(MITO, CLAIMS, "We found nobody with HPDL disease who was counted")],
    "gb-fatal to authority": [Answer((bundle,), (SAFETY,), ("since 28 April 2026 to the authority alone",), ("ethics committee (GB)",)) for bundle in EVERY],
    "EU: only 15 d": [Answer((bundle,), (SAFETY,), ("eu-fatal", "eu-serious", "gb-serious", "within eight more days")) for bundle in EVERY],
}  # fmt: skip
#: rank of a piece of missing evidence → its answers
MISSING: dict[str, list[Answer]] = {
    "1": [at(SPINE, CONTROLLED, "lammertse-2012", ",7,26,usual care,10,17,"), at(SPINE, CLAIMS, "results/lammertse-2012#macrophages-cells")],
    "2": [at(LIVER, CONTROLLED, "shi-2021", "108 with and 111 without"), at(LIVER, CLAIMS, "results/shi-2021#shi-cells")],
    "3": [at(LIVER, CONTROLLED, "graft-2021", ",30,88,standard care,33,88,stopped for futility"), at(LIVER, "evidence/results/graft-2021.yaml", "graft-reactions: {events: 7, n: 88")],
    "4": [at(LIVER, CONTROLLED, "spahr-2013", ",2,28,standard care,4,30,", "64 and 53 %: P 0.43")],
    "5": [at(SPINE, "evidence/results/oh-2016.yaml", "oh-improved: {events: 2, n: 16")],
    "6": [at(SPINE, "evidence/harms.csv", "infection with Mycobacterium abscessus")],
    "7": [Answer((LIVER,), ("evidence/comparators.csv", "evidence/sources.yaml"), ("preciosa-2024", "planned main outcome not met"))],
    "8": [at(SPINE, CONTROLLED, "levi-2018", "12 treated and 4 not", "the sponsor ended the study")],
    "9": [at(SPINE, "evidence/results/chen-2021.yaml", "949", "8.01")],
    "10": [at(SPINE, "evidence/harms.csv", "14.49 times as often", "20.34 times as often"), at(SPINE, "evidence/results/shang-2022.yaml", "14.49")],
    "11": [at(LIVER, "evidence/results/match-thirty-months.yaml", "match-thirty"), at(LIVER, CONTROLLED, "after four years a news report counts 8 of 26 and 9 of 24")],
    "12": [at(MITO, "natural_history/sprs-change.csv", "0.9")],
    "13": [Answer((LIVER,), SOURCES, ("tjg.",)), at(LIVER, "evidence/results/review-2021-controlled.yaml", "review-2021-controlled")],
    "14": [at(LIVER, CHOICE, "10.1186/s13287-023-03518-x", "Stem Cell Res Ther 16:197", "Ann Hepatol 30(2)")],
    "15": [at(LIVER, CONTROLLED, "sharma-2020", "the abstract prints 6/23 and 5/23")],
    "16": [at(SPINE, CONTROLLED, "connect-sci-2025", "one of two planned main outcomes met (hand) and the other not (leg)")],
    "17": [at(SPINE, "evidence/studies.csv", "OPC1 cervical", "lineage-notices-2025")],
    "18": [Answer((bundle,), ("facts.yaml",), ("us-florida", "us-utah", "us-montana", "jp-rm-act", "kr-regenerative", "eu-warning-2025", "Nobody may be charged"))
           for bundle in (SPINE, LIVER)],
    "19": [at(SPINE, "evidence/studies.csv", "XS228")],
    "20": [at(LIVER, "evidence/studies.csv", "RTX001", "LYG-LIV0001")],
    "21": [at(MITO, CHOICE, "Ghosh", "Wiessner")],
    "22": [at(MITO, CHOICE, "no second treated child and no trial was found")],
    "23": [Answer((SPINE,), (*SOURCES, "facts.yaml"), ("CELLTOP phase 2", "We found no decision"))],
}  # fmt: skip
#: words of a remark on the choice → its answers
FAIRNESS: dict[str, list[Answer]] = {
    "option own-cells": [at(SPINE, CLAIMS, "id: other-cells", "claim: movement-macrophages, slot: cells", never=("own-cells, claim: movement-korea", "own-cells, claim: movement-japan"))],
    "claims.yaml:875-887": [at(SPINE, CLAIMS, "claim: natural-late, slot: late", "claim: movement-egypt, slot: cells", never=("own-cells, claim: movement-celltop, slot: gain",))],
    "null/negative controlled": [at(SPINE, CONTROLLED, "lammertse-2012", "levi-2018"), at(SPINE, "evidence/studies.csv", "Oh 2016")],
    "Kirshblum Table 6": [at(SPINE, "natural_history/grade-conversion.csv", "Harrop 2011,Sygen,2011,,,C", "Harrop 2011,Sygen,2011,,,D", "Wilson 2018")],
    "pankaj-clotting": [at(LIVER, "evidence/results.csv", "5.66,s,0.04,11.28,ci95", "3.65,g/L,0.76,6.54", "-1.37,mg/dL,-2.68,-0.06")],
    "suk-scar": [at(LIVER, CLAIMS, "suk-twice-before", "suk-twice-after"), at(LIVER, CONTROLLED, "before and after in those who were treated")],
    "flow-xu": [at(LIVER, CONTROLLED, "better in both groups and more with cells")],
    "albumin option": [at(LIVER, CLAIMS, "sources: [answer-albumin, attire, preciosa-2024]")],
    "gap / not-found": [at(LIVER, CLAIMS, "claim: match-", never=("we have not read the counts",)), at(LIVER, CLAIMS, "saw no difference")],
    "people-hsp": [at(MITO, CLAIMS, "Spastic Paraplegia Foundation (US)")],
}  # fmt: skip

#: words of a remark on a level → its answers; that no source is read without a place is held of all of them below
LEVELS: dict[str, list[Answer]] = {
    "10 of 68": [], "25 of 53": [], "28 of 68": [],
    "LEROS read": [at(MITO, "evidence/therapies.csv", "nh-leros-early,read", never=("47 %",))],
    "claims.yaml:389": [at(LIVER, "evidence/comparators.csv", "23,34,%,answer-albumin,derived")],
    "nh-ketone-2020": [Answer((MITO,), SOURCES, ("title only; what it found was not read",)), at(MITO, "evidence/therapies.csv", "nh-ketone-2020,not-found")],
    "sign not legible": [at(SPINE, "evidence/results/harness-2008.yaml", "4.8 +/- 1.0 vs -0.1 +/- 0.5 points")],
}  # fmt: skip


def remarks(folder: Path, name: str) -> Iterator[str]:
    """The lines of one list, as they are written, without the header; a record over several lines is one."""
    with (folder / "audit" / name).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    for row in rows[1:]:
        yield "\t".join(row)


EACH = [
    pytest.param(answer, id=f"{name}-{key}-{i}")
    for name, answers in (
        ("errors", ERRORS),
        ("missing", MISSING),
        ("fairness", FAIRNESS),
        ("levels", LEVELS),
    )
    for key, several in answers.items()
    for i, answer in enumerate(several)
]


@pytest.mark.parametrize("answer", EACH)
def test_what_was_answered_still_stands(answer: Answer) -> None:
    for bundle in answer.bundles:
        texts = [written(bundle, file) for file in answer.files]
        assert any(texts), answer.files
        for words in answer.says:
            assert any(words in text for text in texts), f"{bundle}: {answer.files} does not say {words!r}"
        for words in answer.never:
            assert not any(words in text for text in texts), f"{bundle}: {answer.files} says {words!r}"


@pytest.mark.parametrize(
    ("name", "answers"), [("errors.csv", ERRORS), ("fairness.csv", FAIRNESS), ("levels.csv", LEVELS)]
)
def test_every_remark_has_one_answer_and_every_answer_a_remark(
    evidence: Path, name: str, answers: dict[str, list[Answer]]
) -> None:
    lines = list(remarks(evidence, name))
    found = {line: [key for key in answers if key.strip('"') in line] for line in lines}
    assert {line: keys for line, keys in found.items() if len(keys) != 1} == {}
    assert sorted(key for keys in found.values() for key in keys) == sorted(answers)


def test_every_piece_that_was_missing_is_answered(evidence: Path) -> None:
    assert [line.split("\t")[0] for line in remarks(evidence, "missing.csv")] == list(MISSING)


@pytest.mark.parametrize("name", bundled())
def test_no_source_is_read_without_a_place_where_it_can_be_read(name: str) -> None:
    """Of 63 sources marked as read nobody could say where: a place is an identifier, an address or a registration."""
    for source in loaded(name).sources.values():
        if source.level is Level.READ:
            assert source.doi or source.pmid or source.pmcid or source.url or source.registration, source.id


@pytest.mark.parametrize("name", bundled())
def test_no_figure_is_left_that_nobody_held_against_its_text(name: str) -> None:
    """Each was confirmed, corrected (and says what stood there) or could not be checked (and says why); no reader is named by that."""
    checks = evidence_checks(load(name))
    assert not checks.open, [figure.place for figure in checks.open]
    every = list(printed_figures(load(name)))
    assert len(every) == sum(map(len, (checks.confirmed, checks.corrected, checks.not_checkable)))
    assert all(figure.check and figure.check.text for figure in checks.not_checkable)
    assert all(figure.check and figure.check.was for figure in checks.corrected)


def test_the_page_of_changes_counts_as_the_bundles_do() -> None:
    """docs/evidence-changes.md: figures, confirmed, corrected, not checkable and open of each programme."""
    page = (ROOT / "docs" / "evidence-changes.md").read_text(encoding="utf-8")
    said = {
        m[1]: [int(n) for n in m[2].split("|")]
        for m in re.finditer(r"^\| `([a-z-]+)` \|([\d |]+)\|$", page, re.MULTILINE)
    }
    for name in bundled():
        checks = evidence_checks(loaded(name))
        parts = [
            len(part) for part in (checks.confirmed, checks.corrected, checks.not_checkable, checks.open)
        ]
        assert said.pop(name) == [sum(parts), *parts]
    assert not said
