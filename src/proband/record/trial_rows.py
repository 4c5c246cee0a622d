"""The record as the table of a trial: people, measurements and events in the one form that analyses read, also of simulated trials.

Nothing is chosen here: everybody who consented stands in it with the arm allocated (``None`` where it is sealed, and where somebody is masked until the study is locked), every score that stands,
and every event with its day. What the events mean for a question says the estimand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proband.analysis.trial_table import WITHDRAWN, trial_row
from proband.record.paged import browse_values
from proband.record.participant import Participant
from proband.record.places import arms_are_told
from proband.record.remembered import remembered_days
from proband.record.state import State


def trial_rows_of(state: State) -> Iterator[dict[str, Any]]:
    """Every row, in the order of participants and entries."""
    told = arms_are_told(state)
    for person in browse_values(state.participants):
        consented = _consented_on(person)
        if consented is None:
            continue
        yield trial_row(
            person.id, "person", consented, number=person.allocation_index, site=person.site,
            form=person.stratum.get("sub-indication"), arm=(person.arm or person.historical.get("arm")) if told else None, text=WITHDRAWN if "data" in person.withdrawn else None,
        )  # fmt: skip
        yield from _events(person)
        for seq, data in person.outcomes.items():
            for score, value in data["scores"].items():
                number = float(value) if isinstance(value, bool | int | float) else None
                yield trial_row(
                    person.id, "measurement", data["on"], name=f"{data['instrument']}:{score}", visit=data["visit"], value=number,
                    text=value if isinstance(value, str) else None, entry=seq,
                )  # fmt: skip


def _consented_on(person: Participant) -> str | None:
    """The day of consent: here, or before the record was begun, then the last day that the source may mean."""
    told = person.historical.get("consented")
    before = remembered_days(told)[1] if told is not None else None
    return before or (person.consented_at[:10] if person.consented_at else None)


def _events(person: Participant) -> Iterator[dict[str, Any]]:
    def event(name: str, on: str | None, entry: str | int = "", text: str | None = None) -> dict[str, Any]:
        return trial_row(person.id, "event", on[:10] if on else None, name=name, entry=entry, text=text)

    yield event("consent", _consented_on(person))
    if person.historical:
        # what was done to them before was judged by nobody here: whoever analyses says what that means for the question
        yield event("taken-over", person.referred_at)
    for name, at in (("allocation", person.allocated_at), ("collection", person.collected_at)):
        if at:
            yield event(name, at)
    if person.given:
        yield event("first-dose", person.given[0].at)
        yield event("last-dose", person.given[-1].at)
    if person.ended:
        name = {"died": "death"}.get(person.ended, person.ended)
        yield event(name, person.ended_at)
    for level, since in sorted(person.withdrawn.items()):
        yield event(f"withdrawn-{level}", since)
    for seq, data in person.milestones.items():
        if data["reached"]:
            yield event(data["milestone"], remembered_days(data["when"])[0], seq, data["when"])
    for seq, data in person.cointerventions.items():
        yield event(data["kind"], data["start"], seq)
    for visit, data in person.visits.items():
        if data.get("status") == "done":
            yield event("seen", data.get("on"), visit)
