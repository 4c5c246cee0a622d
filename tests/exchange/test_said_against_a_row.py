"""What other columns of a row say against it, and rows that a file hides: tables with a mapping, REDCap, OMOP, phenopackets.

Each shape is attacked and has a twin in which everything is proven: the attacked person is never ELIGIBLE (or the reading says that
it is not complete), the twin always is. Tables of the CDM are read row by row and in columns. The person is synthetic.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from one_person import (
    AS_OF,
    ELIGIBLE,
    MAPPING,
    NAME,
    criteria,
    facts,
    omop_tables,
    packet,
    row,
    screening,
    write_table,
)

from proband.exchange import gather
from proband.exchange.reading import read
from proband.facts.observation import Presence
from proband.facts.table import persons
from proband.instruments.isncsci.model import REQUIRED_KEYS
from proband.screening.sql.many import screen_loaded

Make = Callable[[Path, bool], None]
Rows = list[dict[str, str]]


def table(folder: Path, rows: Rows, mapping: str = MAPPING) -> None:
    columns = list(dict.fromkeys(name for each in rows for name in each))
    write_table(folder / "table.csv", [{name: each.get(name, "") for name in columns} for each in rows])
    (folder / "mapping.yaml").write_text(mapping)


def wide(attacked: dict[str, str], twin: dict[str, str], *further: dict[str, str]) -> Make:
    """One row with other cells, and further rows."""
    return lambda folder, side: table(folder, [{**row(facts()), **(attacked if side else twin)}, *further])


LATER = {"record_id": NAME, "visit": "2026-10-31", "na": "120", "na_unit": "mmol/L"}
"""A later sodium that leaves the person out."""


def swallowed(folder: Path, attacked: bool) -> None:
    """A quote opened in the last cell of one row is closed in the last cell of a later one: the row between them is gone."""
    table(
        folder,
        [{**row(facts()), "memo": "fine"}, {**LATER, "memo": "x"}, {**row(facts(), "other"), "memo": "y"}],
    )
    lines = (folder / "table.csv").read_text().splitlines()
    if attacked:
        lines[1], lines[3] = lines[1].removesuffix("fine") + '"see next', lines[3] + '"'
    else:
        lines[1:3] = [lines[1].removesuffix("fine") + '"two', 'lines, of words"']
    (folder / "table.csv").write_text("\n".join(lines) + "\n")


def twice(folder: Path, attacked: bool) -> None:
    """Two columns of one name."""
    table(folder, [{**row(facts()), "na2": "120"}])
    if attacked:
        (folder / "table.csv").write_text((folder / "table.csv").read_text().replace("na2", "na"))


TALL = """
subject: pid
rows:
  - {code_column: test, codes: {NA: "LOINC|2951-2", PLT: "LOINC|777-3", CREA: "LOINC|2160-0"}, value: value, unit: unit, date: day}
  - {code_column: dx, codes: {HCC: "ICD-10|C22.0", SBP: "HPO|HP:0002586"}, presence: said, presences: {y: present, n: absent}, date: day}
  - {code_column: born, codes: {B: "Proband|birth-date"}, date: day, date_is_value: true}
"""


def tall(
    more: dict[str, str],
    attacked: dict[str, str],
    twin: dict[str, str],
    mapping: str = TALL,
    instead: str = "",
) -> Make:
    """A row of the tall table more, or instead of the row of some test or diagnosis."""
    said = [
        {"born": "B", "day": "1974-05-20"}, {"test": "NA", "value": "136", "unit": "mmol/L"}, {"test": "PLT", "value": "88", "unit": "10*9/L"},
        {"test": "CREA", "value": "0.9", "unit": "mg/dL"}, {"dx": "HCC", "said": "n"}, {"dx": "SBP", "said": "n"},
    ]  # fmt: skip

    def make(folder: Path, side: bool) -> None:
        kept = [each for each in said if instead not in {each.get("test"), each.get("dx")}]
        rows = [*kept, {**more, **(attacked if side else twin)}]
        table(folder, [{"pid": NAME, "day": "2026-10-30", **each} for each in rows], mapping)

    return make


SODIUM = {"test": "NA", "value": "120", "unit": "mmol/L", "day": "2026-10-31"}
TABLES: dict[str, Make] = {
    "a remark of a column that nobody maps": wide({"remark": "wrong patient"}, {"remark": "seen by phone"}),
    "a remark in German": wide({"Bemerkung": "Probe verwechselt"}, {"Bemerkung": "nüchtern"}),
    "preliminary": wide({"status": "preliminary"}, {"status": "final"}),
    "cancelled": wide({"Result Status": "cancelled"}, {"Result Status": "final"}),
    "not verified": wide({"result_status": "P"}, {"result_status": "F"}),
    "deleted": wide({"deleted": "true"}, {"deleted": "false"}),
    "voided on a day": wide({"date_voided": "2026-10-31"}, {"date_voided": ""}),
    "entered in error": wide({"status": "entered-in-error"}, {"status": "registered"}),
    "a later row that was voided is none": wide({**LATER, "voided": "0"}, {}, {**LATER, "voided": "1"}),
    "clocks of two zones": wide(
        {"visit": "2026-10-30T09:30:00+02:00"}, {"visit": "2026-10-30T09:30:00Z"}, {**LATER, "visit": "2026-10-30T08:00:00Z"}
    ),
    "a quote that swallows rows": swallowed,
    "two columns of one name": twice,
    "a word spelt otherwise": tall(SODIUM, {"test": "Na"}, {"value": "136"}),
    "a diagnosis spelt otherwise": tall({"dx": "HCC", "day": "2026-10-31"}, {"dx": "hcc", "said": "y"}, {"said": "n"}),
    "a word of another test": tall(SODIUM, {}, {"test": "NH3"}),
    "a mother's result": tall({**SODIUM, "value": "136"}, {"relation": "mother"}, {"relation": "self"}, instead="NA"),
    "a twin's result, in words of HL7": tall({**SODIUM, "value": "136"}, {"relation": "TWIN"}, {"relation": "ONESELF"}, instead="NA"),
    "another's later result takes no place": tall({}, {**SODIUM, "relation": "self"}, {**SODIUM, "relation": "Mutter"}),
    "a result of nobody knows whom": tall({}, {**SODIUM, "value": "136", "sample_of": "F-2"}, {**SODIUM, "value": "136", "sample_of": ""}),
    "a result of urine": tall({}, {**SODIUM, "value": "136", "specimen": "Urine, 24 h"}, {**SODIUM, "value": "136", "specimen": "Serum"}),
    "a result of a drain": tall({}, {**SODIUM, "value": "136", "Probenmaterial": "Drainage"}, {**SODIUM, "value": "136", "Probenmaterial": "Blut (EDTA)"}),
    "a haemolysed specimen": tall({}, {**SODIUM, "value": "136", "specimen_condition": "hemolyzed"}, {**SODIUM, "value": "136", "specimen_condition": "good"}),
    "a plain status of a result": tall({**SODIUM, "value": "136"}, {"status": "P"}, {"status": "F"}, instead="NA"),
    "a plain status of a result, in words": tall({**SODIUM, "value": "136"}, {"status": "registered"}, {"status": "corrected"}, instead="NA"),
    "a no that is preliminary": tall({"dx": "HCC", "said": "n"}, {"status": "preliminary"}, {"status": "final"}, instead="HCC"),
    "a no of a relative": tall({"dx": "HCC", "said": "n"}, {"Relationship": "Bruder"}, {"Relationship": "Patient"}, instead="HCC"),
    "a result that is not valid": tall({}, {**SODIUM, "value": "136", "valid": "N"}, {**SODIUM, "value": "136", "valid": "Y"}),
    "a result that was replaced": tall({}, {**SODIUM, "superseded": "0"}, {**SODIUM, "superseded": "1"}),
    "a remark beside a result": tall({}, {"test": "NA", "value": "136", "unit": "mmol/L", "note": "tube swapped", "day": "2026-10-31"}, {}),
}  # fmt: skip


def with_mapping(change: tuple[str, str], attacked: dict[str, str], twin: dict[str, str]) -> Make:
    """One row with other cells, by a mapping that says more."""
    mapping = MAPPING.replace(*change)
    return lambda folder, side: table(folder, [{**row(facts()), **(attacked if side else twin)}], mapping)


TEXT = ("columns:", 'columns:\n  memo: {code: "Proband|memo", kind: text}')
IGNORED = ("columns:", "ignore: [memo, status, voided, NA]\ncolumns:")
AUTO = ("columns:", 'columns:\n  memo: {code: "Proband|memo"}')
TABLES |= {
    "a remark in a column that is read as text": with_mapping(TEXT, {"memo": "Wrong-patient!"}, {"memo": "seen at home"}),
    "a remark in a column of whatever kind": with_mapping(AUTO, {"memo": "tube mislabelled"}, {"memo": "tube of the morning"}),
    "a remark in a column that is ignored": with_mapping(IGNORED, {"memo": "please disregard this"}, {"memo": "please call back"}),
    "a status in a column that is ignored": with_mapping(IGNORED, {"status": "ENTERED_IN_ERROR"}, {"status": "P"}),
    "a mark in a column that is ignored": with_mapping(IGNORED, {"voided": "1"}, {"voided": "0"}),
    "a status in one letter": wide({"status": "P"}, {"status": "F"}),
    "a column of the same name in capitals": wide({"NA": "120"}, {}),
    "a second column as a program names it": wide({"na.1": "120"}, {}),
    "a column in capitals that is ignored": with_mapping(IGNORED, {"NA": "120", "memo": "typo"}, {"NA": "120"}),
}  # fmt: skip
TALL_TEXT = TALL.replace(
    "unit: unit, date: day}", "unit: unit, text: words, attributes: {method: how}, date: day}"
)
TABLES |= {
    f"a remark among the {column} of a result": tall(
        {**SODIUM, "value": "136"}, {column: "specimen mix-up"}, {column: "ion selective"}, TALL_TEXT
    )
    for column in ("words", "how")
}


def label(code: str, printed: str) -> Make:
    """A creatinine whose unit has another label."""

    def make(folder: Path, side: bool) -> None:
        told = packet(facts())
        told["measurements"][2]["value"]["quantity"]["unit"]["label"] = printed if side else code
        (folder / "packet.json").write_text(json.dumps(told))

    return make


TABLES["the label of a unit is another unit"] = label("mg/dL", "umol/L")


def chosen(attacked: str, twin: str) -> Make:
    """REDCap: "0" is ticked for liver cancer, and the dictionary says what that is called."""

    def make(folder: Path, side: bool) -> None:
        table(folder, [row(facts())])
        head = "field_name,form_name,section_header,field_type,field_label,select_choices_or_calculations,field_note,text_validation,min,max,identifier"
        lines = [head]
        for name in row(facts()):
            kind, choices = ("radio", attacked if side else twin) if name == "hcc" else ("text", "")
            lines.append(f'{name},base,,{kind},{name},"{choices}",,,,,')
        (folder / "dictionary.csv").write_text("\n".join(lines) + "\n")

    return make


TABLES["a choice whose number means the other"] = chosen("0, Yes | 1, No", "1, Yes | 0, No")
TABLES["a choice that is no answer"] = chosen("0, Not assessed | 1, Yes", "0, Nein | 1, Ja")


def of(folder: Path) -> tuple[Any, bool]:
    """The verdict of the person, and whether the reading is complete."""
    mapping = folder / "mapping.yaml"
    inputs = [each for each in sorted(folder.iterdir()) if each != mapping]
    reading = read(inputs, mapping=mapping if mapping.exists() else None)
    found = {
        name: screening().verdict(told, AS_OF, look_ahead=False).outcome
        for name, told in persons(reading.table())
    }
    return found.get(NAME, found.get("1")), reading.report.complete


@pytest.mark.parametrize("shape", TABLES)
def test_what_a_row_says_against_itself_lets_nobody_in_and_its_twin_does(shape: str, tmp_path: Path) -> None:
    for side in (True, False):
        folder = tmp_path / str(side)
        folder.mkdir()
        TABLES[shape](folder, side)
        found, complete = of(folder)
        if side:
            assert found is not ELIGIBLE or not complete
        else:
            assert (found, complete) == (ELIGIBLE, True)


def test_a_code_of_the_programmes_own_is_preliminary_as_a_result_is(tmp_path: Path) -> None:
    """A "no" under a code of Proband's is no proof before it is final; a birth date is one whatever the row says."""
    mapping = MAPPING.replace("ICD-10|C22.0", "Proband|own-word")
    for word, presence in (("preliminary", Presence.NOT_FINAL), ("final", Presence.ABSENT)):
        folder = tmp_path / word
        folder.mkdir()
        table(folder, [{**row(facts()), "status": word}], mapping)
        told = {
            each.code: each.presence for each in read(folder / "table.csv", mapping=folder / "mapping.yaml")
        }
        assert (told["own-word"], told["birth-date"]) == (presence, Presence.PRESENT)


@pytest.mark.parametrize(("column", "word"), [("voided", "1"), ("status", "entered-in-error"), ("remarks", "wrong patient"), ("exam_remark", "")])  # fmt: skip
def test_an_examination_is_taken_back_with_its_row(column: str, word: str, tmp_path: Path) -> None:
    """A row of ISNCSCI findings, with and without a mapping: what is said against the row is said against the examination."""
    findings = {key: "Yes" if key.startswith("anal") else "5" if key.endswith("Motor") else "2" for key in REQUIRED_KEYS}  # fmt: skip
    write_table(tmp_path / "exam.csv", [{"record_id": "P", **findings, column: word, "exam_complete": "2"}])
    (tmp_path / "mapping.yaml").write_text(
        "subject: record_id\ncolumns: {nothing: {code: Proband|nothing}}\n"
    )
    for mapping in (None, tmp_path / "mapping.yaml"):
        told = [
            each for each in read(tmp_path / "exam.csv", mapping=mapping) if each.code.startswith("isncsci")
        ]
        doubted = [each for each in told if each.problems or each.presence is Presence.NOT_FINAL]
        assert (len(told) > len(doubted)) == (word == "")
        assert bool(told) == (word in {"", "wrong patient"})


# -- OMOP ------------------------------------------------------------------------------------------------------------------

Tables = dict[str, Rows]
Told = Callable[[str, bool], Tables]
"""The number of a person, and whether it is the attacked one → the tables that tell of this person."""
FURTHER = [
    ("8840", "milligram per decilitre", "UCUM", "mg/dL"),
    ("45900000", "Fatty liver", "ICD10", "K76.0"),
]


def omop(number: str) -> Tables:
    """The tables of the person, with further concepts."""
    tables = omop_tables(facts(), number)
    names = list(tables["concept"][0])
    tables["concept"] += [dict(zip(names, each, strict=True)) for each in FURTHER]
    return tables


def said(table_name: str, concept: str, attacked: dict[str, str], twin: dict[str, str]) -> Told:
    """Other cells of the row of one concept."""

    def make(number: str, side: bool) -> Tables:
        tables = omop(number)
        tables[table_name] = [
            {**each, **((attacked if side else twin) if each[f"{table_name}_concept_id"] == concept else {})}
            for each in tables[table_name]
        ]
        return tables

    return make


def further(table_name: str, attacked: str, twin: str, **only_attacked: str) -> Told:
    """A row more, of another concept; the twin's is a fatty liver or nothing."""

    def make(number: str, side: bool) -> Tables:
        tables, stem = omop(number), table_name.partition("_")[0]
        tables[table_name] = [
            {f"{table_name}_id": number, "person_id": number, f"{stem}_concept_id": attacked if side else twin, f"{stem}_source_concept_id": "", f"{stem}_start_date": "2020-01-01",
             f"{stem}_end_date": "2020-02-01", f"{stem}_status_concept_id": "0", **(only_attacked if side else {})}
        ]  # fmt: skip
        return tables

    return make


def together(people: list[Tables], folder: Path) -> Path:
    """The tables of several people in one folder, each with the columns of all its rows."""
    folder.mkdir()
    for name in dict.fromkeys(each for tables in people for each in tables):
        rows = [row for tables in people for row in tables.get(name, ())]
        rows = list({tuple(row.items()): row for row in rows}.values()) if name == "concept" else rows
        columns = list(dict.fromkeys(column for row in rows for column in row))
        write_table(
            folder / f"{name}.csv", [{column: row.get(column, "") for column in columns} for row in rows]
        )
    return folder


CREATININE, SODIUM_OF, CANCER = "3016723", "3019550", "45600000"
OMOP: dict[str, Told] = {
    "a concept that is no whole number": said("measurement", SODIUM_OF, {"measurement_concept_id": "3019550.4"}, {"measurement_concept_id": "3019550.0"}),
    "a no that is no whole number": said("observation", CANCER, {"value_as_concept_id": "4188539.6"}, {"value_as_concept_id": "4188540.0"}),
    "the sign of a bound is lost": said("measurement", CREATININE, {"value_source_value": ">0.9"}, {"value_source_value": "0.9"}),
    "the sign of a bound in words": said("measurement", CREATININE, {"value_source_value": "more than 0.9 mg/dL"}, {"value_source_value": "0.9 mg/dL"}),
    "the source takes a result back": said("measurement", CREATININE, {"value_source_value": "0.9 wrong patient"}, {"value_source_value": "0.9 (verified)"}),
    "the source cancelled it": said("measurement", CREATININE, {"value_source_value": "CANCELLED"}, {"value_source_value": "Final"}),
    "the unit of the source is another": said("measurement", CREATININE, {"unit_concept_id": "8840", "unit_source_value": "mmol/L"}, {"unit_concept_id": "8840", "unit_source_value": "MG/DL"}),
    "no, and the source says yes": said("observation", CANCER, {"value_source_value": "Yes"}, {"value_source_value": "No"}),
    "no, and in words not asked": said("observation", CANCER, {"value_as_string": "not asked"}, {"value_as_string": "nein"}),
    "no with a qualifier in words": said("observation", CANCER, {"qualifier_source_value": "in the last month"}, {"qualifier_source_value": ""}),
    "another number than the source has": said("measurement", CREATININE, {"value_source_value": "9.0"}, {"value_source_value": "0.90"}),
    "another number, in words": said("measurement", CREATININE, {"value_source_value": "9,0 mg/dL (H)"}, {"value_source_value": "0,9 mg/dL (N)"}),
    "another number of several": said("measurement", CREATININE, {"value_source_value": "9.0/1.1"}, {"value_source_value": "1.1/0.9"}),
    "another unit than the source has": said(
        "measurement", CREATININE, {"value_source_value": "0.9 mmol/L", "unit_source_value": "mg/dL"}, {"value_source_value": "0.9 mg/dl", "unit_source_value": "mg/dL"}
    ),
    "a test of urine under a code of serum": said("measurement", CREATININE, {"measurement_source_value": "Creatinine, Urine (24 h)"}, {"measurement_source_value": "Creatinine, Serum"}),
    "a number as Python writes it": said("measurement", CREATININE, {"value_as_number": "0_9e-1"}, {"value_as_number": "9e-1"}),
    "a number in wide digits": said("measurement", CREATININE, {"value_as_number": "0.９"}, {"value_as_number": "+.9"}),
    "a number that is endless": said("measurement", "3007461", {"value_as_number": "infinity"}, {"value_as_number": "1e2"}),
    "a number beyond every number": said("measurement", "3007461", {"value_as_number": "1e400"}, {"value_as_number": "1E+2"}),
    "no, beside a number that is none": said("observation", CANCER, {"value_as_number": "1e400"}, {"value_as_number": "NULL"}),
    "no, beside a number of underscores": said("observation", CANCER, {"value_as_number": "1_0"}, {"value_as_number": ""}),
    "a diagnosis whose concept is no whole number": further("condition_occurrence", "45600000.2", "45900000.0"),
    "a diagnosis whose concept is a number of Python": further("condition_occurrence", "4_5600000", "45900000"),
    "an unknown diagnosis whose source concept is no number": further("condition_occurrence", "NULL", "45900000", condition_source_concept_id="4.56e7"),
    "no with a qualifier": said("observation", CANCER, {"qualifier_concept_id": "4099"}, {"qualifier_concept_id": "0"}),
}  # fmt: skip


NO_CONCEPT = [shape for shape in OMOP if "concept" in shape or "no whole number" in shape]


def by_row(folder: Path) -> tuple[dict[str, str], bool]:
    """The verdict of each person, and whether the reading is complete."""
    reading = read(folder)
    told = persons(reading.table())
    found = {name: screening().verdict(said, AS_OF, look_ahead=False).outcome.value for name, said in told}
    return found, reading.report.complete


def in_columns(folder: Path) -> tuple[dict[str, str], bool]:
    """The same by the tables in columns and DuckDB."""
    with gather([folder], criteria(), AS_OF) as held:
        many = screen_loaded(criteria(), held.on("duckdb"), AS_OF).table
        assert held.report is not None
        assert held.in_columns == held.report.complete
        return dict(zip(many["subject"], many["verdict"], strict=True)), held.report.complete


def test_what_the_source_says_beside_a_value_is_heard_by_row_and_in_columns(tmp_path: Path) -> None:
    shapes = [each for each in OMOP if each not in NO_CONCEPT]
    people = {f"{2 * n + side}": (shape, side) for n, shape in enumerate(shapes, 1) for side in (True, False)}
    folder = together([OMOP[shape](number, side) for number, (shape, side) in people.items()], tmp_path / "x")
    found, complete = by_row(folder)
    assert complete
    assert {people[number] for number, said in found.items() if said == "eligible"} == {
        each for each in people.values() if not each[1]
    }
    assert in_columns(folder) == (found, True)


@pytest.mark.parametrize("shape", NO_CONCEPT)
def test_a_concept_that_is_no_whole_number_is_missed(shape: str, tmp_path: Path) -> None:
    """It may be of whatever: the row is read for what else it says, and nothing is complete."""
    for side in (True, False):
        folder = together([OMOP[shape]("1", side)], tmp_path / str(side))
        found, complete = by_row(folder)
        assert complete != side
        assert side or found == {"1": "eligible"}
        if (
            side and "diagnosis" not in shape
        ):  # what was asked for is missed; a diagnosis without a name is nobody's answer
            assert found == {"1": "needs-data"}
        assert in_columns(folder) == (found, complete)
