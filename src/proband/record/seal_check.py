"""Seals along a log: every event is covered by the seal of a door that was enrolled where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from proband.record.events import Event
from proband.record.seals import seal_claims, seal_holds
from proband.record.state import State


@dataclass(slots=True)
class SealCheck:
    """Takes events in order; ``covered`` is the last event up to which all are sealed."""

    covered: int = 0
    doors: bool = False
    faults: list[tuple[int, str]] = field(default_factory=list)

    def take(self, state: State, event: Event, instance: str) -> None:
        """Look at one event.

        Parameters
        ----------
        state
            After the event: a door that it enrols may seal the next, and one that it revokes not this one.
        instance
            Of which instance the log was before the event; empty before the first, which names it.
        """
        if event.seq == 1:
            self.doors = any(key.kind == "device" for key in state.keys.values())
        if not self.doors or event.seal is None:
            return
        fault = _fault(state, event, instance or state.instance, self.covered + 1)
        if fault is None:
            self.covered = event.seq
        else:
            self.faults.append((self.covered + 1, fault))

    def found(self, events: int) -> Iterator[tuple[int, str]]:
        """The first event that no seal covers, and why; nothing where all are covered, or where the record has no doors."""
        if not self.doors or self.covered >= events:
            return
        first = self.covered + 1
        why = self.faults[0][1] if self.faults else "no seal covers it"
        yield first, f"event {first} was let in by no enrolled door: {why}"


def _fault(state: State, event: Event, instance: str, first: int) -> str | None:
    content = event.seal or b""
    claims = seal_claims(content)
    if claims is None:
        return "its seal is none"
    name, start = claims
    door = state.keys.get(name)
    if door is None or door.kind != "device":
        return f"the seal is by the unknown key {name}"
    # the founding event and an enrolment count from the event on, so the one that enrols a door is not sealed by that door
    if not (door.since < event.seq or event.seq == 1) or (door.until is not None and door.until < event.seq):
        return f"the key {name} did not count there"
    if start != first:
        return f"the seal begins at event {start}, and event {first} is the next"
    if not seal_holds(content, bytes.fromhex(door.public), instance, event.seq, event.hash):
        return f"the seal by {name} does not hold"
    return None
