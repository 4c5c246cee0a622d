"""Reading the files of a bundle so that every value remembers its line: YAML by ruamel, CSV by the standard library."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from proband.programme.problems import Problem

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
    """Read a YAML 1.2 file; duplicate keys, tabs and tags are refused with their line."""
    text, problems = _text(path, name)
    if text is None:
        return None, problems
    loader = YAML(typ="rt", pure=True)
    loader.allow_duplicate_keys = False
    try:
        tree = loader.load(text)
    except MarkedYAMLError as error:
        # an unclosed bracket or quote is noticed far below; the mend is where it was opened
        opened = (error.context or "").startswith(("while parsing a flow", "while scanning a quoted"))
        mark = error.context_mark if opened else error.problem_mark or error.context_mark
        line = (mark.line + 1) if mark else 1
        return None, [Problem(name, line, "", f"this is not YAML: {_yaml_reason(error)}.", "correct the line; indent with spaces, quote text with ': '",
                              "bundle.yaml")]  # fmt: skip
    except ReaderError as error:
        line = text.count("\n", 0, error.position or 0) + 1
        return None, [
            Problem(
                name,
                line,
                "",
                f"this is not YAML: {error.reason} (character {error.character:#06x}).",
                "remove the character",
                "bundle.yaml",
            )
        ]
    except (YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        return None, [Problem(name, 1, "", f"this is not YAML: {error}.", "correct the file", "bundle.yaml")]
    if tree is None:
        return None, [
            Problem(
                name,
                1,
                "",
                "the file is empty.",
                "fill it in; `proband schema` shows the keys",
                "bundle.file.empty",
            )
        ]
    document = Document(name, None)
    document.lines[()] = 1
    document.data = _plain(tree, (), document.lines)
    return document, []


def read_csv(path: Path, name: str) -> tuple[Table | None, list[Problem]]:
    """Read a CSV file (comma, UTF-8, one header line); ragged rows and repeated or empty column names are refused."""
    text, problems = _text(path, name)
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
                    return None, [Problem(name, line, "header", f"column names are empty or repeated: {repeated}.",
                                          "give every column its own name", "bundle.csv.header")]  # fmt: skip
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                problems.append(Problem(name, line, f"row {len(rows) + 1}", f"{len(cells)} cells where the header has {len(header)}.",
                                        "quote cells that contain commas; fill missing cells with nothing between commas",
                                        "bundle.csv.ragged"))  # fmt: skip
                continue
            rows.append({column: (cell.strip() or None) for column, cell in zip(header, cells, strict=True)})
            lines.append(line)
    except csv.Error as error:
        return None, [
            Problem(
                name,
                reader.line_num or 1,
                "",
                f"this is not CSV: {error}.",
                "correct the quotes",
                "bundle.csv",
            )
        ]
    if not header:
        return None, [Problem(name, 1, "", "the file is empty.", "write a header line", "bundle.file.empty")]
    return (None if problems else Table(name, header, rows, lines)), problems


def _text(path: Path, name: str) -> tuple[str | None, list[Problem]]:
    try:
        if path.stat().st_size > LARGEST_FILE:
            return None, [
                Problem(
                    name,
                    1,
                    "",
                    f"the file is larger than {LARGEST_FILE // 2**20} MiB.",
                    "split it",
                    "bundle.file.large",
                )
            ]
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, [
            Problem(
                name,
                1,
                "",
                f"the file is not UTF-8 ({error.reason} at byte {error.start}).",
                "save it as UTF-8",
                "bundle.file.encoding",
            )
        ]
    except OSError as error:
        return None, [
            Problem(
                name,
                1,
                "",
                f"the file cannot be read: {error.strerror}.",
                "check the file",
                "bundle.file.unreadable",
            )
        ]
    return text, []


def _yaml_reason(error: MarkedYAMLError) -> str:
    reason = re.sub(r"\s+", " ", f"{error.context or ''} {error.problem or ''}").strip()
    return reason.split("To suppress")[0].strip() or "it does not parse"


def _plain(node: Any, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]) -> Any:
    """Plain dictionaries, lists and scalars of a ruamel tree, noting the line of every child on the way."""
    if isinstance(node, CommentedMap):
        result: dict[str, Any] = {}
        for key, value in node.items():
            child = (*path, str(key))
            try:
                lines[child] = node.lc.key(key)[0] + 1
            except (KeyError, TypeError):
                lines[child] = lines.get(path, 1)
            result[str(key)] = _plain(value, child, lines)
        return result
    if isinstance(node, CommentedSeq):
        items = []
        for index, value in enumerate(node):
            child = (*path, index)
            try:
                lines[child] = node.lc.item(index)[0] + 1
            except (KeyError, TypeError):
                lines[child] = lines.get(path, 1)
            items.append(_plain(value, child, lines))
        return items
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, date):
        return date(node.year, node.month, node.day)
    if isinstance(node, int):
        return int(node)
    if isinstance(node, float):
        return float(node)
    return str(node)
