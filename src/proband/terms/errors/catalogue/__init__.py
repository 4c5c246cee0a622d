"""The one catalogue of errors: every code that the library refuses with, once, room by room.

A module of this package holds the entries of one room as ``ENTRIES``; they are found by themselves. A gate or another thing that is
added in a file of its own declares its entries there with :func:`declare`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from proband.terms.errors.entry import Entry, ErrorCode


@cache
def registry() -> dict[ErrorCode, Entry]:
    """Code → entry: the catalogue itself, which :func:`declare` adds to."""
    found: dict[ErrorCode, Entry] = {}
    for room in iter_modules(__path__):
        for entry in import_module(f"{__name__}.{room.name}").ENTRIES:
            _add(entry, found)
    return found


def _add(entry: Entry, entries: dict[ErrorCode, Entry]) -> None:
    if entries.get(entry.code, entry) != entry:
        raise ValueError(f"{entry.code} stands in the catalogue already")
    entries[entry.code] = entry


def declare(*entries: Entry) -> None:
    """Add entries to the catalogue; a code that stands there with another text is refused."""
    for entry in entries:
        _add(entry, registry())


def entry(code: ErrorCode) -> Entry:
    """The entry of a code; ``KeyError`` where the catalogue has none."""
    return registry()[code]


def entries() -> list[Entry]:
    """Every entry, in the order of the codes."""
    return sorted(registry().values(), key=lambda found: found.code)
