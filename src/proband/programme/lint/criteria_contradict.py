"""Criteria that nobody can pass together, in a pair or in a cohort."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_checks import CRITERIA_CHECKS
from proband.programme.lint import Check
from proband.programme.problems import Problem

CHECK = Check("criteria-contradict", "error", CRITERIA_CHECKS["criteria-contradict"][0])


def find(programme: Programme, on: date) -> Iterator[Problem]:
    """What :func:`proband.programme.criteria_checks.contradictions` finds."""
    for finding in CRITERIA_CHECKS[CHECK.id][1](programme.eligibility):
        yield CHECK.problem(programme, "eligibility.yaml", finding.path, f"{finding.message}.", finding.mend)
