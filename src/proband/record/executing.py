"""Executing commands: judged, appended durably, folded, and what follows from them done; and events that were composed and signed elsewhere taken in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from proband.record.commands import BY_EVENT, COMMANDS, Command, CommandType
from proband.record.commitments import OF_NOBODY, KeptText, holder_of, quote
from proband.record.compose import skew, validated
from proband.record.door import admitted, check_body
from proband.record.errors import Conflict, RecordError, Refusal, Refused
from proband.record.events import JUDGED, Event, stamp
from proband.record.own_events import ATTEMPTS
from proband.record.rehearsing import Rehearsals
from proband.record.signatories import Signatories, SignaturePrompt
from proband.record.signing import shown

#: whoever lost a race holds the store for so many attempts
HELD = 16


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a command led to: the number of its event, its body, and whether it had been done before (same key)."""

    seq: int
    body: dict[str, Any]
    repeated: bool = False
    consequences: tuple[int, ...] = ()
    #: what could not be done after the event was stored; it is stored all the same, and what is missing is made up for later
    notes: tuple[str, ...] = ()


class Executions(Rehearsals):
    """A record that takes commands."""

    #: where its keys, heads and vault lie; ``None`` for one that has no files
    folder: Path | None = None
    #: for so many attempts more the store is held from the beginning
    _turns = 0

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
            for _ in range(ATTEMPTS):
                with self._turn():
                    receipt = self._attempt(command, declared, key)
                if receipt is not None:
                    return receipt
                self._turns = HELD
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
        if declared.draws:
            raise RecordError("record.command.drawn", verb=command.verb)
        with self._lock:
            command = admitted(command)
            self.catch_up()
            key = command.key or uuid.uuid4().hex
            body, texts = self._body(replace(command, signatures=[]), declared, key)
            # the prompt comes back with commitments: what they stand for must be here by then
            self.texts.keep(self.state, holder_of(self.state, declared, command.subject, body["data"]), texts)
            signatories = Signatories(self.state, self.people)
            seen = shown(body, self.state.instance)
            try:
                asked = tuple(
                    replace(
                        signatories.prompt(one, declared.signature or "signed", body["recorded"], seen),
                        programme=body["programme"],
                    )
                    for one in command.signatures
                )
            except Refusal as refusal:
                raise Refused(command.verb, [refusal]) from refusal
        settled = replace(
            command, at=body["at"], offset=body["offset"], key=key, data=body["data"], reason=body["reason"],
            signatures=[one.signature for one in asked],
        )  # fmt: skip
        return settled, asked

    def _turn(self) -> AbstractContextManager[None]:
        """Whoever lost a race does not run the next ones either: the store is held while one reads, judges and appends.

        An event that lost was judged, signed and folded for nothing; with eight writers most would be. After some commands a race is tried again.
        """
        if not self._turns:
            return nullcontext()
        self._turns -= 1
        return self.store.exclusive(self.study)

    def _attempt(self, command: Command, declared: CommandType, key: str) -> Receipt | None:
        """Read on, judge, append; ``None`` where somebody else was first."""
        self.catch_up()
        if command.key and (earlier := self.store.by_key(self.study, key)):
            return self._repeated(command, declared, earlier)
        self._check_seen(command)
        try:
            body, texts = self._body(command, declared, key)
        except RecordError as error:
            self._keep_refusal(declared, command, [error])
            raise
        if (
            declared.handed_over
            and self.folder
            and not declared.handed_over(self.folder, self.vault, body["data"])
        ):
            made_up = RecordError("record.command.made-up", verb=command.verb)
            self._keep_refusal(declared, command, [made_up])
            raise made_up
        holder = holder_of(self.state, declared, command.subject, body["data"])
        outcome = self._append(body, key, texts, holder)
        if outcome is None or isinstance(outcome, Event):
            return self._receipt(outcome, body) if outcome is not None else None
        quote(outcome, texts)
        if not self._keep_refusal(declared, command, outcome, body, texts):
            return None
        raise Refused(command.verb, outcome)

    def _receipt(self, event: Event, body: dict[str, Any]) -> Receipt:
        """The receipt of a stored event, after what follows from it; nothing of that can make it look as if it had failed."""
        consequences = self._note(self._consequences, body) or []
        self._head_if_due()
        return Receipt(
            event.seq, body, consequences=tuple(consequences), notes=tuple(self.notes[self._noted :])
        )

    def _repeated(self, command: Command, declared: CommandType, earlier: Event) -> Receipt:
        body = earlier.body
        said = {
            "command": command.verb, "subject": command.subject, "actor": command.actor, "role": command.role,
            "site": command.site, "corrects": command.corrects, "source": command.source,
            "at": command.at or body["at"], "offset": command.offset or body["offset"],
        }  # fmt: skip
        same = (
            all(body[name] == value for name, value in said.items())
            and self.texts.agree(command.reason, body["reason"])
            and {(one.signer, one.role) for one in command.signatures}
            == {(one["signer"], one["role"]) for one in body["signatures"]}
        )
        again = {**body["data"], **command.data}
        if same and declared.completion is not None:
            again |= declared.completion(self.state, command.subject, again, self._secrets)
        if not same or not self.texts.agree(validated(declared, again), body["data"]):
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

    def holder(self, body: Mapping[str, Any]) -> str:
        """Whom the texts of an event are about: a participant, or nobody in particular."""
        declared = BY_EVENT.get(body["event"])
        return (
            OF_NOBODY if declared is None else holder_of(self.state, declared, body["subject"], body["data"])
        )

    def adopt(
        self, body: dict[str, Any], texts: Sequence[KeptText] = (), *, latest: str | None = None
    ) -> Receipt | list[Refusal]:
        """Append a body that was composed and signed elsewhere (offline), if every gate lets it pass now; ``texts`` came with it.

        Parameters
        ----------
        body
            The body.
        latest
            The latest moment at which it can have happened; ``None``: now.

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
            for _ in range(ATTEMPTS):
                with self._turn():
                    self.catch_up()
                    if earlier := self.store.by_key(self.study, body["key"]):
                        before = earlier.body
                        if all(
                            before[name] == body[name] for name in body.keys() - {"recorded", "skew", JUDGED}
                        ):
                            return Receipt(earlier.seq, before, repeated=True)
                        return [Refusal("gate.capsule.key", key=body["key"], seq=earlier.seq)]
                    recorded = stamp(self.clock())
                    differ: dict[str, Any] = skew(body["at"], recorded, self.state.recorded) or {}
                    if latest is not None and latest < recorded:
                        differ["latest"] = latest
                    now = {**body, "recorded": recorded, "skew": differ or None}
                    outcome = self._append(now, now["key"], texts, self.holder(now))
                    if isinstance(outcome, Event):
                        return self._receipt(outcome, now)
                    if outcome is not None:
                        return outcome
                    self._turns = HELD
        raise Conflict("record.conflict.busy", verb=None, attempts=ATTEMPTS)
