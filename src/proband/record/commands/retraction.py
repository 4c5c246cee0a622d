"""The way back: an entry that never happened is taken back, and a dose that was called into question is settled; by two people."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from proband.record.declare.change import Body, changes, task_done
from proband.record.declare.command import AT_ANY_STAGE, BY_EVENT, Context, command, never
from proband.record.declare.data import Data, Ref, Words
from proband.record.declare.gate import gate
from proband.record.errors import Refusal
from proband.record.gates.stages import KNOWN_PERSON
from proband.record.known import known_at
from proband.record.participant import Administration
from proband.record.questions import call_into_question, concerned, judged_again, question_what_followed
from proband.record.state import State

#: since which version of the envelope an entry is taken back by the command for what it is about, and by no other
OWN_WAY_SINCE_VERSION = 6


@gate(
    "retraction",
    mend="name an entry of this subject that can be taken back, and first take back what stands on it",
)
def retraction(c: Context) -> Refusal | None:
    """What is taken back is an entry of this subject that counts, has a way back, and has nothing standing on it."""
    target, kind, state = c.body["corrects"], c.data["event"], c.state
    if not isinstance(target, int) or not 1 <= target <= state.seq:
        return Refusal("gate.retraction.unnamed")
    declared = BY_EVENT.get(kind)
    if declared is None or declared.way_back is None:
        return Refusal("gate.retraction.kind", kind=kind)
    # who may take it back depends on what it is about: an entry about a container is not taken back as one about a person
    if declared.subject != c.command.subject and c.written_since(OWN_WAY_SINCE_VERSION):
        return Refusal("gate.retraction.kind", kind=kind)
    if state.kinds[target - 1] != kind or state.subjects[target - 1] != c.subject or target in state.invalid:
        return Refusal("gate.retraction.event", target=target, kind=kind, subject=c.subject)
    if target in state.corrected:
        return Refusal("gate.retraction.corrected", target=target, by=state.corrected[target])
    standing = declared.way_back.blocked(state, c.subject, target)
    return Refusal("gate.retraction.stands", target=target, standing=standing) if standing else None


retracting = partial(
    command, stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None,
    current_version=False, watched=True, reason=True, signature="retraction", live=False, gates=("second-person", "retraction"),
    at_closed_site=True, bears=never, when_locked="voids", names_event=True,
)  # fmt: skip


@retracting(
    "event.retract",
    "event.retracted",
    permission="participant.correction.record",
    subject="participant",
    custodian=True,
)
class Retract(Data):
    """Take back an entry about a participant that never happened, or not to them; the entry stays, and counts no longer.

    * ``event``: what kind of event never happened, as ``visit.recorded``
    """

    event: Ref


@retracting(
    "product.retract", "product.retracted", permission="product.quarantine", subject="product", own_site=False
)
class RetractOfProduct(Data):
    """Take back an entry about a container that never happened, or not to it; the entry stays, and counts no longer.

    * ``event``: what kind of event never happened, as ``product.tested``
    """

    event: Ref


@retracting("donor.retract", "donor.retracted", permission="donor.determine", subject="donor")
class RetractOfDonor(Data):
    """Take back an entry about a donor that never happened, or not to them; the entry stays, and counts no longer.

    What a wrong finding put aside stays aside until somebody has looked into it. What rested on a wrong negative test is put aside, and whoever
    was found fit after it must be found fit anew.

    * ``event``: what kind of event never happened, as ``donor.tested``
    """

    event: Ref


def _take_back(state: State, body: Body, data: dict[str, Any]) -> None:
    target, declared = body["corrects"], BY_EVENT[data["event"]]
    if declared.way_back is None:
        return
    state.replace_event(target)
    person = state.participants.get(body["subject"])
    other = person.cointerventions.get(target) if person is not None else None
    if person is not None and other is not None and other["counts_for_washout"]:
        state.free_from(person.id, "", known_at(body), dose=False, end=other["end"])
    since = declared.way_back.take(state, body["subject"], target)
    for one, dose in concerned(state, body, declared):
        if dose.seq == target and not dose.happened:
            state.free_from(one.id, dose.at, known_at(body), dose=True)
    for said in person.known.values() if person is not None else ():
        for statement in said:
            if statement.until == state.seq:
                statement.gone = known_at(body)
    for one, dose in concerned(state, body, declared):
        # what was permitted by what never was is judged again: by the machine, and by people
        if since is not None and target < dose.seq and since <= dose.late:
            call_into_question(state, body, one, dose, since)
        elif dose.standing is not None:
            dose.found = judged_again(state, dose)
    if person is not None and since is not None:
        question_what_followed(state, body, person, target)


changes("event.retracted")(_take_back)
changes("product.retracted")(_take_back)
changes("donor.retracted")(_take_back)


def _dose(c: Context) -> Administration | None:
    if c.participant is None:
        return None
    return next((dose for dose in c.participant.doses if dose.seq == c.body["corrects"]), None)


def _questioned(c: Context) -> bool:
    dose = _dose(c)
    return dose is not None and dose.standing == "questioned"


@command("dose.settle", "dose.settled", when_locked="voids", permission="participant.correction.record", subject="participant", withdrawal=None,
         hold=None, consent=None, current_version=False, watched=False, reason=True, signature="standing", live=False,
         gates=("second-person",), at_closed_site=True, bears=never, names_event=True,
         stage=(KNOWN_PERSON, (_questioned, "a dose that is in question, named by the number of its event")))  # fmt: skip
class Settle(Data):
    """Say what a dose that was called into question stands at; its first verdict stays as it is.

    * ``standing``: what the dose stands at
    * ``finding``: what was found
    """

    standing: Literal["upheld", "invalid"]
    finding: Words


@changes("dose.settled")
def _settled(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    dose = next(dose for dose in person.doses if dose.seq == body["corrects"])
    dose.standing = data["standing"]
    for question in dose.questions:
        task_done(state, f"standing:{dose.seq}:{question['seq']}")


@command("clock.reset", "clock.corrected", subject="study", permission="staff.manage", withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, reason=True, signature="clock", live=False, gates=("second-person",), custodian=True,
         everywhere=True, bears=never, base=("authority", "site", "programme", "reason", "signature"), stage=(
             (lambda c: c.body["at"] == c.body["recorded"] < c.state.recorded, "a record whose last time lies ahead of the clock of now"),
         ))  # fmt: skip
class ResetClock(Data):
    """The server's clock was ahead and has been put right: what was stamped meanwhile lies ahead, and the record goes on from now.

    * ``ahead``: how far the clock was ahead
    """

    ahead: Words


@changes("clock.corrected")
def _clock_corrected(state: State, body: Body, data: dict[str, Any]) -> None:
    now = body["recorded"]
    state.recorded = now
    # whatever is stamped later than now was said before now, while the clock was wrong: it is true from now on
    said = [one for person in state.participants.values() for kind in person.known.values() for one in kind]
    said += [one for person in state.persons.values() for kind in person.known.values() for one in kind]
    said += [one for place in state.sites.values() for one in place.known]
    for one in (*said, *state.versions):
        one.at, one.recorded, one.gone = min(one.at, now), min(one.recorded, now), min(one.gone, now)
    for held in state.holds.values():
        held.at = min(held.at, now)
        held.lifted_at = None if held.lifted_at is None else min(held.lifted_at, now)
    for capsule in state.capsules.values():
        capsule.issued_at, capsule.early = min(capsule.issued_at, now), min(capsule.early, now)
    for person in state.participants.values():
        for dose in person.doses:
            dose.at, dose.late = min(dose.at, now), min(dose.late, now)
            dose.day = min(dose.day, body["day"])
    for product in state.products.values():
        for name in (
            "released_at",
            "release_recorded",
            "administered_at",
            "thawed_at",
            "prepared_at",
            "received_at",
        ):
            stamped = getattr(product, name)
            if stamped is not None and stamped > now:
                setattr(product, name, now)
        product.permitted = {passed: min(recorded, now) for passed, recorded in product.permitted.items()}
        for one in (said for results in product.tests.values() for said in results):
            # of results the last to happen counts: none of them lies ahead of what is measured from now on
            one.at, one.recorded = min(one.at, now), min(one.recorded, now)
            one.value.at = min(one.value.at, now)
    for seal in state.forecasts.values():
        seal["at"], seal["recorded"] = min(seal["at"], now), min(seal["recorded"], now)
    for one in state.set_free:
        one.at, one.gone = min(one.at, now), min(one.gone, now)
    state.latest_dose, state.alarmed = min(state.latest_dose, now), min(state.alarmed, now)
    if state.last_first_dose is not None:
        state.last_first_dose = min(state.last_first_dose, now)
