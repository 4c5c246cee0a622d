"""What is still to be written in a bundle: ``todo`` in any mapping, a cell or a line of a text that begins with ``todo:``.

A ``todo`` is a note to whoever writes, as a comment is: it is no part of the meaning, and is counted. Only a draft may hold one, and a
bundle that holds one is not sealed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from proband.programme.documents import Document, Table
from proband.programme.problems import Problem, bundle_problem, key_text
from proband.terms.yaml12 import KeyPath

CODE = "bundle.todo"
KEY = "todo"
#: a line of a text, or a cell, that begins so
_BEGINS = re.compile(r"\s*(?:<!--\s*)?todo:\s*(.*?)\s*(?:-->)?\s*$", re.IGNORECASE)


def taken_out(document: Document) -> list[Problem]:
    """Take every ``todo`` out of a document's data; each is one problem, where it stands."""
    found: list[Problem] = []
    document.data = _without(document, document.data, (), found)
    return found


def _without(document: Document, value: Any, path: KeyPath, found: list[Problem]) -> Any:
    if isinstance(value, dict):
        if KEY in value:
            here = (*path, KEY)
            told = value[KEY]
            for index, item in enumerate(told if isinstance(told, list) else [told]):
                place = (*here, index) if isinstance(told, list) else here
                found.append(_problem(document.file, document.line_of(place), key_text(place), item))
        return {
            key: _without(document, inner, (*path, key), found) for key, inner in value.items() if key != KEY
        }
    if isinstance(value, list):
        return [_without(document, inner, (*path, index), found) for index, inner in enumerate(value)]
    if isinstance(value, str) and (said := _BEGINS.match(value)):
        found.append(_problem(document.file, document.line_of(path), key_text(path), said[1]))
    return value


def in_table(table: Table) -> Iterator[Problem]:
    """Cells of a table that begin with ``todo:``."""
    for row, line in zip(table.rows, table.lines, strict=True):
        for column, cell in row.items():
            if cell and (said := _BEGINS.match(cell)):
                yield _problem(table.file, line, column, said[1])


def in_text(text: str, file: str) -> Iterator[Problem]:
    """Lines of a text that begin with ``todo:``."""
    for line, written in enumerate(text.splitlines(), start=1):
        if said := _BEGINS.match(written):
            yield _problem(file, line, "", said[1])


def _problem(file: str, line: int, key: str, what: object) -> Problem:
    said = "" if what is None else str(what).strip()
    return bundle_problem("bundle.todo", file, line, key, what=said or "something")
