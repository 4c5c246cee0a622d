"""Allocation to an arm: the sealed seed, the next place of its sequence, and the opening of a sealed place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record import randomisation
from proband.record.declare.change import Body, add_task, changes, statement
from proband.record.declare.command import AT_ANY_STAGE, Context, KeepsSecrets, command
from proband.record.declare.data import Data, Digest, Ref
from proband.record.declare.gate import gate
from proband.record.declare.wording import BASE64, CODE, OF_THE_STUDY, STRATUM
from proband.record.errors import RecordError, Refusal
from proband.record.gates.stages import ALLOCATED, ENROLLED, of_person
from proband.record.participant import Participant
from proband.record.state import State


@gate(
    "scheme",
    mend="seal the programme's own scheme, and let the record allocate",
    says="what of it does not follow the scheme",
)
def scheme(c: Context) -> Refusal | None:
    """Allocation follows the sealed sequence: the next place, the sealed scheme, the programme's own arms."""
    if c.view is None:
        return Refusal("gate.scheme.programme")
    return c.told("scheme")


def _other_scheme(c: Context) -> Refusal | None:
    view, data = c.view, c.data
    if view is None:
        return None
    arms = {arm.id: arm.weight for arm in view.arms}
    if data["method"] != view.allocation.method or data["arms"] != arms:
        return Refusal("gate.scheme.other")
    return None


def _seed_is_kept(folder: Path, vault: KeepsSecrets | None, data: Mapping[str, Any]) -> bool:
    """Whether the vault has the seed of a commitment: one that nobody has would stop every allocation."""
    try:
        seed = vault.get("study", f"seed-{data['commitment'][:16]}") if vault is not None else None
    except RecordError:
        seed = None
    return seed is not None and randomisation.commitment(bytes.fromhex(seed)) == data["commitment"]


@command("allocation.seal", "allocation.sealed", subject="study", stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None,
         current_version=False, watched=False, reason=False, live=False, gates=(), signature="seal", custodian=True,
         everywhere=True, handed_over=_seed_is_kept, scheme=_other_scheme)  # fmt: skip
class SealAllocation(Data):
    """Seal the seed of the allocation: the log keeps the commitment, the vault the seed.

    * ``commitment``: the hash of the sealed seed; the record makes seed and hash
    * ``method``: how is allocated, as the programme says
    * ``arms``: the weight of each arm, by its name
    * ``block_sizes``: the sizes of the blocks, each a multiple of the sum of the weights; none for minimisation
    * ``strata``: the levels of each factor by which is stratified or minimised
    * ``probability``: the coin of minimisation: how often the arm that balances best is taken
    """

    commitment: Digest
    method: Literal["blocked", "stratified-blocked", "minimisation"]
    arms: dict[Annotated[str, OF_THE_STUDY], int]
    block_sizes: list[int]
    strata: dict[Annotated[str, OF_THE_STUDY], list[Annotated[str, OF_THE_STUDY]]]
    probability: Annotated[float, Field(ge=0.5, le=1.0)] = 0.8


@changes("allocation.sealed")
def _scheme(state: State, body: Body, data: dict[str, Any]) -> None:
    state.schemes.append({**data, "seq": state.seq})


def _other_place(c: Context) -> Refusal | None:
    view, data = c.view, c.data
    if view is None:
        return None
    if view.allocation.method in ("none", "sequential"):
        if data["arm"] not in view.arm or data["scheme"] is not None:
            return Refusal("gate.scheme.arm", arm=data["arm"])
        return None
    if not c.state.schemes or c.state.schemes[-1]["commitment"] != data["scheme"]:
        return Refusal("gate.scheme.unsealed")
    if data["index"] != c.state.allocations + 1:
        return Refusal("gate.scheme.place", place=data["index"], due=c.state.allocations + 1)
    if (data["arm"] is None) == (data["sealed_arm"] is None) or (
        data["arm"] is not None and data["arm"] not in view.arm
    ):
        return Refusal("gate.scheme.form")
    return None


def next_place(
    state: State, participant: str, given: dict[str, Any], seed_of: Callable[[str], bytes]
) -> dict[str, Any]:
    """The next place of the sealed sequence, where the caller names neither a place nor an arm.

    Parameters
    ----------
    state, participant, given
        What the log amounts to, who is to be allocated, and the data so far (``stratum``).
    seed_of
        Opens the sealed seed of a commitment.
    """
    if given.get("index") is not None or given.get("arm") is not None:
        return {}
    view = state.view
    if view is None or view.allocation.method in ("none", "sequential"):
        arms = [arm.id for arm in view.arms] if view else []
        return {"arm": arms[0] if len(arms) == 1 else None}
    if not state.schemes:
        return {}
    sealed = state.schemes[-1]
    seed = seed_of(sealed["commitment"])
    history = [
        randomisation.Placed(other.stratum, _arm_of(other, seed))
        for other in sorted(state.participants.values(), key=lambda p: p.allocation_index or 0)
        if other.allocation_index is not None
    ]
    arm = randomisation.arm_at(seed, randomisation.scheme_of(sealed), given.get("stratum") or {}, history)
    index = state.allocations + 1
    masked = view.is_allocation_masked
    return {
        "index": index,
        "scheme": sealed["commitment"],
        "arm": None if masked else arm,
        "sealed_arm": randomisation.seal_arm(seed, participant, index, arm) if masked else None,
    }


def _arm_of(person: Participant, seed: bytes) -> str:
    if person.arm is not None:
        return person.arm
    return randomisation.open_arm(seed, person.id, person.allocation_index or 0, person.sealed_arm or "")


@command("participant.allocate", "participant.allocated", subject="participant", withdrawal="procedures", hold="enrolment",
         consent="in-force", current_version=True, watched=False, signature=None, reason=False, live=False,
         gates=("alive", "verdict"), scheme=_other_place, completion=next_place,
         stage=(ENROLLED, of_person(lambda c, p: not p.allocated_at, "somebody not yet allocated")))  # fmt: skip
class Allocate(Data):
    """Allocate to an arm: the next place of the sealed sequence, open or sealed from those who must not know.

    * ``index``: the place in the sealed sequence; the record gives it
    * ``stratum``: the level of each factor, by its name
    * ``arm``: the arm, where the programme does not draw it
    * ``sealed_arm``: the arm under seal; the record gives it
    * ``scheme``: the sealed scheme; the record gives it
    """

    index: int | None = None
    stratum: dict[Annotated[str, STRATUM], Annotated[str, Field(min_length=1, max_length=4000), STRATUM]] = {}
    arm: Ref | None = None
    sealed_arm: Annotated[str | None, BASE64] = None
    scheme: Annotated[str | None, CODE] = None


@changes("participant.allocated")
def _allocated(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.allocated_at = body["at"]
    person.say("allocated", statement(state, body, data["index"]))
    person.arm = data["arm"]
    person.allocation_index = data["index"]
    person.stratum = dict(data["stratum"])
    person.sealed_arm = data["sealed_arm"]
    state.allocations += 1


def _arm_on_record(c: Context, person: Participant) -> bool:
    """An arm under seal is told to whoever opens it, and stands nowhere; one that stands open already is that one."""
    return c.data["arm"] is None or (person.sealed_arm is None and c.data["arm"] == person.arm)


@command("allocation.unblind", "allocation.unblinded", subject="participant", stage=(ALLOCATED, of_person(_arm_on_record, "no other arm than the one that stands open on record")), withdrawal=None, hold=None,
         consent=None, current_version=False, watched=False, live=False, gates=(), reason=True,
         signature="unblinding")  # fmt: skip
class Unblind(Data):
    """Open a sealed allocation: always signed, always with a reason, always alarmed.

    * ``urgency``: whether treatment depends on it now, or it was planned
    * ``arm``: the arm, where it is already known; the record opens the sealed one itself, for whoever asks and nobody else
    """

    urgency: Literal["emergency", "planned"]
    arm: Ref | None = None


@changes("allocation.unblinded")
def _unblinded(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.unblinded = True
    add_task(
        state,
        "alarm",
        person.id,
        body["at"][:10],
        f"unblinded ({data['urgency']}): {body['reason']}",
        f"unblinded:{state.seq}",
    )
