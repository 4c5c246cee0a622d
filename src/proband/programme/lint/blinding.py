"""Roles: no programme runs on one person, and whoever assesses blindly must not also treat."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("blinding", "an outcome said to be assessor-blinded needs a masked assessor")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Outcomes that claim a blinding which the masking does not give."""
    masked = {item.role for item in programme.head.masking if item.masked}
    for index, outcome in enumerate(programme.outcomes.outcomes):
        if outcome.blinding == "assessor-blinded" and "assessor" not in masked:
            yield LintFinding(
                "outcomes.yaml",
                ("outcomes", index, "blinding"),
                f"{outcome.id} is said to be assessor-blinded, but programme.yaml masks no assessor.",
                "mask the assessor, or say unblinded",
                outcome.blinding,
            )
