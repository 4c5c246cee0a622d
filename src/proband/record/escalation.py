"""Dose levels: which one is in force, what was seen at each, and what the rule of the programme makes of it.

Everything follows from what is on record: first doses, events, ends, and the decisions of the role that the programme names. A decision may be more
cautious than the rule and never bolder. Somebody who left before the window was over and had no event is replaced: they count as nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from proband.programme.escalation import BayesianInterval, Escalation, ThreePlusThree
from proband.record import safety
from proband.record.doses import given_before
from proband.record.dosing import days_between
from proband.record.events import shifted
from proband.record.known import ALWAYS, true_at
from proband.record.paged import browse_values
from proband.record.participant import Participant
from proband.record.programme_view import days
from proband.record.state import State, Task

if TYPE_CHECKING:
    from proband.analysis.early_phase import BoinBoundaries

Answer = Literal["up", "stay", "down", "wait"]


@dataclass(frozen=True, slots=True)
class AtLevel:
    """What was seen at a level: ``seen`` people with an event or the whole window behind them, ``events`` of them with one, and who is still looked at."""

    level: str
    seen: int
    events: int
    waiting: tuple[str, ...]
    first_doses: tuple[str, ...]


def at_level(state: State, rule: Escalation, level: str, at: str, aside: int | None = None) -> AtLevel:
    """What was seen at a level by a moment; an event counts as soon as it is on record."""
    seen = events = 0
    waiting, first = [], []
    for person in browse_values(state.participants):
        given = given_before(person, at, aside) if person.arm == level else []
        if not given:
            continue
        begun = given[0].at
        first.append(begun)
        if safety.limits_dose(state, rule, person):
            seen, events = seen + 1, events + 1
        elif days_between(begun, at) >= days(rule.window):
            seen += not _left_before(person, _end(rule, begun))
        elif not _left_before(person, at):
            waiting.append(person.id)
    return AtLevel(level, seen, events, tuple(waiting), tuple(sorted(first)))


def _end(rule: Escalation, begun: str) -> str:
    return shifted(begun, days=days(rule.window))


def _left_before(person: Participant, at: str) -> bool:
    """Whether somebody had left by a moment, so that nobody could see what became of them."""
    return person.ended in ("lost", "died", "completed") and (person.ended_at or ALWAYS) < at


def answer(rule: Escalation, here: AtLevel, in_all: int) -> Answer:
    """What the rule makes of what was seen at a level: one level up, more people at it, one level down; ``wait``: not everybody was seen yet."""
    one = rule.rule
    if isinstance(one, ThreePlusThree):
        if here.events >= 2:
            return "down"
        if here.waiting or here.seen < 3 or 3 < here.seen < 6:
            return "wait"
        return "stay" if here.seen == 3 and here.events == 1 else "up"
    found = _boundaries(one, here)
    if here.seen and here.events >= found.deescalate[0]:
        return "down"
    if here.waiting or not here.seen or here.seen % one.cohort:
        return "wait"
    return "up" if here.events <= found.escalate[0] and in_all < one.in_all else "stay"


def _boundaries(rule: BayesianInterval, here: AtLevel) -> BoinBoundaries:
    # imported here: the boundaries bring numerics with them, and most programmes have no levels
    from proband.analysis.early_phase import boin

    return boin(rule.target, [max(here.seen, 1)])


def closed_from(rule: Escalation, found: list[AtLevel]) -> int:
    """The place of the lowest level that is closed for good, by what was seen there; the number of levels, where none is."""
    for place, here in enumerate(found):
        if isinstance(rule.rule, ThreePlusThree):
            if here.events >= 2:
                return place
            continue
        limit = _boundaries(rule.rule, here).eliminate[0]
        if limit is not None and here.events >= limit:
            return place
    return len(found)


def all_levels(state: State, rule: Escalation, at: str, aside: int | None = None) -> list[AtLevel]:
    """What was seen at every level by a moment."""
    return [at_level(state, rule, level, at, aside) for level in rule.levels]


def level_in_force(state: State, rule: Escalation, at: str = ALWAYS) -> str | None:
    """The level at which people are treated at a moment: the lowest until somebody has decided; ``None``: nobody is treated any more."""
    said = true_at(state.levels, at)
    return rule.levels[0] if said is None else said.value


def taken(state: State, rule: Escalation, level: str, at: str) -> int:
    """How many places of the cohort in force are taken: people allocated to a level since the last decision who were not lost to it."""
    said = true_at(state.levels, at)
    return sum(
        1
        for person in browse_values(state.participants)
        if person.arm == level
        and person.allocated_at is not None
        and (said is None or person.allocated_at > said.at)
        and not _replaced(state, rule, person)
    )


def _replaced(state: State, rule: Escalation, person: Participant) -> bool:
    """Whether somebody else takes the place of a person: they left, or withdrew from treatment, before they could count."""
    if safety.limits_dose(state, rule, person):
        return False
    if not person.given:
        return person.ended is not None or bool(person.withdrawn)
    return _left_before(person, _end(rule, person.given[0].at))


def level_tasks(state: State) -> Iterator[Task]:
    """The decision that is due: everybody of the cohort was seen for the whole window, or enough events are on record."""
    rule = state.view.safety.escalation if state.view else None
    level = level_in_force(state, rule) if rule is not None else None
    if rule is None or level is None or not state.recorded:
        return
    at = state.recorded
    here = at_level(state, rule, level, at)
    said = true_at(state.levels)
    if not here.first_doses or (said is not None and here.first_doses[-1] <= said.at):
        return
    full = taken(state, rule, level, at) >= rule.rule.cohort
    down = answer(rule, here, 0) == "down"
    if not (full or down):
        return
    due = at[:10] if down else _end(rule, here.first_doses[-1])[:10]
    yield Task(f"level:{level}:{due}", "level", state.study, due, f"{rule.decided_by}: decide on the dose level after {level}", state.seq)  # fmt: skip
