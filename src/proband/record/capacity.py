"""How long ago somebody's capacity to consent was looked at, where the programme says how often: for the gate, and for what is due.

The time runs from the consent, and again from each assessment. One by another check counts as well, unless the check prescribes an
instrument that the other does not use. Minors whose guardians consent have the task and no gate: nothing rests on their capacity yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from proband.programme.consent import CapacityCheck
from proband.record.errors import Refusal
from proband.record.events import local_date
from proband.record.known import ALWAYS, KnownStatement
from proband.record.paged import browse_values
from proband.record.participant import Participant
from proband.record.programme_view import ProgrammeView, days
from proband.record.state import State, Task
from proband.record.visits import no_more_asked

#: the kind of the statement that keeps by which check somebody was assessed
BY_CHECK = "capacity-check"


class LastLook(NamedTuple):
    """A check that comes again, the statement from which its time runs, and for how many days it stands."""

    check: CapacityCheck
    since: KnownStatement
    stands: int

    def last_day(self, offset: str) -> date:
        """The last day on which what was found still stands; ``offset``: of the place where it is asked."""
        return date.fromisoformat(local_date(self.since.at, offset)) + timedelta(days=self.stands)


def last_looks(
    view: ProgrammeView, person: Participant, at: str = ALWAYS, known: str = ALWAYS
) -> Iterator[LastLook]:
    """Every check that comes again, with the newest look at a moment, as far as was known at another; none before there is a consent."""
    consents = _told(person, "consent", at, known)
    if not consents:
        return
    instruments = {one.id: one.instrument for one in view.consent.capacity}
    for check in view.consent.capacity:
        if check.every is None:
            continue
        renewed = [
            one
            for one in _told(person, BY_CHECK, at, known)
            if one.value == check.id or check.instrument in (None, instruments.get(one.value))
        ]
        newest = max((*consents, *renewed), key=lambda one: (one.at, one.seq))
        yield LastLook(check, newest, int(days(check.every)))


def _told(person: Participant, kind: str, at: str, known: str) -> list[KnownStatement]:
    """What was said of a kind that is true at a moment, as far as was known at another."""
    return [
        one
        for one in person.known.get(kind, ())
        if one.at <= at and one.recorded <= known and (one.until is None or one.gone > known)
    ]


def too_long_ago(
    view: ProgrammeView, person: Participant, at: str, day: str, offset: str, known: str = ALWAYS
) -> Refusal | None:
    """Why nothing may rest on the consent of somebody on a day, whose capacity was not looked at again in time; ``None`` where it was, or where guardians consent."""
    consents = _told(person, "consent", at, known)
    if consents and max(consents, key=lambda one: (one.at, one.seq)).value.minor:
        return None
    for look in last_looks(view, person, at, known):
        last = look.last_day(offset)
        if date.fromisoformat(day) > last:
            return Refusal("gate.capacity.interval", person=person.id, check=look.check.id, every=str(look.check.every), last=last.isoformat())  # fmt: skip
    return None


def capacity_tasks(state: State) -> Iterator[Task]:
    """What is to be looked at again, for everybody who consented and of whom anything is still asked: due on the last day on which the last look still stands."""
    view = state.view
    if view is None or not any(one.every is not None for one in view.consent.capacity):
        return
    for person in browse_values(state.participants):
        if person.erased or no_more_asked(view, person) is not None:
            continue
        for look in last_looks(view, person):
            due = look.last_day("+00:00").isoformat()
            about = f"look again whether they can decide for themselves: {look.check.trigger}"
            yield Task(
                f"capacity:{person.id}:{look.check.id}", "capacity", person.id, due, about, look.since.seq
            )
