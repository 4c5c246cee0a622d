"""By which rules an event was judged, and what they made of it.

Rules change with the releases of Proband. What was acknowledged under one version is not made void by the next: an event says by which rules it was
judged, and what they made of it beyond "it passes" (the permissions of a dose that were recorded only after it). The same rules must come to the same again;
where other rules read it, what they would refuse is noted as a difference, and the event stands as it was judged.

That is no way in for anybody. Rules are never gone back to: once an event was judged by the rules of now, what follows and names others is void, so
nobody who writes into a log today is excused by rules of yesterday. And what proves who said something (signatures, keys, the form of an event,
identifiers that are there once) is excused by no version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.record.declare.change import RESULTS, Body
from proband.record.errors import Refusal
from proband.record.events import JUDGED
from proband.record.rules_version import rules_name
from proband.record.state import State

#: since this version of the envelope events say by which rules they were judged
SINCE_VERSION = 6
#: the gates whose refusal no older rules excuse: who said it, by which key, in which form, of what that there is once
PROOF = frozenset(("known", "form", "signature", "enrolment", "second-key", "capsule", "unique", "number"))


def ruling(state: State, body: Body) -> dict[str, Any]:
    """What the rules of now say of an event that is about to be appended."""
    try:
        late = _result(state, body)
    except (LookupError, TypeError, ValueError, AttributeError):
        # its form is refused by the judge
        late = ()
    return {"rules": rules_name(), "late": list(late)}


def _result(state: State, body: Body) -> tuple[str, ...]:
    asked = RESULTS.get(body["event"])
    return asked(state, body) if asked is not None else ()


def judged_elsewhere(body: Mapping[str, Any]) -> bool:
    """Whether an event was judged by other rules than those of this process."""
    said = body.get(JUDGED)
    if said is None:
        # a device says nothing of rules: its events are judged by the record that takes them in
        return type(body["v"]) is int and body["v"] < SINCE_VERSION
    return bool(said["rules"] != rules_name())


def gone_back(state: State, body: Mapping[str, Any]) -> bool:
    """Whether an event names other rules although those of this process have judged before it."""
    return judged_elsewhere(body) and rules_name() in state.rules


def settled(state: State, body: Body, refusals: list[Refusal]) -> tuple[list[Refusal], tuple[str, ...]]:
    """The refusals that count, and the gates by which rules of now differ from those that judged the event.

    Parameters
    ----------
    state
        The state before the event.
    body
        Its body.
    refusals
        What the gates of now say of it.
    """
    if not judged_elsewhere(body):
        said = body.get(JUDGED)
        if said is not None and not refusals and list(_result(state, body)) != said["late"]:
            return [Refusal("gate.form.result", rules=said["rules"], late=said["late"])], ()
        return refusals, ()
    if gone_back(state, body):
        return [*refusals, Refusal("gate.form.rules", rules=str((body.get(JUDGED) or {}).get("rules")))], ()
    if any(one.gate in PROOF for one in refusals):
        return refusals, ()
    differing = [one.gate for one in refusals]
    said = body.get(JUDGED)
    if said is not None and not differing and list(_result(state, body)) != said["late"]:
        differing = ["afterwards"]
    return [], tuple(dict.fromkeys(differing))


def note_rules(state: State, body: Body) -> None:
    """Note which rules judged an event, where they are the first of theirs."""
    said = body.get(JUDGED)
    name = said["rules"] if said is not None else ""
    if name not in state.rules and (name or judged_elsewhere(body)):
        state.rules[name] = state.seq
