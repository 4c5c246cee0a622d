"""The audit trail: every event of a record in a row, by its declaration, so that a new command stands in it by being declared."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from proband.record.commands import BY_EVENT
from proband.record.events import Event
from proband.record.record import Record

#: so many events are read at once where the newest come first (as many as a store gives in one answer)
STRETCH = 500


def trail(record: Record, subject: str | None = None) -> Iterator[dict[str, Any]]:
    """Every event in a row: what happened, to whom, when, by whom, why, under which version; the oldest first.

    Parameters
    ----------
    record
        The open record.
    subject
        Only the events of this subject.
    """
    record.catch_up()
    for event in record.events() if subject is None else _about(record, subject):
        yield _row(record, event)


def trail_backwards(record: Record, subject: str | None = None) -> Iterator[dict[str, Any]]:
    """The same rows, the newest first: whoever stops after some has read no more of the log than these."""
    record.catch_up()
    if subject is not None:
        yield from reversed(list(trail(record, subject)))
        return
    for last in range(record.state.seq, 0, -STRETCH):
        first = max(0, last - STRETCH)
        for event in reversed(list(islice(record.events(first), last - first))):
            yield _row(record, event)


def _row(record: Record, event: Event) -> dict[str, Any]:
    body, invalid = event.body, record.state.invalid
    declared = BY_EVENT.get(body["event"])
    row: dict[str, Any] = record.texts.revealed(
        {
            "seq": event.seq,
            "at": body["at"],
            "event": body["event"],
            "subject": body["subject"],
            "actor": body["actor"],
            "role": body["role"],
            "site": body["site"],
            "reason": body["reason"],
            "programme": body["programme"][:12],
            "hash": event.hash.hex()[:12],
            "recorded": body["recorded"],
            "offset": body["offset"],
            "source": body["source"],
            "corrects": body["corrects"],
            "signed": ", ".join(f"{one['signer']} ({one['meaning']})" for one in body["signatures"]) or None,
            "what": declared.summary if declared else "no event of this record",
            "void": ", ".join(invalid[event.seq]) if event.seq in invalid else None,
        }
    )
    return row


def _about(record: Record, subject: str) -> Iterator[Event]:
    """The events of a subject: the state knows their numbers, and no other event is read."""
    for seq, name in enumerate(record.state.subjects, start=1):
        if name == subject and (event := record.event(seq)) is not None:
            yield event
