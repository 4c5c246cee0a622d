"""Limits outside the plausible range of their observable: a slip of unit or of a decimal point."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_checks import outside_plausible
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare(
    "criteria-plausible", "limits lie within the plausible range of their observable", severity="warning"
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """What :func:`proband.programme.criteria_checks.outside_plausible` finds."""
    for finding in outside_plausible(programme.eligibility):
        yield LintFinding("eligibility.yaml", finding.path, f"{finding.message}.", finding.mend)
