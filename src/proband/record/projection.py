"""The tables kept in a file beside the log, and rebuilt from it by one verb.

Everything in the file can be thrown away: it says only what the log says, as of the event and hash that it names.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from proband.record.fold import fold, without_collecting
from proband.record.permissions import claim
from proband.record.record import Record
from proband.record.snapshot import spilling
from proband.record.standing import standing_words
from proband.record.state import State
from proband.record.tables import TABLES, Row, about, rows_about, visits_row_by_row


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild found: rows that differ between the running tables, the file, and the log folded from nothing."""

    events: int
    rows: int
    running_differs: list[str] = field(default_factory=list)
    file_differs: list[str] = field(default_factory=list)
    file_was_at: int = 0

    @property
    def ok(self) -> bool:
        """Whether running tables and file both said what the log says."""
        return not self.running_differs and not self.file_differs


def rows_of(state: State) -> Iterator[tuple[str, str, str]]:
    """Every row of every table as (table, key, canonical text), one after the other."""
    for name, rows in TABLES.items():
        for row in rows(state):
            yield name, str(next(iter(row.values()))), orjson.dumps(row).decode()


def all_rows(state: State) -> dict[str, dict[str, bytes]]:
    """Every table as key → row, the row as canonical bytes."""
    found: dict[str, dict[str, bytes]] = {name: {} for name in TABLES}
    for name, key, row in rows_of(state):
        found[name][key] = row.encode()
    return found


def differences(
    one: Mapping[str, Mapping[str, bytes]], other: Mapping[str, Mapping[str, bytes]]
) -> list[str]:
    """The keys (``table:key``) whose rows differ."""
    found: list[str] = []
    for name in sorted(one.keys() | other.keys()):
        left, right = one.get(name, {}), other.get(name, {})
        found.extend(
            f"{name}:{key}" for key in sorted(left.keys() | right.keys()) if left.get(key) != right.get(key)
        )
    return found


class TableFile:
    """The tables in an SQLite file: ``rows(table, key, row)`` and one view per table for those who query by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        claim(path)
        with closing(self._open()) as db:
            db.execute(
                "CREATE TABLE IF NOT EXISTS rows (tab TEXT, key TEXT, row TEXT NOT NULL, PRIMARY KEY (tab, key)) WITHOUT ROWID"
            )
            db.execute(
                "CREATE TABLE IF NOT EXISTS at (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER, hash TEXT, keys TEXT)"
            )

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, timeout=30.0)
        db.execute("PRAGMA journal_mode = WAL")
        return db

    def at(self) -> tuple[int, str]:
        """The event and hash up to which the file speaks; ``(0, "")`` when it is empty."""
        with closing(self._open()) as db:
            row = db.execute("SELECT seq, hash FROM at").fetchone()
        return (row[0], row[1]) if row else (0, "")

    def read(self) -> dict[str, dict[str, bytes]]:
        """Every row of the file."""
        found: dict[str, dict[str, bytes]] = {name: {} for name in TABLES}
        with closing(self._open()) as db:
            for name, key, row in db.execute("SELECT tab, key, row FROM rows"):
                found.setdefault(name, {})[key] = row.encode()
        return found

    def write(self, state: State) -> int:
        """Bring the file to a state: only rows that changed are written; returns how many."""
        with self.wanted(state) as tables:
            return tables.replace(state)

    @contextmanager
    def wanted(self, state: State) -> Iterator[WantedTables]:
        """The tables of a state beside those of the file, row by row and not all at once, to compare and to put in their place."""
        with closing(self._open()) as db:
            db.execute(
                "CREATE TEMP TABLE wanted (tab TEXT, key TEXT, row TEXT NOT NULL, PRIMARY KEY (tab, key)) WITHOUT ROWID"
            )
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT OR REPLACE INTO wanted VALUES (?, ?, ?)", rows_of(state))
            yield WantedTables(db)


@dataclass(frozen=True, slots=True)
class WantedTables:
    """The tables that a file should have, beside those that it has."""

    _db: sqlite3.Connection

    def count(self) -> int:
        """How many rows there should be."""
        found: int = self._db.execute("SELECT count(*) FROM wanted").fetchone()[0]
        return found

    def file_differs(self) -> list[str]:
        """The keys (``table:key``) of the rows of the file that are other than they should be."""
        found = self._db.execute(
            "SELECT tab, key FROM (SELECT * FROM wanted EXCEPT SELECT * FROM main.rows UNION ALL "
            "SELECT * FROM (SELECT * FROM main.rows EXCEPT SELECT * FROM wanted)) GROUP BY tab, key ORDER BY tab, key"
        )
        return [f"{tab}:{key}" for tab, key in found]

    def differs(self, state: State) -> list[str]:
        """The keys of the rows of a running state that are other than they should be."""
        found, seen = set(), 0
        for name, key, row in rows_of(state):
            said = self._db.execute(
                "SELECT row FROM wanted WHERE tab = ? AND key = ?", (name, key)
            ).fetchone()
            seen += said is not None
            if said is None or said[0] != row:
                found.add(f"{name}:{key}")
        if seen < self.count():
            running = {(name, key) for name, key, _ in rows_of(state)}
            rows = self._db.execute("SELECT tab, key FROM wanted")
            found.update(f"{tab}:{key}" for tab, key in rows if (tab, key) not in running)
        return sorted(found)

    def replace(self, state: State) -> int:
        """Put them in the place of those of the file; returns how many rows were other than they should be."""
        db = self._db
        changed = db.execute(
            "INSERT OR REPLACE INTO main.rows SELECT * FROM wanted EXCEPT SELECT * FROM main.rows"
        ).rowcount
        gone = db.execute(
            "DELETE FROM main.rows WHERE NOT EXISTS (SELECT 1 FROM wanted WHERE wanted.tab = rows.tab AND wanted.key = rows.key)"
        ).rowcount
        at = (state.seq, state.hash.hex(), standing_words(state))
        db.execute("INSERT OR REPLACE INTO at VALUES (1, ?, ?, ?)", at)
        for name in TABLES:
            first = db.execute("SELECT row FROM wanted WHERE tab = ? LIMIT 1", (name,)).fetchone()
            if first is not None:
                _view(db, name, orjson.loads(first[0]))
        db.execute("COMMIT")
        return changed + gone


def _view(db: sqlite3.Connection, name: str, row: Row) -> None:
    # names come from TABLES and from the code of its rows, never from data
    columns = ", ".join(f"json_extract(row, '$.{column}') AS \"{column}\"" for column in row)
    db.execute(f"CREATE VIEW IF NOT EXISTS \"{name}\" AS SELECT {columns} FROM rows WHERE tab = '{name}'")  # noqa: S608


def rebuild(record: Record, path: Path | None = None) -> Rebuilt:
    """Fold the whole log from nothing, compare with the running state and with the file, and replace the file.

    Parameters
    ----------
    record
        The open record.
    path
        The file of tables; by default ``tables.db`` in the record's folder, none for a record without a folder.
    """
    record.catch_up()
    with spilling(record.store, record.study) as spill:
        fresh = State(study=record.study)
        with without_collecting():
            for event in record.events():
                fold(fresh, event)
                spill(fresh)
        return _compared(record, fresh, path)


def _compared(record: Record, fresh: State, path: Path | None) -> Rebuilt:
    target = path or (record.folder / "tables.db" if record.folder else None)
    with tempfile.TemporaryDirectory() as scratch:
        file = TableFile(target or Path(scratch) / "tables.db")
        at = file.at()[0]
        with file.wanted(fresh) as tables:
            report = Rebuilt(fresh.seq, tables.count(), file_was_at=at if target is not None else 0)
            report.running_differs = tables.differs(record.state)
            if not report.running_differs and fresh != record.state:
                report.running_differs = ["state"]
            if target is not None and at == fresh.seq:
                report.file_differs = tables.file_differs()
            tables.replace(fresh)
    if report.running_differs:
        record.begin_anew_from_the_log()
    return report


def show(state: State, name: str, today: date, of: str | None = None) -> list[dict[str, Any]]:
    """A table by name, visits included; with ``of`` only the rows of that participant, or with that key.

    Raises
    ------
    KeyError
        For a name that is no table.
    """
    return list(row_by_row(state, name, today, of))


def row_by_row(state: State, name: str, today: date, of: str | None = None) -> Iterator[Row]:
    """The same rows as :func:`show`, one after the other, as long as nothing is folded into the state.

    Raises
    ------
    KeyError
        For a name that is no table.
    """
    if name == "visits":
        return visits_row_by_row(state if of is None else about(state, of), today)
    return iter(TABLES[name](state) if of is None else rows_about(state, name, of))
