"""Offline work at the bedside: a signed capsule out, a signed queue back, nothing believed that the gates would not.

The capsule is the part of the log that one bedside needs, signed with the study's head key. The device folds it to the
same state, judges by the same gates, and queues what it did, each event signed with the device's own key and chained to
the one before. On return every event is judged again against all that has happened meanwhile: what passes is appended, what
does not is kept whole as a conflict, shown as a deviation, and never as a valid administration.
"""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

import orjson

from proband.record.appending import Clock, utc_now
from proband.record.bounds import closing_of, device_entry, latest_of
from proband.record.commands import BY_EVENT, COMMANDS, Command
from proband.record.commitments import KeptText, TextSealer, commitments_of, open_text, quote
from proband.record.compose import compose, validated
from proband.record.door import admitted, seen
from proband.record.errors import RecordError, Refusal, Refused
from proband.record.events import Event, canonical, is_envelope, is_stamp, moment, stamp
from proband.record.executing import Receipt
from proband.record.fold import advance, fold
from proband.record.gates.conduct import AHEAD_SECONDS
from proband.record.gates.offline import DEVICE, device_fault
from proband.record.heads import SigningKey, signed_by
from proband.record.paged import browse_values
from proband.record.personal_keys import PersonalKeys
from proband.record.record import Record
from proband.record.signatories import Signatories
from proband.record.signing import COUNTER, challenge, shown
from proband.record.state import Capsule, State
from proband.record.undo import trial


@dataclass(frozen=True, slots=True)
class CapsuleFile:
    """A capsule as handed out: its id, its bytes, and the receipt of its event."""

    id: str
    content: bytes
    receipt: Receipt


def issue(record: Record, command: Command) -> CapsuleFile:
    """Issue a capsule; ``command`` is a ``capsule.issue`` with the device's public key, the participants and the end.

    Raises
    ------
    RecordError
        ``record.capsule.key`` where the record has no head key to sign with.
    """
    if record.key is None:
        raise RecordError("record.capsule.key")
    receipt = record.execute(command)
    state = record.state
    # those whose harm may count towards a stopping rule go along, so that one more event offline crosses it offline
    participants = set(command.data["participants"]) | {
        state.adverse_events[name].participant for name in state.grave
    }
    concerned = participants | {
        product.id for product in browse_values(state.products) if product.participant in participants
    }
    # what theirs was made of goes along: a pack is of a lot, which is nobody's, and that of what donors gave
    origins = {one.id: one for name in concerned & state.products.keys() for one in state.made_from(name)}
    concerned |= origins.keys()
    concerned |= {
        state.donations[din].donor
        for one in origins.values()
        for din in one.collections
        if din in state.donations
    }
    concerned |= {command.subject, *state.grave}
    events = []
    for event in record.events():
        if event.seq in state.invalid:
            continue
        body = event.body
        if BY_EVENT[body["event"]].everywhere or body["subject"] in concerned:
            events.append([event.seq, event.hash.hex(), base64.b64encode(event.raw).decode()])
    content = {
        "format": "proband-capsule-1", "study": record.study, "capsule": command.subject, "at": state.recorded,
        "head": [state.seq, state.hash.hex()], "treated": len(state.treated), "last_first_dose": state.last_first_dose,
        "key": record.key.public.hex(), "events": events,
    }  # fmt: skip
    raw = canonical(content)
    return CapsuleFile(
        command.subject,
        orjson.dumps({"content": base64.b64encode(raw).decode(), "signature": record.key.sign(raw)}),
        receipt,
    )


def uptime() -> int:
    """Milliseconds since the machine was started, with the time that it slept where the system counts it."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return (time.monotonic_ns() if clock is None else time.clock_gettime_ns(clock)) // 1_000_000


@dataclass(slots=True)
class OfflineBedside:
    """A bedside without network: judges by the same gates, queues what was done, signs each event with the device's key."""

    capsule: str
    study: str
    state: State
    device: SigningKey
    people: PersonalKeys | None = None
    clock: Clock = utc_now
    #: milliseconds since some moment, which only ever count up; where the machine has one, a clock that goes on while it sleeps
    counter: Callable[[], int] = uptime
    queue: list[dict[str, Any]] = field(default_factory=list)
    #: this run of the counter, and where it began
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    begun: int = 0
    _previous: str = ""

    @classmethod
    def open(
        cls, content: bytes, device: SigningKey, trusted: dict[str, bytes], *, people: PersonalKeys | None = None,
        clock: Clock = utc_now, counter: Callable[[], int] = uptime, kept: bytes | None = None,
        run: tuple[str, int] | None = None,
    ) -> OfflineBedside:  # fmt: skip
        """Open a capsule on its device; ``people`` are the private keys of those who sign there.

        Parameters
        ----------
        content, device, trusted
            The capsule, the device's key, and the keys of records that are believed.
        clock, counter
            The clock of the device, and its count of milliseconds.
        kept
            What :meth:`export` gave before the device was started anew: the work goes on behind it, with a new run of the counter.
        run
            The run that goes on, and where its counter began (:attr:`run`, :attr:`begun`), where the machine was not started anew in between.

        Raises
        ------
        RecordError
            ``record.capsule.signature`` for a capsule that no trusted key signed; ``record.capsule.device`` for another
            device's.
        """
        try:
            outer = orjson.loads(content)
            raw = base64.b64decode(outer["content"])
            signature = outer["signature"]
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise RecordError("record.capsule.unreadable") from error
        if not any(signed_by(public, raw, signature) for public in trusted.values()):
            raise RecordError("record.capsule.signature")
        inner = orjson.loads(raw)
        state = State(study=inner["study"])
        for seq, digest, body in inner["events"]:
            # judged when it was recorded, and signed since; the capsule holds only a part of what that judgement saw
            fold(state, Event(seq, bytes.fromhex(digest), base64.b64decode(body)), gates={})
        held = state.capsules.get(inner["capsule"])
        if held is None or held.device != device.public.hex():
            raise RecordError("record.capsule.device")
        state.treated = state.treated + ["elsewhere"] * (inner["treated"] - len(state.treated))
        state.last_first_dose = inner["last_first_dose"]
        bedside = cls(inner["capsule"], inner["study"], state, device, people, clock, counter)
        if run is None:
            bedside.begun = counter()
        else:
            bedside.run, bedside.begun = run
        if kept is not None:
            bedside._go_on(kept)
        return bedside

    def _go_on(self, kept: bytes) -> None:
        """Take up a queue that this device kept.

        Raises
        ------
        RecordError
            As :func:`reconcile` does, where it is not this capsule's or not this device's.
        """
        queue = _opened(kept, self.state.capsules)[1]["queue"]
        for entry in queue:
            raw = canonical(entry["body"])
            advance(self.state, Event(self.state.seq + 1, sha256(raw).digest(), raw), {})
            self._previous = entry["chain"]
        self.queue = list(queue)

    def _count(self) -> dict[str, Any]:
        return {"run": self.run, "ms": max(0, self.counter() - self.begun)}

    def execute(self, command: Command) -> dict[str, Any]:
        """Do a command offline; returns the queued body.

        Raises
        ------
        Refused
            By the same gates as online, on what the capsule knows.
        """
        declared = COMMANDS.get(command.verb)
        if declared is None or not declared.offline:
            raise Refused(command.verb, [Refusal("gate.capsule.online", verb=command.verb)])
        command.source = f"capsule:{self.capsule}"
        command = admitted(command)
        now = stamp(self.clock())
        data = validated(declared, command.data)
        key = command.key or uuid.uuid4().hex
        sealer = TextSealer(self.study, key, self.state, declared.verb)
        body = compose(command, declared, data, key, programme=self.state.programme,
                       study=self.study, recorded=now, last=self.state.recorded,
                       signatories=Signatories(self.state, self.people), sealer=sealer)  # fmt: skip
        count = {"n": self.state.capsules[self.capsule].count + 1, **self._count()}
        body["signatures"].append(device_signature(self.device, body, self.state.instance, count))
        raw = canonical(body)
        with trial() as running:
            _, refusals = advance(self.state, Event(self.state.seq + 1, sha256(raw).digest(), raw))
            if refusals:
                running.take_back()
                quote(refusals, sealer.kept)
                raise Refused(command.verb, refusals)
        self._previous = sha256(self._previous.encode() + raw).hexdigest()
        # the event is signed over commitments; the texts travel beside it, and into the vault when the device is back
        self.queue.append(
            {"body": body, "chain": self._previous, "texts": [_written(one) for one in sealer.kept]}
        )
        return body

    def export(self) -> bytes:
        """The queue as it goes back: the events, their chain, the device's clock and counter of now, signed as a whole.

        Hand it back at once: the longer it lies, the less is known of when its events happened.
        """
        raw = canonical(
            {
                "capsule": self.capsule,
                "clock": stamp(self.clock()),
                "counter": self._count(),
                "queue": self.queue,
            }
        )
        return orjson.dumps({"content": base64.b64encode(raw).decode(), "signature": self.device.sign(raw)})


def device_signature(
    device: SigningKey, body: dict[str, Any], instance: str, count: dict[str, Any]
) -> dict[str, Any]:
    """The signature of a device on an event that was done on it, with its counter (``n``, ``run``, ``ms``)."""
    block = {
        "signer": device.id, "name": device.id, "role": DEVICE, "meaning": DEVICE, "method": "device-key", "at": body["at"],
        "key": device.id, "algorithm": "ed25519", COUNTER: count,
    }  # fmt: skip
    seen = shown(body, instance)
    return {**block, "shown": seen, "value": device.sign(challenge(seen, block))}


def _written(text: KeptText) -> list[Any]:
    return [text.commitment, text.key, text.salt.hex(), text.text, text.traced]


def _texts_of(record: Record, entry: dict[str, Any]) -> list[KeptText]:
    """The texts that came beside an event: one for each of its commitments, and no other.

    Raises
    ------
    RecordError
        ``record.capsule.text`` where one is missing, is another one, or stands in the event itself.
    """
    body = entry["body"]
    declared = BY_EVENT.get(body["event"])
    try:
        read = [KeptText(str(name), str(key), bytes.fromhex(salt), str(text), bool(traced))
                for name, key, salt, text, traced in entry.get("texts", [])]  # fmt: skip
    except (TypeError, ValueError) as error:
        raise RecordError("record.capsule.text", event=body["event"]) from error
    brought = {one.commitment: one for one in read}
    named = commitments_of(body, declared) if declared is not None else []
    kept = [replace(brought[name], traced=traced) for name, _, traced in named if name in brought]
    open_one = declared is not None and open_text(body, declared, record.state) is not None
    if (
        open_one
        or len(kept) != len(named)
        or not all(one.key == body["key"] and one.belongs(record.study) for one in kept)
    ):
        raise RecordError("record.capsule.text", event=body["event"])
    return kept


def _conflict(entry: dict[str, Any], refusals: list[Refusal], sealer: TextSealer) -> dict[str, Any]:
    return {
        "event": seen(entry["body"]), "signature": entry["chain"], "gates": [refusal.gate for refusal in refusals],
        "messages": [sealer.sealed(refusal.message) for refusal in refusals],
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What came of a return: events appended, conflicts kept, the device's clock error in milliseconds, and its receipt."""

    accepted: tuple[int, ...]
    conflicts: tuple[dict[str, Any], ...]
    clock_ms: int
    receipt: Receipt


def reconcile(
    record: Record, content: bytes, command: Command, *, now: Callable[[], datetime] | None = None
) -> Reconciled:
    """Take a queue back; ``command`` is a ``capsule.return`` without data.

    Every event is judged at every moment at which it can have happened (:mod:`proband.record.bounds`), against what is known now of that
    moment. What that does not settle is a conflict; a device whose clock is off at the return by more than the record tolerates brings
    conflicts only. Taken in again, nothing is stored twice; what a capsule brings that came back before is kept as a conflict.

    Raises
    ------
    RecordError
        ``record.capsule.unknown``, ``record.capsule.signature`` or ``record.capsule.chain``: nothing of the queue is used;
        ``record.capsule.returned`` where it brings nothing that is not known.
    """
    record.catch_up()
    held, inner = _opened(content, record.state.capsules, command.subject)
    queue = inner["queue"]
    fresh = [entry["body"] for entry in queue if _mark(entry["body"]) not in held.brought]
    if held.returned and not fresh:
        raise RecordError("record.capsule.returned", capsule=held.id)
    previous = ""
    for entry in queue:
        previous = sha256(previous.encode() + canonical(entry["body"])).hexdigest()
        if (
            previous != entry["chain"]
            or device_fault(record.state.instance, held.device, entry["body"]) is not None
        ):
            raise RecordError("record.capsule.chain")
    back = (now or record.clock)()
    clock_ms = round((moment(inner["clock"]) - back).total_seconds() * 1000)
    bounds = latest_of([entry["body"] for entry in queue], closing_of(inner.get("counter")), stamp(back))
    was_back, kept = held.returned, 0
    texts = [_texts_of(record, entry) for entry in queue]
    accepted: list[int] = []
    conflicts: list[dict[str, Any]] = []
    for entry, late, words in zip(queue, bounds, texts, strict=True):
        body = entry["body"]
        gates = record.state.capsules[held.id].brought.get(_mark(body))
        if gates is None:
            outcome: Receipt | list[Refusal]
            if abs(clock_ms) > AHEAD_SECONDS * 1000:
                outcome = [Refusal("gate.clock.device", seconds=clock_ms / 1000)]
            else:
                outcome = record.adopt(body, words, latest=late)
            if isinstance(outcome, Receipt):
                accepted.append(outcome.seq)
                continue
            gates = [refusal.gate for refusal in outcome]
            quote(outcome, words)
            kept = record.by_record(
                "capsule.conflict",
                held.id,
                partial(_conflict, entry, outcome),
                body,
                holder=record.holder(body),
                with_texts=words,
            )
        elif not gates:
            known = record.store.by_key(record.study, body["key"])
            accepted += [known.seq] if known is not None and not was_back else []
            continue
        elif was_back:
            continue
        conflicts.append({"event": body["event"], "subject": body["subject"], "gates": gates})
    if not was_back:
        command.data = {
            "events": len(queue),
            "accepted": len(accepted),
            "conflicts": conflicts,
            "clock_ms": clock_ms,
        }
        receipt = record.execute(command)
    else:
        event = record.event(kept)
        assert event is not None  # noqa: S101 - it was appended above
        receipt = Receipt(kept, event.body)
    return Reconciled(tuple(accepted), tuple(conflicts), clock_ms, receipt)


def _mark(body: dict[str, Any]) -> str:
    """By which an event of a device is known again: its device's signature."""
    entry = device_entry(body)
    return str(entry["value"]) if entry is not None else ""


def _opened(
    content: bytes, capsules: Mapping[str, Capsule], name: str | None = None
) -> tuple[Capsule, dict[str, Any]]:
    """A queue, and the capsule that it is of: signed by its device."""
    try:
        outer = orjson.loads(content)
        raw = base64.b64decode(outer["content"])
        inner = orjson.loads(raw)
        clock, queue, signature = inner["clock"], inner["queue"], outer["signature"]
        held = capsules.get(inner["capsule"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise RecordError("record.capsule.queue") from error
    if held is None or name not in (None, held.id):
        raise RecordError("record.capsule.other", subject=name)
    if not signed_by(bytes.fromhex(held.device), raw, signature):
        raise RecordError("record.capsule.device-signature")
    if not is_stamp(clock) or not isinstance(queue, list):
        raise RecordError("record.capsule.queue")
    if not all(isinstance(entry, dict) and is_envelope(entry.get("body")) for entry in queue):
        raise RecordError("record.capsule.event")
    return held, inner
