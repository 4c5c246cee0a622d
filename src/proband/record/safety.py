"""Safety arithmetic: which stopping rules are crossed, and by when which report is due.

Both are rules of the programme, as data with source and level; here they are only worked out. A relation that two people
have not yet excluded counts as suspected: causality is never decided by the record, and never assumed away.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from proband.programme.escalation import Escalation
from proband.programme.safety import StoppingRule
from proband.record.participant import Participant
from proband.record.programme_view import ProgrammeView, days
from proband.record.remembered import remembered
from proband.record.state import AdverseEvent, State
from proband.terms import Quantity, UncertainDate, applicable, convert

#: below this grade an event that is not serious is kept out of the counting, unless a rule asks for lower grades
LOWEST_COUNTED_GRADE = 3
#: a share of people that differs by no more is the same share
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Counted:
    """Which events of somebody count, apart from how many cross a boundary."""

    counts: str
    grade_at_least: int | None
    within: Quantity | None


@dataclass(frozen=True, slots=True)
class Crossing:
    """A stopping rule that is crossed and has no hold that answers it: the hold to place, on what, and the count."""

    rule: str
    hold: str
    target: str
    counted: int
    because: str


def crossed(state: State) -> list[Crossing]:
    """The stopping rules of the version in force that are crossed and not yet answered by a hold.

    A hold answers a rule while it stands; once lifted, up to the count that those who lifted it had seen.
    """
    view = state.view
    if view is None:
        return []
    found: list[Crossing] = []
    for rule in view.safety.stopping_rules:
        people = counted(state, rule)
        fewest = least(rule, looked_at(state, rule))
        if fewest is None or len(people) < fewest:
            continue
        declared = view.holds.get(rule.places_hold)
        scope = declared.scope if declared else "programme"
        newest = people[-1]
        if scope == "participant":
            targets = people
        elif scope == "site":
            targets = [state.participants[newest].site]
        elif scope == "product":
            targets = [_product_of(state, newest)]
        else:
            targets = [""]
        for target in targets:
            answered = any(
                held.rule == rule.id
                and held.target == target
                and (held.lifted_at is None or held.counted >= len(people))
                for held in state.holds.values()
            )
            if not answered:
                found.append(Crossing(rule.id, rule.places_hold, target, len(people),
                                      f"{len(people)} with {rule.counts}, the boundary is {rule.boundary}"))  # fmt: skip
    return found


def looked_at(state: State, rule: StoppingRule) -> int:
    """How many people a rule looks at: those treated (of a failed product those for whom one was made), the first ``among`` of them."""
    many = len(state.made_for if rule.counts == "product-failure" else state.treated)
    return many if rule.among is None else min(many, rule.among)


def least(rule: StoppingRule, people: int) -> int | None:
    """The fewest people with such an event that cross a rule's boundary among so many; ``None`` where no number does, or it is not looked at yet."""
    if rule.share is not None:
        if people < rule.share.people:
            return None
        limit = convert(rule.share.above.value, rule.share.above.unit, "%") / 100
        return math.floor(limit * people * (1 + ROUNDING)) + 1
    if rule.posterior is not None:
        one = rule.posterior
        if people < one.people:
            return None
        # imported here: the estimator brings numerics with it, and most programmes count
        from proband.analysis.early_phase import beta_binomial_limit

        found = beta_binomial_limit(people, one.limit, one.probability, (one.prior_events, one.prior_others))
        # nobody is stopped by a prior alone
        return None if found is None else max(found, 1)
    return rule.events


def _product_of(state: State, participant: str) -> str:
    person = state.participants[participant]
    if person.therapies:
        return state.therapies[person.therapies[-1]].product
    # of a lot nothing is opened for one person: it is what they were given last
    found = state.products.get(person.given[-1].product) if person.given else None
    return found.kind if found is not None else ""


def counted(state: State, rule: StoppingRule) -> list[str]:
    """The participants who count towards a stopping rule, in the order in which they came to count.

    Treated people only (for ``product-failure``: everybody for whom a product was made), and only the first ``among`` of
    them where the rule says so.
    """
    first = set(state.treated[: rule.among]) if rule.among else None
    people: dict[str, None] = {}
    if rule.counts == "product-failure":
        considered = set(islice(state.made_for, rule.among)) if rule.among else None
        return [name for name in state.product_failures if considered is None or name in considered]
    events: Iterable[str] = state.grave
    if rule.grade_at_least is not None and rule.grade_at_least < LOWEST_COUNTED_GRADE:
        events = state.adverse_events
    for name in events:
        event = state.adverse_events[name]
        person = state.participants.get(event.participant)
        if person is None or not person.given or (first is not None and person.id not in first):
            continue
        if _matches(state, rule, event):
            people[person.id] = None
    if rule.counts == "death":
        for name in state.deaths:
            if not state.participants[name].given or (first is not None and name not in first):
                continue
            if _soon_enough(state, rule, name, _day_of_death(state, name)):
                people[name] = None
    return list(people)


def limits_dose(state: State, rule: Escalation, person: Participant) -> bool:
    """Whether somebody had an event that limits the dose, within the window after a dose; a death within it is one, unless it is an adverse event that is none by the rule."""
    counts = Counted(rule.counts, rule.grade_at_least, rule.window)
    mine = [state.adverse_events[name] for name in person.adverse_events if name in state.adverse_events]
    if any(_matches(state, counts, event) for event in mine):
        return True
    # of a fatal event two have judged whether it is related, or nobody has yet
    if not person.dead() or any(event.fatal and event.related is False for event in mine):
        return False
    return _soon_enough(state, counts, person.id, _day_of_death(state, person.id))


def _matches(state: State, rule: StoppingRule | Counted, event: AdverseEvent) -> bool:
    match rule.counts:
        case "death":
            hit = event.fatal
        case "serious-related":
            hit = event.serious and event.suspected
        case "serious":
            hit = event.serious
        case "grade-at-least":
            hit = event.grade >= (rule.grade_at_least or 6)
        case _:
            grade = event.grade if event.category_grade is None else event.category_grade
            hit = event.category == rule.counts and grade >= (rule.grade_at_least or 0)
    return hit and _soon_enough(state, rule, event.participant, remembered(event.onset))


def _day_of_death(state: State, name: str) -> UncertainDate | None:
    """The day on which somebody died: a moment may be another day on the spot, and counts as either."""
    at = state.participants[name].ended_at
    if at is None:
        return None
    day, either = date.fromisoformat(at[:10]), timedelta(days=1)
    return UncertainDate(day - either, day + either)


def _soon_enough(
    state: State, rule: StoppingRule | Counted, participant: str, when: UncertainDate | None
) -> bool:
    """Whether something happened within the rule's time after a dose; what is not known counts as within."""
    if rule.within is None:
        return True
    limit = timedelta(days=days(rule.within))
    if when is None:
        return True
    for dose in state.participants[participant].given:
        given = date.fromisoformat(dose.day)
        # an uncertain onset counts unless every day that it may mean is outside
        if (when.latest is None or when.latest >= given) and (
            when.earliest is None or when.earliest <= given + limit
        ):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Due:
    """A report that is due: by which clock of the programme, to whom, on which day."""

    clock: str
    to: str
    on: str
    jurisdiction: str


def reports_due(
    view: ProgrammeView, event: AdverseEvent, jurisdictions: set[str], *, elsewhere: bool = False
) -> Iterator[Due]:
    """The expedited reports that an adverse event needs.

    Day 0 is the calendar day of awareness where the person who became aware stood; the due day is day 0 plus the clock's
    calendar days.

    Parameters
    ----------
    view
        The version in force, with its clocks (each with source and level).
    event
        The adverse event as it stands.
    jurisdictions
        Those of the open sites and of the site that reports; a clock runs if its jurisdiction covers one of them.
    elsewhere
        Whether the person was treated elsewhere only. What the programme expects it expects of its own product: nothing is expected of another one.
    """
    covering = jurisdictions | {wider for code in jurisdictions for wider in applicable(code)}
    for clock in view.safety.clocks:
        if clock.jurisdiction not in covering:
            continue
        unexpected = event.serious and (elsewhere or not event.expected) and event.suspected
        match clock.applies_to:
            case "fatal-or-life-threatening-unexpected-related":
                runs = unexpected and (event.fatal or event.life_threatening)
            case "serious-unexpected-related":
                runs = unexpected
            case "serious":
                runs = event.serious
            case _:
                runs = event.fatal
        if runs:
            due = date.fromisoformat(event.aware_on) + timedelta(days=days(clock.due))
            yield Due(clock.id, clock.to, due.isoformat(), clock.jurisdiction)
