"""Files of the log as they were laid out before: used as they are, by the same rules, and never written anew."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.record.backup import backup, copy_keys, restore
from proband.record.chain import GENESIS, walk
from proband.record.errors import RecordError
from proband.record.events import canonical
from proband.record.record import Record
from proband.record.store import Store, open_store
from proband.record.verify import verify_record

from .frozen_logs import thaw
from .test_frozen_logs import DIFFERING, go_on

#: word for word as the program wrote it until November 2026
BEFORE = """
CREATE TABLE IF NOT EXISTS events (
    study TEXT NOT NULL,
    seq   INTEGER NOT NULL,
    key   TEXT NOT NULL,
    hash  BLOB NOT NULL,
    body  BLOB NOT NULL,
    seal  BLOB,
    PRIMARY KEY (study, seq)
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS events_key ON events (study, key);
CREATE TRIGGER IF NOT EXISTS events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only: an event is never changed'); END;
CREATE TRIGGER IF NOT EXISTS events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only: an event is never deleted'); END;
CREATE TRIGGER IF NOT EXISTS events_one_way_in BEFORE INSERT ON events WHEN proband_admit() IS NOT 1
BEGIN SELECT RAISE(ABORT, 'the log is appended by the record alone'); END;
"""


def made_before(path: Path) -> Path:
    """A file of the log as the program made it before, empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(BEFORE)
    return path


def schema(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [
            row[0] for row in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        ]


@pytest.fixture(params=["placed", "numbered"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The path of an empty log in each layout."""
    path = tmp_path / "log.db"
    return made_before(path) if request.param == "numbered" else path


def bodies(*names: str) -> tuple[list[bytes], list[str]]:
    return [canonical({"key": name, "data": {"n": 1}}) for name in names], list(names)


def outcome(act: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What an act gave, or the code of what refused it."""
    try:
        return act(*arguments, **named)
    except RecordError as error:
        return type(error).__name__, error.code


def everything(store: Store) -> list[Any]:
    found: list[Any] = [store.studies()]
    for study in ("one", "two", "nobody's"):
        found += [
            store.head(study), list(store.rows(study)), list(store.seals(study)), list(store.events(study, 2)),
            [store.event(study, seq) for seq in (-1, 0, 1, 3, 10**6, 1 << 40, 1 << 50)], [store.by_key(study, key) for key in ("k1", "k7", "")],
        ]  # fmt: skip
    return found


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]), st.integers(1, 53), st.sampled_from(["seen", "any", "old", "ahead", "other"]), st.integers(0, 9),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=25, deadline=None, derandomize=True)
@given(moves=MOVES, again=st.booleans())
def test_whatever_is_appended_both_layouts_answer_alike(tmp_path_factory, moves, again) -> None:
    """Several studies, commits of one and of many, heads that moved, keys that are there: the same events, and the same refusals."""
    folder = tmp_path_factory.mktemp("both")
    paths = [folder / "placed.db", made_before(folder / "numbered.db")]
    stores = [open_store(path, create=True) for path in paths]
    try:
        for turn, (study, count, seen, twice) in enumerate(moves):
            # now and then a key that may be there already
            raw, keys = bodies(*(f"k{n if n == twice else (turn, n)}".replace(" ", "") for n in range(count)))
            seq, digest = stores[0].head(study)
            expected = {"seen": seq, "any": None, "old": max(0, seq - 1), "ahead": seq + 1, "other": seq}[
                seen
            ]
            previous = {"other": bytes(31) + b"\1", "any": None}.get(seen, digest)
            said = {"expected": expected, "previous": previous, "seal": b"s"}
            told = [outcome(store.append, study, raw, keys, **said) for store in stores]
            assert told[0] == told[1]
            if again:
                for place, path in enumerate(paths):
                    stores[place].close()
                    stores[place] = open_store(path)
        first, second = map(everything, stores)
        assert first == second
        assert all(walk(stores[0].rows(study))[0].broken is None for study in ("one", "two"))
    finally:
        for store in stores:
            store.close()


def test_a_file_stays_laid_out_as_it_is(log: Path) -> None:
    with closing(open_store(log, create=True)) as store:
        store.append("s", *bodies("a", "b"))
    before = schema(log)
    with closing(open_store(log)) as store:
        store.append("s", *bodies("c"), expected=2, previous=store.head("s")[1])
        assert [seq for seq, *_ in store.rows("s")] == [1, 2, 3]
    assert schema(log) == before


def test_an_append_writes_two_trees_where_it_wrote_three(tmp_path: Path) -> None:
    """Pages in the write-ahead file, counted: each commit writes every tree that it touches."""
    written = {}
    for path in (tmp_path / "placed.db", made_before(tmp_path / "numbered.db")):
        with closing(open_store(path, create=True)) as store:
            store._db.execute("PRAGMA wal_autocheckpoint = 0")  # type: ignore[attr-defined]
            seq, digest = 0, GENESIS
            for number in range(200):
                (event,) = store.append("s", *bodies(f"{number:032d}"), expected=seq, previous=digest)
                seq, digest = event.seq, event.hash
            written[path.stem] = (path.parent / f"{path.name}-wal").stat().st_size / (4096 + 24) / 200
    assert written["placed"] < 2.5
    assert written["numbered"] - written["placed"] > 0.8


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE studies SET study = 'other'",
        "UPDATE studies SET number = 7",
        "DELETE FROM studies",
        "INSERT INTO studies VALUES (7, 'other')",
        "INSERT OR REPLACE INTO studies VALUES (0, 'other')",
    ],
)
def test_where_a_study_lies_is_as_append_only_as_its_events(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "log.db"
    with closing(open_store(path, create=True)) as store:
        store.append("s", *bodies("a"))
        with pytest.raises(sqlite3.Error):
            store._db.execute(statement)  # type: ignore[attr-defined]
        with closing(sqlite3.connect(path, isolation_level=None)) as db, pytest.raises(sqlite3.Error):
            db.execute(statement)
        assert store.studies() == ["s"]
        assert store.head("s")[0] == 1


def test_a_row_in_the_place_of_another_study_is_no_event_of_it(tmp_path: Path) -> None:
    """A forger who takes the guards away and puts a row between the places of a study makes a gap, and no event."""
    path = tmp_path / "log.db"
    with closing(open_store(path, create=True)) as store:
        store.append("one", *bodies("a", "b", "c"))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for name in ("events_no_update", "events_one_way_in"):
            db.execute(f"DROP TRIGGER {name}")
        with pytest.raises(sqlite3.IntegrityError):
            # a number that is not that of its place
            db.execute("UPDATE events SET seq = 7 WHERE place = 2")
        db.execute("UPDATE events SET study = 'two' WHERE place = 2")
    with closing(open_store(path)) as store:
        broken = walk(store.rows("one"))[0].broken
        assert broken is not None
        assert (broken.seq, broken.kind) == (2, "missing")
        assert store.event("one", 2) is None


def test_what_is_rolled_back_gives_no_study_a_place(tmp_path: Path) -> None:
    with closing(open_store(tmp_path / "log.db", create=True)) as store:
        for study in ("one", "two"):
            assert outcome(store.append, study, *bodies("a", "a")) == (
                "Conflict",
                "record.conflict.idempotency",
            )
        for study in ("two", "one"):
            store.append(study, *bodies("a"))
        assert store.studies() == ["one", "two"]
        assert [store.head(study)[0] for study in ("one", "two")] == [1, 1]


def test_compacting_the_file_leaves_every_event_where_it_was(log: Path) -> None:
    rng = random.Random(3)
    with closing(open_store(log, create=True)) as store:
        for turn in range(12):
            store.append(rng.choice(["one", "two"]), *bodies(f"{turn}a", f"{turn}b"))
        before = everything(store)
    with closing(sqlite3.connect(log)) as db:
        db.execute("VACUUM")
    with closing(open_store(log)) as store:
        assert everything(store) == before


@pytest.fixture(params=sorted(DIFFERING))
def thawed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A frozen log of an earlier release, in a file that is laid out as that release did it."""
    made_before(tmp_path / "record" / "events.db")
    thaw(request.param, tmp_path / "record")
    return tmp_path / "record"


def test_the_folder_of_an_earlier_release_opens_verifies_and_goes_on(thawed: Path) -> None:
    before = schema(thawed / "events.db")
    assert "place" not in " ".join(before)
    assert verify_record(thawed).ok
    house = go_on(thawed)
    last = house.record.state.seq
    house.refer("S-90")
    house.screen("S-90")
    house.record.close()
    with Record.open(thawed) as record:
        assert record.state.seq > last
        assert "S-90" in record.state.participants
    assert verify_record(thawed).ok
    assert schema(thawed / "events.db") == before


def test_forgeries_are_found_in_a_file_of_before_as_well(tmp_path: Path) -> None:
    """The table of attacks is run on files of today; these are its rows that touch the table of events, on a file of before."""
    made_before(tmp_path / "record" / "events.db")
    thaw("envelope-5", tmp_path / "record")
    attacks = {
        "changed": "UPDATE events SET body = CAST(replace(CAST(body AS TEXT), '+00:00', '+01:00') AS BLOB) WHERE seq = 9",
        "missing": "DELETE FROM events WHERE seq = 9",
        "cut": "DELETE FROM events WHERE seq > (SELECT max(seq) - 3 FROM events)",
    }
    for kind, statement in attacks.items():
        folder = tmp_path / kind
        shutil.copytree(tmp_path / "record", folder)
        with closing(sqlite3.connect(folder / "events.db", isolation_level=None)) as db:
            for name in ("events_no_update", "events_no_delete", "events_one_way_in"):
                db.execute(f"DROP TRIGGER {name}")
            db.execute(statement)
        assert kind in {finding.kind for finding in verify_record(folder).findings}
        with pytest.raises(RecordError):
            Record.open(folder)


def test_a_backup_of_a_file_of_before_is_restored_into_one_of_today(tmp_path: Path) -> None:
    made_before(tmp_path / "record" / "events.db")
    thaw("envelope-5", tmp_path / "record")
    house = go_on(tmp_path / "record")
    rows = list(house.record.store.rows("SYN"))
    backup(house.record, tmp_path / "it.backup")
    copy_keys(tmp_path / "record", tmp_path / "keys")
    house.record.close()
    assert restore(
        tmp_path / "it.backup", tmp_path / "new", keys=tmp_path / "keys", clock=house.record.clock
    ).ok
    assert "place" in " ".join(schema(tmp_path / "new" / "events.db"))
    with closing(open_store(tmp_path / "new" / "events.db")) as store:
        assert list(store.rows("SYN"))[: len(rows)] == rows
