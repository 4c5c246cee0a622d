"""Visits planned beyond the promised follow-up, a schedule without baseline, doses without a visit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare(
    "schedule-reach",
    "there is a baseline before the first dose, and no visit lies beyond the promised follow-up",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Schedules without a baseline visit, and visits later than the follow-up."""
    follow_up_days = programme.schedule.long_term_follow_up.years * 365.25
    baseline = False
    for index, visit in enumerate(programme.schedule.visits):
        after_dose = visit.anchor in {"first-dose", "last-dose"}
        baseline |= not after_dose or visit.target_day < 0
        if after_dose and visit.span[0] > follow_up_days:
            yield LintFinding(
                "schedule.yaml",
                ("visits", index, "offset"),
                f"visit {visit.id} opens on day {visit.span[0]:g}, after the follow-up ends (day {follow_up_days:g}).",
                "lengthen the follow-up, or drop the visit",
                visit.offset,
            )
    if not baseline:
        yield LintFinding(
            "schedule.yaml",
            ("visits",),
            "no visit lies before the first dose: there is no baseline.",
            "add a visit before the first dose",
        )
