"""Following a log: read on, fold, and stop for good where it is not the log that it was."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from proband.record.chain import GENESIS, link
from proband.record.errors import RecordError
from proband.record.events import Event
from proband.record.fold import fold, without_collecting
from proband.record.gates import GATES, Gate
from proband.record.heads import HeadFile
from proband.record.rulings import gone_back
from proband.record.seals import seal_claims, seal_holds
from proband.record.snapshot import SPILLED, Snapshots
from proband.record.state import State
from proband.record.store import Store
from proband.terms.errors import ErrorCode

#: a shorter log is folded anew faster than anything could be read that was kept of it
LEAST = 2000


class LogFollower:
    """The state of one study, kept up with its log: every event is chained, judged and folded; the last one must carry a door's seal."""

    def __init__(self, store: Store, study: str, heads: HeadFile | None, gates: Mapping[str, Gate]) -> None:
        self.store = store
        self.study = study
        self.heads = heads
        self._state = State(study=study)
        self._gates = gates
        self._lock = threading.RLock()
        self._listeners: list[Callable[[int, dict[str, Any]], None]] = []
        self._foreign: RecordError | None = None
        #: where what was folded is kept beside the log; ``None``: it is folded anew each time
        self.snapshots: Snapshots | None = None
        self._kept_at = 0

    @property
    def state(self) -> State:
        """What the log amounts to. Another thread that is trying an event is waited for: what is tried is not yet so, and may be taken back.

        Whoever reads more than one thing while other threads give commands reads inside of :meth:`reading`.
        """
        with self._lock:
            return self._state

    @contextmanager
    def reading(self) -> Iterator[State]:
        """The state, and nobody in this process tries, appends or folds anything until the block ends."""
        with self._lock:
            yield self._state

    def catch_up(self) -> int:
        """Fold what others have appended; returns the number of the last event."""
        with self._lock:
            if self._foreign is not None:
                raise self._foreign
            marks = self.heads.marks if self.heads is not None else {}
            last, before = None, ""
            with without_collecting():
                for event in self.store.events(self.study, self._state.seq):
                    if event.seq != self._state.seq + 1 or link(self._state.hash, event.raw) != event.hash:
                        raise self._stop_for_good("record.log.broken", self._state.seq + 1)
                    if marks.get(event.seq, event.hash) != event.hash:
                        raise self._stop_for_good("record.log.rewritten", event.seq)
                    before = self._state.instance
                    body = self._fold(event)
                    last = event
                    self._keep_if_due(SPILLED)
                    if event.seq in self._state.invalid and gone_back(self._state, body):
                        raise self._stop_for_good("record.log.rules", event.seq)
            if last is not None and not self._sealed(last, before):
                raise self._stop_for_good("record.log.unsealed", last.seq)
            return self._state.seq

    def begin_from_snapshot(self) -> None:
        """Begin with what a snapshot says, where there is one that can be believed; the events after it are folded as ever."""
        with self._lock:
            state = self.snapshots.load() if self.snapshots is not None else None
            if state is None:
                return
            for seq, digest in (self.heads.marks if self.heads is not None else {}).items():
                event = self.store.event(self.study, seq) if seq <= state.seq else None
                if event is not None and event.hash != digest:
                    raise self._stop_for_good("record.log.rewritten", seq)
            self._state = state
            self._kept_at = state.seq
            if self.store.head(self.study)[0] == state.seq:
                last = self.store.event(self.study, state.seq)
                if last is None or not self._sealed(last, state.instance):
                    raise self._stop_for_good("record.log.unsealed", state.seq)

    def begin_anew_from_the_log(self) -> None:
        """Believe nothing that was folded or kept before: fold the log from its first event."""
        with self._lock:
            if self.snapshots is not None:
                self.snapshots.discard()
            self._state = State(study=self.study)
            self._kept_at = 0
            self.catch_up()

    def _keep_if_due(self, every: int) -> None:
        """Keep the state beside the log where so many events came since it was last kept; where that fails it is told, and nothing is lost."""
        seq = self._state.seq
        if (
            self.snapshots is not None
            and seq - self._kept_at >= every
            and seq >= LEAST
            and self._gates is GATES
        ):
            # tried once and failed, it is not tried again with every event
            self._kept_at = seq
            self.snapshots.write(self._state)

    def _stop_for_good(self, code: ErrorCode, seq: int) -> RecordError:
        """Stop for good: what was folded from such a log is believed by nobody."""
        self._foreign = RecordError(code, study=self.study, seq=seq)
        return self._foreign

    def _sealed(self, event: Event, instance: str) -> bool:
        """Whether a door sealed the end of the log; it covers all before it. A record that began without a door has no seals."""
        doors = [key for key in self._state.keys.values() if key.kind == "device"]
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
                instance or self._state.instance,
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
            if seq > self._state.seq:
                raise self._stop_for_good("record.log.cut", self._state.seq + 1)

    def _fold(self, event: Event) -> dict[str, Any]:
        body = fold(self._state, event, self._gates)
        for listener in self._listeners:
            listener(event.seq, body)
        return body

    def listen(self, listener: Callable[[int, dict[str, Any]], None]) -> None:
        """Be told of every event after it was folded (projections do)."""
        self._listeners.append(listener)

    def events(self, after: int = 0) -> Iterator[Event]:
        """The events of this study after a number, each seen to be chained to the one before it.

        Raises
        ------
        RecordError
            ``record.log.broken``, for good, where one is not what was appended: nobody shows, exports or backs up what somebody changed.
        """
        before = self.store.event(self.study, after) if after else None
        previous = before.hash if before is not None else (b"" if after else GENESIS)
        for event in self.store.events(self.study, after):
            if previous and link(previous, event.raw) != event.hash:
                raise self._stop_for_good("record.log.broken", event.seq)
            previous = event.hash
            yield event

    def event(self, seq: int) -> Event | None:
        """One event, if there is one with this number; see :meth:`events`."""
        found = self.store.event(self.study, seq)
        before = self.store.event(self.study, seq - 1) if seq > 1 else None
        previous = before.hash if before is not None else (b"" if seq > 1 else GENESIS)
        if found is not None and previous and link(previous, found.raw) != found.hash:
            raise self._stop_for_good("record.log.broken", seq)
        return found
