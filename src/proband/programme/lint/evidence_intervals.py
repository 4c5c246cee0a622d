"""An interval that does not hold the estimate that it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.printed import BOUNDS, printed_figures


@declare("evidence-intervals", "the interval of a printed figure holds the figure")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Figures that lie outside their own bounds; a spread (standard deviation or error) is no bound."""
    for figure in printed_figures(programme):
        middle = figure.numbers.get("percent", figure.numbers.get("value"))
        if middle is None or figure.interval not in BOUNDS:
            continue
        low, high = figure.numbers.get("low", middle), figure.numbers.get("high", middle)
        if not low <= middle <= high:
            yield LintFinding(
                figure.file,
                figure.path,
                f"{figure.printed} lies outside its own interval, {low:g} to {high:g}.",
                "read all three again in the source",
                figure.printed,
                line=figure.line,
            )
