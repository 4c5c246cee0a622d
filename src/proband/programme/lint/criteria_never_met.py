"""Criteria that nobody can meet: the limits contradict each other or the plausible range."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_checks import never_met
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("criteria-never-met", "no criterion is impossible to meet")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """What :func:`proband.programme.criteria_checks.never_met` finds."""
    for finding in never_met(programme.eligibility):
        yield LintFinding("eligibility.yaml", finding.path, f"{finding.message}.", finding.mend)
