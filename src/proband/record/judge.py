"""The judge: an event's body held against every gate that its command declares.

An event that a gate refuses cannot be appended by a command; appended in some other way it is void for every projection
and is reported by the verification.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from proband.record.commands import BY_EVENT, COMMANDS, CommandType, Data
from proband.record.commitments import SINCE_VERSION, open_text
from proband.record.declare.gate import Judgement
from proband.record.errors import Refusal
from proband.record.events import OLDEST_VERSION, SCHEMA_VERSION, local_date
from proband.record.gates import GATES, Context, Gate
from proband.record.state import State

Plan = tuple[tuple[str, Judgement], ...]


def judge(state: State, body: Mapping[str, Any], gates: Mapping[str, Gate] = GATES) -> list[Refusal]:
    """Every refusal of an event's body by the gates of its command, in the order of the declaration.

    Parameters
    ----------
    state
        What the log amounts to before the event.
    body
        The event's body.
    gates
        The gates in force; the tests leave one out to show that it is needed.
    """
    command = BY_EVENT.get(body["event"])
    if command is None or body["command"] != command.verb:
        return [Refusal("gate.known.unknown", event=body["event"])]
    if body["study"] != state.study or not _version_fits(state, body["v"]):
        return [Refusal("gate.form.study", study=body["study"], version=body["v"])]
    if body["day"] != local_date(body["at"], body["offset"]):
        return [Refusal("gate.form.day", day=body["day"], at=body["at"], offset=body["offset"])]
    malformed = _malformed(body, command)
    if malformed is None and body["v"] >= SINCE_VERSION and (place := open_text(body, command, state)):
        malformed = Refusal("gate.form.text", verb=command.verb, place=place)
    if malformed is not None:
        return [malformed]
    context = Context(
        state, body, command, lambda other: [refusal.gate for refusal in judge(state, other, gates)]
    )
    plan = _plan(command, gates)
    refusals = _asked(context, plan)
    # what a device's clock says may lie a little beside its bounds, also where they are one moment
    if refusals or context.early == context.late == context.at or body["source"] == "online":
        return refusals
    # a clock that nobody can trust: the answer must be the same whenever it can have happened
    for at in context.moments():
        refusals = _asked(Context(state, body, command, context.again, at=at), plan)
        if refusals:
            return [
                *refusals,
                Refusal("gate.capsule.unsettled", early=context.early, late=context.late, at=at),
            ]
    return []


def _asked(context: Context, plan: Plan) -> list[Refusal]:
    refusals = []
    answered = context.command.on_the_spot if context.brought_back else ()
    for name, function in plan:
        if name in answered:
            continue
        refusal = function(context)
        if refusal is not None:
            refusals.append(refusal)
            # without the right person, product or study there is nothing further to judge
            if name == "stage":
                break
    if any(one.gate == "identity" for one in refusals):
        # of a bag that is somebody else's nothing more is told at the scan: it is put aside, and not thawed
        return [one for one in refusals if one.gate not in context.command.on_the_spot]
    return refusals


def _version_fits(state: State, version: object) -> bool:
    """Whether an event may be of a version: of those that are read, and none older than what stands before it."""
    return type(version) is int and max(OLDEST_VERSION, state.version) <= version <= SCHEMA_VERSION


_PLANS: dict[str, tuple[CommandType, Plan]] = {}


def _plan(command: CommandType, gates: Mapping[str, Gate]) -> Plan:
    """The gates of a command as functions, worked out once for the full set."""
    if gates is GATES:
        known = _PLANS.get(command.verb)
        if known is not None and known[0] is command:
            return known[1]
    plan = tuple(
        (name, gates[name].function)
        for name in command.gates
        if name in gates and (name != "reason" or command.reason)
    )
    if gates is GATES:
        _PLANS[command.verb] = (command, plan)
    return plan


def _malformed(body: Mapping[str, Any], command: CommandType) -> Refusal | None:
    """Whether the body is not of the form that its command writes: then no gate could read it."""
    data = body["data"]
    try:
        model: Data = command.data.__pydantic_validator__.validate_python(data)
        # what is there must stand in its one form; what an older version did not have yet may be absent
        if model.model_dump(mode="json", exclude_unset=True) != data:
            return Refusal("gate.form.canonical", verb=command.verb)
    except ValidationError as error:
        first = error.errors(include_context=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        return Refusal("gate.form.data", verb=command.verb, place=place, problem=first["msg"])
    return None


def declared_gates() -> Iterable[str]:
    """The names of all gates that some command declares."""
    return sorted({name for command in COMMANDS.values() for name in command.gates})
