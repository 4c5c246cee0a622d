"""A number of assessors that the record cannot keep: causality is final there when two people have judged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding

#: how many people judge causality in the record (:class:`proband.record.state.AdverseEvent`)
ASSESSORS = 2


@declare(
    "two-assessors",
    "causality is judged by two people, as the record does it: a programme that asks for more would not get them",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Another number than two."""
    asked = programme.safety.grading.assessors
    if asked != ASSESSORS:
        yield LintFinding(
            "safety.yaml",
            ("grading", "assessors"),
            f"the record takes causality as final when {ASSESSORS} people have judged, not {asked}.",
            f"write {ASSESSORS}, and let further people judge outside the record",
            asked,
        )
