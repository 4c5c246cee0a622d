"""Reading the files of a bundle so that every value remembers its line: YAML 1.2, and CSV by the standard library."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proband.programme.problems import Problem, bundle_problem
from proband.terms import yaml12

#: nobody writes a bundle file of this size by hand; a larger one is refused before it is parsed
LARGEST_FILE = 8 * 1024 * 1024


@dataclass(slots=True)
class Document:
    """One YAML file: its plain values and the line of every key and item.

    ``lines`` maps a key path (tuple of keys and indices) to a 1-based line.
    """

    file: str
    data: Any
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)

    def line_of(self, path: tuple[str | int, ...]) -> int:
        """The line of a key path, or of its nearest ancestor that stands in the file."""
        for length in range(len(path), -1, -1):
            line = self.lines.get(path[:length])
            if line is not None:
                return line
        return 1


@dataclass(slots=True)
class Table:
    """One CSV file: header, rows as dictionaries of text (blank = ``None``), and the line on which each row begins."""

    file: str
    header: list[str]
    rows: list[dict[str, str | None]]
    lines: list[int]


def read_yaml(path: Path, name: str) -> tuple[Document | None, list[Problem]]:
    """Read a YAML 1.2 file (:func:`yaml_document`)."""
    raw, problems = raw_file(path, name)
    return (None, problems) if raw is None else yaml_document(raw, name)


def yaml_document(raw: bytes, name: str) -> tuple[Document | None, list[Problem]]:
    """The document that the bytes of a YAML 1.2 file hold; duplicate keys and tags are refused with their line."""
    text, problems = _text(raw, name)
    if text is None:
        return None, problems
    try:
        data, lines = yaml12.read(text)
    except yaml12.YamlError as error:
        return None, [bundle_problem("bundle.yaml", name, error.line, "", reason=error.reason)]
    if data is None:
        return None, [bundle_problem("bundle.file.empty", name, 1, "")]
    return Document(name, data, lines), []


def csv_table(raw: bytes, name: str) -> tuple[Table | None, list[Problem]]:
    """The table that the bytes of a CSV file hold: comma, UTF-8, one header line; ragged rows and repeated or empty column names are refused."""
    text, problems = _text(raw, name)
    if text is None:
        return None, problems
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[dict[str, str | None]] = []
    lines: list[int] = []
    header: list[str] = []
    last = 0
    try:
        for cells in reader:
            line, last = last + 1, reader.line_num
            if not header:
                header = [cell.strip() for cell in cells]
                repeated = sorted({column for column in header if header.count(column) > 1 or not column})
                if repeated:
                    return None, [
                        bundle_problem("bundle.csv.header", name, line, "header", repeated=repeated)
                    ]
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                row = f"row {len(rows) + 1}"
                problems.append(
                    bundle_problem(
                        "bundle.csv.ragged", name, line, row, cells=len(cells), columns=len(header)
                    )
                )
                continue
            rows.append({column: (cell.strip() or None) for column, cell in zip(header, cells, strict=True)})
            lines.append(line)
    except csv.Error as error:
        return None, [bundle_problem("bundle.csv.quotes", name, reader.line_num or 1, "", error=str(error))]
    if not header:
        return None, [bundle_problem("bundle.csv.empty", name, 1, "")]
    return (None if problems else Table(name, header, rows, lines)), problems


def plain_text(raw: bytes, name: str) -> tuple[str | None, list[Problem]]:
    """The text that the bytes of a file hold: UTF-8, with or without a mark of byte order, line ends as ``\\n`` whatever the editor wrote."""
    text, problems = _text(raw, name)
    return (None if text is None else text.replace("\r\n", "\n").replace("\r", "\n")), problems


def raw_file(path: Path, name: str) -> tuple[bytes | None, list[Problem]]:
    """The bytes of a file that is not too large."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return None, [bundle_problem("bundle.file.large", name, 1, "", size=LARGEST_FILE // 2**20)]
        return path.read_bytes(), []
    except OSError as error:
        return None, [bundle_problem("bundle.file.unreadable", name, 1, "", reason=error.strerror)]


def _text(raw: bytes, name: str) -> tuple[str | None, list[Problem]]:
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        return None, [
            bundle_problem("bundle.file.encoding", name, 1, "", reason=error.reason, byte=error.start)
        ]
