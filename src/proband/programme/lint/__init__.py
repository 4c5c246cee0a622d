"""Small checks of a loaded bundle, one per file: contradictions, gaps and promises that nothing keeps.

Every module of this package holds one lint (:mod:`proband.programme.linting`): a function of the programme and the day of
judgement, with the decorator :func:`declare`. They are found by themselves.
"""

from __future__ import annotations

from datetime import date

from proband.programme.bundle import Programme
from proband.programme.linting import LintSet
from proband.programme.problems import Problem

LINTS: LintSet[[Programme, date]] = LintSet(__name__, "lint", "Of a bundle")
declare = LINTS.declare


def run_all(programme: Programme, on: date) -> list[Problem]:
    """Run every lint on a programme as of a day; problems sorted by file and line."""
    return LINTS.run(programme, on)
