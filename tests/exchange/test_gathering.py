"""OMOP tables screened in columns and row by row: the same report, the same contradictions, the same verdicts. Synthetic people."""

from __future__ import annotations

import json
import os
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from one_person import AS_OF, criteria
from test_omop import TABLES, as_csv, as_duckdb, as_parquet
from test_omop_in_columns import drawn
from typer.testing import CliRunner

from proband.cli.app import app
from proband.exchange import Gathered, ReadingReport, gather
from proband.screening.sql.many import nearly, screen_loaded


def report_of(report: ReadingReport | None) -> dict[str, Any]:
    """What a reading report says, without the places inside of files, which columns do not know."""
    assert report is not None
    found = report.as_dict()
    for each in found["reports"]:
        for entry in each["ignored"]:
            entry.pop("first_position")
        for entry in each["findings"]:
            entry.pop("position")
        for listed in ("ignored", "findings"):
            each[listed].sort(key=json.dumps)
    for entry in found["ignored"]:
        entry.pop("first")
    found["ignored"].sort(key=json.dumps)
    for entry in found["disagreements"]:
        entry["values"] = sorted((value["value"], value["source"].split(" ")[0]) for value in entry["values"])
    return found


def all_that_it_says(facts: Gathered, engine: str = "duckdb") -> dict[str, Any]:
    """Everything that screening takes from gathered facts."""
    database = facts.on(engine)
    screened = screen_loaded(criteria(), database, AS_OF)
    return {
        "report": report_of(facts.report), "codes": facts.codes(), "later": facts.later_than(AS_OF), "long ago": facts.later_than(date(2020, 1, 1)),
        "subjects": sorted(facts.subjects()), "table": screened.table.rows(), "funnel": screened.funnel,
        "away": sorted(map(str, nearly(criteria(), database).rows())),
    }  # fmt: skip


def both_ways(folder: Path, engine: str = "duckdb") -> dict[str, Any]:
    """What is found in columns, which is what is found row by row."""
    with (
        gather(folder, criteria(), AS_OF) as by_column,
        gather(folder, criteria(), AS_OF, in_columns=False) as by_row,
    ):
        assert (by_column.why_by_row, by_column.in_columns, by_row.in_columns) == ("", True, False)
        found, expected = all_that_it_says(by_column, engine), all_that_it_says(by_row, engine)
    for key, value in expected.items():
        assert found[key] == value, key
    return found


def split(folder: Path, r: Random) -> None:
    """Some tables fall into two files, some rows stand in both, and a result may differ between the two."""
    for path in sorted(folder.glob("*.csv")):
        if path.stem in {"CONCEPT", "CONDITION_ERA"}:
            continue
        header, *lines = path.read_text().splitlines()
        half = r.randrange(len(lines) + 1)
        again = r.sample(lines, min(2, len(lines)))
        other = [each.replace("136", "137").replace("4188540", "4188539") for each in again]
        path.write_text("\n".join([header, *lines[:half]]) + "\n")
        path.with_name(f"{path.stem}_2.csv").write_text("\n".join([header, *lines[half:], *other]) + "\n")


@pytest.mark.parametrize("seed", range(60 if os.environ.get("PROBAND_NIGHTLY") else 2))
def test_whatever_stands_in_the_tables_both_ways_say_the_same(seed: int, tmp_path: Path) -> None:
    r = Random(seed)
    folder = as_csv(tmp_path / "csv", drawn(r))
    split(folder, r)
    found = both_ways(folder)
    assert found["report"]["disagreements"]


def test_every_kind_of_contradiction_is_found_in_columns(tmp_path: Path) -> None:
    tables = {name: [dict(row) for row in rows] for name, rows in TABLES.items()}
    tables["PERSON"].append(tables["PERSON"][0] | {"gender_concept_id": "8507", "year_of_birth": "1981"})
    tables["DEATH"].append(tables["DEATH"][0] | {"death_date": "2026-02-05"})
    pregnant = tables["OBSERVATION"][0]
    tables["OBSERVATION"].append(pregnant | {"observation_id": "2", "value_as_concept_id": "4188539"})
    for number, day in (("8", "1960-01-01"), ("9", "2026-10-30")):
        of_two = {
            "person_id": "2",
            "measurement_id": number,
            "measurement_date": day,
            "measurement_datetime": "",
        }
        tables["MEASUREMENT"].append(tables["MEASUREMENT"][0] | of_two)
    folder = as_csv(tmp_path / "csv", tables)
    other = [tables["MEASUREMENT"][0] | {"value_as_number": "141"}]
    (as_csv(tmp_path / "more", {"MEASUREMENT": other}) / "MEASUREMENT.csv").rename(folder / "later.csv")
    kinds = Counter(
        each["fact"].partition(" at ")[0] for each in both_ways(folder)["report"]["disagreements"]
    )
    assert kinds == {"birth-date": 1, "sex": 1, "vital-status": 1, "SNOMED 77386006": 1, "LOINC 2951-2": 1, "facts before birth": 1, "facts after death": 1}  # fmt: skip


@pytest.mark.parametrize("form", ["parquet", "duckdb", "gzip", "semicolons"])
def test_every_form_is_read_in_columns(form: str, tmp_path: Path) -> None:
    import gzip

    folder = as_csv(tmp_path / "csv")
    if form in {"parquet", "duckdb"}:
        folder = as_parquet(tmp_path / "parquet")
        folder = as_duckdb(tmp_path / "duckdb", folder) if form == "duckdb" else folder
    for path in sorted(folder.glob("*.csv")):
        if form == "gzip":
            path.write_bytes(gzip.compress(path.read_bytes()))
        else:
            path.write_text(path.read_text().replace(",", ";"))
    both_ways(folder)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_other_engines_get_the_same_facts(engine: str, tmp_path: Path) -> None:
    both_ways(as_csv(tmp_path / "csv", drawn(Random(5))), engine)


def test_what_lies_beside_the_tables_is_said_as_ever(tmp_path: Path) -> None:
    folder = as_csv(tmp_path / "csv")
    (folder / "README.txt").write_text("These tables were exported on a Sunday.\n")
    (folder / "empty.csv").write_text("")
    (folder / ".hidden").write_text("x")
    report = both_ways(folder)["report"]
    assert (report["complete"], report["status"]["declined"], report["hidden_files_left_out"]) == (
        False,
        1,
        1,
    )


def test_whoever_stands_in_some_table_is_counted(tmp_path: Path) -> None:
    """A table of persons may lack somebody of whom others speak, under codes that nobody asks for."""
    tables = {name: [dict(row) for row in rows] for name, rows in TABLES.items()}
    for table in (
        "MEASUREMENT",
        "OBSERVATION",
        "CONDITION_OCCURRENCE",
        "DRUG_EXPOSURE",
        "VISIT_OCCURRENCE",
        "DEATH",
    ):
        tables[table].append(tables[table][0] | {"person_id": f"of {table}"})
    found = both_ways(as_csv(tmp_path / "csv", tables))
    assert found["funnel"].persons == 8


def test_without_a_vocabulary_each_file_says_so(tmp_path: Path) -> None:
    folder = as_csv(tmp_path / "csv")
    (folder / "CONCEPT.csv").unlink()
    report = both_ways(folder)["report"]
    assert all(any(f["code"] == "omop.vocabulary" for f in each["findings"]) for each in report["reports"])


def _broken_line(folder: Path) -> None:
    with (folder / "MEASUREMENT.csv").open("a") as stream:
        stream.write("a,line,that,is,too,short\n")


def _another_encoding(folder: Path) -> None:
    path = folder / "DEATH.csv"
    path.write_bytes(path.read_text().encode("latin-1") + b"2,2026-01-05,\xe4\n")


def _vocabulary_in_an_archive(folder: Path) -> None:
    with zipfile.ZipFile(folder / "vocabulary.zip", "w") as archive:
        archive.write(folder / "CONCEPT.csv", "CONCEPT.csv")
    (folder / "CONCEPT.csv").unlink()


def _one_concept_twice(folder: Path) -> None:
    with (folder / "CONCEPT.csv").open("a") as stream:
        stream.write("3019550,Potassium,LOINC,2823-3\n")


def _two_columns_of_one_name(folder: Path) -> None:
    path = folder / "DEATH.csv"
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([f"{header},Death_Date", *(f"{each},2026-02-02" for each in lines)]) + "\n")


def _a_person_in_fhir(folder: Path) -> None:
    (folder / "p.json").write_text(
        json.dumps({"resourceType": "Patient", "id": "9", "birthDate": "1980-01-01"})
    )


def _a_damaged_table(folder: Path) -> None:
    (folder / "observation.parquet").write_bytes(b"PAR1" + b"\x00" * 40 + b"PAR1")


@pytest.mark.parametrize(
    "change",
    [_broken_line, _another_encoding, _vocabulary_in_an_archive, _one_concept_twice, _two_columns_of_one_name, _a_person_in_fhir, _a_damaged_table],
)  # fmt: skip
def test_what_columns_cannot_judge_is_read_row_by_row(change: Callable[[Path], None], tmp_path: Path) -> None:
    folder = as_csv(tmp_path / "csv")
    change(folder)
    with (
        gather(folder, criteria(), AS_OF) as found,
        gather(folder, criteria(), AS_OF, in_columns=False) as expected,
    ):
        assert not found.in_columns
        assert bool(found.why_by_row) or change in {_vocabulary_in_an_archive, _a_person_in_fhir}
        assert all_that_it_says(found) == all_that_it_says(expected)


def screened(folder: Path, *options: str) -> tuple[int, str]:
    """Exit code and everything printed."""
    result = CliRunner().invoke(
        app, ["screen", "liver-cells", str(folder), "--as-of", "2026-11-01", *options]
    )
    return result.exit_code, result.output


def test_the_verb_screens_in_columns_and_says_so(tmp_path: Path) -> None:
    folder = as_csv(tmp_path / "csv")
    code, said = screened(folder)
    assert code == 1
    assert "read in columns" in said
    code, said = screened(folder, "--json")
    data = json.loads(said)
    assert (code, data["in_columns"], data["complete"], data["funnel"]["persons"]) == (1, True, True, 2)
    _broken_line(folder)
    code, said = screened(folder)
    assert code == 4
    assert "read row by row" in said
    assert "1 of 10 files was NOT read" in said


def test_one_person_of_many_is_explained(tmp_path: Path) -> None:
    folder = as_csv(tmp_path / "csv")
    code, said = screened(folder, "--explain", "1")
    assert code == 0
    assert "MEASUREMENT.csv measurement/0" in said
    code, said = screened(folder, "--explain", "11")
    assert code == 2
    assert "1" in said
