"""Plain words of criteria whose numbers are not those of the criterion: a family reads the words, the record reads the limit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_words import plain_numbers
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("criteria-plain", "numbers in the plain words of a criterion are those of the criterion")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """What :func:`proband.programme.criteria_words.plain_numbers` finds."""
    for finding in plain_numbers(programme.eligibility):
        yield LintFinding("eligibility.yaml", finding.path, f"{finding.message}.", finding.mend)
