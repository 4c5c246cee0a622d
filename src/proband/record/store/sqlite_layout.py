"""How events lie in an SQLite file: which tables there are, and the statements that read and write them.

Every commit writes each tree that it touches as a page. So events lie in one tree by their *place*, a number made of the study's number in the file and of
the event's number in the study, and the only other tree that an append touches is that of the idempotency keys, which lets no key in twice. Files that were
made before have a third one (study and number, beside a row number that says nothing); they are used as they are: an event that is stored is never written anew,
not even to put it elsewhere. A restored backup is a new file.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

#: places of one study: more events than anybody writes
SPAN = 1 << 40
#: so many events without a seal in one statement
MANY = 50

_PLACED = f"""
CREATE TABLE IF NOT EXISTS events (
    place INTEGER PRIMARY KEY,
    study TEXT NOT NULL,
    seq   INTEGER NOT NULL CHECK (seq > 0 AND (place & {SPAN - 1}) = seq),
    key   TEXT NOT NULL,
    hash  BLOB NOT NULL,
    body  BLOB NOT NULL,
    seal  BLOB
) STRICT;
"""
_STUDIES = """
CREATE TABLE IF NOT EXISTS studies (number INTEGER PRIMARY KEY, study TEXT NOT NULL UNIQUE) STRICT;
"""
_KEYS = "CREATE UNIQUE INDEX IF NOT EXISTS events_key ON events (study, key);"


def _guards(table: str, what: str) -> str:
    return f"""
CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'the log is append-only: {what} is never changed'); END;
CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'the log is append-only: {what} is never deleted'); END;
CREATE TRIGGER IF NOT EXISTS {table}_one_way_in BEFORE INSERT ON {table} WHEN proband_admit() IS NOT 1
BEGIN SELECT RAISE(ABORT, 'the log is appended by the record alone'); END;
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """The statements of one layout; in all of them ``?1`` is the study, ``?2`` the place before its first event.

    ``head``: number and hash of the last event; ``after``: which events come after the number ``?3``, in order; ``one``: which has the number ``?3``;
    ``next``: store the event after the one with number ``?3`` and hash ``?4`` (key, hash, body, seal follow), judged and stored in one statement, which is one
    transaction: where the log does not end with that event the new one has no number; ``event``, ``many``: store one, and :data:`MANY` without a seal.
    """

    schema: str
    placed: bool
    head: str
    after: str
    one: str
    next: str
    event: str
    many: str

    def row(self, first: int, seq: int, *rest: Any) -> tuple[Any, ...]:
        """The values of an event for ``event`` and ``many`` that come after the study."""
        return (first + seq, seq, *rest) if self.placed else (seq, *rest)


def _layout(schema: str, *, placed: bool) -> Layout:
    # the plus keeps the planner from reading a study by its keys
    within = (
        f"place > ?2 + {{}} AND place < ?2 + {SPAN} AND +study = ?1"
        if placed
        else "?2 = 0 AND study = ?1 AND seq > {}"
    )
    order = "place" if placed else "seq"
    names = "study, place, seq, key, hash, body" if placed else "study, seq, key, hash, body"
    head = f"FROM events WHERE {within.format(0)} ORDER BY {order} DESC LIMIT 1"
    number = f"(SELECT iif(seq = ?3 AND hash = ?4, ?3 + 1, NULL) {head})"
    place = "?2 + ?3 + 1, " if placed else ""
    marks = ", ".join(["?"] * (names.count(",")))
    return Layout(
        schema=schema, placed=placed,
        head=f"SELECT seq, hash {head}",
        after=f"FROM events WHERE {within.format('?3')} ORDER BY {order}",
        one=f"FROM events WHERE {'place = ?2 + ?3 AND +study = ?1' if placed else '?2 = 0 AND study = ?1 AND seq = ?3'}",
        next=f"INSERT INTO events ({names}, seal) VALUES (?1, {place}{number}, ?5, ?6, ?7, ?8)",  # noqa: S608
        event=f"INSERT INTO events ({names}, seal) VALUES (?1, {marks}, ?)",  # noqa: S608
        many=f"INSERT INTO events ({names}) VALUES {', '.join([f'(?1, {marks})'] * MANY)}",  # noqa: S608
    )  # fmt: skip


#: what is made today
PLACED = _layout(
    _STUDIES + _KEYS + _guards("events", "an event") + _guards("studies", "a study"), placed=True
)
#: what was made before
NUMBERED = _layout(_KEYS + _guards("events", "an event"), placed=False)


def lay_out(db: sqlite3.Connection) -> Layout:
    """Make the tables where there are none; gives the layout of those that there are."""
    db.executescript(_PLACED)
    columns = {row[1] for row in db.execute("PRAGMA table_info(events)")}
    layout = PLACED if "place" in columns else NUMBERED
    db.executescript(layout.schema)
    return layout


class Places:
    """Where each study begins in a file."""

    def __init__(self, db: sqlite3.Connection, layout: Layout) -> None:
        self._db = db
        self._placed = layout.placed
        #: of studies that have events: they stay where they are
        self._known: dict[str, int] = {}

    def before(self, study: str) -> int:
        """The place before a study's first event; one where nothing is for a study without events."""
        if not self._placed:
            return 0
        found = self._known.get(study)
        if found is None:
            row = self._db.execute("SELECT number FROM studies WHERE study = ?", (study,)).fetchone()
            if row is None:
                return -SPAN
            found = row[0] * SPAN
            if not self._db.in_transaction:
                self._known[study] = found
        return found

    def made(self, study: str) -> int:
        """The same in the transaction of an append, which gives a new study its number."""
        found = self.before(study)
        if found >= 0:
            return found
        (number,) = self._db.execute(
            "INSERT INTO studies (number, study) VALUES ((SELECT coalesce(max(number), -1) + 1 FROM studies), ?) RETURNING number",
            (study,),
        ).fetchone()
        return int(number) * SPAN
