"""The tables kept in a file beside the log, and rebuilt from it by one verb.

Everything in the file can be thrown away: it says only what the log says, as of the event and hash that it names.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from proband.record.fold import fold_all
from proband.record.permissions import claim
from proband.record.record import Record
from proband.record.standing import standing_words
from proband.record.state import State
from proband.record.tables import TABLES, Row, table, visit_rows


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


def all_rows(state: State) -> dict[str, dict[str, bytes]]:
    """Every table as key → row, the row as canonical bytes."""
    found: dict[str, dict[str, bytes]] = {}
    for name in TABLES:
        rows: dict[str, bytes] = {}
        for row in table(state, name):
            rows[str(next(iter(row.values())))] = orjson.dumps(row)
        found[name] = rows
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
        new, old = all_rows(state), self.read()
        changed = 0
        with closing(self._open()) as db:
            db.execute("BEGIN IMMEDIATE")
            for name, rows in new.items():
                before = old.get(name, {})
                update = [(name, key, row.decode()) for key, row in rows.items() if before.get(key) != row]
                gone = [(name, key) for key in before.keys() - rows.keys()]
                db.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", update)
                db.executemany("DELETE FROM rows WHERE tab = ? AND key = ?", gone)
                changed += len(update) + len(gone)
            at = (state.seq, state.hash.hex(), standing_words(state))
            db.execute("INSERT OR REPLACE INTO at VALUES (1, ?, ?, ?)", at)
            for name, rows in new.items():
                if rows:
                    _view(db, name, orjson.loads(next(iter(rows.values()))))
            db.execute("COMMIT")
        return changed


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
    fresh = fold_all(record.events(), record.study)
    wanted = all_rows(fresh)
    report = Rebuilt(fresh.seq, sum(len(rows) for rows in wanted.values()))
    report.running_differs = differences(wanted, all_rows(record.state))
    if fresh != record.state and not report.running_differs:
        report.running_differs = ["state"]
    target = path or (record.folder / "tables.db" if record.folder else None)
    if target is not None:
        file = TableFile(target)
        report.file_was_at = file.at()[0]
        if report.file_was_at == fresh.seq:
            report.file_differs = differences(wanted, file.read())
        file.write(fresh)
    if report.running_differs:
        record.state = fresh
    return report


def show(state: State, name: str, today: date) -> list[dict[str, Any]]:
    """A table by name, visits included.

    Raises
    ------
    KeyError
        For a name that is no table.
    """
    return visit_rows(state, today) if name == "visits" else table(state, name)
