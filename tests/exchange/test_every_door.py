"""Every door tells the same of one person: eligible where each "no" is proven, and never by a blank, another's result or a withdrawn one.

One synthetic person is written through each door (CSV, REDCap, Excel, SAS transport, Dataset-JSON, OMOP in each of its forms, phenopackets, FHIR in XML, zip archives). Each distortion of what stands there must
not come out ELIGIBLE; its honest twin, undistorted, must. Order of files, files split, joined or given twice, and other names of people change nothing.
"""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars as pl
import pytest
from dataset_samples import FORMS, history, laboratory, person
from fhir_in_xml import document
from workbook_samples import Cell, workbook

from proband.exchange import read
from proband.programme import Programme, load
from proband.screening import EligibilityStatus, Screening

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"
AS_OF = date(2026, 11, 1)
ELIGIBLE = EligibilityStatus.ELIGIBLE
ELIGIBILITY = """source: proband-tests
level: inference
observables:
  - {id: age, label: Age, type: number, elapsed: {since: birth, unit: a}}
  - {id: platelets, label: Platelets, type: number, unit: 10*9/L, codes: [{system: LOINC, code: 777-3}], aggregate: last, window: {start: -28d, end: 0d}}
  - {id: bilirubin, label: Bilirubin, type: number, unit: mg/dL, analyte: bilirubin, codes: [{system: LOINC, code: 1975-2}, {system: LOINC, code: 14631-6}], aggregate: last, window: {start: -28d, end: 0d}}
  - {id: infection, label: Infection, type: boolean, no_means: now, no_holds_for: 14 d, subsumes: {"Proband|infection": ["CDISC|MH.INFECTION", "SNOMED|40733004"], "CDISC|MH.INFECTION": ["Proband|infection"], "SNOMED|40733004": ["Proband|infection"]}, codes: [{system: Proband, code: infection}, {system: CDISC, code: MH.INFECTION}, {system: SNOMED, code: "40733004"}], window: {start: -14d, end: 0d}}
criteria:
  - {id: grown-up, kind: include, purpose: safety, reason: adults first, when: 18 <= age < 65}
  - {id: bleeding, kind: exclude, purpose: safety, reason: the injection may bleed, when: platelets < 50}
  - {id: liver, kind: exclude, purpose: safety, reason: the liver must bear it, when: bilirubin >= 3}
  - {id: infected, kind: exclude, purpose: safety, reason: it is treated first, when: infection}
"""


@cache
def programme() -> Programme:
    """The minimal bundle with these criteria."""
    with TemporaryDirectory() as folder:
        own = Path(folder) / "own"
        shutil.copytree(MINIMAL, own)
        (own / "eligibility.yaml").write_text(ELIGIBILITY)
        return load(own)


@dataclass(frozen=True)
class Told:
    """What is told of one person: a result or an answer, or why there is none."""

    what: str
    value: float | bool
    unit: str = ""
    day: str = "2026-10-30"
    who: str = "P-1"
    how: str = "given"
    number: int = 1


HONEST = (
    Told("platelets", 88.0, "10*9/L", number=1),
    Told("bilirubin", 1.7, "mg/dL", number=2),
    Told("infection", False, number=3),
)
Files = dict[str, bytes]

MAPPING = """subject: patient
date: day
missing: {ND: not-asked}
columns:
  born: {code: "Proband|birth-date", kind: date}
  platelets: {code: "LOINC|777-3", unit_column: platelets_unit, kind: number}
  bilirubin: {code: "LOINC|1975-2", unit_column: bilirubin_unit, kind: number}
  infection: {code: "Proband|infection", kind: presence, values: {"no": absent, "yes": present}}
"""
_COLUMNS = [
    "patient",
    "day",
    "born",
    "platelets",
    "platelets_unit",
    "bilirubin",
    "bilirubin_unit",
    "infection",
]


def _rows(told: Iterable[Told], who: Iterable[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [{"patient": each, "born": "1980-02-03"} for each in sorted(set(who))]
    for each in told:
        value: Any = ("yes" if each.value else "no") if each.what == "infection" else each.value
        value = {"blank": "", "not done": "ND"}.get(each.how, value)
        rows.append(
            {
                "patient": each.who,
                "day": each.day,
                each.what: (value, each.how),
                f"{each.what}_unit": each.unit,
            }
        )
    return rows


def _bare(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) else value


def as_csv(told: Sequence[Told], who: Iterable[str], name: str) -> Files:
    """A table with a mapping."""
    rows = [",".join(str(_bare(row.get(each, ""))) for each in _COLUMNS) for row in _rows(told, who)]
    return {f"{name}.csv": "\n".join([",".join(_COLUMNS), *rows]).encode()}


def as_sheet(told: Sequence[Told], who: Iterable[str], name: str) -> Files:
    """A sheet with a mapping; what is withdrawn is struck through."""

    def cell(value: Any) -> Any:
        if isinstance(value, tuple) and value[1] == "withdrawn":
            return Cell(value[0], "struck")
        return _bare(value) if _bare(value) != "" else None

    return {
        f"{name}.xlsx": workbook(
            {"Clinic": [_COLUMNS, *([cell(row.get(each)) for each in _COLUMNS] for row in _rows(told, who))]}
        )
    }


def as_datasets(form: str) -> Callable[[Sequence[Told], Iterable[str], str], Files]:
    """The datasets DM, LB and MH in one of the forms of SDTM."""
    ending, make = FORMS[form]

    def write(told: Sequence[Told], who: Iterable[str], name: str) -> Files:
        tables: dict[str, list[dict[str, Any]]] = {
            "DM": [person(USUBJID=each, BRTHDTC="1980-02-03", AGE=46) for each in sorted(set(who))],
            "LB": [],
            "MH": [],
        }
        for each in told:
            status = "NOT DONE" if each.how == "not done" else ""
            nothing = each.how in {"blank", "not done"}
            if each.what == "infection":
                said = "" if nothing else "Y" if each.value else "N"
                tables["MH"].append(
                    history(
                        USUBJID=each.who,
                        MHSEQ=each.number,
                        MHTERM="Infection",
                        MHDECOD="",
                        MHPRESP="Y",
                        MHOCCUR=said,
                        MHSTAT=status,
                        MHDTC=each.day,
                        MHSTDTC=each.day if each.value else "",
                    )
                )
                continue
            test, specimen = {"platelets": ("PLAT", "BLOOD"), "bilirubin": ("BILI", "SERUM")}[each.what]
            result = (
                {"LBORRES": "", "LBORRESU": ""}
                if nothing
                else {"LBORRES": f"{each.value:g}", "LBORRESU": each.unit.replace("10*9", "10^9")}
            )
            tables["LB"].append(
                laboratory(
                    USUBJID=each.who,
                    LBSEQ=each.number,
                    LBTESTCD=test,
                    LBSPEC=specimen,
                    LBDTC=each.day,
                    LBSTAT=status,
                    LBSTRESC="",
                    LBSTRESN=None,
                    LBSTRESU="",
                    **result,
                )
            )
        return {
            f"{table.lower()}-{name}.{ending}": make(table, rows) for table, rows in tables.items() if rows
        }

    return write


def _resources(told: Sequence[Told], who: Iterable[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": each, "birthDate": "1980-02-03"} for each in sorted(set(who))
    ]
    codes = {
        "platelets": ("http://loinc.org", "777-3"),
        "bilirubin": ("http://loinc.org", "1975-2"),
        "infection": ("https://proband.example/codes", "infection"),
    }
    for each in told:
        system, code = codes[each.what]
        value: dict[str, Any] = (
            {"valueBoolean": each.value}
            if each.what == "infection"
            else {
                "valueQuantity": {
                    "value": each.value,
                    "unit": each.unit,
                    "system": "http://unitsofmeasure.org",
                    "code": each.unit,
                }
            }
        )
        if each.how == "blank":
            value = {}
        elif each.how == "not done":
            value = {
                "dataAbsentReason": {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
                            "code": "not-performed",
                        }
                    ]
                }
            }
        found.append(
            {
                "resourceType": "Observation", "id": f"o-{each.who}-{each.number}", "status": "entered-in-error" if each.how == "withdrawn" else "final",
                "code": {"coding": [{"system": system, "code": code}]}, "subject": {"reference": f"Patient/{each.who}"}, "effectiveDateTime": each.day, **value,
            }
        )  # fmt: skip
    return found


def as_xml(told: Sequence[Told], who: Iterable[str], name: str) -> Files:
    """A Bundle in XML."""
    entries = [
        {"fullUrl": f"http://example.org/fhir/{each['resourceType']}/{each['id']}", "resource": each}
        for each in _resources(told, who)
    ]
    return {f"{name}.xml": document({"resourceType": "Bundle", "type": "collection", "entry": entries})}


def as_zip(lines: bool) -> Callable[[Sequence[Told], Iterable[str], str], Files]:
    """An archive of lines of JSON, or of resources in XML."""

    def write(told: Sequence[Told], who: Iterable[str], name: str) -> Files:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            if lines:
                archive.writestr(
                    "bulk/all.ndjson", "\n".join(json.dumps(each) for each in _resources(told, who)) + "\n"
                )
            else:
                for at, each in enumerate(_resources(told, who)):
                    archive.writestr(f"export/{at}.xml", document(each))
        return {f"{name}.zip": held.getvalue()}

    return write


_CONCEPTS = [
    {"concept_id": 3007461, "concept_name": "Platelets", "vocabulary_id": "LOINC", "concept_code": "777-3"},
    {"concept_id": 3024128, "concept_name": "Bilirubin", "vocabulary_id": "LOINC", "concept_code": "1975-2"},
    {
        "concept_id": 432250,
        "concept_name": "Infection",
        "vocabulary_id": "SNOMED",
        "concept_code": "40733004",
    },
]


def _cdm(told: Sequence[Told], who: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """The tables of OMOP's common data model."""
    tables: dict[str, list[dict[str, Any]]] = {
        "concept": _CONCEPTS,
        "person": [
            {
                "person_id": each,
                "gender_concept_id": 8507,
                "year_of_birth": 1980,
                "month_of_birth": 2,
                "day_of_birth": 3,
            }
            for each in sorted(set(who))
        ],
        "measurement": [],
        "observation": [],
    }
    for each in told:
        silent = each.how in {"blank", "not done"}
        if each.what == "infection":
            tables["observation"].append(
                {"observation_id": f"{each.who}{each.number}", "person_id": each.who, "observation_concept_id": 432250, "observation_date": each.day,
                 "value_as_concept_id": 0 if silent else 4188539 if each.value else 4188540}
            )  # fmt: skip
        else:
            concept = {"platelets": 3007461, "bilirubin": 3024128}[each.what]
            tables["measurement"].append(
                {"measurement_id": f"{each.who}{each.number}", "person_id": each.who, "measurement_concept_id": concept, "measurement_date": each.day,
                 "value_as_number": None if silent else each.value, "unit_source_value": each.unit}
            )  # fmt: skip
    return {table: rows for table, rows in tables.items() if rows}


def _delimited(rows: list[dict[str, Any]]) -> bytes:
    lines = [list(rows[0]), *([("" if cell is None else cell) for cell in row.values()] for row in rows)]
    return "\n".join(",".join(str(cell) for cell in line) for line in lines).encode()


def as_omop(form: str) -> Callable[[Sequence[Told], Iterable[str], str], Files]:
    """Tables of OMOP as CSV, as Parquet, in one DuckDB file, or in an archive."""

    def write(told: Sequence[Told], who: Iterable[str], name: str) -> Files:
        tables = _cdm(told, who)
        if form == "Parquet":
            found = {}
            for table, rows in tables.items():
                held = io.BytesIO()
                pl.DataFrame(rows).write_parquet(held)
                found[f"{table}-{name}.parquet"] = held.getvalue()
            return found
        if form == "DuckDB":
            with TemporaryDirectory() as folder:
                path = Path(folder) / "cdm.duckdb"
                with duckdb.connect(str(path)) as connection:
                    for table, rows in tables.items():
                        connection.register("given", pl.DataFrame(rows).to_arrow())
                        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM given")
                        connection.unregister("given")
                return {f"{name}.duckdb": path.read_bytes()}
        files = {f"{table}-{name}.csv": _delimited(rows) for table, rows in tables.items()}
        if form == "CSV":
            return files
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            for file, data in files.items():
                archive.writestr(f"cdm/{file}", data)
        return {f"{name}.zip": held.getvalue()}

    return write


def as_packets(told: Sequence[Told], who: Iterable[str], name: str) -> Files:
    """A phenopacket for each person; a "no" is a measurement with the answer *absent*, for that has a day."""
    found: Files = {}
    for each in sorted(set(who)):
        measurements: list[dict[str, Any]] = []
        for one in (one for one in told if one.who == each):
            kind = {"platelets": "LOINC:777-3", "bilirubin": "LOINC:1975-2", "infection": "SNOMED:40733004"}[
                one.what
            ]
            value: dict[str, Any] = {}
            if one.how == "given":
                value = (
                    {
                        "ontologyClass": {
                            "id": f"Proband:{'yes' if one.value else 'no'}",
                            "label": "yes" if one.value else "no",
                        }
                    }
                    if one.what == "infection"
                    else {
                        "quantity": {
                            "unit": {"id": f"UCUM:{one.unit}", "label": one.unit},
                            "value": one.value,
                        }
                    }
                )
            moment = {"timestamp": f"{one.day}T00:00:00Z"}
            measurements.append(
                {"assay": {"id": kind, "label": one.what}, "timeObserved": moment, "value": value}
            )
        packet = {
            "id": each,
            "subject": {"id": each, "dateOfBirth": "1980-02-03T00:00:00Z"},
            "measurements": measurements,
            "metaData": {
                "created": "2026-10-31T00:00:00Z",
                "createdBy": "tests",
                "phenopacketSchemaVersion": "2.0",
                "resources": [],
            },
        }
        found[f"{name}-{each}.json"] = json.dumps(packet).encode()
    return found


def as_redcap(told: Sequence[Told], who: Iterable[str], name: str) -> Files:
    """A REDCap export with its dictionary, mapped; a question that was not asked bears its missing data code."""
    kinds = {"infection": "yesno", "day": "text", "born": "text"}
    checks = {"day": "date_ymd", "born": "date_ymd"}
    head = 'Variable / Field Name,Form Name,Field Type,Field Label,"Choices, Calculations, OR Slider Labels",Field Note,Text Validation Type OR Show Slider Number'
    fields = [f"{each},visit,{kinds.get(each, 'text')},{each},,,{checks.get(each, '')}" for each in _COLUMNS]
    rows = []
    for row in _rows(told, who):
        cells = {each: _bare(row.get(each, "")) for each in _COLUMNS}
        rows.append(",".join(str(cells[each]) for each in _COLUMNS) + ",2")
    body = "\n".join([",".join(_COLUMNS) + ",visit_complete", *rows])
    return {f"{name}.csv": body.encode(), "dictionary.csv": "\n".join([head, *fields]).encode()}


DOORS: dict[str, Callable[[Sequence[Told], Iterable[str], str], Files]] = {
    "CSV": as_csv, "Excel": as_sheet, "SAS 5": as_datasets("version 5"), "SAS 8": as_datasets("version 8"), "Dataset-JSON": as_datasets("JSON 1.1"),
    "Dataset-JSON lines": as_datasets("lines behind zlib"), "FHIR XML": as_xml, "zip of XML": as_zip(False), "zip of lines": as_zip(True),
    "OMOP CSV": as_omop("CSV"), "OMOP Parquet": as_omop("Parquet"), "OMOP DuckDB": as_omop("DuckDB"), "zip of OMOP": as_omop("zip"),
    "phenopackets": as_packets, "REDCap": as_redcap,
}  # fmt: skip
#: doors that know of no withdrawal but leaving it out
_NO_WITHDRAWAL = {
    "CSV", "SAS 5", "SAS 8", "Dataset-JSON", "Dataset-JSON lines", "OMOP CSV", "OMOP Parquet", "OMOP DuckDB", "zip of OMOP", "phenopackets", "REDCap",
}  # fmt: skip


def verdict(folder: Path, files: Files, who: str = "P-1", *, backwards: bool = False) -> EligibilityStatus:
    """The verdict on a person from these files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder.parent / "mapping.yaml").write_text(MAPPING)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    tables = any(name.endswith((".csv", ".xlsx")) for name in files) and not any(
        "measurement-" in name or "person-" in name for name in files
    )
    paths = sorted((folder / name for name in files), reverse=backwards)
    reading = read(paths, mapping=folder.parent / "mapping.yaml" if tables else None)
    facts = [each for each in reading if each.subject == who]
    return Screening(programme()).verdict(facts, AS_OF, subject=who).outcome


@pytest.mark.parametrize("door", DOORS)
def test_the_honest_person_is_eligible_through_every_door(door: str, tmp_path: Path) -> None:
    assert verdict(tmp_path / "x", DOORS[door](HONEST, ["P-1"], "a")) is ELIGIBLE


DISTORTIONS: dict[str, Callable[[Told], list[Told]]] = {
    "blank": lambda each: [replace(each, how="blank")],
    "not done": lambda each: [replace(each, how="not done")],
    "left out": lambda each: [],
    "withdrawn": lambda each: [replace(each, how="withdrawn")],
    "someone else's": lambda each: [replace(each, who="P-2")],
    "another unit": lambda each: [replace(each, unit="mmHg")] if each.unit else [],
    "too old": lambda each: [replace(each, day="2026-08-30")],
    "contradicted": lambda each: [each, replace(each, value=True if each.what == "infection" else {"platelets": 20.0, "bilirubin": 9.0}[each.what], number=each.number + 10)],
    "the truth": lambda each: [replace(each, value=True if each.what == "infection" else {"platelets": 20.0, "bilirubin": 9.0}[each.what])],
}  # fmt: skip


@pytest.mark.parametrize("distortion", DISTORTIONS)
@pytest.mark.parametrize("door", DOORS)
def test_nobody_is_eligible_by_what_was_not_said(door: str, distortion: str, tmp_path: Path) -> None:
    if distortion == "withdrawn" and door in _NO_WITHDRAWAL:
        pytest.skip("this form has no way to withdraw a result but to leave it out")
    for index, each in enumerate(HONEST):
        told = [*HONEST[:index], *DISTORTIONS[distortion](each), *HONEST[index + 1 :]]
        found = verdict(tmp_path / each.what, DOORS[door](told, ["P-1", "P-2"], "a"))
        assert found is not ELIGIBLE, each.what


@pytest.mark.parametrize("door", DOORS)
def test_order_splitting_joining_repeating_and_renaming_change_nothing(door: str, tmp_path: Path) -> None:
    write = DOORS[door]
    ill = [replace(each, value=20.0) if each.what == "platelets" else each for each in HONEST]
    for name, told in (("well", list(HONEST)), ("ill", ill)):
        whole = verdict(tmp_path / name / "whole", write(told, ["P-1"], "a"))
        assert (whole is ELIGIBLE) == (name == "well")
        split = {
            name: data
            for at, each in enumerate(told)
            for name, data in write([each], ["P-1"], f"part{at}").items()
        }
        for backwards in (False, True):
            assert verdict(tmp_path / name / f"split{backwards}", split, backwards=backwards) is whole
        twice = {**write(told, ["P-1"], "a"), **write(told, ["P-1"], "again")}
        assert verdict(tmp_path / name / "twice", twice) is whole
        renamed = write([replace(each, who="zz-9.b") for each in told], ["zz-9.b"], "a")
        assert verdict(tmp_path / name / "renamed", renamed, "zz-9.b") is whole
        joined = write(
            [
                *told,
                *(
                    replace(each, who="P-2", value=20.0)
                    if each.what == "platelets"
                    else replace(each, who="P-2")
                    for each in told
                ),
            ],
            ["P-1", "P-2"],
            "a",
        )
        assert verdict(tmp_path / name / "joined", joined) is whole
