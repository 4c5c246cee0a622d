"""What became of everybody treated, one course each from the first dose on, and how many lived how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from proband.record.denominators import died_on
from proband.record.paged import browse_values
from proband.record.participant import Participant
from proband.record.remembered import remembered_days
from proband.record.state import State

if TYPE_CHECKING:
    from proband.analysis.kaplan_meier import KaplanMeier

#: days of a mean month
_MONTH = 30.4375

Happening = Literal["dose", "harm", "death"]


@dataclass(frozen=True, slots=True)
class Course:
    """What happened to one person, in months from the first dose.

    ``watched`` is how long this person was followed, ``marks`` what happened when (a dose, a serious harm, death), ``ongoing``
    whether the follow-up goes on. ``number`` is the sealed study number.
    """

    number: int | None
    watched: float
    marks: tuple[tuple[float, Happening], ...]
    ongoing: bool

    @property
    def died(self) -> bool:
        """Whether this person died."""
        return any(kind == "death" for _, kind in self.marks)


def courses(state: State, until: date) -> tuple[Course, ...]:
    """The courses of everybody who was given anything.

    Someone still in follow-up was watched until the day given; someone who completed, was lost or died, until then.
    """
    return tuple(
        course_of(state, person, until) for person in browse_values(state.participants) if person.given
    )


def alive(found: Sequence[Course]) -> KaplanMeier | None:
    """The share alive over the months from the first dose; ``None`` where nobody was treated."""
    if not found:
        return None
    # imported here: estimators bring numerics with them, and most uses of a record estimate nothing
    from proband.analysis.kaplan_meier import kaplan_meier

    return kaplan_meier([one.watched for one in found], [one.died for one in found])


def course_of(state: State, person: Participant, until: date) -> Course:
    """The course of one person who was given something, up to a day."""
    first = date.fromisoformat(person.given[0].at[:10])

    def months(day: str) -> float:
        return max(0.0, round((date.fromisoformat(day[:10]) - first).days / _MONTH, 1))

    died = died_on(state, person)
    last = died or person.ended_at or until.isoformat()
    marks: list[tuple[float, Happening]] = [(months(dose.at), "dose") for dose in person.given]
    for name in person.adverse_events:
        event = state.adverse_events[name]
        # where nobody can say on which day it began, it is the day on which somebody learned of it
        began = remembered_days(event.onset)[1] or event.aware_on
        if event.serious and not event.fatal and began >= first.isoformat():
            marks.append((months(began), "harm"))
    if died is not None:
        marks.append((months(died), "death"))
    watched = max(months(last), *(mark[0] for mark in marks))
    ongoing = person.ended is None and died is None
    return Course(person.number, watched, tuple(sorted(marks)), ongoing=ongoing)
