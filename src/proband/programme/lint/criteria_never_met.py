"""Criteria that nobody can meet: the limits contradict each other or the plausible range."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_checks import CRITERIA_CHECKS
from proband.programme.lint import Check
from proband.programme.problems import Problem

CHECK = Check("criteria-never-met", "error", CRITERIA_CHECKS["criteria-never-met"][0])


def find(programme: Programme, on: date) -> Iterator[Problem]:
    """What :func:`proband.programme.criteria_checks.never_met` finds."""
    for finding in CRITERIA_CHECKS[CHECK.id][1](programme.eligibility):
        yield CHECK.problem(programme, "eligibility.yaml", finding.path, f"{finding.message}.", finding.mend)
