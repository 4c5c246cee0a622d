"""One person under two spellings of an id: nothing is merged by a guess, and nobody is screened as if it were complete."""

from __future__ import annotations

from pathlib import Path

import pytest
from one_person import AS_OF, MAPPING, criteria, facts, omop_tables, row, write_table

from proband.exchange import ReadingReport, gather, read
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
    source, mapping = tmp_path / "table.csv", tmp_path / "mapping.yaml"
    alike = (one, other) != ("S-1", "S-2")

    def holds(report: ReadingReport | None) -> None:
        assert report is not None
        assert report.complete is not alike
        assert report.alike == ([tuple(sorted((one, other)))] if alike else [])
        assert any(repr(one) in said for said in report.lacking) is alike
        assert report.as_dict()["complete"] is not alike

    with gather(source, criteria(), AS_OF, mapping=mapping) as told:
        assert sorted(told.subjects()) == sorted((one, other))
        holds(told.report)
    reading = read(source, mapping=mapping)
    for taken in (list, lambda r: r.table(), lambda r: r.survey(), lambda r: list(r.batches())):
        taken(reading)
        holds(reading.report)


@pytest.mark.parametrize("in_columns", [True, False])
def test_tables_of_the_cdm_tell_it_by_row_and_in_columns(tmp_path: Path, in_columns: bool) -> None:
    one, other = omop_tables(facts(), "1"), omop_tables(facts(), "01")
    for name, rows in one.items():
        write_table(tmp_path / f"{name}.csv", rows if name == "concept" else rows + other[name])
    with gather(tmp_path, criteria(), AS_OF, in_columns=in_columns) as told:
        assert told.in_columns is in_columns
        assert told.report is not None
        assert told.report.alike == [("01", "1")]
        assert not told.report.complete
