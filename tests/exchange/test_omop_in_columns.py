"""OMOP tables through SQL give the facts of the reader that goes row by row, and the same verdicts. Synthetic people."""

from __future__ import annotations

import csv
import os
import zipfile
from datetime import date
from pathlib import Path
from random import Random

import polars as pl
import pytest
from one_person import AS_OF, criteria, facts, omop_tables, write_table
from test_omop import TABLES, as_csv, as_duckdb, as_parquet

from proband.exchange import read
from proband.exchange.omop.in_columns import observations_into
from proband.screening.rules import rules_for
from proband.screening.sql.engines import DuckDBEngine
from proband.screening.sql.facts import reaches
from proband.screening.sql.many import screen, screen_loaded
from proband.screening.sql.plan import QueryPlan

#: where and in which words a doubt stands is the reader's own
_APART = ["origin_file", "origin_position", "problems"]
ACCEPTANCE = Path(__file__).parents[3] / "shared" / "acceptance" / "12_omop"


def facts_of(frame: pl.DataFrame, order: list[str] | None = None) -> pl.DataFrame:
    """Facts in one order, with whether each is doubted."""
    flagged = frame.with_columns(doubted=pl.col("problems").is_not_null()).drop(_APART)
    return flagged.select(order or flagged.columns).sort(pl.all())


def both_ways(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The facts of a folder by the reader and by SQL."""
    by_row = facts_of(read(folder).table())
    engine = DuckDBEngine(threads=1)
    try:
        done = observations_into(engine, sorted(folder.iterdir()))
        assert not done.left
        return by_row, facts_of(engine.fetch("SELECT * FROM observations"), by_row.columns)
    finally:
        engine.close()


@pytest.mark.parametrize("form", ["csv", "parquet", "duckdb"])
def test_every_form_gives_the_facts_of_the_reader(form: str, tmp_path: Path) -> None:
    if form == "csv":
        folder = as_csv(tmp_path / "csv")
    else:
        folder = as_parquet(tmp_path / "parquet")
        folder = as_duckdb(tmp_path / "duckdb", folder) if form == "duckdb" else folder
    by_row, by_sql = both_ways(folder)
    assert by_row.height > 15
    assert by_row.equals(by_sql)


_DAYS = [
    "2026-10-30",
    "2026-10",
    "2026",
    "",
    "2026-13-01",
    "30.10.2026",
    "1900-01-01",
    "2023Q3",
    "May 2023",
    "before 2",
]
_CLOCKS = [
    "",
    "2026-10-30 08:15:00",
    "2026-10-30T23:59",
    "2026-10-30 00:00:00",
    "2026-10-29 22:10:00+02:00",
    "2026-10-30T08:15:00Z",
    "x",
]
_NUMBERS = [
    "136",
    "-5",
    "1e3",
    "NaN",
    "inf",
    "",
    "88.0",
    "0.9",
    "abc",
    "400",
    "1_0e-1",
    "1e400",
    "１０",
    "0x10",
    "NULL",
    ".5",
    "5.",
    "+5",
]
_WORDS = [
    "136",
    "9.0",
    "0,9",
    "<5",
    "120/80",
    "400 mmol/L",
    "88 mg/dL",
    "0.9000001",
    "1:400",
    "positive",
    "",
    "cancelled",
    "1_0e-1",
    "H 5",
]
_UNITS = ["mmol/L", "", "mg/dL", "Tsd/µl", "%", "{score}", "furlong", "10*9/L", "g/L"]
_CONCEPT_IDS = ["3019550", "8753", "4064161", "45576464", "1310149", "4299535", "999", "0", ""]


def drawn(r: Random) -> dict[str, list[dict[str, str]]]:
    """Tables in which anything may stand anywhere."""

    def pick(values: list[str]) -> str:
        return r.choice(values)

    people = [str(n) for n in range(1, 5)]
    tables = {name: [dict(row) for row in rows] for name, rows in TABLES.items()}
    conditions = tables["CONDITION_OCCURRENCE"]
    tables["CONDITION_OCCURRENCE"] = [{**row, "condition_source_value": ""} for row in conditions]
    for name in ("MEASUREMENT", "OBSERVATION"):
        further = {
            "value_source_value": "",
            **({"measurement_source_value": ""} if name == "MEASUREMENT" else {}),
        }
        tables[name] = [{**row, **further} for row in tables[name]]
    for table, rows in tables.items():
        if table == "CONCEPT":
            continue
        for number, row in enumerate(list(rows) * 3):
            new = dict(row)
            for name in new:
                if name == "person_id":
                    new[name] = pick([*people, " 2 ", ""])
                elif name.endswith("_datetime"):
                    new[name] = pick(_CLOCKS)
                elif name.endswith("_date"):
                    new[name] = pick(_DAYS)
                elif name == "condition_source_value":
                    new[name] = pick(["", "K74.6", "Zirrhose", "ICD10|K74.60"])
                elif name == "measurement_source_value":
                    new[name] = pick(["", "Sodium", "Natrium im Urin", "CSF sodium"])
                elif name == "value_source_value":
                    new[name] = pick(_WORDS)
                elif name in {"value_as_number", "days_supply", "range_low", "range_high"}:
                    new[name] = pick(_NUMBERS)
                elif name == "value_as_concept_id":
                    new[name] = pick(["4188539", "4188540", "45877994", *_CONCEPT_IDS])
                elif name == "operator_concept_id":
                    new[name] = pick(["", "4172703", "4172704", "4171756", "77", "0"])
                elif name == "unit_source_value":
                    new[name] = pick(_UNITS)
                elif name == "value_as_string":
                    new[name] = pick(["", "positive", "nein", *_WORDS[:4]])
                elif name in {"condition_status_concept_id"}:
                    new[name] = pick(["0", "32899", "37109701", ""])
                elif name.endswith("_concept_id"):
                    new[name] = pick([new[name], *_CONCEPT_IDS])
                elif name in {"year_of_birth", "month_of_birth", "day_of_birth"}:
                    new[name] = pick([new[name], "", "2", "1980"][: 3 if name != "year_of_birth" else 2])
            own = next(iter(new))
            new[own] = f"{number + 100}" if own != "person_id" else new[own]
            rows.append(new)
    return tables


@pytest.mark.parametrize("seed", range(200 if os.environ.get("PROBAND_NIGHTLY") else 8))
def test_whatever_stands_in_the_tables_both_ways_read_it_alike(seed: int, tmp_path: Path) -> None:
    by_row, by_sql = both_ways(as_csv(tmp_path / "csv", drawn(Random(seed))))
    missing = by_row.join(by_sql, on=by_row.columns, how="anti", nulls_equal=True)
    further = by_sql.join(by_row, on=by_row.columns, how="anti", nulls_equal=True)
    assert by_row.equals(by_sql), (missing.rows(named=True)[:3], further.rows(named=True)[:3])


def test_numbers_that_a_frame_made_floating_are_the_concepts_that_they_were(tmp_path: Path) -> None:
    """pandas writes a column of numbers with gaps as floating numbers: 3019550.0 is still sodium."""
    folder = as_parquet(tmp_path / "parquet")
    path = folder / "MEASUREMENT.parquet"
    frame = pl.read_parquet(path)
    ids = [name for name in frame.columns if name.endswith("_id") and frame.schema[name] == pl.Int64]
    frame.with_columns(pl.col(ids).cast(pl.Float64)).write_parquet(path)
    by_row, by_sql = both_ways(folder)
    assert by_row.equals(by_sql)
    assert set(by_row.filter(pl.col("system") == "LOINC")["subject"]) == {"1"}
    written = tmp_path / "csv"
    written.mkdir()
    for each in folder.iterdir():
        numbers = [n for n in pl.read_parquet_schema(each) if n.endswith("_id") and n != "vocabulary_id"]
        pl.read_parquet(each).with_columns(pl.col(numbers).cast(pl.Float64)).write_csv(
            written / f"{each.stem}.csv"
        )
    in_csv, in_csv_by_sql = both_ways(written)
    assert in_csv.equals(in_csv_by_sql)
    assert set(in_csv["subject"]) == {"1", "2"}
    assert (
        in_csv.filter(pl.col("system") == "LOINC").height == by_row.filter(pl.col("system") == "LOINC").height
    )


def test_only_codes_that_matter_are_made_and_verdicts_are_the_same(tmp_path: Path) -> None:
    r = Random(20261101)
    tables: dict[str, list[dict[str, str]]] = {}
    for number in range(1, 41):
        said = facts()
        what = r.choice([*said, "nothing"])
        if what in said and r.random() < 0.5:
            said.pop(what if what != "day" else "sex")
        elif what in {"platelets", "sodium", "creatinine"}:
            said[what] = (r.choice([10.0, 74.9, 140.0, 3.0]), said[what][1])
        elif what in {"cancer", "peritonitis"}:
            said[what] = True
        for table, rows in omop_tables(said, str(number)).items():
            tables.setdefault(table, []).extend(rows if table != "concept" or number == 1 else [])
    for table, rows in tables.items():
        write_table(tmp_path / f"{table}.csv", rows)
    expected = screen(criteria(), read(tmp_path).table(), AS_OF)
    engine = DuckDBEngine(threads=1)
    try:
        observations_into(
            engine,
            sorted(tmp_path.iterdir()),
            wanted=reaches(QueryPlan(rules_for(criteria())), AS_OF),
            counted=frozenset(),
        )
        found = screen_loaded(criteria(), engine, AS_OF)
    finally:
        engine.close()
    assert found.table.equals(expected.table)
    assert found.funnel == expected.funnel
    assert set(found.counts) == {"eligible", "not-eligible", "needs-data"}


@pytest.mark.skipif(not ACCEPTANCE.exists(), reason="the shared acceptance data are not here")
def test_the_synthetic_population_is_read_alike(tmp_path: Path) -> None:
    """28 people of Synthea as a hospital hands them over: the same facts both ways, and what plain SQL on the tables says."""
    with zipfile.ZipFile(next(ACCEPTANCE.glob("*.zip"))) as archive:
        members = [
            each
            for each in archive.namelist()
            if each.lower().endswith(".csv") and not Path(each).name.startswith(".")
        ]
        for each in members:
            (tmp_path / Path(each).name).write_bytes(archive.read(each))
    by_row, by_sql = both_ways(tmp_path)
    assert by_row.equals(by_sql)
    on = date(2018, 1, 1)
    with (ACCEPTANCE / "expected.csv").open() as stream:
        expected = list(csv.DictReader(stream))
    checked = 0
    for row in expected:
        own = by_sql.filter(pl.col("subject") == row["person_id"])
        for column, said in row.items():
            if not column.rpartition("_")[2].count("-") or not said or column in {"birth"}:
                continue
            code = column.rpartition("_")[2]
            results = own.filter(
                (pl.col("code") == code) & (pl.col("first_day") <= on) & pl.col("value").is_not_null()
            ).sort("first_day", "time")
            value, unit, day, _, n = said.split(" ")
            last = results.row(-1, named=True)
            assert (last["value"], last["unit"], str(last["first_day"]), results.height) == (
                float(value),
                unit,
                day,
                int(n),
            ), (row["person_id"], column)
            checked += 1
        born = own.filter(pl.col("code") == "birth-date")["first_day"].to_list()
        assert [str(each) for each in born] == [row["birth"]]
        died = [str(each) for each in own.filter(pl.col("code") == "vital-status")["first_day"].to_list()]
        assert died == ([row["death"]] if row["death"] else [])
    assert checked > 20
