"""The record as the table of a trial: people, measurements and events in the one form that analyses read, also of simulated trials.

Nothing is chosen here: everybody who consented stands in it with the arm allocated (``None`` where it is sealed, and where somebody is masked until the study is locked, unless the programme has one arm only), every score that stands,
and every event with its day. What the events mean for a question says the estimand. A moment is shown as the day that it was on the spot, by
the clock that its site has stated, since visits and outcomes carry the day there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proband.analysis.trial_columns import RELATED_HARM, WITHDRAWN, trial_row
from proband.record.events import local_date
from proband.record.paged import browse_values, peek
from proband.record.participant import Participant
from proband.record.places import arms_are_told
from proband.record.remembered import remembered_days
from proband.record.state import State
from proband.record.visits import out_of_every_window


def trial_rows_of(state: State) -> Iterator[dict[str, Any]]:
    """Every row, in the order of participants and entries."""
    # where a programme has one arm, to name it tells nothing
    told = arms_are_told(state) or (state.view is not None and len(state.view.arms) == 1)
    for person in browse_values(state.participants):
        consented = _consented_on(state, person)
        if consented is None:
            continue
        yield trial_row(
            person.id, "person", consented, number=person.allocation_index, site=person.site,
            form=person.stratum.get("sub-indication"), arm=(person.arm or person.historical.get("arm")) if told else None, text=WITHDRAWN if "data" in person.withdrawn else None,
        )  # fmt: skip
        yield from _events(state, person)
        yield from _harm(state, person)
        for seq, data in person.outcomes.items():
            # what was measured outside every window of a visit is kept, and is of no visit where the programme says so
            visit = None if out_of_every_window(state, person, data["visit"], data["on"]) else data["visit"]
            for score, value in data["scores"].items():
                number = float(value) if isinstance(value, bool | int | float) else None
                yield trial_row(
                    person.id, "measurement", data["on"], name=f"{data['instrument']}:{score}", visit=visit, value=number,
                    text=value if isinstance(value, str) else None, entry=seq,
                )  # fmt: skip


def _on_the_spot(state: State, person: Participant, at: str, *, last: bool = False) -> str:
    """The calendar day of a moment at the site where somebody was.

    Where a site states two clocks, of summer and winter, and the moment is of two days, the first is taken (``last``: the last one): nobody is
    followed for less than they were, and nothing seems to follow a death on its own day.
    """
    site = state.sites.get(person.site_at(at))
    days = [local_date(at, offset) for offset in (site.offsets if site is not None else [])] or [at[:10]]
    return max(days) if last else min(days)


def _consented_on(state: State, person: Participant) -> str | None:
    """The day of consent: here, or before the record was begun, then the last day that the source may mean."""
    told = person.historical.get("consented")
    before = remembered_days(told)[1] if told is not None else None
    return before or (_on_the_spot(state, person, person.consented_at) if person.consented_at else None)


def _events(state: State, person: Participant) -> Iterator[dict[str, Any]]:
    def event(name: str, on: str | None, entry: str | int = "", text: str | None = None) -> dict[str, Any]:
        return trial_row(person.id, "event", on[:10] if on else None, name=name, entry=entry, text=text)

    yield event("consent", _consented_on(state, person))
    if person.historical:
        # what was done to them before was judged by nobody here: whoever analyses says what that means for the question
        yield event("taken-over", person.referred_on)
    for name, at in (("allocation", person.allocated_at), ("collection", person.collected_at)):
        if at:
            yield event(name, _on_the_spot(state, person, at))
    if person.given:
        for name, dose in (("first-dose", person.given[0]), ("last-dose", person.given[-1])):
            yield event(name, dose.day or _on_the_spot(state, person, dose.at))
    if person.ended:
        name = {"died": "death"}.get(person.ended, person.ended)
        yield event(name, _on_the_spot(state, person, person.ended_at or "", last=True))
    for level, since in sorted(person.withdrawn.items()):
        yield event(f"withdrawn-{level}", _on_the_spot(state, person, since))
    for seq, data in person.milestones.items():
        if data["reached"]:
            yield event(data["milestone"], remembered_days(data["when"])[0], seq, data["when"])
    for seq, data in person.cointerventions.items():
        yield event(data["kind"], data["start"], seq)
    for visit, data in person.visits.items():
        if data.get("status") == "done":
            yield event("seen", data.get("on"), visit)


def _harm(state: State, person: Participant) -> Iterator[dict[str, Any]]:
    """Every serious event whose relation two people have not excluded, on the first day that its onset may be; where nobody knows that day, on
    the day of awareness. It lies on no day after a death.
    """
    died = (
        _on_the_spot(state, person, person.ended_at, last=True) if person.dead() and person.ended_at else None
    )
    for name in person.adverse_events:
        found = peek(state.adverse_events, name)
        if found is None or not (found.serious and found.suspected):
            continue
        day = remembered_days(found.onset)[0] or found.aware_on
        yield trial_row(person.id, "event", min(day, died) if died else day, name=RELATED_HARM, entry=name)
