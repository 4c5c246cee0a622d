"""The course of a treatment: what was measured for a dose, what was given with it, the step that comes next, a dose that is left out, a course that begins anew."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from proband.programme.regimen import Regimen
from proband.record.declare.change import STATEMENT, Body, changes, statement, task_done
from proband.record.declare.command import Context, command
from proband.record.declare.data import Amount, Data, Ref, Words
from proband.record.declare.gate import gate
from proband.record.declare.wording import CODE, FREE
from proband.record.dosing import (
    COMPANION,
    COURSE,
    MEASURED,
    OMITTED,
    STEP,
    measurable,
    regimen_of_person,
)
from proband.record.errors import Refusal
from proband.record.gates.course import amount_fault, at_step, coming_here, standing_here
from proband.record.gates.stages import ALLOCATED, KNOWN_PERSON
from proband.record.participant import Participant
from proband.record.programme_view import days
from proband.record.state import State
from proband.terms import compatible

of_course = partial(command, subject="participant", permission="participant.decision.record", stage=(ALLOCATED,), withdrawal="treatment", hold=None,
                    consent=None, current_version=False, watched=False, reason=False, live=False, of_its_time=True, way_back=STATEMENT)  # fmt: skip


def _regimen(c: Context) -> tuple[Participant, Regimen] | None:
    """The participant, and the regimen by which they are treated."""
    if c.participant is None or c.view is None:
        return None
    found = regimen_of_person(c.view, c.participant)
    return (c.participant, found) if found is not None else None


def _other_role(c: Context, role: str | None) -> Refusal | None:
    if role is None or c.body["role"] == role:
        return None
    return Refusal("gate.course-decided.role", role=role, own=c.body["role"])


@gate(
    "course-decided",
    mend="let the role that the programme names decide, when it is to be decided",
    says="what speaks against the decision",
)
def course_decided(c: Context) -> Refusal | None:
    """What is decided on a course is the programme's to decide on, at that time, by the role that it names."""
    found = _regimen(c)
    if found is None:
        return Refusal("gate.course-decided.regimen", person=c.subject)
    refusal: Refusal | None = c.command.says["course-decided"](c, *found)
    return refusal


# measurements


@gate("measured", mend="name what a dose is worked out from, in a unit of it")
def measured(c: Context) -> Refusal | None:
    """What is measured for a dose is something that a dose of the programme goes by, in a unit of it, and more than nothing."""
    what, value = c.data["what"], c.data["value"]
    known = measurable(c.view) if c.view is not None else {}
    if what not in known:
        return Refusal("gate.measured.unknown", what=what, known=sorted(known))
    unit = known[what]
    if unit and not compatible(value["unit"], unit):
        return Refusal("gate.measured.unit", what=what, unit=value["unit"], wanted=unit)
    if not value["value"] > 0:
        return Refusal("gate.measured.positive", what=what, value=value["value"], unit=value["unit"])
    return None


@command("measurement.record", "measurement.recorded", permission="outcome.record", subject="participant", stage=(KNOWN_PERSON,), withdrawal="new-data", hold=None,
         consent="data", current_version=False, watched=False, signature=None, reason=False, live=False, of_its_time=True, gates=("alive", "measured"),
         way_back=STATEMENT)  # fmt: skip
class RecordMeasurement(Data):
    """What was measured of somebody so that a dose is worked out from it: weight, surface, age, the function of an organ.

    It counts from the moment at which it was measured (``at``), before whatever is typed beside a dose.

    * ``what``: what was measured: weight, height, surface, age, or what an adjustment of a dose goes by
    * ``value``: how much
    """

    what: Annotated[str, CODE]
    value: Amount


@changes("measurement.recorded")
def _measured(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.say(MEASURED + data["what"], statement(state, body, data["value"]))


# companions


@gate("companion", mend="give it as the regimen says: the drug, its route, its dose")
def companion(c: Context) -> Refusal | None:
    """What is given with the product is a companion of the person's own regimen, by its route, in the dose that its rule gives."""
    found = _regimen(c)
    one = (
        next((each for each in found[1].companions if each.id == c.data["companion"]), None)
        if found
        else None
    )
    if found is None or one is None:
        known = sorted(each.id for each in found[1].companions) if found else []
        return Refusal("gate.companion.unknown", companion=c.data["companion"], known=known)
    if c.data["route"] != one.route.value:
        return Refusal(
            "gate.companion.route", companion=one.id, route=one.route.value, wanted=c.data["route"]
        )
    fault = amount_fault(c, one.dose)
    if fault is None:
        return None
    return Refusal("gate.companion.dose", companion=one.id, problem=fault.message, correction=fault.mend)


@command("companion.give", "companion.given", permission="product.administer", subject="participant", stage=(ALLOCATED,), withdrawal="new-data",
         hold=None, consent="data", current_version=False, watched=False, signature=None, reason=False, live=False, of_its_time=True,
         gates=("alive", "companion"), way_back=STATEMENT)  # fmt: skip
class GiveCompanion(Data):
    """A drug that goes with the product was given: premedication, or another that the regimen names.

    It says what was given; the dose itself is what holds, withdrawals and consent stop. What goes after a dose is given and recorded under a hold as well.

    * ``companion``: which, as the regimen names it
    * ``route``: by which route it was given
    * ``dose``: how much
    * ``inputs``: what its dose is worked out from, by name: weight, age, surface
    """

    companion: Ref
    route: Ref
    dose: Amount
    inputs: dict[Annotated[str, CODE], Amount] = {}


@changes("companion.given")
def _given(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.say(
        COMPANION + data["companion"], statement(state, body, {"dose": data["dose"], "route": data["route"]})
    )
    for name in state.tasks_of.get(("companion", person.id), ()):
        if name.endswith(f":{data['companion']}") and state.tasks[name].done is None:
            task_done(state, name)
            return


# titration


def _step_fault(c: Context, person: Participant, regimen: Regimen) -> Refusal | None:
    target = regimen.step(c.data["step"])
    if target is None:
        return Refusal(
            "gate.course-decided.step", step=c.data["step"], known=[one.id for one in regimen.titration]
        )
    here = at_step(c, person, regimen)
    standing = standing_here(c, person, regimen)
    if here is None or not standing.counted:
        return Refusal("gate.course-decided.first", step=regimen.titration[0].id)
    order = [one.id for one in regimen.titration]
    index = order.index(here.step.id)
    if order.index(target.id) > index + 1:
        return Refusal("gate.course.skips", person=person.id, step=here.step.id, following=target.id)
    deciding = regimen.titration[min(index + 1, len(order) - 1)]
    return _other_role(c, deciding.decided_by)


@of_course(
    "titration.decide",
    "titration.decided",
    gates=("alive",),
    course_decided=_step_fault,
    signature="titration",
)
class DecideStep(Data):
    """At which step of the titration somebody is given the next dose: the following one, the same again, or an earlier one.

    It holds for what is given after it, and only where it was said after the last dose.

    * ``step``: the step, as the regimen names it
    * ``why``: on what that rests: what was seen since the last dose
    """

    step: Ref
    why: Words


def _say(state: State, body: Body, kind: str, value: dict[str, Any]) -> None:
    """Keep what was said of the course of a participant, under the regimen by which they are treated."""
    person, view = state.participants[body["subject"]], state.view
    regimen = regimen_of_person(view, person) if view is not None else None
    if regimen is not None:
        person.say(kind + regimen.id, statement(state, body, value))


@changes("titration.decided")
def _step_decided(state: State, body: Body, data: dict[str, Any]) -> None:
    _say(state, body, STEP, {"step": data["step"]})


# doses that are left out, courses that begin anew


def _not_left_out(c: Context, person: Participant, regimen: Regimen) -> Refusal | None:
    rule = regimen.late
    if rule is None or rule.then != "skip":
        return Refusal(
            "gate.course-decided.not-skipped", regimen=regimen.id, rule=rule.then if rule else None
        )
    here = standing_here(c, person, regimen)
    if here.timing == "first":
        return Refusal("gate.course-decided.nothing-due", person=person.id)
    if here.timing == "early" and here.gap is not None and here.wanted is not None:
        return Refusal(
            "gate.course-decided.early", person=person.id, days=here.wanted - here.slack - here.gap
        )
    coming = coming_here(c, person, regimen)
    if coming.complete is not None:
        return Refusal("gate.interval.complete", person=person.id, given=here.slot, planned=coming.complete)
    return _other_role(c, rule.decided_by)


@of_course(
    "dose.omit", "dose.omitted", gates=("alive",), course_decided=_not_left_out, signature="omitted dose"
)
class OmitDose(Data):
    """The dose that is due is left out, with the reason; it counts among the planned ones, and the next is due in its own time.

    * ``why``: why it is left out
    * ``note``: what happened, in words; no name and nothing else that identifies a person
    """

    why: Literal["reaction", "illness", "withheld", "product", "logistics", "wish", "other"]
    note: Annotated[str | None, FREE] = None


@changes("dose.omitted")
def _omitted(state: State, body: Body, data: dict[str, Any]) -> None:
    _say(state, body, OMITTED, {"why": data["why"]})


def _not_late(c: Context, person: Participant, regimen: Regimen) -> Refusal | None:
    rule, here = regimen.late, standing_here(c, person, regimen)
    if rule is None or rule.then != "restart":
        return Refusal("gate.course-decided.no-restart", rule=rule.then if rule else None)
    left = days(rule.until) - here.behind
    if here.timing != "late" or left >= 0:
        return Refusal(
            "gate.course-decided.not-late", person=person.id, days=left if here.timing == "late" else None
        )
    return _other_role(c, rule.decided_by)


@of_course("course.begin", "course.begun", gates=("alive",), course_decided=_not_late, signature="course")
class BeginCourse(Data):
    """The course begins anew, at its first dose and its first step, since a dose came too late.

    * ``why``: why it was late, and why it goes on, in words
    """

    why: Words


@changes("course.begun")
def _begun(state: State, body: Body, data: dict[str, Any]) -> None:
    _say(state, body, COURSE, {"because": "late"})
