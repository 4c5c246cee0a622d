"""What the chain shows by itself, and what only a signed head outside the database can show."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from proband.record.chain import chained, walk
from proband.record.events import canonical
from proband.record.heads import HeadFile, SigningKey, check_heads
from proband.record.store import Store

KEY = SigningKey.generate()
TRUSTED = {KEY.id: KEY.public}


def fill(store: Store, heads: HeadFile, events: int = 30, every: int = 10) -> None:
    for n in range(events):
        (event,) = store.append("s", [canonical({"key": f"k{n}", "n": n})], [f"k{n}"])
        if event.seq % every == 0:
            heads.write("s", event.seq, event.hash, f"2026-01-01T00:00:{n:02d}.000Z", KEY)


@pytest.fixture
def heads(tmp_path: Path) -> HeadFile:
    return HeadFile(tmp_path / "heads" / "s.jsonl")


def test_a_changed_byte_is_found_at_its_event(store: Store, heads: HeadFile, raw) -> None:
    fill(store, heads)
    body = next(b for n, _, _, b in store.rows("s") if n == 17).replace(b'"n":16', b'"n":99')
    literal = f"'\\x{body.hex()}'::bytea" if "Postgres" in type(store).__name__ else f"x'{body.hex()}'"
    raw(f"UPDATE proband.events SET body = {literal} WHERE seq = 17", unguarded=True)
    found, _ = walk(store.rows("s"))
    assert found.broken is not None
    assert (found.broken.seq, found.broken.kind) == (17, "changed")


def test_a_changed_key_column_is_found(store: Store, heads: HeadFile, raw) -> None:
    fill(store, heads)
    raw("UPDATE proband.events SET key = 'other' WHERE seq = 4", unguarded=True)
    found, _ = walk(store.rows("s"))
    assert found.broken is not None
    assert found.broken.seq == 4


def test_a_hole_is_found(store: Store, heads: HeadFile, raw) -> None:
    fill(store, heads)
    raw("DELETE FROM proband.events WHERE seq = 12", unguarded=True)
    found, _ = walk(store.rows("s"))
    assert found.broken is not None
    assert (found.broken.seq, found.broken.kind) == (12, "missing")


def test_heads_are_believed_only_with_a_trusted_signature(heads: HeadFile, store: Store) -> None:
    fill(store, heads)
    good, faults = check_heads(heads.path, "s", TRUSTED)
    assert [head.seq for head in good] == [10, 20, 30]
    assert not faults
    _, faults = check_heads(heads.path, "s", {})
    assert {fault.kind for fault in faults} == {"head-unknown-key"}


def test_a_forged_signature_a_removed_line_and_a_foreign_head_are_found(
    heads: HeadFile, store: Store
) -> None:
    fill(store, heads)
    lines = heads.path.read_bytes().splitlines(keepends=True)
    forged = orjson.loads(lines[1]) | {"hash": "00" * 32}
    heads.path.write_bytes(lines[0] + canonical(forged) + b"\n" + lines[2])
    _, faults = check_heads(heads.path, "s", TRUSTED)
    assert [(fault.kind, fault.seq) for fault in faults] == [("head-forged", 20), ("head-missing", 30)]
    heads.path.write_bytes(lines[0] + lines[2])
    _, faults = check_heads(heads.path, "s", TRUSTED)
    assert [(fault.kind, fault.seq) for fault in faults] == [("head-missing", 30)]
    heads.path.write_bytes(b"".join(lines) + b"noise\n")
    _, faults = check_heads(heads.path, "s", TRUSTED)
    assert [fault.kind for fault in faults] == ["head-unreadable"]
    assert [fault.kind for fault in check_heads(heads.path.with_name("none"), "s", TRUSTED)[1]] == [
        "heads-absent"
    ]


def test_a_rewritten_chain_verifies_by_itself_and_not_against_its_heads(
    heads: HeadFile, store: Store
) -> None:
    fill(store, heads)
    good, _ = check_heads(heads.path, "s", TRUSTED)
    bodies = [body.replace(b'"n":16', b'"n":99') for _, _, _, body in store.rows("s")]
    forged = [
        (n + 1, f"k{n}", digest, body)
        for n, (digest, body) in enumerate(zip(chained(bytes(32), bodies), bodies, strict=True))
    ]
    found, hashes = walk(forged, marks=[head.seq for head in good])
    assert found.broken is None
    assert [hashes[head.seq].hex() == head.hash for head in good] == [True, False, False]


def test_two_processes_share_a_file_of_heads_and_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    one, two = HeadFile(path), HeadFile(path)
    for n in range(1, 7):
        (one if n % 2 else two).write("s", n, bytes([n]) * 32, f"2026-01-01T00:00:0{n}.000Z", KEY)
    with path.open("ab") as file:
        file.write(b'{"study":"s","seq":7,"ha')
    two.write("s", 8, bytes(32), "2026-01-01T00:00:08.000Z", KEY)
    good, faults = check_heads(path, "s", TRUSTED)
    assert ([head.seq for head in good], faults) == ([1, 2, 3, 4, 5, 6, 8], [])
    # an older state of the log does not add a head behind a newer one
    assert one.write("s", 5, bytes(32), "2026-01-01T00:00:09.000Z", KEY).seq == 8
    assert len(check_heads(path, "s", TRUSTED)[0]) == 7
