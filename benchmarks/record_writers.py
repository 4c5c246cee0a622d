"""Several processes that give commands to one record at once: how many events they get in together, and how often each had to be judged."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from proband.record import Command, Record
from proband.record.appending import LogWriter
from proband.record.store import open_store

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

WRITERS = 8


@dataclass(frozen=True, slots=True)
class WriterRates:
    """What so many writers did: events per second together, attempts and processor time of the writers (ms) per event."""

    rate: float
    attempts: float
    processor: float


def together(where: str, each: int) -> WriterRates:
    """Let :data:`WRITERS` processes refer so many people each, at a store (a path or a URL)."""
    from record.synthetic import hospital

    house = hospital(where)
    reading, writing = os.pipe()
    started = time.perf_counter()
    children = []
    for number in range(WRITERS):
        child = os.fork()
        if child == 0:
            done = 1
            try:
                os.write(writing, _writes(house.record, where, number, each))
                done = 0
            finally:
                # nothing of the parent's is closed or written by a child
                os._exit(done)
        children.append(child)
    ended = [os.waitpid(child, 0)[1] for child in children]
    taken = time.perf_counter() - started
    assert ended == [0] * WRITERS, ended
    said = [line.split() for line in os.read(reading, 1 << 16).decode().splitlines()]
    os.close(reading)
    os.close(writing)
    events = WRITERS * each
    assert house.record.catch_up() > 0
    assert len(house.record.state.participants) == events
    house.record.store.close()
    return WriterRates(events / taken, sum(int(one[1]) for one in said) / events, sum(float(one[0]) for one in said) / events * 1e3)  # fmt: skip


def _writes(parent: Record, where: str, number: int, each: int) -> bytes:
    attempts = 0
    honest = LogWriter._append

    def counted(*arguments, **options):  # type: ignore[no-untyped-def]
        nonlocal attempts
        attempts += 1
        return honest(*arguments, **options)

    LogWriter._append = counted  # type: ignore[method-assign]
    # a connection of its own; the keys of those who sign are the parent's
    record = Record(open_store(where), "SYN", people=parent.people, clock=parent.clock)
    record.catch_up()
    busy = time.process_time()
    for one in range(each):
        record.execute(
            Command("participant.refer", f"S-{number}-{one}", actor="dr-1", role="physician", site="north")
        )
    return f"{time.process_time() - busy} {attempts}\n".encode()
