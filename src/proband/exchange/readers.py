"""Readers: each is declared where it is written, in a file of its own below this package, and found by itself.

::

    @reader("vitals", "text", looks=lambda file: file.content.head.startswith(b"VITALS 1"))
    def declared(file: FileAtHand) -> Iterator[Observation]: ...

What a file is, its content says: its kind (JSON, lines of JSON, XML, text, binary) is seen first, then the readers of that kind are
asked whether it looks like theirs. A reader gives facts as a stream, tells its report what it did not read, and refuses a file by
raising :func:`~proband.exchange.report.declined` with an entry of the catalogue of errors. What nobody reads is declined.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import ModuleInfo, iter_modules
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from proband.exchange.content import Content
from proband.exchange.mapping import Mapping
from proband.exchange.ontology import Ontology
from proband.exchange.report import FileReport
from proband.facts.observation import Observation

if TYPE_CHECKING:
    import polars as pl

Kept = TypeVar("Kept")

#: A fact as it leaves a reading: with what it is besides, its doubts, and counted in the report of its file.
Finish = Callable[[Observation, FileReport], Iterable[Observation]]
FileKind = Literal["json", "ndjson", "xml", "text", "binary"]


@dataclass(slots=True)
class ReadingPass:
    """What the files of one pass have in common: which they are, and what a reader keeps from one to the next."""

    files: Sequence[Path]
    merged: dict[str, str] = field(default_factory=dict)
    """Ids of persons → the id under which their facts are given, as readers find them."""
    _kept: dict[object, Any] = field(default_factory=dict)

    def kept(self, make: Callable[[Sequence[Path]], Kept]) -> Kept:
        """What was made of the files of this pass by that class; made when it is first asked for."""
        if make not in self._kept:
            self._kept[make] = make(self.files)
        found: Kept = self._kept[make]
        return found


@dataclass(frozen=True, slots=True)
class FileAtHand:
    """One file that is being read, and what helps to read it.

    Attributes
    ----------
    content
        What it looks like, and its bytes, text or lines when they are asked for.
    root
        The value of a JSON file; ``None`` of any other.
    report
        What became of it: findings, what was ignored and why, what was counted.
    mapping, ontology
        The caller's mapping of columns, and the ontology to check terms against.
    finish
        What becomes of each fact before it stands in the long table; given where only that table is wanted: a reader may then give
        pieces of it, of facts that it has finished, instead of facts. ``None``: facts are wanted.
    """

    content: Content
    path: Path
    report: FileReport
    reading: ReadingPass
    mapping: Mapping | None = None
    ontology: Ontology | None = None
    root: Any = None
    finish: Finish | None = None

    @property
    def name(self) -> str:
        """How the report and the facts name it."""
        return self.report.file


@dataclass(frozen=True, slots=True)
class DeclaredReader:
    """A reader: its name, the kind of file that it reads, how it knows its own, and how it reads."""

    name: str
    kind: FileKind
    looks: Callable[[FileAtHand], bool]
    last: bool
    read: Callable[[FileAtHand], Iterator[Observation | pl.DataFrame]]


def reader(
    name: str, kind: FileKind, *, looks: Callable[[FileAtHand], bool], last: bool = False
) -> Callable[[Callable[[FileAtHand], Iterator[Observation | pl.DataFrame]]], DeclaredReader]:
    """Declare a function as a reader.

    Parameters
    ----------
    name
        What it reads, for the list of readers.
    kind
        The kind of file that it is asked about.
    looks
        Whether a file of that kind is one of its own; ``root`` is there for JSON, ``content.head`` for all.
    last
        Whether it is asked after all others of its kind: it reads what nobody else knows.
    """
    return lambda read: DeclaredReader(name, kind, looks, last, read)


def reader_of(file: FileAtHand, kind: FileKind) -> DeclaredReader | None:
    """The reader of a file, or ``None`` where nobody reads it."""
    return next((each for each in readers() if each.kind == kind and each.looks(file)), None)


@cache
def readers() -> tuple[DeclaredReader, ...]:
    """Every reader, those that are asked last at the end."""
    package = import_module("proband.exchange")
    found: dict[int, DeclaredReader] = {}
    for module in _modules(package.__path__, f"{package.__name__}."):
        for value in vars(import_module(module)).values():
            if isinstance(value, DeclaredReader):
                found[id(value)] = value
    return tuple(sorted(found.values(), key=lambda each: each.last))


def _modules(path: Any, prefix: str) -> Iterator[str]:
    """The modules of a package, and of the packages in it, that declare a reader; a package without one is not imported."""
    for module in iter_modules(path, prefix):
        if module.ispkg:
            spec = module.module_finder.find_spec(module.name, None)
            inside = spec.submodule_search_locations if spec is not None else None
            yield from _modules(inside or (), f"{module.name}.")
        elif _declares(module):
            yield module.name


def _declares(module: ModuleInfo) -> bool:
    spec = module.module_finder.find_spec(module.name, None)
    if spec is None or not spec.origin:
        return False
    return re.search(r"^@reader\(", Path(spec.origin).read_text(encoding="utf-8"), re.MULTILINE) is not None
