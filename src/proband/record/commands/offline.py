"""Work without network: a capsule handed out, taken back, and what came back with it and cannot stand."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from pydantic import Field

from proband.record.declare.change import WHEN_VOID, Body, add_task, changes, take_in
from proband.record.declare.command import AT_ANY_STAGE, BY_EVENT, command, never
from proband.record.declare.data import Data, Digest, Ref, Stamp
from proband.record.declare.naming import NewNames
from proband.record.declare.wording import CODE, EVENT, FREE
from proband.record.events import is_envelope
from proband.record.gates.derived import brought_by_device
from proband.record.known import known_at
from proband.record.state import Capsule, State

of_capsules = partial(command, bears=never, permission="capsule.manage", subject="capsule", withdrawal=None, hold=None, consent=None,
                      current_version=False, signature=None, reason=False, live=False, custodian=True)  # fmt: skip


@of_capsules("capsule.issue", "capsule.issued", stage=AT_ANY_STAGE, watched=False, gates=(),
             unique=NewNames("capsules"))  # fmt: skip
class IssueCapsule(Data):
    """Hand out what a bedside needs offline, to one device, until a time.

    * ``device``: the public key of the device
    * ``participants``: whom the device may treat
    * ``until``: until when
    """

    device: Digest
    participants: Annotated[list[Ref], Field(min_length=1)]
    until: Stamp


@changes("capsule.issued")
def _capsule_issued(state: State, body: Body, data: dict[str, Any]) -> None:
    state.capsules[body["subject"]] = Capsule(
        body["subject"],
        body["site"],
        data["device"],
        tuple(data["participants"]),
        data["until"],
        known_at(body),
        state.seq,
        early=known_at(body),
    )


@of_capsules("capsule.return", "capsule.returned", watched=False, gates=(), stage=(
    (lambda c: c.subject in c.state.capsules and not c.state.capsules[c.subject].returned, "such a capsule that is out"),
))  # fmt: skip
class ReturnCapsule(Data):
    """Take a capsule back: how many events it brought, how far its clock was off, what was in conflict.

    * ``events``: how many events came back
    * ``accepted``: how many of them stand
    * ``conflicts``: those that do not
    * ``clock_ms``: how far the clock of the device was off, in milliseconds
    """

    events: int
    accepted: int
    conflicts: list[Annotated[dict[str, Any], CODE]]
    clock_ms: int


@changes("capsule.returned")
def _capsule_returned(state: State, body: Body, data: dict[str, Any]) -> None:
    state.capsules[body["subject"]].returned = True


@of_capsules(
    "capsule.conflict", "capsule.conflicted", stage=AT_ANY_STAGE, watched=True, gates=(), by_record=True, base=(),
    derived=brought_by_device,
)  # fmt: skip
class CapsuleConflict(Data):
    """What happened offline and cannot stand as recorded there: kept whole, and shown."""

    event: Annotated[dict[str, Any], EVENT]
    signature: Annotated[str, CODE]
    gates: list[Annotated[str, CODE]]
    messages: list[Annotated[str, FREE]]


@changes("capsule.conflicted")
def _capsule_conflict(state: State, body: Body, data: dict[str, Any]) -> None:
    event = data["event"]
    state.deviations[state.seq] = {
        "kind": "offline conflict",
        "gates": data["gates"],
        "subject": event["subject"],
        "event": event["event"],
    }
    add_task(
        state,
        "conflict",
        event["subject"],
        body["at"][:10],
        ", ".join(data["gates"]),
        f"conflict:{state.seq}",
    )
    change = WHEN_VOID.get(event["event"])
    if change is not None and _concerns(state, body["subject"], event):
        change(state, event, event["data"])
    take_in(state, event, tuple(data["gates"]))


def _concerns(state: State, capsule: str, event: dict[str, Any]) -> bool:
    """Whether what a device says of a dose is about a person of its capsule and a product that is that person's."""
    held = state.capsules.get(capsule)
    declared = BY_EVENT.get(event["event"])
    if held is None or declared is None or not declared.offline or not is_envelope(event):
        return False
    product = state.products.get(event["subject"])
    person = event["data"].get("participant") if declared.subject == "product" else event["subject"]
    return person in held.participants and (product is None or product.participant == person)
