"""Criteria that nobody can pass together, in a pair or in a cohort."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_checks import contradictions
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("criteria-contradict", "somebody can pass all criteria of each cohort")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """What :func:`proband.programme.criteria_checks.contradictions` finds."""
    for finding in contradictions(programme.eligibility):
        yield LintFinding("eligibility.yaml", finding.path, f"{finding.message}.", finding.mend)
