"""What the record adds of itself: holds that crossed rules ask for, kept refusals, the word that it is a restored copy."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from proband.record import safety
from proband.record.appending import LogWriter
from proband.record.commands import BY_EVENT, COMMANDS, Command, CommandType
from proband.record.commitments import OF_NOBODY, KeptText, TextSealer, holder_of
from proband.record.door import seen
from proband.record.errors import Conflict, RecordError, Refusal, Refused
from proband.record.events import SCHEMA_VERSION, Event, canonical, local_date, stamp
from proband.record.gates import RECORD

#: a refused attempt is kept whole up to this size, so that a replay can judge it again
MOST_KEPT = 1 << 18
#: how often an append is tried anew when somebody else was first
ATTEMPTS = 50


class OwnEvents(LogWriter):
    """A writer that also appends what nobody commands; a replay derives it again, and what does not follow is void."""

    def by_record(
        self,
        verb: str,
        subject: str,
        data: dict[str, Any] | Callable[[TextSealer], dict[str, Any]],
        like: Mapping[str, Any],
        reason: str | None = None,
        *,
        holder: str = OF_NOBODY,
        with_texts: Sequence[KeptText] = (),
    ) -> int:
        """Append what the record itself adds: a hold, a kept refusal, a conflict.

        ``data`` may be made with the sealer of the event's texts; ``holder`` is whom they are about; ``with_texts`` are those of an event within it.
        """
        declared = COMMANDS[verb]
        for _ in range(ATTEMPTS):
            key = uuid.uuid4().hex
            sealer = self.texts.sealer(self.state, verb, key)
            checked = declared.data.model_validate(data(sealer) if callable(data) else data)
            recorded = stamp(self.clock())
            body = {
                "v": SCHEMA_VERSION, "study": self.study, "event": declared.event, "command": verb, "subject": subject,
                "site": like["site"], "actor": RECORD, "role": RECORD, "at": recorded, "offset": like["offset"], "day": local_date(recorded, like["offset"]),
                "recorded": recorded, "skew": None, "reason": reason, "programme": self.state.programme, "key": key,
                "corrects": None, "signatures": [], "source": "online",
                "data": sealer.data(declared, checked.model_dump(mode="json")),
            }  # fmt: skip
            outcome = self._append(body, key, [*sealer.kept, *with_texts], holder)
            if isinstance(outcome, Event):
                return outcome.seq
            if outcome is not None:
                raise Refused(verb, outcome)
            self.catch_up()
        raise Conflict("record.conflict.busy", verb=verb, attempts=ATTEMPTS)

    def begin_anew(self, backup: str, known: int = 0) -> int:
        """Say that this log is a copy restored from a backup (its sha256), and is another instance from here on.

        ``known`` is the number of the last event of the record from which it was copied, where a signed head names one.
        """
        data = {
            "instance": uuid.uuid4().hex,
            "backup": backup,
            "why": "restored from a backup",
            "known": known,
        }
        return self.by_record("record.restore", self.study, data, {"site": "*", "offset": "+00:00"})

    def _keep_refusal(
        self,
        declared: CommandType,
        command: Command,
        refusals: Sequence[RecordError],
        body: Mapping[str, Any] | None = None,
        texts: Sequence[KeptText] = (),
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
        attempt = {name: getattr(command, name) for name in ("actor", "role", "site", "source")}
        subject = str(command.subject)
        known = whole is not None or subject in self.state.products or subject in self.state.participants

        def data(sealer: TextSealer) -> dict[str, Any]:
            about = seen(subject)
            return {
                "verb": declared.verb, "about": about if known else sealer.everything(about),
                "gates": [refusal.gate if isinstance(refusal, Refusal) and whole else "form" for refusal in refusals],
                "messages": [sealer.sealed(seen(refusal.message)) for refusal in refusals],
                "attempt": {
                    **seen({**attempt, "at": body["at"] if body is not None else command.at}),
                    "data": sealer.everything(seen(command.data)),
                },
                "body": whole,
            }  # fmt: skip

        given = command.data if isinstance(command.data, Mapping) else {}
        holder = holder_of(self.state, declared, subject, given)
        like = {"site": command.site if str(command.site) in self.state.sites else "*", "offset": "+00:00"}
        try:
            self.by_record("command.refuse", self.study, data, like, holder=holder, with_texts=texts)
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
