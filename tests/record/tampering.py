"""The file of a log, changed by somebody who owns it and has taken its triggers away."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def raw(folder: Path, statement: str, *values: object) -> None:
    """Run a statement on the log of a folder, with no trigger left that would refuse it."""
    with closing(sqlite3.connect(folder / "events.db", isolation_level=None)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute(statement, values)


def flip(folder: Path, seq: int) -> None:
    """Change one bit of the last byte but one of an event."""
    with closing(sqlite3.connect(folder / "events.db")) as db:
        (body,) = db.execute("SELECT body FROM events WHERE seq = ?", (seq,)).fetchone()
    raw(folder, "UPDATE events SET body = ? WHERE seq = ?", bytes([*body[:-2], body[-2] ^ 1, body[-1]]), seq)
