"""The rows of one sheet as a stream, and what of it is not seen at first sight: hidden rows and columns, merged cells, formulas, errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from proband.exchange.hardened_xml import XmlEvents
from proband.exchange.report import declined
from proband.exchange.workbooks.formats import written
from proband.exchange.workbooks.parts import SheetPart, WorkbookParts, local, raises, strikes, unescaped

LAST_COLUMN, LAST_ROW = 16_384, 1_048_576
_REFERENCE = re.compile(r"^\$?([A-Za-z]{1,3})\$?(\d{1,7})$")
_AT_ONCE = 2_000


@dataclass(slots=True)
class SheetCell:
    """A cell as text, and what must be said of it."""

    text: str
    is_number: bool = False
    remark: str = ""
    """``error``, ``formula`` (never computed), ``struck``, ``day`` (a day that there is not), ``empty`` (a 0 that may be an empty cell elsewhere),
    ``hidden`` (a number that its format does not show); empty where it is as it looks."""
    shown: str = ""
    computed: bool = False


@dataclass(slots=True)
class SheetLayout:
    """What is found in a first pass: which cells stand for others, what is hidden."""

    merged_down: dict[int, dict[int, int]] = field(default_factory=dict)
    """First row of a merged column of cells → its column → its last row."""
    merged_across: list[str] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    hidden_rows: int = 0


def column_number(letters: str) -> int:
    """``A`` → 1, ``XFD`` → 16384."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """1 → ``A``."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def place_of(reference: str) -> tuple[int, int] | None:
    """``B3`` → (3, 2); ``None`` for what is outside of a sheet."""
    found = _REFERENCE.match(reference)
    if found is None:
        return None
    row, column = int(found[2]), column_number(found[1])
    return (row, column) if 0 < row <= LAST_ROW and column <= LAST_COLUMN else None


def layout_of(parts: WorkbookParts, sheet: SheetPart) -> SheetLayout:
    """Merged and hidden cells of a sheet."""
    found = SheetLayout()

    def start(name: str, attributes: dict[str, str]) -> None:
        match local(name):
            case "row":
                found.hidden_rows += attributes.get("hidden", "0") in {"1", "true"}
            case "col" if attributes.get("hidden", "0") in {"1", "true"}:
                first, last = (attributes.get(each, "") for each in ("min", "max"))
                if first.isdigit() and last.isdigit():
                    found.hidden_columns.append((int(first), min(int(last), LAST_COLUMN)))
            case "mergeCell":
                first, _, last = attributes.get("ref", "").partition(":")
                begin, end = place_of(first), place_of(last)
                if begin and end and begin[1] == end[1] and end[0] > begin[0]:
                    found.merged_down.setdefault(begin[0], {})[begin[1]] = end[0]
                elif begin and end and begin != end:
                    found.merged_across.append(attributes.get("ref", "")[:24])

    with parts.open(sheet.part) as stream:
        XmlEvents(start, _nothing, _nothing).read(stream)
    return found


#: formulas that give what stands in another cell, and 0 where nothing does
_FETCHES = re.compile(r"^\+?(?:(?:'[^']*'|[\w.\[\]]+)!)?\$?[A-Z]{1,3}\$?\d{1,7}$|^\+?(?:_xlfn\.)?(?:VLOOKUP|HLOOKUP|XLOOKUP|LOOKUP|INDEX|INDIRECT|OFFSET|CHOOSE|SUMIFS?|MAXIFS|MINIFS|N)\(", re.IGNORECASE)  # fmt: skip


def _nothing(*_: object) -> None:
    return


class SheetRows:
    """Rows of a sheet: their number, and their cells by column."""

    def __init__(
        self, parts: WorkbookParts, sheet: SheetPart, *, date_format: str | None, decimal: str | None
    ) -> None:
        self._parts = parts
        self._sheet = sheet
        self._date_format = date_format
        self._decimal = decimal
        self._rows: list[tuple[int, dict[int, SheetCell]]] = []
        self._row = self._column = 0
        self._cells: dict[int, SheetCell] = {}
        self._cell: dict[str, str] | None = None
        self._value: list[str] = []
        self._inline: list[str] = []
        self._formula = False
        self._within = ""
        self._aside = self._struck = self._raised = False
        self._fetching: list[str] = []
        self._shared = ""
        self._fetched: dict[str, bool] = {}

    def __iter__(self) -> Iterator[tuple[int, dict[int, SheetCell]]]:
        """Rows that have a cell, as a stream: the parser is fed a piece at a time."""
        events = XmlEvents(self._start, self._end, self._words)
        with self._parts.open(self._sheet.part) as stream:
            for _ in events.steps(stream):
                yield from self._rows
                self._rows.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match local(name):
            case "row":
                given = attributes.get("r", "")
                self._row = (
                    int(given) if given.isascii() and given.isdigit() and len(given) < 8 else self._row + 1
                )
                self._column, self._cells = 0, {}
            case "c":
                place = place_of(attributes.get("r", ""))
                self._column = place[1] if place else self._column + 1
                if self._column > LAST_COLUMN or self._row > LAST_ROW:
                    raise declined(
                        "workbook.malformed",
                        key=self._sheet.name,
                        problem=f"a cell outside of the sheet ({attributes.get('r', '')[:20]})",
                    )
                self._cell, self._value, self._inline = attributes, [], []
                self._struck = False
                self._formula = False
            case "v" | "t" | "f" as part:
                self._within = "" if self._aside else part
                if part == "f":
                    self._formula, self._fetching = True, []
                    self._shared = attributes.get("si", "") if attributes.get("t") == "shared" else ""
                if part == "t" and self._raised and not self._struck and any(map(str.strip, self._inline)):
                    self._inline.append("^")
            case "rPh":
                self._aside = True
            case "r" | "is" | "strike" | "vertAlign":
                self._struck = strikes(name, attributes, self._struck)
                self._raised = raises(name, attributes, self._raised)

    def _end(self, name: str) -> None:
        match local(name):
            case "row":
                if self._cells:
                    self._rows.append((self._row, self._cells))
            case "c":
                if self._cell is not None and (cell := self._made(self._cell)) is not None:
                    self._cells[self._column] = cell
                self._cell = None
            case "rPh":
                self._aside = False
            case "v" | "t" | "f":
                self._within = ""

    def _words(self, text: str) -> None:
        if self._cell is None:
            return
        if self._within == "v":
            self._value.append(text)
        elif self._within == "f":
            self._fetching.append(text[:400])
        elif self._within == "t" and not self._struck:
            self._inline.append(text)

    def _made(self, attributes: dict[str, str]) -> SheetCell | None:
        kind, raw = attributes.get("t", "n"), "".join(self._value).strip()
        style = self._parts.style(attributes.get("s", "0"))
        if self._formula and not raw and not self._inline and kind != "str":
            return SheetCell("", remark="formula")
        cell = self._typed(kind, raw, style.form)
        if cell is None or not (cell.text or cell.remark):
            return None
        if self._formula and kind == "n" and raw in {"0", "0.0"} and self._fetches():
            return SheetCell("", remark="empty", shown=cell.text[:40])
        cell.computed = self._formula and not cell.remark
        if style.struck and not cell.remark:
            return SheetCell("", remark="struck", shown=cell.text[:40])
        return cell

    def _fetches(self) -> bool:
        """Whether the formula of the cell only fetches what stands in another, where an empty cell gives zero."""
        words = "".join(self._fetching).strip()
        if self._shared and words:
            self._fetched[self._shared] = _FETCHES.match(words) is not None
        return self._fetched.get(self._shared, False) if self._shared else _FETCHES.match(words) is not None

    def _typed(self, kind: str, raw: str, form: Any) -> SheetCell | None:
        match kind:
            case "s":
                at = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else -1
                if at in self._parts.struck_texts:
                    return SheetCell("", remark="struck")
                return (
                    SheetCell(self._parts.texts[at])
                    if 0 <= at < len(self._parts.texts)
                    else SheetCell("", remark="error", shown=f"text {raw[:12]}")
                )
            case "inlineStr":
                return SheetCell(unescaped("".join(self._inline)))
            case "str":
                return SheetCell(unescaped("".join(self._value)))
            case "b":
                return SheetCell("TRUE" if raw in {"1", "true"} else "FALSE") if raw else None
            case "e":
                return SheetCell("", remark="error", shown=raw[:20])
            case "d":
                return SheetCell(raw.removesuffix("T00:00:00"))
        try:
            value = float(raw)
        except ValueError:
            return SheetCell("", remark="error", shown=raw[:20]) if raw else None
        if form.kind == "hidden" and value > 0:
            return SheetCell("", remark="hidden", shown=raw[:20])
        if value != value or value in (float("inf"), float("-inf")):
            return SheetCell("", remark="error", shown=raw[:20])
        text = written(
            value,
            form,
            since_1904=self._parts.since_1904,
            date_format=self._date_format,
            decimal=self._decimal,
        )
        return (
            SheetCell("", remark="day", shown=raw[:20])
            if text is None
            else SheetCell(text, is_number=form.kind == "number" and not form.digits)
        )
