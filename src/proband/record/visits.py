"""Visits due and overdue: the schedule's windows laid over what happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from proband.record.state import Participant, State


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
    """The day of an anchor event, or ``None`` where it has not happened or is not in the log (birth, injury)."""
    at = {
        "referral": person.referred_at,
        "screening": person.verdict.at if person.verdict else None,
        "consent": person.consented_at,
        "allocation": person.allocated_at,
        "collection": person.collected_at,
        "first-dose": person.doses[0].at if person.doses else None,
        "last-dose": person.doses[-1].at if person.doses else None,
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
    for person in state.participants.values():
        for visit in view.schedule.visits:
            if visit.arms and person.arm is not None and person.arm not in visit.arms:
                continue
            start = anchor_day(person, visit.anchor)
            if start is None:
                continue
            first, last = visit.span
            widest = visit.late_span[1]
            opens, closes = start + timedelta(days=first), start + timedelta(days=last)
            late_until = start + timedelta(days=widest)
            done = person.visits.get(visit.id)
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
                person.id, person.number, visit.id, visit.anchor, (start + timedelta(days=visit.target_day)).isoformat(),
                opens.isoformat(), closes.isoformat(), late_until.isoformat(), status, done["on"] if done else None,
            )  # fmt: skip
