"""The log in SQLite: WAL, synchronous=FULL, and a table that the engine itself keeps append-only.

Three things stand between the table and anybody who would change it. Triggers refuse update and delete (and with them
SQLite's truncate). A trigger on insert calls a function that only this class defines, and that says yes only while
:meth:`SqliteStore.append` runs: another program's insert fails. An authoriser on this connection refuses to drop or
alter. None of this stops an owner of the file with a hex editor; that is what the chain and the signed heads show.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from proband.record.chain import GENESIS
from proband.record.errors import Conflict, RecordError
from proband.record.events import Event, check_keys
from proband.record.permissions import claim
from proband.record.store.head import check_head

_SCHEMA = """
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

_DENIED = {
    sqlite3.SQLITE_DROP_TABLE,
    sqlite3.SQLITE_DROP_TRIGGER,
    sqlite3.SQLITE_DROP_INDEX,
    sqlite3.SQLITE_ALTER_TABLE,
    sqlite3.SQLITE_ATTACH,
}


@contextmanager
def errors_of_ours(path: str) -> Iterator[None]:
    """Whatever SQLite raises while it reads, as an error of the record."""
    try:
        yield
    except sqlite3.Error as error:
        raise RecordError("record.store.read", where=path, error=str(error)) from error


class SqliteStore:
    """Events in one SQLite file (or ``:memory:``), one chain per study, safe to share between threads."""

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self._lock = threading.RLock()
        self._armed = 0
        self._file: tuple[int, int] | None = None
        try:
            if self.path != ":memory:":
                # the write-ahead files that SQLite makes beside it have the permissions of this one
                claim(Path(self.path))
            self._db = sqlite3.connect(self.path, timeout=30.0, isolation_level=None, check_same_thread=False)
            # a second writer waits; a commit is on the disk before it returns
            self._db.execute("PRAGMA busy_timeout = 30000")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            # an index page that many commits touch is copied into the file once for all of them
            self._db.execute("PRAGMA wal_autocheckpoint = 4000")
            self._db.execute(
                "PRAGMA recursive_triggers = ON"
            )  # INSERT OR REPLACE fires the delete trigger too
            self._db.execute("PRAGMA trusted_schema = ON")
            self._db.create_function("proband_admit", 0, lambda: self._armed)
            self._db.executescript(_SCHEMA)
            if self.path != ":memory:":
                opened = Path(self.path).stat()
                self._file = (opened.st_dev, opened.st_ino)
        except (sqlite3.Error, OSError) as error:
            raise RecordError("record.store.unreadable", path=self.path, error=str(error)) from error
        self._db.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_DENY if action in _DENIED else sqlite3.SQLITE_OK
        )

    def append(
        self,
        study: str,
        bodies: Sequence[bytes],
        keys: Sequence[str],
        *,
        expected: int | None = None,
        previous: bytes | None = None,
        seal: bytes | None = None,
    ) -> list[Event]:
        """See :meth:`proband.record.store.store.Store.append`."""
        if len(bodies) != len(keys) or not bodies:
            raise RecordError("record.store.append")
        check_keys(keys)
        with self._lock:
            db = self._db
            try:
                self._still_there()
                if not db.in_transaction:
                    db.execute("BEGIN IMMEDIATE")
                seq, digest = self._head(study)
                if expected is not None:
                    check_head(study, expected, previous, seq, digest)
                rows: list[tuple[str, int, str, bytes, bytes, bytes | None]] = []
                for key, body in zip(keys, bodies, strict=True):
                    seq += 1
                    digest = sha256(digest + body).digest()
                    rows.append((study, seq, key, digest, body, None))
                rows[-1] = (*rows[-1][:5], seal)
                self._armed = 1
                try:
                    db.executemany(
                        "INSERT INTO events (study, seq, key, hash, body, seal) VALUES (?, ?, ?, ?, ?, ?)",
                        rows,
                    )
                finally:
                    self._armed = 0
                db.execute("COMMIT")
            except sqlite3.IntegrityError as error:
                self._roll_back()
                raise Conflict("record.conflict.idempotency", study=study, error=str(error)) from error
            except sqlite3.Error as error:
                self._roll_back()
                raise RecordError("record.store.write", error=str(error)) from error
            except BaseException:
                self._roll_back()
                raise
            return [Event(seq, digest, body, mark) for _, seq, _, digest, body, mark in rows]

    @contextmanager
    def exclusive(self, study: str) -> Iterator[None]:
        """See :meth:`proband.record.store.store.Store.exclusive`: the transaction in which the append is made begins here."""
        with self._lock:
            with errors_of_ours(self.path):
                self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                # an append has committed or rolled back; a refusal has written nothing
                self._roll_back()

    def head(self, study: str) -> tuple[int, bytes]:
        """See :meth:`proband.record.store.store.Store.head`."""
        with self._lock, errors_of_ours(self.path):
            return self._head(study)

    def _head(self, study: str) -> tuple[int, bytes]:
        row = self._db.execute(
            "SELECT seq, hash FROM events WHERE study = ? ORDER BY seq DESC LIMIT 1", (study,)
        ).fetchone()
        return (row[0], row[1]) if row else (0, GENESIS)

    def rows(self, study: str, after: int = 0) -> Iterator[tuple[int, str, bytes, bytes]]:
        """See :meth:`proband.record.store.store.Store.rows`."""
        return self._select("seq, key, hash, body", study, after)

    def seals(self, study: str, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """See :meth:`proband.record.store.store.Store.seals`."""
        return (row for row in self._select("seq, seal", study, after) if row[1] is not None)

    def _select(self, columns: str, study: str, after: int) -> Iterator[Any]:
        """Columns (our own words) of the events after a number."""
        with errors_of_ours(self.path):
            cursor = self._db.execute(
                f"SELECT {columns} FROM events WHERE study = ? AND seq > ? ORDER BY seq",  # noqa: S608
                (study, after),
            )
        while True:
            with errors_of_ours(self.path):
                batch = cursor.fetchmany(2000)
            if not batch:
                return
            yield from batch

    def events(self, study: str, after: int = 0) -> Iterator[Event]:
        """See :meth:`proband.record.store.store.Store.events`."""
        for row in self._select("seq, hash, body, seal", study, after):
            yield Event(*row)

    def event(self, study: str, seq: int) -> Event | None:
        """See :meth:`proband.record.store.store.Store.event`."""
        with self._lock, errors_of_ours(self.path):
            row = self._db.execute(
                "SELECT seq, hash, body, seal FROM events WHERE study = ? AND seq = ?", (study, seq)
            ).fetchone()
        return Event(*row) if row else None

    def by_key(self, study: str, key: str) -> Event | None:
        """See :meth:`proband.record.store.store.Store.by_key`."""
        with self._lock, errors_of_ours(self.path):
            row = self._db.execute(
                "SELECT seq, hash, body, seal FROM events WHERE study = ? AND key = ?", (study, key)
            ).fetchone()
        return Event(*row) if row else None

    def studies(self) -> list[str]:
        """See :meth:`proband.record.store.store.Store.studies`."""
        with self._lock, errors_of_ours(self.path):
            return [row[0] for row in self._db.execute("SELECT DISTINCT study FROM events ORDER BY study")]

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy of the whole file while others go on appending (SQLite's online backup)."""
        with self._lock, sqlite3.connect(path) as target:
            self._db.backup(target)
        target.close()

    def _roll_back(self) -> None:
        # a connection that is closed has rolled back already
        with suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _still_there(self) -> None:
        """Whether the file at the path is the one that was opened: what is written into a replaced one is lost with it."""
        if self._file is None:
            return
        try:
            there = os.stat(self.path)
        except OSError as error:
            raise RecordError("record.store.replaced", where=self.path) from error
        if (there.st_dev, there.st_ino) != self._file:
            raise RecordError("record.store.replaced", where=self.path)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._db.close()
