"""Heads that lie elsewhere (mirror, second site, inspector), held against a copy that was restored: how far the record went from which it was copied.

A file of signed heads and the file of the newest commit (``<study>.newest``) both count; what nobody trusted signed says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import orjson

from proband.record.errors import RecordError
from proband.record.heads import NewestHead, check_heads
from proband.record.record import Record
from proband.record.seals import seal_holds


def reaches(record: Record, later: Iterable[Path], trusted: Mapping[str, bytes]) -> int:
    """The number of the last event that a head names of the record from which this one was copied; 0 where no head was given.

    Parameters
    ----------
    record
        The copy as it came out of its backup.
    later
        Files of heads.
    trusted
        Public keys by fingerprint, besides those of the doors that the log knows.

    Raises
    ------
    RecordError
        ``record.restore.other`` for a file of another record, of an unknown key, or that names another event where the copy has one.
    """
    doors = {key.id: bytes.fromhex(key.public) for key in record.state.keys.values() if key.kind == "device"}
    known = 0
    for path in later:
        named = _of_commit(path, record, {**doors, **trusted}) or _of_heads(
            path, record, {**doors, **trusted}
        )
        for seq, digest in named.items():
            event = record.event(seq)
            if event is not None and event.hash.hex() != digest:
                raise _other(path, f"it names another event {seq}")
        known = max(known, *named)
    return known


def _of_heads(path: Path, record: Record, trusted: dict[str, bytes]) -> dict[int, str]:
    heads, faults = check_heads(path, record.study, trusted)
    if faults or not heads:
        raise _other(path, faults[0].message if faults else "there is no head in it")
    return {head.seq: head.hash for head in heads}


def _of_commit(path: Path, record: Record, trusted: dict[str, bytes]) -> dict[int, str]:
    """What the file of the newest commit says; nothing, where it is no such file."""
    newest = NewestHead(path).newest_line() if path.is_file() else None
    try:
        said = orjson.loads(newest[1]) if newest is not None else {}
        seal, digest = bytes.fromhex(said["seal"]), bytes.fromhex(said["hash"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return {}
    mine = said.get("study") == record.study and said.get("instance") == record.state.instance
    if not mine or not any(seal_holds(seal, public, record.state.instance, said["seq"], digest) for public in trusted.values()):  # fmt: skip
        raise _other(path, "no door of this record has sealed it")
    return {said["seq"]: said["hash"]}


def _other(path: Path, problem: str) -> RecordError:
    return RecordError("record.restore.other", path=path, problem=problem)
