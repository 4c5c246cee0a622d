"""What was known of something, and when it was true: each statement with both of its times, none ever overwritten.

A statement has the moment from which it is true and the events between which it was known: from the one that said it to
the one that took it back, if one did. "True at t, as known now" is then the newest statement of its kind that is true at t and was
not taken back: what was *entered* last never beats what *happened* last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from proband.record.events import day_end
from proband.record.undo import Undoable

#: later than any stamp
ALWAYS = "9999"


@dataclass(slots=True)
class KnownStatement(Undoable):
    """One statement: its value, true from ``at`` (UTC stamp), known from event ``seq`` (recorded at ``recorded``) until event ``until``."""

    value: Any
    at: str
    seq: int
    recorded: str
    until: int | None = None
    #: when it became known that it was to be taken back
    gone: str = ""


def true_at(statements: Iterable[KnownStatement], at: str = ALWAYS) -> KnownStatement | None:
    """The statement that is true at a moment, as known now; of two from the same moment the one that was said later."""
    found: KnownStatement | None = None
    for one in statements:
        if (
            one.until is None
            and one.at <= at
            and (found is None or (found.at, found.seq) <= (one.at, one.seq))
        ):
            found = one
    return found


def true_as_known(statements: Iterable[KnownStatement], at: str) -> KnownStatement | None:
    """The statement that was true at a moment as far as anybody knew at that moment: what was said or taken back later is left out."""
    found: KnownStatement | None = None
    for one in statements:
        known = one.recorded <= at and (one.until is None or one.gone > at)
        if known and one.at <= at and (found is None or (found.at, found.seq) <= (one.at, one.seq)):
            found = one
    return found


def true_that_day(statements: Sequence[KnownStatement], at: str, offset: str) -> KnownStatement | None:
    """The statement that is true at a moment; where none is yet, the first that is from later on the same calendar day there.

    Somebody who is made a nurse at noon is one on that day. Who was one and is not any more, is none from that moment.
    """
    found = true_at(statements, at)
    if found is not None or not statements:
        return found
    end = day_end(at, offset)
    later = [one for one in statements if one.until is None and one.at <= end]
    return min(later, key=lambda one: (one.at, one.seq), default=None)


def known_at(body: dict[str, Any]) -> str:
    """When something became known: when it was recorded; offline the device was the record, and its signed chain keeps the order."""
    moment: str = body["recorded"] if body["source"] == "online" else body["at"]
    return moment
