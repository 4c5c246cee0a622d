"""Mutation of bundles: any single number changed is refused, or changes what it should; none changes nothing in silence.

What it should change follows from where it stands: what the record enforces is in the view by which its gates judge (and every part of that
view is read by something), criteria are in the rules of screening, evidence is on the pages, natural history in its answers, trials in the
simulated studies. What is only shown is listed here with the place that shows it, and what no gate reads with the reason.
"""

from __future__ import annotations

import ast
import json
import os
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from altered import Bench, Spot, inside, spots
from readers import READERS

import proband
from proband.pages.catalogue import Catalogue
from proband.pages.handbook import handbook_page
from proband.pages.ledger import Ledger
from proband.programme import Programme, bundled, load
from proband.record.programme_view import parts_of, view_of
from proband.terms import ProbandError

NIGHTLY = bool(os.environ.get("PROBAND_NIGHTLY"))
#: kinds of numbers of each bundle that one run of `make test` looks at
SAMPLE = 10
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")

#: numbers that nothing calculates with, by kind, whole: where they are shown
SHOWN_ONLY = {
    "backtests.yaml:tests.[].people": "of a study that no rule could be tried on: handbook",
    "evidence:sources.[].year": "when a source appeared: handbook, and held against the days on which it was read and looked up",
    **dict.fromkeys(
        (
            "outcomes.yaml:estimands.[].benchmark.mean",
            "outcomes.yaml:estimands.[].benchmark.share",
            "outcomes.yaml:estimands.[].intercurrent_events.[].score",
            "outcomes.yaml:estimands.[].prior.level_sd",
            "outcomes.yaml:estimands.[].sensitivity.[].farthest",
            "outcomes.yaml:estimands.[].sensitivity.[].score",
        ),
        "what an analysis is told: in the statement of the estimand, with its hash",
    ),
}
#: the same of everything below a key: where it is shown
SHOWN_BELOW = {
    "evidence:figures.": "a row that no claim points to yet: handbook, `proband show --json`, the walk of a second reader",
    "natural_history:domain.": "whom a table covers, in words and numbers: handbook and `proband natural-history`",
}
#: numbers that can only be what they are: a lint refuses any other
REFUSED = {"safety.yaml:grading.assessors": "lint.two-assessors"}


def numbers(bench: Bench) -> Iterator[Spot]:
    """Every number of the YAML files, and every number inside a criterion."""
    for spot in spots(bench.folder):
        if spot.file.endswith(".csv"):
            continue
        if spot.plain and _NUMBER.fullmatch(spot.text):
            yield spot
        elif spot.file == "eligibility.yaml" and spot.path[-1] == "when":
            yield from inside(spot)


def other(text: str) -> str:
    """A number near it that is written in the same way."""
    if "." in text or "e" in text:
        return repr(round(float(text) * 1.25 + 0.01, 4))
    if len(text) > 6:  # a price of millions is said in millions
        return str(int(text) * 5 // 4)
    return str(int(text) - 1 if re.fullmatch(r"(19|20)\d\d", text) else int(text) + 1)


def view(programme: Programme) -> str:
    return json.dumps(parts_of(view_of(programme)), sort_keys=True, default=str)


def handbook(programme: Programme) -> str:
    page = handbook_page(programme, Ledger.of(programme), Catalogue())
    return page.html.replace(programme.hash, "").replace(programme.hash[:12], "")


def pointed_to(bench: Bench) -> set[str]:
    """The rows of evidence that a slot of a claim takes its numbers from."""
    return {spot.text.strip("'\"") for spot in spots(bench.folder) if spot.file == "claims.yaml" and spot.path[-1] == "from"}  # fmt: skip


def only_shown(spot: Spot, pointed: set[str]) -> bool:
    """Whether a number is one of those that nothing calculates with."""
    if spot.file.startswith("evidence/") and spot.path[-1] != "n":
        # the people of a row may be said nowhere: a claim can take its value alone
        row = f"{spot.file.removeprefix('evidence/').removesuffix('.yaml')}#{spot.path[1]}"
        if row in pointed:
            return False
    return spot.kind in SHOWN_ONLY or spot.kind.startswith(tuple(SHOWN_BELOW))


def test_nothing_is_excused_that_no_bundle_has(tmp_path: Path) -> None:
    kinds = {spot.kind for bundle in bundled() for spot in numbers(Bench(bundle, tmp_path / bundle))}
    assert {*SHOWN_ONLY, *REFUSED} <= kinds
    assert all(any(kind.startswith(below) for kind in kinds) for below in SHOWN_BELOW)


#: the programmes that are written from the docs alone, by their folders
WRITTEN = [str(folder) for folder in sorted((Path(__file__).parents[1] / "programmes").iterdir()) if (folder / "programme.yaml").exists()]  # fmt: skip
PROGRAMMES = [*bundled(), *WRITTEN]


def test_the_programmes_of_the_docs_are_there() -> None:
    assert [Path(folder).name for folder in WRITTEN] == ["donor-cells-masked", "one-child-editor"]


@pytest.mark.parametrize("bundle", PROGRAMMES, ids=lambda one: Path(one).name)
def test_a_changed_number_is_refused_or_changes_something(bundle: str, tmp_path: Path) -> None:
    bench = Bench(bundle, tmp_path / Path(bundle).name)
    before = load(bench.folder)
    by_kind: dict[str, list[Spot]] = defaultdict(list)
    for spot in numbers(bench):
        by_kind[spot.kind].append(spot)
    # those that ship say more than what a page of docs asks for
    assert len(by_kind) > (50 if bundle in bundled() else 35)
    draw = random.Random(None if os.environ.get("PROBAND_FRESH") else 16)
    kinds = sorted(by_kind)
    chosen = [spot for kind in kinds for spot in by_kind[kind]] if NIGHTLY else [draw.choice(by_kind[kind]) for kind in draw.sample(kinds, SAMPLE)]  # fmt: skip
    was, pointed = {"view": view(before), "handbook": handbook(before)}, pointed_to(bench)
    said: dict[str, str] = {}
    silent = []
    for spot in chosen:
        problems, after = bench.changed(spot, other(spot.text))
        if after is None or any(problem.severity == "error" for problem in problems):
            continue
        assert after.hash != before.hash, spot
        if view(after) != was["view"]:
            continue
        for name, reader in READERS.items():
            if name not in said:
                said[name] = reader(before)
            try:
                if reader(after) != said[name]:
                    break
            except ProbandError:  # the pages, or a study, refuse it: `proband check` tells it
                break
        else:
            if not (only_shown(spot, pointed) and handbook(after) != was["handbook"]):
                silent.append((spot.file, spot.line, spot.kind, spot.text))
    assert not silent, "\n".join(map(str, silent))


def _read_names(*, but: str) -> set[str]:
    """Every attribute that the code reads, and every text by which it looks something up."""
    root = Path(proband.__file__).parent
    found: set[str] = set()
    for file in root.rglob("*.py"):
        if but in file.as_posix():
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                found.add(node.attr)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
                found |= {
                    arg.value
                    for arg in node.args
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                }
    return found


def test_every_number_of_the_view_is_read_by_something(tmp_path: Path) -> None:
    """The view holds whole parts of a bundle: that a number is in it is not yet that a gate looks at it."""
    read = _read_names(but="/programme/lint/")
    dead = set()
    for bundle in PROGRAMMES:
        bench = Bench(bundle, tmp_path / Path(bundle).name)
        for spot in numbers(bench):
            if spot.file in {
                "product.yaml",
                "schedule.yaml",
                "safety.yaml",
                "programme.yaml",
                "eligibility.yaml",
            }:
                keys = [step for step in spot.path if isinstance(step, str)]
                if (gone := [key for key in keys if key not in read]) and spot.kind not in REFUSED:
                    dead.add((spot.kind, *gone))
    assert not dead, dead
