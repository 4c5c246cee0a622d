"""Outcomes that are measured by an instrument that no visit uses: a slip of the name, or an examination that nobody would hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("instruments-used", "the instrument of every outcome is that of an activity of the schedule")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Instruments that stand in outcomes.yaml alone."""
    used = sorted({activity.instrument for activity in programme.schedule.activities if activity.instrument})
    for index, outcome in enumerate(programme.outcomes.outcomes):
        if outcome.instrument not in used:
            near = get_close_matches(outcome.instrument, used, n=1)
            yield LintFinding(
                "outcomes.yaml",
                ("outcomes", index, "instrument"),
                f"no activity of the schedule uses the instrument {outcome.instrument!r}.",
                f"did you mean {near[0]!r}?"
                if near
                else "name it as the instrument of the activity that measures the outcome, in schedule.yaml",
                outcome.instrument,
            )
