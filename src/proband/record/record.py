"""The record of one study: takes commands, lets the gates judge, appends, folds, keeps heads.

>>> record = Record.create(folder, study="SCI-1", programme=view, custodian="sys-1")
>>> record.execute(Command("participant.refer", "S-0001", actor="dr-1", role="investigator", site="north"))
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from proband.record import safety
from proband.record.chain import link
from proband.record.commands import BY_EVENT, COMMANDS, Command, CommandType
from proband.record.compose import compose, skew, validated
from proband.record.door import MOST_BYTES, admitted, check_body, seen
from proband.record.enrolment import offered
from proband.record.errors import Conflict, RecordError, Refusal, Refused
from proband.record.events import SCHEMA_VERSION, Event, canonical, local_date, stamp
from proband.record.fold import advance, fold
from proband.record.folder import lay_out, read_settings
from proband.record.gates import GATES, RECORD, Gate
from proband.record.heads import Head, HeadFile, SigningKey
from proband.record.keys import PublicKey
from proband.record.personal_keys import PersonalKeys
from proband.record.programme_view import ProgrammeView
from proband.record.seals import make_seal, seal_claims, seal_holds
from proband.record.signatories import Signatories, SignaturePrompt
from proband.record.signing import shown
from proband.record.state import State
from proband.record.store import Store, is_url, open_store
from proband.record.undo import trial
from proband.record.vault import Keyring, Vault, load_master_key
from proband.terms.errors import ErrorCode

#: a refused attempt is kept whole up to this size, so that a replay can judge it again
MOST_KEPT = 1 << 18
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
    #: what could not be done after the event was stored; it is stored all the same, and what is missing is made up for later
    notes: tuple[str, ...] = ()


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
        people: PersonalKeys | None = None,
        clock: Clock = utc_now,
        gates: Mapping[str, Gate] = GATES,
        folder: Path | None = None,
    ) -> None:
        self.store = store
        self.study = study
        self.heads = heads
        self.key = key
        self.vault = vault
        self.people = people if people is not None else PersonalKeys()
        #: the recovery key, known to whoever has just begun the record and to nobody else
        self.recovery: SigningKey | None = None
        self.clock = clock
        self.folder = folder
        self._gates = gates
        self._lock = threading.RLock()
        self._listeners: list[Callable[[int, dict[str, Any]], None]] = []
        self._foreign: RecordError | None = None
        self.state = State(study=study)
        #: what could not be done beside the log since the record was opened: a head that could not be written
        self.notes: list[str] = []
        self._noted = 0

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
        mirror: Path | None = None,
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
        mirror
            A second folder, best on another disk, that gets a copy of every head.

        Raises
        ------
        RecordError
            ``record.exists`` where the folder already holds a record.
        """
        lay_out(folder, study, store, mirror=mirror)
        record = cls.open(folder, clock=clock)
        record.recovery = SigningKey.generate()
        record.open_study(programme, custodian)
        return record

    @classmethod
    def open(cls, folder: Path, *, clock: Clock = utc_now) -> Record:
        """Open a record's folder and read its log.

        Raises
        ------
        RecordError
            ``record.absent`` where there is none; ``record.log.broken``, ``record.log.cut``, ``record.log.rewritten`` or
            ``record.log.unsealed`` where the log is not the one that its heads speak of, or nobody's door let its end in.
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
            heads=HeadFile(folder / "heads" / f"{study}.jsonl", mirror=settings.get("mirror")), key=key, vault=vault,
            people=PersonalKeys(folder / "keys" / "persons"), clock=clock, folder=folder,
        )  # fmt: skip
        record.catch_up()
        record.compare_with_heads()
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
        """Write a last head and close everything; a head that cannot be written is noted, for all events are stored."""
        with self._lock:
            try:
                if self.state.seq:
                    self._note(self.sign_head)
            finally:
                self.store.close()
                if self.heads is not None:
                    self.heads.close()
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

    # writing

    def open_study(self, programme: ProgrammeView, custodian: str) -> Receipt:
        """The first event."""
        instance = uuid.uuid4().hex
        command = Command(
            "study.open", self.study,
            {"programme": programme.model_dump(mode="json"), "custodian": custodian, "instance": instance,
             "key": self._offer(instance, custodian), "device": self.key.public.hex() if self.key else "",
             "recovery": self.recovery.public.hex() if self.recovery else ""},
            actor=custodian, role="custodian", site="*",
        )  # fmt: skip
        return self.execute(command)

    def _offer(self, instance: str, person: str) -> dict[str, Any]:
        """The offer of a new key of a person, made and kept on this machine."""
        private = self.people.make(person)
        public = PublicKey("ed25519", private.public)
        return offered(instance, person, public, private.sign, name=person, kept="this-machine")

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
            ``record.command.unknown``, ``record.command.data``, ``record.command.value`` and what else
            :mod:`proband.record.door` refuses.
        """
        declared = COMMANDS.get(command.verb) if isinstance(command.verb, str) else None
        if declared is None or declared.by_record:
            raise RecordError("record.command.unknown", verb=str(command.verb)[:64])
        with self._lock:
            try:
                command = admitted(command)
            except RecordError as error:
                self._keep_refusal(declared, command, [error])
                raise
            key = command.key or uuid.uuid4().hex
            for turn in range(ATTEMPTS):
                with self._turn(turn):
                    receipt = self._attempt(command, declared, key)
                if receipt is not None:
                    return receipt
        raise Conflict("record.conflict.busy", verb=command.verb, attempts=ATTEMPTS)

    def prompts(self, command: Command) -> tuple[Command, tuple[SignaturePrompt, ...]]:
        """What those who sign a command must sign, where their private keys are elsewhere: a passkey, a card, another machine.

        Nothing is judged and nothing is recorded. The command comes back settled (time, offset, idempotency key, what the record adds to the
        data): set ``value`` of each of its signatures to what was signed, and give it to :meth:`execute`. An event of a colleague in between
        voids no prompt; a new version of the programme voids all.

        Raises
        ------
        Refused
            ``gate.signature.unknown`` where the log knows no key of a signer.
        RecordError
            As :meth:`execute` does for what cannot be read.
        """
        declared = COMMANDS.get(command.verb) if isinstance(command.verb, str) else None
        if declared is None or declared.by_record:
            raise RecordError("record.command.unknown", verb=str(command.verb)[:64])
        with self._lock:
            command = admitted(command)
            self.catch_up()
            key = command.key or uuid.uuid4().hex
            body = self._body(replace(command, signatures=[]), declared, key)
            signatories = Signatories(self.state, self.people)
            seen = shown(body, self.state.instance)
            try:
                asked = tuple(
                    signatories.prompt(one, declared.signature or "signed", body["recorded"], seen)
                    for one in command.signatures
                )
            except Refusal as refusal:
                raise Refused(command.verb, [refusal]) from refusal
        settled = replace(
            command, at=body["at"], offset=body["offset"], key=key, data=body["data"],
            signatures=[one.signature for one in asked],
        )  # fmt: skip
        return settled, asked

    def _turn(self, turn: int) -> AbstractContextManager[None]:
        """Whoever lost a race does not run it again: the store is held while one reads, judges and appends."""
        return self.store.exclusive(self.study) if turn else nullcontext()

    def _attempt(self, command: Command, declared: CommandType, key: str) -> Receipt | None:
        """Read on, judge, append; ``None`` where somebody else was first."""
        self.catch_up()
        if command.key and (earlier := self.store.by_key(self.study, key)):
            return self._repeated(command, declared, earlier)
        self._check_seen(command)
        try:
            body = self._body(command, declared, key)
        except RecordError as error:
            self._keep_refusal(declared, command, [error])
            raise
        outcome = self._append(body, key)
        if outcome is None or isinstance(outcome, Event):
            return self._receipt(outcome, body) if outcome is not None else None
        if not self._keep_refusal(declared, command, outcome, body):
            return None
        raise Refused(command.verb, outcome)

    def _append(self, body: dict[str, Any], key: str) -> Event | list[Refusal] | None:
        """Try an event on the state itself, append it if it stands; what does not stand, or is not stored, leaves no trace.

        Returns
        -------
        Event, list or None
            The event; its refusals; ``None`` where somebody else was first.
        """
        self._noted = len(self.notes)
        raw = canonical(body)
        if len(raw) > MOST_BYTES:
            raise RecordError("record.command.large", verb=body["command"], size=len(raw), most=MOST_BYTES)
        seq, previous, instance = self.state.seq, self.state.hash, self.state.instance
        tried = Event(seq + 1, link(previous, raw), raw)
        with trial() as running:
            folded, refusals = advance(self.state, tried, self._gates)
            if refusals:
                running.take_back()
                return refusals
            # the founding event names the instance of which it is
            instance = instance or self.state.instance
            seal = self._seal(instance, tried)
            try:
                (event,) = self.store.append(
                    self.study, [raw], [key], expected=seq, previous=previous, seal=seal
                )
            except Conflict:
                running.take_back()
                return None
            self.state.hash = event.hash
        if self.heads is not None and event.seal is not None:
            self._note(self.heads.note, self.study, instance, event)
        for listener in self._listeners:
            self._note(listener, event.seq, folded)
        return event

    def _seal(self, instance: str, event: Event) -> bytes | None:
        """The seal of an event that is about to be appended, by this door's key.

        Raises
        ------
        RecordError
            ``record.key.door`` where the record has doors and this is none of them: its events would be believed by nobody.
        """
        key = self.state.keys.get(self.key.id) if self.key is not None else None
        open_door = key is not None and key.kind == "device" and key.until in (None, event.seq)
        if not open_door and any(one.kind == "device" and one.since == 1 for one in self.state.keys.values()):
            raise RecordError("record.key.door", key=self.key.id if self.key is not None else None)
        return (
            make_seal(self.key, instance, event.seq, event.seq, event.hash) if self.key is not None else None
        )

    def _receipt(self, event: Event, body: dict[str, Any]) -> Receipt:
        """The receipt of a stored event, after what follows from it; nothing of that can make it look as if it had failed."""
        consequences = self._note(self._consequences, body) or []
        self._head_if_due()
        return Receipt(
            event.seq, body, consequences=tuple(consequences), notes=tuple(self.notes[self._noted :])
        )

    def _note(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Do what comes after the commit; where it fails, keep why."""
        try:
            return function(*arguments)
        except Exception as error:  # the event is stored: whatever goes wrong now is told, and is no refusal
            self.notes.append(f"{type(error).__name__}: {error}"[:500])
            return None

    def _repeated(self, command: Command, declared: CommandType, earlier: Event) -> Receipt:
        body = earlier.body
        said = {
            "command": command.verb, "subject": command.subject, "actor": command.actor, "role": command.role,
            "site": command.site, "reason": command.reason, "corrects": command.corrects, "source": command.source,
            "at": command.at or body["at"], "offset": command.offset or body["offset"],
        }  # fmt: skip
        same = all(body[name] == value for name, value in said.items()) and {
            (one.signer, one.role) for one in command.signatures
        } == {(one["signer"], one["role"]) for one in body["signatures"]}
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

    def _clock_at(self, site: str) -> str | None:
        """Where the clock on the wall stands at a site that has only one."""
        place = self.state.sites.get(site)
        return place.offsets[0] if place is not None and len(place.offsets) == 1 else None

    def _body(self, command: Command, declared: CommandType, key: str) -> dict[str, Any]:
        data = self._complete(command, declared)
        if command.offset is None:
            command = replace(command, offset=self._clock_at(command.site))
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
            signatories=Signatories(self.state, self.people),
        )

    def _complete(self, command: Command, declared: CommandType) -> dict[str, Any]:
        """The data, validated, with what only the record may give: the next number, the next place of the sequence."""
        given = dict(command.data)
        if declared.completion is not None:
            given |= declared.completion(self.state, command.subject, given, self._seed)
        if declared.verb == "staff.grant" and not given.get("key") and not self._has_key(command.subject):
            given["key"] = self._offer(self.state.instance, command.subject)
        return validated(declared, given)

    def _has_key(self, person: str) -> bool:
        return any(key.holder == person and key.until is None for key in self.state.keys.values())

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
                "site": like["site"], "actor": RECORD, "role": RECORD, "at": recorded, "offset": like["offset"], "day": local_date(recorded, like["offset"]),
                "recorded": recorded, "skew": None, "reason": reason, "programme": self.state.programme, "key": key,
                "corrects": None, "signatures": [], "source": "online",
                "data": declared.data.model_validate(data).model_dump(mode="json"),
            }  # fmt: skip
            outcome = self._append(body, key)
            if isinstance(outcome, Event):
                return outcome.seq
            if outcome is not None:
                raise Refused(verb, outcome)
            self.catch_up()
        raise Conflict("record.conflict.busy", verb=verb, attempts=ATTEMPTS)

    def begin_anew(self, backup: str) -> int:
        """Say that this log is a copy restored from a backup (its sha256), and is another instance from here on."""
        data = {"instance": uuid.uuid4().hex, "backup": backup, "why": "restored from a backup"}
        return self.by_record("record.restore", self.study, data, {"site": "*", "offset": "+00:00"})

    def _keep_refusal(
        self,
        declared: CommandType,
        command: Command,
        refusals: Sequence[RecordError],
        body: Mapping[str, Any] | None = None,
    ) -> bool:
        """Keep what was attempted, whatever was scanned or typed, where the command keeps its refusals.

        Returns
        -------
        bool
            ``False`` where others appended meanwhile and the gates would let the attempt pass now.
        """
        if not declared.keeps_refusal or not self.state.seq:
            return True
        # who replays the log judges the whole body again; what was no body, or is too large to keep whole, is refused for its form
        whole = body if body is not None and len(canonical(body)) <= MOST_KEPT else None
        attempt = {name: getattr(command, name) for name in ("actor", "role", "site", "source", "data")}
        data = {
             "verb": declared.verb, "about": seen(str(command.subject)),
             "gates": [refusal.gate if isinstance(refusal, Refusal) and whole else "form" for refusal in refusals],
             "messages": [seen(refusal.message) for refusal in refusals],
             "attempt": seen({**attempt, "at": body["at"] if body is not None else command.at}), "body": whole,
        }  # fmt: skip
        like = {"site": command.site if str(command.site) in self.state.sites else "*", "offset": "+00:00"}
        try:
            self.by_record("command.refuse", self.study, data, like)
        except Refused:
            return False
        self._head_if_due()
        return True

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
            try:
                check_body(body)
            except RecordError as error:
                return [
                    Refusal("gate.form.unreadable", verb=str(body["command"])[:64], problem=error.message)
                ]
            for turn in range(ATTEMPTS):
                with self._turn(turn):
                    self.catch_up()
                    if earlier := self.store.by_key(self.study, body["key"]):
                        return Receipt(earlier.seq, earlier.body, repeated=True)
                    recorded = stamp(self.clock())
                    now = {
                        **body,
                        "recorded": recorded,
                        "skew": skew(body["at"], recorded, self.state.recorded),
                    }
                    outcome = self._append(now, now["key"])
                    if isinstance(outcome, Event):
                        return self._receipt(outcome, now)
                    if outcome is not None:
                        return outcome
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
            self._note(self.sign_head)
