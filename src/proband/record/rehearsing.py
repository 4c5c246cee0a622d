"""Rehearsing commands: each is drafted, signed, judged and folded as it would be, and all of it is taken back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from proband.record import safety
from proband.record.commands import COMMANDS, Command
from proband.record.commitments import quote
from proband.record.door import admitted
from proband.record.drafting import EventDrafts
from proband.record.errors import RecordError, Refused
from proband.record.fold import advance
from proband.record.undo import trial


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would come of a command: its event and what that would lead to, or why it would be refused.

    ``seq`` is the number that the event would have now, or that it has, where it is ``repeated``. What only the record may give (an arm, a
    number) is not told: a rehearsal opens no sealed place.
    """

    verb: str
    event: str
    subject: str
    seq: int
    repeated: bool = False
    holds: tuple[str, ...] = ()
    error: RecordError | None = None


class Rehearsals(EventDrafts):
    """A record in which commands can be tried: nothing is appended, kept, written or shown to anybody."""

    def rehearse(self, commands: Iterable[Command]) -> list[Rehearsed]:
        """Judge commands one after the other, each as if those before it had been done; ends with the first that would be refused.

        Parameters
        ----------
        commands
            As for :meth:`~proband.record.record.Record.execute`.
        """
        found: list[Rehearsed] = []
        keys = self.people
        with self._lock:
            self.catch_up()
            # a key that a first role would bring is made, and forgotten
            self.people = keys.lent()
            try:
                with trial() as running:
                    drawn = ""
                    try:
                        for command in commands:
                            if drawn:
                                # what would be refused after it could tell what was drawn
                                told = RecordError("record.command.drawn", verb=drawn)
                                found.append(
                                    Rehearsed(
                                        command.verb, "", command.subject, self.state.seq + 1, error=told
                                    )
                                )
                                break
                            found.append(self._rehearsed(command))
                            if found[-1].error is not None:
                                break
                            declared = COMMANDS[command.verb]
                            drawn = command.verb if declared.draws and not found[-1].repeated else ""
                    finally:
                        running.take_back()
            finally:
                self.people = keys
        return found

    def _rehearsed(self, command: Command) -> Rehearsed:
        declared = COMMANDS.get(command.verb) if isinstance(command.verb, str) else None
        verb, subject = str(command.verb)[:64], str(command.subject)[:64]
        event = declared.event if declared is not None else ""
        try:
            if declared is None or declared.by_record:
                raise RecordError("record.command.unknown", verb=verb)
            command = admitted(command)
            if command.key and (earlier := self.store.by_key(self.study, command.key)):
                return Rehearsed(verb, event, subject, earlier.seq, repeated=True)
            key = command.key or uuid.uuid4().hex
            body, texts = self._body(command, declared, key)
            refusals = self._folded(body)
            if refusals:
                quote(refusals, texts)
                raise Refused(command.verb, refusals)
        except RecordError as error:
            return Rehearsed(verb, event, subject, self.state.seq + 1, error=error)
        holds = tuple(one.hold for one in safety.crossed(self.state)) if declared.watched else ()
        return Rehearsed(verb, event, subject, self.state.seq, holds=holds)

    def _folded(self, body: dict[str, Any]) -> list[Any]:
        tried = self._next(body)
        with trial() as running:
            _, refusals = advance(self.state, tried, self._gates)
            if refusals:
                running.take_back()
        return refusals
