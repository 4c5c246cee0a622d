"""What a store of events is: one function that appends, a few that read, none that changes anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from proband.record.errors import RecordError
from proband.record.events import Event


class Store(Protocol):
    """An append-only store of chained events, one chain per study."""

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
        """Append in one durable transaction; the only way in.

        Parameters
        ----------
        study
            Whose chain.
        bodies, keys
            Canonical bytes and idempotency keys, one each; all are appended, or none.
        expected
            The number of the last event that the caller has seen (0 for none); ``None`` does not check.
        previous
            The hash of that event; where the log has another one there, it is not the log that the caller read.
        seal
            The seal of the commit, kept beside its last event; it is made for ``expected`` and ``previous``.

        Raises
        ------
        Conflict
            The head has moved beyond ``expected``, or a key is already there.
        RecordError
            ``record.store.replaced`` where the log is shorter than ``expected``, or is another one; nothing is appended.
        """
        ...

    def head(self, study: str) -> tuple[int, bytes]:
        """Number and hash of the last event; ``(0, GENESIS)`` for none."""
        ...

    def rows(self, study: str, after: int = 0) -> Iterator[tuple[int, str, bytes, bytes]]:
        """``(seq, key, hash, body)`` of every event after a number, in order."""
        ...

    def exclusive(self, study: str) -> AbstractContextManager[None]:
        """While it is held nobody else appends to the study: whoever lost a race reads, judges and appends in it."""
        ...

    def seals(self, study: str, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """``(seq, seal)`` of every sealed event after a number, in order."""
        ...

    def events(self, study: str, after: int = 0) -> Iterator[Event]:
        """Every event after a number, in order."""
        ...

    def event(self, study: str, seq: int) -> Event | None:
        """The event of a number."""
        ...

    def by_key(self, study: str, key: str) -> Event | None:
        """The event with an idempotency key."""
        ...

    def studies(self) -> list[str]:
        """The studies that have events."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


def is_url(where: str | Path) -> bool:
    """Whether a place is a PostgreSQL URL rather than a file."""
    return str(where).startswith(("postgresql://", "postgres://"))


def open_store(where: str | Path, *, create: bool = False) -> Store:
    """Open a store: a PostgreSQL URL, ``:memory:``, or the path of an SQLite file.

    Raises
    ------
    RecordError
        ``record.store.absent`` where there is no such file and ``create`` is false.
    """
    if is_url(where):
        from proband.record.store.postgres import PostgresStore

        return PostgresStore(str(where))
    if str(where) != ":memory:" and not create and not Path(where).is_file():
        raise RecordError("record.store.absent", where=where)
    from proband.record.store.sqlite import SqliteStore

    return SqliteStore(where)
