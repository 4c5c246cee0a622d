"""Observables that no criterion reads: asked of people for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_checks import unused
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("observables-unused", "every observable is read by a criterion", severity="warning")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """What :func:`proband.programme.criteria_checks.unused` finds."""
    for finding in unused(programme.eligibility):
        yield LintFinding("eligibility.yaml", finding.path, f"{finding.message}.", finding.mend)
