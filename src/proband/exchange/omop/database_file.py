"""The tables of a DuckDB file that somebody else wrote, row by row: opened for reading only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proband.terms.extras import missing

try:
    import duckdb
except ModuleNotFoundError as error:
    raise missing(error) from error

_AT_ONCE = 20_000


class UnreadableDatabase(Exception):
    """No DuckDB file of a version that can be read; the message is DuckDB's own."""


class DatabaseFile:
    """A DuckDB file: its tables with their columns, and the rows of each."""

    def __init__(self, path: Path) -> None:
        try:
            self._connection = duckdb.connect(str(path), read_only=True)
            self._connection.execute("SET enable_progress_bar = false")
            self._tables: list[tuple[str, str, list[str]]] = self._connection.execute(
                "SELECT table_schema, table_name, list(column_name ORDER BY ordinal_position) "
                "FROM information_schema.columns GROUP BY ALL ORDER BY ALL"
            ).fetchall()
        except duckdb.Error as error:
            raise UnreadableDatabase(str(error)[:200]) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def tables(self) -> list[tuple[str, str, list[str]]]:
        """Schema, table and columns of each table, in order of name."""
        return self._tables

    def rows(self, schema: str, table: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a table as a stream."""
        quoted = ".".join('"' + each.replace('"', '""') + '"' for each in (schema, table))
        cursor = self._connection.cursor()
        cursor.execute(f"SELECT * FROM {quoted}")  # noqa: S608 (both names are the file's own, and are quoted)
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows
