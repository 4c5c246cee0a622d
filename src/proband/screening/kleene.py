"""Three-valued truth: true, false, or unknown (``None``), over the values of one person.

A comparison is true where every possible value satisfies it, false where none does, unknown otherwise; ``and``, ``or``
and ``not`` are Kleene's strong connectives. Learning more can therefore turn unknown into true or false, and never
true into false or back.
"""

from __future__ import annotations

from collections.abc import Mapping

from proband.programme.expression import (
    And,
    Comparison,
    KnownValue,
    Membership,
    Name,
    Node,
    Not,
    Number,
    OneOf,
    Or,
    Scaled,
    Term,
    Truth,
)
from proband.screening.values import Value
from proband.terms.units import printed

NOTHING = Value(reason="nothing on record")
Bounds = tuple[float | None, float | None]


def evaluate(node: Node, values: Mapping[str, Value]) -> bool | None:
    """The truth of a checked expression; observables without an entry are unknown."""
    if isinstance(node, And):
        unknown = False
        for item in node.items:
            result = evaluate(item, values)
            if result is False:
                return False
            unknown = unknown or result is None
        return None if unknown else True
    if isinstance(node, Or):
        unknown = False
        for item in node.items:
            result = evaluate(item, values)
            if result is True:
                return True
            unknown = unknown or result is None
        return None if unknown else False
    if isinstance(node, Not):
        result = evaluate(node.item, values)
        return None if result is None else not result
    if isinstance(node, Comparison):
        return _compare(_printed(node.left, values), node.op, _printed(node.right, values))
    value = values.get(node.name, NOTHING)
    if isinstance(node, Truth):
        return value.truth
    if isinstance(node, KnownValue):
        return True if value.is_known else None
    if isinstance(node, Membership):
        return None if value.code is None else value.code in node.codes
    return _one_of(node, value)


def bounds(term: Term, values: Mapping[str, Value]) -> Bounds:
    """The least and the greatest possible value of a term; ``None`` is an open end."""
    if isinstance(term, Name):
        value = values.get(term.id, NOTHING)
        return value.low, value.high
    if isinstance(term, Number):
        return term.value, term.value
    if isinstance(term, Scaled):
        low, high = bounds(term.term, values)
        scaled = (
            None if low is None else term.factor * low,
            None if high is None else term.factor * high,
        )
        return scaled if term.factor >= 0 else (scaled[1], scaled[0])
    a, b = bounds(term.left, values), bounds(term.right, values)
    if term.op == "-":
        b = (b[1], b[0])
        return (
            None if a[0] is None or b[0] is None else a[0] - b[0],
            None if a[1] is None or b[1] is None else a[1] - b[1],
        )
    return (
        None if a[0] is None or b[0] is None else a[0] + b[0],
        None if a[1] is None or b[1] is None else a[1] + b[1],
    )


def _printed(term: Term, values: Mapping[str, Value]) -> Bounds:
    """The bounds of a term; what was computed counts as the decimal that it stands for: 3 × 0.3 is 0.9 (:func:`printed`)."""
    low, high = bounds(term, values)
    if isinstance(term, Name | Number):
        return low, high
    return None if low is None else printed(low), None if high is None else printed(high)


def _compare(a: Bounds, op: str, b: Bounds) -> bool | None:
    match op:
        case "<":
            return _decide(_less(a[1], b[0]), _not_less(a[0], b[1]))
        case "<=":
            return _decide(_not_less(b[0], a[1]), _less(b[1], a[0]))
        case ">":
            return _decide(_less(b[1], a[0]), _not_less(b[0], a[1]))
        case ">=":
            return _decide(_not_less(a[0], b[1]), _less(a[1], b[0]))
        case _:
            equal = _decide(
                a[0] is not None and a[0] == a[1] == b[0] == b[1], _less(a[1], b[0]) or _less(b[1], a[0])
            )
            return equal if op == "==" or equal is None else not equal


def _less(x: float | None, y: float | None) -> bool:
    return x is not None and y is not None and x < y


def _not_less(x: float | None, y: float | None) -> bool:
    return x is not None and y is not None and x >= y


def _decide(surely: bool, surely_not: bool) -> bool | None:
    return True if surely else (False if surely_not else None)


def runs(values: tuple[float, ...], *, whole: bool) -> tuple[tuple[float, float], ...]:
    """A list of values as unbroken stretches: ranks 1, 2, 4 are 1–2 and 4; numbers that are not whole stand alone."""
    found: list[tuple[float, float]] = []
    for value in values:
        if whole and found and value == found[-1][1] + 1:
            found[-1] = (found[-1][0], value)
        else:
            found.append((value, value))
    return tuple(found)


def _one_of(node: OneOf, value: Value) -> bool | None:
    low, high = value.low, value.high
    stretches = runs(node.values, whole=node.ranks)
    if low is not None and high is not None and any(a <= low and high <= b for a, b in stretches):
        return True
    if all(_less(high, a) or _less(b, low) for a, b in stretches):
        return False
    return None
