"""The published figures of a loaded programme: its tables, every row with its source and verification level.

A table ``natural_history/NAME.csv`` has at least the columns ``source`` (the id of a :class:`~proband.terms.Source` of the
bundle) and ``level``; ``NAME.yaml`` beside it says what the columns mean, which people the rows cover (``domain``) and
under which licence they are passed on. All of that is read and checked by :mod:`proband.programme`: a row whose source
or level is missing is refused there, with its line, before any of it can reach a calculation here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from proband.programme import Programme
from proband.programme.documents import Table
from proband.programme.natural_history import ColumnMeaning, NaturalHistoryFile
from proband.terms import Level, Location, ProbandError, Source

_FOLDER = "natural_history"


class NaturalHistoryTableError(ProbandError):
    """A natural-history table cannot be used as it stands."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table: its cells as text, its source and its verification level."""

    cells: dict[str, str]
    source: Source
    level: Level
    location: Location

    def text(self, column: str) -> str:
        """The cell as text, stripped; empty where the table has nothing.

        Raises
        ------
        NaturalHistoryTableError
            If the table has no such column.
        """
        try:
            return self.cells[column].strip()
        except KeyError:
            raise NaturalHistoryTableError(
                "natural_history.table.column", location=self.location, column=column
            ) from None

    def number(self, column: str) -> float | None:
        """The cell as a number, or ``None`` where it is empty.

        Raises
        ------
        NaturalHistoryTableError
            If the cell is neither empty nor a number.
        """
        text = self.text(column)
        if not text:
            return None
        try:
            return float(text)
        except ValueError:
            raise NaturalHistoryTableError(
                "natural_history.table.number", location=self.location, column=column, text=text
            ) from None


@dataclass(frozen=True, slots=True)
class NaturalHistoryTable:
    """A table of cited rows; ``description`` is what the file beside it says, ``None`` for tables of evidence."""

    name: str
    rows: tuple[TableRow, ...]
    description: NaturalHistoryFile | None = None

    def __iter__(self) -> Iterator[TableRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def title(self) -> str:
        """The title of its description, or its name."""
        return self.description.title if self.description else self.name

    @property
    def columns(self) -> dict[str, ColumnMeaning]:
        """What each column means."""
        return self.description.columns if self.description else {}

    @property
    def domain(self) -> dict[str, Any]:
        """Which people the rows cover, in the words of the description."""
        return self.description.domain if self.description else {}

    @property
    def licence(self) -> str:
        """The licence under which the rows are passed on."""
        return self.description.licence if self.description else ""

    def usable(self) -> tuple[TableRow, ...]:
        """The rows that may enter a calculation: ``read``, ``derived`` or ``digitised`` only."""
        return tuple(row for row in self.rows if row.level.may_enter_calculation)

    def where(self, **cells: str) -> tuple[TableRow, ...]:
        """The usable rows whose cells equal the given texts."""
        return tuple(r for r in self.usable() if all(r.text(c) == v for c, v in cells.items()))


def published_tables(programme: Programme) -> dict[str, NaturalHistoryTable]:
    """Every natural-history table of a programme, by its name."""
    return {name: published(programme, name) for name in sorted(programme.natural_history)}


def published(programme: Programme, name: str) -> NaturalHistoryTable:
    """The natural-history table of that name.

    Raises
    ------
    NaturalHistoryTableError
        If the programme has no such table.
    """
    read = programme.tables.get(f"{_FOLDER}/{name}.csv")
    if read is None:
        raise NaturalHistoryTableError(
            "natural_history.table.unknown",
            programme=programme.id,
            name=name,
            tables=sorted(programme.natural_history),
        )
    return NaturalHistoryTable(name, _rows(programme, read), programme.natural_history.get(name))


def evidence_table(programme: Programme, name: str) -> NaturalHistoryTable:
    """The table ``evidence/NAME.csv``: it carries sources and levels too, but no description and no domain.

    Raises
    ------
    NaturalHistoryTableError
        If the programme has no such table.
    """
    read = programme.tables.get(f"evidence/{name}.csv")
    if read is None:
        raise NaturalHistoryTableError("natural_history.table.evidence", programme=programme.id, name=name)
    return NaturalHistoryTable(name, _rows(programme, read))


def _rows(programme: Programme, read: Table) -> tuple[TableRow, ...]:
    return tuple(
        TableRow(
            {column: cell or "" for column, cell in cells.items()},
            programme.source(cells["source"] or ""),
            Level(cells["level"] or ""),
            Location(file=read.file, line=line),
        )
        for cells, line in zip(read.rows, read.lines, strict=True)
    )
