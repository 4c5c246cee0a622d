"""Backup and restore, and the drill that shows that a restore works before it is needed.

A backup is one file: every event with its hash, the signed heads, the vault's ciphertexts, the sealed forecasts, the public keys, and a manifest
signed with the head key. It never holds a key. Keys (head, master, keyring) are kept as one current copy elsewhere
(:func:`copy_keys`): so an erased person stays erased in every backup that was ever made.
"""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import orjson

from proband.record.appending import Clock, utc_now
from proband.record.archive import FORMAT, unpack
from proband.record.chain import link
from proband.record.errors import RecordError
from proband.record.events import Event, canonical
from proband.record.folder import SETTINGS, UNFINISHED, check_study, read_settings, write_settings
from proband.record.heads import SigningKey, trusted_keys
from proband.record.later_heads import reaches
from proband.record.permissions import FILE, claim, make_folder, make_private
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


def log_line(event: Event) -> bytes:
    """An event as a line of a log that is carried away: its number, its hash, its exact bytes as a text, its seal where it has one."""
    seal = event.seal.hex() if event.seal is not None else None
    return orjson.dumps([event.seq, event.hash.hex(), event.raw.decode(), seal]) + b"\n"


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
            for event in record.events():
                if event.seq > last:
                    break
                file.write(log_line(event))
        record.vault.copy_to(folder / "vault.db")
        shutil.copytree(record.folder / "heads", folder / "heads")
        # a seal in the log without what was sealed would prove nothing of it
        if (record.folder / "forecasts").is_dir():
            shutil.copytree(record.folder / "forecasts", folder / "forecasts")
        settings = read_settings(record.folder)
        (folder / SETTINGS).write_bytes(
            orjson.dumps(
                {"format": 1, "study": settings["study"], "store": "events.db"}, option=orjson.OPT_INDENT_2
            )
        )
        files = {
            file.relative_to(folder).as_posix(): [file.stat().st_size, _digest(file)]
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }
        manifest = canonical(
            {
                "format": FORMAT,
                "study": record.study,
                "events": last,
                "head": head.hash if head else "",
                "files": files,
            }
        )
        signature = orjson.dumps({"key": record.key.public.hex(), "signature": record.key.sign(manifest)})
        claim(path)
        with path.open("r+b") as target, tarfile.open(fileobj=target, mode="w:gz") as archive:
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
    """Bring the one current copy of the keys up to date: keys of the door and of persons, master key, keyring with its tombstones."""
    make_folder(target)
    shutil.copytree(folder / "keys", target / "keys", dirs_exist_ok=True)
    make_private(target / "keys")
    if (folder / "keyring.db").is_file():
        shutil.copy2(folder / "keyring.db", target / "keyring.db")
        (target / "keyring.db").chmod(FILE)


def restore(
    path: Path, folder: Path, *, keys: Path, trusted: dict[str, bytes] | None = None, store: str | None = None,
    clock: Clock = utc_now, later: Iterable[Path] = (),
) -> VerifyReport:  # fmt: skip
    """Restore a backup into a new folder (and, with ``store``, into an empty PostgreSQL database), then verify it.

    The restored log is verified as it was, and then begins a life of its own: ``record.restored`` gives it another instance than the one
    that it was copied from, so that nothing of the one passes for an event of the other. What was done after the backup is not in it, and
    a copy cannot know of it: so nobody is enrolled, collected from, released for or treated until people have settled what it lacks (``record.settle``).

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
    clock
        The time of the restoring.
    later
        Files of heads of the record from which it was copied (mirror, second site, inspector): what they say of events that were
        copied must hold, and the newest says how many events the copy lacks.

    Returns
    -------
    VerifyReport
        Of the log as it came out of the backup: also from when it is (``as_of``), and how many events are known to be missing (``lacking``).

    Raises
    ------
    RecordError
        ``record.restore.folder``, ``record.restore.exists``, ``record.restore.broken``, ``record.restore.content``,
        ``record.restore.damaged``, ``record.restore.signature``, ``record.restore.chain``; ``record.restore.other`` where a later head
        is of another record, or signed by nobody who is trusted.
    """
    report = _copied(path, folder, keys=keys, trusted=trusted, store=store)
    if not report.ok:
        return report
    record = Record.reopen(folder, clock=clock)
    try:
        known = reaches(record, later, trusted if trusted is not None else _own_key(keys))
        report.lacking = max(0, known - report.events)
        record.begin_anew(_digest(path), known)
    finally:
        record.close()
    (folder / UNFINISHED).unlink()
    return report


def _copied(
    path: Path, folder: Path, *, keys: Path, trusted: dict[str, bytes] | None, store: str | None
) -> VerifyReport:
    """What a backup holds, in a new folder that nobody opens yet, verified."""
    if folder.exists() and any(folder.iterdir()):
        raise RecordError("record.restore.folder", folder=folder)
    with tempfile.TemporaryDirectory() as scratch:
        unpacked = Path(scratch)
        manifest = unpack(path, unpacked, trusted if trusted is not None else _own_key(keys))
        study = check_study(manifest["study"])
        make_folder(folder)
        (folder / UNFINISHED).touch(FILE)
        for name in ("heads", "forecasts"):
            if (unpacked / name).is_dir():
                shutil.copytree(unpacked / name, folder / name)
        shutil.copy2(unpacked / "vault.db", folder / "vault.db")
        shutil.copytree(keys / "keys", folder / "keys")
        if (keys / "keyring.db").is_file():
            shutil.copy2(keys / "keyring.db", folder / "keyring.db")
        write_settings(folder, study, store)
        make_private(folder)
        _refill(unpacked / "events.jsonl", store or str(folder / "events.db"), study)
    return verify_record(folder, restoring=True)


def _own_key(keys: Path) -> dict[str, bytes]:
    key = SigningKey.load(keys / "keys" / "head.key")
    return {key.id: key.public}


def _refill(path: Path, where: str, study: str) -> None:
    """Append every event again through the one way in, and see that each gets the hash it had."""
    target = open_store(where, create=True)
    try:
        seq, previous = target.head(study)
        if seq:
            raise RecordError("record.restore.exists", study=study, where=where)
        for batch in _commits(path):
            for number, digest, body, _ in batch:
                previous = link(previous, body)
                if previous.hex() != digest:
                    raise RecordError("record.restore.chain", number=number)
            keys = [orjson.loads(body)["key"] for _, _, body, _ in batch]
            target.append(
                study, [body for _, _, body, _ in batch], keys, expected=batch[0][0] - 1, seal=batch[-1][3]
            )
    finally:
        target.close()


def _commits(path: Path) -> Iterator[list[tuple[int, str, bytes, bytes | None]]]:
    """The events of a backup, cut where a seal stands, since a seal stands beside the last event of an append."""
    batch: list[tuple[int, str, bytes, bytes | None]] = []
    with path.open("rb") as file:
        for line in file:
            seq, digest, text, seal = orjson.loads(line)
            batch.append((seq, digest, text.encode(), bytes.fromhex(seal) if seal else None))
            if seal or len(batch) == _BATCH:
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
        # as it came out of the backup: that it is a copy, and under a hold, is no difference
        report = _copied(
            made.path,
            Path(scratch) / "restored",
            keys=Path(scratch) / "keys",
            trusted=trusted_keys(record.folder / "heads" / "trusted.json"),
            store=None,
        )
        restored = Record.reopen(Path(scratch) / "restored", clock=record.clock)
        try:
            found = (
                list(differences(record, restored))
                if differences
                else compare(all_rows(record.state), all_rows(restored.state))
            )
        finally:
            restored.close()
        return Drill(report, report.head == made.head, not found)
