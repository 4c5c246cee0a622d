"""A document or a note that nobody read speaks against silence, of what such a document can speak of, and of its person alone; a "no" that was given it leaves as it is.

Each shape is attacked and has a twin who is ELIGIBLE, in FHIR and in OMOP by row and in columns; evaluator, DuckDB and SQLite agree. Invented people.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from one_person import (
    AS_OF,
    ELIGIBLE,
    LOINC,
    NEEDS_DATA,
    criteria,
    everywhere,
    facts,
    omop_tables,
    write_table,
)
from test_named_elsewhere import Files, beside, concept, eligibility, resource, written
from test_omop_in_columns import both_ways

from proband.exchange.gathering import gather
from proband.exchange.reading import read
from proband.facts.observation import Observation
from proband.facts.other_systems import unread_document
from proband.programme.eligibility import Eligibility
from proband.screening.sql.many import screen_loaded

PDF = [{"attachment": {"contentType": "application/pdf", "url": "https://clinic.example/letter.pdf"}}]


def letter(code: str | None, day: str = "2026-10-31T00:00:00Z", **more: Any) -> dict[str, Any]:
    kind = {} if code is None else {"type": concept(code, LOINC)}
    return resource("DocumentReference", "d-1", status="current", date=day, content=PDF, **kind, **more)


def of_drugs() -> Eligibility:
    """The criteria of the person, and one to which silence about a drug means no."""
    plain = eligibility().model_dump(mode="json", exclude_unset=True)
    plain["observables"] = [each for each in plain["observables"] if each["id"] not in {"vein", "diabetes"}]
    plain["criteria"] = [each for each in plain["criteria"] if each["id"] not in {"N-vein", "N-diabetes"}]
    return Eligibility.model_validate(plain)


#: shape → criteria, attacked, twin
SHAPES: dict[str, tuple[Eligibility, Files, Files]] = {
    "a letter of discharge": (eligibility(), beside(letter("18842-5")), beside(letter("59284-0"))),
    "a letter of no kind": (eligibility(), beside(letter(None)), beside(letter("64290-0"))),
    "a letter of a kind that nobody knows": (eligibility(), beside(letter("99999-9")), beside(letter("57016-8"))),
    "a letter without a day": (eligibility(), beside(letter("18842-5", "x")), beside()),
    "a letter of another": (eligibility(), beside(letter("18842-5")), beside(letter("18842-5") | {"subject": {"reference": "Patient/other"}})),
    "a letter of tomorrow": (eligibility(), beside(letter("18842-5")), beside(letter("18842-5", "2026-11-02T00:00:00Z"))),
    "a prescription, of drugs": (of_drugs(), beside(letter("57833-6")), beside(letter("18748-4"))),
    "vaccinations, of drugs": (of_drugs(), beside(letter("82593-5")), beside(letter("11502-2"))),
}  # fmt: skip


def test_a_document_speaks_against_silence_and_a_proven_no_stands(tmp_path: Path) -> None:
    for n, (shape, (asked, *sides)) in enumerate(SHAPES.items()):
        told: dict[str, list[Observation]] = {}
        for side, files in zip(("attacked", "twin"), sides, strict=True):
            reading = read(written(tmp_path / f"{n}{side}", files))
            told[side] = [replace(each, subject=side) for each in reading if "other" not in each.subject]
            assert reading.report.complete, (shape, reading.report.lacking)
        assert everywhere(asked, told) == {"attacked": NEEDS_DATA, "twin": ELIGIBLE}, shape
        # whoever is asked, and has answered, is eligible with any letter
        assert set(everywhere(criteria(), told).values()) == {ELIGIBLE}, shape


def test_a_document_is_a_finding_and_one_of_nobody_is_lacking(tmp_path: Path) -> None:
    reading = read(written(tmp_path / "a", beside(letter("18842-5"))))
    list(reading)
    assert "fhir.document" in {each.code for file in reading.report for each in file.findings}
    nobody = {key: each for key, each in letter("18842-5").items() if key != "subject"}
    reading = read(written(tmp_path / "b", beside(nobody)))
    list(reading)
    assert not reading.report.complete


def test_of_what_documents_can_speak() -> None:
    every = {"unread.diagnosis", "unread.drug", "unread.procedure", "unread.other"}
    assert {code for _, code in unread_document([])} == every
    assert {code for _, code in unread_document([("SNOMED", "1")])} == every
    assert {code for _, code in unread_document([("LOINC", "59284-0"), ("LOINC", "18842-5")])} == every
    assert unread_document([("LOINC", "59284-0")]) == []
    # a consent to a procedure names it and why; a form of an insurance is no card of one
    assert {code for _, code in unread_document([("LOINC", "64293-4")])} == every
    assert {code for _, code in unread_document([("LOINC", "64291-8")])} == every
    assert {code for _, code in unread_document([("LOINC", "57833-6")])} == {
        "unread.drug",
        "unread.diagnosis",
    }


def note(number: str, text: str = "well", kind: str = "0", day: str = "2026-10-31") -> dict[str, str]:
    return {
        "note_id": number,
        "person_id": number,
        "note_date": day,
        "note_class_concept_id": kind,
        "note_text": text,
    }


def device(number: str, concept_id: str, end: str = "") -> dict[str, str]:
    return {"device_exposure_id": number, "person_id": number, "device_concept_id": concept_id, "device_exposure_start_date": "2026-10-31", "device_exposure_end_date": end, "device_source_value": ""}  # fmt: skip


def specimen(number: str, concept_id: str, state: str = "0") -> dict[str, str]:
    return {"specimen_id": number, "person_id": number, "specimen_concept_id": concept_id, "specimen_date": "2026-10-31", "disease_status_concept_id": state, "specimen_source_value": ""}  # fmt: skip


CONCEPTS = [("46001", "Discharge summary", "LOINC", "18842-5"), ("46002", "Consent", "LOINC", "59284-0"), ("46003", "Liver cell carcinoma", "SNOMED", "109841003"), ("46004", "Liver tissue", "SNOMED", "10200004"),
            ("46005", "Peritonitis", "SNOMED", "48661000"), ("46006", "Wheelchair", "SNOMED", "58938008"), ("46007", "Malignant", "SNOMED", "21594007"), ("46008", "Diagnosis", "SNOMED", "439401001")]  # fmt: skip


def site(folder: Path, rows: dict[str, tuple[str, dict[str, str]]]) -> Path:
    """A site whose people have a row each in a further table."""
    tables: dict[str, list[dict[str, str]]] = {}
    for number, (table, further) in rows.items():
        own = omop_tables(facts(), number)
        pattern = own.get(table, [{}])[0]
        own[table] = [*own.get(table, []), {**pattern, **further}]
        for each, given in own.items():
            tables[each] = given if each == "concept" else tables.get(each, []) + given
    tables["concept"] = [*tables["concept"], *(dict(zip(tables["concept"][0], each, strict=True)) for each in CONCEPTS)]  # fmt: skip
    folder.mkdir()
    for table, given in tables.items():
        write_table(folder / f"{table}.csv", given)
    return folder


def named() -> Eligibility:
    """The criteria of the silent person, with the names of what is asked for."""
    plain = eligibility().model_dump(mode="json", exclude_unset=True)
    for each in plain["observables"]:
        if each["id"] in {"cancer", "peritonitis"}:
            each["codes"][0]["display"] = {"cancer": "Liver cell carcinoma", "peritonitis": "Peritonitis"}[each["id"]]  # fmt: skip
    return Eligibility.model_validate(plain)


#: number → what stands beside the person, and the verdict
IN_COLUMNS = {
    "1": ("note", note("1", kind="46001"), NEEDS_DATA), "2": ("note", note("2", kind="46002"), ELIGIBLE), "3": ("note", note("3", ""), ELIGIBLE), "4": ("note", note("4", day="2026-11-05"), ELIGIBLE),
    "5": ("device_exposure", device("5", "46005"), NEEDS_DATA), "6": ("device_exposure", device("6", "46006"), ELIGIBLE), "7": ("device_exposure", device("7", "46005", "2026-10-01"), NEEDS_DATA),
    "8": ("specimen", specimen("8", "46003"), NEEDS_DATA), "9": ("specimen", specimen("9", "46004"), ELIGIBLE),
}  # fmt: skip


def test_notes_devices_and_specimens_by_row_and_in_columns(tmp_path: Path) -> None:
    folder = site(tmp_path / "site", {number: (table, row) for number, (table, row, _) in IN_COLUMNS.items()})
    by_row, by_sql = both_ways(folder)
    assert by_row.equals(by_sql)
    right = {number: said for number, (*_, said) in IN_COLUMNS.items()}
    told: dict[str, list[Observation]] = {}
    for each in read(folder):
        told.setdefault(each.subject, []).append(each)
    assert everywhere(named(), told) == right
    with gather([folder], named(), AS_OF) as held:
        assert held.in_columns, held.why_by_row
        assert held.report is not None
        assert held.report.complete
        many = screen_loaded(named(), held.on("duckdb"), AS_OF).table
    assert dict(zip(many["subject"], many["verdict"], strict=True)) == {who: said.value for who, said in right.items()}  # fmt: skip


DIAGNOSED = {"observation_id": "99", "observation_concept_id": "46008", "value_as_concept_id": "0", "observation_date": "2026-10-31"}  # fmt: skip


@pytest.mark.parametrize(("table", "row", "outcome", "complete"), [
    ("observation", {**DIAGNOSED, "value_as_string": "C22.0"}, NEEDS_DATA, True), ("observation", {**DIAGNOSED, "value_as_string": "I81 thrombosis"}, NEEDS_DATA, True),
    ("observation", {**DIAGNOSED, "value_as_string": "Liver cell carcinoma"}, NEEDS_DATA, False), ("observation", {**DIAGNOSED, "value_as_string": "K76.0"}, ELIGIBLE, True), ("observation", {**DIAGNOSED, "value_as_string": "none"}, ELIGIBLE, True),
    ("specimen", specimen("1", "46004", "46007"), NEEDS_DATA, True), ("specimen", specimen("1", "46004"), ELIGIBLE, True),
])  # fmt: skip
def test_what_columns_leave_to_the_reader_of_rows(table: str, row: dict[str, str], outcome: Any, complete: bool, tmp_path: Path) -> None:  # fmt: skip
    folder = site(tmp_path / "site", {"1": (table, row)})
    with gather([folder], named(), AS_OF) as held:
        assert held.report is not None
        assert held.report.complete is complete
        many = screen_loaded(named(), held.on("duckdb"), AS_OF).table
    assert many["verdict"].to_list() == [outcome.value]


def test_findings_that_a_machine_took_from_notes_need_the_notes(tmp_path: Path) -> None:
    folder = site(tmp_path / "site", {"1": ("note", note("1", kind="46002"))})
    write_table(folder / "note_nlp.csv", [{"note_nlp_id": "1", "note_id": "1", "lexical_variant": "HCC"}])
    for complete in (True, False):
        reading = read(folder)
        list(reading)
        assert reading.report.complete is complete
        (folder / "note.csv").unlink(missing_ok=True)
