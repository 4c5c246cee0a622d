"""What the record adds of itself is derived: whoever replays the log derives it again, and it must be the same.

Nobody signs a hold that the record placed, a refusal that it kept, a conflict that came back. So nobody could say where they come from,
were it not that they follow from the events before them: a hold from a crossed stopping rule, a refusal from the gates, a conflict from what a device
signed. What does not follow is void.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.record import safety
from proband.record.bounds import device_entry
from proband.record.declare.command import COMMANDS, Context
from proband.record.declare.gate import RECORD, gate
from proband.record.errors import Refusal
from proband.record.events import is_envelope
from proband.record.gates.offline import device_fault


@gate("derived", mend="let the record place it", says="whether the event follows from the log before it")
def derived(c: Context) -> Refusal | None:
    """What the record adds of itself follows from the log before it, and comes from nobody else."""
    body = c.body
    own = body["actor"] == RECORD == body["role"] and body["source"] == "online" and not body["signatures"]
    if own and c.command.says["derived"](c):
        return None
    return Refusal("gate.derived.foreign", verb=c.verb, subject=c.subject)


def crossed(c: Context) -> bool:
    """Whether a stopping rule was crossed that asks for this very hold."""
    asked = (c.data["rule"], c.data["hold"], c.data["target"], c.data["counted"])
    return any((one.rule, one.hold, one.target, one.counted) == asked for one in safety.crossed(c.state))


def refused_again(c: Context) -> bool:
    """Whether the gates that are said to have refused an attempt refuse it."""
    attempt, gates = c.data["body"], c.data["gates"]
    if attempt is None or set(gates) == {"form"}:
        return set(gates) <= {"form"}
    if (
        not is_envelope(attempt)
        or attempt["command"] != c.data["verb"]
        or attempt["subject"] != c.data["about"]
    ):
        return False
    declared = COMMANDS.get(attempt["command"])
    keeps = declared is not None and declared.keeps_refusal
    return keeps and c.again is not None and c.again(attempt) == gates


def brought_by_device(c: Context) -> bool:
    """Whether the device of a capsule signed what is kept as a conflict, and it was not taken in before; also after the return."""
    held = c.state.capsules.get(c.subject)
    event: Mapping[str, Any] = c.data["event"]
    if held is None or not is_envelope(event) or event["source"] != f"capsule:{held.id}":
        return False
    entry = device_entry(event)
    known = entry is not None and str(entry["value"]) in held.brought
    return not known and device_fault(c.state.instance, held.device, event) is None


def another_copy(c: Context) -> bool:
    """Whether a restored log takes a name that it did not have."""
    return bool(c.data["instance"] != c.state.instance)
