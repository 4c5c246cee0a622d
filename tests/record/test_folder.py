"""The folder of a record: whose its files are, what its name may be, and what is noticed when the log beneath it changes."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from proband.record.backup import backup, copy_keys, restore
from proband.record.commands import Command
from proband.record.errors import RecordError
from proband.record.executing import HELD
from proband.record.heads import NewestHead
from proband.record.projection import rebuild
from proband.record.record import Record
from proband.record.store import open_store
from proband.record.store.postgres import PostgresStore

from .synthetic import Hospital, hospital, view


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "record"


def modes(folder: Path) -> dict[str, int]:
    """What everybody but the owner may do, by file."""
    return {str(one.relative_to(folder)): one.stat().st_mode & 0o077 for one in [folder, *folder.rglob("*")]}


def test_everything_is_the_owner_s_alone_also_after_a_restore(folder: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        house = hospital(folder=folder)
        house.refer("S-1")
        rebuild(house.record)
        made = backup(house.record, tmp_path / "b.tar.gz")
        assert set(modes(folder).values()) == {0}
        copy_keys(folder, tmp_path / "keys")
        house.record.close()
        restore(made.path, tmp_path / "restored", keys=tmp_path / "keys", clock=house.record.clock)
    finally:
        os.umask(before)
    assert made.path.stat().st_mode & 0o077 == 0
    assert set(modes(tmp_path / "restored").values()) == {0}
    assert set(modes(tmp_path / "keys" / "keys").values()) == {0}
    assert (tmp_path / "keys" / "keyring.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "study", ["../up", "a/b", "/etc", "", ".", "..", "a\\b", "x" * 80, "a\nb", "a\n", "-x", "a b"]
)
def test_a_study_s_identifier_is_a_name_and_no_path(tmp_path: Path, study: str) -> None:
    with pytest.raises(RecordError) as error:
        Record.create(tmp_path / "r", study=study, programme=view(), custodian="sys-1")
    assert error.value.code == "record.study"
    assert list(tmp_path.iterdir()) == []


def test_a_database_replaced_under_a_running_process_is_noticed_at_the_next_append(
    folder: Path, tmp_path: Path
) -> None:
    house = hospital(folder=folder)
    house.record.store.copy_to(tmp_path / "old.db")
    house.refer("S-1")
    # another file at the same path: what is written into the one that is open would be lost with it
    os.replace(tmp_path / "old.db", folder / "events.db")
    for beside in ("events.db-wal", "events.db-shm"):
        (folder / beside).unlink()
    with pytest.raises(RecordError) as error:
        house.refer("S-2")
    assert error.value.code == "record.store.replaced"
    with pytest.raises(RecordError) as error:
        Record.open(folder)
    assert error.value.code == "record.log.cut"
    (folder / "events.db").unlink()
    with pytest.raises(RecordError) as error:
        house.refer("S-3")
    assert error.value.code == "record.store.replaced"


@pytest.mark.parametrize("shorter", [True, False])
def test_another_log_in_the_same_place_is_noticed_by_its_head(where: str, shorter: bool) -> None:
    """The rows themselves replaced, in place: shorter than what was read, or as long and other."""
    store = open_store(where, create=True)
    first = store.append("s", [b'{"key":"a"}', b'{"key":"b"}'], ["a", "b"])
    seen, digest = (5, bytes(32)) if shorter else (2, first[0].hash)
    with pytest.raises(RecordError) as error:
        store.append("s", [b'{"key":"c"}'], ["c"], expected=seen, previous=digest)
    assert error.value.code == "record.store.replaced"
    assert store.head("s") == (2, first[1].hash)
    assert store.append("s", [b'{"key":"c"}'], ["c"], expected=2, previous=first[1].hash)[0].seq == 3
    store.close()


def test_the_newest_head_stands_outside_with_every_commit_and_in_the_mirror(
    folder: Path, tmp_path: Path
) -> None:
    mirror = tmp_path / "second" / "site"
    house = hospital(folder=folder, mirror=mirror)
    heads = house.record.heads
    assert heads is not None
    for n in range(5):
        house.refer(f"S-{n}")
        here, there = heads.newest.read(), NewestHead(mirror / "SYN.newest").read()
        assert here == there == (house.record.state.seq, house.record.state.hash)
    # the mirror is away: that is told, and nothing is refused
    assert heads.mirror is not None
    heads.mirror.close()
    shutil.rmtree(mirror)
    mirror.parent.chmod(0o700)
    mirror.write_text("in the way")
    house.refer("S-9")
    assert heads.behind is not None
    assert str(mirror) in heads.behind
    assert heads.newest.read() == (house.record.state.seq, house.record.state.hash)
    house.record.close()
    # whoever opens the record next is told too
    again = Record.open(folder, clock=house.record.clock)
    assert again.heads is not None
    assert again.heads.behind is not None
    assert "it is not there" in again.heads.behind
    mirror.unlink()
    Hospital(again, house._clock).refer("S-10")
    assert again.heads.behind is None
    again.close()


@pytest.mark.parametrize("torn", [0, 1])
def test_a_torn_slot_leaves_the_head_before_it(tmp_path: Path, torn: int) -> None:
    newest = NewestHead(tmp_path / "s.newest")
    for seq in (1, 2, 3):
        newest.write(seq, b'{"seq":%d,"hash":"%s"}' % (seq, b"ab" * 32))
    content = bytearray(newest.path.read_bytes())
    content[torn * NewestHead.SLOT + 20 : torn * NewestHead.SLOT + 80] = bytes(60)
    newest.path.write_bytes(bytes(content))
    assert newest.read() == ((3 if torn == 0 else 2), bytes.fromhex("ab" * 32))


@pytest.mark.parametrize("ask", [
    lambda store: store.head("s"), lambda store: list(store.rows("s")), lambda store: list(store.events("s")),
    lambda store: list(store.seals("s")), lambda store: store.by_key("s", "a"), lambda store: store.studies(),
    lambda store: store.append("s", [b'{"key":"z"}'], ["z"]), lambda store: store.exclusive("s").__enter__(),
], ids=["head", "rows", "events", "seals", "by_key", "studies", "append", "exclusive"])  # fmt: skip
def test_every_error_of_a_connection_is_ours(
    where: str, ask: Callable, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    store = open_store(where, create=True)
    if isinstance(store, PostgresStore):
        # the server ends the connection, and takes no new one
        with psycopg.connect(request.node.owner_url, dbname="postgres", autocommit=True) as db:
            name = psycopg.conninfo.conninfo_to_dict(request.node.owner_url)["dbname"]
            db.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    else:
        store._db.close()
    with pytest.raises(RecordError) as error:
        ask(store)
    assert error.value.code.startswith("record.store.")
    assert error.value.mend


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_eight_writers_wait_for_each_other_and_none_is_refused(
    postgres_database: Callable[[], tuple[str, str]],
) -> None:
    """Every command of every writer is recorded; a race that is lost is waited out, not tried again until it is given up."""
    _, url = postgres_database()
    house = hospital(url)
    failed: list[BaseException] = []

    def work(name: int) -> None:
        record = Record(open_store(url), "SYN", people=house.record.people, clock=house.record.clock)
        try:
            for n in range(12):
                record.execute(
                    Command(
                        "participant.refer", f"S-{name}-{n}", actor="dr-1", role="physician", site="north"
                    )
                )
        except BaseException as error:
            failed.append(error)
        finally:
            record.store.close()

    writers = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    house.record.catch_up()
    assert len(house.record.state.participants) == 96
    assert house.record.state.invalid == {}


def test_whoever_lost_a_race_goes_on_alone(where: str) -> None:
    """After a lost race the store is held while one reads, judges and appends: the second attempt cannot be lost."""
    house = hospital(where)
    other = Hospital(
        Record(open_store(where), "SYN", people=house.record.people, clock=house.record.clock), house._clock
    )
    honest, raced = house.record.store.append, []

    def raced_append(*arguments, **options):
        if not raced:
            raced.append(1)
            other.refer("S-first")
        return honest(*arguments, **options)

    house.record.store.append = raced_append  # type: ignore[method-assign]
    house.refer("S-second")
    assert set(house.record.state.participants) == {"S-first", "S-second"}
    other.record.store.close()


def test_whoever_lost_a_race_runs_none_for_a_while(where: str) -> None:
    """What loses was judged, signed and folded for nothing: among many writers one that lost holds the store from the beginning, and later tries again."""
    house = hospital(where)
    other = Hospital(
        Record(open_store(where), "SYN", people=house.record.people, clock=house.record.clock), house._clock
    )
    store, told = house.record.store, []
    honest, exclusive = store.append, store.exclusive

    def raced_append(*arguments, **options):
        told.append("append")
        if told == ["append"]:
            other.refer("S-first")
        return honest(*arguments, **options)

    def held(study):
        told.append("held")
        return exclusive(study)

    store.append = raced_append  # type: ignore[method-assign]
    store.exclusive = held  # type: ignore[method-assign]
    for number in range(HELD + 2):
        house.refer(f"S-{number}")
        other.refer(f"S-other-{number}")
    # the first was tried twice; then each is judged once, with the store held, and after some again without
    assert told == ["append"] + ["held", "append"] * HELD + ["append"] * 2
    assert house.record.catch_up() == other.record.catch_up()
    assert len(house.record.state.participants) == 2 * HELD + 5
    assert house.record.state.invalid == {}
    other.record.store.close()
