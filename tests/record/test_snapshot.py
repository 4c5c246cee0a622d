"""A snapshot saves time and says nothing: with it, without it, and over whatever somebody put in its place, the state is the same."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.record import following, paged, snapshot
from proband.record import record as record_module
from proband.record.audit import trail
from proband.record.backup import backup
from proband.record.errors import RecordError, Refused
from proband.record.events import Event
from proband.record.fold import advance, fold, fold_all
from proband.record.heads import SigningKey
from proband.record.noun_codec import UnknownShape, decode, encode, parts
from proband.record.paged import PagedDict, glances
from proband.record.pages import FRONTS, PageReader
from proband.record.projection import all_rows, rebuild
from proband.record.recall import recall
from proband.record.record import Record
from proband.record.rules_version import JUDGING
from proband.record.snapshot import PAGED, Snapshots
from proband.record.state import State
from proband.record.store import Store, is_url
from proband.record.undo import trial
from proband.record.verify import verify_record

from .hostile_time import World, hostile_step
from .synthetic import hospital
from .test_stock import changes, donor, lot
from .whole_life import whole_life

NIGHTLY = bool(os.environ.get("PROBAND_NIGHTLY"))
EVENTS = 20_000 if NIGHTLY else 700
DOOR = SigningKey.from_hex("11" * 32)


@cache
def hostile_log(seed: int) -> tuple[Store, tuple[Event, ...], State]:
    """The log of a machine of hostile moves, in memory, and what it amounts to folded from nothing."""
    world = World()
    rng = random.Random(seed)
    while world.state.seq < EVENTS:
        hostile_step(world, rng)
    store = world.house.record.store
    events = tuple(store.events("SYN"))
    return store, events, fold_all(events, "SYN")


class Told(list[str]):
    def __call__(self, what: str) -> None:
        self.append(what)


def kept(path: Path, store: Store, told: Told | None = None) -> Snapshots:
    return Snapshots(path / "state.db", store, "SYN", DOOR, told if told is not None else Told())


def folded_through_snapshots(path: Path, seed: int, cuts: list[int], *, again: bool) -> State:
    """The state of a log that is kept at each cut; after each, the next events are folded over what was kept."""
    store, events, _ = hostile_log(seed)
    told = Told()
    snapshots = kept(path, store, told)
    state = State(study="SYN")
    rng = random.Random(seed)
    for event in events:
        # as a command does: tried, sometimes taken back, tried again
        if again and rng.random() < 0.3:
            with trial() as running:
                advance(state, event)
                running.take_back()
        fold(state, event)
        if event.seq in cuts:
            assert snapshots.write(state), told
            if rng.random() < 0.5:
                # another process opens it
                snapshots = kept(path, store, told)
                loaded = snapshots.load()
                assert loaded is not None, told
                state = loaded
    assert told == []
    return state


@settings(max_examples=30 if NIGHTLY else 5, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 1), cuts=st.lists(st.integers(1, EVENTS), min_size=1, max_size=5), again=st.booleans()
)
def test_what_was_kept_and_the_rest_is_what_folding_everything_gives(
    tmp_path_factory, seed, cuts, again
) -> None:
    state = folded_through_snapshots(tmp_path_factory.mktemp("kept"), seed, cuts, again=again)
    whole = hostile_log(seed)[2]
    assert state == whole
    assert whole == state
    for name in whole.lots:
        assert recall(state, name) == recall(whole, name)
    assert all_rows(state) == all_rows(whole)
    for name in PAGED:
        # the same order as well: the first of something is the first
        assert list(getattr(state, name)) == list(getattr(whole, name)), name


def test_only_what_was_asked_for_is_read(tmp_path) -> None:
    store, _, whole = hostile_log(0)
    assert kept(tmp_path, store).write(fold_all(store.events("SYN"), "SYN"))
    state = kept(tmp_path, store).load()
    assert isinstance(state.participants, PagedDict)
    name = list(whole.participants)[3]
    assert state.participants[name] == whole.participants[name]
    assert [key for key, _ in state.participants.held()] == [name]
    assert "nobody" not in state.participants
    assert len(state.participants) == len(whole.participants)


def test_the_rows_of_all_tables_hold_nothing(tmp_path) -> None:
    """Tables of a long record are written, compared and shown without holding a record's worth of nouns."""
    store, _, whole = hostile_log(0)
    assert kept(tmp_path, store).write(fold_all(store.events("SYN"), "SYN"))
    state = kept(tmp_path, store).load()
    assert all_rows(state) == all_rows(whole)
    held = {name: len(getattr(state, name).held()) for name in PAGED}
    # the version in force is one, and asked for by its name
    assert {name for name, many in held.items() if many} == {"programmes"}


def test_the_rows_of_a_life_with_a_stock_hold_nothing(tmp_path) -> None:
    """The product of each stock was held, and of the ordinary lives of random moves most have none."""
    plain, banked = hospital(), hospital(changes=changes())
    whole_life(plain)
    donor(banked)
    lot(banked)
    assert banked.record.state.stock
    for number, house in enumerate((plain, banked)):
        place, store = tmp_path / str(number), house.record.store
        place.mkdir()
        assert kept(place, store).write(fold_all(store.events("SYN"), "SYN"))
        state = kept(place, store).load()
        assert all_rows(state) == all_rows(house.record.state)
        held = {name: len(getattr(state, name).held()) for name in PAGED}
        assert {name for name, many in held.items() if many} == {"programmes"}


def test_what_is_not_there_is_looked_up_once_and_found_when_it_comes(tmp_path, monkeypatch) -> None:
    store, _, _ = hostile_log(1)
    kept(tmp_path, store).write(fold_all(store.events("SYN"), "SYN"))
    state = kept(tmp_path, store).load()
    assert state is not None
    table: Any = state.labels
    asked: list[Any] = []
    value = table.base.value
    monkeypatch.setattr(table.base, "value", lambda name, key: asked.append(key) or value(name, key))
    monkeypatch.setattr(paged, "MOST_ABSENT", 3)
    assert [table.get("nobody"), "nobody" in table, table.get("nobody", 7)] == [None, False, 7]
    assert asked == ["nobody"]
    with trial() as running:
        table["nobody"] = table[next(iter(table))]
        assert "nobody" in table
        running.take_back()
    assert "nobody" not in table
    # names that nobody has do not fill the memory
    for number in range(20):
        assert table.get(f"nobody-{number}") is None
        assert len(table.absent) <= 3


def test_a_recall_reads_a_few_fields_and_says_what_the_whole_log_says(tmp_path) -> None:
    store, events, whole = hostile_log(0)
    assert whole.lots
    told = Told()
    assert kept(tmp_path, store).write(fold_all(events[:400], "SYN"))
    state = kept(tmp_path, store, told).load()
    for event in events[400:]:
        fold(state, event)
    held = [state.products.held(), state.participants.held()]
    for name in [*whole.lots, "nothing"]:
        assert recall(state, name) == recall(whole, name)
    assert [state.products.held(), state.participants.held()] == held, "nothing is held for it"
    names = ("coi", "tests", "children")
    wanted = [*whole.products, "nobody", ("no", "key"), "\ud800"]
    assert glances(state.products, wanted, names) == glances(whole.products, wanted, names)
    assert glances(state.products, wanted, names).keys() == whole.products.keys()
    # what does not stand in fronts is not looked for in them
    assert names != FRONTS["products"]


def test_a_recall_reads_no_page_twice_and_none_but_indices_and_fronts(tmp_path, monkeypatch) -> None:
    """What a recall costs is counted: so many pages as the products and people that it names lie in, whatever else the record holds."""
    store, events, whole = hostile_log(0)
    assert kept(tmp_path, store).write(fold_all(events, "SYN"))
    state = kept(tmp_path, store).load()
    lot, touched = max(whole.lots.items(), key=lambda one: len(one[1]))
    assert len(touched) > 3
    assert state.lots[state.lot_as_known(lot)] == touched
    read: list[tuple[str, int]] = []
    page = PageReader._read

    def counted(self, table, number, digest, *, keep=True):
        read.append((table, number))
        return page(self, table, number, digest, keep=keep)

    monkeypatch.setattr(PageReader, "_read", counted)
    assert recall(state, lot) == recall(whole, lot)
    assert len(read) == len(set(read))
    assert {table for table, _ in read} == {"products?", "products!", "participants?", "participants!"}


@pytest.mark.parametrize("damaged", ["products!", "participants!", "products?", "participants?"])
def test_a_recall_over_a_damaged_page_says_so_and_asks_the_log(tmp_path, damaged) -> None:
    store, events, whole = hostile_log(0)
    assert kept(tmp_path, store).write(fold_all(events, "SYN"))
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        # well formed, and of nobody: every front says the site of somebody else
        turned = (
            f"UPDATE pages SET body = replace(CAST(body AS TEXT), 'north', 'south') WHERE tab = '{damaged}'"
        )
        assert db.execute(
            turned if damaged == "participants!" else turned.replace("'north', 'south'", "'1', '7'")
        ).rowcount
    told = Told()
    state = kept(tmp_path, store, told).load()
    for name in whole.lots:
        assert recall(state, name) == recall(whole, name)
    assert len(told) == 1, "a damaged page is told, and the log asked"


def test_a_field_that_a_noun_does_not_have_is_no_answer() -> None:
    noun = encode(next(iter(hostile_log(0)[2].products.values())))
    assert parts(noun, ("id", "lots")) == (noun[1], decode(noun).lots)
    for value, names in (
        (noun, ("id", "nothing")),
        (noun[:-1], ("id",)),
        ([], ("id",)),
        ({"id": 1}, ("id",)),
        (["os.system", 1], ("id",)),
    ):
        with pytest.raises(UnknownShape):
            parts(value, names)


def test_a_change_that_is_taken_back_leaves_every_table_as_it_was(tmp_path) -> None:
    # a life with something in every table
    store, _, whole = hostile_log(1)
    assert kept(tmp_path, store).write(fold_all(store.events("SYN"), "SYN"))
    state = kept(tmp_path, store).load()
    with trial() as running:
        for name in ("participants", "adverse_events", "therapies", "collections", "tasks"):
            table = getattr(state, name)
            first, *_ = list(table)
            table.pop(first)
            assert first not in table
            table["new"] = 1
            table[first] = 2
            assert list(table)[-2:] == ["new", first]
            table.clear()
            assert list(table) == []
            assert len(table) == 0
        state.kinds.append("x")
        running.take_back()
    assert state == whole
    assert list(state.therapies) == list(whole.therapies)


# what is not believed


def a_page_changed(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(
            "UPDATE pages SET body = replace(CAST(body AS TEXT), 'S-', 'T-') WHERE tab = 'participants'"
        )


def rows(statement: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.executescript(statement)

    return change


def bytes_of(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        for name in ("-wal", "-shm"):
            path.with_name(path.name + name).unlink(missing_ok=True)
        path.write_bytes(change(path.read_bytes()))

    return write


def head(**changes: Any) -> Callable[[Path], None]:
    """The head says something else, and is signed by this very door."""

    def change(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            said = orjson.loads(db.execute("SELECT said FROM head").fetchone()[0])
            for name, value in changes.items():
                assert name in said
                said[name] = value
            content = orjson.dumps(said)
            db.execute(
                "UPDATE head SET said = ?, signature = ?",
                (content, DOOR.sign_raw(b"proband-snapshot-2\0" + content)),
            )

    return change


NOT_BELIEVED: dict[str, Callable[[Path], None]] = {
    "an empty file": lambda path: path.write_bytes(b""),
    "no database": bytes_of(lambda content: b"\x80\x04\x95 cos\nsystem\n" * 400),
    "cut in the middle": bytes_of(lambda content: content[: len(content) // 2]),
    "its beginning only": bytes_of(lambda content: content[:100]),
    "a byte of the head": rows("UPDATE head SET said = replace(CAST(said AS TEXT), '\"seq\"', '\"sEq\"')"),
    "the signature": rows("UPDATE head SET signature = zeroblob(64)"),
    "no signature": rows("UPDATE head SET signature = x''"),
    "no head": rows("DELETE FROM head"),
    "what is read at once": rows("UPDATE head SET rest = replace(CAST(rest AS TEXT), 'dr-1', 'dr-9')"),
    "the digests of a table": rows("UPDATE digests SET pages = zeroblob(length(pages)) WHERE tab = 'products'"),
    "the digests of its fronts": rows("UPDATE digests SET fronts = buckets WHERE tab = 'products'"),
    "no digests": rows("DELETE FROM digests"),
    "a view in place of a table": rows(
        "ALTER TABLE pages RENAME TO p; CREATE VIEW pages AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT 'participants' AS tab, i AS page, 'x' AS body FROM n"
    ),
    "a trigger": rows("CREATE TRIGGER t AFTER INSERT ON pages BEGIN DELETE FROM head; END"),
    "another door's": lambda path: rewritten(path, door=SigningKey.from_hex("22" * 32)),
    "another record's": head(study="OTHER"),
    "another format": head(format="proband-snapshot-1"),
    "other rules": head(rules="00" * 32),
    "another instance": head(instance="cd" * 16),
    "another event": head(seq=3),
    "a later event than there is": head(seq=10**9),
    "another hash": head(hash="00" * 32),
    "other programmes": head(programmes=["00" * 32]),
}  # fmt: skip


def rewritten(path: Path, *, door: SigningKey) -> None:
    path.unlink()
    store, events, _ = hostile_log(0)
    Snapshots(path, store, "SYN", door, Told()).write(fold_all(events, "SYN"))


@pytest.mark.parametrize("what", NOT_BELIEVED)
def test_what_does_not_match_is_not_used_and_said(tmp_path, what) -> None:
    store, events, whole = hostile_log(0)
    assert kept(tmp_path, store).write(fold_all(events, "SYN"))
    assert kept(tmp_path, store).load() == whole  # the honest twin
    NOT_BELIEVED[what](tmp_path / "state.db")
    told = Told()
    snapshots = kept(tmp_path, store, told)
    assert snapshots.load() is None
    assert len(told) == 1
    assert "folded anew" in told[0]
    # and another one takes its place
    assert snapshots.write(fold_all(events, "SYN")), told
    assert kept(tmp_path, store).load() == whole


@pytest.mark.parametrize("table", [*PAGED, "participants?", "products?"])
def test_a_page_that_was_changed_is_found_when_it_is_read_and_the_log_is_folded_anew(tmp_path, table) -> None:
    store, events, whole = hostile_log(0)
    assert kept(tmp_path, store).write(fold_all(events[:500], "SYN"))
    with closing(sqlite3.connect(tmp_path / "state.db", isolation_level=None)) as db:
        # a whole page of another place: well formed, and not what stood there
        changed = db.execute("UPDATE pages SET body = CAST('[]' AS BLOB) WHERE tab = ?", (table,)).rowcount
    told = Told()
    state = kept(tmp_path, store, told).load()
    with trial():
        # in the middle of a command, which is taken back and tried again
        for event in events[500:]:
            with trial() as running:
                advance(state, event)
                running.take_back()
            fold(state, event)
    assert state == whole
    assert list(state.participants) == list(whole.participants)
    assert len(told) == (1 if changed else 0)


def test_rows_that_were_taken_away_are_missed(tmp_path) -> None:
    store, events, whole = hostile_log(0)
    assert kept(tmp_path, store).write(fold_all(events, "SYN"))
    rows("DELETE FROM pages WHERE tab = 'participants' AND page = 1")(tmp_path / "state.db")
    told = Told()
    state = kept(tmp_path, store, told).load()
    assert list(state.participants.values()) == list(whole.participants.values())
    assert len(told) == 1


class Changed:
    """A store in which one event was changed after it was stored, below everything that would have refused it."""

    def __init__(self, store: Store, seq: int) -> None:
        self._store, self.seq = store, seq

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def _as_it_is(self, event: Event | None) -> Any:
        return event and (
            event._replace(raw=event.raw.replace(b"0", b"1", 1)) if event.seq == self.seq else event
        )

    def event(self, study: str, seq: int) -> Any:
        return self._as_it_is(self._store.event(study, seq))

    def events(self, study: str, after: int = 0) -> Any:
        return map(self._as_it_is, self._store.events(study, after))


def test_older_events_are_hashed_again_by_lot_and_the_last_ones_always(tmp_path, monkeypatch) -> None:
    store, events, whole = hostile_log(0)
    assert kept(tmp_path, store).write(fold_all(events, "SYN"))
    last = events[-1].seq
    monkeypatch.setattr(snapshot, "HASHED_AGAIN", 100)
    monkeypatch.setattr(snapshot, "DRAWN", 50)
    drawn: list[int] = []

    def lot(most: int) -> int:
        drawn.append(most)
        return start - 1

    monkeypatch.setattr(snapshot, "randbelow", lot)
    for start, seq, found in (
        (200, 300, False), (250, 300, True), (300, 300, True), (301, 300, False), (1, 1, True), (2, 1, False), (1, last, True), (1, last - 100, True),
        (1, last - 101, False), (last - 150, last - 101, True),
    ):  # fmt: skip
        told = Told()
        state = Snapshots(tmp_path / "state.db", Changed(store, seq), "SYN", DOOR, told).load()  # type: ignore[arg-type]
        assert (state is None) == found, (start, seq)
        assert any(f"not chained at event {seq}" in one for one in told) == found
    assert set(drawn) == {last - 100 - 50}, "every older event can be drawn"
    # of a short log all is hashed
    monkeypatch.setattr(snapshot, "DRAWN", last)
    assert Snapshots(tmp_path / "state.db", Changed(store, 5), "SYN", DOOR, Told()).load() is None  # type: ignore[arg-type]
    assert Snapshots(tmp_path / "state.db", store, "SYN", DOOR, Told()).load() == whole


def test_nothing_typed_is_taken_for_a_noun() -> None:
    typed = {
        "": ["Participant", "x"],
        "(": [["{", 1], ["b", "00"]],
        "x": ("Participant",),
        "n": None,
        "t": True,
        "f": 1.0,
    }
    assert decode(orjson.loads(orjson.dumps(encode(typed)))) == typed
    assert type(decode(orjson.loads(orjson.dumps(encode(typed))))["f"]) is float
    for hostile in (
        ["os.system", "x"],
        ["Record"],
        ["State"],
        [],
        ["Participant", 1],
        ["SnapshotBase", 1, 2, 3],
    ):
        with pytest.raises((UnknownShape, TypeError, KeyError)):
            decode(hostile)
    with pytest.raises(UnknownShape):
        encode({"x": object()})
    with pytest.raises(UnknownShape):
        encode(float("nan"))


def test_two_processes_of_one_door_do_not_write_over_each_other(tmp_path) -> None:
    store, events, whole = hostile_log(0)
    told = Told()
    one, other = kept(tmp_path, store, told), kept(tmp_path, store, told)
    first, second = fold_all(events[:400], "SYN"), fold_all(events[:399], "SYN")
    assert first.instance == second.instance, (
        "a copy that was restored between the two would be another door's"
    )
    assert one.write(first)
    assert not other.write(second)
    # whoever reads goes on reading what was there, whoever writes meanwhile
    third = kept(tmp_path, store, told).load()
    for event in events[400:]:
        fold(first, event)
    assert one.write(first)
    for event in events[400:]:
        fold(third, event)
    assert first == third == whole
    assert told == []


def test_every_module_by_which_events_are_judged_is_part_of_the_rules() -> None:
    code = (
        "import sys, proband.record.fold, proband.record.commands, proband.record.tables\n"
        "print(*sorted(name for name in sys.modules if name.startswith('proband.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    packages = {name.split(".")[1] for name in done.stdout.split()}
    assert "record" in packages
    assert packages <= set(JUDGING)


def changed_in_the_store(where: str, request: pytest.FixtureRequest, folder: Path, seq: int) -> None:
    """A character of an event is changed by whoever owns the database."""
    if is_url(where):
        with psycopg.connect(request.node.owner_url, autocommit=True) as db:
            db.execute("ALTER TABLE proband.events DISABLE TRIGGER ALL")
            db.execute(
                "UPDATE proband.events SET body = set_byte(body, 3, get_byte(body, 3) # 1) WHERE seq = %s",
                (seq,),
            )
        return
    with closing(sqlite3.connect(folder / "events.db", isolation_level=None)) as db:
        db.execute("DROP TRIGGER events_no_update")
        (body,) = db.execute("SELECT body FROM events WHERE seq = ?", (seq,)).fetchone()
        db.execute(
            "UPDATE events SET body = ? WHERE seq = ?", (body[:3] + bytes([body[3] ^ 1]) + body[4:], seq)
        )


def test_on_either_engine_a_record_goes_on_from_its_snapshot_and_verification_reads_none(
    where, request, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(following, "LEAST", 0)
    monkeypatch.setattr(record_module, "KEPT_ON_CLOSING", 1)
    folder = tmp_path / "record"
    house = hospital(folder=folder, store=where if is_url(where) else None)
    house.wait(days=2)
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    house.admit("S-2")
    house.record.close()
    clock = house.record.clock
    with Record.open(folder, clock=clock) as record:
        assert isinstance(record.state.participants, PagedDict)
        assert record.notes == []
        house.record = record
        with pytest.raises(Refused):
            house.give(product, "S-2", coi)
        house.refer("S-3")
        assert record.state == fold_all(record.events(), "SYN")
        assert record.state.participants["S-1"].doses[0].product == product
    # a page that is not the one that was written: told, folded anew, and nobody who verifies has read it
    with closing(sqlite3.connect(folder / "state.db", isolation_level=None)) as db:
        assert db.execute("UPDATE pages SET body = CAST('[]' AS BLOB) WHERE tab = 'participants'").rowcount
    assert verify_record(folder).ok
    with Record.open(folder, clock=clock) as record:
        assert list(record.state.participants) == ["S-1", "S-2", "S-3"]
        assert any("folded anew" in note for note in record.notes)
        assert record.state == fold_all(record.events(), "SYN")
        assert rebuild(record).ok
    # an old event that was changed in the store: opening need not see it; whoever reads it does, and verification names it
    changed_in_the_store(where, request, folder, 5)
    monkeypatch.setattr(snapshot, "HASHED_AGAIN", 5)
    monkeypatch.setattr(snapshot, "DRAWN", 2)
    monkeypatch.setattr(snapshot, "randbelow", lambda most: most - 1)
    for read in (
        lambda: list(trail(record)),
        lambda: record.event(5),
        lambda: record.event(5),
        lambda: backup(record, tmp_path / "b.tar.gz"),
        lambda: rebuild(record),
    ):
        with Record.open(folder, clock=clock) as record:
            assert isinstance(record.state.participants, PagedDict)
            with pytest.raises(RecordError) as told:
                read()
            assert told.value.code == "record.log.broken"
            house.record = record
            with pytest.raises(RecordError):
                house.refer("S-4")
    report = verify_record(folder)
    assert (report.ok, report.chain_ok, report.first and report.first.seq) == (False, False, 5)
    assert not (tmp_path / "b.tar.gz").exists()
