"""Visits due and overdue: the schedule's windows laid over what happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from proband.programme.safety import Surveillance
from proband.programme.schedule import Visit, VisitWindow
from proband.record.paged import browse_values, peek
from proband.record.participant import Participant, visit_key
from proband.record.programme_view import ProgrammeView, days
from proband.record.remembered import remembered
from proband.record.state import State
from proband.terms import Quantity


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


@dataclass(frozen=True, slots=True)
class AnchorDay:
    """An anchor of somebody: between which days it lies (one day, where it is known), and which of several it is, counted from 0."""

    earliest: date
    latest: date
    occurrence: int = 0


def anchor_days(state: State, person: Participant, anchor: str) -> list[AnchorDay]:
    """The days of an anchor, in their order; none where it has not happened, or nobody can say when."""
    at = {
        "referral": person.referred_at,
        "screening": person.verdict.at if person.verdict else None,
        "consent": person.consented_at,
        "enrolment": person.enrolled_at,
        "allocation": person.allocated_at,
        "collection": person.collected_at,
        "manufacture": person.manufactured_at,
        "release": person.released_at,
        "first-dose": person.given[0].at if person.given else None,
        "last-dose": person.given[-1].at if person.given else None,
    }.get(anchor)
    if at:
        day = date.fromisoformat(at[:10])
        return [AnchorDay(day, day)]
    own = state.view.schedule.own(anchor) if state.view is not None else None
    if own is None:
        return []
    if own.milestone is not None:
        told = [
            one["when"]
            for one in person.milestones.values()
            if one["milestone"] == own.milestone and one["reached"]
        ]
    else:
        events = (peek(state.adverse_events, name) for name in person.adverse_events)
        told = [one.onset for one in events if one is not None and one.category == own.event_category]
    days = sorted(
        (when.earliest, when.latest)
        for text in told
        if (when := remembered(text)) is not None and when.earliest is not None and when.latest is not None
    )
    if own.which != "each":
        days = days[:1] if own.which == "first" else days[-1:]
    return [AnchorDay(first, last, number) for number, (first, last) in enumerate(days)]


def asked_of(view: ProgrammeView, visit: Visit, person: Participant) -> bool:
    """Whether anything is asked of somebody at a visit: it is one of their arm, and something that is done there is."""
    if person.arm is None:
        return True
    if visit.arms and person.arm not in visit.arms:
        return False
    done = {one.id: one for one in view.schedule.activities}
    limits = [done[name].arms for name in visit.activities if name in done]
    return not limits or any(not arms or person.arm in arms for arms in limits)


def no_more_asked(view: ProgrammeView, person: Participant) -> str | None:
    """Since which day nothing is asked of somebody any more: they have ended, or withdrew from what visits are for; ``None``: they are asked."""
    stopped = (person.ended_at or "")[:10] if person.ended in ("died", "completed", "lost") else None
    for level, since in person.withdrawn.items():
        if level in ("contact", "data") or view.blocks_of(level) & {"contact", "new-data"}:
            stopped = min(stopped or "9999-12-31", since[:10])
    return stopped


def visits(state: State, today: date) -> Iterator[VisitRow]:
    """Every visit and every planned looking for harm whose anchor has happened, for everybody.

    Visits that hang on something that comes several times have an occurrence for each, in the order of its days.

    ``status``: ``done``, ``missed``, ``upcoming`` (window not open), ``due`` (open), ``late`` (only the late window is
    open), ``overdue`` (all windows closed and nothing recorded), ``not-due`` (the participant has ended or withdrew from
    what visits are for before the window).
    """
    view = state.view
    if view is None:
        return
    planned = _occurrences(view)
    for person in browse_values(state.participants):
        stopped = no_more_asked(view, person)
        for visit, occurrence, shift in planned:
            if not asked_of(view, visit, person):
                continue
            for anchor in anchor_days(state, person, visit.anchor):
                yield _row(
                    person,
                    visit,
                    visit_key(visit.id, occurrence + anchor.occurrence),
                    anchor,
                    shift,
                    stopped,
                    today,
                )


def _row(
    person: Participant,
    visit: Visit,
    name: str,
    anchor: AnchorDay,
    shift: float,
    stopped: str | None,
    today: date,
) -> VisitRow:
    """How a visit of somebody stands; of an anchor of which no day is known it opens with the first that it may be, and closes with the last."""
    first, last = visit.span
    start, end = anchor.earliest + timedelta(days=shift), anchor.latest + timedelta(days=shift)
    opens, closes = start + timedelta(days=first), end + timedelta(days=last)
    late_until = end + timedelta(days=visit.late_span[1])
    done = person.visits.get(name)
    if done is not None and done["status"] == "done" and visit.when_outside == "unscheduled":
        span = _widest(visit, start, end)
        if not span[0] <= date.fromisoformat(done["on"]) <= span[1]:
            # it was seen at another time: that is kept, and this visit was not made
            done = None
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
    return VisitRow(
        person.id, person.number, name, visit.anchor, (start + timedelta(days=visit.target_day)).isoformat(),
        opens.isoformat(), closes.isoformat(), late_until.isoformat(), status, done["on"] if done else None,
    )  # fmt: skip


def _widest(visit: Visit, earliest: date, latest: date) -> tuple[date, date]:
    """First and last day on which a visit is itself, from the days on which its anchor may lie."""
    first, last = visit.late_span
    return earliest + timedelta(days=first), latest + timedelta(days=last)


def out_of_every_window(state: State, person: Participant, visit: str, on: str) -> bool:
    """Whether what was seen on a day is no visit of this name: outside each of its windows, where the programme then calls it unscheduled.

    A visit whose anchor has not happened, or of which nobody knows the day, has no windows, and nothing is outside them.
    """
    view = state.view
    declared = next((one for one in view.schedule.visits if one.id == visit), None) if view else None
    if view is None or declared is None or declared.when_outside != "unscheduled":
        return False
    day = date.fromisoformat(on)
    spans = [
        _widest(declared, anchor.earliest + timedelta(days=shift), anchor.latest + timedelta(days=shift))
        for one, _, shift in _occurrences(view)
        if one.id == visit
        for anchor in anchor_days(state, person, declared.anchor)
    ]
    return bool(spans) and not any(first <= day <= last for first, last in spans)


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
    by_id = {visit.id: visit for visit in view.schedule.visits}
    for planned in view.safety.surveillance:
        begins = by_id.get(planned.from_visit)
        if begins is None:
            continue
        looked, step = _looked_for(planned, begins), days(planned.every)
        found += [(looked, time, time * step) for time in range(planned.times)]
    return found


def _looked_for(planned: Surveillance, begins: Visit) -> Visit:
    """Planned looking for harm as visits: the first on the day of the visit at which it begins, each due on its day and late until the next is due."""
    none = Quantity(value=0, unit="d")
    until_next = Quantity(value=max(days(planned.every) - 1, 0), unit="d")
    return begins.model_copy(
        update={
            "id": planned.id,
            "name": planned.what,
            "window": VisitWindow(before=none, after=none),
            "late_window": VisitWindow(before=none, after=until_next),
            "repeats": None,
        }
    )
