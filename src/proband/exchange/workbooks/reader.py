"""Sheets to facts by the mapping that reads CSV; what is not read of a sheet is said with sheet and cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from proband.exchange.mapping import Mapping
from proband.exchange.readers import FileAtHand, reader
from proband.exchange.remarks import takes_back
from proband.exchange.report import Declined, FileReport, Severity, declined
from proband.exchange.rows.files import read_given
from proband.exchange.rows.tables import Given, header_of
from proband.exchange.workbooks.parts import SheetPart, WorkbookParts, is_workbook, opened
from proband.exchange.workbooks.sheets import (
    SheetCell,
    SheetLayout,
    SheetRows,
    column_letters,
    layout_of,
)
from proband.facts.observation import Observation

#: rows among which the header is looked for: titles and remarks stand above it
_ABOVE_HEADER = 50
_REMARKS: dict[str, tuple[str, Severity, str, str]] = {
    "error": ("sheet.error", Severity.WARNING, "holds the error {shown}: nothing is read from it", "mend the formula, or leave the cell empty"),
    "formula": ("sheet.formula", Severity.WARNING, "holds a formula that was never computed: nothing is read from it", "open the workbook in Excel and save it"),
    "struck": ("sheet.struck", Severity.WARNING, "is struck through ({shown!r}): it counts as withdrawn", "clear the cell, or take the line away"),
    "day": ("sheet.day", Severity.WARNING, "is formatted as a day, and {shown} is none", "write the day again"),
    "empty": ("sheet.empty-reference", Severity.WARNING, "holds a formula that gives 0 where the cell that it fetches is empty: nothing is read from it", "write the value into the cell"),
    "hidden": ("sheet.hidden-number", Severity.WARNING, "holds {shown}, which its format does not show: nothing is read from it", "clear the cell, or give it another format"),
}  # fmt: skip


#: the column that a sheet has besides, where remarks on its cells take them back
_ON_CELLS = "remarks on cells"


def _read_by(mapping: Mapping | None) -> set[str]:
    """The columns that a mapping reads."""
    if mapping is None:
        return set()
    rules = (mapping.whole, *mapping.tables)
    return {mapping.subject} | {each for rule in rules for each in rule.used_columns()}


class SheetTable:
    """One sheet as a table: header, cells by column, position."""

    def __init__(self, parts: WorkbookParts, sheet: SheetPart, mapping: Mapping | None) -> None:
        self._parts = parts
        self._sheet = sheet
        self._mapping = mapping
        self._wanted = (
            [set(each.when.columns) for each in mapping.tables if each.when.columns] if mapping else []
        )
        if mapping is not None:
            self._wanted.append({mapping.subject_of or mapping.subject})
        self.layout: SheetLayout = layout_of(parts, sheet)
        #: row → what remarks on its cells say that takes them back
        self._taken_back = {
            row: f"{place}: {words}"
            for (place, row), words in (parts.words_on(sheet) if parts.remarks else {}).items()
            if takes_back(words)
        }
        self._read_columns = _read_by(mapping)

    def first_rows(self) -> list[tuple[int, list[str]]]:
        """The first rows that hold something: their number and their texts."""
        found: list[tuple[int, list[str]]] = []
        for number, cells in self._rows(FileReport("")):
            texts = [cells[at].text.strip() if at in cells else "" for at in range(1, max(cells) + 1)]
            if any(texts):
                found.append((number, texts))
            if len(found) >= _ABOVE_HEADER:
                break
        return found

    def header_row(self) -> tuple[int, list[str]] | None:
        """Number and texts of the header: the first row with the columns that the mapping names, else the first at all."""
        rows = self.first_rows()
        return next(
            (each for each in rows if any(wanted <= set(each[1]) for wanted in self._wanted)),
            rows[0] if rows else None,
        )

    def rows(self, begin: int, report: FileReport) -> Iterator[Given]:
        """The rows below the header."""
        header: list[str] = []
        whole: list[str] = []
        kinds: Counter[str] = Counter()
        subject = self._mapping.subject if self._mapping else ""
        for number, cells in self._rows(report):
            if number < begin:
                report.ignore("row", "it stands above the header", f"{self._sheet.name}!A{number}")
                continue
            texts = [
                cells[at].text.strip() if at in cells else "" for at in range(1, max(cells, default=0) + 1)
            ]
            if not any(texts):
                continue
            if number == begin or any(wanted <= set(texts) for wanted in self._wanted):
                header = header_of(texts, f"{self._sheet.name}!A{number}", report)
                whole = [*header, _ON_CELLS] if self._taken_back else header
                continue
            for at, cell in cells.items():
                if (
                    cell.remark in {"error", "day"}
                    and at <= len(header)
                    and header[at - 1] in self._read_columns
                ):
                    report.lacking["cell that holds an error, or a day that there is not"] += 1
            beyond = [at for at in cells if at > len(header) and cells[at].text.strip()]
            for at in beyond:
                report.ignore(
                    "cell", "it stands beside the table: its column has no name", self._cell(at, number)
                )
            row = {
                name: cells[at].text if at in cells else "" for at, name in enumerate(header, start=1) if name
            }
            at = header.index(subject) + 1 if subject in header else 0
            if at and at in cells and cells[at].text.strip():
                padded = not cells[at].is_number and cells[at].text.strip().startswith("0")
                kinds["numbers" if cells[at].is_number else "padded" if padded else "texts"] += 1
            if whole is not header:
                row[_ON_CELLS] = self._taken_back.get(number, "")
            yield whole, row, f"{self._sheet.name} row {number}"
        if kinds["numbers"] and kinds["padded"]:
            report.find(
                Severity.WARNING, "sheet.ids", f"ids under {subject!r} are numbers in {kinds['numbers']} rows and texts with leading zeros in {kinds['padded']}: "
                "a number has lost its zeros, and one person may have two ids", self._sheet.name, "format the column as text and enter the ids again",
            )  # fmt: skip

    def _cell(self, column: int, row: int) -> str:
        return f"{self._sheet.name}!{column_letters(column)}{row}"

    def _rows(self, report: FileReport) -> Iterator[tuple[int, dict[int, SheetCell]]]:
        """Rows in which a merged column of cells says the same in each of its rows; what is strange of a cell is said."""
        mapping = self._mapping
        running: dict[int, tuple[int, SheetCell]] = {}
        computed = 0
        for number, cells in SheetRows(
            self._parts,
            self._sheet,
            date_format=mapping.date_format if mapping else None,
            decimal=mapping.decimal if mapping else None,
        ):
            for column, cell in cells.items():
                computed += cell.computed
                if cell.remark:
                    code, severity, words, mend = _REMARKS[cell.remark]
                    place = self._cell(column, number)
                    report.find(severity, code, f"{place} {words.format(shown=cell.shown)}", place, mend)
                    report.ignore(
                        "cell", words.partition(" (")[0].partition(":")[0].format(shown=cell.shown), place
                    )
                    if cell.remark == "formula":
                        report.lacking["formula that was never computed"] += 1
            for column, (last, cell) in list(running.items()):
                if number > last:
                    del running[column]
                elif column not in cells:
                    cells[column] = cell
            for column, last in self.layout.merged_down.get(number, {}).items():
                if column in cells:
                    running[column] = (last, cells[column])
            yield number, cells
        if computed:
            report.find(
                Severity.NOTE,
                "sheet.computed",
                f"{computed} cells hold formulas: the values are those of the last computation",
                self._sheet.name,
            )


def _sheet(file: FileAtHand, parts: WorkbookParts, sheet: SheetPart) -> Iterator[Observation]:
    report = file.report
    table = SheetTable(parts, sheet, file.mapping)
    found = table.header_row()
    if found is None:
        report.ignore(f"sheet {sheet.name}", "it is empty", "")
        return
    if sheet.hidden:
        report.find(
            Severity.NOTE, "sheet.hidden", "the sheet is hidden, and was read like the others", sheet.name
        )
    if table.layout.hidden_rows or table.layout.hidden_columns:
        columns = ", ".join(
            f"{column_letters(a)}:{column_letters(b)}" for a, b in table.layout.hidden_columns[:8]
        )
        report.find(
            Severity.NOTE, "sheet.hidden", f"{table.layout.hidden_rows} hidden rows and the hidden columns {columns or '(none)'} were read like the others", sheet.name
        )  # fmt: skip
    if table.layout.merged_across:
        report.find(
            Severity.NOTE, "sheet.merged", f"{len(table.layout.merged_across)} merged areas span several columns; their value stands in the first: {', '.join(table.layout.merged_across[:5])}",
            sheet.name,
        )  # fmt: skip
    begin, header = found
    yield from read_given(file, [each for each in header if each], lambda: table.rows(begin, report))


@reader(
    "Excel workbook",
    "binary",
    looks=lambda file: file.content.head.startswith(b"PK\x03\x04") and is_workbook(file.content),
)
def read_workbook(file: FileAtHand) -> Iterator[Observation]:
    """Facts of the sheets of a workbook; a sheet that no rule fits is named, and then nothing is complete."""
    refused: list[Declined] = []
    done = 0
    named = set(file.mapping.ignore) if file.mapping else set()
    with opened(file.content) as parts:
        for sheet in parts.sheets:
            if sheet.name in named:
                file.report.ignore(f"sheet {sheet.name}", "named under ignore in the mapping", "")
                continue
            try:
                yield from _sheet(file, parts, sheet)
                done += 1
            except Declined as error:
                refused.append(error)
                file.report.lack(
                    error.code,
                    f"the sheet {sheet.name!r} is not read: {error.message}",
                    sheet.name,
                    error.mend,
                    f"sheet {sheet.name}",
                )
        if parts.remarks:
            file.report.ignore("remarks on cells", "free text", "", parts.remarks)
    file.report.format = "Excel workbook"
    if refused and not done:
        file.report.lacking.clear()
        raise refused[0]
    if not done and not named:
        raise declined("workbook.malformed", problem="it has no sheet")
