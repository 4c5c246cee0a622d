"""The figures of a bundle's evidence as they are printed: those of its YAML files and those of its tables, in one form.

What lints of evidence ask of a figure (can a whole number of these people give this percentage, does the interval hold its estimate, do two rows
of one group count the same people) is asked of both alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from proband.programme.bundle import Programme
from proband.programme.checks import FigureCheck, table_check
from proband.programme.documents import Table
from proband.programme.evidence import EvidenceFigure
from proband.terms.yaml12 import KeyPath

#: what the bounds of a figure must be for the estimate to lie between them; a standard deviation or error is no bound
BOUNDS = ("ci95", "ci", "iqr", "range", "stated-range")


@dataclass(frozen=True, slots=True)
class PrintedFigure:
    """One printed figure: where it stands, whose it is, and its numbers.

    ``numbers`` has ``percent`` (where it is a share in per cent), ``value``, ``low``, ``high``, ``events`` and ``n`` as far as they are printed;
    ``printed`` is the share or value with the digits that it has, ``group`` who was counted, ``line`` that of a table, ``check`` its last one.
    """

    file: str
    path: KeyPath
    line: int | None
    numbers: dict[str, float]
    printed: str
    interval: str | None
    estimate: str | None
    group: str | None
    source: str
    level: str
    note: str | None
    check: FigureCheck | None

    @property
    def place(self) -> str:
        """Where it stands: the file with the key of a figure, or with the line of a table."""
        return f"{self.file}#{self.path[-1]}" if self.line is None else f"{self.file}:{self.line}"


def printed_figures(programme: Programme) -> Iterator[PrintedFigure]:
    """Every figure of ``evidence/*.yaml`` and every line of a table that has a source and a number."""
    for name, data in programme.evidence_files():
        for key in data.get("figures") or {}:
            yield _of_yaml(name, key, programme.figures[key])
    for table in programme.tables.values():
        for row, line in zip(table.rows, table.lines, strict=True):
            yield _of_table(table, row, line)


def _of_yaml(name: str, key: str, figure: EvidenceFigure) -> PrintedFigure:
    numbers = {
        k: float(v) for k in ("value", "low", "high", "events", "n") if (v := getattr(figure, k)) is not None
    }
    if figure.unit == "%" and "value" in numbers:
        numbers["percent"] = numbers["value"]
    return PrintedFigure(
        name, ("figures", key), None, numbers, f"{numbers['value']:.12g}" if "value" in numbers else "", figure.interval,
        figure.estimate, figure.group, figure.source, figure.level, figure.note, figure.checked,
    )  # fmt: skip


def _of_table(table: Table, row: dict[str, str | None], line: int) -> PrintedFigure:
    numbers: dict[str, float] = {}
    for column in ("value", "percent", "low", "high", "events", "n"):
        try:
            numbers[column] = float((row.get(column) or "").strip())
        except ValueError:
            continue
    if "value" in numbers and (row.get("unit") or "").strip() == "%":
        numbers.setdefault("percent", numbers["value"])
    printed = (row.get("percent") or row.get("value") or "").strip()
    group = " / ".join(
        text for c in ("cohort", "study", "group", "arm") if (text := (row.get(c) or "").strip())
    )
    check = None
    with suppress(ValueError):  # said by the lint of checks
        check = table_check(row)
    return PrintedFigure(
        table.file, ("percent" if row.get("percent") else "value",), line, numbers, printed,
        row.get("interval") or ("ci95" if {"low", "high"} <= set(numbers) else None), row.get("estimate"), group or None,
        row.get("source") or "", row.get("level") or "", row.get("remark") or row.get("note"),
        check,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class EvidenceChecks:
    """How far the figures of a bundle were held against public text again, by outcome; ``open`` are those that nobody looked up."""

    programme: str
    programme_hash: str
    confirmed: tuple[PrintedFigure, ...]
    corrected: tuple[PrintedFigure, ...]
    not_checkable: tuple[PrintedFigure, ...]
    open: tuple[PrintedFigure, ...]


def evidence_checks(programme: Programme) -> EvidenceChecks:
    """Every printed figure of a programme by what came of its last check."""
    by: dict[str | None, list[PrintedFigure]] = {}
    for figure in printed_figures(programme):
        by.setdefault(figure.check.found if figure.check else None, []).append(figure)
    parts = [tuple(by.get(found, ())) for found in ("confirmed", "corrected", "not-checkable", None)]
    return EvidenceChecks(programme.id, programme.hash, *parts)
