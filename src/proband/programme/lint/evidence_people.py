"""Two rows of one group of one study that count different people, and do not say why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.printed import PrintedFigure, printed_figures


@declare(
    "evidence-people",
    "rows of one group of one study count the same people, or each that differs says in its note whom it counts",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Rows of ``evidence/`` with another n than the largest of their group, and without a note."""
    groups: dict[tuple[str, str], list[PrintedFigure]] = {}
    for figure in printed_figures(programme):
        if figure.file.startswith("evidence/") and figure.group and "n" in figure.numbers:
            groups.setdefault((figure.source, figure.group), []).append(figure)
    for (_, group), figures in groups.items():
        everybody = max(figure.numbers["n"] for figure in figures)
        for figure in figures:
            if figure.numbers["n"] != everybody and not (figure.note or "").strip():
                yield LintFinding(
                    figure.file,
                    figure.path,
                    f"{figure.numbers['n']:g} people are counted here, and {everybody:g} elsewhere in {group}.",
                    "say in the note whom this row counts, or correct n",
                    f"{figure.numbers['n']:g}",
                    line=figure.line,
                )
