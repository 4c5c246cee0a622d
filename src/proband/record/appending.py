"""Appending to a log: try an event on the state itself, seal it, store it, and take back what does not stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from proband.record.chain import link
from proband.record.commitments import OF_NOBODY, KeptText
from proband.record.door import MOST_BYTES
from proband.record.errors import Conflict, RecordError, Refusal
from proband.record.events import JUDGED, Event, canonical, stamp
from proband.record.fold import advance
from proband.record.following import LogFollower
from proband.record.gates import Gate
from proband.record.heads import Head, HeadFile, SigningKey
from proband.record.kept_texts import KeptTexts
from proband.record.rulings import SINCE_VERSION, ruling
from proband.record.seals import make_seal
from proband.record.store import Store
from proband.record.undo import trial
from proband.record.vault import Vault

#: a running process keeps its state after so many events: it writes what they changed, a few pages for each
KEPT_EVERY = 1 << 13

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time by this machine's clock."""
    return datetime.now(UTC)


class LogWriter(LogFollower):
    """A follower that appends, with the key of this door; nothing after the commit can make an event look as if it had failed."""

    def __init__(
        self,
        store: Store,
        study: str,
        heads: HeadFile | None,
        gates: Mapping[str, Gate],
        key: SigningKey | None,
        clock: Clock,
        vault: Vault | None = None,
    ) -> None:
        super().__init__(store, study, heads, gates)
        self.key = key
        self.clock = clock
        self.vault = vault
        #: the texts that stand in events as commitments; without a vault they last as long as this record is open
        self.texts = KeptTexts(study, vault if vault is not None else Vault.in_memory())
        #: what could not be done beside the log since the record was opened: a head that could not be written
        self.notes: list[str] = []
        self._noted = 0

    def _append(
        self, body: dict[str, Any], key: str, texts: Sequence[KeptText] = (), holder: str = OF_NOBODY
    ) -> Event | list[Refusal] | None:
        """Try an event on the state itself, append it if it stands; what does not stand, or is not stored, leaves no trace.

        Texts go into the vault before the event is stored: a commitment to a text that nobody has would be believed by nobody.

        Returns
        -------
        Event, list or None
            The event; its refusals; ``None`` where somebody else was first.
        """
        self._noted = len(self.notes)
        seq, previous, instance = self._state.seq, self._state.hash, self._state.instance
        tried = self._next(body)
        with trial() as running:
            folded, refusals = advance(self._state, tried, self._gates)
            if refusals:
                running.take_back()
                return refusals
            # the founding event names the instance of which it is
            instance = instance or self._state.instance
            seal = self._seal(instance, tried)
            if texts:
                self.texts.keep(self._state, holder, texts)
            try:
                (event,) = self.store.append(
                    self.study, [tried.raw], [key], expected=seq, previous=previous, seal=seal
                )
            except Conflict:
                running.take_back()
                return None
            self._state.hash = event.hash
        if self.heads is not None and event.seal is not None:
            self._note(self.heads.note, self.study, instance, event)
        for listener in self._listeners:
            self._note(listener, event.seq, folded)
        return event

    def _next(self, body: dict[str, Any]) -> Event:
        """The event that a body would be now, with the word of the rules on it, chained to the last one.

        Raises
        ------
        RecordError
            ``record.command.large``.
        """
        if body["v"] >= SINCE_VERSION:
            body[JUDGED] = ruling(self._state, body)
        raw = canonical(body)
        if len(raw) > MOST_BYTES:
            raise RecordError("record.command.large", verb=body["command"], size=len(raw), most=MOST_BYTES)
        return Event(self._state.seq + 1, link(self._state.hash, raw), raw)

    def _seal(self, instance: str, event: Event) -> bytes | None:
        """The seal of an event that is about to be appended, by this door's key.

        Raises
        ------
        RecordError
            ``record.key.door`` where the record has doors and this is none of them: its events would be believed by nobody.
        """
        key = self._state.keys.get(self.key.id) if self.key is not None else None
        open_door = key is not None and key.kind == "device" and key.until in (None, event.seq)
        if not open_door and any(
            one.kind == "device" and one.since == 1 for one in self._state.keys.values()
        ):
            raise RecordError("record.key.door", key=self.key.id if self.key is not None else None)
        return (
            make_seal(self.key, instance, event.seq, event.seq, event.hash) if self.key is not None else None
        )

    def tell(self, what: str) -> None:
        """Keep what could not be done beside the log, in words."""
        self.notes.append(what[:500])

    def _note(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Do what comes after the commit; where it fails, keep why."""
        try:
            return function(*arguments)
        except Exception as error:  # the event is stored: whatever goes wrong now is told, and is no refusal
            self.tell(f"{type(error).__name__}: {error}")
            return None

    def sign_head(self) -> Head | None:
        """Sign the head of the log now and write it outside the database."""
        with self._lock:
            if self.heads is None or self.key is None:
                return None
            return self.heads.write(
                self.study, self._state.seq, self._state.hash, stamp(self.clock()), self.key
            )

    def _head_if_due(self) -> None:
        if self.heads is not None and self.heads.due(self._state.seq):
            self._note(self.sign_head)
        self._note(self._keep_if_due, KEPT_EVERY)
