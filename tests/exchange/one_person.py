"""A synthetic person, by every door of reading, and criteria that this person meets: changes of one thing show in the verdict."""

from __future__ import annotations

import copy
import csv
import json
import os
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from proband.exchange.reading import read
from proband.facts.observation import Observation
from proband.facts.table import to_frame
from proband.programme.eligibility import Eligibility
from proband.screening.outcome import EligibilityStatus
from proband.screening.sql.engines import DuckDBEngine, SQLiteEngine
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening

AS_OF = date(2026, 11, 1)
ELIGIBLE, NEEDS_DATA, NOT_ELIGIBLE = (
    EligibilityStatus.ELIGIBLE,
    EligibilityStatus.NEEDS_DATA,
    EligibilityStatus.NOT_ELIGIBLE,
)
LOINC, UCUM, HPO, ICD10 = (
    "http://loinc.org",
    "http://unitsofmeasure.org",
    "http://purl.obolibrary.org/obo/hp.owl",
    "http://hl7.org/fhir/sid/icd-10",
)
YESNO = "http://terminology.hl7.org/CodeSystem/v2-0136"
NAME = "synthetic-1"
Facts = dict[str, Any]


@cache
def criteria() -> Eligibility:
    """An adult with enough platelets and sodium, creatinine not high; no liver cancer ever, no peritonitis now."""

    def number(id: str, code: str, unit: str, **more: Any) -> dict[str, Any]:
        return {
            "id": id, "label": id, "type": "number", "unit": unit, "codes": [{"system": "LOINC", "code": code}],
            "aggregate": "last", "window": {"start": "-28 d"}, **more,
        }  # fmt: skip

    observables = [
        {"id": "age", "label": "age", "type": "number", "elapsed": {"since": "birth", "unit": "a"}},
        number("platelets", "777-3", "10*9/L"),
        number("sodium", "2951-2", "mmol/L", analyte="sodium"),
        number("creatinine", "2160-0", "mg/dL", analyte="creatinine"),
        {"id": "cancer", "label": "liver cancer", "type": "boolean", "no_means": "ever", "no_holds_for": "28 d",
         "codes": [{"system": "ICD-10", "code": "C22.0"}]},
        {"id": "peritonitis", "label": "peritonitis", "type": "boolean", "no_means": "now", "no_holds_for": "14 d",
         "codes": [{"system": "HPO", "code": "HP:0002586"}]},
    ]  # fmt: skip
    rules = [
        ("include", "18 <= age <= 80"), ("include", "platelets >= 75"), ("include", "130 <= sodium <= 150"),
        ("include", "creatinine <= 1.5"), ("exclude", "cancer"), ("exclude", "peritonitis"),
    ]  # fmt: skip
    return Eligibility.model_validate(
        {
            "source": "tests", "level": "inference",
            "observables": observables,
            "criteria": [
                {"id": f"K{n}", "kind": kind, "purpose": "safety", "reason": "a test", "when": when}
                for n, (kind, when) in enumerate(rules, 1)
            ],
        }
    )  # fmt: skip


#: observable → the facts of :func:`facts` that answer it
ANSWERS = {
    "age": "born", "platelets": "platelets", "sodium": "sodium", "creatinine": "creatinine", "cancer": "cancer",
    "peritonitis": "peritonitis",
}  # fmt: skip


def facts() -> Facts:
    """What is on record: results as (value, unit), answers as yes (true) or no, days."""
    return {
        "born": "1974-05-20", "sex": "male", "day": "2026-10-30",
        "platelets": (88.0, "10*9/L"), "sodium": (136.0, "mmol/L"), "creatinine": (0.9, "mg/dL"),
        "cancer": False, "peritonitis": False,
    }  # fmt: skip


RESULTS = {"platelets": "777-3", "sodium": "2951-2", "creatinine": "2160-0"}
ANSWERED = {"cancer": (ICD10, "C22.0"), "peritonitis": (HPO, "HP:0002586")}


# -- FHIR --------------------------------------------------------------------------------------------------------------


def patient(said: Facts, name: str = NAME, **more: Any) -> dict[str, Any]:
    """The Patient resource."""
    given = {"birthDate": said.get("born"), "gender": said.get("sex")}
    return {
        "resourceType": "Patient",
        "id": name,
        **{key: value for key, value in given.items() if value},
        **more,
    }


def result(said: Facts, what: str, name: str = NAME, **more: Any) -> dict[str, Any]:
    """A result as an Observation."""
    value, unit = said[what]
    return {
        "resourceType": "Observation", "id": f"{name}-{what}", "status": "final",
        "code": {"coding": [{"system": LOINC, "code": RESULTS[what]}]},
        "subject": {"reference": f"Patient/{name}"}, "effectiveDateTime": said["day"],
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}, **more,
    }  # fmt: skip


def answer(said: Facts, what: str, name: str = NAME, **more: Any) -> dict[str, Any]:
    """A yes or no as an Observation."""
    system, code = ANSWERED[what]
    return {
        "resourceType": "Observation", "id": f"{name}-{what}", "status": "final",
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": f"Patient/{name}"}, "effectiveDateTime": said["day"], "valueBoolean": said[what], **more,
    }  # fmt: skip


def resources(said: Facts, name: str = NAME) -> dict[str, dict[str, Any]]:
    """Every resource of the person by what it says."""
    found = {"born": patient(said, name)}
    found |= {what: result(said, what, name) for what in RESULTS if what in said}
    return found | {what: answer(said, what, name) for what in ANSWERED if what in said}


def bundle(given: Iterable[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A bundle of resources."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": copy.deepcopy(each)} for each in given],
        **more,
    }


def as_fhir(folder: Path, said: Facts, name: str = NAME) -> None:
    """One bundle."""
    (folder / "bundle.json").write_text(json.dumps(bundle(resources(said, name).values())))


def as_ndjson(folder: Path, said: Facts, name: str = NAME) -> None:
    """One resource a line, a file for each type."""
    by_type: dict[str, list[str]] = {}
    for each in resources(said, name).values():
        by_type.setdefault(each["resourceType"], []).append(json.dumps(each))
    for kind, lines in by_type.items():
        (folder / f"{kind}.ndjson").write_text("\n".join(lines) + "\n")


# -- phenopackets, REDCap, CSV, OMOP ----------------------------------------------------------------------------------------

_CURIES = {"cancer": ("ICD10:C22.0", "diseases"), "peritonitis": ("HP:0002586", "phenotypicFeatures")}


def packet(said: Facts, name: str = NAME) -> dict[str, Any]:
    """A phenopacket; a "no" of a day is a measurement with the answer *absent*, for an excluded feature has no day of its own."""
    moment = {"timestamp": f"{said['day']}T00:00:00Z"}
    found: dict[str, Any] = {
        "id": name, "subject": {"id": name, "sex": str(said.get("sex", "unknown_sex")).upper()},
        "metaData": {"created": "2026-10-31T00:00:00Z", "createdBy": "tests", "phenopacketSchemaVersion": "2.0",
                     "resources": [{"id": each, "name": each, "url": "https://example.org", "version": "1", "namespacePrefix": prefix, "iriPrefix": "https://example.org/"}
                                   for each, prefix in (("hp", "HP"), ("icd10", "ICD10"), ("loinc", "LOINC"), ("ucum", "UCUM"))]},
    }  # fmt: skip
    if "born" in said:
        found["subject"]["dateOfBirth"] = f"{said['born']}T00:00:00Z"
    found["measurements"] = [
        {"assay": {"id": f"LOINC:{code}", "label": what}, "timeObserved": moment,
         "value": {"quantity": {"value": said[what][0], "unit": {"id": f"UCUM:{said[what][1]}", "label": said[what][1]}}}}
        for what, code in RESULTS.items() if what in said
    ]  # fmt: skip
    for what, (curie, place) in _CURIES.items():
        if what in said:
            named = "term" if place == "diseases" else "type"
            found.setdefault(place, []).append(
                {named: {"id": curie, "label": what}, "excluded": not said[what], "onset": moment}
            )
    return found


def as_phenopacket(folder: Path, said: Facts, name: str = NAME) -> None:
    """One phenopacket in JSON."""
    (folder / "packet.json").write_text(json.dumps(packet(said, name)))


_COLUMNS = {"platelets": "plt", "sodium": "na", "creatinine": "crea", "cancer": "hcc", "peritonitis": "sbp"}
MAPPING = """
subject: record_id
date: visit
decimal: "."
columns:
  born: {code: "Proband|birth-date", kind: date}
  sex: {code: "Proband|sex"}
  plt: {code: "LOINC|777-3", unit_column: plt_unit}
  na: {code: "LOINC|2951-2", unit_column: na_unit}
  crea: {code: "LOINC|2160-0", unit_column: crea_unit}
  hcc: {code: "ICD-10|C22.0", kind: presence}
  sbp: {code: "HPO|HP:0002586", kind: presence}
"""


def row(said: Facts, name: str = NAME) -> dict[str, str]:
    """One row of a wide table."""
    cells = {
        "record_id": name,
        "visit": said["day"],
        "born": said.get("born", ""),
        "sex": said.get("sex", ""),
    }
    for what, column in _COLUMNS.items():
        value = said.get(what)
        if what in RESULTS:
            cells[column], cells[f"{column}_unit"] = (f"{value[0]:g}", value[1]) if value else ("", "")
        else:
            cells[column] = "" if value is None else "1" if value else "0"
    return cells


def write_table(path: Path, rows: list[dict[str, str]]) -> None:
    """A CSV file."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def as_csv(folder: Path, said: Facts, name: str = NAME) -> None:
    """A wide table with a mapping."""
    write_table(folder / "table.csv", [row(said, name)])
    (folder / "mapping.yaml").write_text(MAPPING)


def as_redcap(folder: Path, said: Facts, name: str = NAME) -> None:
    """A REDCap export with its dictionary."""
    as_csv(folder, said, name)
    names = list(row(said, name))
    kinds = {"visit": "text,,,,date_ymd", "born": "text,,,,date_ymd", "hcc": "yesno,,,,", "sbp": "yesno,,,,"}
    lines = [
        'Variable / Field Name,Form Name,Section Header,Field Type,Field Label,"Choices, Calculations, OR Slider Labels",Field Note,Text Validation Type OR Show Slider Number'
    ]
    for each in names:
        kind, *_, check = kinds.get(each, "text,,,,").split(",")
        lines.append(f"{each},baseline,,{kind},{each},,,{check}")
    (folder / "dictionary.csv").write_text("\n".join(lines) + "\n")


_CONCEPTS = [
    ("3007461", "Platelets", "LOINC", "777-3"), ("3019550", "Sodium", "LOINC", "2951-2"), ("3016723", "Creatinine", "LOINC", "2160-0"),
    ("45600000", "Liver cell carcinoma", "ICD10", "C22.0"), ("45700000", "Peritonitis", "HPO", "HP:0002586"),
]  # fmt: skip
_OMOP_IDS = {
    "platelets": "3007461", "sodium": "3019550", "creatinine": "3016723", "cancer": "45600000", "peritonitis": "45700000",
}  # fmt: skip


def omop_tables(said: Facts, number: str = "1") -> dict[str, list[dict[str, str]]]:
    """Tables of the OMOP CDM."""
    born = said.get("born", "--").split("-")
    sexes = {"male": "8507", "female": "8532"}
    tables: dict[str, list[dict[str, str]]] = {
        "person": [{"person_id": number, "gender_concept_id": sexes.get(said.get("sex", ""), "0"), "year_of_birth": born[0],
                    "month_of_birth": born[1], "day_of_birth": born[2], "birth_datetime": ""}],
        "concept": [dict(zip(("concept_id", "concept_name", "vocabulary_id", "concept_code"), each, strict=True)) for each in _CONCEPTS],
        "measurement": [
            {"measurement_id": f"{number}{n}", "person_id": number, "measurement_concept_id": _OMOP_IDS[what], "measurement_date": said["day"],
             "operator_concept_id": "", "value_as_number": f"{said[what][0]:g}", "value_as_concept_id": "0", "unit_concept_id": "0",
             "unit_source_value": said[what][1]}
            for n, what in enumerate(RESULTS) if what in said
        ],
        "observation": [
            {"observation_id": f"{number}{n}", "person_id": number, "observation_concept_id": _OMOP_IDS[what], "observation_date": said["day"],
             "value_as_concept_id": "4188539" if said[what] else "4188540", "value_as_number": "", "value_as_string": ""}
            for n, what in enumerate(ANSWERED) if what in said
        ],
    }  # fmt: skip
    return {table: rows for table, rows in tables.items() if rows}


def as_omop(folder: Path, said: Facts, name: str = NAME) -> None:
    """Tables of the OMOP CDM as CSV; its people have numbers."""
    number = name if name.isdigit() else str(sum(name.encode()))
    for table, rows in omop_tables(said, number).items():
        write_table(folder / f"{table}.csv", rows)


Door = Callable[..., None]
DOORS: dict[str, Door] = {
    "FHIR": as_fhir, "FHIR, one resource a line": as_ndjson, "phenopackets": as_phenopacket, "REDCap": as_redcap, "CSV": as_csv,
    "OMOP": as_omop,
}  # fmt: skip


# -- the verdict -----------------------------------------------------------------------------------------------------------


@cache
def screening() -> Screening:
    """The criteria, compiled once."""
    return Screening(criteria())


@cache
def _engine() -> DuckDBEngine:
    return DuckDBEngine(threads=1)


def outcomes(folder: Path, *, sql: bool = True) -> dict[str, EligibilityStatus]:
    """The verdict of each person whom a folder holds, by the evaluator, and where ``sql`` asks for it by DuckDB alike."""
    from proband.facts.table import persons, to_frame

    mapping = folder / "mapping.yaml"
    inputs = [each for each in sorted(folder.iterdir()) if each != mapping]
    table = to_frame(read(inputs, mapping=mapping if mapping.exists() else None))
    found = {
        name: screening().verdict(record, AS_OF, look_ahead=False).outcome for name, record in persons(table)
    }
    if not sql:
        return found
    engine = _engine()
    engine.load("observations", table)
    many = screen_loaded(criteria(), engine, AS_OF).table
    by_sql = dict(zip(many["subject"], many["verdict"], strict=True))
    assert by_sql == {name: outcome.value for name, outcome in found.items()}, "evaluator and DuckDB differ"
    return found


def outcome(folder: Path, *, sql: bool = bool(os.environ.get("PROBAND_NIGHTLY"))) -> EligibilityStatus:
    """The verdict of the only person in a folder; by SQL too in the nightly run."""
    (found,) = outcomes(folder, sql=sql).values()
    return found


def everywhere(asked: Eligibility, told: dict[str, list[Observation]]) -> dict[str, EligibilityStatus]:
    """The verdict of everybody by the evaluator, which DuckDB and SQLite give too; whoever is named is the subject of their facts."""
    alone = Screening(asked)
    verdicts = {who: alone.verdict(own, AS_OF, look_ahead=False).outcome for who, own in told.items()}
    table = to_frame(each for own in told.values() for each in own)
    for engine in (DuckDBEngine(threads=1), SQLiteEngine()):
        engine.load("observations", table)
        many = screen_loaded(asked, engine, AS_OF).table
        assert dict(zip(many["subject"], many["verdict"], strict=True)) == {
            who: said.value for who, said in verdicts.items()
        }
    return verdicts
