"""OMOP CDM: the same facts from CSV, Parquet, DuckDB and a zip archive. Synthetic people."""

from __future__ import annotations

import csv
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from proband.exchange import FileStatus, read
from proband.facts.observation import Observation, Presence
from proband.terms import UncertainDate

CONCEPTS = [
    ("3019550", "Sodium", "LOINC", "2951-2"), ("8753", "millimole per liter", "UCUM", "mmol/L"), ("4064161", "Cirrhosis", "SNOMED", "19943007"),
    ("45576464", "Cirrhosis unspecified", "ICD10CM", "K74.60"), ("1310149", "warfarin", "RxNorm", "11289"), ("4299535", "Pregnancy", "SNOMED", "77386006"),
]  # fmt: skip
TABLES: dict[str, list[dict[str, str]]] = {
    "PERSON": [
        {"person_id": "1", "gender_concept_id": "8532", "year_of_birth": "1980", "month_of_birth": "2", "day_of_birth": "", "birth_datetime": ""},
        {"person_id": "2", "gender_concept_id": "0", "year_of_birth": "1970", "month_of_birth": "", "day_of_birth": "", "birth_datetime": ""},
    ],
    "MEASUREMENT": [
        {"measurement_id": str(n), "person_id": "1", "measurement_concept_id": concept, "measurement_date": "2026-10-30", "measurement_datetime": clock,
         "operator_concept_id": operator, "value_as_number": value, "value_as_concept_id": "0", "unit_concept_id": "8753", "range_low": "", "range_high": "145",
         "unit_source_value": "mM"}
        for n, (concept, operator, value, clock) in enumerate([("3019550", "0", "136", "2026-10-30 08:15:00"), ("3019550", "4172704", "160", "2026-10-30 00:00:00"),
                                                              ("3019550", "77", "136", ""), ("999", "", "5", "")])
    ],
    "CONDITION_OCCURRENCE": [
        {"condition_occurrence_id": "1", "person_id": "1", "condition_concept_id": "4064161", "condition_start_date": "2020-01-01", "condition_end_date": "", "condition_status_concept_id": "0", "condition_source_concept_id": "45576464"},
        {"condition_occurrence_id": "2", "person_id": "2", "condition_concept_id": "4064161", "condition_start_date": "2020-01-01", "condition_end_date": "2020-02-01", "condition_status_concept_id": "32899", "condition_source_concept_id": "0"},
    ],
    "DRUG_EXPOSURE": [{"drug_exposure_id": "1", "person_id": "1", "drug_concept_id": "1310149", "drug_exposure_start_date": "2026-10-01", "drug_exposure_end_date": "", "days_supply": "14"}],
    "OBSERVATION": [{"observation_id": "1", "person_id": "1", "observation_concept_id": "4299535", "observation_date": "2026-10-30", "value_as_concept_id": "4188540", "value_as_number": "", "value_as_string": ""}],
    "DEATH": [{"person_id": "2", "death_date": "2026-01-05", "cause_concept_id": "0"}],
    "VISIT_OCCURRENCE": [{"visit_occurrence_id": "1", "person_id": "1", "visit_concept_id": "9201", "visit_start_date": "2026-05-01", "visit_end_date": "2026-05-04"}],
    "OBSERVATION_PERIOD": [{"observation_period_id": "1", "person_id": "1", "observation_period_start_date": "2019-01-01", "observation_period_end_date": "2026-10-31"}],
    "CONCEPT": [dict(zip(("concept_id", "concept_name", "vocabulary_id", "concept_code"), each, strict=True)) for each in CONCEPTS],
    "CONDITION_ERA": [{"condition_era_id": "1", "condition_era_start_date": "2020-01-01", "person_id": "1"}],
}  # fmt: skip


def as_csv(folder: Path, tables: dict[str, list[dict[str, str]]] = TABLES) -> Path:
    """The tables as CSV files in a folder."""
    folder.mkdir()
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def as_parquet(folder: Path) -> Path:
    """The tables as Parquet, numbers as numbers and days as days."""
    folder.mkdir()
    for name, rows in TABLES.items():
        frame = pl.DataFrame(rows).with_columns(pl.all().replace("", None))
        kinds = [
            pl.col(each).cast(pl.Int64)
            if each.endswith("_id") and each != "vocabulary_id"
            else pl.col(each).str.to_date()
            if each.endswith("_date")
            else pl.col(each)
            for each in frame.columns
        ]
        frame.with_columns(kinds).write_parquet(folder / f"{name}.parquet")
    return folder


def as_duckdb(folder: Path, source: Path) -> Path:
    """All tables in one DuckDB file."""
    folder.mkdir()
    with duckdb.connect(str(folder / "cdm.duckdb")) as connection:
        for each in sorted(source.iterdir()):
            connection.execute(
                f"CREATE TABLE \"{each.stem.lower()}\" AS SELECT * FROM read_parquet('{each}')"
            )
    return folder


def as_zip(folder: Path, source: Path) -> Path:
    """The CSV files in one archive."""
    folder.mkdir()
    with zipfile.ZipFile(folder / "cdm.zip", "w") as archive:
        for each in sorted(source.iterdir()):
            archive.write(each, f"cdm/{each.name}")
    return folder


def plain(facts: list[Observation]) -> list[str]:
    """Facts without the place where they stand, sorted."""
    return sorted(repr(replace(each, origin=None)) for each in facts)


def test_four_forms_give_the_same_facts(tmp_path: Path) -> None:
    tables, parquet = as_csv(tmp_path / "csv"), as_parquet(tmp_path / "parquet")
    forms = [tables, parquet, as_duckdb(tmp_path / "duckdb", parquet), as_zip(tmp_path / "zip", tables)]
    given = [plain(list(read(each))) for each in forms]
    assert given[0]
    assert all(each == given[0] for each in given)


@pytest.fixture
def facts(tmp_path: Path) -> list[Observation]:
    return list(read(as_csv(tmp_path / "csv")))


def of(facts: list[Observation], system: str, code: str, subject: str = "1") -> list[Observation]:
    """The facts of a person under a code."""
    return [each for each in facts if (each.system, each.code, each.subject) == (system, code, subject)]


def test_the_operator_is_the_comparator(facts: list[Observation]) -> None:
    first, bound, strange = of(facts, "LOINC", "2951-2")
    assert (first.value, first.unit, first.comparator, first.reference_high, first.problems) == (
        136,
        "mmol/L",
        None,
        145,
        (),
    )
    assert (bound.value, bound.comparator, bound.time) == (160, ">", None)
    assert first.time is not None
    assert strange.problems


def test_conditions_last_and_drugs_end_with_their_supply(facts: list[Observation]) -> None:
    (cirrhosis,) = of(facts, "SNOMED", "19943007")
    assert (cirrhosis.persists, cirrhosis.until, cirrhosis.presence) == (True, None, Presence.PRESENT)
    (source,) = of(facts, "ICD-10", "K74.60")
    assert source.attributes["same-as"] == "SNOMED|19943007"
    assert of(facts, "ICD-10", "K74.6")
    (preliminary,) = of(facts, "SNOMED", "19943007", "2")
    assert (preliminary.presence, preliminary.until) == (Presence.UNKNOWN, UncertainDate.on(date(2020, 2, 1)))
    (drug,) = of(facts, "RxNorm", "11289")
    assert drug.until == UncertainDate.on(date(2026, 10, 14))


def test_persons_deaths_visits_and_answers(facts: list[Observation]) -> None:
    assert [str(each.when) for each in facts if each.code == "birth-date"] == ["1980-02", "1970"]
    assert [each.presence for each in facts if each.code == "sex"] == [Presence.PRESENT, Presence.UNKNOWN]
    assert [(each.subject, each.text) for each in facts if each.code == "vital-status"] == [("2", "deceased")]
    (visit,) = of(facts, "Proband", "encounter")
    assert (visit.value_code, str(visit.until)) == ("IMP", "2026-05-04")
    (answer,) = of(facts, "SNOMED", "77386006")
    assert answer.presence is Presence.ABSENT


def test_what_the_vocabulary_has_not_is_said_and_no_table_makes_an_absence(tmp_path: Path) -> None:
    reading = read(as_csv(tmp_path / "csv"))
    facts = list(reading)
    assert [each.code for each in facts if each.system == "OMOP"] == ["999"]
    assert reading.report.unknown_systems == {"OMOP": 1}
    assert {each.resource for each in facts if each.presence is Presence.ABSENT} == {"observation/1"}
    without = as_csv(tmp_path / "without", {name: rows for name, rows in TABLES.items() if name != "CONCEPT"})
    reading = read(without)
    assert not [each for each in reading if each.system == "LOINC"]
    assert {"omop.vocabulary"} == {
        each.code for file in reading.report for each in file.findings if each.code.startswith("omop")
    }


def test_a_damaged_table_is_declined_with_its_place(tmp_path: Path) -> None:
    folder = as_parquet(tmp_path / "parquet")
    for each in folder.iterdir():
        data = each.read_bytes()
        each.write_bytes(data[: len(data) // 2])
    (folder / "x.duckdb").write_bytes(b"\0" * 8 + b"DUCK" + b"\0" * 100)
    reading = read(folder)
    assert not list(reading)
    assert {file.status for file in reading.report} == {FileStatus.DECLINED}
    assert not [file for file in reading.report if file.declined and file.declined.code == "exchange.defect"]


@pytest.mark.acceptance
def test_the_synthetic_hospital_of_ohdsi(acceptance: Path) -> None:
    table = read(acceptance / "12_omop" / "Synthea27Nj_5.4.zip").table()
    day = date(2018, 1, 1)
    with (acceptance / "12_omop" / "expected.csv").open() as stream:
        for row in csv.DictReader(stream):
            person = table.filter(pl.col("subject") == row["person_id"])
            own = {code: person.filter((pl.col("system") == "Proband") & (pl.col("code") == code)) for code in ("sex", "birth-date", "vital-status", "observation-period", "disease", "encounter")}  # fmt: skip
            assert own["sex"]["text"].to_list() == [row["gender"]]
            assert str(own["birth-date"]["first_day"][0]) == row["birth"]
            assert ",".join(map(str, own["vital-status"]["first_day"])) == row["death"]
            assert [str(own["observation-period"][name][0]) for name in ("first_day", "until_last")] == [
                row["observed_from"],
                row["observed_to"],
            ]
            for column, said in row.items():
                code = column.rpartition("_")[2]
                if code[-2:-1] != "-":
                    continue
                found = person.filter(
                    pl.col("system") == "LOINC",
                    pl.col("code") == code,
                    pl.col("value").is_not_null(),
                    pl.col("first_day") <= day,
                ).sort("first_day", "time")
                last = (
                    f"{found['value'][-1]:g} {found['unit'][-1]} {found['first_day'][-1]} of {found.height}"
                    if found.height
                    else ""
                )
                assert last == said, (row["person_id"], column)
            open_then = own["disease"].filter(
                pl.col("first_day") <= day, ~pl.col("ended") | (pl.col("until_first") > day)
            )
            assert "; ".join(sorted(set(open_then["text"]))) == row["open_conditions"]
            visits = own["encounter"].filter(
                pl.col("value_code") == "IMP",
                pl.col("first_day") >= date(2017, 1, 1),
                pl.col("first_day") < day,
            )
            assert str(visits.height) == row["inpatient_visits_last_year"]
