"""The published figures: CSV tables beside a YAML description, every row with its source and verification level.

A table ``NAME.csv`` in a bundle's ``natural_history/`` (or ``evidence/``) folder has at least the columns ``source``
(the id of a :class:`~proband.terms.Source` listed under ``sources:`` in the bundle's ``evidence/*.yaml``) and
``level``. ``NAME.yaml`` says what the columns mean, which people the rows cover (``domain``) and under which licence
they are passed on. A row whose source or level is missing is an error, not a default.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from proband.terms import Level, Location, ProbandError, Source


class NaturalHistoryTableError(ProbandError):
    """A natural-history table cannot be used as it stands."""

    default_code = "natural_history.table"


class UnknownProgramme(ProbandError):
    """No bundle of that name comes with Proband and no folder of that path exists."""

    default_code = "natural_history.unknown_programme"


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
        TableError
            If the table has no such column.
        """
        try:
            return self.cells[column].strip()
        except KeyError:
            raise NaturalHistoryTableError(
                f"there is no column {column!r}", mend="add the column", location=self.location
            ) from None

    def number(self, column: str) -> float | None:
        """The cell as a number, or ``None`` where it is empty.

        Raises
        ------
        TableError
            If the cell is neither empty nor a number.
        """
        text = self.text(column)
        if not text:
            return None
        try:
            return float(text)
        except ValueError:
            raise NaturalHistoryTableError(
                f"{column} is {text!r}, which is not a number",
                mend="write a plain number with a decimal point, or leave the cell empty",
                location=self.location,
            ) from None


@dataclass(frozen=True, slots=True)
class NaturalHistoryTable:
    """A natural-history table with its description."""

    name: str
    title: str
    columns: dict[str, Any]
    domain: dict[str, Any]
    licence: str
    rows: tuple[TableRow, ...]
    description: dict[str, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[TableRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def usable(self) -> tuple[TableRow, ...]:
        """The rows that may enter a calculation: ``read``, ``derived`` or ``digitised`` only."""
        return tuple(row for row in self.rows if row.level.may_enter_calculation)

    def where(self, **cells: str) -> tuple[TableRow, ...]:
        """The usable rows whose cells equal the given texts."""
        return tuple(r for r in self.usable() if all(r.text(c) == v for c, v in cells.items()))


@dataclass(frozen=True, slots=True)
class NaturalHistoryData:
    """All natural-history tables of one bundle."""

    programme: str
    tables: dict[str, NaturalHistoryTable]
    sources: dict[str, Source]

    def table(self, name: str) -> NaturalHistoryTable:
        """The table of that name.

        Raises
        ------
        TableError
            If the bundle has no such table.
        """
        if name not in self.tables:
            raise NaturalHistoryTableError(
                f"programme {self.programme!r} has no natural-history table {name!r}",
                mend=f"it has: {', '.join(sorted(self.tables)) or 'none'}",
            )
        return self.tables[name]


def shipped_programmes() -> list[str]:
    """The names of the bundles that come with Proband."""
    root = Path(str(resources.files("proband"))) / "programmes"
    if not root.is_dir():
        return []
    return sorted(p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith((".", "_")))


def bundle_folder(programme: str | Path) -> Path:
    """The folder of a bundle: a shipped one by its name, any other by its path.

    Raises
    ------
    UnknownProgramme
        If neither exists; the mend lists the shipped names.
    """
    path = Path(programme)
    if path.is_dir():
        return path
    name = str(programme)
    if name in shipped_programmes():
        return Path(str(resources.files("proband"))) / "programmes" / name
    raise UnknownProgramme(
        f"there is no programme {name!r}",
        mend=f"use one of {', '.join(shipped_programmes())}, or the path of a bundle's folder",
    )


def _yaml(path: Path) -> Any:
    with path.open(encoding="utf-8") as stream:
        return YAML(typ="safe", pure=True).load(stream)


def _read_sources(folder: Path) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for path in sorted((folder / "evidence").glob("*.yaml")):
        content = _yaml(path)
        if not isinstance(content, dict) or "sources" not in content:
            continue
        for entry in content["sources"] or []:
            source = Source.model_validate(entry)
            known = sources.get(source.id)
            if known is not None and known != source:
                raise NaturalHistoryTableError(
                    f"source {source.id!r} is written twice, differently",
                    mend="keep one entry per source",
                    location=Location(file=str(path), key=f"sources.{source.id}"),
                )
            sources[source.id] = source
    return sources


def _read_table(path: Path, sources: dict[str, Source], *, described: bool = True) -> NaturalHistoryTable:
    beside = path.with_suffix(".yaml")
    if described and not beside.exists():
        raise NaturalHistoryTableError(
            f"{path.name} has no description",
            mend=f"write {beside.name} with title, columns, domain and licence",
            location=Location(file=str(path)),
        )
    description = dict(_yaml(beside)) if described else {}
    rows: list[TableRow] = []
    with path.open(encoding="utf-8", newline="") as stream:
        for line, cells in enumerate(csv.DictReader(stream), start=2):
            place = Location(file=str(path), line=line)
            key = (cells.get("source") or "").strip()
            if key not in sources:
                raise NaturalHistoryTableError(
                    f"source {key!r} is in no evidence file of the bundle",
                    mend="add it under sources: in evidence/*.yaml, or correct the id",
                    location=place,
                )
            word = (cells.get("level") or "").strip()
            if word not in set(Level):
                raise NaturalHistoryTableError(
                    f"level {word!r} is not a verification level",
                    mend=f"use one of {', '.join(Level)}",
                    location=place,
                )
            rows.append(TableRow({k: v or "" for k, v in cells.items()}, sources[key], Level(word), place))
    return NaturalHistoryTable(
        name=path.stem,
        title=str(description.get("title", path.stem)),
        columns=dict(description.get("columns") or {}),
        domain=dict(description.get("domain") or {}),
        licence=str(description.get("licence", "")),
        rows=tuple(rows),
        description=description,
    )


@lru_cache(maxsize=16)
def _load(folder: Path, programme: str) -> NaturalHistoryData:
    sources = _read_sources(folder)
    tables = {p.stem: _read_table(p, sources) for p in sorted((folder / "natural_history").glob("*.csv"))}
    return NaturalHistoryData(programme=programme, tables=tables, sources=sources)


def load(programme: str | Path) -> NaturalHistoryData:
    """The natural-history tables of a bundle, shipped (by name) or external (by path).

    Raises
    ------
    UnknownProgramme
        If there is no such bundle.
    TableError
        If a row lacks its source or level, or a table its description.
    """
    folder = bundle_folder(programme)
    return _load(folder.resolve(), folder.name)


def load_table(programme: str | Path, relative: str) -> NaturalHistoryTable:
    """One table of a bundle outside ``natural_history/``, for example ``evidence/therapies.csv``.

    Raises
    ------
    UnknownProgramme, TableError
        As for :func:`load`; also when the file does not exist.
    """
    folder = bundle_folder(programme)
    path = folder / relative
    if not path.is_file():
        raise NaturalHistoryTableError(
            f"programme {folder.name!r} has no {relative}", mend="give the name of a table of the bundle"
        )
    return _read_table(path, _read_sources(folder), described=False)
