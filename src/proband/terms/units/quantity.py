"""A number with its unit."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from proband.terms.errors import TermError
from proband.terms.units.conversion import check_unit, convert

_QUANTITY = re.compile(
    r"^\s*([<>]=?|≤|≥)?\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\d.,'’])\s*(\S.*)?$"
)


class Quantity(BaseModel):
    """A number with a unit: ``Quantity(value=2.1, unit="mg/dL")``; text such as ``"2.1 mg/dL"`` is read by :meth:`parse`."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

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
