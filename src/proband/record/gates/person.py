"""Gates on the person: in the programme, not withdrawn, consenting, able to, found eligible, under no hold."""

from __future__ import annotations

from proband.record import safety
from proband.record.capacity import too_long_ago
from proband.record.confirmed import confirmations, last_visit
from proband.record.declare.command import Context
from proband.record.declare.gate import gate
from proband.record.doses import ENTRY, given_before, needed, next_dose, scope_of, stopped
from proband.record.dosing import days_between
from proband.record.errors import Refusal
from proband.record.participant import Administration, Participant
from proband.record.programme_view import ProgrammeView
from proband.record.standing_consent import (
    consent_fault,
    data_consent_fault,
    too_old,
    too_old_to_collect_again,
)
from proband.record.state import COPY


@gate("alive", mend="record them as found, or correct the entry")
def alive(c: Context) -> Refusal | None:
    """The participant is in the programme: not dead, not lost, not completed."""
    person = c.participant
    if person is None:
        return Refusal("gate.alive.unknown", subject=c.subject)
    end = person.true("ended", c.at)
    if end is not None and end.value:
        return Refusal("gate.alive.ended", person=person.id, ended=end.value, since=end.at[:10])
    return None


@gate("withdrawal", mend="do not: the person has withdrawn from it")
def withdrawal(c: Context) -> Refusal | None:
    """Each level of withdrawal blocks exactly its own actions."""
    person = c.participant
    if person is None or not person.withdrawn or c.view is None:
        return None
    kind = c.command.withdrawal
    for level, since in person.withdrawn.items():
        if since <= c.at and kind in c.view.blocks_of(level):
            return Refusal(
                "gate.withdrawal.blocked", person=person.id, level=level, since=since[:10], kind=kind
            )
    return None


@gate("consent", mend="take consent to the text in force")
def consent(c: Context) -> Refusal | None:
    """Consent to the version in force today, or to an earlier one that nobody was asked to renew."""
    person = c.participant
    if person is None:
        return Refusal("gate.consent.none", person=c.subject)
    fault = consent_fault(c.view, person, c.at, c.day)
    said = person.true("consent", c.at)
    if fault is not None or said is None:
        return fault
    blocked = "treatment" if c.command.withdrawal == "treatment" else "procedures"
    old = too_old(c.view, said, blocked, c.day, c.body["offset"])
    if old is not None:
        return Refusal("gate.consent.interval", person=person.id, days=old[0], every=old[1])
    if c.command.hold != "collection":
        return None
    again = too_old_to_collect_again(c.view, said, _taken_before(c, person), c.day, c.body["offset"])
    return Refusal("gate.consent.again", person=person.id, days=again[0], limit=again[1]) if again else None


def _taken_before(c: Context, person: Participant) -> str | None:
    """When starting material was taken from somebody last, before a moment, for another therapy event."""
    mine = (c.state.collections[din] for din in person.collections)
    return max((one.at for one in mine if one.at < c.at and one.coi != c.data.get("coi")), default=None)


@gate("data-consent", mend="ask the person, or whoever now decides for them, and record what they said")
def data_consent(c: Context) -> Refusal | None:
    """What is learnt of somebody who consented is recorded while a consent covers it: not after a birthday, a time or a new risk that asks for it anew."""
    if c.participant is None or c.view is None or c.data.get("status") == "missed":
        # that somebody was not seen is nothing that was learnt of them
        return None
    # what was measured while consent held may be entered later
    day = min(c.data.get("on") or c.day, c.day)
    return data_consent_fault(c.view, c.participant, c.at, day, c.body["offset"])


@gate("capacity", mend="assess again; do not treat today")
def capacity(c: Context) -> Refusal | None:
    """Nothing rests on the own consent of somebody who, by the last assessment, cannot consent, or was not assessed again in the time that the programme sets."""
    person = c.participant
    if person is None:
        return None
    assessed, consent = person.true("capacity", c.at), person.true("consent", c.at)
    if (
        assessed is not None
        and assessed.value == "lacks"
        and (consent is None or not consent.value.by_others)
    ):
        return Refusal("gate.capacity.lacking", person=person.id)
    return too_long_ago(c.view, person, c.at, c.day, c.body["offset"]) if c.view is not None else None


@gate("verdict", mend="screen under the version in force")
def verdict(c: Context) -> Refusal | None:
    """Eligible, under the version in force, and recently enough; a dose by what is asked before it, and of nobody who was stopped; unknown is not eligible."""
    person = c.participant
    if person is None or c.view is None:
        return Refusal("gate.verdict.none", subject=c.subject)
    criteria = c.view.eligibility
    if c.command.subject != "product" or criteria is None or not criteria.has_scopes:
        return _verdict_stands(c, c.view, person, ENTRY, None)
    # a dose: the criteria say which of them are asked again
    stop = stopped(c.state, person, c.at)
    if stop is not None:
        return Refusal("gate.verdict.stopped", person=person.id, day=stop.at[:10])
    coming = next_dose(c.state, person, c.course, given_before(person, c.at, c.aside), c.at, c.version)
    for kind in needed(c.view, coming):
        refusal = _verdict_stands(c, c.view, person, kind, coming.last)
        if refusal is not None:
            return refusal
    return None


def _verdict_stands(c: Context, view: ProgrammeView, person: Participant, kind: str, last: Administration | None) -> Refusal | None:  # fmt: skip
    """Whether the newest verdict of a kind lets somebody pass; one on what is asked before each dose only where it was found since the dose before."""
    said, scope = person.true(kind, c.at), scope_of(kind)
    if said is None:
        return Refusal("gate.verdict.none", subject=person.id) if kind == ENTRY else Refusal("gate.verdict.unasked", person=person.id, scope=scope)  # fmt: skip
    found = said.value
    if found.outcome != "eligible":
        return Refusal("gate.verdict.outcome", person=person.id, outcome=found.outcome)
    if found.programme != c.version:
        return Refusal("gate.verdict.version", person=person.id)
    if kind != ENTRY and last is not None and said.at <= last.at:
        return Refusal("gate.verdict.unasked", person=person.id, scope=scope)
    age = days_between(found.at, c.at)
    if age > view.verdict_days:
        return Refusal("gate.verdict.age", person=person.id, days=age, valid=view.verdict_days)
    return None


@gate(
    "confirmation", mend="judge them by the criteria of the later visits too: screen through the last of them"
)
def confirmation(c: Context) -> Refusal | None:
    """Nobody is given anything before the criteria of every visit were asked: a verdict through screening says nothing of those that are asked later."""
    person, view = c.participant, c.view
    last = last_visit(view) if view is not None else None
    if person is None or view is None or last is None:
        return None
    if confirmations(c.state, view, person, c.version, c.at):
        return None
    return Refusal("gate.confirmation.none", person=person.id, visit=last)


@gate("hold", mend="wait until those whom the programme names have lifted it")
def hold(c: Context) -> Refusal | None:
    """No hold stands in the way, and no stopping rule is crossed that would place one."""
    kind = c.command.hold
    for held in c.state.holds.values():
        if kind in held.blocks and held.stood(c.early, c.late) and _touches(c, held.scope, held.target):
            if held.hold == COPY:
                return Refusal("gate.hold.copy", since=held.at[:16], last=held.seq - 1)
            return Refusal("gate.hold.standing", hold=held.id, kind=held.hold, since=held.at[:10])
    view = c.view
    if view is not None:
        for crossing in safety.crossed(c.state):
            declared = view.holds.get(crossing.hold)
            if (
                declared is not None
                and kind in declared.blocks
                and _touches(c, declared.scope, crossing.target)
            ):
                return Refusal("gate.hold.crossed", rule=crossing.rule)
    return None


def _could_be(c: Context) -> frozenset[str]:
    """Of which products a kit is, or what somebody gets whose arm is under seal: of any, as far as anybody here may know."""
    return c.view.given_products if c.view is not None else frozenset()


def _touches(c: Context, scope: str, target: str) -> bool:
    if scope == "programme":
        return True
    if scope == "site":
        return target in (c.body["site"], "")
    if scope == "participant":
        return c.participant is not None and target == c.participant.id
    sealed = c.participant is not None and c.participant.arm_is_sealed
    if (sealed if c.product is None else c.product.kit is not None) and target in _could_be(c):
        return True
    if c.product is None and c.view is not None and c.participant is not None:
        # before there is a container, the products that the person's arm leads to are what a hold on them concerns
        arm = c.view.arm.get(c.participant.arm or "")
        return target in {"", *(one.product for one in c.view.taking_turns(arm.regimen if arm else None))}
    return target in (c.product.kind if c.product else "", c.subject if c.product else "", "")
