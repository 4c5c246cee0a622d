"""Allocation to an arm: the sealed list, the next place of it, a factor that was wrong, and the opening of a place.

The record allocates: whoever asks names a participant and the levels, and is given a place. An event of version 5 of the envelope and later holds
the plan as the programme has it, the number of the place and a salted commitment to its arm; before that a caller could write the scheme and the arm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.declare.change import Body, add_task, changes, statement
from proband.record.declare.command import AT_ANY_STAGE, Context, KeepsSecrets, command, never
from proband.record.declare.data import Data, Digest, Ref
from proband.record.declare.gate import gate
from proband.record.declare.wording import BASE64, CODE, OF_THE_STUDY, STRATUM
from proband.record.dose_level import no_place
from proband.record.errors import RecordError, Refusal
from proband.record.escalation import level_in_force
from proband.record.gates.stages import ALLOCATED, ENROLLED, of_person
from proband.record.locks import STUDY
from proband.record.participant import Participant
from proband.record.places import next_arm, place_of, places_of, plan_sealed, scheme_in_force
from proband.record.programme_view import ProgrammeView
from proband.record.sealed_lists import kept_seed
from proband.record.state import State
from proband.record.vault import Vault
from proband.trial.allocation.lists import place_commitment, place_salt
from proband.trial.allocation.plan import AllocationError

#: since which version of the envelope the record takes the plan from the programme, and gives places with commitments
PLACES_SINCE = 5
#: the factor that says of which form of the condition somebody is
SUB_INDICATION = "sub-indication"


@gate(
    "scheme",
    mend="seal the list of the programme's own plan, and let the record allocate",
    says="what of it does not follow the sealed list",
)
def scheme(c: Context) -> Refusal | None:
    """Allocation follows the sealed list: the programme's own plan, the next place, a form's own arms."""
    if c.view is None:
        return Refusal("gate.scheme.programme")
    return c.told("scheme")


def _is_of_before(c: Context) -> bool:
    return not c.written_since(PLACES_SINCE)


def _other_plan(c: Context) -> Refusal | None:
    view, data = c.view, c.data
    if view is None:
        return None
    if _is_of_before(c):
        arms = {arm.id: arm.weight for arm in view.arms}
        if data["method"] != view.allocation.method or data["arms"] != arms:
            return Refusal("gate.scheme.other")
        return None
    try:
        wanted = view.plan.written()
    except AllocationError as error:
        return Refusal("gate.scheme.plan", problem=error.message)
    if data["plan"] != wanted or any(data[name] is not None for name in _OF_BEFORE):
        return Refusal("gate.scheme.other")
    # who could seal another list once people have places could choose for whoever comes next
    used = [
        one for one in c.state.schemes if one.get("plan") == wanted and places_of(c.state, one["commitment"])
    ]
    if used or any(one["commitment"] == data["commitment"] for one in c.state.schemes):
        return Refusal("gate.scheme.again")
    return None


def _seed_is_kept(folder: Path, vault: KeepsSecrets | None, data: Mapping[str, Any]) -> bool:
    """Whether the vault has the seed of a commitment: one that nobody has would stop every allocation."""
    try:
        kept_seed(vault if isinstance(vault, Vault) else None, data["commitment"])
    except RecordError:
        return False
    return True


def _plan_of_the_programme(
    state: State, study: str, given: dict[str, Any], seed_of: Callable[[str], bytes]
) -> dict[str, Any]:
    if given.get("plan") or state.view is None:
        return {}
    try:
        return {"plan": state.view.plan.written()}
    except AllocationError:
        return {}


#: what the scheme of an earlier version said in place of the plan
_OF_BEFORE = ("method", "arms", "block_sizes", "strata", "probability")


@command("allocation.seal", "allocation.sealed", subject="study", stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, reason=False, live=False, gates=(), signature="seal", custodian=True,
         everywhere=True, handed_over=_seed_is_kept, scheme=_other_plan, completion=_plan_of_the_programme, gives=("list", "seed", "commitment", "plan"))  # fmt: skip
class SealAllocation(Data):
    """Seal the list of the allocation: the log keeps the plan of the programme and the commitment, the vault the seed.

    * ``commitment``: the hash of the seed; the record makes seed and hash, or hashes the list that it is handed
    * ``plan``: the plan; the record takes it from the programme
    * ``method``: of earlier versions; how is allocated
    * ``arms``: of earlier versions; the weight of each arm, by its name
    * ``block_sizes``: of earlier versions; the sizes of the blocks
    * ``strata``: of earlier versions; the levels of each factor
    * ``probability``: of earlier versions; the coin of minimisation
    """

    commitment: Digest
    plan: Annotated[dict[str, Any], OF_THE_STUDY] = {}
    method: Literal["blocked", "stratified-blocked", "minimisation"] | None = None
    arms: dict[Annotated[str, OF_THE_STUDY], int] | None = None
    block_sizes: list[int] | None = None
    strata: dict[Annotated[str, OF_THE_STUDY], list[Annotated[str, OF_THE_STUDY]]] | None = None
    probability: Annotated[float, Field(ge=0.5, le=1.0)] | None = None


@changes("allocation.sealed")
def _scheme(state: State, body: Body, data: dict[str, Any]) -> None:
    state.schemes.append({**data, "seq": state.seq})


def _other_place(c: Context) -> Refusal | None:
    view, data = c.view, c.data
    if view is None:
        return None
    if not view.draws:
        full = no_place(c, data["arm"])
        if full is not None:
            return full
        drawn = [data["scheme"], data.get("place"), data["index"], data["sealed_arm"]]
        if data["arm"] not in view.arm or any(
            one is not None for one in (drawn[:1] if _is_of_before(c) else drawn)
        ):
            return Refusal("gate.scheme.arm", arm=data["arm"])
        return _not_of_the_form(view, data)
    sealed = scheme_in_force(c.state)
    if sealed is None or sealed["commitment"] != data["scheme"]:
        return Refusal("gate.scheme.unsealed")
    if data["index"] != c.state.allocations + 1:
        return Refusal("gate.scheme.place", place=data["index"], due=c.state.allocations + 1)
    if not _is_of_before(c):
        return _other_than_sealed(c)
    if (data["arm"] is None) == (data["sealed_arm"] is None) or (
        data["arm"] is not None and data["arm"] not in view.arm
    ):
        return Refusal("gate.scheme.form")
    return None


def _not_of_the_form(view: ProgrammeView, data: Mapping[str, Any]) -> Refusal | None:
    """The refusal of an arm that is open to some forms of the condition for somebody of another, or of a form that nobody has said."""
    arm, form = view.arm[data["arm"]], data["stratum"].get(SUB_INDICATION)
    if form is not None and view.forms and form not in view.forms:
        return Refusal("gate.scheme.form-unknown", form=form, forms=view.forms)
    if not arm.sub_indications or form in arm.sub_indications:
        return None
    if form is None:
        return Refusal(
            "gate.scheme.form-unsaid", arm=arm.id, forms=arm.sub_indications, factor=SUB_INDICATION
        )
    return Refusal("gate.scheme.closed", arm=arm.id, form=form)


def _other_than_sealed(c: Context) -> Refusal | None:
    """What of a place can be seen without the list: the plan in force, levels that it knows, an arm of the form, open or under seal as is due."""
    view, data = c.view, c.data
    scheme = scheme_in_force(c.state)
    plan = plan_sealed(scheme) if scheme is not None else None
    if view is None or plan is None:
        return Refusal("gate.scheme.unsealed")
    try:
        if plan.written() != view.plan.written():
            return Refusal("gate.scheme.amended")
        levels = plan.checked(data["stratum"])
    except AllocationError as error:
        return Refusal("gate.scheme.plan", problem=error.message)
    if levels != data["stratum"]:
        return Refusal("gate.scheme.factors", factors=sorted(data["stratum"].keys() - levels.keys()))
    sealed = data["arm"] is None
    if data["place"] is None or data["sealed_arm"] is not None or sealed != view.is_allocation_masked:
        return Refusal("gate.scheme.form")
    if not sealed and data["arm"] not in plan.open_to(plan.form_of(levels)):
        return Refusal("gate.scheme.closed", arm=data["arm"], form=plan.form_of(levels))
    return None


#: what the record alone says of a place
_OF_THE_RECORD = ("index", "arm", "scheme", "place", "sealed_arm")


def next_place(
    state: State, participant: str, given: dict[str, Any], seed_of: Callable[[str], bytes]
) -> dict[str, Any]:
    """The next place of the sealed list; whoever asks says neither place nor arm.

    Parameters
    ----------
    state, participant, given
        What the log amounts to, who is to be allocated, and the data so far (``stratum``).
    seed_of
        Opens the seed of a commitment.

    Raises
    ------
    RecordError
        ``record.allocation.given`` where the caller says what only the list says; ``record.allocation.stratum``.
    """
    person = state.participants.get(participant)
    if person is not None and person.allocated_at is not None:
        # whoever has a place keeps it: the gate refuses another, and a command that is sent again says what stands
        return {}
    # whoever writes something else than strata there is told so by the declaration, afterwards
    stratum = given["stratum"] if isinstance(given.get("stratum"), Mapping) else {}
    view = state.view
    if view is None or not view.draws:
        arms = [arm.id for arm in view.arms] if view else []
        rule = view.safety.escalation if view else None
        if rule is not None and set(rule.levels) == set(arms):
            # where every arm is a dose level, the next place is one at the level in force
            level = level_in_force(state, rule)
            arms = [] if level is None else [level]
        form = stratum.get(SUB_INDICATION)
        if view is not None and form is not None:
            # one protocol with an arm for each form: the form says the arm
            arms = [id for id in arms if form in (view.arm[id].sub_indications or [form])]
        return {} if given.get("arm") is not None or len(arms) != 1 else {"arm": arms[0]}
    told = [name for name in _OF_THE_RECORD if given.get(name) is not None]
    if told:
        raise RecordError("record.allocation.given", fields=told)
    sealed = scheme_in_force(state)
    plan = plan_sealed(sealed) if sealed is not None else None
    if sealed is None or plan is None:
        return {}
    scheme = sealed["commitment"]
    seed, place = seed_of(scheme), state.allocations + 1
    arm = next_arm(seed, plan, places_of(state, scheme), stratum, state.seq + 1)
    return {
        "index": place,
        "scheme": scheme,
        "place": place_commitment(place_salt(seed, place), state.study, place, participant, arm),
        "arm": None if view.is_allocation_masked else arm,
    }


@command("participant.allocate", "participant.allocated", subject="participant", withdrawal="procedures", hold="enrolment",
         consent="in-force", current_version=True, watched=False, signature=None, reason=False, live=False,
         gates=("alive", "approval", "capacity", "verdict"), scheme=_other_place, completion=next_place, gives=("index", "scheme", "place"), draws=True,
         stage=(ENROLLED, of_person(lambda c, p: not p.allocated_at, "somebody not yet allocated")))  # fmt: skip
class Allocate(Data):
    """Allocate to an arm: the record gives the next place of the sealed list, open or sealed from those who must not know.

    * ``stratum``: the level of each factor, by its name, as it is known now
    * ``arm``: the arm, where the programme draws nobody; where it draws, the sealed list gives it
    * ``index``: the number of the place; the record gives it
    * ``place``: the commitment to the arm of the place; the record gives it
    * ``scheme``: the sealed list; the record gives it
    * ``sealed_arm``: of earlier versions; the arm under seal
    """

    index: int | None = None
    stratum: dict[Annotated[str, STRATUM], Annotated[str, Field(min_length=1, max_length=4000), STRATUM]] = {}
    arm: Ref | None = None
    sealed_arm: Annotated[str | None, BASE64] = None
    scheme: Annotated[str | None, CODE] = None
    place: Digest | None = None


@changes("participant.allocated")
def _allocated(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.allocated_at = body["at"]
    person.say("allocated", statement(state, body, data["index"]))
    person.arm = data["arm"]
    person.allocation_index = data["index"]
    person.stratum = dict(data["stratum"])
    person.sealed_arm = data["sealed_arm"]
    person.scheme = data["scheme"]
    person.place = data.get("place")
    state.allocations += 1


def _no_such_factor(c: Context) -> Refusal | None:
    person, data = c.participant, c.data
    place = place_of(person) if person is not None else None
    plan = next(
        (plan_sealed(one) for one in c.state.schemes if person and one["commitment"] == person.scheme), None
    )
    if place is None or plan is None:
        return Refusal("gate.scheme.unsealed")
    levels = place.levels(c.state.seq + 1)
    if levels.get(data["factor"]) == data["level"]:
        return Refusal("gate.scheme.same", factor=data["factor"], level=data["level"])
    try:
        plan.checked(levels | {data["factor"]: data["level"]})
    except AllocationError as error:
        return Refusal("gate.scheme.plan", problem=error.message)
    return Refusal("gate.scheme.factors", factors=[data["factor"]]) if data["factor"] not in levels else None


@command("allocation.correct", "allocation.corrected", when_locked="voids", permission="participant.correction.record", subject="participant", stage=(ALLOCATED,),
         withdrawal=None, hold=None, consent=None, current_version=False, watched=False, live=False, gates=(), reason=True,
         signature="correction", bears=never, scheme=_no_such_factor)  # fmt: skip
class CorrectFactor(Data):
    """A factor by which somebody was allocated was wrong: the place stands, later people are balanced against the right level, and it is reported.

    * ``factor``: which factor
    * ``level``: the level that it really had
    """

    factor: Annotated[str, STRATUM]
    level: Annotated[str, Field(min_length=1, max_length=4000), STRATUM]


@changes("allocation.corrected")
def _factor_corrected(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.factors.append({"seq": state.seq, "factor": data["factor"], "level": data["level"]})


def _arm_on_record(c: Context, person: Participant) -> bool:
    """An arm under seal is told to whoever opens it, and stands nowhere; of an earlier version, one that stands open already is that one."""
    if c.data["arm"] is None:
        return True
    return _is_of_before(c) and person.sealed_arm is None and c.data["arm"] == person.arm


@command("allocation.unblind", "allocation.unblinded", subject="participant", stage=(ALLOCATED, of_person(_arm_on_record, "no arm that is claimed: the record answers")), withdrawal=None, hold=None,
         consent=None, current_version=False, watched=False, live=False, gates=(), reason=True, own_site=False, at_closed_site=True,
         bears=never, signature="unblinding")  # fmt: skip
class Unblind(Data):
    """Open one person's allocation: the record answers at once, and it is always signed, always with a reason, always alarmed.

    * ``urgency``: whether treatment depends on it now, or it was planned
    * ``arm``: of earlier versions; the record answers whoever asks and nobody else
    """

    urgency: Literal["emergency", "planned"]
    arm: Ref | None = None


def note_reading(state: State, body: Body, kind: str, who: str | None) -> None:
    """Note who was told something that is under seal: of whom, when, why."""
    state.unblindings[state.seq] = {
        "kind": kind, "participant": who, "at": body["at"], "by": body["actor"], "role": body["role"], "site": body["site"], "why": body["reason"],
    }  # fmt: skip


@changes("allocation.unblinded")
def _unblinded(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.unblinded = True
    note_reading(state, body, data["urgency"], person.id)
    add_task(
        state,
        "alarm",
        person.id,
        body["at"][:10],
        f"unblinded ({data['urgency']}): {body['reason']}",
        f"unblinded:{state.seq}",
    )


@command("allocation.read", "allocation.opened", permission="allocation.unblind", subject="study", stage=AT_ANY_STAGE, withdrawal=None,
         hold=None, consent=None, current_version=False, watched=False, live=False, gates=(), reason=True, at_closed_site=True,
         bears=never, signature="unblinding")  # fmt: skip
class ReadArms(Data):
    """Read the arms of some people, or of all: told to whoever asks, for a role that may; it is logged as a read and alarmed, and unblinds nobody else.

    * ``participants``: whose; of everybody, where none is named
    """

    participants: list[Ref] = []


@changes("allocation.opened")
def _read(state: State, body: Body, data: dict[str, Any]) -> None:
    note_reading(state, body, "read", ", ".join(data["participants"]) or None)
    people = "everybody" if not data["participants"] else f"{len(data['participants'])} people"
    add_task(state, "alarm", body["subject"], body["at"][:10], f"arms of {people} read: {body['reason']}", f"unblinded:{state.seq}")  # fmt: skip


@command("allocation.disclose", "allocation.disclosed", permission="allocation.seal", subject="study", withdrawal=None, hold=None,
         consent=None, current_version=False, watched=False, live=False, gates=(), reason=True, at_closed_site=True, bears=never, custodian=True,
         signature="unblinding", stage=((lambda c: STUDY in c.state.locked, "a study that is locked: until then the list is nobody's"),
                                        (lambda c: c.state.schemes, "a sealed list")))  # fmt: skip
class DiscloseList(Data):
    """Hand the sealed list out, once the study is locked: whoever has it works every place out again."""


@changes("allocation.disclosed")
def _disclosed(state: State, body: Body, data: dict[str, Any]) -> None:
    note_reading(state, body, "list handed out", None)
