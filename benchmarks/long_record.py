"""A long log made in bulk: one synthetic life by commands, and its copies with other names, times and signatures.

Every event of it passes every gate (``proband record verify`` says so); making it through the commands takes an hour where this takes a minute.
"""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson

from proband.record.chain import chained
from proband.record.commitments import FORM, KeptText, commitment
from proband.record.events import canonical, moment, stamp
from proband.record.record import Record
from proband.record.seals import make_seal
from proband.record.signing import challenge, shown
from proband.record.vault import TEXTS_OF_NOBODY

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

#: the name of the copied life, and of its label; nothing else in a body reads like them
PERSON, TAG = "S-COPIED", "COPIED"
#: minutes between two lives
APART = 7
#: texts of events that are appended next
WAITING: list[KeptText] = []
COMMIT = 1000


def make_long(folder: Path, events: int, *, store: str | None = None) -> tuple[int, int]:
    """Make a record of at least so many events in a new folder; gives the number of events and of lives."""
    from record.synthetic import hospital

    house = hospital(folder=folder, store=store)
    record = house.record
    for number in range(1, 4):
        house.wait(hours=50)
        house.admit(f"S-{number}")
        product, coi, _ = house.ready(f"S-{number}", str(number))
        house.give(product, f"S-{number}", coi)
    house.wait(hours=50)
    first = record.state.seq
    house.admit(PERSON)
    product, coi, label = house.ready(PERSON, TAG)
    house.give(product, PERSON, coi)
    for _ in range(8):
        house.do(
            "milestone.record", PERSON, {"milestone": "home-measure", "when": house.now[:10], "reached": True}
        )
    life = [event.raw.decode() for event in record.events(first)]
    number = record.state.participants[PERSON].number or 0
    lives = max(0, -(-(events - record.state.seq) // len(life)))
    bodies: list[bytes] = []
    keys: list[str] = []
    for key, body in copies(record, life, house.now, number, int(label[1:]), lives):
        bodies.append(body)
        keys.append(key)
        if len(bodies) >= COMMIT:
            append(record, bodies, keys)
            bodies, keys = [], []
    if bodies:
        append(record, bodies, keys)
    made, digest = record.store.head(record.study)
    assert record.heads is not None
    assert record.key is not None
    record.heads.write(record.study, made, digest, house.now, record.key)
    # what stands in the bulk is judged by whoever opens it
    record.state.seq = 0
    record.close()
    return made, lives + 4


def copies(
    record: Record, life: list[str], now: str, number: int, label: int, lives: int
) -> Iterator[tuple[str, bytes]]:
    """The events of so many more lives, as (idempotency key, body)."""
    expiry = stamp(moment(now) + timedelta(days=60))
    for copy in range(1, lives + 1):
        at = moment(now) + timedelta(minutes=APART * copy)
        said = {
            expiry: stamp(at + timedelta(days=60)), now: stamp(at), f'"{now[:10]}"': f'"{stamp(at)[:10]}"', TAG: f"C{copy}",
            f'"number":{number}': f'"number":{number + copy}',
            f'"L{label}"': f'"L{label + 2 * copy}"', f'"L{label + 1}"': f'"L{label + 1 + 2 * copy}"',
        }  # fmt: skip
        for place, text in enumerate(life):
            body = text
            for old, new in said.items():
                body = body.replace(old, new)
            key = f"copy-{copy}-{place}"
            start = body.index('"key":"') + 7
            body = body[:start] + key + body[body.index('"', start) :]
            body = worded_again(record, body, key)
            yield key, signed_again(record, body) if '"signatures":[]' not in body else body.encode()


def worded_again(record: Record, text: str, key: str) -> str:
    """The body with texts of its own: a commitment belongs to one event."""
    kept: list[KeptText] = []

    def again(found: re.Match[str]) -> str:
        said = record.texts.read(found[1])
        assert said is not None
        salt = secrets.token_bytes(32)
        kept.append(
            replace(said, commitment=commitment(record.study, key, salt, said.text), key=key, salt=salt)
        )
        return f"[vault:{kept[-1].commitment}]"

    body = FORM.sub(again, text)
    WAITING.extend(kept)
    return body


def signed_again(record: Record, text: str) -> bytes:
    """The body with the signatures of the same people over what it says now."""
    body = orjson.loads(text)
    signatures, body["signatures"] = body["signatures"], []
    seen = shown(body, record.state.instance)
    for entry in signatures:
        block = {name: value for name, value in entry.items() if name not in ("shown", "value")}
        private = record.people.get(entry["signer"])
        assert private is not None
        body["signatures"].append({**block, "shown": seen, "value": private.sign(challenge(seen, block))})
    return canonical(body)


def append(record: Record, bodies: list[bytes], keys: list[str]) -> None:
    """Append as the record does: chained, sealed by its door, the newest head beside it."""
    if WAITING:
        # of the whole bulk in one key: nobody of it is erased alone
        record.texts.vault.keep((TEXTS_OF_NOBODY, one) for one in WAITING)
        WAITING.clear()
    seq, previous = record.store.head(record.study)
    *_, digest = chained(previous, bodies)
    assert record.key is not None
    seal = make_seal(record.key, record.state.instance, seq + 1, seq + len(bodies), digest)
    last = record.store.append(record.study, bodies, keys, expected=seq, previous=previous, seal=seal)[-1]
    assert record.heads is not None
    record.heads.note(record.study, record.state.instance, last)
