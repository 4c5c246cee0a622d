"""Reading answers: numbers with units, choices by label, yes and no, missing ones; one at a time or by the column.

Everything arrives in the unit of the formula as float64, with NaN for *missing* and an infinity for *given but not
readable* (text such as ``<5``), so that the two are never confused further on.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from proband.instruments.instrument import FloatArray, Instrument, InstrumentError, Item, ItemKind
from proband.terms import Quantity, TermError, convert, factor
from proband.terms.extras import require

if TYPE_CHECKING:
    import polars as pl

#: µmol/L per mg/dL, by analyte, where published calculators use rounded constants of their own.
#: ``molar-mass`` (the default) has no entry: it converts through :func:`proband.terms.convert`.
CONVERSIONS: dict[str, dict[str, float]] = {
    "molar-mass": {},
    "conventional": {"bilirubin": 17.1, "creatinine": 88.4},
    "17.104-88.42": {"bilirubin": 17.104, "creatinine": 88.42},
}

Units: TypeAlias = Literal["us", "si"] | Mapping[str, str] | None

#: a number, and behind it nothing or what a unit may begin with: "1,8" and "1.8.2" must not be read as 1 and 1.8
_NUMBER_WITH_UNIT = re.compile(
    r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*($|[A-Za-zµμ°%×/*\[{(]|1$|10[*^])"
)

_SI = ("umol/L", "mmol/L", "g/L")
_US = ("mg/dL", "g/dL")
_YES = {"yes", "y", "true", "1", "1.0"}
_NO = {"no", "n", "false", "0", "0.0"}
_BLANK = {"", "na", "n/a", "nan", "none given", "null", "missing", "unknown", "."}


@dataclass(frozen=True, slots=True)
class AnswerRead:
    """One answer as read: ``value`` in the formula's unit (NaN missing, +inf unreadable), ``given`` as it was written."""

    value: float
    given: str

    @property
    def missing(self) -> bool:
        """Whether nothing was given."""
        return math.isnan(self.value)


def bare_unit(item: Item, units: Units) -> str:
    """The unit of a number that carries none: from ``units``, else the formula's own."""
    if isinstance(units, str):
        if units not in {"us", "si"}:
            raise InstrumentError("instruments.units.unknown", units=units)
        system = _SI if units == "si" else _US
        return next((unit for unit in item.entry_units if unit in system), item.unit)
    if units and item.name in units:
        return units[item.name]
    return item.unit


def unit_factor(item: Item, unit: str, conversion: str = "molar-mass") -> tuple[float, float]:
    """``(scale, offset)`` from ``unit`` to the item's unit, by the named set of conversion constants.

    Raises
    ------
    InstrumentError
        ``instruments.conversion.unknown``; ``instruments.unit.wrong`` where the unit cannot become the item's.
    """
    if conversion not in CONVERSIONS:
        raise InstrumentError(
            "instruments.conversion.unknown", conversion=conversion, known=list(CONVERSIONS)
        )
    if unit == item.unit:
        return 1.0, 0.0
    per_mg_dl = CONVERSIONS[conversion].get(item.analyte or "")
    try:
        if per_mg_dl is not None:
            bridged = _bridged(unit, item.unit, per_mg_dl)
            if bridged is not None:
                return bridged, 0.0
        return factor(unit, item.unit, item.analyte)
    except TermError as error:
        raise InstrumentError(
            "instruments.unit.wrong",
            item=item.name,
            problem=error.message,
            label=item.label,
            units=item.entry_units,
            details={"unit": unit},
        ) from error


def _bridged(source: str, target: str, per_mg_dl: float) -> float | None:
    """Scale across mass and substance with a stated constant; ``None`` when both are of one kind."""
    for here, there, step in (("umol/L", "mg/dL", 1 / per_mg_dl), ("mg/dL", "umol/L", per_mg_dl)):
        try:
            return factor(source, here)[0] * step * factor(there, target)[0]
        except TermError:
            continue
    return None


def _rescaled(values: FloatArray, scale: float, offset: float) -> FloatArray:
    # The last digits of a conversion are noise (3 mg/dL must not come back as 3.0000000000000004 and cross a
    # threshold that includes 3), so they are cut far below any laboratory's precision.
    return np.asarray(np.round(values * scale + offset, 10), dtype=np.float64)


def read_value(item: Item, raw: Any, *, units: Units = None, conversion: str = "molar-mass") -> AnswerRead:
    """Read one answer.

    Parameters
    ----------
    raw
        ``None``/NaN/blank (missing), a number (in the unit of ``units``, else the item's own), text (``"2.1 mg/dL"``,
        ``"yes"``, a choice's label), a :class:`~proband.terms.Quantity`, or a pair ``(number, unit)``.

    Raises
    ------
    InstrumentError
        For a unit that cannot become the item's.
    """
    if raw is None or (isinstance(raw, float) and math.isnan(raw)):
        return AnswerRead(math.nan, "")
    if isinstance(raw, str) and raw.strip().lower() in _BLANK:
        return AnswerRead(math.nan, raw)
    if item.kind is ItemKind.YES_NO:
        return AnswerRead(_yes_no(raw), str(raw))
    if item.kind is ItemKind.CHOICE:
        return AnswerRead(_choice(item, raw), str(raw))
    if isinstance(raw, bool):
        return AnswerRead(math.inf, str(raw))
    if isinstance(raw, (list, tuple)) and len(raw) == 2:
        raw = f"{raw[0]} {raw[1]}"
    if isinstance(raw, Quantity):
        number, unit = raw.value, raw.unit
    elif isinstance(raw, (int, float, np.integer, np.floating)):
        number, unit = float(raw), bare_unit(item, units)
    else:
        if not _NUMBER_WITH_UNIT.match(str(raw)):
            return AnswerRead(math.inf, str(raw))
        try:
            read = Quantity.parse(str(raw))
        except TermError as error:
            if error.code in {"terms.unit.unknown", "terms.unit.number"}:
                raise InstrumentError(
                    "instruments.unit.wrong",
                    item=item.name,
                    problem=error.message,
                    label=item.label,
                    units=item.entry_units,
                ) from error
            return AnswerRead(math.inf, str(raw))
        bare = read.unit == "1"
        number, unit = read.value, bare_unit(item, units) if bare else read.unit
    scale, offset = unit_factor(item, unit, conversion)
    value = (
        number if (scale, offset) == (1.0, 0.0) else float(_rescaled(np.array([number]), scale, offset)[0])
    )
    shown = f"{number:g}" if unit in {"1", "{score}", "{INR}", "{ratio}"} else f"{number:.10g} {unit}"
    return AnswerRead(value, shown)


def _yes_no(raw: Any) -> float:
    word = str(raw).strip().lower()
    if word in _YES:
        return 1.0
    return 0.0 if word in _NO else math.inf


def _words(text: str) -> str:
    return " ".join(text.lower().replace("–", "-").replace("_", " ").split())


def _choice(item: Item, raw: Any) -> float:
    if isinstance(raw, (int, float, np.integer, np.floating)) and not isinstance(raw, bool):
        return float(raw)
    word = _words(str(raw))
    for option in item.options:
        if word == _words(option.label) or word in {_words(other) for other in option.also}:
            return option.code
    return math.inf


def read_column(item: Item, raw: Any, *, units: Units = None, conversion: str = "molar-mass") -> FloatArray:
    """Read a column: an array, a sequence or a Polars series of numbers, booleans or text; a scalar gives shape ``(1,)``.

    Text is read value by value but only once per distinct value.
    """
    polars = sys.modules.get("polars")  # nobody holds a series of a library that is not loaded
    if polars is not None and isinstance(raw, polars.Series):
        return _series(item, raw, units, conversion)
    if isinstance(raw, np.ndarray) and raw.dtype.kind in "fiub":
        return _numbers(item, raw, units, conversion)
    if isinstance(raw, Sequence) and not isinstance(raw, str):
        if all(isinstance(one, (int, float, bool, np.generic)) or one is None for one in raw):
            plain = np.array([np.nan if one is None else float(one) for one in raw], dtype=np.float64)
            return _numbers(item, plain, units, conversion)
        return _texts(item, list(raw), units, conversion)
    if isinstance(raw, np.ndarray):
        return _texts(item, raw.tolist(), units, conversion)
    return np.array([read_value(item, raw, units=units, conversion=conversion).value])


def _series(item: Item, series: pl.Series, units: Units, conversion: str) -> FloatArray:
    pl = require("polars")
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        return _numbers(item, series.cast(pl.Float64).to_numpy(), units, conversion)
    if series.dtype == pl.Null:
        return np.full(len(series), np.nan)
    text = series.cast(pl.String)
    distinct = text.unique()
    table = {one: _read_text(item, one, units, conversion) for one in distinct.to_list()}
    return np.array([table[one] for one in text.to_list()], dtype=np.float64)


def _numbers(item: Item, values: Any, units: Units, conversion: str) -> FloatArray:
    numbers = np.asarray(values, dtype=np.float64)
    if item.kind is not ItemKind.QUANTITY:
        return numbers
    scale, offset = unit_factor(item, bare_unit(item, units), conversion)
    return numbers if (scale, offset) == (1.0, 0.0) else _rescaled(numbers, scale, offset)


def _texts(item: Item, values: list[Any], units: Units, conversion: str) -> FloatArray:
    return np.array([_read_text(item, one, units, conversion) for one in values], dtype=np.float64)


def _read_text(item: Item, raw: Any, units: Units, conversion: str) -> float:
    try:
        return read_value(item, raw, units=units, conversion=conversion).value
    except InstrumentError:
        return math.inf  # one row with a strange unit must not stop a table; it gets no score and a reason


def read_inputs(
    instrument: Instrument, inputs: Mapping[str, Any], *, units: Units = None, conversion: str = "molar-mass"
) -> dict[str, AnswerRead]:
    """Read one person's answers by item name; items that are not named are missing.

    Raises
    ------
    InstrumentError
        ``instruments.item.unknown`` for a name that the instrument does not have.
    """
    for name in inputs:
        instrument.item(name)
    return {
        item.name: read_value(item, inputs.get(item.name), units=units, conversion=conversion)
        for item in instrument.items
    }


def in_formula_units(item: Item, value: float, unit: str) -> float:
    """A value converted for a hint in a message: what this number would be were it in ``unit``."""
    return float(convert(value, unit, item.unit, item.analyte))
