"""The usual units as a table, so that who checks a bundle does not read pint's thousand definitions.

``table.json`` is written by ``scripts/write_unit_table.py`` from what pint says, and a test holds it to that. For every spelling
it names a unit; for every two units of one dimension it has the scale that pint computes, and for temperatures the offset.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

import orjson

from proband.terms.units.grammar import named
from proband.terms.units.spellings import ANNOTATION, FOREIGN, bare, misleads


class _Place(NamedTuple):
    """Where a spelling stands: its dimension, and its unit within the dimension."""

    dimension: int
    unit: int


class _UnitTable(NamedTuple):
    """Spelling → place; dimension → from each of its units to each other the scale, and the offset where there is any."""

    places: dict[str, _Place]
    scales: list[list[list[float]]]
    offsets: dict[int, list[list[float]]]


@cache
def _table() -> _UnitTable:
    read = orjson.loads((files("proband.terms.units") / "table.json").read_bytes())
    places = {spelling: _Place(*place) for spelling, place in read["spellings"].items()}
    return _UnitTable(places, read["scales"], {int(key): offsets for key, offsets in read["offsets"].items()})


@lru_cache(maxsize=4096)
def _place(spelling: str) -> _Place | None:
    text = bare(spelling)
    if FOREIGN.search(text) and named(text) is None:
        return None
    places = _table().places
    found = places.get(text)
    if found or misleads(text):
        return found
    for each in (text, ANNOTATION.sub("", text)):
        name = named(each)
        if name is not None:
            return places.get(name)
    return None


def knows(spelling: str) -> bool:
    """Whether a spelling is in the table; one that is not may be a unit all the same."""
    return _place(spelling) is not None


def factor(from_unit: str, to_unit: str) -> tuple[float, float] | None:
    """``(scale, offset)`` between two units of the table, ``None`` where they measure different things."""
    source, target = _place(from_unit), _place(to_unit)
    if source is None or target is None or source.dimension != target.dimension:
        return None
    table = _table()
    offsets = table.offsets.get(source.dimension)
    scale = table.scales[source.dimension][source.unit][target.unit]
    return scale, 0.0 if offsets is None else offsets[source.unit][target.unit]
