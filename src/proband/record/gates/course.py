"""Gates on the course: the step of the titration, the drugs that go with a dose, and who decides on the course."""

from __future__ import annotations

from datetime import timedelta

from proband.programme.course import Companion
from proband.programme.dose import DoseRule, Withheld, compute
from proband.programme.regimen import Regimen
from proband.record.declare.command import Context
from proband.record.declare.gate import gate
from proband.record.doses import NextDose, given_before, next_dose
from proband.record.dosing import (
    COURSE_SINCE_VERSION,
    AtStep,
    Standing,
    agrees,
    as_quantity,
    companion_given,
    input_of,
    most_days,
    standing_of,
    step_of,
)
from proband.record.errors import Refusal
from proband.record.events import moment, stamp
from proband.record.participant import Participant
from proband.terms import ProbandError, Quantity


def standing_here(c: Context, person: Participant, regimen: Regimen) -> Standing:
    """Where the participant stands in their course at the moment that is judged."""
    given = given_before(person, c.at, c.aside)
    return standing_of(person, regimen, given, c.at, coming_here(c, person, regimen).since)


def coming_here(c: Context, person: Participant, regimen: Regimen) -> NextDose:
    """Which dose comes next to the participant at the moment that is judged."""
    given = given_before(person, c.at, c.aside)
    return next_dose(c.state, person, regimen, given, c.at, c.version)


def at_step(c: Context, person: Participant, regimen: Regimen) -> AtStep | None:
    """The step of the titration at which the participant is given the next dose; ``None`` where there is none."""
    if not c.written_since(COURSE_SINCE_VERSION):
        return None
    return step_of(person, regimen, standing_here(c, person, regimen), c.at)


def inputs_of(c: Context, rule: DoseRule | Withheld) -> dict[str, Quantity] | Refusal:
    """What a dose is worked out from: what is on record before what is typed; the refusal where the two differ, or what must be on record is not, or is too old."""
    typed = {name: as_quantity(one) for name, one in c.data["inputs"].items()}
    person = c.participant
    if person is None or isinstance(rule, Withheld) or not c.written_since(COURSE_SINCE_VERSION):
        return typed
    for name in rule.needs:
        found, most = input_of(person, name, c.at), most_days(rule, name)
        if found is None:
            if most is not None:
                return Refusal("gate.dose.unrecorded", name=name, person=person.id)
            continue
        if most is not None and found.days > most:
            return Refusal("gate.dose.old", name=name, person=person.id, days=found.days, most=most)
        if name in typed and not agrees(name, typed[name], found.value):
            return Refusal("gate.dose.recorded", name=name, typed=typed[name], measured=found.value)
        typed[name] = found.value
    return typed


def amount_fault(c: Context, rule: DoseRule | Withheld, fraction: float = 1.0) -> Refusal | None:
    """The refusal of an amount that the rule does not give for this person."""
    given = c.data["dose"]
    try:
        known = inputs_of(c, rule)
        if isinstance(known, Refusal):
            return known
        permitted = compute(rule, known, fraction)
        fits = permitted.permits(as_quantity(given))
    except (ProbandError, ValueError) as error:
        return Refusal("gate.dose.inputs", error=str(error))
    if not fits:
        low, high = permitted.permitted
        return Refusal(
            "gate.dose.outside", value=given["value"], unit=given["unit"], low=low, high=high, permitted=permitted.unit,
            tolerance=f", the tolerance of {permitted.tolerance_percent:g} % included" if permitted.tolerance_percent else "",
            steps=permitted.steps,
        )  # fmt: skip
    return None


@gate("course", mend="have the role that the programme names decide on the step")
def course(c: Context) -> Refusal | None:
    """The step of the titration is reached: by its time and its doses, and by the word of whoever decides on it, said after the last dose."""
    person, regimen = c.participant, c.course
    if person is None or regimen is None:
        return None
    found = at_step(c, person, regimen)
    if found is None or not found.fault or found.wanted is None:
        return None
    if found.fault == "undecided":
        return Refusal(
            "gate.course.undecided", person=person.id, step=found.step.id, following=found.wanted.id,
            condition=found.wanted.condition, role=found.wanted.decided_by,
        )  # fmt: skip
    if found.fault == "too-soon":
        return Refusal(
            "gate.course.too-soon", person=person.id, step=found.step.id, following=found.wanted.id,
            days=None if found.needs == float("inf") else found.needs,
        )  # fmt: skip
    return Refusal("gate.course.skips", person=person.id, step=found.step.id, following=found.wanted.id)


def span_before(c: Context, one: Companion) -> tuple[str, str]:
    """Between which moments a companion had to be given before a dose of this moment."""
    first, last = one.hours
    at = moment(c.at)
    return stamp(at + timedelta(hours=first)), stamp(at + timedelta(hours=last))


@gate("companions", mend="give it first, by its own rule, and record it")
def companions(c: Context) -> Refusal | None:
    """What the programme obliges to be given before a dose was given, in its time."""
    person, regimen = c.participant, c.regimen
    if person is None or regimen is None or not c.written_since(COURSE_SINCE_VERSION):
        return None
    for one in regimen.companions:
        if not one.obligatory or not one.before:
            continue
        if companion_given(person, one.id, span_before(c, one)) is None:
            return Refusal("gate.companions.missing", person=person.id, name=one.name, companion=one.id,
                           earliest=one.earliest, latest=one.latest)  # fmt: skip
    return None
