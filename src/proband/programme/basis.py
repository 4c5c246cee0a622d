"""Where the numbers of a bundle come from: each stands below a mapping with a source that is listed, and a level."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from proband.programme.documents import Document, Table
from proband.programme.problems import Problem, bundle_problem, key_text
from proband.programme.validation_words import shortened
from proband.terms import Level
from proband.terms.canonical import CanonicalError, canonical
from proband.terms.errors import ErrorCode
from proband.terms.yaml12 import KeyPath

_LEVELS = frozenset(level.value for level in Level)


def basis_problems(
    documents: Mapping[str, Document], tables: Mapping[str, Table], sources: Collection[str]
) -> Iterator[Problem]:
    """Numbers without source and level, sources that nobody listed, tables and descriptions without one another."""
    for document in documents.values():
        # the description of a table repeats what its rows cover, and the rows carry their sources
        basis = "the table beside it" if document.file.startswith("natural_history/") else None
        walk = _Walk(document, sources)
        walk.visit(document.data, (), basis)
        yield from walk.found
    for table in tables.values():
        yield from _table_problems(table, sources)
    for name in documents:
        if name.startswith("natural_history/") and name.removesuffix(".yaml") + ".csv" not in tables:
            yield bundle_problem(
                "bundle.table.missing", name, 1, "", table=f"{name.removesuffix('.yaml')}.csv"
            )
    for name in tables:
        if name.startswith("natural_history/") and name.removesuffix(".csv") + ".yaml" not in documents:
            description = f"{name.removesuffix('.csv')}.yaml"
            yield bundle_problem("bundle.table.undescribed", name, 1, "", description=description)


def _table_problems(table: Table, sources: Collection[str]) -> Iterator[Problem]:
    missing = [column for column in ("source", "level") if column not in table.header]
    if missing:
        columns = " and no column ".join(missing)
        yield bundle_problem("bundle.table.basis", table.file, 1, "header", columns=columns)
        return
    for row, line in zip(table.rows, table.lines, strict=True):
        if row["source"] not in sources:
            near = _nearest(row["source"], sources)
            yield bundle_problem("bundle.source.unknown", table.file, line, "source", value=row["source"] or "",
                                 source=row["source"], near=near)  # fmt: skip
        if row["level"] not in _LEVELS:
            yield bundle_problem("bundle.level.unknown", table.file, line, "level", value=row["level"] or "",
                                 level=row["level"], levels=sorted(_LEVELS))  # fmt: skip


class _Walk:
    """A walk through one document: every number must stand below a mapping with source and level, every source must exist."""

    def __init__(self, document: Document, sources: Collection[str]) -> None:
        self.document = document
        self.sources = sources
        self.found: list[Problem] = []
        self.is_evidence = document.file.startswith("evidence/")
        # in criteria "source" alone says where a wording is from, not a number
        self.names_sources_alone = document.file == "eligibility.yaml"

    def visit(self, value: Any, path: KeyPath, basis: str | None) -> None:
        """Look at a value below a basis (the id of a source, or ``None``)."""
        if isinstance(value, dict):
            self._mapping(value, path)
            basis = self._basis(value, path) or basis
            for key, child in value.items():
                if isinstance(child, str):
                    continue
                self.visit(child, (*path, key), basis)
        elif isinstance(value, list):
            for index, child in enumerate(value):
                if isinstance(child, str):
                    continue
                self.visit(child, (*path, index), basis)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self._number(value, path, basis)

    def _basis(self, value: dict[str, Any], path: KeyPath) -> str | None:
        """The basis that a mapping gives to what stands below it."""
        if "level" in value:
            if isinstance(value.get("source"), str):
                return str(value["source"])
            if isinstance(value.get("sources"), list) and value["sources"]:
                return str(value["sources"][0])
        # inside evidence files the sources themselves are defined, and a reading repeats what a row says
        if self.is_evidence and len(path) == 2 and path[0] in {"sources", "readings"}:
            return str(value.get("id") or value.get("row"))
        # a search is its own source: the place, the words and the day stand beside what it found
        if self.is_evidence and path[:2] == ("selection", "searches") and len(path) == 3:
            return str(value.get("id"))
        return None

    def _mapping(self, value: dict[str, Any], path: KeyPath) -> None:
        if path[-1:] == ("where",):  # names and values that tell people or rows apart
            return
        named = value.get("source")
        in_sources = path[:1] == ("sources",)
        if isinstance(named, str) and ("level" in value or not self.names_sources_alone):
            self._source(named, (*path, "source"))
        elif ("level" in value) != ("source" in value) and "sources" not in value and not in_sources:
            present, absent = ("level", "source") if "level" in value else ("source", "level")
            self._wrong("bundle.basis.half", path, present=present, absent=absent)
        if in_sources:
            return
        for key in ("sources", "evidence"):
            listed = value.get(key)
            if isinstance(listed, list) and not (key == "sources" and path == ()):
                for index, item in enumerate(listed):
                    if isinstance(item, str):
                        self._source(item, (*path, key, index))

    def _number(self, value: float, path: KeyPath, basis: str | None) -> None:
        if basis is None:
            self._wrong("bundle.number.unsourced", path, value=shortened(value))
        try:
            canonical(value)
        except CanonicalError:
            self._wrong("bundle.number.size", path, value=shortened(value))

    def _source(self, id: str, path: KeyPath) -> None:
        if id not in self.sources:
            self._wrong("bundle.source.unknown", path, value=id, source=id, near=_nearest(id, self.sources))

    def _wrong(self, code: ErrorCode, path: KeyPath, *, value: str = "", **parameters: Any) -> None:
        place = (self.document.file, self.document.line_of(path), key_text(path))
        self.found.append(bundle_problem(code, *place, value=value, **parameters))


def _nearest(id: str | None, known: Collection[str]) -> str | None:
    return next(iter(get_close_matches(id or "", known, n=1)), None)
