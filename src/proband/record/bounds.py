"""Between which two moments something happened offline: what a device's clock says is bounded by what nobody can put right afterwards.

The clock of a device may be slow, fast, or put right just before the return. Three things hold whatever it says: the capsule was handed
out at a moment of the record's clock, it comes back at another, and the device's *counter* only ever counts up: milliseconds since it was
last started. Since real time passes at least as fast as a counter (one that sleeps with the device counts less, never more),

* an event happened no earlier than the one before it plus what was counted in between; the first one, no earlier than the issue plus
  what had been counted; where the device was started anew in between, the new count alone;
* an event happened no later than the return minus what was counted from it to the export; where the device was started anew
  in between, minus what was counted since.

Every gate is asked at both bounds and wherever something changes between them; what they do not settle is a conflict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from proband.record.events import from_utc, is_stamp, local_date, shifted, stamp
from proband.record.signing import COUNTER

#: what a device means by its signature
DEVICE = "device"


class Handed(Protocol):
    """What is known of a capsule that is out (:class:`proband.record.state.Capsule`)."""

    count: int
    run: str
    ms: int
    early: str
    broken: str


def device_entry(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The signature of the device on an event; ``None`` where there is none."""
    own = [entry for entry in body["signatures"] if entry["meaning"] == DEVICE]
    return own[0] if len(own) == 1 else None


def counter_of(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Where the device's counter stood: the number of the event (``n``, from 1), the run (``run``), its milliseconds (``ms``)."""
    entry = device_entry(body)
    found = entry.get(COUNTER) if entry is not None else None
    if not isinstance(found, Mapping) or found.keys() != {"n", "run", "ms"}:
        return None
    whole = all(type(found[name]) is int and 0 <= found[name] < 2**53 for name in ("n", "ms"))
    return found if whole and isinstance(found["run"], str) and 0 < len(found["run"]) <= 64 else None


def counter_fault(held: Handed, body: Mapping[str, Any]) -> str:
    """What is wrong with the counter of the next event of a capsule, in a word; empty where it fits.

    ``missing``: there is none. ``hole``: an event before it did not come. ``repeated``: there was one of that number already, as where two
    devices work with one capsule. ``back``: it counts less than the event before. Behind a fault nothing is certain any more: ``after-…``.
    """
    counter = counter_of(body)
    if counter is None:
        return "missing"
    if held.broken:
        return held.broken if held.broken.startswith("after-") else f"after-{held.broken}"
    if counter["n"] <= held.count:
        return "repeated"
    if counter["n"] > held.count + 1:
        return "hole"
    return "back" if counter["run"] == held.run and counter["ms"] < held.ms else ""


def earliest(held: Handed, body: Mapping[str, Any]) -> str:
    """The earliest moment at which the next event of a capsule can have happened."""
    counter = counter_of(body)
    if counter is None:
        return held.early
    counted = counter["ms"] - held.ms if counter["run"] == held.run else counter["ms"]
    return shifted(held.early, milliseconds=max(0, counted))


def latest(body: Mapping[str, Any]) -> str:
    """The latest moment at which an event that a device brought can have happened: as the return found, at most the time of recording."""
    recorded: str = body["recorded"]
    found = (body["skew"] or {}).get("latest") if isinstance(body["skew"], Mapping) else None
    return min(str(found), recorded) if is_stamp(found) else recorded


def bounds(held: Handed | None, body: Mapping[str, Any]) -> tuple[str, str]:
    """The earliest and the latest moment of the next event of a capsule; of one that nobody handed out, what it says itself."""
    if held is None:
        return body["at"], body["at"]
    early, late = earliest(held, body), latest(body)
    return min(early, late), late


def note_of(held: Handed | None, body: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of when something happened, so that it can be told later how long ago that was."""
    if body["source"] == "online":
        return {"at": body["at"]}
    counter = counter_of(body) or {"run": "", "ms": 0}
    early, late = bounds(held, body)
    return {
        "at": body["at"], "source": body["source"], "run": counter["run"], "ms": counter["ms"], "early": early, "late": late,
    }  # fmt: skip


def midnights(early: str, late: str, offset: str) -> list[str]:
    """The beginnings of calendar days between two moments, where the clock on the wall stands ``offset`` from UTC; at most a year of them."""
    found: list[str] = []
    day = date.fromisoformat(local_date(early, offset)) + timedelta(days=1)
    ahead = from_utc(offset)
    while len(found) < 366:
        begin = stamp(datetime(day.year, day.month, day.day, tzinfo=UTC) - ahead)
        if begin >= late:
            break
        found.append(begin)
        day += timedelta(days=1)
    return found


def latest_of(queue: Sequence[Mapping[str, Any]], closing: Mapping[str, Any] | None, back: str) -> list[str]:
    """The latest moment of each event of a queue.

    Parameters
    ----------
    queue
        The bodies, in the order of the queue.
    closing
        Where the counter stood at the export (``run``, ``ms``); ``None`` where the device does not say.
    back
        When the queue came back, by the record's clock.
    """
    found: list[str] = []
    moment = back
    after: Mapping[str, Any] | None = closing
    for body in reversed(queue):
        counter = counter_of(body)
        if counter is not None and after is not None:
            counted = after["ms"] - counter["ms"] if after["run"] == counter["run"] else after["ms"]
            moment = shifted(moment, milliseconds=-max(0, counted))
        after = counter
        found.append(moment)
    return found[::-1]


def note_counter(held: Handed, body: Mapping[str, Any], fault: str) -> None:
    """Note that an event was taken in, as one that counts or as a conflict: the next one is bounded by it."""
    counter = counter_of(body)
    if fault:
        held.broken = held.broken or fault
    if counter is None:
        return
    held.early = earliest(held, body)
    held.count, held.run, held.ms = max(held.count, counter["n"]), counter["run"], counter["ms"]


def closing_of(value: object) -> Mapping[str, Any] | None:
    """The counter at the export, where a device says it in its one form."""
    if not isinstance(value, Mapping) or value.keys() != {"run", "ms"}:
        return None
    known = isinstance(value["run"], str) and type(value["ms"]) is int and 0 <= value["ms"] < 2**53
    return value if known else None


def between(moments: Iterable[str], early: str, late: str) -> list[str]:
    """The bounds, and those of some moments that lie between them: where an answer may change."""
    return sorted({early, late, *(one for one in moments if early < one < late)})
