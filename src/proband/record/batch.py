"""Several commands, one after the other: the first that is refused ends it, and what was stored before stays stored.

A command without a key of its own gets one from its content and from how often the same stands before it in the batch. So a
batch that was corrected and sent again does nothing twice, wherever in it something was put right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from proband.record.commands import Command
from proband.record.errors import Conflict, RecordError
from proband.record.events import moment
from proband.record.record import Receipt, Record
from proband.terms import ProbandError
from proband.terms.canonical import CanonicalError, canonical

#: after so long the same words without key and time are asked about: a slip, or something that happened again (design choice)
AGAIN_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What came of a batch: a receipt for every command that is stored, and the place and reason of the one that is not."""

    receipts: tuple[Receipt, ...]
    stopped_at: int | None = None
    error: ProbandError | None = None


def send(record: Record, entries: Iterable[tuple[int, Mapping[str, Any], Command]]) -> BatchOutcome:
    """Do commands in order until one is refused.

    Parameters
    ----------
    record
        The open record.
    entries
        Place (the line of a file), the command as it was written, and the command.

    Returns
    -------
    BatchOutcome
        What is stored, and what stopped it; nothing is raised for a command that is refused.
    """
    receipts: list[Receipt] = []
    seen: Counter[str] = Counter()
    place: int | None = None
    try:
        for place, written, command in entries:  # noqa: B007 - told below, where the batch stops
            receipts.append(_one(record, written, command, seen))
    except ProbandError as error:
        return BatchOutcome(tuple(receipts), error.details.get("line", place), error)
    return BatchOutcome(tuple(receipts))


def _one(record: Record, written: Mapping[str, Any], command: Command, seen: Counter[str]) -> Receipt:
    if command.key is not None:
        return record.execute(command)
    try:
        content = sha256(canonical(dict(written))).hexdigest()[:32]
    except CanonicalError as error:
        raise RecordError("record.event.value", problem=error.message, correction=error.mend) from error
    seen[content] += 1
    receipt = record.execute(replace(command, key=f"line:{content}:{seen[content]}"))
    if receipt.repeated and command.at is None:
        age = (record.clock() - moment(receipt.body["recorded"])).total_seconds()
        if age > AGAIN_SECONDS:
            raise Conflict("record.conflict.again", seq=receipt.seq, recorded=receipt.body["recorded"])
    return receipt
