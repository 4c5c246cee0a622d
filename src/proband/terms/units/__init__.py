"""Quantities with units: UCUM spellings as clinical data use them, checked, converted by analyte where moles meet grams.

A conversion that needs a molar mass (bilirubin mg/dL ↔ µmol/L) must name the analyte; without it the conversion is
refused. Arbitrary international units (``[IU]``, ``U``) convert only among themselves: there is no mass behind them.
"""

from __future__ import annotations

from proband.terms.units.analytes import ANALYTES, Analyte
from proband.terms.units.conversion import (
    check_unit,
    compatible,
    convert,
    factor,
    is_unit,
    printed,
    same_unit,
)
from proband.terms.units.quantity import Quantity
from proband.terms.units.spellings import SPELLINGS

__all__ = [
    "ANALYTES",
    "SPELLINGS",
    "Analyte",
    "Quantity",
    "check_unit",
    "compatible",
    "convert",
    "factor",
    "is_unit",
    "printed",
    "same_unit",
]
