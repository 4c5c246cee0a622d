"""Exclusions that shut out the whole range an inclusion asks for: the comparison is the wrong way round."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_checks import inverted
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("criteria-inverted", "no exclusion shuts out the whole range that an inclusion asks for")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """What :func:`proband.programme.criteria_checks.inverted` finds."""
    for finding in inverted(programme.eligibility):
        yield LintFinding("eligibility.yaml", finding.path, f"{finding.message}.", finding.mend)
