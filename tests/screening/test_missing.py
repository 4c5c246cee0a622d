"""The smallest sets that could settle a condition, against trying every set and every value."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.programme.expression import Not, ObservableSignature, check
from proband.screening.kleene import evaluate
from proband.screening.missing import settling_sets
from proband.screening.values import Value

_WHOLE = ObservableSignature("number", "1", low=0.0, high=4.0, whole=True)
SIGNATURES = {
    "a": ObservableSignature("boolean"),
    "b": ObservableSignature("boolean"),
    "x": _WHOLE,
    "y": _WHOLE,
    "g": ObservableSignature("ordered", values=("A", "B", "C")),
    "s": ObservableSignature("code", values=("m", "f")),
}
DOMAINS: dict[str, list[Value]] = {
    "a": [Value(truth=True), Value(truth=False)],
    "b": [Value(truth=True), Value(truth=False)],
    "x": [Value(low=float(v), high=float(v)) for v in range(5)],
    "y": [Value(low=float(v), high=float(v)) for v in range(5)],
    "g": [Value(low=float(v), high=float(v)) for v in range(3)],
    "s": [Value(code="m"), Value(code="f")],
}


def _inside(value: Value, known: Value) -> bool:
    if known.low is not None and (value.low is None or value.low < known.low):
        return False
    return known.high is None or (value.high is not None and value.high <= known.high)


def brute_force(node: Any, values: dict[str, Value]) -> set[frozenset[str]]:
    """Every minimal set, by trying all sets and all values."""
    unknown = [n for n in SIGNATURES if not values.get(n, Value()).is_known]
    found: list[frozenset[str]] = []
    for size in range(len(unknown) + 1):
        for names in itertools.combinations(unknown, size):
            if any(f <= set(names) for f in found):
                continue
            choices = [[v for v in DOMAINS[n] if _inside(v, values.get(n, Value()))] for n in names]
            for picked in itertools.product(*choices):
                if evaluate(node, {**values, **dict(zip(names, picked, strict=True))}) is True:
                    found.append(frozenset(names))
                    break
    return set(found)


_ATOMS = [
    "a", "b", "x < 2", "x >= 3", "x == 1", "x != 2", "x in [0, 4]", "y <= 1", "y > 3", "g <= 'B'", "g in ['A', 'C']", "s == 'm'", "s != 'm'",
    "known(x)", "x > 4", "1 <= y < 3", "known(a)", "g > 'C'",
]  # fmt: skip


def _text(r: Random, depth: int) -> str:
    if depth == 0 or r.random() < 0.25:
        return r.choice(_ATOMS)
    kind = r.choice(["and", "or", "not"])
    if kind == "not":
        return f"not ({_text(r, depth - 1)})"
    return "(" + f" {kind} ".join(_text(r, depth - 1) for _ in range(r.randint(2, 3))) + ")"


def _values(r: Random) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, domain in DOMAINS.items():
        way = r.random()
        if way < 0.3:
            found[name] = r.choice(domain)
        elif way < 0.45 and name in {"x", "y"}:
            found[name] = r.choice([Value(low=2.0), Value(high=3.0), Value(low=1.0, high=3.0)])
    return found


@settings(max_examples=400, deadline=None)
@given(st.integers(min_value=0, max_value=2**32))
def test_minimal_sets_are_those_that_trying_everything_finds(seed: int) -> None:
    r = Random(seed)
    node = check(_text(r, 3), SIGNATURES).root
    if r.random() < 0.5:
        node = Not(node)
    values = _values(r)
    found = settling_sets(node, values, SIGNATURES)
    assert found.complete
    assert set(found.sets) == brute_force(node, values)


def test_either_of_two_alternatives_is_an_answer_and_both_together_is_none() -> None:
    node = check("a or b", SIGNATURES).root
    assert set(settling_sets(node, {}, SIGNATURES).sets) == {frozenset({"a"}), frozenset({"b"})}
    assert set(settling_sets(Not(node), {}, SIGNATURES).sets) == {frozenset({"a", "b"})}


def test_the_same_value_cannot_be_two_things() -> None:
    node = check("(x < 1 and a) or (x > 3 and b)", SIGNATURES).root
    assert set(settling_sets(node, {}, SIGNATURES).sets) == {frozenset({"x", "a"}), frozenset({"x", "b"})}
    assert settling_sets(check("x < 1 and x > 3", SIGNATURES).root, {}, SIGNATURES).sets == ()


def test_a_comparison_of_two_needs_both_unless_one_is_bounded() -> None:
    node = check("x > y", SIGNATURES).root
    assert set(settling_sets(node, {}, SIGNATURES).sets) == {frozenset({"x", "y"})}
    bounded = {"y": Value(low=0.0, high=2.0)}
    assert set(settling_sets(node, bounded, SIGNATURES).sets) == {frozenset({"x"})}


@pytest.mark.parametrize("count", [8, 14])
def test_many_alternatives_are_cut_off_and_that_is_said(count: int) -> None:
    names = [f"v{i}{side}" for i in range(count) for side in "lr"]
    signatures = {n: ObservableSignature("boolean") for n in names}
    node = check(" and ".join(f"(v{i}l or v{i}r)" for i in range(count)), signatures).root
    found = settling_sets(node, {}, signatures)
    assert not found.complete
    assert found.sets
    assert all(len(s) == count for s in found.sets)
