"""What OMOP tables and phenopackets name elsewhere than where a criterion looks: words of the source, values, samples, terms without a system.

Each shape is attacked and has a twin in which everything is proven: the attacked is never ELIGIBLE, or the reading says that it is not
complete; the twin is, and complete. Evaluator, DuckDB and SQLite agree; tables of the CDM are read by row and in columns. Synthetic people.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from one_person import AS_OF, ELIGIBLE, NAME, everywhere, facts, packet
from test_named_elsewhere import OTHER, VEIN, eligibility
from test_said_against_a_row import FURTHER, Tables, omop, together

from proband.exchange import gather, read
from proband.facts.observation import Observation
from proband.facts.table import persons
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening

# -- phenopackets ------------------------------------------------------------------------------------------------------------

Packet = dict[str, Any]


def with_(**more: Any) -> Packet:
    """The packet of the person with more in its lists."""
    told = packet(facts())
    for name, entries in more.items():
        told[name] = told.get(name, []) + entries
    return told


def disease(identity: str | None, label: str = "a disease", **more: Any) -> Packet:
    """The person with one disease more."""
    return with_(diseases=[{"term": {"label": label, **({"id": identity} if identity else {})}, **more}])


def measured(value: float, **more: Any) -> dict[str, Any]:
    """A count of platelets."""
    return {
        "assay": {"id": "LOINC:777-3", "label": "Platelets"},
        "value": {"quantity": {"value": value, "unit": {"id": "UCUM:10*9/L", "label": "10*9/L"}}}, **more,
    }  # fmt: skip


def sample(**more: Any) -> Packet:
    """The person with a sample of the day after the results."""
    return with_(
        biosamples=[{"id": "b-1", "timeOfCollection": {"timestamp": "2026-10-31T00:00:00Z"}, **more}]
    )


def sodium_under(identity: str, label: str = "Sodium") -> Packet:
    """A later sodium, too low, under some assay, as its source calls it."""
    return with_(
        measurements=[
            {"assay": {"id": identity, "label": label}, "timeObserved": {"timestamp": "2026-10-31T00:00:00Z"},
             "value": {"quantity": {"value": 120, "unit": {"id": "UCUM:mmol/L", "label": "mmol/L"}}}}
        ]
    )  # fmt: skip


def excluded(**more: Any) -> Packet:
    """The "no" to liver cancer with more beside it."""
    told = copy.deepcopy(packet(facts()))
    told["diseases"][0] |= more
    return told


def term(code: str) -> dict[str, str]:
    return {"id": f"ICD10:{code}", "label": "a diagnosis"}


ENDED = {"resolution": {"timestamp": "2026-10-31T00:00:00Z"}}
PACKETS: dict[str, tuple[Packet, Packet]] = {
    "no prefix": (disease(VEIN), disease(f"ICD10:{OTHER}")),
    "no prefix, finer": (disease("E11.21"), disease("ICD10:E10.9")),
    "no id": (disease(None, "Portal vein thrombosis"), disease(f"ICD10:{OTHER}", "Fatty liver")),
    "a prefix that is not known": (disease(f"ward:{VEIN}"), disease(f"ward:{OTHER}")),
    "an address": (disease(f"https://icd.who.int/ICD10_{VEIN}"), disease(f"https://icd.who.int/ICD10_{OTHER}")),
    "an underscore for a colon": (disease(f"ICD10_{VEIN}"), disease(f"ICD10_{OTHER}")),
    "a feature without a prefix": (
        with_(phenotypicFeatures=[{"type": {"id": VEIN, "label": "x"}}]),
        with_(phenotypicFeatures=[{"type": {"id": f"ICD10_{OTHER}", "label": "x"}}]),
    ),
    "a result without a prefix": (sodium_under("2951-2"), sodium_under("LOINC:2955-3", "Sodium in urine")),
    "an address of a result": (sodium_under("http://loinc.org/2951-2"), sodium_under("http://loinc.org/2955-3", "Sodium in urine")),
    "an address that nobody knows": (sodium_under("http://lab.example/2951-2"), sodium_under("http://purl.obolibrary.org/obo/LOINC_2955-3", "Sodium in urine")),
    "a result of a sample": (sample(measurements=[measured(20.0)]), sample(measurements=[measured(90.0)])),
    "a result of a sample of a day": (
        sample(measurements=[measured(20.0, timeObserved={"timestamp": "2026-10-31T00:00:00Z"})]),
        sample(measurements=[measured(20.0, timeObserved={"timestamp": "2026-10-28T00:00:00Z"})]),
    ),
    "a result of another's sample": (
        sample(individualId=NAME, measurements=[measured(20.0)]), sample(individualId="the donor", measurements=[measured(20.0)])
    ),
    "a result of another material": (
        sample(sampledTissue={"id": "UBERON:0001088", "label": "urine"}, measurements=[measured(90.0)]),
        sample(sampledTissue={"id": "UBERON:0000178", "label": "blood"}, measurements=[measured(90.0)]),
    ),
    "the histology of a sample": (sample(histologicalDiagnosis=term(VEIN)), sample(histologicalDiagnosis=term(OTHER))),
    "a marker of a sample": (sample(diagnosticMarkers=[term(VEIN)]), sample(diagnosticMarkers=[term(OTHER)])),
    "a feature of a sample": (
        sample(phenotypicFeatures=[{"type": term(VEIN)}]), sample(phenotypicFeatures=[{"type": term(VEIN), "excluded": True}])
    ),
    "the target of a treatment": (
        with_(medicalActions=[{"treatmentTarget": term(VEIN), "treatment": {"agent": {"id": "ATC:C07AA05", "label": "x"}}}]),
        with_(medicalActions=[{"treatmentTarget": term(OTHER), "treatment": {"agent": {"id": "ATC:C07AA05", "label": "x"}}}]),
    ),
    "an adverse event of a treatment": (
        with_(medicalActions=[{"adverseEvents": [term(VEIN)], "treatment": {"agent": {"id": "ATC:C07AA05", "label": "x"}}}]),
        with_(medicalActions=[{"adverseEvents": [term(OTHER)], "treatment": {"agent": {"id": "ATC:C07AA05", "label": "x"}}}]),
    ),
    "excluded, and resolved": (excluded(**ENDED), excluded()),
    "excluded, and resolved on a day that is not known": (excluded(resolution={}), excluded()),
}  # fmt: skip


def _read(path: Path) -> tuple[list[Observation], bool]:
    reading = read(path)
    return list(reading), reading.report.complete


def test_what_a_packet_names_elsewhere_lets_nobody_in_and_its_twin_does(tmp_path: Path) -> None:
    told: dict[str, list[Observation]] = {}
    complete: dict[str, bool] = {}
    for index, (shape, sides) in enumerate(PACKETS.items()):
        for side, document in zip(("attacked", "twin"), sides, strict=True):
            path = tmp_path / f"{index}{side}.json"
            path.write_text(json.dumps(document))
            who = f"{shape}: {side}"
            found, complete[who] = _read(path)
            told[who] = [replace(each, subject=who) for each in found]
    verdicts = everywhere(eligibility(), told)
    wrong = [
        who
        for who, said in verdicts.items()
        if (said is ELIGIBLE and complete[who]) != who.endswith(": twin")
    ]
    assert not wrong


# -- OMOP ------------------------------------------------------------------------------------------------------------------

MORE = [*FURTHER, ("45900001", "Portal vein thrombosis", "SNOMED", "17920008"), ("45900002", "Thrombosis of vein", "SNOMED", "111293003"),
        ("45900003", "Pylethrombosis", "ICD10", "I81"), ("45900004", "Diagnosis", "LOINC", "29308-4"), ("45900005", "Family history", "LOINC", "10157-6")]  # fmt: skip
Told = Callable[[str, bool], Tables]


def condition(attacked: dict[str, str], twin: dict[str, str]) -> Told:
    """A condition of the person."""

    def make(number: str, side: bool) -> Tables:
        tables = omop(number)
        tables["condition_occurrence"] = [
            {"condition_occurrence_id": number, "person_id": number, "condition_concept_id": "0", "condition_source_concept_id": "0", "condition_source_value": "",
             "condition_start_date": "2026-10-01", "condition_end_date": "", "condition_status_concept_id": "0", **(attacked if side else twin)}
        ]  # fmt: skip
        return tables

    return make


def valued(table: str, question: tuple[str, str], value: tuple[str, str]) -> Told:
    """A row whose value is a diagnosis."""

    def make(number: str, side: bool) -> Tables:
        tables = omop(number)
        tables[table].append(
            {f"{table}_id": f"{number}9", "person_id": number, f"{table}_concept_id": question[not side], f"{table}_date": "2026-10-01", "value_as_concept_id": value[not side]}
        )  # fmt: skip
        return tables

    return make


OMOP: dict[str, Told] = {
    "a word of the source that is a code": condition({"condition_source_value": VEIN}, {"condition_source_value": OTHER}),
    "a word of the source with its system": condition({"condition_source_value": f"ICD10GM|{VEIN}"}, {"condition_source_value": f"ICD10GM|{OTHER}"}),
    "a word of the source with words": condition({"condition_source_value": "E11.21 diabetes, kidneys"}, {"condition_source_value": "E10.21 diabetes, kidneys"}),
    "a concept that the vocabulary has not": condition(
        {"condition_concept_id": "999", "condition_source_value": VEIN}, {"condition_concept_id": "999", "condition_source_value": OTHER}
    ),
    "a broader concept of another system": condition(
        {"condition_concept_id": "45900002", "condition_source_value": VEIN},
        {"condition_concept_id": "45900002", "condition_source_value": VEIN, "condition_source_concept_id": "45900000"},
    ),
    "a diagnosis in words": condition(
        {"condition_source_value": "Pfortaderthrombose"}, {"condition_source_value": "Fettleber", "condition_concept_id": "45900000"}
    ),
    "a diagnosis as a value": valued("observation", ("45900004", "45900004"), ("45900003", "45900000")),
    "a diagnosis of a relative": valued("observation", ("45900004", "45900005"), ("45900003", "45900003")),
    "a diagnosis as the value of a measurement": valued("measurement", ("45900004", "45900004"), ("45900001", "45900002")),
}  # fmt: skip


@pytest.fixture
def hospital(tmp_path: Path) -> tuple[Path, dict[str, tuple[str, bool]]]:
    people = {f"{2 * n + side}": (shape, side) for n, shape in enumerate(OMOP, 1) for side in (True, False)}
    tables = [OMOP[shape](number, side) for number, (shape, side) in people.items()]
    names = list(tables[0]["concept"][0])
    tables[0]["concept"] += [dict(zip(names, each, strict=True)) for each in MORE]
    return together(tables, tmp_path / "x"), people


def test_what_a_table_names_elsewhere_lets_nobody_in_and_its_twin_does(
    hospital: tuple[Path, dict[str, tuple[str, bool]]],
) -> None:
    folder, people = hospital
    reading = read(folder)
    told = dict(persons(reading.table()))
    screening = Screening(eligibility())
    found = {
        name: screening.verdict(own, AS_OF, look_ahead=False).outcome.value for name, own in told.items()
    }
    in_words = [
        number for number, (shape, side) in people.items() if side and shape == "a diagnosis in words"
    ]
    assert {number for number, said in found.items() if said == "eligible"} == {
        *(number for number, (_, side) in people.items() if not side), *in_words
    }  # fmt: skip
    assert reading.report.lacking == {"diagnosis in words without a code": 1}
    with gather([folder], eligibility(), AS_OF) as held:
        assert held.in_columns
        assert held.report is not None
        assert held.report.lacking == reading.report.lacking
        many = screen_loaded(eligibility(), held.on("duckdb"), AS_OF).table
    assert dict(zip(many["subject"], many["verdict"], strict=True)) == found


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_two_columns_of_one_name_in_another_case_are_refused(form: str, tmp_path: Path) -> None:
    for side in (True, False):
        folder = together([omop("1")], tmp_path / str(side))
        path = folder / "measurement.csv"
        lines = path.read_text().splitlines()
        if side:
            lines = [f"VALUE_as_number,{lines[0]}", *(f"120,{line}" for line in lines[1:])]
            path.write_text("\n".join(lines) + "\n")
        if form == "parquet":
            for each in folder.iterdir():
                pl.read_csv(each, infer_schema=False).write_parquet(each.with_suffix(".parquet"))
                each.unlink()
        _, complete = _read(folder)
        with gather([folder], eligibility(), AS_OF) as held:
            assert held.report is not None
            assert [complete, held.report.complete] == [not side, not side]
