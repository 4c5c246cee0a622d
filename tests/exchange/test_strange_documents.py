"""Resources of documents, plans, bills and families, families of packets and tables of the CDM with any part replaced by anything: never a traceback.

Everything ends in facts, in something that is counted, or in a refusal with its place. Fixed seeds; a few thousand lines, read at once.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from one_person import facts, omop_tables, packet, write_table
from test_left_in_words import SHAPES as IN_WORDS
from test_other_code_systems import SHAPES as ELSEWHERE
from test_rows_at_odds import FILES

from proband.exchange import read
from proband.exchange.report import ReadingReport

STRANGE: tuple[Any, ...] = (None, True, -1, 1e308, "", " ", "\ud83d\ude00", "x" * 300, [], {}, [None], [[]], {"coding": []}, {"coding": [None, 3]}, {"reference": 3}, {"code": {"a": 1}}, "2026-13-45")  # fmt: skip


def resources_of(files: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for content in files.values():
        for entry in content.get("entry", ()):
            yield entry["resource"]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a document but its root."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(document)
    node = made
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = copy.deepcopy(value)
    return made


def survived(folder: Path) -> ReadingReport:
    reading = read(folder)
    for fact in reading:
        assert fact.subject
        assert fact.code
    for file in reading.report:
        assert file.declined is None or file.declined.code != "exchange.defect", file.declined
    return reading.report


def documents() -> list[dict[str, Any]]:
    """One resource of each type and shape among the attacked and their twins."""
    found: dict[str, dict[str, Any]] = {}
    sides = [side for pair in IN_WORDS.values() for side in pair]
    sides += [side for _, *pair in ELSEWHERE.values() for side in pair] + [
        side for pair in FILES.values() for side in pair
    ]
    for side in sides:
        for each in resources_of(side):
            found.setdefault(f"{each['resourceType']} {sorted(each)}", each)
    return list(found.values())


def test_every_part_of_a_document_replaced_by_anything(tmp_path: Path) -> None:
    draw = random.Random(7)
    lines = [
        replaced(each, path, draw.choice(STRANGE))
        for each in documents()
        for path in places(each)
        if path != ("resourceType",)
        for _ in range(2)
    ]
    assert len(lines) > 800
    (tmp_path / "all.ndjson").write_text("\n".join(json.dumps(each) for each in lines) + "\n")
    assert survived(tmp_path).read.total() > 400


def test_every_part_of_a_family_replaced_by_anything(tmp_path: Path) -> None:
    draw = random.Random(11)
    member = packet(facts())
    whole = {"id": "F", "proband": member, "relatives": [packet(facts(), "b")], "pedigree": {"persons": [{"individualId": member["id"], "sex": "FEMALE", "affectedStatus": "AFFECTED", "familyId": "F"}]},
             "metaData": member["metaData"]}  # fmt: skip
    for number, path in enumerate(draw.sample(list(places(whole)), 60)):
        (tmp_path / f"{number}.json").write_text(json.dumps(replaced(whole, path, draw.choice(STRANGE))))
    survived(tmp_path)


@pytest.mark.parametrize("table", ["person", "measurement", "observation", "concept", "note"])
def test_cells_of_the_cdm_replaced_by_anything(table: str, tmp_path: Path) -> None:
    draw = random.Random(table)
    tables = omop_tables(facts())
    tables["note"] = [{"note_id": "1", "person_id": "1", "note_text": "x", "note_date": "2026-10-01"}]
    words = ["", " ", "NULL", "1e400", "-1", "0x1", "²", "\u0661", "1.5", "2026-02-30", "9999-99-99", "x" * 400, '"', "\u202e1", "nan", "'; DROP TABLE x", "1,5", "\x1f"]  # fmt: skip
    rows = [dict(each) for each in tables[table] for _ in range(20)]
    for each in rows:
        each[draw.choice(sorted(each))] = draw.choice(words)
    for name, own in (tables | {table: rows}).items():
        write_table(tmp_path / f"{name}.csv", own)
    survived(tmp_path)


@pytest.mark.parametrize("written", ["", "NULL", "nan", "N/A", "\x1f", " "])
def test_a_row_of_the_cdm_that_names_nobody_is_lacking(written: str, tmp_path: Path) -> None:
    tables = omop_tables(facts())
    tables["measurement"].append({**tables["measurement"][0], "measurement_id": "9", "person_id": written})
    for name, rows in tables.items():
        write_table(tmp_path / f"{name}.csv", rows)
    report = survived(tmp_path)
    assert report.lacking == {"row that names nobody": 1}


@pytest.mark.parametrize("depth", [300, 100_000])
@pytest.mark.parametrize("inside", ["section", "extension", "contained", "item"])
def test_what_is_nested_without_end_is_refused_with_its_place(
    depth: int, inside: str, tmp_path: Path
) -> None:
    opened = f'{{"{inside}":[' * depth
    (tmp_path / "deep.json").write_text(f'{{"resourceType":"Composition","id":"d",{opened[1:]}{"]}" * depth}')
    report = survived(tmp_path)
    assert report.unread
    assert not report.complete
    for file in report.unread:
        assert file.declined is not None
        assert file.declined.mend
