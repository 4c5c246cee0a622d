"""Exclusions that shut out everybody whose value is usual: "exclude prothrombin time below 30 s" where above was meant.

A real registry entry has that error. Where an inclusion asks for the range, :mod:`.criteria_inverted` finds it; this check
finds it where nothing else mentions the analyte.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.eligibility import CriterionKind, MeasuredNumber, Multiple, Observable
from proband.programme.expression import Not
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.satisfiability import Undecided, solve
from proband.programme.value_range import Range, domain
from proband.terms import TermError, convert

#: LOINC code → (low, high, unit, analyte). Narrow adult values that no laboratory calls abnormal, chosen by us (level:
#: inference) only to ask "did you mean the other way round?"; they judge no person and appear on no page.
USUAL: dict[str, tuple[float, float, str, str | None]] = {
    "5902-2": (11.5, 13.0, "s", None),
    "6301-6": (0.95, 1.05, "1", None),
    "5895-7": (0.95, 1.05, "1", None),
    "777-3": (200.0, 300.0, "10*9/L", None),
    "26515-7": (200.0, 300.0, "10*9/L", None),
    "6690-2": (5.0, 8.0, "10*9/L", None),
    "718-7": (13.5, 14.5, "g/dL", None),
    "1975-2": (0.4, 0.9, "mg/dL", "bilirubin"),
    "1751-7": (4.0, 4.5, "g/dL", None),
    "2160-0": (0.7, 0.9, "mg/dL", "creatinine"),
    "38483-4": (0.7, 0.9, "mg/dL", "creatinine"),
    "2951-2": (138.0, 142.0, "mmol/L", "sodium"),
    "2947-0": (138.0, 142.0, "mmol/L", "sodium"),
    "1742-6": (15.0, 25.0, "U/L", None),
    "1920-8": (15.0, 25.0, "U/L", None),
}


@declare("criteria-usual-range", "no exclusion shuts out everybody with a usual value")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Exclusions that hold for every usual value of an analyte, whatever else is true of the person."""
    eligibility = programme.eligibility
    for number, criterion in enumerate(eligibility.criteria):
        if criterion.kind is not CriterionKind.EXCLUDE:
            continue
        expression = eligibility.expressions[criterion.id]
        everything = {name: domain(eligibility.signatures[name]) for name in expression.names}
        for name in expression.names:
            usual = _usual(eligibility.by_id[name])
            if usual is None:
                continue
            try:
                passes = solve(Not(expression.root), {**everything, name: usual})
            except Undecided:
                continue
            if passes is None:
                low, high = usual.low, usual.high
                yield LintFinding(
                    "eligibility.yaml",
                    ("criteria", number, "when"),
                    f"{criterion.id} excludes everybody whose {name} is usual ({low:g} to {high:g} {eligibility.by_id[name].result_unit or ''}).",
                    "is the comparison the wrong way round?",
                    criterion.when,
                )


def _usual(observable: Observable) -> Range | None:
    """The usual values of an observable, where its value is one of the analyte or a multiple of its upper limit."""
    if isinstance(observable, Multiple) and not observable.baseline and not observable.never_negative:
        return Range(0.4, 0.9)  # below the upper limit of normal, by definition
    if (
        not isinstance(observable, MeasuredNumber)
        or observable.never_negative  # the distance of several values is no value
        or observable.unit is None
    ):
        return None
    for concept in observable.codes:
        if concept.system == "LOINC" and concept.code in USUAL:
            low, high, unit, analyte = USUAL[concept.code]
            try:
                named = analyte or observable.analyte
                return Range(
                    convert(low, unit, observable.unit, named), convert(high, unit, observable.unit, named)
                )
            except TermError:
                return None
    return None
