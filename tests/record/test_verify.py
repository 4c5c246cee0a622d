"""What verification finds, on both engines, and that nothing gets into the truth around the commands."""

from __future__ import annotations

import random
import sqlite3
import time
from hashlib import sha256
from pathlib import Path

import orjson
import psycopg
import pytest

from proband.record import confidential
from proband.record.backup import backup, copy_keys, drill, restore
from proband.record.commands import Command, Signature
from proband.record.errors import RecordError, Refused
from proband.record.events import canonical
from proband.record.export import export
from proband.record.fold import fold_all
from proband.record.heads import SigningKey, trusted_keys
from proband.record.projection import TableFile, all_rows, differences, rebuild
from proband.record.record import Record
from proband.record.store import open_store
from proband.record.vault import VaultError
from proband.record.verify import verify_record, verify_store

from .synthetic import WHY, Hospital, hospital, shown, view
from .tampering import raw

CUSTODIAN = {"actor": "sys-1", "role": "custodian", "site": "*"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "record"


@pytest.fixture
def house(folder: Path) -> Hospital:
    house = hospital(folder=folder)
    for n in (1, 2):
        house.admit(f"S-{n}")
        product, coi, _ = house.ready(f"S-{n}", str(n))
        house.give(product, f"S-{n}", coi)
        house.wait(days=3)
        house.record.sign_head()
    return house


def kinds(report) -> set[str]:
    return {finding.kind for finding in report.findings}


def test_a_whole_record_verifies(house: Hospital, folder: Path) -> None:
    house.record.close()
    report = verify_record(folder)
    assert report.ok, report
    assert report.events == report.covered
    assert report.heads >= 2


def test_one_flipped_byte_is_named(house: Hospital, folder: Path) -> None:
    house.record.close()
    db = sqlite3.connect(folder / "events.db")
    (body,) = db.execute("SELECT body FROM events WHERE seq = 40").fetchone()
    db.close()
    flipped = bytes([*body[:60], body[60] ^ 1, *body[61:]])
    raw(folder, "UPDATE events SET body = ? WHERE seq = 40", flipped)
    report = verify_record(folder)
    assert not report.ok
    assert report.first is not None
    assert (report.first.seq, report.first.kind) == (40, "changed")


def test_a_cut_tail_is_named(house: Hospital, folder: Path) -> None:
    house.record.close()
    last = verify_record(folder).events
    raw(folder, "DELETE FROM events WHERE seq > ?", last - 5)
    report = verify_record(folder)
    assert report.chain_ok
    assert not report.ok
    assert report.first is not None
    assert (report.first.seq, report.first.kind) == (last - 4, "cut")


def test_a_rewritten_history_is_placed_between_two_heads(house: Hospital, folder: Path) -> None:
    house.record.close()
    heads = [orjson.loads(line)["seq"] for line in (folder / "heads" / "SYN.jsonl").read_bytes().splitlines()]
    changed = heads[-1] - 3
    store = sqlite3.connect(folder / "events.db")
    rows = store.execute("SELECT seq, key, body FROM events ORDER BY seq").fetchall()
    store.close()
    previous, new = bytes(32), []
    for seq, _, body in rows:
        body = body.replace(b'"offset":"+00:00"', b'"offset":"+01:00"') if seq == changed else body
        previous = sha256(previous + body).digest()
        new.append((previous, body, seq))
    db = sqlite3.connect(folder / "events.db", isolation_level=None)
    db.execute("DROP TRIGGER events_no_update")
    db.executemany("UPDATE events SET hash = ?, body = ? WHERE seq = ?", new)
    db.close()
    report = verify_record(folder)
    assert report.chain_ok
    assert not report.heads_ok
    (finding,) = [finding for finding in report.findings if finding.kind == "rewritten"]
    assert finding.seq is not None
    assert finding.seq <= changed
    earlier = [seq for seq in heads if seq < changed]
    assert finding.seq == max(earlier) + 1


def test_replaced_heads_and_a_stranger_s_key_are_found(house: Hospital, folder: Path) -> None:
    house.record.close()
    path = folder / "heads" / "SYN.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    forged = orjson.loads(lines[-1]) | {"hash": "00" * 32}
    path.write_bytes(b"".join(lines[:-1]) + canonical(forged) + b"\n")
    assert "head-forged" in kinds(verify_record(folder))
    path.write_bytes(b"".join(lines))
    stranger = SigningKey.generate()
    keys = folder / "elsewhere.json"
    keys.write_bytes(orjson.dumps({"keys": [stranger.public.hex()]}))
    report = verify_record(folder, trusted=keys)
    assert {"head-unknown-key", "head-key"} <= kinds(report)
    path.unlink()
    assert "heads-absent" in kinds(verify_record(folder))


def test_a_second_copy_of_the_heads_shows_that_both_were_cut(
    house: Hospital, folder: Path, tmp_path: Path
) -> None:
    house.record.close()
    path = folder / "heads" / "SYN.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    (tmp_path / "second-site.jsonl").write_bytes(b"".join(lines))
    path.write_bytes(b"".join(lines[:-1]))
    kept = orjson.loads(lines[-2])["seq"]
    raw(folder, "DELETE FROM events WHERE seq > ?", kept)
    assert verify_record(folder).ok
    report = verify_record(folder, heads=tmp_path / "second-site.jsonl")
    assert not report.ok
    assert "cut" in kinds(report)


def forged_administration(house: Hospital) -> dict:
    body = next(
        event.body for event in house.record.events() if event.body["event"] == "product.administered"
    )
    data = body["data"] | {"participant": "S-3", "wristband": "S-3"}
    return body | {"data": data, "key": "forged", "subject": body["subject"]}


def test_an_injected_administration_is_void_and_reported(where: str) -> None:
    house = hospital(where)
    house.admit("S-1")
    house.admit("S-3")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    body = forged_administration(house)
    # past every command, through the one function that appends: the chain itself is whole
    (event,) = house.record.store.append("SYN", [canonical(body)], ["forged"])
    house.record.catch_up()
    person = house.record.state.participants["S-3"]
    assert [dose.valid for dose in person.doses] == [False]
    assert "identity" in person.doses[0].broken
    report = verify_store(house.record.store, "SYN", None, {})
    assert report.chain_ok
    assert report.rules_ok is False
    assert {finding.seq for finding in report.findings if finding.kind == "invalid"} == {event.seq}


def test_an_injected_verdict_without_its_values_is_void_and_reported(where: str) -> None:
    house = hospital(where)
    house.refer("S-1")
    house.screen("S-1", "needs-data", facts=shown(platelets=None))
    (honest,) = [
        event.body for event in house.record.events() if event.body["event"] == "participant.screened"
    ]
    forged = honest | {"key": "forged", "data": honest["data"] | {"outcome": "eligible"}}
    (event,) = house.record.store.append("SYN", [canonical(forged)], ["forged"])
    house.record.catch_up()
    assert house.record.state.invalid == {event.seq: ("verdict-values",)}
    assert house.record.state.participants["S-1"].verdict.outcome == "needs-data"
    report = verify_store(house.record.store, "SYN", None, {})
    assert (report.chain_ok, report.rules_ok) == (True, False)
    (finding,) = [finding for finding in report.findings if finding.kind == "invalid"]
    assert finding.seq == event.seq
    assert "verdict-values" in finding.message


@pytest.mark.parametrize(
    "change",
    [
        {"event": "no.such"}, {"command": "participant.refer"}, {"data": {}}, {"data": 3}, {"at": "yesterday"}, {"signatures": None},
        {"signatures": [{"signer": "dr-1"}]}, {"recorded": 7}, {"subject": None}, {"extra": 1}, {"source": "satellite"},
        {"at": 7}, {"study": "OTHER"}, {"v": 1}, {"v": 2}, {"v": 3}, {"v": 5}, {"v": None}, {"data": {"participant": []}}, {"actor": "nobody"}, {"role": "watcher"}, {"site": "south"}, {"programme": "0" * 64}, {"signatures": []},
    ],
)  # fmt: skip
def test_no_malformed_event_counts(change: dict) -> None:
    house = hospital()
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    (good,) = [event.body for event in house.record.events() if event.body["event"] == "product.administered"]
    other = hospital()
    other.admit("S-1")
    other.ready("S-1", "1")
    (event,) = other.record.store.append("SYN", [canonical(good | change | {"key": "x"})], ["x"])
    other.record.catch_up()
    assert event.seq in other.record.state.invalid
    assert not any(dose.valid for dose in other.record.state.participants["S-1"].doses)


def test_bytes_that_are_no_event_are_void() -> None:
    house = hospital()
    for n, junk in enumerate((b"", b"[]", b"\xff\xfe", b"null")):
        (event,) = house.record.store.append("SYN", [junk + b'"key":"j%d"' % n if False else junk], [f"j{n}"])
        house.record.catch_up()
        assert event.seq in house.record.state.invalid
    assert fold_all(house.record.events(), "SYN") == house.record.state


def test_tables_are_rebuilt_compared_and_replaced(house: Hospital, folder: Path) -> None:
    first = rebuild(house.record)
    assert first.ok
    assert first.rows >= 8
    again = rebuild(house.record)
    assert again.ok
    assert again.file_was_at == house.record.state.seq
    db = sqlite3.connect(folder / "tables.db")
    assert db.execute("SELECT stage FROM participants WHERE participant = 'S-1'").fetchone() == (
        "in follow-up",
    )
    db.execute("UPDATE rows SET row = replace(row, 'S-1', 'S-9') WHERE tab = 'participants' AND key = 'S-1'")
    db.commit()
    db.close()
    assert rebuild(house.record).file_differs == ["participants:S-1"]
    assert rebuild(house.record).ok
    house.record.state.participants["S-1"].number = 99
    dose = house.record.state.participants["S-1"].doses[0].seq
    assert rebuild(house.record).running_differs == [
        f"aftercare:{dose}", "allocations:S-1", f"doses:{dose}", "participants:S-1",
    ]  # fmt: skip
    assert rebuild(house.record).ok
    assert TableFile(folder / "tables.db").write(house.record.state) == 0
    assert differences(all_rows(house.record.state), TableFile(folder / "tables.db").read()) == []


def test_export_needs_a_purpose_signs_a_head_and_leaves_out_withdrawn_data(
    house: Hospital, tmp_path: Path
) -> None:
    import polars as pl

    house.do(
        "outcome.record",
        "S-1",
        {
            "visit": "month-1",
            "on": "2026-03-08",
            "instrument": "pain-nrs",
            "items": {"pain": 7},
        },
    )
    house.do("participant.withdraw", "S-2", {"level": "data", "said": "all of it"})
    with pytest.raises(RecordError, match="purpose"):
        export(house.record, tmp_path / "out", Command("record.export", "SYN", **CUSTODIAN), purpose=" ")
    manifest = export(
        house.record,
        tmp_path / "out",
        Command("record.export", "SYN", **CUSTODIAN),
        purpose="interim analysis",
    )
    people = pl.read_parquet(tmp_path / "out" / "participants.parquet")
    for file in (tmp_path / "out").glob("*.parquet"):
        if file.name != "participants.parquet":
            text = pl.read_parquet(file).write_csv()
            assert not any(word in text for word in ("S-2", "BAG-2", "COI-2", "DIN-2")), file.name
    assert people["number"].to_list() == [1, 2]
    assert people["site"].to_list() == ["north", None]
    assert pl.read_parquet(tmp_path / "out" / "doses.parquet")["participant"].to_list() == ["S-1"]
    assert pl.read_parquet(tmp_path / "out" / "outcomes.parquet")["value"].to_list() == [7]
    assert pl.read_parquet(tmp_path / "out" / "visits.parquet").height == 3
    assert manifest["signature"]
    assert house.record.heads is not None
    assert house.record.heads.last is not None
    assert house.record.heads.last.seq == house.record.state.seq


def test_backup_restore_and_drill(house: Hospital, folder: Path, tmp_path: Path) -> None:
    assert drill(house.record).ok
    made = backup(house.record, tmp_path / "b.tar.gz")
    copy_keys(folder, tmp_path / "keys")
    house.record.close()
    with pytest.raises(RecordError, match="already there"):
        backup(Record.open(folder), tmp_path / "b.tar.gz")
    report = restore(made.path, tmp_path / "restored", keys=tmp_path / "keys", clock=house.record.clock)
    assert report.ok
    assert report.head == made.head
    with pytest.raises(RecordError, match="not empty"):
        restore(made.path, tmp_path / "restored", keys=tmp_path / "keys")
    with pytest.raises(RecordError, match="not signed by a trusted key"):
        restore(
            made.path, tmp_path / "r2", keys=tmp_path / "keys", trusted={"x": SigningKey.generate().public}
        )
    whole = made.path.read_bytes()
    # Behind the header of gzip (which holds a name and a time only), wherever the bit falls.
    for at in random.Random(1).sample(range(64, len(whole)), 60):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << (at % 8)
        (tmp_path / "d.tar.gz").write_bytes(damaged)
        with pytest.raises(RecordError):
            restore(tmp_path / "d.tar.gz", tmp_path / "r3", keys=tmp_path / "keys")
    for length in (0, 1, 10, 200, len(whole) // 2, len(whole) - 1):
        (tmp_path / "d.tar.gz").write_bytes(whole[:length])
        with pytest.raises(RecordError):
            restore(tmp_path / "d.tar.gz", tmp_path / "r3", keys=tmp_path / "keys")


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_a_backup_restores_into_the_other_engine_and_serves_there(
    house: Hospital, folder: Path, tmp_path: Path, postgres_database
) -> None:
    _, url = postgres_database()
    made = backup(house.record, tmp_path / "b.tar.gz")
    copy_keys(folder, tmp_path / "keys")
    report = restore(
        made.path, tmp_path / "restored", keys=tmp_path / "keys", store=url, clock=house.record.clock
    )
    assert report.ok
    assert report.head == made.head
    record = Record.open(tmp_path / "restored", clock=house.record.clock)
    # all that is otherwise: it says that it is a copy, and stands under a hold until that is settled
    name = f"copy-{made.events + 1}"
    assert differences(all_rows(record.state), all_rows(house.record.state)) == [
        f"holds:{name}",
        f"tasks:{name.replace('-', ':')}",
    ]
    moved = Hospital(record, house._clock)
    moved.refer("S-77")
    record.close()
    assert verify_record(tmp_path / "restored").ok
    with psycopg.connect(url) as db, pytest.raises(psycopg.Error):
        db.execute("DELETE FROM proband.events")


def test_erasure_leaves_a_chain_that_verifies_and_nobody_to_find(
    house: Hospital, folder: Path, tmp_path: Path
) -> None:
    fields = {"name": "Synthetic Somebody", "phone": "000"}
    confidential.store_personal(
        house.record, Command("personal.store", "S-1", actor="dr-1", role="physician", site="north"), fields
    )
    made = backup(house.record, tmp_path / "before.tar.gz")
    read = Command(
        "personal.read",
        "S-1",
        {"fields": ["name"]},
        actor="dr-1",
        role="physician",
        site="north",
        reason="call back",
    )
    assert confidential.read_personal(house.record, read)[1] == {"name": "Synthetic Somebody"}
    copy_keys(folder, tmp_path / "keys")
    command = Command("participant.erase", "S-1", {"legal_basis": "request"}, reason="asked for",
                      signatures=[Signature("sys-1", "custodian")], **CUSTODIAN)  # fmt: skip
    # the bag of S-1 must be traced for thirty years after its expiry (a synthetic term)
    with pytest.raises(Refused) as refused:
        confidential.erase(house.record, command)
    assert refused.value.gates == ["traceability"]
    house.wait(days=31 * 366)
    confidential.erase(house.record, command)
    assert house.record.state.participants["S-1"].erased
    house.record.close()
    assert verify_record(folder).ok
    assert b"Synthetic Somebody" not in (folder / "events.db").read_bytes()
    copy_keys(folder, tmp_path / "keys")
    assert restore(made.path, tmp_path / "restored", keys=tmp_path / "keys", clock=house.record.clock).ok
    for place in (folder, tmp_path / "restored"):
        record = Record.open(place, clock=house.record.clock)
        assert record.vault is not None
        with pytest.raises(VaultError, match="erased"):
            record.vault.get("S-1", "name")
        record.close()


def test_what_a_dead_process_left_undone_is_finished_on_opening(
    house: Hospital, folder: Path, monkeypatch
) -> None:
    confidential.store_personal(
        house.record,
        Command("personal.store", "S-1", actor="dr-1", role="physician", site="north"),
        {"name": "Synthetic"},
    )
    monkeypatch.setattr(Record, "_place_holds", lambda self, like: [])
    monkeypatch.setattr(Record, "_destroy_erased", lambda self: None)
    event = {"event": "AE-1", "term": "mass", "category": "new-mass", "grade": 2, "serious": False, "expected": False, "onset": house.now[:10],
             "aware_on": house.now[:10]}  # fmt: skip
    house.do("adverse-event.report", "S-1", event)
    house.wait(days=31 * 366)
    house.record.execute(
        Command(
            "participant.erase",
            "S-1",
            {"legal_basis": "request"},
            reason="asked for",
            signatures=[Signature("sys-1", "custodian")],
            **CUSTODIAN,
        )
    )
    assert not house.record.state.holds
    assert house.record.vault is not None
    assert house.record.vault.get("S-1", "name") == "Synthetic"
    house.record.close()
    monkeypatch.undo()
    record = Record.open(folder, clock=house.record.clock)
    assert [held.target for held in record.state.holds.values()] == ["S-1"]
    assert record.vault is not None
    with pytest.raises(VaultError, match="erased"):
        record.vault.get("S-1", "name")
    record.close()
    assert verify_record(folder).ok


def test_a_head_is_due_after_so_many_events_and_at_the_end(folder: Path) -> None:
    house = hospital(folder=folder)
    assert house.record.heads is not None
    house.record.heads.every = 10
    for n in range(30):
        house.refer(f"S-{n}")
    assert house.record.heads.last is not None
    assert house.record.state.seq - house.record.heads.last.seq < 10
    house.record.close()
    report = verify_record(folder)
    assert report.covered == report.events
    assert trusted_keys(folder / "heads" / "trusted.json")


def test_who_opens_what_is_not_there_is_told(tmp_path: Path, folder: Path, house: Hospital) -> None:
    with pytest.raises(RecordError) as error:
        verify_record(tmp_path / "none.db")
    assert error.value.code == "record.store.absent"
    with pytest.raises(RecordError) as error:
        Record.open(tmp_path)
    assert error.value.code == "record.absent"
    with pytest.raises(RecordError) as error:
        Record.create(folder, study="X", programme=view(), custodian="sys-1")
    assert error.value.code == "record.exists"
    with pytest.raises(RecordError) as error:
        Record.create(
            tmp_path / "p",
            study="X",
            programme=view(),
            custodian="sys-1",
            store="postgresql://u:hunter2@127.0.0.1/x",
        )
    assert error.value.code == "record.store.password"
    assert "hunter2" not in str(error.value)
    (tmp_path / "text.db").write_text(
        "this is not a database, but it is long enough to be taken for one" * 20
    )
    with pytest.raises(RecordError) as error:
        open_store(tmp_path / "text.db")
    assert error.value.code == "record.store.unreadable"


def test_verification_of_the_bare_chain_is_fast_enough_to_be_run_nightly(house: Hospital) -> None:
    # a smoke test of the order of magnitude only; the benchmark gives the figure
    started = time.perf_counter()
    report = verify_store(house.record.store, "SYN", None, {}, rules=False)
    assert report.chain_ok
    assert time.perf_counter() - started < 5
    assert WHY
