"""A row that is said to have been held against its text again, without a day, a text or an outcome that can be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.checks import COLUMNS, table_check
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.printed import PrintedFigure, printed_figures


@declare(
    "evidence-checked",
    "a row that was held against its text again says when, in which text and what came of it, and a corrected one what it was",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Checks that say too little, that lie in the future or before their text, and corrections that changed nothing."""
    for table in programme.tables.values():
        for row, line in zip(table.rows, table.lines, strict=True):
            try:
                table_check(row)
            except ValueError as error:
                cells = ", ".join(f"{c} {row.get(c) or '(empty)'}" for c in COLUMNS)
                yield LintFinding(
                    table.file, ("checked",), f"{error}.", f"fill {', '.join(COLUMNS)}, or none of them", cells, line=line
                )  # fmt: skip
    latest = max(
        on, date.today()
    )  # a bundle may be asked as of an earlier day than its rows were looked up on
    for figure in printed_figures(programme):
        check = figure.check
        if check is None:
            continue
        path = figure.path if figure.line is not None else (*figure.path, "checked")
        source = programme.sources.get(figure.source)
        if check.on > latest:
            yield LintFinding(
                figure.file, path, f"it was looked up on {check.on}, which is to come.", "correct the day", str(check.on), line=figure.line
            )  # fmt: skip
        elif source is not None and source.year is not None and check.on.year < source.year:
            yield LintFinding(
                figure.file, path, f"it was looked up on {check.on}, before {figure.source!r} was published in {source.year}.",
                "correct the day, or the year of the source", str(check.on), line=figure.line,
            )  # fmt: skip
        if check.was is not None and check.was.strip() in _said(figure):
            yield LintFinding(
                figure.file, path, f"it is said to have been corrected, and was {check.was} before.",
                "say what stood there before, or that it was confirmed", check.was, line=figure.line,
            )  # fmt: skip


def _said(figure: PrintedFigure) -> set[str]:
    """The ways in which a row's number may be written now."""
    counted = {"events", "n"} <= set(figure.numbers)
    count = f"{figure.numbers['events']:g} of {figure.numbers['n']:g}" if counted else ""
    return {figure.printed, count} - {""}
