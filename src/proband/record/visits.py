"""Visits due and overdue: the schedule's windows laid over what happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from proband.programme.schedule import Visit
from proband.record.paged import browse_values
from proband.record.participant import Participant, visit_key
from proband.record.programme_view import ProgrammeView, days
from proband.record.state import State


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit of one participant: target day, windows, and how it stands."""

    participant: str
    number: int | None
    visit: str
    anchor: str
    target: str
    opens: str
    closes: str
    late_until: str
    status: str
    on: str | None


def anchor_day(person: Participant, anchor: str) -> date | None:
    """The day of an anchor event, or ``None`` where it has not happened or is not in the log (birth, an event of the programme's own)."""
    at = {
        "referral": person.referred_at,
        "screening": person.verdict.at if person.verdict else None,
        "consent": person.consented_at,
        "allocation": person.allocated_at,
        "collection": person.collected_at,
        "first-dose": person.given[0].at if person.given else None,
        "last-dose": person.given[-1].at if person.given else None,
    }.get(anchor)
    return date.fromisoformat(at[:10]) if at else None


def visits(state: State, today: date) -> Iterator[VisitRow]:
    """Every visit whose anchor has happened, for everybody.

    ``status``: ``done``, ``missed``, ``upcoming`` (window not open), ``due`` (open), ``late`` (only the late window is
    open), ``overdue`` (all windows closed and nothing recorded), ``not-due`` (the participant has ended or withdrew from
    contact before the window).
    """
    view = state.view
    if view is None:
        return
    planned = _occurrences(view)
    for person in browse_values(state.participants):
        for visit, occurrence, shift in planned:
            if visit.arms and person.arm is not None and person.arm not in visit.arms:
                continue
            start = anchor_day(person, visit.anchor)
            if start is None:
                continue
            start += timedelta(days=shift)
            first, last = visit.span
            opens, closes = start + timedelta(days=first), start + timedelta(days=last)
            late_until = start + timedelta(days=visit.late_span[1])
            name = visit_key(visit.id, occurrence)
            done = person.visits.get(name)
            stopped = (person.ended_at or "")[:10] if person.ended in ("died", "completed", "lost") else None
            for level in ("contact", "data"):
                if level in person.withdrawn:
                    stopped = min(stopped or "9999-12-31", person.withdrawn[level][:10])
            if done is not None:
                status = done["status"]
            elif stopped and stopped < closes.isoformat():
                status = "not-due"
            elif today < opens:
                status = "upcoming"
            elif today <= closes:
                status = "due"
            elif today <= late_until:
                status = "late"
            else:
                status = "overdue"
            yield VisitRow(
                person.id, person.number, name, visit.anchor, (start + timedelta(days=visit.target_day)).isoformat(),
                opens.isoformat(), closes.isoformat(), late_until.isoformat(), status, done["on"] if done else None,
            )  # fmt: skip


def _occurrences(view: ProgrammeView) -> list[tuple[Visit, int, float]]:
    """Every visit with its repeats: (visit, occurrence, days after the first one).

    A repeating visit goes on until the next visit of the schedule with the same anchor, or to the end of the long-term
    follow-up.
    """
    end = view.schedule.long_term_follow_up.years * 365.25
    found: list[tuple[Visit, int, float]] = []
    for visit in view.schedule.visits:
        found.append((visit, 0, 0.0))
        if visit.repeats is None:
            continue
        step = days(visit.repeats)
        later = [
            other.target_day
            for other in view.schedule.visits
            if other.anchor == visit.anchor and other.target_day > visit.target_day
        ]
        until = min([*later, end])
        occurrence = 1
        while step > 0 and visit.target_day + occurrence * step < until:
            found.append((visit, occurrence, occurrence * step))
            occurrence += 1
    return found
