"""Backup and restore, and the drill that shows that a restore works before it is needed.

A backup is one file: every event with its hash, the signed heads, the vault's ciphertexts, the public keys, and a manifest
signed with the head key. It never holds a key. Keys (head, master, keyring) are kept as one current copy elsewhere
(:func:`copy_keys`): so an erased person stays erased in every backup that was ever made.
"""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from proband.record.chain import link
from proband.record.errors import RecordError
from proband.record.events import canonical
from proband.record.folder import SETTINGS, read_settings
from proband.record.heads import signed_by, trusted_keys
from proband.record.record import Record
from proband.record.store import open_store
from proband.record.verify import VerifyReport, verify_record

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup: its file, how many events, the head that it ends with."""

    path: Path
    events: int
    head: str


def backup(record: Record, path: Path) -> Backup:
    """Write a backup while others go on appending; it ends with a signed head.

    Raises
    ------
    RecordError
        ``record.backup.folder`` for a record without a folder, ``record.backup.exists`` for a file that is there.
    """
    if record.folder is None or record.key is None or record.vault is None:
        raise RecordError("record.backup.folder")
    if path.exists():
        raise RecordError("record.backup.exists", path=path)
    record.catch_up()
    head = record.sign_head()
    last = head.seq if head else 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with (folder / "events.jsonl").open("wb") as file:
            for seq, key, digest, body in record.store.rows(record.study):
                if seq > last:
                    break
                file.write(orjson.dumps([seq, key, digest.hex(), body.decode()]) + b"\n")
        record.vault.copy_to(folder / "vault.db")
        shutil.copytree(record.folder / "heads", folder / "heads")
        settings = read_settings(record.folder)
        (folder / SETTINGS).write_bytes(
            orjson.dumps(
                {"format": 1, "study": settings["study"], "store": "events.db"}, option=orjson.OPT_INDENT_2
            )
        )
        files = {
            str(file.relative_to(folder)): _digest(file)
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }
        manifest = canonical(
            {
                "format": "proband-backup-1",
                "study": record.study,
                "events": last,
                "head": head.hash if head else "",
                "files": files,
            }
        )
        signature = orjson.dumps({"key": record.key.public.hex(), "signature": record.key.sign(manifest)})
        with tarfile.open(path, "w:gz") as archive:
            for name, content in (("manifest.json", manifest), ("manifest.sig", signature)):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
            for name in files:
                archive.add(folder / name, name)
    return Backup(path, last, head.hash if head else "")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        result = sha256()
        while block := file.read(1 << 20):
            result.update(block)
    return result.hexdigest()


def copy_keys(folder: Path, target: Path) -> None:
    """Bring the one current copy of the keys up to date: head key, master key, keyring with its tombstones."""
    (target / "keys").mkdir(parents=True, exist_ok=True)
    for name in ("keys/head.key", "keys/master.key", "keyring.db"):
        source = folder / name
        if source.is_file():
            shutil.copy2(source, target / name)


def restore(
    path: Path, folder: Path, *, keys: Path, trusted: dict[str, bytes] | None = None, store: str | None = None
) -> VerifyReport:
    """Restore a backup into a new folder (and, with ``store``, into an empty PostgreSQL database), then verify it.

    Parameters
    ----------
    path
        The backup.
    folder
        A new folder.
    keys
        The current copy of the keys (:func:`copy_keys`).
    trusted
        Public keys by fingerprint; by default those in the keys' own head key.
    store
        URL of a prepared PostgreSQL database; ``None``: SQLite.

    Raises
    ------
    RecordError
        ``record.restore.exists``, ``record.restore.damaged``, ``record.restore.signature``, ``record.restore.chain``.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RecordError("record.restore.folder", folder=folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        unpacked = Path(scratch)
        try:
            _read_to_the_end(path)
            with tarfile.open(path, "r:gz") as archive:
                archive.extractall(unpacked, filter="data")
            raw = (unpacked / "manifest.json").read_bytes()
            manifest: dict[str, Any] = orjson.loads(raw)
            signature = orjson.loads((unpacked / "manifest.sig").read_bytes())
        except (tarfile.TarError, OSError, EOFError, zlib.error, orjson.JSONDecodeError) as error:
            raise RecordError("record.restore.broken", path=path, error=str(error)) from error
        known = trusted if trusted is not None else _own_key(keys)
        if not any(signed_by(public, raw, signature["signature"]) for public in known.values()):
            raise RecordError("record.restore.signature")
        for name, digest in manifest["files"].items():
            if not (unpacked / name).is_file() or _digest(unpacked / name) != digest:
                raise RecordError("record.restore.damaged", name=name, path=path)
        shutil.copytree(unpacked / "heads", folder / "heads")
        shutil.copy2(unpacked / "vault.db", folder / "vault.db")
        (folder / "keys").mkdir()
        for name in ("keys/head.key", "keys/master.key", "keyring.db"):
            if (keys / name).is_file():
                shutil.copy2(keys / name, folder / name)
        settings = {"format": 1, "study": manifest["study"], "store": store or "events.db"}
        (folder / SETTINGS).write_bytes(orjson.dumps(settings, option=orjson.OPT_INDENT_2))
        _refill(unpacked / "events.jsonl", store or str(folder / "events.db"), manifest["study"])
    return verify_record(folder)


def _read_to_the_end(path: Path) -> None:
    """Let gzip compare its checksum, which stands at the end: tar stops reading before it comes there."""
    with gzip.open(path, "rb") as packed:
        while packed.read(1 << 20):
            pass


def _own_key(keys: Path) -> dict[str, bytes]:
    from proband.record.heads import SigningKey

    key = SigningKey.load(keys / "keys" / "head.key")
    return {key.id: key.public}


def _refill(path: Path, where: str, study: str) -> None:
    """Append every event again through the one way in, and see that each gets the hash it had."""
    target = open_store(where, create=True)
    try:
        seq, previous = target.head(study)
        if seq:
            raise RecordError("record.restore.exists", study=study, where=where)
        for batch in _batches(path):
            for number, _, digest, body in batch:
                previous = link(previous, body)
                if previous.hex() != digest:
                    raise RecordError("record.restore.chain", number=number)
            target.append(
                study,
                [body for _, _, _, body in batch],
                [key for _, key, _, _ in batch],
                expected=batch[0][0] - 1,
            )
    finally:
        target.close()


def _batches(path: Path) -> Iterator[list[tuple[int, str, str, bytes]]]:
    batch: list[tuple[int, str, str, bytes]] = []
    with path.open("rb") as file:
        for line in file:
            seq, key, digest, text = orjson.loads(line)
            batch.append((seq, key, digest, text.encode()))
            if len(batch) == _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class Drill:
    """What a drill showed: the restored copy verifies, has the same head, and gives the same tables."""

    verified: VerifyReport
    same_head: bool
    same_tables: bool

    @property
    def ok(self) -> bool:
        """Whether the backup would save the day."""
        return self.verified.ok and self.same_head and self.same_tables


def drill(record: Record, *, differences: Callable[[Record, Record], Iterable[str]] | None = None) -> Drill:
    """Back up, restore into a scratch folder, verify, and compare the restored tables with the running ones."""
    from proband.record.projection import all_rows
    from proband.record.projection import differences as compare

    if record.folder is None:
        raise RecordError("record.backup.drill")
    with tempfile.TemporaryDirectory() as scratch:
        made = backup(record, Path(scratch) / "drill.tar.gz")
        copy_keys(record.folder, Path(scratch) / "keys")
        report = restore(
            made.path,
            Path(scratch) / "restored",
            keys=Path(scratch) / "keys",
            trusted=trusted_keys(record.folder / "heads" / "trusted.json"),
        )
        restored = Record.open(Path(scratch) / "restored", clock=record.clock)
        try:
            found = (
                list(differences(record, restored))
                if differences
                else compare(all_rows(record.state), all_rows(restored.state))
            )
        finally:
            restored.close()
        return Drill(report, report.head == made.head, not found)
