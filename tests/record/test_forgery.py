"""What a forger can do, by what is in the forger's hands, and where it is found: each row of the table in ``docs/record.md``."""

from __future__ import annotations

import inspect
import sqlite3
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from proband.record.backup import backup, copy_keys, restore
from proband.record.commands import Command, Signature
from proband.record.enrolment import founding_anchor
from proband.record.errors import RecordError, Refused
from proband.record.events import canonical
from proband.record.heads import SigningKey
from proband.record.record import Record
from proband.record.store import open_store
from proband.record.verify import VerifyReport, verify_record

from .synthetic import Hospital, hospital

PAGE = Path(__file__).resolve().parents[2] / "docs" / "record.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "record"


@pytest.fixture
def house(folder: Path) -> Hospital:
    """One person treated, a second one enrolled; closed, as a forger finds it."""
    house = hospital(folder=folder)
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    house.admit("S-2")
    house.record.close()
    return house


def anchor_of(folder: Path) -> str:
    store = open_store(folder / "events.db")
    try:
        return founding_anchor(next(store.events("SYN")).body["data"])
    finally:
        store.close()


def rows(folder: Path) -> list[tuple[int, str, bytes, bytes]]:
    store = open_store(folder / "events.db")
    try:
        return list(store.rows("SYN"))
    finally:
        store.close()


def into(folder: Path, body: dict[str, Any], seal: bytes | None = None) -> int:
    """An event put in by plain SQL, with the admitting function that the trigger asks for defined by the forger."""
    seq, _, previous, _ = rows(folder)[-1]
    raw = canonical(body)
    db = sqlite3.connect(folder / "events.db", isolation_level=None)
    db.create_function("proband_admit", 0, lambda: 1)
    db.execute("INSERT INTO events (study, seq, key, hash, body, seal) VALUES ('SYN', ?, ?, ?, ?, ?)",
               (seq + 1, body["key"], sha256(previous + raw).digest(), raw, seal))  # fmt: skip
    db.close()
    return seq + 1


def last_like(folder: Path, event: str) -> dict[str, Any]:
    return [orjson.loads(body) for _, _, _, body in rows(folder) if orjson.loads(body)["event"] == event][-1]


def found(folder: Path, **options: Any) -> tuple[bool, set[str], int | None]:
    report = verify_record(folder, **options)
    kinds = {finding.kind for finding in report.findings}
    return report.ok, kinds, report.first.seq if report.first else None


def refused_opening(folder: Path) -> str:
    with pytest.raises(RecordError) as error:
        Record.open(folder)
    return error.value.code


# with the file of the database


def test_file_an_event_put_in(house: Hospital, folder: Path) -> None:
    """Every gate passes it: a referral by a physician. It is found at that event, and the record is not opened on it."""
    forged = last_like(folder, "participant.referred") | {"subject": "S-77", "key": "forged"}
    seq = into(folder, forged)
    ok, kinds, first = found(folder)
    assert not ok
    assert "unsealed" in kinds
    assert first == seq
    assert refused_opening(folder) == "record.log.unsealed"


def test_file_a_seal_copied_from_another_event(house: Hospital, folder: Path) -> None:
    store = open_store(folder / "events.db")
    seal = list(store.seals("SYN"))[-1][1]
    store.close()
    seq = into(folder, last_like(folder, "participant.referred") | {"subject": "S-77", "key": "forged"}, seal)
    ok, kinds, first = found(folder)
    assert (ok, first) == (False, seq)
    assert "unsealed" in kinds
    assert refused_opening(folder) == "record.log.unsealed"


def test_file_a_treatment_forged_whole(house: Hospital, folder: Path) -> None:
    """Consent, check and dose for another person, each with the signatures of the honest ones: found at the first."""
    first_forged = None
    for event in ("bedside.verified", "product.administered"):
        like = last_like(folder, event)
        data = like["data"] | {"participant": "S-2", "wristband": "S-2"}
        seq = into(folder, like | {"key": f"forged-{event}", "data": data})
        first_forged = first_forged or seq
    ok, kinds, first = found(folder)
    assert (ok, first) == (False, first_forged)
    assert {"unsealed", "invalid"} <= kinds


def test_file_the_tail_cut_off(house: Hospital, folder: Path) -> None:
    last = rows(folder)[-1][0]
    db = sqlite3.connect(folder / "events.db", isolation_level=None)
    db.execute("DROP TRIGGER events_no_delete")
    db.execute("DELETE FROM events WHERE seq > ?", (last - 3,))
    db.close()
    ok, kinds, first = found(folder)
    assert (ok, first) == (False, last - 2)
    assert "cut" in kinds
    assert refused_opening(folder) == "record.log.cut"


def test_file_a_byte_flipped(house: Hospital, folder: Path) -> None:
    seq, _, _, body = rows(folder)[-2]
    place = body.index(b'"data"') + 2
    changed = bytes([*body[:place], body[place] ^ 1, *body[place + 1 :]])
    db = sqlite3.connect(folder / "events.db", isolation_level=None)
    db.execute("DROP TRIGGER events_no_update")
    db.execute("UPDATE events SET body = ? WHERE seq = ?", (changed, seq))
    db.close()
    ok, kinds, first = found(folder)
    assert (ok, first) == (False, seq)
    assert "changed" in kinds
    assert refused_opening(folder) == "record.log.broken"


def test_file_and_heads_everything_written_anew(house: Hospital, folder: Path, tmp_path: Path) -> None:
    """The same study, begun again with keys of the forger's own: consistent, and not the one whose fingerprint was kept."""
    anchor = anchor_of(folder)
    assert verify_record(folder, anchors=[anchor]).origin is True
    forged = hospital(folder=tmp_path / "forged")
    forged.admit("S-1")
    forged.record.close()
    report = verify_record(tmp_path / "forged")
    assert report.ok
    assert report.origin is None
    assert "origin not proven" in str(report)
    ok, kinds, first = found(tmp_path / "forged", anchors=[anchor])
    assert (ok, kinds, first) == (False, {"anchor"}, 1)


def test_file_a_custodian_of_the_forger_s(house: Hospital, folder: Path) -> None:
    """The founding event changed to name the forger's keys, all hashes made anew: the founding key does not show possession, no seal holds."""
    private = SigningKey.generate()
    opened = orjson.loads(rows(folder)[0][3])
    opened["data"]["device"] = private.public.hex()
    whole = rows(folder)
    db = sqlite3.connect(folder / "events.db", isolation_level=None)
    db.execute("DROP TRIGGER events_no_update")
    previous, changes = bytes(32), []
    for seq, _, _, body in whole:
        raw = canonical(opened) if seq == 1 else body
        previous = sha256(previous + raw).digest()
        changes.append((previous, raw, seq))
    db.executemany("UPDATE events SET hash = ?, body = ? WHERE seq = ?", changes)
    db.close()
    ok, kinds, first = found(folder)
    assert (ok, first) == (False, 1)
    assert "unsealed" in kinds


# with the role of the database


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_role_an_event_appended_by_the_server_s_function(
    tmp_path: Path, postgres_database: Callable[[], tuple[str, str]]
) -> None:
    _, url = postgres_database()
    house = hospital(folder=tmp_path / "record", store=url)
    house.admit("S-1")
    like = next(
        event.body for event in house.record.events() if event.body["event"] == "participant.referred"
    )
    with psycopg.connect(url, autocommit=True) as db:
        raw = canonical(like | {"subject": "S-77", "key": "forged"})
        row = db.execute(
            "SELECT new_seq FROM proband.append('SYN', NULL, 'forged', %s, NULL, NULL)", (raw,)
        ).fetchone()
    assert row is not None
    # a running process notices at its next command
    with pytest.raises(RecordError) as error:
        house.refer("S-3")
    assert error.value.code == "record.log.unsealed"
    house.record.store.close()
    ok, kinds, first = found(tmp_path / "record")
    assert (ok, first) == (False, row[0])
    assert "unsealed" in kinds
    assert refused_opening(tmp_path / "record") == "record.log.unsealed"


# with one stolen key


def test_stolen_key_of_a_person_without_a_door(house: Hospital, folder: Path) -> None:
    """It signs in that person's name, and gets nothing in: no door seals it."""
    record = Record.open(folder, clock=house.record.clock)
    stolen = record.people.get("dr-1")
    record.close()
    outside = hospital()
    assert stolen is not None
    outside.admit("S-1")
    with pytest.raises(Refused) as refused:
        outside.record.execute(
            Command("consent.give", "S-1", {"version": "text-1", "language": "en", "age_years": 40, "by": "participant",
                    "capacity": "has", "teach_back": [True, True]}, actor="dr-1", role="physician", site="south",
                    signatures=[Signature("dr-1", "physician", "scripted", by=stolen)])
        )  # fmt: skip
    assert "gate.signature.unknown" in [one.code for one in refused.value.refusals]


def test_stolen_key_of_a_door_without_persons(house: Hospital, folder: Path) -> None:
    """It seals what the gates pass unsigned; whatever needs a person's signature is void in every replay."""
    record = Record.open(folder, clock=house.record.clock)
    record.people.folder = None
    record.people._known.clear()
    with pytest.raises(Refused) as refused:
        record.execute(Command("staff.grant", "thief", {"role": "physician", "sites": ["north"]}, actor="sys-1", role="custodian",
                               site="*", signatures=[Signature("sys-1", "custodian", "scripted")]))  # fmt: skip
    assert "private key" in str(refused.value)
    # around the door's own gates, sealed with the stolen key
    like = next(event.body for event in record.events() if event.body["event"] == "staff.granted")
    like["data"]["role"] = "physician"
    seq = record.state.seq
    record._gates = {}
    record._append(like | {"subject": "thief", "key": "forged"}, "forged")
    record.close()
    ok, kinds, first = found(folder)
    assert (ok, kinds, first) == (False, {"invalid"}, seq + 1)


def test_stolen_keys_of_door_and_one_person_do_what_that_person_may_alone(
    house: Hospital, folder: Path
) -> None:
    """Nothing shows it but what that person says; two-person acts stay out of reach, and a revocation ends it."""
    record = Record.open(folder, clock=house.record.clock)
    thief = Hospital(record, house._clock)
    record.people.folder = None
    record.people._known = {
        "qa-1": record.people._known.get("qa-1")
        or SigningKey.load(folder / "keys" / "persons" / f"{b'qa-1'.hex()}.key")
    }
    with pytest.raises(Refused):
        thief.do("staff.grant", "thief", {"role": "quality", "sites": ["north"]}, actor="sys-1", site="*")
    with pytest.raises(Refused) as refused:
        thief.bedside("BAG-1", "S-1", "L1")
    assert "private key" in str(refused.value)
    record.close()
    assert verify_record(folder).ok


# with the backup


@pytest.fixture
def saved(house: Hospital, folder: Path, tmp_path: Path) -> tuple[Path, Path]:
    record = Record.open(folder, clock=house.record.clock)
    made = backup(record, tmp_path / "b.tar.gz")
    record.close()
    copy_keys(folder, tmp_path / "keys")
    return made.path, tmp_path / "keys"


def test_backup_holds_no_key(saved: tuple[Path, Path], folder: Path) -> None:
    import gzip

    content = gzip.decompress(saved[0].read_bytes())
    private = [path.read_text().strip() for path in (folder / "keys").rglob("*.key")]
    assert len(private) > 10
    assert not any(text.encode() in content or bytes.fromhex(text) in content for text in private)


def test_backup_packed_anew_is_not_unpacked(saved: tuple[Path, Path], tmp_path: Path) -> None:
    """Another list of files, or other files than the list says: refused before anything is written into the record's folder."""
    import io
    import tarfile

    with tarfile.open(saved[0]) as archive:
        members = [(member, archive.extractfile(member).read()) for member in archive if member.isreg()]  # type: ignore[union-attr]

    def packed(changes: Callable[[list[Any]], list[Any]]) -> Path:
        path = tmp_path / "forged.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            for member, content in changes(list(members)):
                entry = tarfile.TarInfo(member.name)
                entry.size, entry.type, entry.linkname = len(content), member.type, member.linkname
                archive.addfile(entry, io.BytesIO(content))
        return path

    def named(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd" if kind == tarfile.SYMTYPE else ""
        return entry

    cases: list[tuple[str, Callable[[list[Any]], list[Any]]]] = [
        ("record.restore.content", lambda all: [*all, (named("../../escaped"), b"x")]),
        ("record.restore.content", lambda all: [*all, (named("/tmp/escaped"), b"x")]),
        ("record.restore.content", lambda all: [*all, (named("heads/link", tarfile.SYMTYPE), b"")]),
        ("record.restore.content", lambda all: [*all, all[-1]]),
        ("record.restore.content", lambda all: all[1:]),
        ("record.restore.damaged", lambda all: all[:-1]),
        ("record.restore.damaged", lambda all: [*all[:-1], (all[-1][0], all[-1][1] + b"\n")]),
        ("record.restore.signature", lambda all: [(all[0][0], all[0][1].replace(b"SYN", b"NYS")), *all[1:]]),
        ("record.restore.size", lambda all: [(all[0][0], b" " * (2 << 20)), *all[1:]]),
        ("record.restore.damaged", lambda all: [*all[:2], *((m, c + bytes(8 << 20)) for m, c in all[2:])]),
    ]
    for code, change in cases:
        target = tmp_path / "target"
        with pytest.raises(RecordError) as error:
            restore(packed(change), target, keys=saved[1])
        assert error.value.code == code
        assert not target.exists()
    assert not (tmp_path / "escaped").exists()


def test_backup_played_back_is_another_instance(
    saved: tuple[Path, Path], house: Hospital, folder: Path, tmp_path: Path
) -> None:
    """An old state put back: it says that it is a copy, and the heads of the one it was copied from do not fit it."""
    anchor = anchor_of(folder)
    record = Record.open(folder, clock=house.record.clock)
    Hospital(record, house._clock).refer("S-50")
    instance = record.state.instance
    record.close()
    assert restore(saved[0], tmp_path / "again", keys=saved[1], clock=house.record.clock).ok
    copy = Record.open(tmp_path / "again", clock=house.record.clock)
    assert copy.state.kinds[-1] == "record.restored"
    assert copy.state.instance != instance
    copy.close()
    assert verify_record(tmp_path / "again", anchors=[anchor]).ok
    # the fork is seen by whoever holds the heads of the other one
    report: VerifyReport = verify_record(tmp_path / "again", heads=folder / "heads" / "SYN.jsonl")
    assert not report.ok
    assert {finding.kind for finding in report.findings} & {"cut", "rewritten"}


def test_the_table_on_the_page_names_every_row() -> None:
    """Each test of the three modules is a row of a table, and each row a test."""
    from . import test_forgery_of_allocation, test_forgery_of_signatures

    here = {
        name.removeprefix("test_")
        for module in (sys.modules[__name__], test_forgery_of_signatures, test_forgery_of_allocation)
        for name, one in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("test_") and one.__module__ == module.__name__ and name != "test_the_table_on_the_page_names_every_row"
    }  # fmt: skip
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    named = {
        line.split("`")[1]
        for line in lines
        if line.split("`")[1].split("_")[0] in ("file", "role", "stolen", "backup", "mirror", "vault")
    }
    assert named == here
