"""The rows of a text file as a stream: delimiter, encoding, comments, several tables stacked in one file."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from proband.exchange.content import Content, check_lines
from proband.exchange.mapping import Mapping
from proband.exchange.report import FileReport, Severity, declined
from proband.terms.answers import NO_WORDS, YES_WORDS

LARGEST_CELL = 16 << 20
#: words for "there is nothing here" that stand for a blank in any table
BLANK = frozenset({"", "n/a", "na", "null", "none", "nan", "-", "."})
#: what cells write for yes and no, single letters and ticks included: in running text these letters would be none
YES_CELLS = YES_WORDS | {"y", "x", "t", "checked"}
NO_CELLS = NO_WORDS | {"n", "f"}
_MOST_BLANK_ROWS = 100_000


def first_row(content: Content, sign: str = ",") -> list[str]:
    """The header of a table: its first row that is neither blank nor a comment."""
    text = _after_separator_line(content.head.decode("utf-8", "replace"))
    if text.lstrip().startswith("#"):  # comment lines before the header
        text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign):
        if any(cell.strip() for cell in row):
            return [cell.strip() for cell in row]
    return []


_SEPARATOR_LINE = re.compile(r"^\s*\"?sep=(.)\"?[,;\t|]*\r?\n?", re.IGNORECASE)


def _after_separator_line(text: str) -> str:
    """A text without the line ``sep=;`` that Excel writes first to say which sign stands between cells."""
    return _SEPARATOR_LINE.sub("", text, count=1)


def delimiter(content: Content) -> str:
    """The sign between cells: the most frequent of comma, semicolon, tab and bar in the first line."""
    declared = _SEPARATOR_LINE.match(content.head.decode("utf-8", "replace"))
    if declared:
        return declared[1]
    first = next(
        (
            line
            for line in content.head.decode("utf-8", "replace").splitlines()
            if line.strip() and not line.startswith("#")
        ),
        "",
    )
    return max(",;\t|", key=lambda each: (first.count(each), each == ","))


Given = tuple[list[str], dict[str, str], str]
GivenList = tuple[list[str], list[str], int]


class Tables:
    """The rows of a text file, with the header each belongs to; several tables may be stacked in one file."""

    def __init__(
        self, content: Content, path: Path, report: FileReport, delimiter: str, mapping: Mapping | None
    ) -> None:
        self._content = content
        self._path = path
        self._report = report
        self._delimiter = delimiter
        self._comment = mapping.comment if mapping else None
        self._headers = (
            [set(each.when.columns) for each in mapping.tables if each.when.columns] if mapping else []
        )
        self._encoding = ""

    def rows(self, *, quiet: bool = False) -> Iterator[Given]:
        """Header, cells by column, position."""
        last: list[str] = []
        whole = False
        for given in self.lists(quiet=quiet):
            if given is None:
                continue
            header, row, line = given
            if header is not last:
                last, whole = header, all(header)
            if whole:
                yield header, dict(zip(header, row, strict=True)), f"line {line}"
            else:
                named = zip(header, row, strict=True)
                yield header, {name: cell for name, cell in named if name}, f"line {line}"

    def lists(self, *, quiet: bool = False) -> Iterator[GivenList | None]:
        """Header, cells in its order, line; ``None`` before something is reported, so that whoever holds rows back keeps the order."""
        report = FileReport("") if quiet else self._report
        header: list[str] = []
        blank = 0
        whole = False  # every column has a name
        stacked = bool(self._headers)
        before: tuple[int, list[str]] = (0, [])
        for line, row in self._lines(report):
            if line - before[0] > 1 and header:
                yield None
                self._check_swallowed(before, len(header), report)
            before = (line, row)
            if whole and not stacked and len(row) == len(header) and row[0].strip():
                blank = 0
                yield header, row, line
                continue
            cells = [cell.strip() for cell in row]
            if not any(cells):
                blank += 1
                if blank > _MOST_BLANK_ROWS:  # a few bytes of an archive may hold them without an end
                    raise declined(
                        "table.csv",
                        line=line,
                        error=f"more than {_MOST_BLANK_ROWS:,} blank rows in succession",
                    )
                continue
            blank = 0
            if line == 1 and not header and _SEPARATOR_LINE.match(self._delimiter.join(row)):
                continue  # sep=; says the delimiter
            if not header or any(each <= set(cells) for each in self._headers):
                yield None
                header = header_of(cells, f"line {line}", report)
                whole = all(header)
                continue
            if len(row) != len(header):
                yield None
                report.find(
                    Severity.ERROR,
                    "table.ragged",
                    f"{len(row)} cells where the header has {len(header)}; the row is not read",
                    f"line {line}",
                    "quote cells that contain the delimiter",
                )
                report.ignore("row", "its number of cells is not that of the header", f"line {line}")
                report.lacking["row whose number of cells is not that of the header"] += 1
                continue
            yield header, row, line
        yield None
        self._check_swallowed(before, len(header), report)

    def _check_swallowed(self, given: tuple[int, list[str]], width: int, report: FileReport) -> None:
        """A cell of several lines that holds what looks like whole rows: a quote was opened and never closed."""
        line, row = given
        inside = [part for cell in row if "\n" in cell for part in cell.split("\n")[1:]]
        swallowed = sum(part.count(self._delimiter) == width - 1 for part in inside) if width > 3 else 0
        if swallowed:
            report.find(
                Severity.ERROR,
                "table.swallowed",
                f"a cell of several lines holds what looks like {swallowed} further row(s)",
                f"line {line}",
                "close the quote that this row opens",
            )
            report.lacking["row that a quote swallowed"] += swallowed

    def _lines(self, report: FileReport) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(LARGEST_CELL)
        if not self._encoding:
            check_lines(self._content)
            self._encoding = _encoding(self._content, report)
        with self._content.open() as raw:
            stream = io.TextIOWrapper(raw, encoding=self._encoding, errors="replace", newline="")
            if self._comment:
                for number, written in enumerate(stream, start=1):
                    text = _without_comment(written, self._comment).rstrip("\r\n")
                    if text.strip():
                        yield number, next(csv.reader([text], delimiter=self._delimiter))
                return
            reader = csv.reader(stream, delimiter=self._delimiter)
            last = 0
            try:
                for row in reader:
                    line, last = last + 1, reader.line_num
                    yield line, row
            except csv.Error as error:
                raise declined("table.csv", line=reader.line_num, error=str(error)) from error


def header_of(cells: list[str], place: str, report: FileReport) -> list[str]:
    """The columns of a table: blank where a name is missing or stands a second time, which is said."""
    header: list[str] = []
    for index, name in enumerate(cells, start=1):
        if not name:
            report.ignore(f"column {index}", "it has no name", place)
            report.find(
                Severity.NOTE, "table.unnamed-column", f"column {index} has no name and is not read", place
            )
        elif name in header:
            report.find(
                Severity.ERROR,
                "table.duplicate-column",
                f"two columns are named {name[:60]!r}; the second is not read",
                place,
            )
            report.ignore(f"column {name[:60]}", "a second column of this name", place)
            report.lacking["second column of one name"] += 1
            name = ""
        header.append(name)
    return header


def _without_comment(line: str, sign: str) -> str:
    """The line without a remark: from the sign on, where it begins the line or follows a blank, outside quotes."""
    quoted = False
    for index, letter in enumerate(line):
        if letter == '"':
            quoted = not quoted
        elif not quoted and line.startswith(sign, index) and (index == 0 or line[index - 1] in " \t"):
            return line[:index].rstrip(" \t")
    return line


def _encoding(content: Content, report: FileReport) -> str:
    if content.encoding != "utf-8":
        return content.encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with content.open() as stream:
        while chunk := stream.read(1 << 20):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line += chunk.count(b"\n", 0, error.start)
                report.find(
                    Severity.WARNING,
                    "text.encoding",
                    "not UTF-8; the file is read as Windows-1252",
                    f"line {line}",
                    "save the file as UTF-8",
                )
                return "cp1252"
            line += chunk.count(b"\n")
    return "utf-8"
