"""Fourteen digits decide as exact arithmetic does: a proof for every result of so many digits, and its check against rational factors.

A result *v* = *a* s (a whole number of steps s of its last digit) is converted by a rational factor *f* and compared with a printed limit *L*. Let
*c/d* be *s f / L* in lowest terms. Then *v f / L* = *a c / d*, which is 1, or differs from 1 by at least 1/*d*. A number that was computed in binary and
rounded to 14 significant digits lies within 5·10⁻¹⁴ + 10⁻¹⁵ of the exact one. So where *d* < 10¹³ the rounded number lies on the same side of the limit as
the exact one; and where the exact one is the limit, a decimal of few digits, the rounding returns to it. :func:`digits` says how many digits *v* may have.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

import pint
import pytest

from proband.programme import load
from proband.programme.eligibility import Multiple, SaysNumber
from proband.programme.expression import Comparison, Name, Node, Number
from proband.terms.units import ANALYTES, factor, printed
from proband.terms.units.analytes import analyte_of
from proband.terms.units.pint_units import unit
from proband.terms.units.spellings import PRINTED, SPELLINGS, USUAL, bare

PROGRAMMES = ["liver-cells", "mitochondria-hpdl", "spinal-cord-autologous"]
#: laboratories print fewer: what is promised (pounds against a limit in kilograms are the narrowest)
PROMISED = 6


@cache
def _exact_registry() -> pint.UnitRegistry[Any]:
    """The same units, computed in rational numbers."""
    units: pint.UnitRegistry[Any] = pint.UnitRegistry(non_int_type=Fraction, on_redefinition="ignore")
    for name in ("enzyme_unit", "endotoxin_unit", "bsa_unit", "uln", "baseline_multiple"):
        units.define(f"{name} = [{name}_kind]")
    units.define("equivalent = [charge_kind] = Eq = eq")
    units.define("international_unit = enzyme_unit = IU = iU")
    for name, size in (("giga_count", "10**9"), ("mega_count", "10**6"), ("tera_count", "10**12")):
        units.define(f"{name} = {size} * count")
    return units


@cache
def exact(spelling: str) -> Any:
    """A unit as a quantity with a rational size."""
    expression = SPELLINGS.get(bare(spelling))
    if expression is None:
        expression = str(unit(spelling))
    if expression == "dimensionless":
        return _exact_registry().Quantity(Fraction(1), "")
    return _exact_registry().Quantity(expression.replace("0.06", "3/50")).to_base_units()


def rational(source: str, target: str, analyte: str | None) -> Fraction | None:
    """The exact factor between two units; ``None`` where there is none, or one that is no number of ours (an offset)."""
    one, other = exact(source), exact(target)
    if one.dimensionality == other.dimensionality:
        return Fraction(one.magnitude) / Fraction(other.magnitude)
    known = ANALYTES.get(analyte or "")
    if known is None or known.molar_mass is None:
        return None
    per = (Fraction(1), Fraction(known.valence), Fraction(known.valence) / Fraction(str(known.molar_mass)))
    rungs = [exact(each) for each in ("mEq/L", "mmol/L", "mg/L")]
    places = [
        (n, Fraction(each.magnitude) / Fraction(rung.magnitude))
        for each in (one, other)
        for n, rung in enumerate(rungs)
        if rung.dimensionality == each.dimensionality
    ]
    if len(places) < 2:
        return None
    (low, from_scale), (high, to_scale) = places
    return from_scale * per[low] / per[high] / to_scale


def digits(by: Fraction, limit: Fraction) -> int:
    """How many significant digits a result may have so that 14 digits surely decide about this limit as exact arithmetic does."""
    crossing = limit / by  # the result that is the limit itself
    most = 0
    for n in range(1, 14):
        step = Fraction(10) ** (_exponent(crossing) - (n - 1))
        if (step * by / limit).denominator >= 10**13:
            break
        most = n
    return most


def _exponent(value: Fraction) -> int:
    return int(f"{float(value):.0e}".partition("e")[2]) if value else 0


def comparisons(node: Node) -> list[Comparison]:
    """Every comparison in a condition."""
    if isinstance(node, Comparison):
        return [node]
    inner = getattr(node, "items", None) or ([node.item] if hasattr(node, "item") else [])
    return [found for each in inner for found in comparisons(each)]


@cache
def asked() -> tuple[tuple[str, str, str | None, Fraction], ...]:
    """Unit, how laboratories print it, analyte, and limit, for every limit of the shipped criteria on a measured quantity."""
    found = []
    units = [
        each
        for each in dict.fromkeys([*USUAL, *SPELLINGS, *PRINTED])
        if each
        and each not in {"deg", "K"}
        and not SPELLINGS.get(each, "").startswith(("degree", "uln", "baseline"))
    ]
    for programme in PROGRAMMES:
        eligibility = load(programme).eligibility
        limits = {
            (side.id, Fraction(repr(other.value)))
            for expression in eligibility.expressions.values()
            for each in comparisons(expression.root)
            for side, other in ((each.left, each.right), (each.right, each.left))
            if isinstance(side, Name) and isinstance(other, Number)
        }
        for name, limit in sorted(limits):
            o = eligibility.by_id[name]
            if not isinstance(o, SaysNumber) or isinstance(o, Multiple) or not o.unit or limit <= 0:
                continue
            analyte = o.analyte or analyte_of(o.code_keys)
            for other in units:
                try:
                    factor(other, o.unit, analyte)
                except Exception:
                    continue
                found.append((o.unit, other, analyte, limit))
    return tuple(dict.fromkeys(found))


def test_the_factors_are_the_rational_ones_in_binary() -> None:
    checked = 0
    for target, source, analyte, _ in asked():
        by = rational(source, target, analyte)
        if by is None:
            continue
        found, offset = factor(source, target, analyte)
        assert offset == 0
        assert abs(Fraction(found) / by - 1) < Fraction(1, 10**15), (source, target, found, by)
        checked += 1
    assert checked > 300


def test_fourteen_digits_decide_every_limit_of_the_shipped_criteria_for_six_digits_at_least() -> None:
    short = {
        (source, target, float(limit)): digits(by, limit)
        for target, source, analyte, limit in asked()
        if (by := rational(source, target, analyte)) is not None and digits(by, limit) < PROMISED
    }
    assert not short


@pytest.mark.parametrize("seed", range(4))
def test_results_at_and_beside_a_limit_are_decided_as_exact_arithmetic_decides_them(seed: int) -> None:
    r = Random(seed)
    cases = list(asked())
    met = 0
    for target, source, analyte, limit in r.sample(cases, min(len(cases), 250)):
        by = rational(source, target, analyte)
        if by is None:
            continue
        crossing = limit / by
        step = Fraction(10) ** (_exponent(crossing) - (r.randint(1, PROMISED) - 1))
        nearest = round(crossing / step) * step
        scale, offset = factor(source, target, analyte)
        for value in (nearest - step, nearest, nearest + step):
            own = float(value) if (scale, offset) == (1.0, 0.0) else printed(float(value) * scale + offset)
            truth = value * by
            assert (own > float(limit), own == float(limit)) == (truth > limit, truth == limit), (
                float(value),
                source,
                target,
                float(limit),
            )
            met += truth == limit
    assert met > 20
