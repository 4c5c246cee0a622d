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
from proband.record.errands import Carried, OpenBundle, carry_out, no_bundle
from proband.record.errors import Conflict, RecordError
from proband.record.events import moment
from proband.record.executing import Receipt
from proband.record.record import Record
from proband.record.unbroken import unbroken
from proband.terms import ProbandError
from proband.terms.canonical import CanonicalError, canonical

#: after so long the same words without key and time are asked about: a slip, or something that happened again (design choice)
AGAIN_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What came of a batch: every command that is stored, and the place and reason of the one that is not.

    ``interrupted``: somebody pressed Ctrl-C; the command that ran then is stored with everything that belongs to it, none after it is begun.
    """

    carried: tuple[Carried, ...]
    stopped_at: int | None = None
    error: ProbandError | None = None
    interrupted: bool = False

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """A receipt for every command that is stored."""
        return tuple(one.receipt for one in self.carried)


def send(
    record: Record, entries: Iterable[tuple[int, Mapping[str, Any], Command]], bundle: OpenBundle = no_bundle
) -> BatchOutcome:
    """Do commands in order until one is refused.

    Parameters
    ----------
    record
        The open record.
    entries
        Place (the line of a file), the command as it was written, and the command.
    bundle
        How the door opens a bundle.

    Returns
    -------
    BatchOutcome
        What is stored, and what stopped it; nothing is raised for a command that is refused.
    """
    carried: list[Carried] = []
    seen: Counter[str] = Counter()
    place: int | None = None
    try:
        for place, written, command in entries:  # noqa: B007 - told below, where the batch stops
            with unbroken():
                carried.append(_one(record, written, command, seen, bundle))
    except ProbandError as error:
        return BatchOutcome(tuple(carried), error.details.get("line", place), error)
    except KeyboardInterrupt:
        return BatchOutcome(tuple(carried), place, interrupted=True)
    return BatchOutcome(tuple(carried))


def _one(
    record: Record, written: Mapping[str, Any], command: Command, seen: Counter[str], bundle: OpenBundle
) -> Carried:
    if command.key is not None:
        return carry_out(record, command, bundle)
    try:
        content = sha256(canonical(dict(written))).hexdigest()[:32]
    except CanonicalError as error:
        raise RecordError("record.event.value", problem=error.message, correction=error.mend) from error
    seen[content] += 1
    carried = carry_out(record, replace(command, key=f"line:{content}:{seen[content]}"), bundle)
    receipt = carried.receipt
    if receipt.repeated and command.at is None:
        age = (record.clock() - moment(receipt.body["recorded"])).total_seconds()
        if age > AGAIN_SECONDS:
            raise Conflict("record.conflict.again", seq=receipt.seq, recorded=receipt.body["recorded"])
    return carried
