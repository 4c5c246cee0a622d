"""All instruments by id, and the three ways to score: one person, columns, a table.

An instrument is declared by standing at the top level of a module of one of the packages below this one
(``instruments/function/walking.py``): it, or a tuple of several, is found there by itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from proband.instruments.entry import Units
from proband.instruments.instrument import Instrument, InstrumentError
from proband.instruments.scoring import Score, ScoreBatch, score_one
from proband.instruments.scoring import score_batch as _score_batch
from proband.terms.extras import require

if TYPE_CHECKING:
    import polars as pl

#: Every instrument by id.
REGISTRY: dict[str, Instrument] = {}

#: what the source of a module says that makes an instrument; other modules of the packages are not imported for nothing
_MAKES_ONE = re.compile(r"\bInstrument\(|\btuple\[Instrument\b")


def load_instruments() -> None:
    """Find every instrument and put it into :data:`REGISTRY`.

    Raises
    ------
    ValueError
        For two instruments of one id.
    """
    for module in _modules():
        for value in vars(import_module(module)).values():
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, Instrument) and REGISTRY.setdefault(one.id, one) is not one:
                    raise ValueError(f"{module}: there is another instrument with the id {one.id}")


def _modules() -> Iterator[str]:
    """The modules that make instruments, area by area."""
    for area in iter_modules(import_module("proband.instruments").__path__, "proband.instruments."):
        if not area.ispkg:
            continue
        for found in iter_modules(import_module(area.name).__path__, f"{area.name}."):
            spec = found.module_finder.find_spec(found.name, None)
            if (
                spec is not None
                and spec.origin
                and _MAKES_ONE.search(Path(spec.origin).read_text(encoding="utf-8"))
            ):
                yield found.name


load_instruments()


def get(id: str) -> Instrument:
    """The instrument of that id.

    Raises
    ------
    InstrumentError
        ``instruments.unknown``, with the ids that look alike.
    """
    try:
        return REGISTRY[id]
    except KeyError:
        near = difflib.get_close_matches(id, REGISTRY, n=3, cutoff=0.4)
        raise InstrumentError("instruments.unknown", id=id, near=near) from None


def _scorable(id: str) -> Instrument:
    instrument = get(id)
    if instrument.compute is None:
        # an examination is classified as a whole, which another function does
        instead = "proband.instruments.isncsci.classify" if id == "isncsci" else None
        raise InstrumentError("instruments.score.no-rule", instrument=id, instead=instead)
    return instrument


def score(
    id: str,
    *,
    variant: str | None = None,
    units: Units = None,
    conversion: str = "molar-mass",
    assume: Mapping[str, Any] | None = None,
    **inputs: Any,
) -> Score:
    """Score one person: ``score("meld", bilirubin="2.1 mg/dL", creatinine="1.9 mg/dL", inr=1.8, dialysis="no")``.

    Parameters
    ----------
    variant
        Published form by name; the instrument's default otherwise.
    units
        Units of bare numbers: ``"us"``, ``"si"`` or a mapping item → unit; the formula's own otherwise.
    conversion
        Conversion constants by name: ``molar-mass``, ``conventional`` (17.1; 88.4), ``17.104-88.42``.
    assume
        Item → answer to take if none is given; it is recorded in the result. Nothing is assumed otherwise.
    inputs
        Answers by item name; ``get(id).items`` lists them.

    Raises
    ------
    InstrumentError
        For an unknown instrument, item, variant or unit. A missing or impossible answer is no error: the
        :class:`~proband.instruments.scoring.Score` then carries the reason instead of a value.
    """
    return score_one(
        _scorable(id), inputs, variant=variant, units=units, conversion=conversion, assume=assume
    )


def score_batch(
    id: str,
    inputs: Mapping[str, Any],
    *,
    variant: str | None = None,
    units: Units = None,
    conversion: str = "molar-mass",
    assume: Mapping[str, Any] | None = None,
    details: bool = False,
) -> ScoreBatch:
    """Score columns given by item name; see :func:`proband.instruments.scoring.score_batch`."""
    return _score_batch(
        _scorable(id),
        inputs,
        variant=variant,
        units=units,
        conversion=conversion,
        assume=assume,
        details=details,
    )


def score_table(
    id: str,
    table: pl.DataFrame,
    mapping: Mapping[str, str] | None = None,
    *,
    variant: str | None = None,
    units: Units = None,
    conversion: str = "molar-mass",
    assume: Mapping[str, Any] | None = None,
    details: bool = False,
) -> pl.DataFrame:
    """Score every row of a table and append the results.

    Parameters
    ----------
    mapping
        Item name → column name; an item that is not mapped is read from the column of its own name, if there is one.

    Returns
    -------
    pl.DataFrame
        ``table`` with ``<id>``, ``<id>_unrounded``, ``<id>_category`` (where there are categories), ``<id>_variant`` and
        ``<id>_reason`` (null where there is a score) appended; with ``details`` also the rule's further columns and
        ``<id>_unusual``, which names answers that deserve a second look.

    Raises
    ------
    InstrumentError
        ``instruments.column.missing`` for a mapped column that the table does not have, ``instruments.column.taken`` where
        a result would overwrite a column, and as for :func:`score`.
    """
    instrument = _scorable(id)
    wanted = dict(mapping or {})
    for item, column in wanted.items():
        instrument.item(item)
        if column not in table.columns:
            raise InstrumentError(
                "instruments.column.missing", column=column, item=item, columns=table.columns
            )
    for name in instrument.item_names:
        if name not in wanted and name in table.columns:
            wanted[name] = name
    results = _score_batch(
        instrument,
        {item: table[column] for item, column in wanted.items()}
        or {instrument.item_names[0]: [None] * len(table)},
        variant=variant,
        units=units,
        conversion=conversion,
        assume=assume,
        details=details,
    ).to_frame()
    if len(results) != len(table):  # only scalars were mapped
        results = results.head(0) if not len(table) else require("polars").concat([results] * len(table))
    if taken := set(results.columns) & set(table.columns):
        raise InstrumentError("instruments.column.taken", columns=sorted(taken))
    return table.hstack(results)
