"""Can a condition hold at all? A small decision procedure over checked expressions, used by lints and by "what is missing".

A condition is brought into negation normal form and its cases are tried one after the other (depth first, cut as soon
as one observable has no value left). Within a case every observable must satisfy all its own limits; comparisons of
several observables are linear, and a small linear programme decides them. Values are bounded by what is *plausible*,
so a limit outside the plausible range counts as one that nobody can meet. Whole-number observables take whole numbers
in limits of their own; in sums of several observables they are treated as real numbers, so that such a sum may be
called possible when it is not, never the other way round.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from proband.programme.expression import (
    MIRRORED,
    OPPOSITE,
    And,
    Comparison,
    KnownValue,
    Membership,
    Node,
    Not,
    ObservableSignature,
    OneOf,
    Or,
    Truth,
    atom_names,
    atoms,
    linear,
)
from proband.programme.value_range import Linear, Range, Value, domain

#: cases tried before giving up; a criterion of a real protocol needs a few dozen at most
MAX_CASES = 20_000


class Undecided(Exception):
    """The condition has more cases than :data:`MAX_CASES`; nothing is claimed about it."""


def normal_form(node: Node, positive: bool = True) -> Node:
    """Negation normal form: ``Not`` only in front of atoms, comparisons negated by their operator."""
    if isinstance(node, Not):
        return normal_form(node.item, not positive)
    if isinstance(node, And | Or):
        items = tuple(normal_form(item, positive) for item in node.items)
        return And(items) if isinstance(node, And) is positive else Or(items)
    if positive:
        return node
    if isinstance(node, Comparison):
        return replace(node, op=OPPOSITE[node.op])
    return Not(node)


@dataclass
class _Case:
    """One case under construction: what each observable may still be, and the comparisons of several."""

    ranges: dict[str, Range]
    joint: list[Linear] = field(default_factory=list)

    def copy(self) -> _Case:
        return _Case({name: replace(r) for name, r in self.ranges.items()}, list(self.joint))


def solve(node: Node, ranges: Mapping[str, Range]) -> dict[str, Value] | None:
    """Values of the observables for which a condition is true, or ``None`` if there are none.

    ``ranges`` says what each observable may be; ordered values are ranks, dates are day numbers.

    Raises
    ------
    Undecided
        If the condition has too many cases.
    """
    budget = [MAX_CASES]
    return _search([normal_form(node)], _Case({n: replace(r) for n, r in ranges.items()}), budget)


def satisfiable(node: Node, signatures: Mapping[str, ObservableSignature]) -> dict[str, Value] | None:
    """:func:`solve` over everything that the signatures allow for the observables of the condition."""
    names = dict.fromkeys(name for atom in atoms(node) for name in atom_names(atom))
    return solve(node, {name: domain(signatures[name]) for name in names if name in signatures})


def _search(todo: list[Node], case: _Case, budget: list[int]) -> dict[str, Value] | None:
    while todo:
        node = todo.pop()
        if isinstance(node, And):
            todo.extend(node.items)
            continue
        if isinstance(node, Or):
            for item in node.items:
                budget[0] -= 1
                if budget[0] < 0:
                    raise Undecided
                found = _search([*todo, item], case.copy(), budget)
                if found is not None:
                    return found
            return None
        choices = _constrain(node, case)
        if choices is None:
            return None
        if len(choices) > 1:  # a comparison of several observables by != : below or above
            for choice in choices:
                budget[0] -= 1
                if budget[0] < 0:
                    raise Undecided
                branch = case.copy()
                branch.joint.append(choice)
                found = _search(list(todo), branch, budget)
                if found is not None:
                    return found
            return None
        case.joint.extend(choices)
    return _witness(case)


def _constrain(node: Node, case: _Case) -> list[Linear] | None:
    """Add one literal to the case; ``None`` if nothing is left, otherwise the joint comparisons to add."""
    positive = not isinstance(node, Not)
    atom = node.item if isinstance(node, Not) else node
    if isinstance(atom, Comparison):
        return _compare(atom, case)
    assert isinstance(atom, Membership | OneOf | Truth | KnownValue)  # noqa: S101
    current = case.ranges.setdefault(atom.name, Range())
    if isinstance(atom, KnownValue):
        return [] if positive else None  # known(x) is never false
    if isinstance(atom, Truth):
        if current.truth is not None and current.truth is not positive:
            return None
        current.truth = positive
        return []
    if isinstance(atom, Membership):
        codes = frozenset(atom.codes)
        if positive:
            current.codes = codes if current.codes is None else current.codes & codes
        else:
            current.not_codes |= codes
        return [] if current.code() is not None else None
    values = frozenset(atom.values)
    if positive:
        current.only = values if current.only is None else current.only & values
    else:
        current.without |= values
    return [] if current.number() is not None else None


def _compare(atom: Comparison, case: _Case) -> list[Linear] | None:
    left, a = linear(atom.left)
    right, b = linear(atom.right)
    terms = {name: left.get(name, 0.0) - right.get(name, 0.0) for name in {**left, **right}}
    terms = {name: c for name, c in terms.items() if c != 0.0}
    constant = a - b
    if not terms:
        holds = {
            "<": constant < 0,
            "<=": constant <= 0,
            ">": constant > 0,
            ">=": constant >= 0,
            "==": constant == 0,
            "!=": constant != 0,
        }[atom.op]
        return [] if holds else None
    if len(terms) == 1:
        ((name, coefficient),) = terms.items()
        op = MIRRORED[atom.op] if coefficient < 0 else atom.op
        current = case.ranges.setdefault(name, Range())
        limit = -constant / coefficient
        current.bound(op, limit + 0.0)
        return [] if current.number() is not None else None
    order = tuple(sorted(terms.items()))
    negative = tuple((name, -c) for name, c in order)
    below, above = Linear(order, constant, "<"), Linear(negative, -constant, "<")
    if atom.op == "!=":
        return [below, above]
    if atom.op == "==":
        return [Linear(order, constant, "==")]
    if atom.op in {"<", "<="}:
        return [replace(below, op=atom.op)]
    return [replace(above, op="<" if atom.op == ">" else "<=")]


def _witness(case: _Case) -> dict[str, Value] | None:
    found: dict[str, Value] = {}
    joint_names = sorted({name for comparison in case.joint for name, _ in comparison.terms})
    for name, r in case.ranges.items():
        if name in joint_names:
            continue
        if r.truth is not None:
            found[name] = r.truth
        elif r.codes is not None or r.not_codes:
            code = r.code()
            if code is None:
                return None
            found[name] = code
        else:
            number = r.number()
            if number is None:
                return None
            found[name] = number
    if joint_names:
        solution = _joint(case, joint_names)
        if solution is None:
            return None
        found.update(solution)
    return found


def _joint(case: _Case, names: list[str]) -> dict[str, Value] | None:
    """Decide the linear comparisons of several observables by maximising the margin of the strict ones."""
    from scipy.optimize import linprog  # imported here: most criteria never need it

    index = {name: i for i, name in enumerate(names)}
    rows: list[list[float]] = []
    limits: list[float] = []
    equal_rows: list[list[float]] = []
    equal_limits: list[float] = []
    width = len(names) + 1  # the last column is the margin
    for comparison in case.joint:
        row = [0.0] * width
        for name, coefficient in comparison.terms:
            row[index[name]] = coefficient
        if comparison.op == "==":
            equal_rows.append(row)
            equal_limits.append(-comparison.constant)
            continue
        if comparison.op == "<":
            row[-1] = 1.0
        rows.append(row)
        limits.append(-comparison.constant)
    bounds: list[tuple[float | None, float | None]] = []
    for name in names:
        r = case.ranges.setdefault(name, Range())
        low, high = r.low, r.high
        if r.only is not None:
            inside = [v for v in r.only if low <= v <= high and v not in r.without]
            if not inside:
                return None
            low, high = min(inside), max(inside)
        for open_end, value, sign in ((r.low_open, low, -1.0), (r.high_open, high, 1.0)):
            if open_end and math.isfinite(value):
                row = [0.0] * width
                row[index[name]], row[-1] = sign, 1.0
                rows.append(row)
                limits.append(sign * value)
        bounds.append((low if math.isfinite(low) else None, high if math.isfinite(high) else None))
    bounds.append((0.0, 1.0))
    strict = any(c.op == "<" for c in case.joint) or any(row[-1] for row in rows)
    result = linprog(
        [0.0] * len(names) + [-1.0],
        A_ub=rows or None,
        b_ub=limits or None,
        A_eq=equal_rows or None,
        b_eq=equal_limits or None,
        bounds=bounds,
        method="highs",
    )
    if not result.success or (strict and result.x[-1] <= 1e-9):
        return None
    return {name: float(result.x[i]) for name, i in index.items()}


def overlap(one: Node, other: Node, signatures: Mapping[str, ObservableSignature]) -> dict[str, Value] | None:
    """Values for which two conditions hold together (a person who fits two sibling trials), or ``None`` if there are none."""
    return satisfiable(And((one, other)), signatures)
