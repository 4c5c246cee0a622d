"""REDCap: the data dictionary, what a column of an export is by it, and a cell as a value.

Field names, choices and validation types follow REDCap's export of the data dictionary (18 columns) or of the metadata
(``field_name,form_name,…``).
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field

from proband.exchange.report import FileReport, Severity, declined
from proband.exchange.written_numbers import plain_number
from proband.facts.observation import Presence
from proband.terms import TermError, UncertainDate

DESIGNER_HEADER = ("Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label")
METADATA_HEADER = ("field_name", "form_name", "section_header", "field_type", "field_label")
#: the further columns of both, in their order; people leave some of them out before they send a dictionary
_FURTHER = (
    ("choices, calculations, or slider labels", "select_choices_or_calculations"), ("field note", "field_note"),
    ("text validation type or show slider number", "text_validation_type_or_show_slider_number"), ("text validation min", "text_validation_min"),
    ("text validation max", "text_validation_max"), ("identifier?", "identifier"), ("branching logic (show field only if...)", "branching_logic"),
    ("required field?", "required_field"), ("custom alignment", "custom_alignment"), ("question number (surveys only)", "question_number"),
    ("matrix group name", "matrix_group_name"), ("matrix ranking?", "matrix_ranking"), ("field annotation", "field_annotation"),
)  # fmt: skip

#: columns of an export that REDCap itself adds
SYSTEM_COLUMNS = {
    "redcap_event_name",
    "redcap_repeat_instrument",
    "redcap_repeat_instance",
    "redcap_data_access_group",
    "redcap_survey_identifier",
    "redcap_arm_name",
}
#: REDCap's standard missing data codes (Project Setup → Missing Data Codes) → null flavour
MISSING_CODES: dict[str, Presence] = {
    "NI": Presence.UNKNOWN,
    "INV": Presence.UNKNOWN,
    "UNK": Presence.UNKNOWN,
    "NASK": Presence.NOT_ASKED,
    "ASKU": Presence.UNKNOWN,
    "NAV": Presence.UNKNOWN,
    "MSK": Presence.MASKED,
    "NA": Presence.NOT_APPLICABLE,
    "NAVU": Presence.UNKNOWN,
    "NP": Presence.UNKNOWN,
    "UNC": Presence.UNKNOWN,
    "OTH": Presence.UNKNOWN,
}
_CHECKBOX = re.compile(r"^(?P<name>[a-z][a-z0-9_]*?)___(?P<code>[\w-]+)$")
_LABELLED_BOX = re.compile(r"^(?P<name>.+?) ?\(choice=(?P<code>.+)\)$", re.DOTALL)
_ESCAPED = re.compile(r"<U\+([0-9A-Fa-f]{4,6})>")
_DEFAULT = re.compile(r"@(?:DEFAULT|SETVALUE|PREFILL)\s*=\s*(['\"])(.*?)\1", re.IGNORECASE)
_DATETIME = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2})?))?$")


@dataclass(frozen=True, slots=True)
class DictionaryField:
    """One field of a dictionary."""

    name: str
    form: str
    kind: str
    label: str
    choices: dict[str, str]
    validation: str
    least: str
    most: str
    identifier: bool
    line: int
    note: str = ""
    annotation: str = ""

    @property
    def decimal_comma(self) -> bool:
        """Whether numbers of this field are written with a decimal comma."""
        return "comma_decimal" in self.validation

    def code_of(self, label: str) -> str | None:
        """The code of the choice with a label, as exports of labels write it; ``None`` where none, or several, bear it."""
        plain = re.sub(r"<[^>]*>", "", label).strip().lower()
        bearing = [
            code
            for code, words in self.choices.items()
            if re.sub(r"<[^>]*>", "", words).strip().lower() == plain
        ]
        return bearing[0] if len(bearing) == 1 else None

    @property
    def default(self) -> str | None:
        """What the form fills in before anybody has answered (``@DEFAULT='0'``, ``@SETVALUE``); ``None`` for nothing that is written out."""
        found = _DEFAULT.search(self.annotation)
        return found[2].strip() if found else None

    @property
    def is_calculated(self) -> bool:
        """Whether the project computes the field; it reckons with an unanswered question as with zero."""
        return self.kind == "calc" or "@CALC" in self.annotation.upper()

    @property
    def is_number(self) -> bool:
        """Whether the field is meant to hold a number."""
        return self.validation.startswith(("number", "integer")) or self.kind in {"calc", "slider"}

    @property
    def is_date(self) -> bool:
        """Whether the field holds a date (exports always write Y-M-D)."""
        return self.validation.startswith("date")


@dataclass(slots=True)
class Dictionary:
    """The fields of a project by name, in their order."""

    file: str
    fields: dict[str, DictionaryField] = field(default_factory=dict)

    def field_of(self, column: str) -> tuple[DictionaryField | None, str | None]:
        """The field behind an export column, and for a checkbox the code of the choice."""
        if column in self.fields:
            return self.fields[column], None
        found = _CHECKBOX.match(column)
        if found and found["name"] in self.fields:
            owner = self.fields[found["name"]]
            code = next((each for each in owner.choices if _as_column(each) == found["code"]), found["code"])
            return owner, code
        return None, None

    def explains(self, header: list[str]) -> bool:
        """Whether this is the dictionary of a table with that header."""
        named = [
            each for each in header if each and each not in SYSTEM_COLUMNS and not each.endswith("_complete")
        ]
        known = sum(self.field_of(each)[0] is not None for each in named)
        return bool(named) and known >= max(1, len(named) // 2)


def _as_column(code: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", code.lower())


def checkbox_of(column: str) -> tuple[str, str] | None:
    """(field, code) of a checkbox column by its name alone; (label, label of the choice) where columns bear labels."""
    found = _CHECKBOX.match(column) or _LABELLED_BOX.match(column)
    return (found["name"], found["code"]) if found else None


def is_dictionary(header: list[str]) -> bool:
    """Whether a header is that of a data dictionary; the first cell may be spoilt (``1``), the others decide."""
    cells = [each.strip() for each in header]
    return tuple(cells[1:5]) == DESIGNER_HEADER[1:] or tuple(cells[:4]) == METADATA_HEADER[:4]


def parse_choices(written: str) -> dict[str, str]:
    """``1, Yes | 2, No`` → {1: Yes, 2: No}."""
    found: dict[str, str] = {}
    for part in written.split("|"):
        code, comma, label = part.partition(",")
        if comma and code.strip():
            found[code.strip()] = label.strip()
    return found


def read_dictionary(text: str, file: str, report: FileReport) -> Dictionary:
    """Read a data dictionary.

    Raises
    ------
    Declined
        ``redcap.dictionary`` for a file that is none.
    """
    report.format = "REDCap data dictionary"
    rows = csv.reader(io.StringIO(text, newline=""))
    header = next(rows, [])
    if not is_dictionary(header):
        raise declined("redcap.dictionary", line=1)
    width = len(header)
    if header[0].strip() not in {DESIGNER_HEADER[0], METADATA_HEADER[0]}:
        report.find(
            Severity.WARNING,
            "redcap.dictionary-header",
            f"the first header is {header[0][:30]!r} instead of {DESIGNER_HEADER[0]!r}; the column is read as that",
            "line 1",
        )
    places = _places(header)
    found = Dictionary(file)
    if "�" in text:
        line = text.count("\n", 0, text.index("�")) + 1
        report.find(
            Severity.WARNING,
            "text.replacement",
            "the replacement character U+FFFD: letters were lost at source",
            f"line {line}",
        )
    last = rows.line_num
    try:
        for number, row in enumerate(rows, start=2):  # the header is row 1
            line, last = last + 1, rows.line_num
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != width:
                report.find(
                    Severity.WARNING,
                    "redcap.dictionary-row",
                    f"row {number}: {len(row)} cells where the header has {width}; quotes inside a cell are not doubled? "
                    "The field's name, form and type are read, the rest of the row is doubtful",
                    f"line {line}",
                    'write "" for a quote inside a quoted cell',
                )
            _add_field(found, [row[at] if at < len(row) else "" for at in places], line, report, number)
    except csv.Error as error:
        raise declined("table.csv", line=rows.line_num, error=str(error)) from error
    report.read["field"] += len(found.fields)
    return found


def _places(header: list[str]) -> list[int]:
    """Where each column of a dictionary stands: the first five in their order, the others by their names; beyond the row where it was left out."""
    named = {cell.strip().lower(): at for at, cell in enumerate(header)}
    known = {name for names in _FURTHER for name in names}
    places = list(range(len(DESIGNER_HEADER)))
    for at, names in enumerate(_FURTHER, len(places)):
        by_name = next((named[each] for each in names if each in named), None)
        by_place = at if at < len(header) and header[at].strip().lower() not in known else len(header)
        places.append(by_place if by_name is None else by_name)
    return places


def _add_field(found: Dictionary, row: list[str], line: int, report: FileReport, number: int) -> None:
    name = row[0].strip()
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        report.find(
            Severity.WARNING,
            "redcap.dictionary-row",
            f"row {number}: {name[:40]!r} is no field name",
            f"line {line}",
        )
        report.ignore("dictionary row", "its first cell is no field name", f"line {line}")
        return
    if name in found.fields:
        report.find(
            Severity.ERROR, "redcap.duplicate-field", f"the field {name!r} stands twice", f"line {line}"
        )
        return
    kind = row[3].strip().lower()
    choices = parse_choices(row[5]) if kind in {"radio", "dropdown", "checkbox", "select"} else {}
    if kind == "yesno":
        choices = {"1": "Yes", "0": "No"}
    elif kind == "truefalse":
        choices = {"1": "True", "0": "False"}
    validation = row[7].strip().lower() if kind == "text" else ""
    if kind in {"radio", "dropdown", "checkbox"} and not choices:
        report.find(
            Severity.WARNING,
            "redcap.no-choices",
            f"{name}: a {kind} field without readable choices",
            f"line {line}",
        )
    found.fields[name] = DictionaryField(
        name,
        row[1].strip(),
        kind,
        row[4],
        choices,
        validation,
        row[8].strip(),
        row[9].strip(),
        row[10].strip().lower() == "y",
        line,
        row[6].strip(),
        row[17].strip(),
    )


@dataclass(frozen=True, slots=True)
class CellValue:
    """A cell as a value; ``missing`` is a null flavour, ``problem`` what is suspicious."""

    value: float | None = None
    text: str | None = None
    code: str | None = None
    when: UncertainDate | None = None
    missing: Presence | None = None
    problem: str | None = None


def unescape(written: str) -> str:
    """``<U+043E>`` escapes (as R writes them) → characters."""
    return _ESCAPED.sub(
        lambda found: chr(int(found[1], 16)) if int(found[1], 16) < 0x110000 else found[0], written
    )


def read_cell(written: str, about: DictionaryField | None, extra_missing: dict[str, Presence]) -> CellValue:
    """A cell by its field. Without a field: an ISO date is a date, a plain number a number, the rest text."""
    text = unescape(written).strip()
    if text in extra_missing:
        return CellValue(missing=extra_missing[text], text=text)
    if about is None:
        number = plain_number(text)
        if number is not None:
            return CellValue(value=number)
        found = _DATETIME.match(text)
        return CellValue(text=text, when=_day(found[1])) if found else CellValue(text=text)
    if about.choices and about.kind != "checkbox":
        if text in about.choices:
            return CellValue(
                text=about.choices[text],
                code=text,
                value=plain_number(text) if about.kind == "slider" else None,
            )
        if text in MISSING_CODES:
            return CellValue(missing=MISSING_CODES[text], text=text)
        named = about.code_of(text)
        if named is not None:
            return CellValue(text=about.choices[named], code=named)
        return CellValue(text=text, problem=f"{text[:40]!r} is none of the choices of {about.name}")
    if text in MISSING_CODES:
        return CellValue(missing=MISSING_CODES[text], text=text)
    if about.is_number:
        return _number(text, about)
    if about.is_date:
        found = _DATETIME.match(text)
        when = _day(found[1]) if found else None
        if when is None:
            return CellValue(text=text, problem=f"{text[:40]!r} is no date, and {about.name} is a date field")
        return CellValue(text=text, when=when)
    return CellValue(text=text)


def _day(text: str) -> UncertainDate | None:
    try:
        return UncertainDate.parse(text)
    except TermError:
        return None


def _number(text: str, about: DictionaryField) -> CellValue:
    value = plain_number(text, comma=about.decimal_comma)
    if value is None and about.decimal_comma:
        value = plain_number(text)  # a calculated or an older value may stand with a point
    if value is None:
        kind = about.validation or about.kind
        return CellValue(text=text, problem=f"{text[:40]!r} is no number, and {about.name} is a {kind} field")
    if about.validation == "integer" and value != int(value):
        return CellValue(
            value=value, problem=f"{text[:40]!r} is no integer, and {about.name} is an integer field"
        )
    for bound, below in ((about.least, True), (about.most, False)):
        limit = plain_number(bound, comma=about.decimal_comma) if bound else None
        if limit is not None and (value < limit if below else value > limit):
            side = "below the least" if below else "above the greatest"
            return CellValue(
                value=value, problem=f"{text} is {side} value of {about.name} in the dictionary ({bound})"
            )
    return CellValue(value=value)
