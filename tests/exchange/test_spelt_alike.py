"""One person under two spellings of an id: nothing is merged by a guess, and nobody is screened as if it were complete."""

from __future__ import annotations

from pathlib import Path

import pytest
from one_person import AS_OF, MAPPING, criteria, facts, row, write_table

from proband.exchange import gather
from proband.exchange.alike import spelt_alike

PAIRS = [
    ("0042", "42"),
    ("42", "42.0"),
    ("A-42", "A\u201142"),
    ("synthetic-1", "SYNTHETIC-1"),
    ("1--1", "1--2"),
    ("P 7", "P7"),
    ("S-001", "s_1"),
    ("\uff11\uff12", "12"),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_spellings_of_one_id_are_told(one: str, other: str) -> None:
    assert spelt_alike([one, other, "somebody-else"]) == [tuple(sorted((one, other)))]


@pytest.mark.parametrize(
    "ids", [("1", "10", "100"), ("a-1", "a-11"), ("1.5", "15"), ("0", "00x"), ("1-1", "11"), ()]
)
def test_different_ids_are_not(ids: tuple[str, ...]) -> None:
    assert spelt_alike(ids) == []


@pytest.mark.parametrize(
    ("one", "other"), [("0042", "42"), ("Synthetic-1", "synthetic-1"), ("7", "7.0"), ("S-1", "S-2")]
)
def test_a_later_value_under_another_spelling_leaves_nothing_complete(
    tmp_path: Path, one: str, other: str
) -> None:
    later = {"record_id": other, "visit": "2026-10-31", "na": "120", "na_unit": "mmol/L"}
    full = row(facts(), one)
    rows = [full, {**dict.fromkeys(full, ""), **later}]
    write_table(tmp_path / "table.csv", rows)
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    with gather(tmp_path / "table.csv", criteria(), AS_OF, mapping=tmp_path / "mapping.yaml") as told:
        assert told.report is not None
        assert sorted(told.subjects()) == sorted((one, other))
        alike = (one, other) != ("S-1", "S-2")
        assert told.report.complete is not alike
        assert told.report.alike == ([tuple(sorted((one, other)))] if alike else [])
        assert any(repr(one) in said for said in told.report.lacking) is alike
