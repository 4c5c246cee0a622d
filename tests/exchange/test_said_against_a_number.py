"""A remark on a result that does not withdraw it and speaks against its number: the sample was no good or another's, it was measured anew, the result stands elsewhere.

``attacked`` needs data, ``twin`` (a remark on something else) is ELIGIBLE; evaluator, DuckDB and SQLite agree. The people are invented.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from one_person import (
    ELIGIBLE,
    MAPPING,
    NAME,
    NEEDS_DATA,
    bundle,
    criteria,
    everywhere,
    facts,
    packet,
    resources,
    row,
    write_table,
)
from test_named_elsewhere import written

from proband.exchange.reading import read
from proband.exchange.remarks import problem_with_result
from proband.facts.observation import Observation

AGAINST = ("Sample haemolysed", "repeat 12", "see note", "Blut der Mutter", "platelet clumps on smear; citrate 31", "échantillon de la mère", "bitte wiederholen", "Nachmessung: 12", "spurious", "QNS")  # fmt: skip
HARMLESS = ("fasting", "not haemolysed", "Kontrolle in 2 Wochen", "repeat in 3 months", "no clots seen", "drawn at 8 am", "phoned to the ward", "unremarkable", "sans hémolyse")  # fmt: skip


@pytest.mark.parametrize("words", AGAINST)
def test_what_speaks_against_a_number(words: str) -> None:
    assert problem_with_result([words]) is not None


@pytest.mark.parametrize("words", HARMLESS)
def test_what_does_not(words: str) -> None:
    assert problem_with_result([words]) is None


def in_fhir(words: str) -> dict[str, Any]:
    given = resources(facts())
    given["platelets"] |= {"note": [{"text": words}]}
    return {"bundle.json": bundle(list(given.values()))}


def in_fhir_on_the_specimen(words: str) -> dict[str, Any]:
    given = resources(facts())
    given["platelets"] |= {"specimen": {"reference": "Specimen/s1"}}
    specimen = {"resourceType": "Specimen", "id": "s1", "subject": {"reference": f"Patient/{NAME}"}, "note": [{"text": words}]}  # fmt: skip
    return {"bundle.json": bundle([*given.values(), specimen])}


def in_packet(words: str) -> dict[str, Any]:
    said = packet(facts())
    said["measurements"][0]["description"] = words
    return {"packet.json": said}


@pytest.mark.parametrize("door", [in_fhir, in_fhir_on_the_specimen, in_packet])
def test_a_result_with_such_a_remark_counts_for_nothing(door: Any, tmp_path: Path) -> None:
    told: dict[str, list[Observation]] = {}
    for index, words in enumerate((*AGAINST, *HARMLESS)):
        found = read(written(tmp_path / str(index), door(words)))
        told[words] = [replace(each, subject=words) for each in found]
    found = everywhere(criteria(), told)
    assert found == dict.fromkeys(AGAINST, NEEDS_DATA) | dict.fromkeys(HARMLESS, ELIGIBLE)


@pytest.mark.parametrize(("words", "outcome"), [("haemolysed", NEEDS_DATA), ("sample of the mother", NEEDS_DATA), ("see note", ELIGIBLE), ("Kontrolle in 2 Wochen", ELIGIBLE)])  # fmt: skip
def test_a_remark_on_a_whole_visit_is_heard_of_the_sample_alone(words: str, outcome: Any, tmp_path: Path) -> None:  # fmt: skip
    write_table(tmp_path / "table.csv", [{**row(facts()), "comments": words}])
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    found = list(read([tmp_path / "table.csv"], mapping=tmp_path / "mapping.yaml"))
    assert everywhere(criteria(), {NAME: found}) == {NAME: outcome}
