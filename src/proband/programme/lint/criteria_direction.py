"""Wordings that say one direction of a scale while the expression takes the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_words import directions
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("criteria-direction", "wording and comparison of a scale point the same way")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """What :func:`proband.programme.criteria_words.directions` finds."""
    for finding in directions(programme.eligibility):
        yield LintFinding("eligibility.yaml", finding.path, f"{finding.message}.", finding.mend)
