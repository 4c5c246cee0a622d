"""Estimands that leave open, or settle wrongly, what must be fixed before anyone is treated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.estimand_rules import faults
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare(
    "estimands",
    "a typed estimand says what death and every other event means, starts its clock at allocation, and has an outcome that can be made from what is recorded",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Everything that the rules of estimands find."""
    for index, estimand in enumerate(programme.outcomes.estimands):
        for fault in faults(programme, estimand):
            yield LintFinding(
                "outcomes.yaml", ("estimands", index, *fault.path), fault.message, fault.mend, fault.value
            )
