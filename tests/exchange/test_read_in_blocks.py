"""A table read in blocks gives the facts and the report, byte by byte, of the same table read row by row. Drawn rows of nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from proband.exchange import frame_of, read
from proband.exchange.mapping import Mapping
from proband.exchange.rows import files, in_blocks

MAPPING = {
    "subject": "patient",
    "date": "day",
    "missing": {"-99": "not-asked"},
    "columns": {
        "sex": {"code": "Proband|sex", "values": {"m": "male", "f": "female"}},
        "born": {"code": "Proband|birth-date", "kind": "date"},
        "ascites": {"code": "HPO|HP:0001541", "kind": "presence", "date": "seen"},
        "crp": {"code": "LOINC|1988-5", "unit_column": "crp_unit", "comparator": "crp_sign"},
        "site": {"code": "Proband|site", "kind": "code", "system": "https://lab.example"},
        "remark": {"code": "Proband|remark", "kind": "text"},
    },
    "rows": [
        {"code_column": "test", "codes": {"NA": "LOINC|2951-2", "ALT": "LOINC|1742-6", "X": "https://lab.example|x"}, "value": "value", "unit": "unit",
         "range": "range", "attributes": {"place": "ward"}, "comparator": "sign"},
        {"code_column": "icd", "system": "ICD-10", "presence": "has", "presences": {"yes": "present", "no": "absent"}, "date": "seen"},
    ],
}  # fmt: skip
CELLS: dict[str, tuple[str, ...]] = {
    "patient": ("P1", "P2", " P3 ", "P4", "P5", "", '"'),
    "day": ("2026-01-05", "2026-01", "2026-01-05T10:20", "2026-02-30", "", "n/a", "-99", "2026-03-01T08:00+02:00"),
    "seen": ("2025-12-01", "", "soon"),
    "test": ("NA", "ALT", "X", "Na", "K", ""),
    "value": ("140", "<5", "7.5", "1,5", "a lot", "-3", "1e400", "", "-99", "141 mmol/L"),
    "unit": ("mmol/L", "U/L", "furlong", "", "mmol/l"),
    "sign": ("", "<", "LT", "?", "="),
    "range": ("", "3.5-5.0", "none"),
    "ward": ("", "A", "n/a"),
    "operator": ("", ">", "4171756"),
    "sex": ("", "m", "f", "x", "-99"),
    "born": ("", "1980-06-15", "1980", "yesterday", "-99"),
    "ascites": ("", "yes", "no", "None", "-99", "perhaps"),
    "crp": ("", "12", "<10,000", "3 mg/L", "high"),
    "crp_unit": ("", "mg/L", "mg/dL"),
    "crp_sign": ("", ">="),
    "site": ("", "S1"),
    "remark": ("", "fasting", "wrong patient", "two\nlines", 'said "no"'),
    "icd": ("", "K74.60", "K74", "C22.0", "I81 portal vein thrombosis"),
    "has": ("", "yes", "no", "perhaps"),
    "status": ("", "final", "entered-in-error", "preliminary"),
    "sample_of": ("", "self", "donor"),
    "verified": ("", "yes", "no"),
    "shoe": ("", "42", " "),
}  # fmt: skip
ROW = st.fixed_dictionaries(
    {name: st.one_of(st.just(said[0]), st.sampled_from(said)) for name, said in CELLS.items()}
)
#: lines between the rows: blank, ragged, a header once more, a note
BETWEEN = st.sampled_from(["", "", "", "", "\n", ",,\n", "P1,2026-01-05\n", "HEADER\n", '"""a note"""\n'])


def written(rows: list[dict[str, str]], columns: list[str], between: list[str]) -> str:
    """The text of a table."""

    def cell(said: str) -> str:
        return '"' + said.replace('"', '""') + '"' if set(said) & set('",\n') else said

    header = ",".join(columns)
    lines = [",".join(cell(row[name]) for name in columns) + "\n" for row in rows]
    mixed = [each for pair in zip(lines, between, strict=False) for each in pair] + lines[len(between) :]
    return header + "\n" + "".join(mixed).replace("HEADER", header)


def both(path: Path, mapping: dict[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The long table of a file read row by row, and in blocks; the reports are the same."""
    by_row, blocks = (read(path, mapping=Mapping.model_validate(mapping)) for _ in range(2))
    one, other = frame_of(by_row), blocks.table()
    told, said = (each.report.as_dict() for each in (by_row, blocks))
    assert {**said, "disagreements": [], "repeated_facts": 0} == told
    assert_frame_equal(one, other)
    return one, other


@pytest.fixture(scope="module")
def small() -> Iterator[None]:
    """Blocks of a few rows, so that many come of a short table, and few contents are kept."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(files, "_WORTH_BLOCKS", 0)
        patched.setattr(in_blocks, "_BLOCK", 6)
        patched.setattr(in_blocks, "_WORTH_IT", 1)
        patched.setattr(in_blocks, "_MOST_KNOWN", 5)
        yield


@settings(deadline=None)
@given(data=st.data())
def test_blocks_are_rows(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, small: None) -> None:
    rows = data.draw(st.lists(ROW, min_size=1, max_size=25))
    # few rows of their own and many copies: what is repeated is what blocks are for
    rows = data.draw(st.lists(st.sampled_from(rows), min_size=1, max_size=40))
    left_out = data.draw(st.sets(st.sampled_from(sorted(set(CELLS) - {"patient"})), max_size=12))
    columns = [name for name in CELLS if name not in left_out]
    between = data.draw(st.lists(BETWEEN, max_size=len(rows)))
    path = tmp_path_factory.mktemp("blocks") / "table.csv"
    path.write_text(written(rows, columns, between))
    both(path, MAPPING)


def large(path: Path) -> None:
    """A table of several blocks, with something of every kind now and then."""
    kinds = list(CELLS)
    rows = []
    for n in range(8_000):
        row = {name: CELLS[name][0] for name in kinds} | {
            "patient": f"P{n % 300}",
            "day": f"2026-01-{n % 28 + 1:02}",
        }
        row["value"] = str(130 + n % 17)
        if n % 53 == 0:
            name = kinds[n // 53 % len(kinds)]
            row[name] = CELLS[name][n // 53 % len(CELLS[name])]
        rows.append(row)
    path.write_text(written(rows, kinds, []))


def test_a_large_table_is_read_in_blocks_and_most_of_it_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large(tmp_path / "table.csv")
    alone: list[int] = []
    monkeypatch.setattr(in_blocks, "_BLOCK", 2_000)
    monkeypatch.setattr(in_blocks, "_WORTH_IT", 200)
    monkeypatch.setattr(in_blocks, "_MOST_KNOWN", 50_000)
    kept = in_blocks._Blocks._alone

    def counted(self: Any, columns: Any, lines: Any, which: Any) -> Any:
        alone.append(int(which.sum()))
        return kept(self, columns, lines, which)

    monkeypatch.setattr(in_blocks._Blocks, "_alone", counted)
    one, _ = both(tmp_path / "table.csv", MAPPING)
    assert one.height > 8_000
    assert len(alone) == 4
    assert 0 < sum(alone) < 400


@pytest.mark.parametrize("ends", ["x,y\n" * 3, '"never closed\n' * 3])
def test_what_stands_before_an_error_is_given(tmp_path: Path, small: None, ends: str) -> None:
    rows = [{**{name: said[0] for name, said in CELLS.items()}, "patient": f"P{n}"} for n in range(20)]
    path = tmp_path / "table.csv"
    path.write_text(written(rows, list(CELLS), []) + ends)
    one, _ = both(path, MAPPING)
    assert one["subject"].n_unique() == 20


def test_a_reader_that_trips_over_a_row_has_given_the_rows_before(
    tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{**{name: said[0] for name, said in CELLS.items()}, "patient": f"P{n}"} for n in range(20)]
    rows[13]["value"] = "13"
    path = tmp_path / "table.csv"
    path.write_text(written(rows, list(CELLS), []))
    kept = files.RowReader._number

    def trips(self: Any, said: str, mapping: Any, column: str) -> Any:
        if said == "13":
            raise ZeroDivisionError
        return kept(self, said, mapping, column)

    monkeypatch.setattr(files.RowReader, "_number", trips)
    one, _ = both(path, MAPPING)
    assert one["subject"].n_unique() == 13


def test_stacked_tables_are_read_in_blocks(tmp_path: Path, small: None) -> None:
    mapping = {
        "subject": "patient",
        "tables": [
            {"when": {"columns": ["test", "value"]}, "rows": MAPPING["rows"][:1], "date": "day"},
            {"when": {"columns": ["sex"]}, "columns": {"sex": {"code": "Proband|sex"}}},
        ],
    }
    labs = "patient,day,test,value,unit\n" + "".join(
        f"P{n},2026-01-0{n % 9 + 1},NA,14{n % 3},mmol/L\n" for n in range(15)
    )
    people = "patient,sex\n" + "".join(f"P{n},male\n" for n in range(15))
    path = tmp_path / "table.csv"
    path.write_text(labs + "\n" + people + labs)
    one, _ = both(path, mapping)
    assert one.height == 45
