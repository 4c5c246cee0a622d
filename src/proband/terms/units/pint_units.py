"""Units by pint: every unit that is a unit. Importing pint and reading its definitions takes a quarter of a second; the units
that clinical data use are answered from a table (:mod:`proband.terms.units.table`), and this module stays unread.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import pint

from proband.terms.errors import TermError
from proband.terms.units.grammar import expression_of, named
from proband.terms.units.spellings import ANNOTATION, FOREIGN, SPELLINGS, bare, misleads


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
        "equivalent = [charge_amount] = Eq = eq",
        "international_unit = enzyme_unit = IU = iU",
        "katal = 6e7 * enzyme_unit = kat",
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


@lru_cache(maxsize=4096)
def unit(spelling: str) -> Any:
    """The pint unit of a UCUM or printed spelling."""
    text = bare(spelling)
    name = named(text)
    if name is None and (FOREIGN.search(text) or misleads(text)):
        # pint skips what it does not know: "2,1 mg/dL" must never become 2 mg/dL
        raise TermError("terms.unit.unknown", unit=spelling)
    plain = ANNOTATION.sub("", text)
    name = name if name is not None else named(plain)
    expression = SPELLINGS.get(name) if name is not None else None
    if expression is None:
        expression = expression_of(name if name is not None else plain)
    if expression is None:
        raise TermError("terms.unit.unknown", unit=spelling)
    try:
        parsed = (
            registry().Quantity(expression) if expression != "dimensionless" else registry().Quantity(1.0, "")
        )
    except Exception as error:  # pint raises several unrelated kinds
        raise TermError("terms.unit.unknown", unit=spelling) from error
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


def factor(from_unit: str, to_unit: str) -> tuple[float, float] | None:
    """``(scale, offset)`` between two units of one dimension, ``None`` where the dimensions differ."""
    source, target = unit(from_unit), unit(to_unit)
    units = registry()
    try:
        zero = units.Quantity(0.0, source).to(target).magnitude
        one = units.Quantity(1.0, source).to(target).magnitude
    except pint.DimensionalityError:
        return None
    return float(one - zero), float(zero)
