"""How many cells there can be: what was counted while a container was made, against what went in, the bounds that the programme names, and a second person's word."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import prod
from typing import Any

from proband.programme.product import ProcessStep, Product
from proband.record.declare.command import Context
from proband.record.errors import Refusal
from proband.record.gates.making import more_than, not_positive, sum_in, tolerance_of
from proband.record.product import Container
from proband.terms import ProbandError, convert


def cells_counted(data: Mapping[str, Any]) -> float | None:
    """How many cells a step says that it counted; ``None`` where it counted none, or in a unit that is no number of them (a concentration)."""
    for one in data.get("readings", ()):
        if one["what"] == "count":
            try:
                return float(convert(one["value"], one["unit"], "1"))
            except ProbandError:
                return None
    return None


def note_count(product: Container, step: ProcessStep, data: Mapping[str, Any]) -> None:
    """Note what a step counted; what was counted at it, or after it, before it was done again, counts no longer."""
    product.counted = [one for one in product.counted if one[0] != step.id]
    found = cells_counted(data)
    if found is not None and product.amount is None:
        product.counted.append((step.id, found, bool(data.get("deviation"))))


def may_grow(rule: Product, after: str, upto: str | None) -> float | None:
    """How many times as many cells there may be as at one step, after the steps that follow it up to another (or to the end); ``None`` where none of them names a bound."""
    names = [one.id for one in rule.manufacturing]
    first, last = names.index(after) + 1, names.index(upto) + 1 if upto is not None else len(names)
    bounds = [
        one.expansion_at_most for one in rule.manufacturing[first:last] if one.expansion_at_most is not None
    ]
    factors = [convert(one.value, one.unit, "1") for one in bounds]
    return prod(factors) if factors else None


def unagreed_growth(rule: Product, product: Container, tolerance: float) -> tuple[str, float, float] | None:
    """The first step at which more cells were counted than before, beyond the tolerance, without a bound, a deviation that was told, or a second person's word since."""
    names = [one.id for one in rule.manufacturing]
    for (before, least, _), (step, most, told) in pairwise(product.counted):
        if before not in names or step not in names or told or most <= least * (1 + tolerance):
            continue
        seen = any(
            one.hold_point and one.id in product.agreed for one in rule.manufacturing[names.index(step) :]
        )
        if not seen and may_grow(rule, before, step) is None:
            return step, most, least
    return None


def beyond_bound(
    product: Container, rule: Product | None, step: str, data: Mapping[str, Any]
) -> tuple[float, float] | None:
    """How many cells a step counted, and how many there can be by the bound that the programme names; ``None`` where it is within, or none is named."""
    found, before = cells_counted(data), [one for one in product.counted if one[0] != step]
    names = [one.id for one in rule.manufacturing] if rule is not None else []
    if rule is None or found is None or product.amount is not None or not before:
        return None
    after, least, _ = before[-1]
    if after not in names or step not in names:
        return None
    bound = may_grow(rule, after, step)
    return (found, least * bound) if bound is not None and more_than(rule, found, least * bound) else None


def grown_beyond(c: Context) -> Refusal | None:
    """More cells at a step than the programme says that there can be are a deviation that must be told."""
    many = beyond_bound(c.product, c.rule, c.data["step"], c.data) if c.product is not None else None
    if many is None or c.data["deviation"]:
        return None
    return Refusal("gate.balance.grown", step=c.data["step"], found=many[0], bound=many[1])


def more_than_was_counted(c: Context) -> Refusal | None:
    """What is finished is more than nothing, and no more than was counted last; where more was counted than went in, the programme or a second person says so."""
    product, rule, amount = c.product, c.rule, c.data["amount"]
    refusal = not_positive([amount])
    if refusal is not None or product is None or rule is None or not product.counted:
        return refusal
    grown = unagreed_growth(rule, product, tolerance_of(rule))
    if grown is not None:
        return Refusal("gate.balance.unagreed", step=grown[0], found=grown[1], before=grown[2])
    step, last, _ = product.counted[-1]
    cells = sum_in([(amount["value"], amount["unit"])], "1")
    if not isinstance(cells, float) or step not in (one.id for one in rule.manufacturing):
        return None
    whole = last * (may_grow(rule, step, None) or 1.0)
    return (
        Refusal("gate.balance.more", total=cells, whole=whole, unit="{cells}")
        if more_than(rule, cells, whole)
        else None
    )
