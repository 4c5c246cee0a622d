"""The record of one study: takes commands, lets the gates judge, appends, folds, keeps heads.

>>> record = Record.create(folder, study="SCI-1", programme=view, custodian="sys-1")
>>> record.execute(Command("participant.refer", "S-0001", actor="dr-1", role="investigator", site="north"))
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from proband.record import safety
from proband.record.commands import BY_EVENT, COMMANDS, Command, CommandType
from proband.record.compose import compose, skew, validated
from proband.record.errors import Conflict, RecordError, Refusal, Refused
from proband.record.events import SCHEMA_VERSION, Event, canonical, check_key, stamp
from proband.record.fold import fold
from proband.record.folder import lay_out, read_settings
from proband.record.gates import GATES, RECORD, Gate
from proband.record.heads import Head, HeadFile, SigningKey
from proband.record.judge import judge
from proband.record.programme_view import ProgrammeView
from proband.record.state import State
from proband.record.store import Store, is_url, open_store
from proband.record.vault import Keyring, Vault, load_master_key

#: how often an append is tried anew when somebody else was first
ATTEMPTS = 50

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time by this machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a command led to: the number of its event, its body, and whether it had been done before (same key)."""

    seq: int
    body: dict[str, Any]
    repeated: bool = False
    consequences: tuple[int, ...] = ()


class Record:
    """One study's record over a store; safe to share between threads, and between processes over the same store."""

    def __init__(
        self,
        store: Store,
        study: str,
        *,
        heads: HeadFile | None = None,
        key: SigningKey | None = None,
        vault: Vault | None = None,
        clock: Clock = utc_now,
        gates: Mapping[str, Gate] = GATES,
        folder: Path | None = None,
    ) -> None:
        self.store = store
        self.study = study
        self.heads = heads
        self.key = key
        self.vault = vault
        self.clock = clock
        self.folder = folder
        self._gates = gates
        self._lock = threading.RLock()
        self._listeners: list[Callable[[int, dict[str, Any]], None]] = []
        self.state = State(study=study)

    # opening

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        study: str,
        programme: ProgrammeView,
        custodian: str,
        store: str | None = None,
        clock: Clock = utc_now,
    ) -> Record:
        """Create a record in a new folder and open the study.

        Parameters
        ----------
        folder
            Keys, heads, vault and, without ``store``, the SQLite log go here.
        study
            The study's identifier.
        programme
            The version in force (:func:`proband.record.programme_view.view_of`).
        custodian
            Who opens sites and grants roles.
        store
            URL of a PostgreSQL database that ``initialise`` has prepared; ``None``: SQLite in the folder.

        Raises
        ------
        RecordError
            ``record.exists`` where the folder already holds a record.
        """
        lay_out(folder, study, store)
        record = cls.open(folder, clock=clock)
        record.open_study(programme, custodian)
        return record

    @classmethod
    def open(cls, folder: Path, *, clock: Clock = utc_now) -> Record:
        """Open a record's folder and read its log.

        Raises
        ------
        RecordError
            ``record.absent`` where there is none.
        """
        settings = read_settings(folder)
        place = settings["store"]
        key = SigningKey.load(folder / "keys" / "head.key")
        vault = Vault(
            folder / "vault.db",
            Keyring(folder / "keyring.db", load_master_key(folder / "keys" / "master.key")),
        )
        study = settings["study"]
        record = cls(
            open_store(place if is_url(place) else folder / place), study,
            heads=HeadFile(folder / "heads" / f"{study}.jsonl"), key=key, vault=vault, clock=clock, folder=folder,
        )  # fmt: skip
        record.catch_up()
        record.settle()
        return record

    def settle(self) -> None:
        """Finish what a process that died in between left undone: holds not yet placed, keys not yet destroyed."""
        with self._lock:
            if self.state.seq:
                self._place_holds({"site": "*", "offset": "+00:00"})
            if self.vault is not None:
                for person in self.state.participants.values():
                    if person.erased and not self.vault.keyring.is_erased(person.id):
                        self.vault.erase(person.id)

    def close(self) -> None:
        """Write a last head and close everything."""
        with self._lock:
            if self.state.seq:
                self.sign_head()
            self.store.close()
            if self.vault is not None:
                self.vault.close()

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # reading

    def catch_up(self) -> int:
        """Fold what others have appended; returns the number of the last event."""
        with self._lock:
            for event in self.store.events(self.study, self.state.seq):
                self._fold(event)
            return self.state.seq

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

    # writing

    def open_study(self, programme: ProgrammeView, custodian: str) -> Receipt:
        """The first event."""
        command = Command(
            "study.open", self.study,
            {"programme": programme.model_dump(mode="json"), "custodian": custodian, "head_key": self.key.id if self.key else ""},
            actor=custodian, role="custodian", site="*",
        )  # fmt: skip
        return self.execute(command)

    def execute(self, command: Command) -> Receipt:
        """Do a command: judge it, append its event durably, fold it, and act on what follows from it.

        Raises
        ------
        Refused
            With every gate that said no; for commands that keep their refusals the attempt is in the log.
        Conflict
            ``record.conflict.stale`` where ``seen`` is older than the subject's last event;
            ``record.conflict.key`` where the key was used for something else.
        RecordError
            ``record.command.unknown``, ``record.command.data``.
        """
        declared = COMMANDS.get(command.verb)
        if declared is None or declared.by_record:
            raise RecordError("record.command.unknown", verb=command.verb)
        key = check_key(command.key) if command.key else uuid.uuid4().hex
        with self._lock:
            for _ in range(ATTEMPTS):
                self.catch_up()
                if command.key and (earlier := self.store.by_key(self.study, key)):
                    return self._repeated(command, declared, earlier)
                self._check_seen(command)
                body = self._body(command, declared, key)
                refusals = judge(self.state, body, self._gates)
                if refusals:
                    self._keep_refusal(declared, body, refusals)
                    raise Refused(command.verb, refusals)
                event = self._append(body, key)
                if event is None:
                    continue
                consequences = self._consequences(body)
                self._head_if_due()
                return Receipt(event.seq, body, consequences=tuple(consequences))
        raise Conflict("record.conflict.busy", verb=command.verb, attempts=ATTEMPTS)

    def _append(self, body: dict[str, Any], key: str) -> Event | None:
        try:
            (event,) = self.store.append(self.study, [canonical(body)], [key], expected=self.state.seq)
        except Conflict:
            return None
        self._fold(event)
        return event

    def _repeated(self, command: Command, declared: CommandType, earlier: Event) -> Receipt:
        body = earlier.body
        same = (body["command"], body["subject"], body["actor"]) == (
            command.verb,
            command.subject,
            command.actor,
        )
        again = {**body["data"], **command.data}
        if same and declared.completion is not None:
            again |= declared.completion(self.state, command.subject, again, self._seed)
        if not same or validated(declared, again) != body["data"]:
            raise Conflict(
                "record.conflict.key", key=command.key, command=body["command"], subject=body["subject"]
            )
        return Receipt(earlier.seq, body, repeated=True)

    def _check_seen(self, command: Command) -> None:
        if command.seen is None:
            return
        subject = self.state.participants.get(command.subject) or self.state.products.get(command.subject)
        if subject is not None and subject.touched > command.seen:
            raise Conflict(
                "record.conflict.stale", subject=command.subject, touched=subject.touched, seen=command.seen
            )

    def _body(self, command: Command, declared: CommandType, key: str) -> dict[str, Any]:
        data = self._complete(command, declared)
        programme = data["programme"]["hash"] if declared.verb == "study.open" else self.state.programme
        return compose(
            command,
            declared,
            data,
            key,
            programme=programme,
            study=self.study,
            recorded=stamp(self.clock()),
            last=self.state.recorded,
        )

    def _complete(self, command: Command, declared: CommandType) -> dict[str, Any]:
        """The data, validated, with what only the record may give: the next number, the next place of the sequence."""
        given = dict(command.data)
        if declared.completion is not None:
            given |= declared.completion(self.state, command.subject, given, self._seed)
        return validated(declared, given)

    def _seed(self, commitment: str) -> bytes:
        if self.vault is None:
            raise RecordError("record.allocation.seed")
        return bytes.fromhex(self.vault.get("study", f"seed-{commitment[:16]}"))

    def by_record(
        self,
        verb: str,
        subject: str,
        data: dict[str, Any],
        like: Mapping[str, Any],
        reason: str | None = None,
    ) -> int:
        """Append what the record itself adds: a hold, a kept refusal, a conflict."""
        declared = COMMANDS[verb]
        for _ in range(ATTEMPTS):
            key = uuid.uuid4().hex
            recorded = stamp(self.clock())
            body = {
                "v": SCHEMA_VERSION, "study": self.study, "event": declared.event, "command": verb, "subject": subject,
                "site": like["site"], "actor": RECORD, "role": RECORD, "at": recorded, "offset": like["offset"],
                "recorded": recorded, "skew": None, "reason": reason, "programme": self.state.programme, "key": key,
                "corrects": None, "signatures": [], "source": "online",
                "data": declared.data.model_validate(data).model_dump(mode="json"),
            }  # fmt: skip
            event = self._append(body, key)
            if event is not None:
                return event.seq
            self.catch_up()
        raise Conflict("record.conflict.busy", verb=verb, attempts=ATTEMPTS)

    def _keep_refusal(self, declared: CommandType, body: dict[str, Any], refusals: list[Refusal]) -> None:
        if not declared.keeps_refusal:
            return
        self.by_record(
            "command.refuse", self.study,
            {"verb": declared.verb, "about": body["subject"], "gates": [r.gate for r in refusals],
             "messages": [r.message for r in refusals],
             "attempt": {name: body[name] for name in ("actor", "role", "site", "at", "source", "data")}},
            body,
        )  # fmt: skip
        self._head_if_due()

    def _consequences(self, body: Mapping[str, Any]) -> list[int]:
        """Place the holds that crossed stopping rules ask for.

        Should the process die before this, the gate on holds still sees the crossing, and the next command that is
        watched places the hold.
        """
        return self._place_holds(body) if BY_EVENT[body["event"]].watched else []

    def _place_holds(self, like: Mapping[str, Any]) -> list[int]:
        placed = []
        for crossing in safety.crossed(self.state):
            name = f"H-{self.state.seq + 1}-{crossing.rule}"
            data = {
                "hold": crossing.hold,
                "rule": crossing.rule,
                "target": crossing.target,
                "counted": crossing.counted,
                "because": crossing.because,
            }
            placed.append(self.by_record("hold.trigger", name[:64], data, like, reason=crossing.because))
        return placed

    def adopt(self, body: dict[str, Any]) -> Receipt | list[Refusal]:
        """Append a body that was composed and signed elsewhere (offline), if every gate lets it pass now.

        Returns
        -------
        Receipt or list
            The receipt, or the refusals: the caller keeps what was refused as a conflict.
        """
        with self._lock:
            for _ in range(ATTEMPTS):
                self.catch_up()
                if earlier := self.store.by_key(self.study, body["key"]):
                    return Receipt(earlier.seq, earlier.body, repeated=True)
                recorded = stamp(self.clock())
                now = {**body, "recorded": recorded, "skew": skew(body["at"], recorded, self.state.recorded)}
                refusals = judge(self.state, now, self._gates)
                if refusals:
                    return refusals
                event = self._append(now, check_key(now["key"]))
                if event is not None:
                    consequences = self._consequences(now)
                    self._head_if_due()
                    return Receipt(event.seq, now, consequences=tuple(consequences))
        raise Conflict("record.conflict.busy", verb=None, attempts=ATTEMPTS)

    # heads

    def sign_head(self) -> Head | None:
        """Sign the head of the log now and write it outside the database."""
        with self._lock:
            if self.heads is None or self.key is None:
                return None
            return self.heads.write(
                self.study, self.state.seq, self.state.hash, stamp(self.clock()), self.key
            )

    def _head_if_due(self) -> None:
        if self.heads is not None and self.heads.due(self.state.seq):
            self.sign_head()
