"""Limits on a number whose observable states no unit: 40 of what?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_checks import limits_without_unit
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("criteria-unit", "every numeric limit has a unit")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """What :func:`proband.programme.criteria_checks.limits_without_unit` finds."""
    for finding in limits_without_unit(programme.eligibility):
        yield LintFinding("eligibility.yaml", finding.path, f"{finding.message}.", finding.mend)
