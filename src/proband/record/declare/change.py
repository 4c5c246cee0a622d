"""How a change of state is declared, and what many changes share: tasks, and doses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proband.record.afterwards import found_late, late_permissions
from proband.record.bounds import DEVICE, bounds, counter_fault, device_entry, note_counter
from proband.record.declare.command import WayBack
from proband.record.declare.data import is_amount
from proband.record.events import canonical, is_day
from proband.record.known import KnownStatement, known_at
from proband.record.paged import browse_values
from proband.record.participant import Administration, Participant
from proband.record.product import Container
from proband.record.state import State, Task

Body = dict[str, Any]
Change = Callable[[State, Body, dict[str, Any]], None]
#: what each event changes
CHANGES: dict[str, Change] = {}
#: what an event changes although its gates refuse it: the few things that the body keeps, whatever the record says
WHEN_VOID: dict[str, Change] = {}
#: what the rules make of an event beyond "it passes", in the words that the event keeps of it (:mod:`proband.record.rulings`)
RESULTS: dict[str, Callable[[State, Body], tuple[str, ...]]] = {}


def changes(
    event: str,
    *,
    when_void: Change | None = None,
    result: Callable[[State, Body], tuple[str, ...]] | None = None,
) -> Callable[[Change], Change]:
    """Declare what an event changes.

    Parameters
    ----------
    event
        The event.
    when_void
        What it changes where its gates refuse it; nothing, where nothing is said.
    result
        What the rules make of it beyond "it passes", from the state before it; nothing, where nothing is said.
    """

    def register(function: Change) -> Change:
        if event in CHANGES:
            raise ValueError(f"what {event} changes is declared twice")
        CHANGES[event] = function
        if when_void is not None:
            WHEN_VOID[event] = when_void
        if result is not None:
            RESULTS[event] = result
        return function

    return register


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


def statement(state: State, body: Body, value: Any, at: str | None = None) -> KnownStatement:
    """What this event says, from the moment at which it happened, or from ``at``."""
    return KnownStatement(value, body["at"] if at is None else at, state.seq, known_at(body))


def bounds_of(state: State, body: Body) -> tuple[str, str]:
    """Between which moments it happened: the one that it says, or what bounds a device's clock."""
    return bounds(state.capsule_of(body["source"]), body)


def take_in(state: State, body: Body, gates: tuple[str, ...] = ()) -> None:
    """Note that an event of a capsule was taken in, and by which gates it was refused."""
    held, entry = state.capsule_of(body["source"]), device_entry(body)
    if held is None or entry is None:
        return
    held.brought[str(entry["value"])] = list(gates)
    note_counter(held, body, counter_fault(held, body))


def take_statement(state: State, subject: str, seq: int) -> str | None:
    """Take back what an entry said of a participant; gives since when that had been true."""
    since: str | None = None
    for statements in state.participants[subject].known.values():
        for one in statements:
            if one.seq == seq and one.until is None:
                one.until, since = state.seq, one.at
    return since


#: the way back of what is kept as a statement
STATEMENT = WayBack(take_statement)


def _hands(body: Body, product: Container | None) -> tuple[str, ...]:
    """Everybody through whose hands a dose went: who gave it, checked it, scanned it, released it."""
    people = {body["actor"], *(entry["signer"] for entry in body["signatures"])}
    if product is not None:
        people.update(product.signers, (product.checked or {}).get("persons", ()))
        people.update([product.dose_checked["by"]] if product.dose_checked else [])
    return tuple(sorted(people))


#: what the gates ask of a dose besides what the state knows
_ASKED = (
    "command",
    "event",
    "actor",
    "role",
    "site",
    "at",
    "offset",
    "day",
    "recorded",
    "programme",
    "subject",
    "source",
    "data",
)


def _said(body: Body) -> str:
    """What must be kept of a dose so that it can be judged again at its own time; who signed it, without the signatures themselves."""
    signers = [
        {"signer": one["signer"], "role": one["role"]}
        for one in body["signatures"]
        if one["meaning"] != DEVICE
    ]
    return canonical({**{name: body[name] for name in _ASKED}, "signatures": signers}).decode()


def count_first_doses_again(state: State, person: Participant) -> None:
    """Who is treated, and when somebody last was for the first time, after a dose of a person was taken back."""
    if not person.given and person.id in state.treated:
        state.treated.remove(person.id)
        if not (person.therapies or person.kits or person.released_at or person.id in state.product_failures):
            state.made_for.pop(person.id, None)
    firsts = [one.given[0].at for one in browse_values(state.participants) if one.given]
    state.last_first_dose = max(firsts, default=None)


def note_dose(state: State, body: Body, *, valid: bool) -> None:
    """Note that somebody was given something: valid, or in deviation from the gates."""
    data = body["data"]
    person = state.participants.get(str(data.get("participant")))
    product = state.products.get(body["subject"])
    told = late_permissions if body["event"] in RESULTS else found_late
    late = told(state, body) if valid and person is not None else ()
    if person is not None:
        # an entry that was taken back is no dose: whoever is treated after it is treated for the first time
        if not person.given:
            state.treated.append(person.id)
            state.made_for.setdefault(person.id)
            state.last_first_dose = max(body["at"], state.last_first_dose or "")
        latest = bounds_of(state, body)[1]
        person.doses.append(
            Administration(
                body["subject"], body["at"], state.seq, valid and not late, state.invalid.get(state.seq, ()), late,
                people=_hands(body, product), late=latest, said=_said(body) if valid else "", day=body["day"] if is_day(body["day"]) else body["at"][:10],
            )
        )  # fmt: skip
        state.latest_dose = max(state.latest_dose, latest)
    # whoever got it: what has left a bag is not in it any more
    if product is not None:
        product.administered_at = body["at"]
        if product.status != "used":
            product.status = "administered"
        dose = data.get("dose")
        if is_amount(dose):
            product.take(dose)
