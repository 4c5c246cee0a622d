"""Quantities with units: UCUM spellings as clinical data use them, checked by pint, converted by analyte where moles meet grams.

A conversion that needs a molar mass (bilirubin mg/dL ↔ µmol/L) must name the analyte; without it the conversion is
refused. Arbitrary international units (``[IU]``, ``U``) convert only among themselves: there is no mass behind them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Annotated, Any, overload

import numpy as np
import pint
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from proband.terms.errors import TermError

# The spellings that pint cannot read as they stand in clinical data, each as a pint expression. Left: a UCUM form, or a
# printed form that laboratories use (K/uL, sec, cells/kg). Matching is exact, after µ/μ have become u.
SPELLINGS: dict[str, str] = {
    "1": "dimensionless",
    "": "dimensionless",
    "{score}": "dimensionless",
    "{points}": "dimensionless",
    "points": "dimensionless",
    "{INR}": "dimensionless",
    "{ratio}": "dimensionless",
    "{#}": "dimensionless",
    "%": "percent",
    "10*9/L": "giga_count / liter",
    "10^9/L": "giga_count / liter",
    "x10^9/L": "giga_count / liter",
    "x10E9/L": "giga_count / liter",
    "10E9/L": "giga_count / liter",
    "G/L": "giga_count / liter",
    "Giga/L": "giga_count / liter",
    "10*3/uL": "giga_count / liter",
    "10^3/uL": "giga_count / liter",
    "10*3/mm3": "giga_count / liter",
    "K/uL": "giga_count / liter",
    "k/uL": "giga_count / liter",
    "K/mcL": "giga_count / liter",
    "thou/uL": "giga_count / liter",
    "10*12/L": "tera_count / liter",
    "10*6/uL": "tera_count / liter",
    "m/uL": "tera_count / liter",
    "/uL": "count / microliter",
    "{cells}/uL": "count / microliter",
    "cells/uL": "count / microliter",
    "/mm3": "count / microliter",
    "/min": "count / minute",
    "{beats}/min": "count / minute",
    "bpm": "count / minute",
    "/L": "count / liter",
    "/mL": "count / milliliter",
    "{cells}": "count",
    "cells": "count",
    "cell": "count",
    "/nL": "giga_count / liter",
    "×10⁹/L": "giga_count / liter",
    "x10⁹/L": "giga_count / liter",
    "10⁹/L": "giga_count / liter",
    "10*6": "mega_count",
    "cells/kg": "count / kilogram",
    "{cells}/kg": "count / kilogram",
    "10*6/kg": "mega_count / kilogram",
    "10*6 cells/kg": "mega_count / kilogram",
    "cells/mL": "count / milliliter",
    "vg": "count",
    "vg/kg": "count / kilogram",
    "CFU/mL": "count / milliliter",
    "[CFU]/mL": "count / milliliter",
    "U/L": "enzyme_unit / liter",
    "IU/L": "enzyme_unit / liter",
    "[IU]/L": "enzyme_unit / liter",
    "[iU]/L": "enzyme_unit / liter",
    "U/mL": "enzyme_unit / milliliter",
    "IU/mL": "enzyme_unit / milliliter",
    "[IU]/mL": "enzyme_unit / milliliter",
    "kIU/L": "1000 * enzyme_unit / liter",
    "ukat/L": "60 * enzyme_unit / liter",
    "nkat/L": "0.06 * enzyme_unit / liter",
    "[EU]/mL": "endotoxin_unit / milliliter",
    "EU/mL": "endotoxin_unit / milliliter",
    "EU/kg/h": "endotoxin_unit / kilogram / hour",
    "[EU]/kg/h": "endotoxin_unit / kilogram / hour",
    "EU/kg": "endotoxin_unit / kilogram",
    "EU": "endotoxin_unit",
    "mm[Hg]": "millimeter_Hg",
    "mmHg": "millimeter_Hg",
    "kg/m2": "kilogram / meter ** 2",
    "mL/min/1.73m2": "milliliter / minute / bsa_unit",
    "mL/min/{1.73_m2}": "milliliter / minute / bsa_unit",
    "mEq/L": "milliequivalent / liter",
    "meq/L": "milliequivalent / liter",
    "a": "year",
    "y": "year",
    "yr": "year",
    "mo": "month",
    "wk": "week",
    "d": "day",
    "h": "hour",
    "min": "minute",
    "s": "second",
    "sec": "second",
    "SECONDS": "second",
    "seconds": "second",
    "m": "meter",
    "cm": "centimeter",
    "g%": "gram / deciliter",
    "mg%": "milligram / deciliter",
    "gm/dL": "gram / deciliter",
    "Cel": "degree_Celsius",
    "degC": "degree_Celsius",
    "[degF]": "degree_Fahrenheit",
    "[lb_av]": "pound",
    "[in_i]": "inch",
    "d/a": "day / year",
    "h/wk": "hour / week",
    "[ULN]": "uln",
    "xULN": "uln",
    "x ULN": "uln",
    "× ULN": "uln",
    "ULN": "uln",
    "[baseline]": "baseline_multiple",
    "x baseline": "baseline_multiple",
    "EUR": "euro",
    "USD": "us_dollar",
    "GBP": "pound_sterling",
    "JPY": "yen",
    "THB": "baht",
    "KRW": "won",
    "CNY": "yuan",
}


@dataclass(frozen=True, slots=True)
class Analyte:
    """What is measured, with what is needed to go between mass and amount of substance.

    ``molar_mass`` in g/mol and ``valence`` (charges per ion, for mEq); ``source`` says where the figure is from.
    """

    name: str
    molar_mass: float | None
    source: str
    valence: int = 1


#: Molar masses from the molecular formulae with IUPAC 2021 standard atomic weights (abridged), except where said.
ANALYTES: dict[str, Analyte] = {
    analyte.name: analyte
    for analyte in (
        Analyte(
            "bilirubin",
            584.66,
            "C33H36N4O6, IUPAC standard atomic weights: 584.66 g/mol, so 1 mg/dL = 17.104 µmol/L",
        ),
        Analyte(
            "creatinine",
            113.12,
            "C4H7N3O, IUPAC standard atomic weights: 113.12 g/mol, so 1 mg/dL = 88.40 µmol/L",
        ),
        Analyte("urea", 60.056, "CH4N2O, IUPAC standard atomic weights"),
        Analyte("glucose", 180.156, "C6H12O6, IUPAC standard atomic weights"),
        Analyte("cholesterol", 386.66, "C27H46O, IUPAC standard atomic weights"),
        Analyte("lactate", 89.07, "C3H5O3-, IUPAC standard atomic weights"),
        Analyte("ammonia", 17.031, "NH3, IUPAC standard atomic weights"),
        Analyte("calcium", 40.078, "IUPAC standard atomic weight", valence=2),
        Analyte("sodium", 22.990, "IUPAC standard atomic weight"),
        Analyte("potassium", 39.098, "IUPAC standard atomic weight"),
        Analyte("chloride", 35.45, "IUPAC standard atomic weight"),
        Analyte("uric acid", 168.11, "C5H4N4O3, IUPAC standard atomic weights"),
        Analyte("coenzyme q10", 863.34, "C59H90O4, IUPAC standard atomic weights"),
        Analyte("4-hydroxybenzoate", 138.12, "C7H6O3, IUPAC standard atomic weights"),
        Analyte(
            "albumin",
            66_500.0,
            "human serum albumin, about 66.5 kDa; laboratories report mass, mol only rarely",
        ),
        Analyte("haemoglobin", 16_114.5, "monomer (Fe), the convention of laboratories that report mmol/L"),
    )
}


@cache
def registry() -> pint.UnitRegistry[Any]:
    """The project's pint registry: SI and clinical units, and the few that clinical data add."""
    units: pint.UnitRegistry[Any] = pint.UnitRegistry(on_redefinition="ignore")
    for definition in (
        "enzyme_unit = [enzyme_activity]",
        "endotoxin_unit = [endotoxin]",
        "bsa_unit = [body_surface_standardised]",
        "uln = [multiple_of_upper_limit]",
        "baseline_multiple = [multiple_of_baseline]",
        "milliequivalent = [charge_amount]",
        "giga_count = 1e9 * count",
        "mega_count = 1e6 * count",
        "tera_count = 1e12 * count",
        "euro = [currency_eur]",
        "us_dollar = [currency_usd]",
        "pound_sterling = [currency_gbp]",
        "yen = [currency_jpy]",
        "baht = [currency_thb]",
        "won = [currency_krw]",
        "yuan = [currency_cny]",
    ):
        units.define(definition)
    return units


_ANNOTATION = re.compile(r"\{[^}]*\}")
#: what no unit contains: separators, quotes, comparison signs and every letter outside ASCII but the few that units use
_FOREIGN = re.compile(r"[^A-Za-z0-9%°×⁹\[\]{}()*/^._+#' -]")


def _unknown_unit(spelling: str) -> TermError:
    return TermError("terms.unit.unknown", unit=spelling)


@lru_cache(maxsize=4096)
def _unit(spelling: str) -> Any:
    """The pint unit of a UCUM or printed spelling."""
    text = spelling.strip().replace("µ", "u").replace("μ", "u")
    if _FOREIGN.search(text):  # pint skips what it does not know: "2,1 mg/dL" must never become 2 mg/dL
        raise _unknown_unit(spelling)
    expression = SPELLINGS.get(text)
    if expression is None:
        bare = _ANNOTATION.sub("", text)  # UCUM annotations carry no dimension
        expression = SPELLINGS.get(bare)
        if expression is None:
            # UCUM writes powers as cm3 or m2, and a product as a dot; pint wants ** and *
            expression = re.sub(r"(?<=[A-Za-z])(-?\d)\b", r"**\1", bare).replace(".", "*")
            expression = re.sub(r"\b10\*(\d+)", r"1e\1", expression)
    try:
        parsed = (
            registry().Quantity(expression) if expression != "dimensionless" else registry().Quantity(1.0, "")
        )
    except Exception as error:  # pint raises several unrelated kinds
        raise _unknown_unit(spelling) from error
    size = float(parsed.magnitude)
    if parsed.unitless and size != 1.0:
        raise TermError("terms.unit.number", unit=spelling)
    return parsed.units if size == 1.0 else _scaled(size, parsed.units)


@lru_cache(maxsize=256)
def _scaled(factor: float, base: Any) -> Any:
    """A unit that stands for ``factor`` of another (ukat/L is 60 U/L): pint units carry no factor, so it is defined."""
    name = f"scaled_{abs(hash((factor, str(base)))):x}"
    units = registry()
    units.define(f"{name} = {factor!r} * {base}")
    return units.Unit(name)


def check_unit(spelling: str) -> str:
    """Return the spelling if it is a known unit.

    Raises
    ------
    TermError
        ``terms.unit.unknown`` otherwise.
    """
    _unit(spelling)
    return spelling


def is_unit(spelling: str) -> bool:
    """Whether a spelling is a known unit."""
    try:
        _unit(spelling)
    except TermError:
        return False
    return True


_MASS_PER_VOLUME = "[mass] / [length] ** 3"
_AMOUNT_PER_VOLUME = "[substance] / [length] ** 3"


@lru_cache(maxsize=4096)
def factor(from_unit: str, to_unit: str, analyte: str | None = None) -> tuple[float, float]:
    """``(scale, offset)`` such that ``value_in_to = value_in_from * scale + offset``.

    Parameters
    ----------
    from_unit, to_unit
        UCUM or printed spellings.
    analyte
        Name from :data:`ANALYTES` (case-insensitive), needed where mass meets amount of substance or charge.

    Raises
    ------
    TermError
        ``terms.unit.unknown``, ``terms.unit.number``; ``terms.unit.incompatible`` where the dimensions differ;
        ``terms.unit.analyte`` where a molar mass is needed and the analyte is missing or unknown.
    """
    source, target = _unit(from_unit), _unit(to_unit)
    units = registry()
    try:
        zero = units.Quantity(0.0, source).to(target).magnitude
        one = units.Quantity(1.0, source).to(target).magnitude
        return float(one - zero), float(zero)
    except pint.DimensionalityError:
        pass
    bridged = _by_analyte(source, target, analyte, from_unit, to_unit)
    if bridged is None:
        raise TermError("terms.unit.incompatible", from_unit=from_unit, to_unit=to_unit)
    return bridged, 0.0


def _by_analyte(source: Any, target: Any, analyte: str | None, from_unit: str, to_unit: str) -> float | None:
    units = registry()
    # charge ↔ substance ↔ mass, each expressed per litre so that one factor does
    ladder = ("milliequivalent / liter", "millimole / liter", "milligram / liter")

    def rung(unit: Any) -> int | None:
        for index, reference in enumerate(ladder):
            if units.Quantity(1.0, unit).is_compatible_with(reference):
                return index
        return None

    low, high = rung(source), rung(target)
    if low is None or high is None:
        return None
    known = ANALYTES.get((analyte or "").strip().lower())
    if known is None or known.molar_mass is None:
        raise TermError(
            "terms.unit.analyte",
            from_unit=from_unit,
            to_unit=to_unit,
            analyte=analyte,
            known=sorted(ANALYTES),
        )
    per_step = {
        0: 1.0,
        1: float(known.valence),
        2: float(known.valence) / known.molar_mass,
    }  # mEq per unit of the rung
    start = float(units.Quantity(1.0, source).to(ladder[low]).magnitude) * per_step[low]
    return start / per_step[high] / float(units.Quantity(1.0, target).to(ladder[high]).magnitude)


@overload
def convert(value: float, from_unit: str, to_unit: str, analyte: str | None = None) -> float: ...
@overload
def convert(
    value: ArrayLike, from_unit: str, to_unit: str, analyte: str | None = None
) -> NDArray[np.float64]: ...
def convert(
    value: float | ArrayLike, from_unit: str, to_unit: str, analyte: str | None = None
) -> float | NDArray[np.float64]:
    """Convert a number or an array between units; see :func:`factor` for the rules and the errors.

    NaN stays NaN: a missing value has no unit to be wrong about.
    """
    if from_unit == to_unit:
        return float(value) if np.ndim(value) == 0 else np.asarray(value, dtype=np.float64)  # type: ignore[arg-type]
    scale, offset = factor(from_unit, to_unit, analyte)
    result = np.asarray(value, dtype=np.float64) * scale + offset
    return float(result) if result.ndim == 0 else result


def compatible(from_unit: str, to_unit: str, analyte: str | None = None) -> bool:
    """Whether :func:`convert` would succeed."""
    try:
        factor(from_unit, to_unit, analyte)
    except TermError:
        return False
    return True


_QUANTITY = re.compile(
    r"^\s*([<>]=?|≤|≥)?\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\d.,'’])\s*(\S.*)?$"
)


class Quantity(BaseModel):
    """A number with a unit: ``Quantity(value=2.1, unit="mg/dL")``; text such as ``"2.1 mg/dL"`` is read by :meth:`parse`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Annotated[float, Field(description="The number")]
    unit: Annotated[
        str, Field(description="UCUM spelling: mg/dL, umol/L, g/L, 10*9/L, U/L, cells/kg, d, wk, mo, a, %, 1")
    ]

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, unit: str) -> str:
        try:
            return check_unit(unit)
        except TermError as error:
            raise ValueError(f"{error.message}; {error.mend}") from error

    @classmethod
    def parse(cls, text: str) -> Quantity:
        """Read ``"2.1mg/dL"``, ``"15 %"``, ``"1e6 cells/kg"``, ``"3"``.

        Raises
        ------
        TermError
            ``terms.quantity.unreadable`` if there is no plain number in front; ``terms.quantity.bound`` if there is a
            comparator (``<5``): a bound is not a value; ``terms.unit.unknown`` for the unit.
        """
        found = _QUANTITY.match(text)
        if not found or found[1]:
            raise TermError("terms.quantity.bound" if found else "terms.quantity.unreadable", text=text)
        return cls(value=float(found[2]), unit=check_unit((found[3] or "1").strip()))

    def to(self, unit: str, analyte: str | None = None) -> Quantity:
        """The same quantity in another unit."""
        return Quantity(value=convert(self.value, self.unit, unit, analyte), unit=unit)

    def __str__(self) -> str:
        return f"{self.value:g}" if self.unit in {"1", ""} else f"{self.value:g} {self.unit}"
