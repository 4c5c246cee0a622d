"""The kernel of all lints: small checks of a bundle or of its pages, one in each file, found by themselves.

A lint is a function with the decorator of its set, in a file of the set's package, and needs no other line anywhere::

    @declare("windows-overlap", "visits of one arm on one anchor must not share a day of their windows")
    def find(programme: Programme, on: date) -> Iterator[LintFinding]: ...

It says what it found and where; the code, the severity and the line in the file are added here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Generic, ParamSpec, Protocol, cast

from proband.programme.documents import Document
from proband.programme.problems import Problem, Severity, key_text
from proband.terms.yaml12 import KeyPath

P = ParamSpec("P")


class _Linted(Protocol):
    """What a lint looks at: it has documents, which know the lines of their keys."""

    @property
    def documents(self) -> Mapping[str, Document]: ...


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing that a lint found.

    ``file`` and ``path`` say where it stands, ``value`` what is written there. ``severity`` is given where it is not that of
    the lint, ``line`` where the file is no YAML document (a table, a consent text).
    """

    file: str
    path: KeyPath
    message: str
    mend: str
    value: object = ""
    severity: Severity | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Lint(Generic[P]):
    """A declared lint: its stable code, the severity of its findings, and what it holds in one sentence."""

    code: str
    severity: Severity
    text: str
    find: Callable[P, Iterator[LintFinding]]

    def __call__(self, *subject: P.args, **more: P.kwargs) -> Iterator[Problem]:
        """The problems of a subject (a programme, a ledger), each with its line."""
        documents = cast("_Linted", subject[0]).documents
        for found in self.find(*subject, **more):
            document = documents.get(found.file)
            line = found.line or (document.line_of(found.path) if document else 1)
            yield Problem(found.file, line, key_text(found.path), found.message, found.mend, self.code,
                          found.severity or self.severity, str(found.value))  # fmt: skip


class LintSet(Generic[P]):
    """The lints of one package."""

    def __init__(self, package: str, prefix: str, title: str) -> None:
        self.package = package
        self.prefix = prefix
        self.title = title

    def declare(
        self, id: str, text: str, *, severity: Severity = "error"
    ) -> Callable[[Callable[P, Iterator[LintFinding]]], Lint[P]]:
        """Make a lint of a function; its code is the prefix of the set and the id.

        Parameters
        ----------
        text
            What the lint holds, in one sentence; the documentation is written from it.
        severity
            ``error`` where a finding stops the bundle from loading or the page from being built.
        """
        return lambda find: Lint(f"{self.prefix}.{id}", severity, text, find)

    def all(self) -> dict[str, Lint[P]]:
        """Every lint of the package by its code, in order of the codes.

        Raises
        ------
        ValueError
            Where two files declare one code.
        """
        found: dict[str, Lint[P]] = {}
        package = import_module(self.package)
        for each in iter_modules(package.__path__):
            module = import_module(f"{self.package}.{each.name}")
            for lint in vars(module).values():
                if isinstance(lint, Lint) and lint.find.__module__ == module.__name__:
                    if lint.code in found:
                        raise ValueError(f"the lint {lint.code} is declared twice")
                    found[lint.code] = lint
        return dict(sorted(found.items()))

    def run(self, *subject: P.args, **more: P.kwargs) -> list[Problem]:
        """Every problem that the lints find in a subject, in the order of file and line."""
        return sorted(problem for lint in self.all().values() for problem in lint(*subject, **more))


def lints_page(*sets: LintSet[...]) -> str:
    """The page of the documentation that lists every lint."""
    lines = [
        "# Lints",
        "",
        "Small checks, one file each: `src/proband/programme/lint` for bundles, `src/proband/pages/lint` for public pages. A file that is put there",
        "with the decorator `declare` is found by itself and stands in this list. This page is written by the program (`make docs-write`).",
    ]
    for each in sets:
        lines += ["", f"## {each.title}", "", "| code | severity | what it looks for |", "|---|---|---|"]
        lines += [f"| `{lint.code}` | {lint.severity} | {lint.text} |" for lint in each.all().values()]
    return "\n".join(lines) + "\n"
