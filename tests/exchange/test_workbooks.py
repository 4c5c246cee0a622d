"""Excel: a sheet gives the facts of the same table as CSV, and whatever a sheet hides is said with its cell. Invented people."""

from __future__ import annotations

import tracemalloc
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from workbook_samples import MAIN, Cell, Value, sheet_xml, workbook

from proband.exchange import FileStatus, Reading, load_mapping, read
from proband.exchange.workbooks.formats import format_of, written
from proband.facts.observation import Observation, Presence

MAPPING = """
subject: patient
date: day
columns:
  born: {code: "Proband|birth-date", kind: date}
  sex: {code: "Proband|sex", values: {f: female, m: male}}
  bili: {code: "LOINC|1975-2", unit: mg/dL}
  quick: {code: "LOINC|5894-1", unit: "%"}
  inr: {code: "LOINC|6301-6", unit: "{INR}"}
  sepsis: {code: "Proband|sepsis", kind: presence}
"""
HEADER: list[Value] = ["patient", "day", "born", "sex", "bili", "quick", "inr", "sepsis"]


def day(text: str, form: str = "yyyy-mm-dd") -> Cell:
    """A day as Excel counts it."""
    return Cell(float((date.fromisoformat(text) - date(1899, 12, 30)).days), form)


ROWS: list[list[Value]] = [
    ["P-1", day("2026-10-30"), day("1980-02-03"), "f", 1.234, Cell(0.62, "0%"), 1.1, False],
    ["P-2", day("2026-10-31"), day("1975-11-30"), "m", "<0,5", Cell(1.0, "0.00%"), None, True],
    ["P-3", None, None, None, Cell(2.5, '0.0" mg/dL"'), None, None, ""],
]
TABLE = (
    "patient,day,born,sex,bili,quick,inr,sepsis\nP-1,2026-10-30,1980-02-03,f,1.2340,62%,1.1,no\n"
    'P-2,2026-10-31,1975-11-30,m,"<0,5",100%,,yes\nP-3,,,,2.5 mg/dL,,,\n'
)


def reading_of(folder: Path, data: bytes, mapping: str = MAPPING, name: str = "clinic.xlsx") -> Reading:
    """A reading of a workbook."""
    (folder / "m.yaml").write_text(mapping)
    (folder / name).write_bytes(data)
    return read(folder / name, mapping=folder / "m.yaml")


def plain(facts: list[Observation]) -> list[str]:
    """Facts without the place where they stand."""
    return [repr(replace(each, origin=None)) for each in facts]


def test_a_sheet_gives_the_facts_of_the_same_table(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, workbook({"Labs": [HEADER, *ROWS]}))
    facts = list(reading)
    (tmp_path / "clinic.csv").write_text(TABLE)
    assert plain(facts) == plain(list(read(tmp_path / "clinic.csv", mapping=tmp_path / "m.yaml")))
    assert facts[2].value == 1.234
    assert reading.report.complete
    assert {fact.origin.position for fact in facts if fact.origin} >= {"Labs row 2, column bili"}
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("north/clinic.xlsx", workbook({"Labs": [HEADER, *ROWS]}))
    assert plain(list(read(tmp_path / "all.zip", mapping=tmp_path / "m.yaml"))) == plain(facts)


def one_cell(
    folder: Path, value: Value, column: str = "bili", mapping: str = MAPPING, **more: bool
) -> tuple[list[Observation], Reading]:
    """The facts of one cell beside an id, and the reading."""
    reading = reading_of(folder, workbook({"S": [["patient", column], ["P-1", value]]}, **more), mapping)
    return list(reading), reading


@pytest.mark.parametrize(
    ("value", "number", "comparator", "flagged"),
    [
        (1.5, 1.5, None, False), (1.234, 1.234, None, False), (42.678, 42.678, None, False), (0.1 + 0.2, 0.3, None, False), ("1.5", 1.5, None, False),
        ("<0.4", 0.4, "<", False), (Cell(5.0, '"<"0'), 5.0, "<", False), (Cell(2.5, '0.0" mg/dL"'), 2.5, None, False), (Cell(0.5, "0%"), None, None, True),
        (Cell(7.5, "h:mm"), None, None, True), ("1.5 g/L", None, None, True), (Cell(1.5, formula="A1*2"), 1.5, None, False), (True, None, None, True),
        (Cell(34.5, "#,##0.0"), 34.5, None, False), (Cell("1.5", kind="str", formula="B1"), 1.5, None, False), (-1.5, -1.5, None, True),
    ],
)  # fmt: skip
def test_numbers(
    value: Value, number: float | None, comparator: str | None, flagged: bool, tmp_path: Path
) -> None:
    (fact,), _ = one_cell(tmp_path, value)
    assert (fact.value, fact.comparator, bool(fact.problems)) == (number, comparator, flagged)


@pytest.mark.parametrize("decimal", [".", ","])
def test_numbers_of_cells_are_the_same_under_either_decimal_sign(decimal: str, tmp_path: Path) -> None:
    (fact,), _ = one_cell(tmp_path, 1.234, mapping=f"decimal: '{decimal}'\n{MAPPING}")
    assert (fact.value, fact.problems) == (1.234, ())


@pytest.mark.parametrize(
    ("value", "code", "lacking"),
    [
        (Cell("#N/A", kind="e"), "sheet.error", 1), (Cell("#DIV/0!", kind="e", formula="1/0"), "sheet.error", 1), (Cell(None, formula="A1*2"), "sheet.formula", 1),
        (Cell(1.5, "struck"), "sheet.struck", 0), (Cell(60.0, "yyyy-mm-dd"), "sheet.day", 1), (Cell("77", kind="s"), "sheet.error", 1),
    ],
)  # fmt: skip
def test_a_cell_that_says_nothing_is_named_and_gives_no_fact(
    value: Value, code: str, lacking: int, tmp_path: Path
) -> None:
    facts, reading = one_cell(tmp_path, value)
    assert not facts
    (file,) = reading.report
    (said,) = [each for each in file.findings if each.code.startswith("sheet.")]
    assert (said.code, said.position, bool(said.mend)) == (code, "S!B2", True)
    assert file.lacking.total() == lacking


@pytest.mark.parametrize(
    ("value", "mapping", "since_1904", "when"),
    [
        (day("1980-02-03"), MAPPING, False, "1980-02-03"), (day("1980-02-03", "[$-407]d. mmmm yyyy"), MAPPING, False, "1980-02-03"),
        (Cell(0.0 + (date(1980, 2, 3) - date(1904, 1, 1)).days, "yyyy-mm-dd"), MAPPING, True, "1980-02-03"), (Cell(59.0, "yyyy-mm-dd"), MAPPING, False, "1900-02-28"),
        (day("1980-02-03"), 'date_format: "%d.%m.%Y"\n' + MAPPING, False, "1980-02-03"), (day("1980-02-03"), "date_format: excel\n" + MAPPING, False, "1980-02-03"),
        ("1980-02", MAPPING, False, "1980-02"), (Cell("1980-02-03T00:00:00", kind="d"), MAPPING, False, "1980-02-03"), (29254.0, MAPPING, False, "unknown"),
    ],
)  # fmt: skip
def test_days(value: Value, mapping: str, since_1904: bool, when: str, tmp_path: Path) -> None:
    (fact,), _ = one_cell(tmp_path, value, "born", mapping, since_1904=since_1904)
    assert str(fact.when) == when
    assert bool(fact.problems) == (when == "unknown")


def test_moments_are_local_and_have_no_zone(tmp_path: Path) -> None:
    at = Cell(46325.34375, "dd.mm.yyyy hh:mm")
    reading = reading_of(tmp_path, workbook({"S": [["patient", "day", "bili"], ["P-1", at, 1.5]]}))
    (fact,) = reading
    assert fact.time is not None
    assert (fact.time.isoformat(), fact.time.tzinfo) == ("2026-10-30T08:15:00", None)


@pytest.mark.parametrize(
    ("number", "code", "value", "text"),
    [
        (14, None, 45000.0, "2023-03-15"), (22, None, 45000.25, "2023-03-15T06:00:00"), (10, None, 0.125, "12.5%"), (46, None, 1.5, "36:00:00"), (20, None, 0.5, "12:00:00"),
        (0, "0.0_);[Red](0.0)", 2.5, "2.5"), (0, "mmm yy", 45000.0, "2023-03-15"), (0, '0" days"', 3.0, "3 days"), (0, "0000", 7.0, "0007"), (0, "General", 1e20, "1e+20"),
        (0, "yyyy-mm-dd", -1.0, None), (0, "yyyy-mm-dd", 9e9, None), (0, '"May"0', 3.0, "May3"),
    ],
)  # fmt: skip
def test_formats(number: int, code: str | None, value: float, text: str | None) -> None:
    assert written(value, format_of(number, code), since_1904=False, date_format=None, decimal=None) == text


def test_leading_zeros_that_a_format_shows_are_kept_and_others_are_asked_for(tmp_path: Path) -> None:
    rows: list[list[Value]] = [["patient", "bili"], [Cell(7.0, "00000"), 1.5], ["00007", 1.6]]
    assert {each.subject for each in reading_of(tmp_path, workbook({"S": rows}))} == {"00007"}
    reading = reading_of(tmp_path, workbook({"S": [["patient", "bili"], [7.0, 1.5], ["00007", 1.6]]}))
    assert {each.subject for each in reading} == {"7", "00007"}
    assert [
        each.position for file in reading.report for each in file.findings if each.code == "sheet.ids"
    ] == ["S"]


def test_shared_texts_with_their_parts_and_without_their_reading(tmp_path: Path) -> None:
    texts = "<si><t>P-1</t></si><si><r><t>P</t></r><r><t>-2</t></r><rPh sb='0' eb='1'><t>ピー</t></rPh></si>"
    rows: list[list[Value]] = [["patient", "bili"], [Cell("0", kind="s"), 1.5], [Cell("1", kind="s"), 1.6]]
    assert [each.subject for each in reading_of(tmp_path, workbook({"S": rows}, texts=texts))] == [
        "P-1",
        "P-2",
    ]


def test_titles_hidden_and_merged_cells(tmp_path: Path) -> None:
    rows: list[list[Value]] = [
        ["Liver clinic, export"], [], ["patient", "day", "bili"], ["P-1", day("2026-10-01"), 1.5], [None, day("2026-10-08"), 1.6], ["P-2", day("2026-10-02"), 1.7], [None, day("2026-10-09"), 1.8],
    ]  # fmt: skip
    part = sheet_xml(rows, merged=["A4:A5", "A1:C1"], hidden_rows=[6], hidden_columns=[2])
    reading = reading_of(tmp_path, workbook({"S": part}))
    assert [(each.subject, each.value) for each in reading] == [("P-1", 1.5), ("P-1", 1.6), ("P-2", 1.7)]
    assert reading.report.lacking == {
        "row that names nobody": 1
    }  # row 7 is not merged with what stands above it
    (file,) = reading.report
    said = " ".join(each.message for each in file.findings)
    assert "1 hidden rows and the hidden columns B:B" in said
    assert "A1:C1" in said


def test_several_sheets(tmp_path: Path) -> None:
    sheets = {
        "North": [HEADER, ROWS[0]],
        "South": [HEADER, ROWS[1]],
        "Legend": [["word", "meaning"], ["f", "female"]],
        "Empty": [],
    }
    reading = reading_of(tmp_path, workbook(sheets, hidden=["South"]))
    assert {each.subject for each in reading} == {"P-1", "P-2"}
    assert list(reading.report.lacking) == ["sheet Legend"]
    assert "sheet.hidden" in {each.code for file in reading.report for each in file.findings}
    reading = reading_of(tmp_path, workbook(sheets), MAPPING + "ignore: [Legend]\n")
    assert {each.subject for each in reading} == {"P-1", "P-2"}
    assert reading.report.complete


def test_a_workbook_without_a_mapping_is_declined_with_its_columns(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(workbook({"S": [HEADER, *ROWS]}))
    reading = read(tmp_path)
    assert not list(reading)
    (file,) = reading.report
    assert file.declined is not None
    assert (file.declined.code, "patient, day" in file.declined.message) == ("table.no-mapping", True)


def test_a_redcap_export_as_a_workbook_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(
        workbook({"S": [["record_id", "redcap_event_name", "bili"], ["1", "a", 2.5]]})
    )
    (fact,) = read(tmp_path)
    assert (fact.subject, fact.code, fact.attributes["event"]) == ("1", "bili", "a")


def test_the_strict_form_and_other_spellings_of_parts(tmp_path: Path) -> None:
    data = workbook({"S": [["patient", "bili"], ["P-1", 1.5]]})
    source, target = tmp_path / "a.zip", tmp_path / "b.zip"
    source.write_bytes(data)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode().replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
            new.writestr(
                name,
                text.replace('Target="worksheets/', 'Target="/xl/worksheets/')
                .replace(' r="A2"', "")
                .replace(' r="B2"', "")
                .replace(' r="2"', ""),
            )
    (fact,) = reading_of(tmp_path, target.read_bytes())
    assert (fact.subject, fact.value, fact.presence) == ("P-1", 1.5, Presence.PRESENT)


_BOMB = f'<!DOCTYPE x [<!ENTITY a "{"x" * 1000}">]><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
HOSTILE: dict[str, bytes] = {
    "entities": workbook({"S": _BOMB}),
    "deep nesting": workbook({"S": "<worksheet>" + "<row>" * 5000}),
    "a cell in the last corner": workbook({"S": sheet_xml([["patient", "bili"]]).replace("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')}),
    "a cell outside": workbook({"S": sheet_xml([["patient", "bili"], ["P-1", 1]]).replace("</sheetData>", '<row r="3"><c r="ZZZ3"><v>1</v></c></row></sheetData>').replace('r="3"', 'r="1048577"')}),
    "cut off": workbook({"S": sheet_xml([["patient", "bili"], ["P-1", 1]])[:-30]}),
    "a huge text": workbook({"S": sheet_xml([["patient", "x" * (3 << 20)], ["P-1", 1]])}),
    "no sheet": workbook({}),
    "styles of nowhere": workbook({"S": sheet_xml([["patient", "bili"], ["P-1", 1]]).replace('s="0"', 's="999999"')}),
    "many merged cells": workbook({"S": sheet_xml([["patient", "bili"], ["P-1", 1]], merged=[f"A{n}:A{n + 1}" for n in range(2, 40_000, 2)])}),
    "a million blanks": workbook({"S": sheet_xml([["patient", "bili"]]).replace("</sheetData>", " " * (30 << 20) + "</sheetData>")}),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_workbooks_end_in_bounded_memory_without_a_defect(what: str, tmp_path: Path) -> None:
    tracemalloc.start()
    reading = reading_of(tmp_path, HOSTILE[what])
    list(reading)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (file,) = reading.report
    assert file.status is not FileStatus.DECLINED or (
        file.declined is not None and file.declined.code != "exchange.defect"
    )
    assert peak < 100 << 20
    assert load_mapping(tmp_path / "m.yaml")
