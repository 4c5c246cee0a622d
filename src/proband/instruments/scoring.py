"""Results: a value or *no score with the reason*, for one person or by the column.

The engine screens every input first (missing, impossible, then whatever the rule itself refuses) and only then lets
a value through. Columns are worked off in blocks that fit the processor's cache.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from proband.instruments.entry import AnswerRead, Units, bare_unit, in_formula_units, read_column, read_inputs
from proband.instruments.instrument import Computed, FloatArray, Instrument, InstrumentError, Item, ItemKind
from proband.terms import Level
from proband.terms.extras import require

if TYPE_CHECKING:
    import polars as pl

#: Rows per block: a handful of float64 columns of this length stay in the second-level cache.
BLOCK = 16_384

#: Reason codes from this number on are the instrument's own rules: ``RULE + index``.
RULE = 16


class Reason(IntEnum):
    """Why a row has no score; codes from :data:`RULE` on index the instrument's ``rules``."""

    SCORED = 0
    MISSING = 1
    IMPOSSIBLE = 2


#: a number with a comma, as much of Europe writes decimals
_DECIMAL_COMMA = re.compile(r"\s*[-+]?\d+,\d+\s*\D*$")


@dataclass(frozen=True, slots=True)
class NoScore:
    """Why there is no value: a stable code, the items concerned, one sentence."""

    code: str
    items: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Score:
    """One result.

    ``value`` is the published (rounded, bounded) score and ``unrounded`` the same before rounding and final limits; both
    are ``None`` when there is a ``reason``. ``inputs`` gives each answer as it was written and as it was used, in the
    formula's unit. ``level`` is the verification level of the variant, ``conversion`` names the constants between mass and
    amount of substance.
    """

    instrument: str
    name: str
    variant: str
    version: str
    level: Level
    value: float | None
    unrounded: float | None
    unit: str
    category: str | None
    details: Mapping[str, float | None]
    reason: NoScore | None
    inputs: Mapping[str, Mapping[str, Any]]
    assumed: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    meaning: str = ""
    conversion: str = "molar-mass"

    @property
    def ok(self) -> bool:
        """Whether there is a score."""
        return self.reason is None

    def as_dict(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        return {
            "instrument": self.instrument,
            "variant": self.variant,
            "version": self.version,
            "level": self.level.value,
            "conversion": self.conversion,
            "value": self.value,
            "unrounded": self.unrounded,
            "unit": self.unit,
            "category": self.category,
            "details": dict(self.details),
            "reason": None
            if self.reason is None
            else {"code": self.reason.code, "items": list(self.reason.items), "message": self.reason.message},
            "inputs": {name: dict(entry) for name, entry in self.inputs.items()},
            "assumed": dict(self.assumed),
            "warnings": list(self.warnings),
        }

    def explain(self) -> str:
        """The way to the result in lines of text: every value used, what it was turned into, and the outcome."""
        mark = "" if self.level is Level.READ else f" [{self.level.value}]"
        lines = [f"{self.name}, variant {self.variant}{mark}: {self.meaning}"]
        if self.conversion != "molar-mass":
            lines.append(f"  conversion constants: {self.conversion}")
        for name, entry in self.inputs.items():
            used = entry["used"]
            if used is None and not entry["given"]:
                lines.append(f"  {name}: missing")
                continue
            text = f"  {name}: {entry['given']}"
            if used is None:
                text += " (not readable)"
            elif entry["label"]:
                text += f" → {entry['label']}" if entry["label"] != entry["given"] else ""
            elif entry["given"] != entry["shown"]:
                text += f" = {entry['shown']}"
            if name in self.assumed:
                text += " (assumed, not given)"
            lines.append(text)
        lines += [f"  {name} = {value:.10g}" for name, value in self.details.items() if value is not None]
        lines += [f"  look again: {warning}" for warning in self.warnings]
        if self.reason is not None:
            lines.append(f"  no score: {self.reason.message}")
        else:
            if self.unrounded is not None and self.unrounded != self.value:
                lines.append(f"  before rounding and limits: {self.unrounded:.10g}")
            category = f" ({self.category})" if self.category else ""
            lines.append(f"  result: {self.value:.10g}{category}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class ScoreBatch:
    """Results by the row: arrays of one length ``n``.

    ``value``/``unrounded`` float64 (NaN where there is none), ``category`` int8 index into ``categories`` (-1 none),
    ``reason`` uint8 (:class:`Reason`, or :data:`RULE` + index), ``missing``/``impossible`` uint64 ``(n, words)`` with one
    bit per item in the instrument's order. ``unusual`` likewise, but only where details were asked for (else no words):
    answers that were scored but deserve a second look.
    """

    instrument: Instrument
    variant: str
    value: FloatArray
    unrounded: FloatArray
    category: NDArray[np.int8]
    reason: NDArray[np.uint8]
    missing: NDArray[np.uint64]
    impossible: NDArray[np.uint64]
    unusual: NDArray[np.uint64]
    details: Mapping[str, FloatArray]

    def __len__(self) -> int:
        return len(self.value)

    @property
    def level(self) -> Level:
        """Verification level of the variant."""
        return self.instrument.variant(self.variant).level

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which rows have a score."""
        return np.asarray(self.reason == Reason.SCORED)

    def why(self, row: int) -> NoScore | None:
        """The decoded reason of one row, or ``None`` where there is a score."""
        code = int(self.reason[row])
        if code == Reason.SCORED:
            return None
        missing = self._named(self.missing[row])
        impossible = self._named(self.impossible[row])
        return _no_score(self.instrument, self.variant, code, missing, impossible)

    def reasons(self) -> list[str | None]:
        """The reason of each row in words (``None``: scored), each distinct one decoded once."""
        keys = np.column_stack([self.reason.astype(np.uint64), self.missing, self.impossible])
        _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        said = [self.why(int(row)) for row in first]
        texts = [one.message if one else None for one in said]
        return [texts[index] for index in inverse.ravel()]

    def categories(self) -> list[str | None]:
        """The category of each row in words."""
        names = self.instrument.categories
        return [names[index] if index >= 0 else None for index in self.category]

    def to_frame(self) -> pl.DataFrame:
        """The results as a table: value, unrounded, category, variant, reason, and the details."""
        polars = require("polars")
        columns: dict[str, Any] = {
            self.instrument.id: _nullable(self.value),
            f"{self.instrument.id}_unrounded": _nullable(self.unrounded),
        }
        if self.instrument.categories:
            columns[f"{self.instrument.id}_category"] = polars.Series(self.categories(), dtype=polars.String)
        columns |= {
            f"{self.instrument.id}_{name}": _nullable(column) for name, column in self.details.items()
        }
        if self.unusual.shape[1]:
            distinct, inverse = np.unique(self.unusual, axis=0, return_inverse=True)
            named = [", ".join(self._named(words)) or None for words in distinct]
            columns[f"{self.instrument.id}_unusual"] = polars.Series(
                [named[index] for index in inverse.ravel()], dtype=polars.String
            )
        columns[f"{self.instrument.id}_variant"] = polars.Series(
            [self.variant] * len(self), dtype=polars.String
        )
        columns[f"{self.instrument.id}_reason"] = polars.Series(self.reasons(), dtype=polars.String)
        table: pl.DataFrame = polars.DataFrame(columns)
        return table

    def _named(self, words: NDArray[np.uint64]) -> tuple[str, ...]:
        return tuple(
            item.name
            for index, item in enumerate(self.instrument.items)
            if int(words[index // 64]) >> (index % 64) & 1
        )


def _nullable(column: FloatArray) -> pl.Series:
    polars = require("polars")
    series: pl.Series = polars.Series(column, dtype=polars.Float64).fill_nan(None)
    return series


def _no_score(
    instrument: Instrument, variant: str, code: int, missing: tuple[str, ...], impossible: tuple[str, ...]
) -> NoScore:
    if code >= RULE:
        said = instrument.rules[code - RULE]
        unsaid = f" (not given: {', '.join(missing)})" if missing else ""
        return NoScore("instruments.score.rule", missing, said + unsaid)
    required = instrument.required_items(variant)
    absent = tuple(name for name in missing if name in required)
    parts = []
    if impossible:
        parts.append(f"impossible or unreadable: {', '.join(impossible)}")
    if absent:
        parts.append(f"missing: {', '.join(absent)}")
    kind = "impossible" if code == Reason.IMPOSSIBLE else "missing"
    return NoScore(f"instruments.score.{kind}", impossible + absent, "; ".join(parts))


def _blocks(length: int) -> Iterator[slice]:
    for start in range(0, length, BLOCK):
        yield slice(start, min(start + BLOCK, length))


def _allowed(item: Item, column: FloatArray) -> NDArray[np.bool_]:
    """Which answers are possible ones; NaN is not."""
    if item.kind is ItemKind.YES_NO:
        return np.asarray((column == 0.0) | (column == 1.0))
    if item.kind is ItemKind.CHOICE:
        allowed = column == item.options[0].code
        for option in item.options[1:]:
            allowed |= column == option.code
        return np.asarray(allowed)
    allowed = column >= item.limits.possible_low
    allowed &= column <= item.limits.possible_high
    if item.step is not None:
        allowed &= np.abs(np.remainder(column / item.step + 0.5, 1.0) - 0.5) < 1e-9
    else:
        allowed &= np.abs(column) < np.inf
    return np.asarray(allowed)


def is_possible(item: Item, value: float) -> bool:
    """Whether a number is a possible answer of an item, in the item's own unit or code."""
    return bool(_allowed(item, np.array([value]))[0])


def evaluate(
    instrument: Instrument, columns: Mapping[str, FloatArray], variant: str, *, details: bool = False
) -> ScoreBatch:
    """Score columns that are already in the formula's units.

    Parameters
    ----------
    columns
        Item name → float64 array; arrays of length 1 are spread over all rows; an item that is left out is missing.
    details
        Whether to keep the rule's further columns and which answers are unusual.

    Raises
    ------
    InstrumentError
        For columns of different lengths, or an instrument without a rule.
    """
    if instrument.compute is None:
        raise InstrumentError("instruments.score.columns", instrument=instrument.id)
    lengths = {len(column) for column in columns.values()} - {1}
    if len(lengths) > 1:
        raise InstrumentError("instruments.columns.lengths", lengths=sorted(lengths))
    n = lengths.pop() if lengths else 1
    absent = np.full(1, np.nan)
    spread = {
        item.name: np.broadcast_to(np.asarray(columns.get(item.name, absent), dtype=np.float64), (n,))
        for item in instrument.items
    }
    words = (len(instrument.items) + 63) // 64
    value, unrounded = np.empty(n), np.empty(n)
    category = np.full(n, -1, dtype=np.int8)
    reason = np.zeros(n, dtype=np.uint8)
    missing = np.zeros((n, words), dtype=np.uint64)
    impossible = np.zeros((n, words), dtype=np.uint64)
    unusual = np.zeros((n, words if details else 0), dtype=np.uint64)
    kept: dict[str, FloatArray] = {name: np.empty(n) for name in instrument.details} if details else {}
    required = set(instrument.required_items(variant))
    with np.errstate(all="ignore"):
        for rows in _blocks(n):
            block = {name: column[rows] for name, column in spread.items()}
            refused = reason[rows]
            for index, item in enumerate(instrument.items):
                allowed = _allowed(item, block[item.name])
                bit = np.uint64(1 << (index % 64))
                if details and item.kind is ItemKind.QUANTITY:
                    outside = block[item.name] < item.limits.usual_low
                    outside |= block[item.name] > item.limits.usual_high
                    unusual[rows, index // 64] |= (outside & allowed) * bit
                if allowed.all():
                    continue
                nothing = np.isnan(block[item.name])
                bad = ~allowed & ~nothing
                missing[rows, index // 64] |= nothing * bit
                impossible[rows, index // 64] |= bad * bit
                if item.name in required:
                    np.maximum(refused, nothing * np.uint8(Reason.MISSING), out=refused)
                np.maximum(refused, bad * np.uint8(Reason.IMPOSSIBLE), out=refused)
            done = instrument.compute(block, variant)
            if done.rule is not None:
                by_rule = (refused == 0) & (done.rule > 0)
                refused[by_rule] = done.rule[by_rule] + np.uint8(RULE - 1)
            _keep(done, rows, refused, value, unrounded, category, kept)
    return ScoreBatch(
        instrument, variant, value, unrounded, category, reason, missing, impossible, unusual, kept
    )


def _keep(
    done: Computed,
    rows: slice,
    refused: NDArray[np.uint8],
    value: FloatArray,
    unrounded: FloatArray,
    category: NDArray[np.int8],
    kept: dict[str, FloatArray],
) -> None:
    """Copy a block's results into place, without those of refused rows."""
    value[rows] = done.value
    unrounded[rows] = done.value if done.unrounded is None else done.unrounded
    if done.category is not None:
        category[rows] = done.category
    for name, column in kept.items():
        column[rows] = done.details.get(name, np.nan)
    if refused.any():
        none = refused > 0
        value[rows][none] = np.nan
        unrounded[rows][none] = np.nan
        category[rows][none] = -1


def _check_units(instrument: Instrument, units: Units) -> None:
    """A unit for an item that does not exist is a misspelt one, and would leave the real item in the wrong unit."""
    if units is not None and not isinstance(units, str):
        for name in units:
            instrument.item(name)


def score_batch(
    instrument: Instrument,
    inputs: Mapping[str, Any],
    *,
    variant: str | None = None,
    units: Units = None,
    conversion: str = "molar-mass",
    assume: Mapping[str, Any] | None = None,
    details: bool = False,
) -> ScoreBatch:
    """Score columns.

    Parameters
    ----------
    inputs
        Item name → array, sequence or Polars series (numbers, booleans or text), or one value for all rows.
    variant
        Name of the published form; the instrument's default otherwise.
    units
        Units of bare numbers: ``"us"``, ``"si"`` or a mapping item → unit; the formula's own units otherwise.
    conversion
        Named set of conversion constants (:data:`~proband.instruments.entry.CONVERSIONS`).
    assume
        Item name → answer to take where a row gives none. Nothing is assumed otherwise.

    Raises
    ------
    InstrumentError
        For an unknown item, variant, unit or conversion; never for a value: such a row gets a reason.
    """
    chosen = instrument.variant(variant).name
    _check_units(instrument, units)
    columns = {
        name: read_column(instrument.item(name), raw, units=units, conversion=conversion)
        for name, raw in inputs.items()
    }
    for name, raw in (assume or {}).items():
        stand_in = read_column(instrument.item(name), raw, units=units, conversion=conversion)
        given = columns.get(name, np.full(1, np.nan))
        columns[name] = np.where(np.isnan(given), stand_in, given)
    return evaluate(instrument, columns, chosen, details=details)


def score_one(
    instrument: Instrument,
    inputs: Mapping[str, Any],
    *,
    variant: str | None = None,
    units: Units = None,
    conversion: str = "molar-mass",
    assume: Mapping[str, Any] | None = None,
) -> Score:
    """Score one person; parameters as for :func:`score_batch`."""
    chosen = instrument.variant(variant)
    _check_units(instrument, units)
    readings = read_inputs(instrument, inputs, units=units, conversion=conversion)
    assumed: dict[str, Any] = {}
    for name, raw in (assume or {}).items():
        instrument.item(name)
        if readings[name].missing:
            readings[name] = read_inputs(instrument, {name: raw}, units=units, conversion=conversion)[name]
            assumed[name] = raw
    columns = {name: np.array([reading.value]) for name, reading in readings.items()}
    batch = evaluate(instrument, columns, chosen.name, details=True)
    reason = batch.why(0)
    if reason is not None:
        reason = NoScore(reason.code, reason.items, _with_hints(instrument, reason, readings, units))
    index = int(batch.category[0])
    return Score(
        instrument=instrument.id,
        name=instrument.name,
        variant=chosen.name,
        version=instrument.version,
        level=chosen.level,
        value=_number(batch.value[0]),
        unrounded=_number(batch.unrounded[0]),
        unit=instrument.value_unit,
        category=instrument.categories[index] if index >= 0 else None,
        details={name: _number(column[0]) for name, column in batch.details.items()},
        reason=reason,
        inputs={item.name: _used(item, readings[item.name]) for item in instrument.items},
        assumed=assumed,
        warnings=tuple(_unusual(instrument, readings)),
        meaning=chosen.meaning,
        conversion=conversion,
    )


def _number(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def _used(item: Item, reading: AnswerRead) -> dict[str, Any]:
    used = _number(reading.value)
    label = next((option.label for option in item.options if option.code == used), None)
    if item.kind is ItemKind.YES_NO and used is not None:
        label = "yes" if used else "no"
    plain = item.unit in {"1", "{score}", "{INR}", "{ratio}"}
    shown = "" if used is None else f"{used:g}" if plain else f"{used:.10g} {item.unit}"
    return {"given": reading.given, "used": used, "unit": item.unit, "label": label, "shown": shown}


def _unusual(instrument: Instrument, readings: Mapping[str, AnswerRead]) -> Iterator[str]:
    years = readings["age"].value if "age" in readings else math.nan
    low, high = instrument.age_low or 0.0, instrument.age_high or math.inf
    if math.isfinite(years) and not low <= years < high + 1.0:
        yield f"age {years:g} is outside the population: {instrument.population}"
    for item in instrument.items:
        value = readings[item.name].value
        if item.kind is ItemKind.QUANTITY and math.isfinite(value):
            limits = item.limits
            inside = limits.possible_low <= value <= limits.possible_high
            if inside and not limits.usual_low <= value <= limits.usual_high:
                yield (
                    f"{item.label} {value:g} {item.unit} is unusual "
                    f"(usual {limits.usual_low:g} to {limits.usual_high:g}): check value and unit"
                )


def _with_hints(
    instrument: Instrument, reason: NoScore, readings: Mapping[str, AnswerRead], units: Units
) -> str:
    """The reason, with the likely slip of unit where an impossible number would be usual in another unit."""
    hints = []
    for name in reason.items:
        item, reading = instrument.item(name), readings[name]
        if item.kind is ItemKind.CHOICE and not reading.missing:
            said = ", ".join(repr(option.label) for option in item.options)
            hints.append(f"{name} {reading.given!r} is not one of {said}")
        if item.kind in {ItemKind.QUANTITY, ItemKind.POINTS} and _DECIMAL_COMMA.match(reading.given):
            turned = reading.given.strip().replace(",", ".", 1)
            hints.append(
                f"{name} {reading.given!r}: a comma is read neither as a decimal sign nor as thousands; write {turned!r}, "
                f"or the number without the comma"
            )
        if reading.missing or not math.isfinite(reading.value) or item.kind is not ItemKind.QUANTITY:
            continue
        bounds = f"{item.limits.possible_low:g} to {item.limits.possible_high:g} {item.unit}"
        hints.append(f"{name} {reading.given} is outside {bounds}")
        entered = bare_unit(item, units)
        for unit in item.entry_units:
            number = reading.value
            if unit != entered and entered == item.unit:
                there = in_formula_units(item, number, unit)
                if item.limits.usual_low <= there <= item.limits.usual_high:
                    hints.append(f"{number:g} would be usual in {unit}")
    return reason.message + (f" ({'; '.join(hints)})" if hints else "")
