"""From events to state: every event is judged again before it counts.

An event that the gates refuse is noted in :attr:`State.invalid` and changes nothing else: whatever path it took into the
log, no projection treats it as having happened, with one exception that is kept visible. An administration that fails its
gates is shown as a dose in deviation, because the person may well have received it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from proband.record.declare.change import CHANGES, WHEN_VOID, Body, take_in
from proband.record.declare.command import BY_EVENT
from proband.record.declare.naming import NewNames
from proband.record.errors import Refusal
from proband.record.events import ENVELOPE, Event, is_envelope
from proband.record.gates import GATES, Gate
from proband.record.judge import judge
from proband.record.locks import void_locks
from proband.record.questions import question
from proband.record.rulings import note_rules, settled
from proband.record.state import State
from proband.record.undo import trial
from proband.record.upcast import brought_up
from proband.terms import ProbandError

#: what reading a body can raise that no command wrote
_UNREADABLE = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    ProbandError,
)


def advance(state: State, event: Event, gates: Mapping[str, Gate] = GATES) -> tuple[Body, list[Refusal]]:
    """Bring a state forward by one event; returns the event's body, and every refusal that makes it void.

    The one way in which an event comes to count: a command tries it before it is appended, every replay repeats it.

    Parameters
    ----------
    state
        The state after the event before; changed in place.
    event
        The next event of the same study.
    gates
        See :func:`proband.record.judge.judge`.
    """
    body = _readable(event)
    try:
        refusals = judge(state, body, gates)
    except _UNREADABLE as error:
        # no command writes such a body; whatever it means to be, it does not count
        refusals = [Refusal("gate.form.unreadable", verb=body["command"], problem=str(error))]
    refusals, differing = settled(state, body, refusals)
    state.seq = event.seq
    state.hash = event.hash
    state.kinds.append(body["event"])
    state.subjects.append(body["subject"])
    if not refusals:
        with trial() as running:
            try:
                change = CHANGES.get(body["event"])
                if change is not None:
                    change(state, body, body["data"])
                names = BY_EVENT[body["event"]].says.get("unique")
                if isinstance(names, NewNames):
                    names.note(state, body)
                question(state, body, BY_EVENT[body["event"]])
                void_locks(state, body, BY_EVENT[body["event"]])
            except _UNREADABLE as error:
                # nothing of it is half done
                running.take_back()
                refusals = [Refusal("gate.form.unreadable", verb=body["command"], problem=str(error))]
    if refusals:
        state.invalid[event.seq] = tuple(refusal.gate for refusal in refusals)
        change = WHEN_VOID.get(body["event"])
        if change is not None:
            with trial() as running:
                try:
                    change(state, body, body["data"])
                    void_locks(state, body, BY_EVENT.get(body["event"]))
                except _UNREADABLE:
                    running.take_back()
        return body, refusals
    if differing:
        state.differs[event.seq] = differing
    note_rules(state, body)
    if body["source"] != "online":
        take_in(state, body)
    if BY_EVENT[body["event"]].watched:
        state.alarmed = body["at"]
    if body["recorded"] > state.recorded:
        state.recorded = body["recorded"]
    if body["v"] > state.version:
        state.version = body["v"]
    _touch(state, body)
    return body, refusals


def fold(state: State, event: Event, gates: Mapping[str, Gate] = GATES) -> Body:
    """Bring a state forward by one event; returns the event's body. See :func:`advance`."""
    return advance(state, event, gates)[0]


def _readable(event: Event) -> Body:
    """The body, or, where the bytes are no event at all, an empty one that every gate refuses."""
    try:
        body = event.body
    except ValueError:
        body = {}
    if is_envelope(body):
        return brought_up(body)
    nothing: Body = dict.fromkeys(ENVELOPE)
    return {
        **nothing,
        "event": "",
        "command": "",
        "subject": "",
        "site": "",
        "recorded": "",
        "at": "",
        "day": "",
        "source": "",
        "data": {},
    }


def fold_all(events: Iterable[Event], study: str, gates: Mapping[str, Gate] = GATES) -> State:
    """The state after all of some events, from nothing."""
    state = State(study=study)
    with without_collecting():
        for event in events:
            fold(state, event, gates)
    return state


@contextmanager
def without_collecting() -> Iterator[None]:
    """A state is a large tree without cycles: looking for cycles while it grows would cost more than the folding."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _touch(state: State, body: Body) -> None:
    """Note the last event about a participant or product, for those who work from what they have seen."""
    person = state.participants.get(body["subject"])
    if person is not None:
        person.touched = state.seq
        return
    product = state.products.get(body["subject"])
    if product is not None:
        product.touched = state.seq
