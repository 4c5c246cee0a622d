"""A bundle with one value changed at the very place where it is written: everything else, and every line, stays as it is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import yaml

from proband.cli.checking import whole_check
from proband.programme import Programme, locate
from proband.programme.problems import Problem

Path_ = tuple[str | int, ...]

#: a number of an expression, a window or a time in words: no part of a name (C4), of a date, or of a longer number
_INSIDE = re.compile(r"(?<![\w.'-])\d+(?:\.\d+)?(?![\w.'-])")


@dataclass(frozen=True)
class Spot:
    """One scalar of a file: where it stands in the text of the file, and what it says. ``line`` counts from 1; of a table the row's."""

    file: str
    path: Path_
    start: int
    end: int
    text: str
    line: int
    plain: bool = True

    @property
    def kind(self) -> str:
        """The key path without the places in lists and the names of rows: what kind of value it is."""
        steps = ["[]" if isinstance(step, int) else step for step in self.path]
        if self.file.startswith("evidence/") and steps[:1] == ["figures"]:
            steps[1] = "*"
        if self.file.startswith(("evidence/", "natural_history/")) and self.file.endswith(".yaml"):
            return f"{self.file.split('/')[0]}:{'.'.join(steps)}"
        return f"{self.file}:{'.'.join(steps)}"


def spots(folder: Path) -> Iterator[Spot]:
    """Every scalar of the YAML files of a bundle, and every cell of its tables."""
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        text = file.read_text(encoding="utf-8") if file.suffix in {".yaml", ".csv"} else ""
        if file.suffix == ".yaml":
            yield from _scalars(name, yaml.compose(text, Loader=yaml.CSafeLoader), (), text)
        elif file.suffix == ".csv":
            yield from _cells(name, text)


def _scalars(file: str, node: yaml.Node | None, path: Path_, text: str) -> Iterator[Spot]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(file, value, (*path, key.value), text)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _scalars(file, value, (*path, index), text)
    elif isinstance(node, yaml.ScalarNode):
        start, end = node.start_mark.index, node.end_mark.index
        yield Spot(
            file, path, start, end, text[start:end], node.start_mark.line + 1, node.style in (None, "")
        )


def _cells(file: str, text: str) -> Iterator[Spot]:
    """Cells that are written without quotes, which numbers are."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    header, offset = rows[0], 0
    for number, (line, cells) in enumerate(zip(text.splitlines(keepends=True), rows, strict=False), start=1):
        place = offset
        if number > 1:
            for column, raw in zip(header, _raw_cells(line.rstrip("\r\n")), strict=False):
                yield Spot(file, (number, column), place, place + len(raw), raw, number)
                place += len(raw) + 1
        offset += len(line)
        if len(cells) != len(header):  # a cell with a line break: rows and lines no longer agree
            return


def _raw_cells(line: str) -> list[str]:
    return re.findall(r'(?:^|(?<=,))("(?:[^"]|"")*"|[^,]*)(?=,|$)', line)


def inside(spot: Spot) -> Iterator[Spot]:
    """The numbers that stand inside a text (an expression), each as a spot of its own."""
    for found in _INSIDE.finditer(spot.text):
        yield replace(spot, start=spot.start + found.start(), end=spot.start + found.end(), text=found[0])


class Bench:
    """A copy of a bundle in which one value at a time is changed; it is put back by itself."""

    def __init__(self, bundle: str | Path, folder: Path) -> None:
        import shutil

        self.folder = Path(shutil.copytree(locate(bundle), folder))
        self.bundle = str(bundle)

    def changed(
        self, spot: Spot, to: str, *, on: date | None = None
    ) -> tuple[list[Problem], Programme | None]:
        """What is wrong with the bundle, and the programme where it loads, with ``to`` at a spot."""
        file = self.folder / spot.file
        before = file.read_text(encoding="utf-8")
        assert before[spot.start : spot.end] == spot.text, (spot, before[spot.start : spot.end])
        try:
            file.write_text(before[: spot.start] + to + before[spot.end :], encoding="utf-8")
            report = whole_check(self.folder, on, pages=False)
        finally:
            file.write_text(before, encoding="utf-8")
        return list(report.problems), report.programme
