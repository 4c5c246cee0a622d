"""The audit trail: every event of a record in a row, by its declaration, so that a new command stands in it by being declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proband.record.commands import BY_EVENT
from proband.record.events import Event
from proband.record.record import Record


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
    invalid = record.state.invalid
    for event in record.events() if subject is None else _about(record, subject):
        body = event.body
        declared = BY_EVENT.get(body["event"])
        row = {
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
        yield record.texts.revealed(row)


def _about(record: Record, subject: str) -> Iterator[Event]:
    """The events of a subject: the state knows their numbers, and no other event is read."""
    for seq, name in enumerate(record.state.subjects, start=1):
        if name == subject and (event := record.event(seq)) is not None:
            yield event
