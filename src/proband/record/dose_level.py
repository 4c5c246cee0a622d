"""What dose levels forbid: a place at another level than the one in force, more places than a cohort has, and a dose above what was decided."""

from __future__ import annotations

from proband.record.declare.command import Context
from proband.record.doses import given_before
from proband.record.dosing import counts, days_between
from proband.record.errors import Refusal
from proband.record.escalation import all_levels, closed_from, level_in_force, taken
from proband.record.participant import Participant
from proband.record.programme_view import days


def no_place(c: Context, arm: str | None) -> Refusal | None:
    """Why nobody is allocated to an arm now: it is not the level in force, or its cohort is full until somebody has decided."""
    rule = c.view.safety.escalation if c.view is not None else None
    if rule is None or not (arm is None or arm in rule.levels):
        return None
    current = level_in_force(c.state, rule, c.at)
    if current is None:
        return Refusal("gate.scheme.level-over")
    if arm is None:
        return None
    if arm != current:
        return Refusal("gate.scheme.level", arm=arm, level=current)
    found = all_levels(c.state, rule, c.at)
    if rule.levels.index(arm) >= closed_from(rule, found):
        return Refusal("gate.scheme.level-closed", level=arm, role=rule.decided_by)
    if taken(c.state, rule, arm, c.at) >= rule.rule.cohort:
        return Refusal("gate.scheme.cohort", level=arm, cohort=rule.rule.cohort, role=rule.decided_by)
    return None


def above_level(c: Context, person: Participant) -> Refusal | None:
    """Why a dose at somebody's level may not be given: the level is closed or above the one in force; of a first dose also that the next at that level waits."""
    rule = c.view.safety.escalation if c.view is not None else None
    if rule is None or person.arm not in rule.levels:
        return None
    first = not any(counts(dose) for dose in given_before(person, c.at, c.aside))
    if first and c.body["source"] != "online":
        # what was seen of the others, and decided on it, a device far from the network cannot know
        return Refusal("gate.interval.level-offline", person=person.id)
    current, place = level_in_force(c.state, rule, c.at), rule.levels.index(person.arm)
    if current is None:
        return Refusal("gate.interval.level-over")
    if place > rule.levels.index(current):
        return Refusal("gate.interval.level", person=person.id, level=person.arm, current=current)
    if not first:
        return None
    found = all_levels(c.state, rule, c.at, c.aside)
    if place >= closed_from(rule, found):
        return Refusal("gate.interval.level-closed", level=person.arm, events=found[place].events, seen=found[place].seen, role=rule.decided_by)  # fmt: skip
    apart, begun = rule.staggering, found[place].first_doses
    if apart is None or not begun or len(begun) >= apart.first:
        return None
    gap, wait = days_between(begun[-1], c.at), days(apart.wait)
    if gap < wait:
        return Refusal(
            "gate.interval.level-staggering", level=person.arm, days=gap, first=apart.first, wait=wait
        )
    return None
