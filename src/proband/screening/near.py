"""What a later day would change: "would be eligible from 2027-03-01", "stands until 2026-12-14".

Nothing new is assumed: the record stays as it is and only the calendar moves. Ages and times since an event grow,
results leave their windows, fixed intervals end. The days on which a decision can change are found by bisection on
each comparison with a single observable, and the verdict is taken on each of them.
"""

from __future__ import annotations

from datetime import date, timedelta

from proband.facts.observation import Observation
from proband.programme.eligibility import ElapsedTime, FactWindow, FromFacts, Observable, SaysYesNo
from proband.programme.expression import Comparison, Name, Node, Number, OneOf, atom_names, atoms
from proband.screening.calendar import day_of, shift
from proband.screening.judging import outcome_on
from proband.screening.kleene import evaluate
from proband.screening.outcome import EligibilityStatus
from proband.screening.person import PersonFacts
from proband.screening.result import CriterionResult, NearMiss
from proband.screening.rules import Rules

#: how far ahead is looked: ten years, as days
HORIZON = 3653
_MOST_DAYS = 60


def near_miss(
    rules: Rules,
    person: PersonFacts,
    results: tuple[CriterionResult, ...],
    outcome: EligibilityStatus,
    as_of: date,
) -> NearMiss | None:
    """Look ahead from a day; ``None`` where later days change nothing."""
    days = change_days(rules, person, as_of)
    failing = sorted({r.instance.criterion.id for r in results if r.passes is False})
    only = failing[0] if len(failing) == 1 and outcome is EligibilityStatus.NOT_ELIGIBLE else None
    eligible_from = cleared = until = open_until = None
    standing = outcome is EligibilityStatus.ELIGIBLE
    for day in days:
        later = outcome_on(rules, person, day)
        if standing:
            if later is not EligibilityStatus.ELIGIBLE:
                until = day - timedelta(days=1)
                break
        elif later is EligibilityStatus.ELIGIBLE:
            eligible_from, standing = day, True
        elif (
            later is EligibilityStatus.NEEDS_DATA
            and outcome is EligibilityStatus.NOT_ELIGIBLE
            and cleared is None
        ):
            cleared = day
        elif (
            later is EligibilityStatus.NOT_ELIGIBLE
            and outcome is EligibilityStatus.NEEDS_DATA
            and open_until is None
        ):
            open_until = day - timedelta(days=1)
    found = NearMiss(eligible_from, cleared, until, open_until, only)
    return found if found else None


def change_days(rules: Rules, person: PersonFacts, as_of: date) -> list[date]:
    """Later days, in order, on which some criterion may change because time has passed."""
    by_id = rules.eligibility.by_id
    moving = {
        o.id
        for o in by_id.values()
        if (isinstance(o, ElapsedTime) and "screening" in {o.elapsed.since, o.elapsed.until})
        or _window_of_screening(o)
    }
    days: set[int] = set()
    today = (as_of - date(1970, 1, 1)).days
    for instance in rules.instances:
        if instance.visit is not None:
            continue
        for atom in atoms(instance.expression.root):
            names = set(atom_names(atom))
            if not names & moving:
                continue
            elapsed_only = all(isinstance(by_id[n], ElapsedTime) for n in names)
            if elapsed_only and isinstance(atom, Comparison | OneOf):
                days |= _crossings(atom, person, today)
    for o in by_id.values():
        if isinstance(o, FromFacts) and (window := _window_of_screening(o)):
            days |= _departures(o, window, person, today)
        if isinstance(o, SaysYesNo):
            days |= _expiries(o, person, today)
    # anything on record that is dated later (a planned dose, a booked visit) comes into force on its day
    return [day_of(d) for d in sorted(days)[:_MOST_DAYS]]


def _window_of_screening(o: Observable) -> FactWindow | None:
    """The window of an observable, if it moves with the day of screening."""
    return o.window if isinstance(o, FromFacts) and o.window and o.window.anchor == "screening" else None


def _names(node: Node) -> tuple[str, ...]:
    assert isinstance(node, Comparison | OneOf)  # noqa: S101
    return atom_names(node)


def _truth_on(atom: Node, person: PersonFacts, day: int) -> bool | None:
    return evaluate(atom, person.values(day_of(day), only=frozenset(_names(atom))))


def _crossings(atom: Comparison | OneOf, person: PersonFacts, today: int) -> set[int]:
    """Days on which a comparison of elapsed times changes; each side of an equality is looked at by itself."""
    parts: list[Node] = [atom]
    if isinstance(atom, OneOf):
        parts = [
            Comparison(Name(atom.name), op, Number(v, f"{v:g}"), atom.span)
            for v in atom.values
            for op in (">=", ">")
        ]
    elif atom.op in {"==", "!="}:
        parts = [Comparison(atom.left, op, atom.right, atom.span) for op in (">=", ">")]
    found: set[int] = set()
    for part in parts:
        # an uncertain day passes from one truth over unknown to the other: two changes at most
        low, end = today, today + HORIZON
        for _ in range(2):
            start = _truth_on(part, person, low)
            if _truth_on(part, person, end) == start:
                break
            left, right = low, end
            while right - left > 1:
                middle = (left + right) // 2
                if _truth_on(part, person, middle) == start:
                    left = middle
                else:
                    right = middle
            found.add(right)
            low = right
    return found


def _days_of(observation: Observation) -> tuple[date | None, ...]:
    """The bounds of a fact: of its beginning, and of its end where one is stated."""
    when, until = observation.when, observation.until
    return (when.earliest, when.latest, *((until.earliest, until.latest) if until else ()))


def _expiries(observable: SaysYesNo, person: PersonFacts, today: int) -> set[int]:
    """Days on which a "yes" or a "no" stops to hold, because it is too old or was said to end."""
    lasting = [by for by in (observable.no_holds_for, observable.yes_holds_for) if by is not None]
    found: set[int] = set()
    for observation in person.observations_of(observable):
        for day in _days_of(observation):
            if day is not None:
                held = (day - date(1970, 1, 1)).days
                found |= {held + 1, *(shift(held, by) + 1 for by in lasting)}
    return {day for day in found if today < day <= today + HORIZON}


def _departures(observable: FromFacts, window: FactWindow, person: PersonFacts, today: int) -> set[int]:
    """Days on which results leave the window of an observable, or come to lie in it."""
    found: set[int] = set()
    for observation in person.observations_of(observable):
        for end in _days_of(observation):
            if end is None:
                continue
            held = (end - date(1970, 1, 1)).days
            for edge, step in ((window.start, 1), (window.end, 0)):
                if edge is None:
                    continue
                if edge.days is not None:
                    day = held - edge.days + step
                    if today < day <= today + HORIZON:
                        found.add(day)
                    continue
                about = held - round((edge.months or 0) * 30.4375)
                for day in range(max(about - 4, today + 1), about + 5):
                    if (shift(day, edge) - step >= held) != (shift(day - 1, edge) - step >= held):
                        found.add(day)
    return found
