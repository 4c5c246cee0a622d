"""Following a log: read on, fold, and stop for good where it is not the log that it was."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from proband.record.chain import link
from proband.record.errors import RecordError
from proband.record.events import Event
from proband.record.fold import fold
from proband.record.gates import Gate
from proband.record.heads import HeadFile
from proband.record.seals import seal_claims, seal_holds
from proband.record.state import State
from proband.record.store import Store
from proband.terms.errors import ErrorCode


class LogFollower:
    """The state of one study, kept up with its log: every event is chained, judged and folded; the last one must carry a door's seal."""

    def __init__(self, store: Store, study: str, heads: HeadFile | None, gates: Mapping[str, Gate]) -> None:
        self.store = store
        self.study = study
        self.heads = heads
        self.state = State(study=study)
        self._gates = gates
        self._lock = threading.RLock()
        self._listeners: list[Callable[[int, dict[str, Any]], None]] = []
        self._foreign: RecordError | None = None

    def catch_up(self) -> int:
        """Fold what others have appended; returns the number of the last event."""
        with self._lock:
            if self._foreign is not None:
                raise self._foreign
            marks = self.heads.marks if self.heads is not None else {}
            last, before = None, ""
            for event in self.store.events(self.study, self.state.seq):
                if event.seq != self.state.seq + 1 or link(self.state.hash, event.raw) != event.hash:
                    raise self._stop_for_good("record.log.broken", self.state.seq + 1)
                if marks.get(event.seq, event.hash) != event.hash:
                    raise self._stop_for_good("record.log.rewritten", event.seq)
                before = self.state.instance
                self._fold(event)
                last = event
            if last is not None and not self._sealed(last, before):
                raise self._stop_for_good("record.log.unsealed", last.seq)
            return self.state.seq

    def _stop_for_good(self, code: ErrorCode, seq: int) -> RecordError:
        """Stop for good: what was folded from such a log is believed by nobody."""
        self._foreign = RecordError(code, study=self.study, seq=seq)
        return self._foreign

    def _sealed(self, event: Event, instance: str) -> bool:
        """Whether a door sealed the end of the log; it covers all before it. A record that began without a door has no seals."""
        doors = [key for key in self.state.keys.values() if key.kind == "device"]
        if not any(door.since == 1 for door in doors):
            return True
        claims = seal_claims(event.seal or b"")
        door = next((key for key in doors if claims and key.id == claims[0]), None)
        # a door that was revoked later has sealed what came before; verification looks at each event's own time
        return (
            door is not None
            and (door.until is None or door.until > event.seq)
            and seal_holds(
                event.seal or b"",
                bytes.fromhex(door.public),
                instance or self.state.instance,
                event.seq,
                event.hash,
            )
        )

    def compare_with_heads(self) -> None:
        """See that the log reaches as far as its heads say, with the events that they say.

        Raises
        ------
        RecordError
            ``record.log.cut`` or ``record.log.rewritten``.
        """
        if self.heads is None:
            return
        self.heads.compare_mirror()
        for seq in self.heads.marks:
            if seq > self.state.seq:
                raise self._stop_for_good("record.log.cut", self.state.seq + 1)

    def _fold(self, event: Event) -> None:
        body = fold(self.state, event, self._gates)
        for listener in self._listeners:
            listener(event.seq, body)

    def listen(self, listener: Callable[[int, dict[str, Any]], None]) -> None:
        """Be told of every event after it was folded (projections do)."""
        self._listeners.append(listener)

    def events(self, after: int = 0) -> Iterator[Event]:
        """The events of this study after a number."""
        return self.store.events(self.study, after)
