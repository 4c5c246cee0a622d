"""What every change of state shares: the registry of changes, tasks, doses, and the form of an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proband.record.events import ENVELOPE, is_stamp
from proband.record.signatures import SIGNATURE_KEYS
from proband.record.state import Administration, State, Task

Body = dict[str, Any]
Change = Callable[[State, Body, dict[str, Any]], None]
#: what each event changes
CHANGES: dict[str, Change] = {}
KEYS = frozenset(ENVELOPE)


def changes(event: str) -> Callable[[Change], Change]:
    """Register what an event changes."""

    def register(function: Change) -> Change:
        CHANGES[event] = function
        return function

    return register


def is_envelope(body: object) -> bool:
    """Whether a value has the envelope of an event, with values of the right kinds."""
    if type(body) is not dict or body.keys() != KEYS:
        return False
    # written out: this runs for every event of every replay
    if not (
        type(body["event"]) is str is type(body["command"])
        and type(body["subject"]) is str is type(body["site"])
        and type(body["actor"]) is str is type(body["role"])
        and type(body["programme"]) is str is type(body["source"])
        and type(body["study"]) is str is type(body["offset"])
        and type(body["data"]) is dict
        and type(body["signatures"]) is list
        and is_stamp(body["at"])
        and (body["recorded"] == body["at"] or is_stamp(body["recorded"]))
    ):
        return False
    return all(type(entry) is dict and entry.keys() == SIGNATURE_KEYS for entry in body["signatures"])


def add_task(state: State, kind: str, subject: str, due: str, about: str, name: str) -> None:
    """Note something that somebody must do by a day; a task of the same name is not noted twice."""
    if name not in state.tasks:
        state.tasks[name] = Task(name, kind, subject, due, about, state.seq)
        state.tasks_of.setdefault((kind, subject), []).append(name)


def task_done(state: State, name: str) -> None:
    """Note that a task was done with this event."""
    task = state.tasks.get(name)
    if task is not None and task.done is None:
        task.done = state.seq


def all_done(state: State, kind: str, subject: str) -> None:
    """Note that every task of a kind for somebody was done."""
    for name in state.tasks_of.get((kind, subject), ()):
        task_done(state, name)


def note_dose(state: State, body: Body, *, valid: bool) -> None:
    """Note that somebody was given something: valid, or in deviation from the gates."""
    data = body["data"]
    person = state.participants.get(str(data.get("participant")))
    product = state.products.get(body["subject"])
    if person is None:
        return
    if not person.doses:
        state.treated.append(person.id)
        state.last_first_dose = body["at"]
    person.doses.append(
        Administration(body["subject"], body["at"], state.seq, valid, state.invalid.get(state.seq, ()))
    )
    if product is not None:
        product.administered_at = body["at"]
        if product.status != "used":
            product.status = "administered"
        dose = data.get("dose")
        if (
            isinstance(dose, dict)
            and dose.get("unit") == product.unit
            and isinstance(dose.get("value"), int | float)
        ):
            product.remaining = max(0.0, product.remaining - dose["value"])
