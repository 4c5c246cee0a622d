"""Criteria that everybody meets: an exclusion that empties the programme, an inclusion that asks nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_checks import never_fails
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("criteria-never-fail", "no criterion is met by everyone")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """What :func:`proband.programme.criteria_checks.never_fails` finds."""
    for finding in never_fails(programme.eligibility):
        yield LintFinding("eligibility.yaml", finding.path, f"{finding.message}.", finding.mend)
