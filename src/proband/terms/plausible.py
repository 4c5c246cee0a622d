"""Wide limits of what can be, by LOINC code: what lies outside them is a mistake of unit or of typing.

The limits (``plausibility.csv``) are **not** reference ranges and not clinical limits. They are wide bounds of our own (level
``inference``), set to catch mistakes of unit (factors of 9 to 1000) and of typing, and nothing finer.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from proband.terms.sources import Level
from proband.terms.units import factor


@dataclass(frozen=True, slots=True)
class Plausible:
    """Wide limits of one analyte: ``low … high`` in ``unit``; within ``usual`` a suggested unit is thought probable."""

    analyte: str
    unit: str
    low: float
    high: float
    usual: tuple[float, float]
    units_tried: tuple[str, ...]
    converts_as: str | None
    codes: tuple[str, ...]
    level: Level
    source: str

    def convert(self, value: float, unit: str) -> float:
        """The value in the unit of the limits.

        Raises
        ------
        TermError
            If the unit is unknown or of another dimension.
        """
        scale, offset = (1.0, 0.0) if unit == self.unit else factor(unit, self.unit, self.converts_as)
        return value * scale + offset


@cache
def limits() -> dict[str, Plausible]:
    """The table by LOINC code."""
    found: dict[str, Plausible] = {}
    with (files("proband.terms") / "plausibility.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            entry = Plausible(
                analyte=row["analyte"],
                unit=row["unit"],
                low=float(row["low"]),
                high=float(row["high"]),
                usual=(float(row["usual_low"]), float(row["usual_high"])),
                units_tried=tuple(row["units_tried"].split("|")),
                converts_as=row["converts_as"] or None,
                codes=tuple(row["codes"].split("|")),
                level=Level(row["level"]),
                source=row["source"],
            )
            for code in entry.codes:
                found[code] = entry
    return found
