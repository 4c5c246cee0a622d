"""Giving a product to a person: every gate of the programme stands here; and what was given in spite of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from proband.programme.course import FurtherCourse, LateRule
from proband.programme.regimen import Regimen
from proband.record.afterwards import found_late
from proband.record.baseline import without_baseline
from proband.record.commands.bag import OF_THE_BAG, SAID_OF_THE_BAG, other_bag
from proband.record.commands.bedside import dose_words
from proband.record.declare.change import Body, add_task, changes, note_dose
from proband.record.declare.command import (
    Context,
    CustodyWords,
    WayBack,
    command,
    never,
)
from proband.record.declare.data import Amount, Data, Ref, TracedWords, amount_words
from proband.record.declare.gate import gate
from proband.record.declare.wording import CODE
from proband.record.dose_level import above_level
from proband.record.doses import given_before, next_dose
from proband.record.dosing import COURSE_SINCE_VERSION, Standing, counts, days_between, standing_of
from proband.record.errors import Refusal
from proband.record.events import ASKED_SINCE_VERSION, local_date, shifted
from proband.record.family import known_before
from proband.record.gates.making import sum_in
from proband.record.gates.stages import ALLOCATED, ENROLLED, KNOWN_PERSON, KNOWN_PRODUCT
from proband.record.paged import browse_values
from proband.record.participant import Administration, Participant
from proband.record.product import ROUNDING, Container
from proband.record.programme_view import days
from proband.record.questions import done_by_nobody, forget_dose, question_of_another_version
from proband.record.remembered import remembered
from proband.record.staggered import too_near
from proband.record.state import State
from proband.record.stock import kept_as_units

#: a bedside check is good for so many minutes (design choice: longer than any injection takes)
BEDSIDE_MINUTES = 60


@gate("forecast", mend="seal forecast, comparator and analysis before the first dose")
def forecast(c: Context) -> Refusal | None:
    """The forecast was sealed before the first dose, unless the programme declares itself retrospective, for ever."""
    if c.view is not None and c.view.forecast.declared == "retrospective":
        return None
    if not any(seal["at"] <= c.at for seal in c.state.forecasts.values()):
        return Refusal("gate.forecast.unsealed")
    return None


@gate("interval", mend="wait, or ask for an amendment")
def interval(c: Context) -> Refusal | None:
    """Number, spacing, washout, untreated baseline and staggering as the programme has them, with the review before the next person, at no higher dose level than was decided."""
    person, regimen, view = c.participant, c.course, c.view
    if person is None or regimen is None or view is None:
        return Refusal("gate.interval.unknown")
    today = date.fromisoformat(c.day)
    given = given_before(person, c.at, c.aside)
    refusal = above_level(c, person) or _spacing(c, person, regimen, given)
    # a deviation only ever restricts: it makes no first dose of the programme a second one
    if refusal is not None or any(counts(dose) for dose in given):
        return refusal
    untaught = without_baseline(c, person, view)
    if untaught is not None:
        return untaught
    if regimen.washout is not None:
        wash = days(regimen.washout)
        for entry in person.cointerventions.values():
            if entry["counts_for_washout"] and (
                entry["end"] is None or (today - date.fromisoformat(entry["end"])).days < wash
            ):
                return Refusal("gate.interval.washout", kind=entry["kind"], end=entry["end"], washout=wash)
        for entry in person.elsewhere:
            when = remembered(entry["when"])
            latest = when.latest if when is not None else None
            if latest is None or (today - latest).days < wash:
                return Refusal("gate.interval.elsewhere", when=entry["when"], washout=wash)
    return too_near(c)


def _spacing(
    c: Context, person: Participant, regimen: Regimen, given: list[Administration]
) -> Refusal | None:
    """Not more doses than planned, none too near to any other, whatever became of it, and none too long after the last but by the rule for late ones."""
    if (turn := _out_of_turn(c, person, regimen, given)) is not None or not given:
        return turn
    coming = next_dose(c.state, person, regimen, given, c.at, c.version)
    here = standing_of(person, regimen, given, c.at, coming.since)
    if coming.complete is not None:
        opens = [course.id for course in regimen.further]
        if opens:
            return Refusal("gate.interval.further", person=person.id, given=len(given), planned=coming.complete, courses=opens)  # fmt: skip
        return Refusal(
            "gate.interval.complete", person=person.id, given=here.slot, planned=regimen.administrations
        )
    if coming.opens and coming.course is not None and (coming.course.after or coming.course.within):
        return _spacing_of_course(c, coming.course, given)
    wanted = regimen.spacing(max(here.slot, 1))
    if wanted is None or (coming.opens and coming.course is not None and coming.course.on == "retreatment"):
        return None
    gaps = [days_between(dose.at, c.at) for dose in given]
    nearest = min(gaps, key=abs)
    if abs(nearest) < wanted - here.slack:
        return Refusal("gate.interval.spacing", days=nearest, wanted=wanted, slack=here.slack)
    if here.gap is None or here.wanted is None or here.timing in ("first", "on-time"):
        return None
    if here.timing == "late" and regimen.late is not None and c.written_since(COURSE_SINCE_VERSION):
        return _too_late(c, person, regimen.late, here)
    return Refusal("gate.interval.spacing", days=here.gap, wanted=here.wanted, slack=here.slack)


def _out_of_turn(
    c: Context, person: Participant, regimen: Regimen, given: list[Administration]
) -> Refusal | None:
    """The refusal of a product that is not the one whose turn it is, where several alternate; a dose that was left out has had its turn."""
    if not regimen.alternates or c.regimen is None:
        return None
    coming = next_dose(c.state, person, regimen, given, c.at, c.version)
    slot = standing_of(person, regimen, given, c.at, coming.since).slot
    turn = regimen.turns[slot % len(regimen.turns)]
    if c.regimen.id == turn:
        return None
    return Refusal("gate.interval.turn", person=person.id, number=slot + 1, turn=turn, regimen=c.regimen.id)


def _spacing_of_course(c: Context, course: FurtherCourse, given: list[Administration]) -> Refusal | None:
    """Whether the first dose of a further course lies where the course says, counted from the dose before it."""
    gap = days_between(given[-1].at, c.at)
    low = days(course.after) if course.after else 0.0
    high = days(course.within) if course.within else math.inf
    return None if low <= gap <= high else Refusal("gate.interval.course", course=course.id, days=gap, low=low, high=high)  # fmt: skip


def _too_late(c: Context, person: Participant, rule: LateRule, here: Standing) -> Refusal | None:
    """What the programme's rule says of a dose that is late: still allowed, with the reason; or what must be decided first."""
    if days(rule.until) >= here.behind:
        # a dose that is judged again gave its reason when it passed
        if c.aside is None and len((c.body["reason"] or "").strip()) < 3:
            return Refusal("gate.interval.late", days=here.behind, until=rule.until)
        return None
    match rule.then:
        case "restart":
            return Refusal("gate.interval.restart", days=here.behind, until=rule.until, role=rule.decided_by)
        case "skip":
            return Refusal("gate.interval.skip", days=here.behind, until=rule.until, role=rule.decided_by)
        case _:
            return Refusal("gate.interval.over", person=person.id, days=here.behind, until=rule.until)


def checked_otherwise(c: Context) -> Refusal | None:
    """What is wrong with the second check of a dose: none, of another dose or person, or by somebody who could not make it."""
    product = c.product
    check = product.dose_checked if product else None
    if product is None or check is None:
        return Refusal("gate.second-check.none", subject=c.subject)
    if check["participant"] != c.data["participant"] or check["dose"] != c.data["dose"]:
        return Refusal("gate.second-check.other", value=check['dose']['value'], unit=check['dose']['unit'], participant=check['participant'])  # fmt: skip
    if c.written_since(ASKED_SINCE_VERSION) and (refusal := _checked_for_another(c, product, check)):
        return refusal
    nobody = done_by_nobody(c, "second-check")
    return (
        Refusal("gate.second-check.nobody", name=nobody.who, subject=c.subject, at=nobody.at)
        if nobody
        else None
    )


def _checked_for_another(c: Context, product: Container, check: Mapping[str, Any]) -> Refusal | None:
    """The refusal of a dose that was checked for another weight, age or surface, or as made ready by another hand."""
    checked, said = check.get("inputs", {}), c.data["inputs"]
    other = sorted(
        name for name in checked.keys() | said.keys() if not _same(checked.get(name), said.get(name))
    )
    if other:
        name = other[0]
        return Refusal("gate.second-check.inputs", name=name, checked=amount_words(checked.get(name)) or "nothing", said=amount_words(said.get(name)) or "nothing")  # fmt: skip
    named, regimen = check["prepared_by"], c.regimen
    if product.prepared_by not in ("", named):
        return Refusal("gate.second-check.hand", product=product.id, prepared_by=product.prepared_by, named=named)  # fmt: skip
    # the check asked for the role of then, as known at the check: it can have been taken since, from before
    person, at = c.state.persons.get(named), product.prepared_at or check["at"]
    if regimen is not None and (person is None or person.held(regimen.prepared_by, at, c.body["offset"]) is None):  # fmt: skip
        return Refusal("gate.second-check.preparer", name=named, role=regimen.prepared_by, site=c.body["site"])  # fmt: skip
    return None


def _same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether two amounts are one, in whatever units they are written; what is not said is no amount."""
    if one is None or other is None:
        return one is other
    total = sum_in([(other["value"], other["unit"])], one["unit"])
    return isinstance(total, float) and abs(total - one["value"]) <= abs(one["value"]) * ROUNDING


def _not_scanned_now(c: Context) -> Refusal | None:
    product = c.product
    check = product.checked if product else None
    if check is None or check["participant"] != c.data["participant"] or check["site"] != c.body["site"]:
        return Refusal("gate.bedside.none", subject=c.subject, participant=c.data["participant"])
    least, most = (seconds / 60 for seconds in c.since(check))
    if not (least >= 0 and most <= BEDSIDE_MINUTES):
        return Refusal("gate.bedside.old", minutes=most if least >= 0 else least, valid=BEDSIDE_MINUTES)
    nobody = done_by_nobody(c, "bedside")
    return (
        Refusal("gate.bedside.nobody", name=nobody.who, subject=c.subject, at=nobody.at) if nobody else None
    )


def dose_given_in_deviation(state: State, body: Body, data: dict[str, Any]) -> None:
    """What a dose changes that its gates refuse."""
    # whatever its gates say, the person may well have received it
    note_dose(state, body, valid=False)
    known_before(state, body)


def not_given(state: State, subject: str, seq: int) -> str | None:
    """Take back a dose that was not given."""
    people = [
        one.id for one in browse_values(state.participants) if any(dose.seq == seq for dose in one.doses)
    ]
    for person in map(state.participants.__getitem__, people):
        for dose in person.doses:
            if dose.seq == seq:
                forget_dose(state, person, dose)
    return None


@command("product.administer", "product.administered", of_its_time=True, way_back=WayBack(not_given), subject="product", withdrawal="treatment", hold="administration",
         consent="in-force", current_version=True, watched=True, reason=False,
         gates=("alive", "approval", "capacity", "verdict", "confirmation", "forecast", *OF_THE_BAG, "course", "dose", "companions", "interval"),
         stage=(KNOWN_PRODUCT, ENROLLED, ALLOCATED),
         identity=other_bag, **SAID_OF_THE_BAG, second_check=checked_otherwise, bedside=_not_scanned_now, signature="administration", live=True,
         offline=True, keeps_refusal=True, custody=CustodyWords("given", dose_words))  # fmt: skip
class Administer(Data):
    """Give a product to a person. Every gate of the programme stands here.

    * ``participant``: who is treated
    * ``coi``: the chain-of-identity identifier on the container
    * ``wristband``: what the scan of the wristband gives
    * ``bag``: what the scan of the container gives
    * ``route``: the route by which it is given, as the regimen names it
    * ``dose``: what is given
    * ``inputs``: what the dose is worked out from, by name: weight, age, surface
    """

    participant: Ref
    coi: Ref
    wristband: Ref
    bag: Ref
    route: Ref
    dose: Amount
    inputs: dict[Annotated[str, CODE], Amount] = {}


@changes("product.administered", when_void=dose_given_in_deviation, result=found_late)
def dose_given(state: State, body: Body, data: dict[str, Any]) -> None:
    """What a dose changes."""
    note_dose(state, body, valid=True)
    known_before(state, body)
    question_of_another_version(state, body)
    _companions_after(state, body)


def _companions_after(state: State, body: Body) -> None:
    """A task for each drug that the regimen obliges to be given after the dose."""
    product, view = state.products.get(body["subject"]), state.view
    regimen = view.regimen_of(product) if view is not None and product is not None else None
    for one in regimen.companions if regimen is not None else ():
        if one.obligatory and not one.before:
            until = shifted(body["at"], hours=one.hours[1])
            about = f"{one.name} ({one.id}), from {one.earliest} to {one.latest} after the dose"
            add_task(
                state, "companion", body["data"]["participant"], local_date(until, body["offset"]), about,
                f"companion:{state.seq}:{one.id}",
            )  # fmt: skip


@command("deviation.record", "deviation.recorded", when_locked="voids", way_back=WayBack(not_given), at_closed_site=True, permission="product.administer", subject="product", stage=(KNOWN_PRODUCT, KNOWN_PERSON),
         withdrawal=None, hold=None, consent=None, current_version=False, watched=True, live=False, gates=(), own_site=False,
         reason=True, base=("authority", "site", "clock", "reason", "signature"), signature="deviation",
         custody=CustodyWords("GIVEN IN DEVIATION", dose_words))  # fmt: skip
class RecordDeviation(Data):
    """What was really given although no gate would have let it: the truth, marked as a deviation for ever.

    * ``participant``: who was given it
    * ``route``: by which route
    * ``dose``: how much
    * ``what_happened``: what happened, in words; no name and nothing else that identifies a person
    """

    participant: Ref
    route: Ref
    dose: Amount
    what_happened: TracedWords


@changes("deviation.recorded")
def _deviation(state: State, body: Body, data: dict[str, Any]) -> None:
    state.deviations[state.seq] = {"kind": "administration in deviation", "subject": body["subject"], **data}
    add_task(
        state,
        "deviation",
        data["participant"],
        body["at"][:10],
        data["what_happened"],
        f"deviation:{state.seq}",
    )
    note_dose(state, body, valid=False)
    known_before(state, body)


@command("product.dispose", "product.disposed", bears=never, at_closed_site=True, permission="product.administer", subject="product", withdrawal=None, hold=None,
         consent=None, current_version=False, watched=False, signature=None, reason=False, live=False, gates=(),
         own_site=False, offline=True,
         stage=(
             (lambda c: c.product and c.product.status != "used" and not c.product.disposed, "a product that is not yet disposed of"),
             ((lambda c: c.product and not kept_as_units(c.subject, c.state.stock, c.state.shipments)), "something that is no stock any more: units of a lot are destroyed as units (stock.destroy), before a second person"),
         ), custody=CustodyWords("rest disposed of", lambda data: f"{amount_words(data['amount'])}: {data['method']}"))  # fmt: skip
class Dispose(Data):
    """What became of the rest.

    * ``amount``: how much was left
    * ``method``: how it was disposed of
    """

    amount: Amount
    method: TracedWords


@changes("product.disposed")
def _disposed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.disposed = True
    product.remaining = 0.0
    if product.status not in ("administered", "failed", "rejected"):
        product.status = "disposed"
