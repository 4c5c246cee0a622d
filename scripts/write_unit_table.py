"""Write ``proband/terms/units/table.json``: the usual units and their factors, as pint computes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

import proband.terms.units as package
from proband.terms.units import pint_units
from proband.terms.units.spellings import SPELLINGS, USUAL

TARGET = Path(package.__file__).parent / "table.json"


def unit_table() -> dict[str, Any]:
    """Every usual spelling with its place, and scale and offset between the units of one dimension."""
    spellings: dict[str, tuple[int, int]] = {}
    names: dict[str, list[str]] = {}  # dimension → one spelling for each of its units
    units: dict[str, list[Any]] = {}
    for spelling in sorted({*SPELLINGS, *USUAL}):
        unit = pint_units.unit(spelling)
        known = units.setdefault(str(unit.dimensionality), [])
        if unit not in known:
            known.append(unit)
            names.setdefault(str(unit.dimensionality), []).append(spelling)
        spellings[spelling] = (list(units).index(str(unit.dimensionality)), known.index(unit))
    found = [
        [[pint_units.factor(one, other) or (0.0, 0.0) for other in of] for one in of] for of in names.values()
    ]
    offsets = {
        str(dimension): [[offset for _, offset in row] for row in rows]
        for dimension, rows in enumerate(found)
        if any(offset for row in rows for _, offset in row)
    }
    scales = [[[scale for scale, _ in row] for row in rows] for rows in found]
    return {"scales": scales, "offsets": offsets, "spellings": spellings}


def main() -> None:
    """Write the table."""
    TARGET.write_bytes(orjson.dumps(unit_table(), option=orjson.OPT_SORT_KEYS) + b"\n")
    print(f"written: {TARGET.name}")


if __name__ == "__main__":
    main()
