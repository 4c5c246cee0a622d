"""Outcomes that no visit measures: promised at a visit that does not exist, or by an instrument that nobody uses there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare("outcomes-measured", "every outcome is measured by an activity at every visit that it names")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Outcomes and co-interventions whose visits are unknown or have no activity that feeds them."""
    activities = {activity.id: activity for activity in programme.schedule.activities}
    visits = {visit.id: visit for visit in programme.schedule.visits}

    def measured(visit_id: str, what: str, instrument: str | None) -> bool:
        for name in visits[visit_id].activities:
            activity = activities.get(name)
            if activity and (
                what in activity.measures or (instrument is not None and activity.instrument == instrument)
            ):
                return True
        return False

    entries: list[tuple[str, int, str, str | None, list[str], str]] = [("outcomes", index, item.id, item.instrument, item.timepoints, "timepoints")
               for index, item in enumerate(programme.outcomes.outcomes)]  # fmt: skip
    entries += [("co_interventions", index, item.id, None, item.measured_at, "measured_at")
                for index, item in enumerate(programme.outcomes.co_interventions)]  # fmt: skip
    for section, index, id, instrument, timepoints, key in entries:
        for position, visit_id in enumerate(timepoints):
            path = (section, index, key, position)
            if visit_id not in visits:
                yield LintFinding(
                    "outcomes.yaml",
                    path,
                    f"{id} is measured at {visit_id!r}, which is not a visit.",
                    f"use one of: {', '.join(visits)}",
                    visit_id,
                )
            elif not measured(visit_id, id, instrument):
                yield LintFinding(
                    "outcomes.yaml",
                    path,
                    f"nothing at visit {visit_id} measures {id}.",
                    f"add an activity that measures {id} to the visit in schedule.yaml",
                    visit_id,
                )
