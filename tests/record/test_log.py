"""The log on both engines: appending, refusing, chaining, surviving."""

from __future__ import annotations

import math
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.record.chain import GENESIS, link, walk
from proband.record.errors import Conflict, RecordError
from proband.record.events import canonical, canonical_offset, local_date, stamp
from proband.record.store import Store, open_store
from proband.record.store.postgres import initialise


def bodies(*names: str) -> tuple[list[bytes], list[str]]:
    return [canonical({"key": name, "data": {"n": 1}}) for name in names], list(names)


def test_an_append_continues_the_chain(store: Store) -> None:
    raw, keys = bodies("a", "b")
    first, second = store.append("s", raw, keys)
    assert (first.seq, second.seq) == (1, 2)
    assert first.hash == link(GENESIS, raw[0])
    assert second.hash == link(first.hash, raw[1])
    assert store.head("s") == (2, second.hash)
    assert [event.raw for event in store.events("s")] == raw


def test_studies_have_chains_of_their_own(store: Store) -> None:
    for study in ("one", "two"):
        (event,) = store.append(study, *bodies("a"))
        assert event.seq == 1
    assert store.studies() == ["one", "two"]


def test_a_moved_head_is_a_conflict_and_appends_nothing(store: Store) -> None:
    store.append("s", *bodies("a"), expected=0)
    with pytest.raises(Conflict) as refused:
        store.append("s", *bodies("b"), expected=0)
    assert refused.value.details == {"study": "s", "expected": 0, "head": 1}
    assert store.head("s")[0] == 1


def test_a_key_is_used_once_and_the_whole_append_is_undone(store: Store) -> None:
    store.append("s", *bodies("a"))
    with pytest.raises(Conflict, match="key"):
        store.append("s", *bodies("b", "a"))
    assert store.head("s")[0] == 1
    assert store.by_key("s", "b") is None
    found = store.by_key("s", "a")
    assert found is not None
    assert found.seq == 1


def test_however_many_are_appended_at_once_the_rows_are_the_same(store: Store) -> None:
    """One by one, a few, more than fit into one statement: the same chain, the same keys, one seal beside the last of each commit."""
    seq, previous, expected = 0, GENESIS, []
    for turn, count in enumerate((1, 1, 2, 49, 1, 50, 51, 52, 3, 101, 1, 137)):
        raw, keys = bodies(*(f"{turn}-{n}" for n in range(count)))
        mark = f"seal {turn}".encode()
        told = store.append("s", raw, keys, expected=seq, previous=previous, seal=mark)
        for body, key in zip(raw, keys, strict=True):
            seq, previous = seq + 1, link(previous, body)
            expected.append((seq, key, previous, body))
        assert told[-1] == (seq, previous, raw[-1], mark)
        assert [event[:3] for event in told] == [
            (n, digest, body) for n, _, digest, body in expected[-count:]
        ]
        assert [event.seal for event in told[:-1]] == [None] * (count - 1)
    assert list(store.rows("s")) == expected
    assert [mark for _, mark in store.seals("s")] == [f"seal {turn}".encode() for turn in range(12)]
    assert [number for number, _ in store.seals("s")] == [1, 2, 4, 53, 54, 104, 155, 207, 210, 311, 312, 449]


@pytest.mark.parametrize("count", [1, 2, 60])
def test_whatever_end_of_the_log_was_not_seen_nothing_is_appended(store: Store, count: int) -> None:
    (first,) = store.append("s", *bodies("a"))
    (second,) = store.append("s", *bodies("b"), expected=1, previous=first.hash)
    more = bodies(*(f"c{n}" for n in range(count)))
    for expected, previous, error in (
        (1, first.hash, Conflict),  # somebody was quicker
        (0, GENESIS, Conflict),
        (2, first.hash, RecordError),  # another log
        (3, second.hash, RecordError),  # a shorter one
    ):
        with pytest.raises(error) as told:
            store.append("s", *more, expected=expected, previous=previous)
        assert told.value.code == ("record.conflict.moved" if error is Conflict else "record.store.replaced")
    for place in (0, count - 1):
        keys = [*more[1]]
        keys[place] = "a"
        with pytest.raises(Conflict, match="key"):
            store.append("s", more[0], keys, expected=2, previous=second.hash)
    # whatever was refused, the way in is shut again
    if hasattr(store, "_db") and isinstance(store._db, sqlite3.Connection):
        with pytest.raises(sqlite3.IntegrityError, match="by the record alone"):
            store._db.execute(
                "INSERT INTO events (study, seq, key, hash, body) VALUES ('s', 3, 'x', x'00', x'00')"
            )
    assert store.head("s") == (2, second.hash)
    assert store.append("s", *more, expected=2, previous=second.hash)[-1].seq == 2 + count


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE proband.events SET body = hash WHERE seq = 1",
        "DELETE FROM proband.events WHERE seq = 1",
        "DELETE FROM proband.events",
        "INSERT INTO proband.events (study, seq, key, hash, body) SELECT study, 2, 'z', hash, body FROM proband.events",
    ],
)
def test_the_engine_refuses_what_is_not_an_append(store: Store, raw, statement: str) -> None:
    store.append("s", *bodies("a"))
    with pytest.raises((sqlite3.Error, psycopg.Error)):
        raw(statement)
    assert walk(store.rows("s"))[0].broken is None
    assert store.head("s")[0] == 1


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_postgres_refuses_truncate_and_keeps_the_application_role_small(postgres_database) -> None:
    owner, app = postgres_database()
    store = open_store(app)
    store.append("s", *bodies("a"))
    with psycopg.connect(owner, autocommit=True) as db, pytest.raises(psycopg.Error, match="append-only"):
        db.execute("TRUNCATE proband.events")
    with psycopg.connect(app, autocommit=True) as db:
        for statement in (
            "UPDATE proband.events SET key = 'x'",
            "DELETE FROM proband.events",
            "TRUNCATE proband.events",
            "DROP TABLE proband.events",
            "ALTER TABLE proband.events DISABLE TRIGGER ALL",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(statement)
        rights = db.execute(
            "SELECT string_agg(privilege_type, ',' ORDER BY privilege_type) FROM information_schema.role_table_grants "
            "WHERE table_name = 'events' AND grantee = 'proband_app'"
        ).fetchone()
    assert rights == ("INSERT,SELECT",)
    store.close()


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_a_database_of_before_goes_on_and_no_writer_brings_a_chain_of_its_own(postgres_database) -> None:
    """Where the function that takes a commit with its chain is absent, the server reckons it; where it is there, no false one gets in."""
    owner, url = postgres_database()
    raw, keys = bodies("a", "b", "c")
    chain = [link(GENESIS, raw[0])]
    with psycopg.connect(url, autocommit=True) as db:
        call = "SELECT proband.append(%s::text, 0::bigint, %s::text[], %s::bytea[], %s::bytea[], %s::bytea, NULL::bytea)"
        for false in (link(GENESIS, raw[1]), link(chain[0], raw[2]), GENESIS):
            with pytest.raises(psycopg.errors.RaiseException, match="does not continue"):
                db.execute(call, ("s", keys[:2], [chain[0], false], raw[:2], GENESIS))
    with psycopg.connect(owner, autocommit=True) as db:
        db.execute("DROP FUNCTION proband.append(text, bigint, text[], bytea[], bytea[], bytea, bytea)")
    store = open_store(url)
    told = store.append("s", raw, keys, expected=0, previous=GENESIS, seal=b"seal")
    assert list(store.events("s")) == told
    assert told[0].hash == chain[0]
    assert walk(store.rows("s"))[0].events == 3
    initialise(owner)
    assert [
        one.seq for one in open_store(url).append("s", *bodies("d", "e"), expected=3, previous=told[-1].hash)
    ] == [4, 5]


def test_the_record_will_not_run_as_the_owner(postgres_database) -> None:
    owner, _ = postgres_database()
    with pytest.raises(RecordError, match="may UPDATE, DELETE, TRUNCATE") as refused:
        open_store(owner)
    assert refused.value.code == "record.store.rights"


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_a_lost_connection_is_told_and_made_anew(postgres_database) -> None:
    owner, app = postgres_database()
    store = open_store(app)
    store.append("s", *bodies("a"))
    with psycopg.connect(owner, autocommit=True) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'proband_app' AND datname = current_database()"
        )
    with pytest.raises(RecordError) as error:
        store.append("s", *bodies("b"))
    assert error.value.code == "record.store.lost"
    assert "same key" in error.value.mend
    assert store.head("s")[0] == 1
    store.append("s", *bodies("b"))
    store.close()


def test_a_full_disk_records_nothing_and_says_so(tmp_path: Path) -> None:
    store = open_store(tmp_path / "log.db", create=True)
    store.append("s", *bodies("a"))
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]
    store._db.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]
    big = canonical({"key": "b", "text": "x" * 100_000})
    with pytest.raises(RecordError) as error:
        store.append("s", [big], ["b"])
    assert error.value.code == "record.store.write"
    assert store.head("s")[0] == 1
    store._db.execute("PRAGMA max_page_count = 100000")  # type: ignore[attr-defined]
    store.append("s", [big], ["b"])
    assert walk(store.rows("s"))[0].broken is None


def test_this_very_connection_cannot_insert_around_append(tmp_path: Path) -> None:
    store = open_store(tmp_path / "log.db", create=True)
    db = store._db  # type: ignore[attr-defined]
    with pytest.raises(sqlite3.IntegrityError, match="appended by the record alone"):
        db.execute("INSERT INTO events (study, seq, key, hash, body) VALUES ('s', 1, 'k', x'00', x'00')")
    for statement in ("DROP TABLE events", "DROP TRIGGER events_no_delete", "ALTER TABLE events RENAME TO e"):
        with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
            db.execute(statement)
    store.append("s", *bodies("a"))
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(
            "INSERT OR REPLACE INTO events (place, study, seq, key, hash, body) VALUES (1, 's', 1, 'k', x'00', x'00')"
        )


def test_parallel_writers_share_one_chain(where: str) -> None:
    open_store(where, create=True).close()
    done: list[int] = []

    def write(name: int) -> None:
        mine = open_store(where)
        for n in range(40):
            done.extend(event.seq for event in mine.append("s", *bodies(f"{name}-{n}")))
        mine.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = open_store(where)
    assert sorted(done) == list(range(1, 161))
    assert walk(store.rows("s"))[0].broken is None
    store.close()


def kill_rounds(where: str, rounds: int, tmp_path: Path, rng: random.Random) -> tuple[int, int]:
    """Kill two writers of one chain at random instants, many times; returns (kills, events acknowledged)."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(Path(__file__).with_name("crash_writer.py")), where]
    nursery = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert nursery.stdin
    assert nursery.stdout
    acknowledged: dict[str, int] = {}
    kills = 0
    for attempt in range(rounds):
        writers = []
        for side in range(2):
            output = tmp_path / f"{attempt}-{side}.out"
            nursery.stdin.write(f"w{attempt}-{side} {rng.choice([1, 1, 3, 20])} {output}\n")
            nursery.stdin.flush()
            writers.append((int(nursery.stdout.readline()), output))
        # under load: at least one of the two is in full swing when the other dies
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not any(o.is_file() and o.stat().st_size for _, o in writers):
            time.sleep(0.001)
        for pid, _ in writers:
            time.sleep(rng.random() * 0.02)
            os.kill(pid, signal.SIGKILL)
            kills += 1
        for pid, output in writers:
            while Path(f"/proc/{pid}").exists():
                time.sleep(0.001)
            # a line without its end was not acknowledged
            for line in (output.read_text() if output.is_file() else "").split("\n")[:-1]:
                seq, key = line.split()
                acknowledged[key] = int(seq)
    nursery.stdin.close()
    nursery.wait(timeout=10)
    store = open_store(where)
    found, _ = walk(store.rows("crash"))
    assert found.broken is None, found.broken
    keys = {key: seq for seq, key, _, _ in store.rows("crash")}
    lost = {key: seq for key, seq in acknowledged.items() if keys.get(key) != seq}
    assert not lost, f"acknowledged and lost: {list(lost)[:3]}"
    # no half event: every append of a writer is there as a whole, up to the one in flight
    by_writer: dict[str, list[int]] = {}
    for key in keys:
        name, _, number = key.rpartition("-")
        by_writer.setdefault(name, []).append(int(number))
    assert all(sorted(numbers) == list(range(len(numbers))) for numbers in by_writer.values())
    store.close()
    return kills, len(acknowledged)


def test_a_writer_killed_at_any_instant_loses_nothing(where: str, tmp_path: Path) -> None:
    rounds = 1000 if os.environ.get("PROBAND_NIGHTLY") else (50 if where.startswith("postgres") else 150)
    open_store(where, create=True).close()
    kills, acknowledged = kill_rounds(where, rounds, tmp_path, random.Random(7))
    print(f"killed {kills} writers; {acknowledged} acknowledged events, 0 lost")
    assert acknowledged > rounds


def test_an_event_carries_no_value_that_json_cannot() -> None:
    for value in (math.nan, math.inf, {"a": [math.nan]}, {1: "x"}, {"a": {1, 2}}, "\ud800"):
        with pytest.raises(RecordError) as refused:
            canonical({"data": value})
        assert refused.value.code == "record.event.value"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(json_values)
def test_canonical_bytes_do_not_depend_on_the_way_there(value: object) -> None:
    import orjson

    raw = canonical({"v": value})
    assert canonical(orjson.loads(raw)) == raw


def test_local_dates_cross_midnight_where_the_wall_clock_does() -> None:
    assert local_date("2026-01-31T23:30:00.000Z", "+01:00") == "2026-02-01"
    assert local_date("2026-02-01T00:30:00.000Z", "-05:00") == "2026-01-31"
    with pytest.raises(RecordError):
        canonical_offset("01:00")
    with pytest.raises(RecordError):
        stamp(__import__("datetime").datetime(2026, 1, 1))
