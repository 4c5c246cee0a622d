"""The history of a participant or a container: which value was there, which took its place, by whom, why, under which version.

Every event is judged and folded again, and what is on record before and after it is compared; so nothing about a command has to be said here,
and what a correction, a retraction or a dose called into question changed stands in it like everything else. What is under seal stays under it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from proband.record.commands import BY_EVENT
from proband.record.entries import entries_of_person, entries_of_product, leaves
from proband.record.errors import RecordError
from proband.record.events import Event
from proband.record.fold import fold
from proband.record.locks import people_of
from proband.record.places import arms_are_told
from proband.record.record import Record
from proband.record.state import State


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One value that changed: the field by its path, what was there, what took its place (``None``: nothing), by which event."""

    seq: int
    at: str
    event: str
    field: str
    old: Any
    new: Any
    by: str
    why: str | None
    version: str
    signed: str | None
    void: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The entry as plain JSON values."""
        return asdict(self)


def history(record: Record, subject: str, field: str | None = None) -> Iterator[HistoryEntry]:
    """Every change of what is on record of a participant or a container, the oldest first.

    Parameters
    ----------
    record
        The open record.
    subject
        A participant or a container.
    field
        Only fields in whose path this stands: ``outcomes``, ``standing``, ``doses.41``.

    Raises
    ------
    RecordError
        ``record.show.history`` for a subject of which there is none.
    """
    record.catch_up()
    if subject not in record.state.participants and subject not in record.state.products:
        raise RecordError("record.show.history", subject=subject)
    state = State(study=record.study)
    before: dict[str, Any] = {}
    told = arms_are_told(record.state)
    for event in record.events():
        body = fold(state, event)
        void = ", ".join(state.invalid[event.seq]) if event.seq in state.invalid else None
        if not _concerns(state, event, body, subject):
            continue
        after = _leaves(state, subject)
        changed = [
            name
            for name in sorted(before.keys() | after.keys(), key=_in_order)
            if before.get(name) != after.get(name) and (told or name != "allocation.arm")
        ]
        for name in changed or ([""] if void and body["subject"] == subject else []):
            if field is None or field in name or (void and not name):
                entry = _entry(state, event, body, name, before.get(name), after.get(name), void)
                read = record.texts.revealed
                yield replace(entry, old=read(entry.old), new=read(entry.new), why=read(entry.why))
        before = after


def _leaves(state: State, subject: str) -> dict[str, Any]:
    person, product = state.participants.get(subject), state.products.get(subject)
    if person is not None:
        return leaves(entries_of_person(state, person))
    return leaves(entries_of_product(state, product)) if product is not None else {}


def _concerns(state: State, event: Event, body: dict[str, Any], subject: str) -> bool:
    if subject in state.products:
        declared = BY_EVENT.get(body["event"])
        return subject.encode() in event.raw or declared is None or declared.subject == "study"
    people = people_of(state, body, BY_EVENT.get(body["event"]))
    return people is None or subject in people


def _in_order(path: str) -> list[tuple[int, str]]:
    """Paths in the order in which people count: ``doses.9`` before ``doses.10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in path.split(".")]


def _entry(
    state: State, event: Event, body: dict[str, Any], name: str, old: Any, new: Any, void: str | None
) -> HistoryEntry:
    view = state.programmes.get(body["programme"])
    version = f"{view.version} ({view.hash[:12]})" if view is not None else str(body["programme"])[:12]
    signed = ", ".join(f"{one['signer']} ({one['meaning']})" for one in body["signatures"]) or None
    return HistoryEntry(
        event.seq, body["at"], body["event"], name, old, new, f"{body['actor']} ({body['role']})", body["reason"], version, signed, void
    )  # fmt: skip
