"""Where somebody stands in their course: which doses count, which comes next and when, at which step of the titration, and what was measured.

Everything here is worked out from what is on record, and from nothing that is typed beside a dose: doses that stand, doses that were left out, courses that were begun anew,
decisions on steps, measurements. A dose in deviation only ever restricts: it brings nobody to a later step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from proband.programme.dose import DoseRule
from proband.programme.regimen import Regimen, TitrationStep
from proband.record.events import moment
from proband.record.known import KnownStatement
from proband.record.participant import Administration, Participant
from proband.record.programme_view import ProgrammeView, days
from proband.terms import ProbandError, Quantity, convert

#: since which version of the envelope the dose goes by the step of the titration, by what was measured, and by what must be given with it
COURSE_SINCE_VERSION = 6

#: what is kept of somebody, by the kind of the statement
STEP, COURSE, OMITTED, MEASURED, COMPANION = "step:", "course:", "omitted:", "measured:", "companion:"

#: a difference between what is typed and what is on record below which it is rounding; an age may be typed in whole years
SAME, AGE_SLACK = 1e-6, 1.0
#: an interval is kept to within a second
SECOND = 1 / 86_400


def days_between(one: str, other: str) -> float:
    """Days from one stamp to a later one."""
    return (moment(other) - moment(one)).total_seconds() / 86_400


def said(person: Participant, kind: str, at: str) -> list[KnownStatement]:
    """What was said of a kind and is true at a moment, as known now, in its order."""
    found = [one for one in person.known.get(kind, ()) if one.until is None and one.at <= at]
    return sorted(found, key=lambda one: (one.at, one.seq))


def regimen_of_person(view: ProgrammeView, person: Participant) -> Regimen | None:
    """The regimen by which somebody is treated: that of their arm; where the arm is sealed, what the regimens of all arms have in common."""
    if person.arm_is_sealed:
        return view.masked_regimen
    arm = view.arm.get(person.arm or "")
    return view.regimen.get(arm.regimen or "") if arm is not None else None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands in a course at a moment.

    ``number`` counts the courses from 1; ``given`` and ``omitted`` are doses of this course that were given (whatever became of them) and left out;
    ``counted`` are the times of those that count; ``ours`` those of every course. ``gap`` and ``wanted`` are the days since the last dose that counts, and those planned between it and
    the next (``None`` where there is no dose yet, or nothing is said of it).
    """

    number: int
    given: int
    omitted: int
    counted: tuple[str, ...]
    ours: tuple[str, ...]
    gap: float | None
    wanted: float | None
    slack: float

    @property
    def slot(self) -> int:
        """The number of the dose that comes next, counted from 0 within the course."""
        return self.given + self.omitted

    @property
    def timing(self) -> Literal["first", "early", "on-time", "late"]:
        """How a dose at that moment stands to its planned time."""
        if self.gap is None or self.wanted is None:
            return "first"
        if self.gap < self.wanted - self.slack:
            return "early"
        return "on-time" if self.gap <= self.wanted + self.slack + SECOND else "late"

    @property
    def behind(self) -> float:
        """By how many days a dose at that moment is later than its tolerance allows; 0 where it is not late."""
        if self.timing != "late" or self.gap is None or self.wanted is None:
            return 0.0
        return self.gap - self.wanted - self.slack


def counts(dose: Administration) -> bool:
    """Whether a dose was given by the gates, so that it brings somebody on in their course."""
    return dose.valid or bool(dose.afterwards)


def standing_of(
    person: Participant, regimen: Regimen, doses: Sequence[Administration], at: str, after: str = ""
) -> Standing:
    """Where somebody stands at a moment, who was given these doses before; ``after``: the last dose before the course in which they are, where that is one of its own."""
    begun = said(person, COURSE + regimen.id, at)
    since = begun[-1].at if begun else ""
    mine = [dose for dose in doses if dose.at >= since and dose.at > after]
    counted = tuple(dose.at for dose in mine if counts(dose))
    ours = tuple(dose.at for dose in doses if counts(dose))
    omitted = [one for one in said(person, OMITTED + regimen.id, at) if one.at >= since and one.at > after]
    slot = len(mine) + len(omitted)
    gap = days_between(ours[-1], at) if ours else None
    wanted = None
    if counted:
        # from the last dose that counts to the next one, with those that were left out between
        left_out = sum(1 for one in omitted if one.at >= counted[-1])
        steps = [regimen.spacing(slot - back) for back in range(left_out + 1)]
        wanted = sum(one for one in steps if one is not None) if None not in steps else None
    slack = days(regimen.interval_tolerance) if regimen.interval_tolerance else 0.0
    return Standing(len(begun) + 1, len(mine), len(omitted), counted, ours, gap, wanted, slack)


@dataclass(frozen=True, slots=True)
class AtStep:
    """The step of a titration at which a dose would be given, and in a word why none may be: ``undecided``, ``too-soon``, ``skips``; ``needs`` is what is missing."""

    step: TitrationStep
    fault: Literal["", "undecided", "too-soon", "skips"] = ""
    wanted: TitrationStep | None = None
    needs: float = 0.0


def step_of(person: Participant, regimen: Regimen, standing: Standing, at: str) -> AtStep | None:
    """The step at which the next dose of a course is given; ``None`` where the regimen has no titration."""
    if not regimen.titration:
        return None
    decisions = said(person, STEP + regimen.id, at)
    walk = _Walk(regimen.titration)
    for dose in standing.counted:
        walk.go(decisions, dose)
        walk.give(dose)
    return walk.go(decisions, at)


class _Walk:
    """A walk along the steps of a titration, dose by dose."""

    def __init__(self, steps: Sequence[TitrationStep]) -> None:
        self.steps = steps
        self.index = self.count = 0
        self.began = self.last = ""

    def give(self, at: str) -> None:
        self.count += 1
        self.began, self.last = self.began or at, at

    def _to(self, index: int) -> AtStep:
        if index != self.index:
            self.index, self.began = index, ""
        self.count = 0
        return AtStep(self.steps[index])

    def _missing(self, following: TitrationStep, at: str) -> float:
        """How many days are missing until the next step may be taken; infinitely many where a dose is."""
        if self.count < (self.steps[self.index].administrations or 1):
            return float("inf")
        return max(0.0, days(following.after) - days_between(self.began, at) - SECOND)

    def go(self, decisions: Iterable[KnownStatement], at: str) -> AtStep:
        """The step of a dose at a moment."""
        here = self.steps[self.index]
        following = self.steps[self.index + 1] if self.index + 1 < len(self.steps) else None
        told = [one for one in decisions if self.last < one.at <= at] if self.last else []
        ids = [step.id for step in self.steps]
        if told and told[-1].value["step"] in ids:
            target = ids.index(told[-1].value["step"])
            if target <= self.index:
                return self._to(target)
            if following is None or target > self.index + 1:
                return AtStep(here, "skips", self.steps[target])
            left = self._missing(following, at)
            return AtStep(here, "too-soon", following, left) if left else self._to(target)
        if following is None:
            return AtStep(here)
        full = here.administrations is not None and self.count >= here.administrations
        if following.decided_by is None:
            left = self._missing(following, at)
            if not left:
                return self._to(self.index + 1)
            return AtStep(here, "too-soon", following, left) if full else AtStep(here)
        return AtStep(here, "undecided", following) if full else AtStep(here)


@dataclass(frozen=True, slots=True)
class Input:
    """What the record has of something that a dose is worked out from: the value at a moment, its age in days; and since when it is known."""

    value: Quantity
    days: float
    recorded: str


def input_of(person: Participant, name: str, at: str) -> Input | None:
    """What was measured last of somebody before a moment, as known now; an age has grown since it was recorded."""
    found = person.true(MEASURED + name, at)
    if found is None:
        return None
    value, old = Quantity(**found.value), days_between(found.at, at)
    if name == "age":
        value = Quantity(value=convert(value.value, value.unit, "a") + old / 365.25, unit="a")
    return Input(value, old, found.recorded)


def agrees(name: str, typed: Quantity, measured: Quantity) -> bool:
    """Whether what is typed is what was measured; an age in whole years is that of the last birthday."""
    try:
        value = convert(typed.value, typed.unit, measured.unit)
    except ProbandError:
        return False
    if name == "age":
        return -SAME <= measured.value - value < AGE_SLACK
    return abs(value - measured.value) <= abs(measured.value) * SAME


def most_days(rule: DoseRule, name: str) -> float | None:
    """How old (days) what is on record may be; ``None`` where the rule does not ask that it is on record."""
    limits = [days(one.at_most) for one in rule.recorded if one.what == name]
    return min(limits) if limits else None


def measurable(view: ProgrammeView) -> dict[str, str]:
    """What may be measured of somebody for a dose, each with the unit of which it must be a measure; empty where any unit may do."""
    found = {"weight": "kg", "height": "cm", "surface": "m2", "age": "a"}
    for regimen in view.regimens:
        for rule in (regimen.dose, *(one.dose for one in regimen.companions)):
            if isinstance(rule, DoseRule):
                for one in rule.adjustments:
                    ends = [end for band in one.bands for end in (band.low, band.high) if end is not None]
                    found[one.by] = ends[0].unit if ends else ""
    return found


def companion_given(person: Participant, name: str, span: tuple[str, str]) -> KnownStatement | None:
    """The last time that a companion was given between two moments, as known now."""
    first, last = span
    found = [one for one in said(person, COMPANION + name, last) if one.at >= first]
    return found[-1] if found else None


def as_quantity(amount: Mapping[str, Any]) -> Quantity:
    """An amount of an event as a quantity."""
    return Quantity(**amount)
