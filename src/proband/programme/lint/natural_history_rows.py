"""Rows of a table that answers outcomes by itself: the columns of its kind are there, and every number can be what it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.documents import Table
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.natural_history import KIND_COLUMNS, TIME_UNITS, NaturalHistoryFile, TableAnswer

_MEASURES = ("free", "median", "hazard")
_MORE_THAN_NOTHING = ("n", "person_time", "sd", "sd_start", "sd_end")


@declare("natural-history-rows", "the rows of a table that answers an outcome are complete and possible")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Columns that are missing, units that are no time, numbers that cannot be."""
    for name, described in programme.natural_history.items():
        table = programme.tables.get(f"natural_history/{name}.csv")
        for outcome, answer in described.answers.items():
            if table is not None:
                yield from _columns(name, outcome, described, answer, table)
                for row, line in zip(table.rows, table.lines, strict=True):
                    yield from _row(table, row, line, answer)


def _columns(
    name: str, outcome: str, described: NaturalHistoryFile, answer: TableAnswer, table: Table
) -> Iterator[LintFinding]:
    file, path = f"natural_history/{name}.yaml", ("answers", outcome)
    needed = ["cohort", *KIND_COLUMNS[answer.kind], *answer.strata]
    absent = [column for column in needed if column not in table.header]
    if "percent" in table.header and answer.kind == "share":
        absent = [column for column in absent if column not in {"n", "events"}]
    if absent:
        yield LintFinding(
            file,
            path,
            f"the table has no column {' and no column '.join(absent)}, which rows of kind {answer.kind} have.",
            "add it to the table",
            answer.kind,
        )
    timed = "person_time" if answer.kind == "counts" else "time"
    unit = described.columns[timed].unit if timed in described.columns else None
    if unit not in TIME_UNITS:
        yield LintFinding(
            file, ("columns", timed), f"the unit of {timed} is {unit or 'not given'}.", f"give one of {', '.join(TIME_UNITS)}", unit or ""
        )  # fmt: skip


def _row(table: Table, row: dict[str, str | None], line: int, answer: TableAnswer) -> Iterator[LintFinding]:
    numbers: dict[str, float] = {}
    for column in ("time", "n", "events", "percent", "value", "low", "high", "mean", "sd", "sd_start", "sd_end",
                   "correlation", "person_time", "dispersion", "period_from", "period_to", "published"):  # fmt: skip
        text = (row.get(column) or "").strip()
        if not text:
            continue
        try:
            numbers[column] = float(text)
        except ValueError:
            yield _wrong(table, line, column, text, "is not a number", "write the number alone")
    for column, why in _impossible(numbers, (row.get("measure") or "").strip(), answer):
        yield _wrong(
            table,
            line,
            column,
            f"{numbers.get(column, row.get(column))}",
            why,
            "correct the figure, or leave it out",
        )
    if answer.kind == "time-to-event" and (row.get("measure") or "").strip() not in _MEASURES:
        yield _wrong(
            table, line, "measure", row.get("measure") or "", "is no measure", f"use {', '.join(_MEASURES)}"
        )


def _impossible(numbers: dict[str, float], measure: str, answer: TableAnswer) -> Iterator[tuple[str, str]]:
    percents = ["percent"]
    if answer.kind == "time-to-event" and measure == "free":
        percents += ["value", "low", "high"]
    elif answer.kind == "share":
        percents += ["low", "high"]
    for column in percents:
        if not 0 <= numbers.get(column, 0.0) <= 100:
            yield column, "is no percentage"
    for column in _MORE_THAN_NOTHING:
        if numbers.get(column, 1.0) <= 0:
            yield column, "must be more than nothing"
    for column in ("time", "events", "dispersion"):
        if numbers.get(column, 0.0) < 0:
            yield column, "cannot be less than nothing"
    if answer.kind == "share" and numbers.get("events", 0.0) > numbers.get("n", numbers.get("events", 0.0)):
        yield "events", f"is more than the {numbers['n']:g} people"
    if answer.kind == "share" and {"events", "n", "percent"} <= set(numbers):
        share = 100 * numbers["events"] / numbers["n"] if numbers["n"] else 0.0
        if abs(share - numbers["percent"]) > 1.0:
            yield "percent", f"is not {numbers['events']:g} of {numbers['n']:g} ({share:.1f} %)"
    if not -1 <= numbers.get("correlation", 0.0) <= 1:
        yield "correlation", "must lie between -1 and 1"
    middle = numbers.get("value", numbers.get("percent"))
    if middle is not None and not numbers.get("low", middle) <= middle <= numbers.get("high", middle):
        yield "low", "must not be above the figure, nor the upper limit below it"


def _wrong(table: Table, line: int, column: str, value: str, why: str, mend: str) -> LintFinding:
    return LintFinding(table.file, (column,), f"{value!r} {why}.", mend, value, line=line)
