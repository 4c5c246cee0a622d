"""Some 590 phrasings of the press around a claim, put to outcomes of every bundle in their own words (nightly to every one), and to the page's reader."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from benchmarks.calibration import programme_of
from test_headline_reading import BUNDLES

from in_node import answers_of_form
from proband.natural_history.askable import AskableOutcome
from proband.natural_history.questions import outcomes
from proband.programme import Programme
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.headline.reading import ReadHeadline, read_headline
from proband.trial.headline.table import headline_table
from shipped import loaded

NIGHTLY = bool(os.environ.get("PROBAND_NIGHTLY"))


@dataclass(frozen=True)
class Put:
    """A phrasing in the words of one outcome, and what is right."""

    programme: str
    outcome: str
    text: str
    right: str


@cache
def _programmes() -> dict[str, Programme]:
    return {b: loaded(b) for b in BUNDLES} | {"own": programme_of("own")}


def _phrase(part: str, found: AskableOutcome) -> str | None:
    words = found.words
    some = {
        "counts": words and words.happened,
        "changes": words and words.measure,
        "events": words and words.events,
    }[part]
    return some[0] if some else None  # fmt: skip


def _put() -> Iterator[Put]:
    part, slot = "", {"counts": "{e}", "changes": "{m}", "events": "{f}"}
    programmes = _programmes()
    lines = Path(__file__).with_name("press_phrasings.txt").read_text(encoding="utf-8").splitlines()
    for index, line in enumerate(lines):
        if line.startswith("["):
            part = line.strip("[]")
        elif not line.startswith("# "):
            text, _, right = line.rpartition(" => ")
            right, _, living = right.partition("; of those who live: ")
            for name, programme in programmes.items():
                told = [o for o in outcomes(programme).values() if _phrase(part, o)]
                for found in told if NIGHTLY else told[index % len(told) :][:1] if told else ():
                    said = living if living and found.kind == "survival" else right
                    yield Put(name, found.name, text.replace(slot[part], str(_phrase(part, found))), said)


def _said(read: ReadHeadline) -> str:
    groups = [f"{g.events}/{g.people}" for g in (read.arm, read.control) if g is not None]
    groups += [
        f"{g.events}/{g.people or '-'}" + (f" {g.over}" if g.over else "")
        for g in (read.rate, read.control_rate)
        if g is not None
    ]
    for g in (read.change, read.control_change):
        if g is not None:
            groups.append(f"{g.change:+g}" + (f" SD {g.sd:g}" if g.sd else "") + f"/{g.people}")
    if read.toward:
        groups[0] += f" {read.toward}"
    return " v ".join(groups) + (f" @{read.time}" if read.time else "")


@cache
def _read(put: Put) -> ReadHeadline | HeadlineUnclear:
    try:
        return read_headline(put.text, _programmes()[put.programme], put.outcome)
    except HeadlineUnclear as refusal:
        return refusal


def test_every_phrasing_is_read_as_is_right_or_refused_with_a_reason() -> None:
    wrong, seen = [], 0
    for put in _put():
        read = _read(put)
        said = "refused" if isinstance(read, HeadlineUnclear) else _said(read)
        seen += said != "refused"
        if said != put.right:
            wrong.append((put, said))
        if isinstance(read, HeadlineUnclear):
            assert read.mend, put
    assert wrong == []
    assert seen > 300


@pytest.mark.node
def test_the_page_reads_every_phrasing_as_the_library_does(tmp_path: Path) -> None:
    puts = list(_put())
    answers = answers_of_form(
        headline_table(_programmes().values(), offers={}), [(_programmes()[p.programme].id, p.outcome, p.text) for p in puts], tmp_path,
        "const [p,o,x]=a;try{return reading.read(t.grammar,t.programmes[p].outcomes,o,x).understood}catch(e){if(!e.code)throw e;return e.code}",
        unless="the page's reader was not compared with the library",
    )  # fmt: skip
    for put, page in zip(puts, answers, strict=True):
        read = _read(put)
        assert page == (read.code if isinstance(read, HeadlineUnclear) else read.understood), put
