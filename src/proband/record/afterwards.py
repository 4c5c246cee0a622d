"""What permitted a dose and was recorded only after it: it documents the dose, and makes nothing clean.

A dose may be entered minutes after it was given. Its gates ask what was true then, as known now; whether anybody knew it then is asked here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from typing import Any

from proband.programme.dose import DoseRule
from proband.record.approvals import approvals_recorded
from proband.record.bounds import bounds
from proband.record.capacity import too_long_ago
from proband.record.confirmed import confirmations, last_visit
from proband.record.doses import ENTRY, needed, next_dose, opening, stopped
from proband.record.dosing import (
    COMPANION,
    COURSE,
    COURSE_SINCE_VERSION,
    MEASURED,
    OMITTED,
    STEP,
    counts,
    days_between,
    said,
)
from proband.record.events import JUDGED
from proband.record.known import ALWAYS, true_as_known
from proband.record.participant import Participant
from proband.record.product import Container
from proband.record.programme_view import ProgrammeView, days
from proband.record.standing_consent import given_by_another
from proband.record.state import State

Body = dict[str, Any]
_day = date.fromisoformat


def late_permissions(state: State, body: Body) -> tuple[str, ...]:
    """Which permissions of an administration were recorded only after it, as the rules that judged it said; those of now where it says nothing."""
    said = body.get(JUDGED)
    return tuple(said["late"]) if said is not None else found_late(state, body)


def found_late(state: State, body: Body) -> tuple[str, ...]:
    """The same, as the rules of now find it."""
    person = state.participants.get(str(body["data"].get("participant")))
    if person is None:
        return ()
    given = bounds(state.capsule_of(body["source"]), body)[0]
    return afterwards(state, body, person, state.products.get(body["subject"]), given)


def afterwards(
    state: State, body: Body, person: Participant, product: Container | None, given: str
) -> tuple[str, ...]:
    """Which permissions of a dose were recorded only after it had been given: they document, they did not permit."""
    sealed = min((seal["recorded"] for seal in state.forecasts.values()), default=None)
    view = state.programmes.get(body["programme"])
    said = {name: person.true(name, given) for name in ("consent", "enrolled", "allocated")}
    kinds, opened = _verdicts(state, body, person, product, view, given)
    found = [one.recorded for kind in kinds if (one := person.true(kind, given)) is not None]
    checked = product.checked if product else None
    # what the same device saw before is in order by its chain, whatever the bounds are
    seen_here = checked is not None and body["source"] != "online" and checked.get("source") == body["source"]
    permissions = {
        "verdict": max((*found, *opened), default=None),
        **{name: one.recorded if one else None for name, one in said.items()},
        "release": product.release_recorded if product else None,
        "second-check": product.dose_checked["recorded"] if product and product.dose_checked else None,
        "bedside": checked["recorded"] if checked and not seen_here else None,
        "forecast": None if view is not None and view.forecast.declared == "retrospective" else sealed,
        "confirmation": _confirmed(state, body, person, view, given),
        **_who_may(state, body, given),
        **(product.permitted if product else {}),
    }
    late = [name for name, recorded in permissions.items() if recorded is not None and recorded > given]
    return tuple(
        dict.fromkeys(
            (
                *late,
                *_not_then(state, body, person, view, given, kinds),
                *_too_near_then(state, body, person, product, given),
                *_of_the_course(view, body, person, product, given),
            )
        )
    )


def _verdicts(state: State, body: Body, person: Participant, product: Container | None, view: ProgrammeView | None, given: str) -> tuple[list[str], list[str]]:  # fmt: skip
    """Which kinds of verdict a dose needed; and, where it opened a further course, when the first was recorded that opened it."""
    if view is None or view.eligibility is None or not view.eligibility.has_scopes:
        return [ENTRY], []
    version = str(body["programme"])
    before = [dose for dose in person.given if dose.at <= given]
    regimen = view.course_of(view.regimen_of(product)) if product is not None else None
    coming = next_dose(state, person, regimen, before, given, version)
    opened = (
        opening(state, person, coming.course.on, coming.last, given, version)
        if coming.opens and coming.course
        else []
    )
    return needed(view, coming), [min(one.recorded for one in opened)] if opened else []


def _confirmed(
    state: State, body: Body, person: Participant, view: ProgrammeView | None, given: str
) -> str | None:
    found = (
        confirmations(state, view, person, body["programme"], given)
        if view is not None and last_visit(view)
        else ()
    )
    return min((one.recorded for one in found), default=None)


def _not_then(state: State, body: Body, person: Participant, view: ProgrammeView | None, given: str, kinds: list[str]) -> Iterator[str]:  # fmt: skip
    """The gates of the person that would have refused a dose by what was known when it was given, and pass it by what was said or taken back since."""
    then = {kind: true_as_known(said, given) for kind, said in person.known.items()}

    def refused(kind: str, refuses: Callable[[Any], bool]) -> bool:
        was, now = then.get(kind), person.true(kind, given)
        return was is not now and was is not None and refuses(was.value)

    if refused("ended", bool):
        yield "alive"
    if any(
        one is not None and view is not None and "treatment" in view.blocks_of(kind[10:])
        for kind, one in then.items()
        if kind.startswith("withdrawn:")
    ):
        yield "withdrawal"
    other = any(
        refused(kind, lambda one: one.outcome != "eligible" or one.programme != body["programme"])
        for kind in kinds
    )
    scoped = view is not None and view.eligibility is not None and view.eligibility.has_scopes
    if other or (scoped and stopped(state, person, given, known=given) and not stopped(state, person, given)):
        yield "verdict"
    consent, lapsed = then.get("consent"), then.get("lapse")
    over = consent is not None and lapsed is not None and (lapsed.at, lapsed.seq) > (consent.at, consent.seq)
    if (
        over
        or (
            consent is not None
            and refused("guardians", lambda _: bool(given_by_another(consent, then["guardians"])))
        )
        or (
            consent is not None
            and consent.value.represented
            and refused("capacity", lambda one: one == "has")
        )
    ):
        yield "consent"
    if refused("capacity", lambda one: one == "lacks") and not (
        consent is not None and consent.value.by_others
    ):
        yield "capacity"
    if view is not None and _looked_since(view, body, person, given):
        yield "capacity"
    if refused("programme", lambda one: one != body["programme"]):
        yield "programme"
    if refused("site", lambda one: one != body["site"]):
        yield "site"


def _looked_since(view: ProgrammeView, body: Body, person: Participant, given: str) -> bool:
    """Whether nobody had looked again by a dose at somebody's capacity, as far as was known then, and somebody had, as is known now."""
    then, now = (
        too_long_ago(view, person, given, body["day"], body["offset"], known) for known in (given, ALWAYS)
    )
    return then is not None and now is None


def _who_may(state: State, body: Body, given: str) -> dict[str, str | None]:
    """When the roles and trainings of those who gave a dose, and the opening of their site, were recorded."""
    view, site = state.programmes.get(body["programme"]), state.sites.get(body["site"])
    held = [(body["actor"], body["role"]), *((one["signer"], one["role"]) for one in body["signatures"])]
    roles, trainings = [], []
    for name, role in held:
        person = state.persons.get(name)
        if person is None:
            continue
        roles.append(person.held(role, given, body["offset"]))
        trainings += [
            person.trained(one, given, body["offset"])
            for one in (view.trainings.get(role, ()) if view else ())
        ]
    opened = site.opened(given, body["offset"]) if site else None
    return {
        "authority": max((one.recorded for one in roles if one), default=None),
        "training": max((one.recorded for one in trainings if one), default=None),
        "site": opened.recorded if opened else None,
        "approval": approvals_recorded(state, site, body["programme"], body["day"]) if site else None,
    }


def _of_the_course(
    view: ProgrammeView | None, body: Body, person: Participant, product: Container | None, given: str
) -> Iterator[str]:
    """The gates that a dose passes by what was said of its course only after it: a decision, a measurement, a drug that goes before it."""
    regimen = view.regimen_of(product) if view is not None and product is not None else None
    if regimen is None or body["v"] < COURSE_SINCE_VERSION:
        return

    def later(kind: str, latest: str = given) -> bool:
        found = said(person, kind, latest)
        return bool(found) and found[-1].recorded > given

    whole = view.course_of(regimen) if view is not None else None
    if whole is not None and later(STEP + whole.id):
        yield "course"
    if whole is not None and (later(COURSE + whole.id) or later(OMITTED + whole.id)):
        yield "interval"
    if isinstance(regimen.dose, DoseRule) and any(later(MEASURED + name) for name in regimen.dose.needs):
        yield "dose"
    if any(one.obligatory and one.before and later(COMPANION + one.id) for one in regimen.companions):
        yield "companions"


def _too_near_then(
    state: State, body: Body, person: Participant, product: Container | None, given: str
) -> Iterator[str]:
    """The interval, where a dose or another treatment stood against it that was taken back, or corrected, only since."""
    view = state.programmes.get(body["programme"])
    regimen = view.course_of(view.regimen_of(product)) if view is not None and product is not None else None
    for one in reversed(state.set_free):
        if one.gone <= given:
            break
        mine, end = one.value["participant"] == person.id, one.value["end"]
        if one.at > given or view is None or regimen is None:
            continue
        if one.value["dose"]:
            near = mine or (not person.given and _staggered(state, view, one.at, given))
        else:
            wash = days(regimen.washout) if mine and not person.given and regimen.washout else 0
            near = wash > 0 and (end is None or (_day(body["day"]) - _day(end)).days < wash)
        if near:
            yield "interval"
            return


def _staggered(state: State, view: ProgrammeView, first: str, given: str) -> bool:
    """Whether somebody's first dose, which was taken back since, made everybody else wait."""
    rule = view.safety.staggering
    if rule is None or days_between(first, given) >= days(rule.wait):
        return False
    people = (state.participants[name] for name in state.treated if name in state.participants)
    ours = (one for one in people if any(counts(dose) for dose in one.given))
    return sum(1 for _ in islice(ours, rule.first)) + 1 < rule.first
