"""The same OMOP people by the cohort logic of OHDSI (Circe, as ``duckcdm`` runs it) and by ours: who is counted by silence there, and needs data here.

Circe asks whether rows exist: "no liver cancer" is *no row of it*. That is a closed world, and right where the record is complete; here silence proves
nothing unless the programme declares it. The people are invented. Where ``duckcdm`` is not installed its column is not computed, and ours still is.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from proband.exchange import read
from proband.programme.eligibility import Eligibility
from proband.screening.verdict import Screening

AS_OF = date(2026, 11, 1)
DOCS = Path(__file__).parents[2] / "docs" / "screening.md"
PLATELETS, SODIUM, CREATININE, CANCER, PERITONITIS = 3007461, 3019550, 3016723, 4001171, 196152
CONCEPTS = [
    (PLATELETS, "Platelets", "LOINC", "777-3", "Measurement"), (SODIUM, "Sodium", "LOINC", "2951-2", "Measurement"),
    (CREATININE, "Creatinine", "LOINC", "2160-0", "Measurement"), (CANCER, "Liver cell carcinoma", "SNOMED", "109841003", "Condition"),
    (PERITONITIS, "Peritonitis", "SNOMED", "48661000", "Condition"),
]  # fmt: skip
Rows = dict[str, list[dict[str, Any]]]


def eligibility() -> Eligibility:
    """An adult with enough platelets, sodium in range, creatinine not high; no liver cancer ever, no peritonitis within two weeks."""

    def number(name: str, code: str, unit: str) -> dict[str, Any]:
        return {
            "id": name, "label": name, "type": "number", "unit": unit, "codes": [{"system": "LOINC", "code": code}],
            "aggregate": "last", "window": {"start": "-28 d"}, **({"analyte": name} if name != "platelets" else {}),
        }  # fmt: skip

    def answer(name: str, code: str, **more: Any) -> dict[str, Any]:
        return {
            "id": name,
            "label": name,
            "type": "boolean",
            "codes": [{"system": "SNOMED", "code": code}],
            **more,
        }

    observables = [
        {"id": "age", "label": "age", "type": "number", "elapsed": {"since": "birth", "unit": "a"}},
        number("platelets", "777-3", "10*9/L"), number("sodium", "2951-2", "mmol/L"), number("creatinine", "2160-0", "mg/dL"),
        answer("cancer", "109841003", no_means="ever", no_holds_for="28 d"),
        answer("peritonitis", "48661000", no_means="now", no_holds_for="14 d", window={"start": "-14 d"}),
    ]  # fmt: skip
    rules = [
        ("include", "18 <= age <= 80"), ("exclude", "platelets < 75"), ("exclude", "sodium < 130"), ("exclude", "creatinine > 1.5"),
        ("exclude", "cancer"), ("exclude", "peritonitis"),
    ]  # fmt: skip
    return Eligibility.model_validate(
        {
            "source": "tests", "level": "inference", "observables": observables,
            "criteria": [{"id": f"K{n}", "kind": kind, "purpose": "safety", "reason": "a test", "when": when} for n, (kind, when) in enumerate(rules, 1)],
        }
    )  # fmt: skip


def _measured(concept: int, value: float, unit: str, day: str = "2026-10-30", **more: Any) -> dict[str, Any]:
    return {
        "measurement_concept_id": concept,
        "measurement_date": day,
        "value_as_number": float(value),
        "unit_source_value": unit,
        **more,
    }


def _answered(concept: int, yes: bool, day: str = "2026-10-30") -> dict[str, Any]:
    return {
        "observation_concept_id": concept,
        "observation_date": day,
        "value_as_concept_id": 4188539 if yes else 4188540,
    }


def _had(concept: int, start: str, end: str | None = None, **more: Any) -> dict[str, Any]:
    return {"condition_concept_id": concept, "condition_start_date": start, "condition_end_date": end, **more}


RESULTS = {
    "platelets": _measured(PLATELETS, 88, "10*9/L"),
    "sodium": _measured(SODIUM, 136, "mmol/L"),
    "creatinine": _measured(CREATININE, 0.9, "mg/dL"),
}
NOES = {"cancer": _answered(CANCER, False), "peritonitis": _answered(PERITONITIS, False)}


def _person(
    *conditions: dict[str, Any], born: int = 1974, dead: str | None = None, **changed: dict[str, Any] | None
) -> Rows:
    """One person; ``None`` takes a fact away."""
    results = [{**RESULTS, **changed}[name] for name in RESULTS]
    noes = [{**NOES, **changed}[name] for name in NOES]
    return {
        "person": [{"gender_concept_id": 8507, "year_of_birth": born, "month_of_birth": 5, "day_of_birth": 20}],
        "measurement": [each for each in results if each], "observation": [each for each in noes if each], "condition_occurrence": list(conditions),
        "death": [{"death_date": dead}] if dead else [],
    }  # fmt: skip


#: what is on record → the person
PEOPLE: dict[str, Rows] = {
    "every answer given": _person(),
    "nobody ever asked for liver cancer": _person(cancer=None),
    "the last \"no liver cancer\" is of 2021": _person(cancer=_answered(CANCER, False, "2021-10-30")),
    "nobody looked for a peritonitis": _person(peritonitis=None),
    "platelets were never counted": _person(platelets=None),
    "platelets were counted a year ago, and were 30": _person(platelets=_measured(PLATELETS, 30, "10*9/L", "2025-10-30")),
    "platelets below 80": _person(platelets=_measured(PLATELETS, 80, "10*9/L", operator_concept_id=4171756)),
    "platelets of 88,000 without a unit": _person(platelets=_measured(PLATELETS, 88000, "")),
    "creatinine of 1.4 mmol/L (16 mg/dL)": _person(creatinine=_measured(CREATININE, 1.4, "mmol/L")),
    "a peritonitis since 10 October without an end": _person(_had(PERITONITIS, "2026-10-10"), peritonitis=None),
    "a peritonitis in October, and a newer \"no\"": _person(_had(PERITONITIS, "2026-10-01", "2026-10-09")),
    "a liver cancer of 2011": _person(_had(CANCER, "2011-03-01"), cancer=None),
    "a liver cancer only suspected": _person(_had(CANCER, "2026-10-31", condition_status_concept_id=32899)),
    "died on 20 October": _person(dead="2026-10-20"),
    "17 years old": _person(born=2009),
}  # fmt: skip


def tables() -> Rows:
    """The tables of all of them."""
    found: Rows = {
        "concept": [
            {"concept_id": number, "concept_name": name, "vocabulary_id": vocabulary, "concept_code": code, "domain_id": domain, "standard_concept": "S"}
            for number, name, vocabulary, code, domain in CONCEPTS
        ]
    }  # fmt: skip
    for index, record in enumerate(PEOPLE.values(), 1):
        for table, rows in {**record, "visit_occurrence": [{"visit_concept_id": 9202, "visit_start_date": str(AS_OF), "visit_end_date": str(AS_OF)}],
                            "observation_period": [{"observation_period_start_date": "2010-01-01", "observation_period_end_date": "2026-12-31"}]}.items():  # fmt: skip
            for row in rows:
                number = len(found.setdefault(table, [])) + 1
                found[table].append(
                    {f"{table}_id": number, **row, "person_id": index}
                    if table not in {"person", "death"}
                    else {**row, "person_id": index}
                )
    return found


def write(folder: Path) -> Path:
    """The tables as Parquet."""
    for table, rows in tables().items():
        columns = list(dict.fromkeys(name for row in rows for name in row))
        frame = pl.DataFrame(
            {name: [row.get(name) for row in rows] for name in columns}, infer_schema_length=None
        )
        days = [name for name in columns if name.endswith("_date")]
        frame.with_columns(pl.col(days).str.to_date()).write_parquet(folder / f"{table}.parquet")
    return folder


def ours(folder: Path) -> dict[str, str]:
    """Our verdicts."""
    screening, names = Screening(eligibility()), dict(enumerate(PEOPLE, 1))
    facts = list(read(folder))
    return {
        name: screening.verdict([each for each in facts if each.subject == str(number)], AS_OF, look_ahead=False).outcome.value
        for number, name in names.items()
    }  # fmt: skip


def cohort() -> dict[str, Any]:
    """The same protocol as Circe writes it: of what excludes, nothing is on record."""

    def none(kind: str, concepts: int, days: int | None, **asked: Any) -> dict[str, Any]:
        start = {"Coeff": -1} if days is None else {"Days": days, "Coeff": -1}
        criterion = {
            "Criteria": {kind: {"CodesetId": concepts, **asked}},
            "StartWindow": {"Start": start, "End": {"Days": 0, "Coeff": 1}}, "Occurrence": {"Type": 0, "Count": 0},
        }  # fmt: skip
        return {
            "name": f"none-{kind}-{concepts}",
            "expression": {
                "Type": "ALL",
                "CriteriaList": [criterion],
                "DemographicCriteriaList": [],
                "Groups": [],
            },
        }

    sets = [
        {"id": index, "name": name, "expression": {"items": [{"concept": {"CONCEPT_ID": number, "CONCEPT_NAME": name}, "includeDescendants": False}]}}
        for index, (number, name, *_) in enumerate(CONCEPTS)
    ]  # fmt: skip
    adult = {"name": "adult", "expression": {"Type": "ALL", "CriteriaList": [], "Groups": [],
             "DemographicCriteriaList": [{"Age": {"Value": 18, "Extent": 80, "Op": "bt"}}]}}  # fmt: skip
    return {
        "ConceptSets": sets,
        "PrimaryCriteria": {"CriteriaList": [{"VisitOccurrence": {}}], "ObservationWindow": {"PriorDays": 0, "PostDays": 0}, "PrimaryCriteriaLimit": {"Type": "All"}},
        "QualifiedLimit": {"Type": "First"}, "ExpressionLimit": {"Type": "First"},
        "InclusionRules": [
            adult, none("Measurement", 0, 28, ValueAsNumber={"Value": 75, "Op": "lt"}), none("Measurement", 1, 28, ValueAsNumber={"Value": 130, "Op": "lt"}),
            none("Measurement", 2, 28, ValueAsNumber={"Value": 1.5, "Op": "gt"}), none("ConditionOccurrence", 3, None), none("ConditionOccurrence", 4, 14),
        ],
        "CensoringCriteria": [], "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0}, "CensorWindow": {},
    }  # fmt: skip


def theirs(folder: Path) -> set[str]:
    """Whom the cohort counts."""
    circe = pytest.importorskip(
        "duckcdm.circe", reason="duckcdm is not installed: its verdicts are not computed anew"
    )
    from duckcdm.omop import create_parquet_views
    from duckcdm.sqlrender import render, translate

    names = dict(enumerate(PEOPLE, 1))
    with duckdb.connect() as connection:
        create_parquet_views(connection, str(folder), log=None, materialize=True)
        connection.execute(
            "CREATE TABLE cohort (cohort_definition_id BIGINT, subject_id BIGINT, cohort_start_date DATE, cohort_end_date DATE)"
        )
        text = circe.build_cohort_query(
            json.dumps(cohort()), cdm_schema="main", target_table="main.cohort", cohort_id=1
        )
        connection.execute(translate(render(text), "duckdb"))
        return {
            names[number]
            for (number,) in connection.execute("SELECT DISTINCT subject_id FROM cohort").fetchall()
        }


def rows_of(text: str) -> dict[str, tuple[str, str]]:
    """The table of the docs: what is on record → (Circe, here)."""
    part = text.partition("<!-- beside Circe -->")[2].partition("<!-- end -->")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.strip().splitlines()[2:]]
    return {cell[0]: (cell[1], cell[2]) for cell in cells}


def test_the_table_in_the_docs_is_what_is_found_here(tmp_path: Path) -> None:
    written = rows_of(DOCS.read_text(encoding="utf-8"))
    assert {name: here for name, (_, here) in written.items()} == {
        name: outcome.replace("-", " ") for name, outcome in ours(write(tmp_path)).items()
    }


def test_nobody_is_eligible_here_whom_the_record_does_not_show_to_be(tmp_path: Path) -> None:
    found = ours(write(tmp_path))
    assert {name for name, outcome in found.items() if outcome == "eligible"} == {
        "every answer given", 'a peritonitis in October, and a newer "no"',
    }  # fmt: skip


def test_the_table_in_the_docs_is_what_circe_counts(tmp_path: Path) -> None:
    written = rows_of(DOCS.read_text(encoding="utf-8"))
    assert {name for name, (there, _) in written.items() if there == "counted"} == theirs(write(tmp_path))
