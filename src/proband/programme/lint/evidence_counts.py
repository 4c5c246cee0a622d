"""A printed percentage of a number of people that no whole number of them gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.evidence import digits_of, whole_number_gives
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.printed import printed_figures


@declare(
    "evidence-counts",
    "a percentage that was read, of people who were counted, is one that a whole number of them gives",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Figures of level read, in per cent of n, that fit no count; one that is no count says so with ``estimate``."""
    for figure in printed_figures(programme):
        percent, n = figure.numbers.get("percent"), figure.numbers.get("n")
        if percent is None or n is None or figure.level != "read" or figure.estimate not in {None, "counted"}:
            continue
        if n >= 1 and not whole_number_gives(percent, n, digits_of(figure.printed)):
            yield LintFinding(
                figure.file,
                figure.path,
                f"no whole number of {n:g} people is {figure.printed} %.",
                "find out what was counted (people, transplants, visits) and of how many, or say with estimate: that it is no count",
                figure.printed,
                line=figure.line,
            )
