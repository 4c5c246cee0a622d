"""Checking and converting units, with the analyte where moles meet grams.

The usual units are answered from a table; for the others pint is asked. Both give the same numbers, since pint wrote the table.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, overload

from proband.terms.errors import TermError
from proband.terms.units import table
from proband.terms.units.analytes import ANALYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

#: charge ↔ substance ↔ mass, each per litre so that one factor does
_LADDER = ("mEq/L", "mmol/L", "mg/L")


def check_unit(spelling: str) -> str:
    """Return the spelling if it is a known unit.

    Raises
    ------
    TermError
        ``terms.unit.unknown`` otherwise.
    """
    if not table.knows(spelling):
        from proband.terms.units import pint_units

        pint_units.unit(spelling)
    return spelling


def is_unit(spelling: str) -> bool:
    """Whether a spelling is a known unit."""
    try:
        check_unit(spelling)
    except TermError:
        return False
    return True


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
    glycated = _of_haemoglobin_a1c(from_unit, to_unit, analyte)
    if glycated is not None:
        return glycated
    found = _plain_factor(from_unit, to_unit)
    if found is not None:
        return found
    bridged = _by_analyte(from_unit, to_unit, analyte)
    if bridged is None:
        raise TermError("terms.unit.incompatible", from_unit=from_unit, to_unit=to_unit)
    return bridged, 0.0


#: moles in moles, which a share of haemoglobin is measured in
_MOLES_IN_MOLES = re.compile(r"^\s*[mun]?mol/m?mol\s*$")
#: NGSP % = 0.09148 × IFCC mmol/mol + 2.152 (the master equation of the two networks)
_NGSP = (0.09148, 2.152)


def _of_haemoglobin_a1c(from_unit: str, to_unit: str, analyte: str | None) -> tuple[float, float] | None:
    """Scale and offset between the two scales of haemoglobin A1c: 48 mmol/mol are 6.5 %, and not the 4.8 % of arithmetic.

    Between moles in moles and a percent no other result is converted: nobody can tell that it is not haemoglobin A1c.
    """
    in_moles = [_MOLES_IN_MOLES.match(unit) is not None for unit in (from_unit, to_unit)]
    if in_moles[0] == in_moles[1] or _plain_factor(from_unit, to_unit) is None:
        return None
    if (analyte or "").strip().lower() != "haemoglobin a1c":
        raise TermError("terms.unit.incompatible", from_unit=from_unit, to_unit=to_unit)
    slope, shift = _NGSP
    before = (_plain_factor(from_unit, "mmol/mol" if in_moles[0] else "%") or (1.0, 0.0))[0]
    after = (_plain_factor("%" if in_moles[0] else "mmol/mol", to_unit) or (1.0, 0.0))[0]
    if in_moles[0]:
        return before * slope * after, shift * after
    return before / slope * after, -shift / slope * after


def _plain_factor(from_unit: str, to_unit: str) -> tuple[float, float] | None:
    """``(scale, offset)`` between units of one dimension, ``None`` where the dimensions differ."""
    if table.knows(from_unit) and table.knows(to_unit):
        return table.factor(from_unit, to_unit)
    from proband.terms.units import pint_units

    return pint_units.factor(from_unit, to_unit)


def _by_analyte(from_unit: str, to_unit: str, analyte: str | None) -> float | None:
    """The scale between units of different rungs of charge, substance and mass per volume; ``None`` for other units."""

    def rung(unit: str) -> tuple[int, float] | None:
        """The rung of a unit, and the scale to the reference of that rung."""
        for index, reference in enumerate(_LADDER):
            found = _plain_factor(unit, reference)
            if found is not None:
                return index, found[0]
        return None

    source, target = rung(from_unit), rung(to_unit)
    if source is None or target is None:
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
    # mEq per unit of the rung
    per_step = (1.0, float(known.valence), float(known.valence) / known.molar_mass)
    (low, from_scale), (high, to_scale) = source, target
    return from_scale * per_step[low] / per_step[high] / to_scale


def printed(value: float) -> float:
    """A computed number as the decimal that it stands for: the nearest with 14 significant digits.

    A laboratory prints decimals, and 17 mg/L is 1.7 mg/dL and not above it; in binary 17 × 0.1 is 1.7000000000000002. No
    result has as many digits, and what a conversion adds lies beyond them, so limits and converted values meet exactly.
    SQL engines do the same (:meth:`proband.screening.sql.dialects.Dialect.printed`).
    """
    return float(f"{value:.13e}")


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
    if isinstance(value, float | int):
        if from_unit == to_unit:
            return float(value)
        scale, offset = factor(from_unit, to_unit, analyte)
        return printed(float(value) * scale + offset)
    import numpy as np  # what converts numbers alone does not pay for arrays

    if from_unit == to_unit:
        return float(value) if np.ndim(value) == 0 else np.asarray(value, dtype=np.float64)  # type: ignore[arg-type]
    scale, offset = factor(from_unit, to_unit, analyte)
    result = np.asarray(value, dtype=np.float64) * scale + offset
    return float(result) if result.ndim == 0 else result


@lru_cache(maxsize=4096)
def same_unit(one: str, other: str) -> bool:
    """Whether two spellings are of one unit."""
    if one == other:
        return True
    try:
        return _plain_factor(one, other) == (1.0, 0.0)
    except TermError:
        return False


def compatible(from_unit: str, to_unit: str, analyte: str | None = None) -> bool:
    """Whether :func:`convert` would succeed."""
    try:
        factor(from_unit, to_unit, analyte)
    except TermError:
        return False
    return True
