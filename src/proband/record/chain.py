"""The chain: every event's hash covers the hash before it, so that nothing in the middle can change unseen.

``hash(n) = sha256(hash(n-1) || body(n))`` with 32 zero bytes before the first event. What a chain alone cannot show is a
cut tail, nor a rewriting of everything: that is what the signed heads outside the database are for
(:mod:`proband.record.heads`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

#: what stands before the first event
GENESIS = bytes(32)


def link(previous: bytes, body: bytes) -> bytes:
    """The hash of an event: 32 bytes over the previous hash and the body."""
    return sha256(previous + body).digest()


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold, and how."""

    seq: int
    kind: str
    message: str


@dataclass(slots=True)
class Walk:
    """What walking a chain found: the number of events, the last hash, the first break (or ``None``)."""

    events: int = 0
    hash: bytes = GENESIS
    broken: Break | None = None


def walk(
    rows: Iterable[tuple[int, str, bytes, bytes]], marks: Iterable[int] = ()
) -> tuple[Walk, dict[int, bytes]]:
    """Walk ``(seq, key, hash, body)`` rows in order, stop at the first break.

    Parameters
    ----------
    rows
        In order of ``seq``, from 1.
    marks
        Event numbers whose hash the caller wants back (those of the signed heads).

    Returns
    -------
    Walk, dict
        What was found, and the recomputed hash at each mark that was reached.
    """
    result = Walk()
    wanted = set(marks)
    hashes: dict[int, bytes] = {}
    previous, expected = GENESIS, 1
    for seq, key, stored, body in rows:
        if seq != expected:
            result.broken = Break(
                expected, "missing", f"event {expected} is missing: event {seq} follows event {expected - 1}"
            )
            break
        computed = sha256(previous + body).digest()
        if computed != stored:
            result.broken = Break(
                seq, "changed", f"event {seq} is not what was appended: its content does not give its hash"
            )
            break
        # the key column serves look-ups; it must say what the hashed body says
        if (b'"key":"' + key.encode() + b'"') not in body:
            result.broken = Break(seq, "changed", f"event {seq}: its key column differs from its body")
            break
        if seq in wanted:
            hashes[seq] = computed
        previous = computed
        expected += 1
    result.events = expected - 1
    result.hash = previous
    return result, hashes


def chained(previous: bytes, bodies: Iterable[bytes]) -> Iterator[bytes]:
    """The hashes of some bodies that follow ``previous``."""
    for body in bodies:
        # as link does, without the call: this runs for every event of every large commit
        previous = sha256(previous + body).digest()
        yield previous
