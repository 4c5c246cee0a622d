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
from pathlib import Path
from typing import Any

from proband.record.chain import GENESIS, chained, link
from proband.record.errors import Conflict, RecordError
from proband.record.events import Event, check_keys
from proband.record.permissions import claim
from proband.record.store.head import check_head
from proband.record.store.sqlite_layout import MANY, Places, lay_out

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
        #: not empty while the record itself appends
        self._armed: list[bool] = []
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
            self._db.create_function("proband_admit", 0, self._armed.__len__)
            self._layout = lay_out(self._db)
            self._places = Places(self._db, self._layout)
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
                if (
                    len(bodies) == 1
                    and expected is not None
                    and previous is not None
                    and not db.in_transaction
                ):
                    event = self._append_next(study, keys[0], bodies[0], expected, previous, seal)
                    if event is not None:
                        return [event]
                if not db.in_transaction:
                    db.execute("BEGIN IMMEDIATE")
                seq, digest = self._head(study)
                if expected is not None:
                    check_head(study, expected, previous, seq, digest)
                events = list(
                    map(Event, range(seq + 1, seq + 1 + len(bodies)), chained(digest, bodies), bodies)
                )
                events[-1] = events[-1]._replace(seal=seal)
                self._armed.append(True)
                try:
                    self._insert(study, self._places.made(study), events, keys)
                finally:
                    self._armed.clear()
                db.execute("COMMIT")
                return events
            except sqlite3.IntegrityError as error:
                self._roll_back()
                raise Conflict("record.conflict.idempotency", study=study, error=str(error)) from error
            except sqlite3.Error as error:
                self._roll_back()
                raise RecordError("record.store.write", error=str(error)) from error
            except BaseException:
                self._roll_back()
                raise

    def _append_next(
        self, study: str, key: str, body: bytes, expected: int, previous: bytes, seal: bytes | None
    ) -> Event | None:
        """The ordinary case of one event after the one that was seen; ``None``, and nothing is stored, where it is not that."""
        digest = link(previous, body)
        self._armed.append(True)
        try:
            first = self._places.before(study)
            self._db.execute(self._layout.next, (study, first, expected, previous, key, digest, body, seal))
        except sqlite3.IntegrityError:
            # another end of the log, or a key that is there: which of them is found out step by step
            return None
        finally:
            self._armed.clear()
        return Event(expected + 1, digest, body, seal)

    def _insert(self, study: str, first: int, events: list[Event], keys: Sequence[str]) -> None:
        """Many rows in one statement, as far as none of them has a seal."""
        row = self._layout.row
        whole = (len(events) - 1) // MANY * MANY
        for start in range(0, whole, MANY):
            values: list[Any] = [study]
            for (seq, digest, body, _), key in zip(events[start : start + MANY], keys[start:], strict=False):
                values += row(first, seq, key, digest, body)
            self._db.execute(self._layout.many, values)
        self._db.executemany(
            self._layout.event,
            [
                (study, *row(first, seq, key, digest, body, seal))
                for (seq, digest, body, seal), key in zip(events[whole:], keys[whole:], strict=True)
            ],
        )

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
        row = self._db.execute(self._layout.head, (study, self._places.before(study))).fetchone()
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
                f"SELECT {columns} {self._layout.after}", (study, self._places.before(study), after)
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
                f"SELECT seq, hash, body, seal {self._layout.one}", (study, self._places.before(study), seq)
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
