"""Quantities that criteria read without limits of what can be: a slip of the unit or of a decimal point would count as a result."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.criteria_checks import read_by_criteria
from proband.programme.eligibility import MeasuredNumber, Multiple
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.terms.plausible import limits


@declare(
    "plausible-missing", "a quantity that a criterion reads has limits of what can be", severity="warning"
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Measured quantities in use with neither ``plausible`` nor LOINC codes that all have limits of their own."""
    known = limits()
    used = read_by_criteria(programme.eligibility)
    for index, o in enumerate(programme.eligibility.observables):
        if not isinstance(o, MeasuredNumber | Multiple) or o.id not in used or o.plausible is not None:
            continue
        coded = [code for system, code in o.code_keys if system == "LOINC"]
        if coded and all(code in known for code in coded):
            continue
        yield LintFinding(
            "eligibility.yaml",
            ("observables", index, "id"),
            f"{o.id} is a quantity that a criterion reads, and nothing bounds it: any number counts.",
            "write plausible with low, high, unit, source and level",
            o.id,
        )
