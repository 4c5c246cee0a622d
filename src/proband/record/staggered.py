"""The first few, one after the other: whom the next person waits for, and whether somebody has looked at what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from proband.record.declare.command import Context
from proband.record.doses import given_before
from proband.record.dosing import counts, days_between
from proband.record.errors import Refusal
from proband.record.events import moment
from proband.record.known import true_at
from proband.record.paged import browse_values, peek
from proband.record.programme_view import days
from proband.record.state import State, Task

#: since which version of the envelope the review is asked for: since it an event says what the rules of its time made of it
REVIEWED_SINCE_VERSION = 6


def too_near(c: Context) -> Refusal | None:
    """Why somebody's first dose may not be given yet: the time after the person before is not over, or nobody has said since that the next may be treated."""
    rule = c.view.safety.staggering if c.view is not None else None
    last = _last_first_dose(c)
    if rule is None or last is None or _treated_by_us(c, rule.first):
        return None
    gap, wait = days_between(last, c.at), days(rule.wait)
    if gap < wait:
        return Refusal("gate.interval.staggering", days=gap, first=rule.first, wait=wait)
    # whoever was given it already, in deviation, is not the next person
    if not c.written_since(REVIEWED_SINCE_VERSION) or (
        c.participant and given_before(c.participant, c.at, c.aside)
    ):
        return None
    said = true_at(c.state.reviews, c.at)
    if said is None or days_between(last, said.at) < wait:
        return Refusal("gate.interval.review", role=rule.review_by, last=last[:10])
    if not said.value:
        return Refusal("gate.interval.stopped", role=rule.review_by, on=said.at[:10])
    return None


def review_tasks(state: State) -> Iterator[Task]:
    """What the role that reviews has to look at before the next person is treated, due when the time of waiting is over."""
    rule, last = state.view.safety.staggering if state.view else None, state.last_first_dose
    ours = (
        name
        for name in state.treated
        if (one := peek(state.participants, name)) is not None and any(map(counts, one.given))
    )
    if rule is None or last is None or sum(1 for _ in islice(ours, rule.first)) >= rule.first:
        return
    due = moment(last) + timedelta(days=days(rule.wait))
    said = true_at(state.reviews)
    if said is None or moment(said.at) < due:
        about = f"{rule.review_by}: look at those who were treated, and say whether the next may be"
        yield Task(f"review:{last[:10]}", "review", state.study, due.date().isoformat(), about, state.seq)


def _last_first_dose(c: Context) -> str | None:
    if c.aside is None:
        return c.state.last_first_dose
    people = [given_before(person, c.at, c.aside) for person in browse_values(c.state.participants)]
    return max((given[0].at for given in people if given), default=None)


def _treated_by_us(c: Context, many: int) -> bool:
    """Whether so many have had a first dose of the programme itself; what was given in deviation brings nobody nearer to the end of staggering."""
    people = c.state.participants
    ours = (
        name
        for name in c.state.treated
        if name not in people or any(counts(dose) for dose in given_before(people[name], c.at, c.aside))
    )
    # the first few settle it: a gate must not cost more the more were treated
    return sum(1 for _ in islice(ours, many)) >= many
