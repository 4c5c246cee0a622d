"""What to find out next: the smallest sets of unknown values that could settle a verdict, the least effort first.

A set settles a verdict one way if there are values for its observables, within what is known and plausible, that make
the verdict definite while everything else stays as it is. A set is listed only if no part of it would do; for
``a or b`` with both missing, {a} and {b} are two answers and {a, b} is none. Cases are searched from the smallest set
up, so what is listed first is what is least to ask for.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from proband.programme.expression import (
    And,
    Comparison,
    KnownValue,
    Name,
    Node,
    Not,
    Number,
    ObservableSignature,
    Or,
    Scaled,
    Sum,
    Term,
    atom_names,
    linear,
)
from proband.programme.satisfiability import Undecided, normal_form, solve
from proband.programme.value_range import Range, domain
from proband.screening.kleene import NOTHING, evaluate
from proband.screening.values import Value

#: sets listed at most, and steps of the search; beyond them the answer says that it is not complete
MOST_SETS = 40
MOST_STEPS = 4_000


@dataclass(frozen=True, slots=True)
class Sets:
    """Minimal sets, smallest first, and whether they are all there are."""

    sets: tuple[frozenset[str], ...]
    complete: bool = True


def settling_sets(
    node: Node,
    values: Mapping[str, Value],
    signatures: Mapping[str, ObservableSignature],
    effort: Mapping[str, int] | None = None,
) -> Sets:
    """The minimal sets of observables that could make a condition true.

    Parameters
    ----------
    node
        The condition that shall become true (negate it to ask what could make it false).
    values, signatures
        By observable; a name without a value is unknown.
    effort
        Rank of what it takes to learn each observable; among sets of one size, less effort is looked at first.

    Returns
    -------
    Sets
        Empty if nothing could; ``{∅}`` if it is true already.
    """
    ranges = {name: _range(signature, values.get(name, NOTHING)) for name, signature in signatures.items()}
    start = _reachable(normal_form(node), values)
    if start is None:
        return Sets(())
    if isinstance(start, bool):
        return Sets((frozenset(),))
    return _search(start, ranges, effort or {})


def _range(signature: ObservableSignature, value: Value) -> Range:
    """What an observable may still turn out to be."""
    whole = domain(signature)
    if value.truth is not None:
        whole.truth = value.truth
    if value.code is not None:
        whole.codes = frozenset({value.code})
    narrowed = Range(whole.low, whole.high, whole=whole.whole, codes=whole.codes, truth=whole.truth)
    if value.low is not None:
        narrowed.bound(">=", value.low)
    if value.high is not None:
        narrowed.bound("<=", value.high)
    if narrowed.low <= narrowed.high:
        return narrowed
    # what is recorded lies outside the plausible range: believe the record
    return Range(
        -float("inf") if value.low is None else value.low, float("inf") if value.high is None else value.high
    )


def _reachable(node: Node, values: Mapping[str, Value]) -> Node | bool | None:
    """The condition without what is settled: ``True``, ``None`` (can never be), or what remains to be made true."""
    if isinstance(node, And):
        rest: list[Node] = []
        for item in node.items:
            found = _reachable(item, values)
            if found is None:
                return None
            if found is not True:
                assert not isinstance(found, bool)  # noqa: S101
                rest.append(found)
        return True if not rest else (rest[0] if len(rest) == 1 else And(tuple(rest)))
    if isinstance(node, Or):
        ways: list[Node] = []
        for item in node.items:
            found = _reachable(item, values)
            if found is True:
                return True
            if found is not None:
                assert not isinstance(found, bool)  # noqa: S101
                ways.append(found)
        return None if not ways else (ways[0] if len(ways) == 1 else Or(tuple(ways)))
    truth = evaluate(node, values)
    if truth is not None:
        return True if truth else None
    if isinstance(node, Not) and isinstance(node.item, KnownValue):
        return None  # known(x) never becomes false
    if isinstance(node, Comparison) and len(atom_names(node)) > 1:
        alternatives = tuple(_partly(node, values))
        return None if not alternatives else (alternatives[0] if len(alternatives) == 1 else Or(alternatives))
    return node


def _partly(node: Comparison, values: Mapping[str, Value]) -> Iterator[Node]:
    """A comparison of several observables, settled by some of them while the others keep their bounds.

    Each alternative mentions only the observables to be learned; the worst case of the others stands in as a number.
    """
    left, a = linear(node.left)
    right, b = linear(node.right)
    terms = {name: left.get(name, 0.0) - right.get(name, 0.0) for name in {**left, **right}}
    open_names = [n for n, c in terms.items() if c != 0.0 and not values.get(n, NOTHING).is_known]
    fixed = a - b
    for name, c in terms.items():
        value = values.get(name, NOTHING)
        if name not in open_names and c != 0.0 and value.low is not None:
            fixed += c * value.low
    for size in range(1, len(open_names) + 1):
        for learned in itertools.combinations(open_names, size):
            others = [n for n in open_names if n not in learned]
            low = _total(others, terms, values, greatest=False)
            high = _total(others, terms, values, greatest=True)
            term = _combination([(n, terms[n]) for n in learned])
            if node.op in {"<", "<="} and high is not None:
                yield Comparison(term, node.op, _number(-(fixed + high)), node.span)
            elif node.op in {">", ">="} and low is not None:
                yield Comparison(term, node.op, _number(-(fixed + low)), node.span)
            elif node.op == "==" and not others:
                yield Comparison(term, "==", _number(-fixed), node.span)
            elif node.op == "!=":
                if high is not None:
                    yield Comparison(term, "<", _number(-(fixed + high)), node.span)
                if low is not None:
                    yield Comparison(term, ">", _number(-(fixed + low)), node.span)


def _total(
    names: list[str], terms: Mapping[str, float], values: Mapping[str, Value], *, greatest: bool
) -> float | None:
    total = 0.0
    for name in names:
        value, c = values.get(name, NOTHING), terms[name]
        end = value.high if (c > 0) is greatest else value.low
        if end is None:
            return None
        total += c * end
    return total


def _number(value: float) -> Number:
    return Number(value + 0.0, f"{value:g}")


def _combination(parts: list[tuple[str, float]]) -> Term:
    scaled: list[Term] = [Name(name) if c == 1.0 else Scaled(c, Name(name)) for name, c in parts]
    total = scaled[0]
    for term in scaled[1:]:
        total = Sum(total, "+", term)
    return total


State = tuple[
    int, tuple[Node, ...], tuple[Node, ...]
]  # the set (one bit a name), still to be made true, must hold


def _search(start: Node, ranges: Mapping[str, Range], effort: Mapping[str, int]) -> Sets:
    """Best first by the least size that a state can end with; what is found earlier is never larger."""
    found: list[int] = []
    order = itertools.count()
    bits: dict[
        str, int
    ] = {}  # a set of observables is one whole number: joining and comparing them is most of the work
    # by identity: all nodes are pieces of one tree, and hashing trees is slow
    mentioned: dict[int, int] = {}

    def names_of(node: Node) -> int:
        mask = mentioned.get(id(node))
        if mask is None:
            mask = 0
            for name in _names(node):
                mask |= bits.setdefault(name, 1 << len(bits))
            mentioned[id(node)] = mask
        return mask

    def least_size(names: int, todo: tuple[Node, ...]) -> int:
        size, taken = names.bit_count(), names
        for node in todo:  # conditions that share nothing each need at least one more
            mask = mentioned.get(id(node)) or names_of(node)
            if not mask & taken:
                size += 1
                taken |= mask
        return size

    def cost_of(names: int) -> int:
        return sum(effort.get(name, 0) for name, bit in bits.items() if names & bit)

    def sets(complete: bool = True) -> Sets:
        return Sets(
            tuple(frozenset(name for name, bit in bits.items() if names & bit) for names in found),
            complete=complete,
        )

    costs: dict[int, int] = {0: 0}
    queue: list[tuple[int, int, int, int, State]] = [(0, 0, 0, next(order), (0, (start,), ()))]
    seen: set[tuple[int, tuple[int, ...], tuple[int, ...]]] = set()
    for _ in range(MOST_STEPS):
        if not queue:
            return sets()
        bound, cost, _, _, (names, todo, held) = heapq.heappop(queue)
        if any(known & names == known for known in found):
            continue
        # conditions without a choice are taken at once, as long as the set does not grow beyond what was foreseen
        while todo and not isinstance(todo[0], Or):
            node, todo = todo[0], todo[1:]
            if isinstance(node, And):
                todo = (*node.items, *todo)
                continue
            mask = names_of(node)
            new = mask & ~names
            if new not in costs:
                costs[new] = cost_of(new)
            cost += costs[new]
            foreseen = new == 0 or (new == mask and new.bit_count() == 1)
            names, held = names | new, (*held, node)
            if not foreseen and least_size(names, todo) > bound:
                break
        if not todo and names.bit_count() <= bound:
            if not any(known & names == known for known in found) and _possible(held, ranges):
                found.append(names)
                if len(found) >= MOST_SETS:
                    return sets(complete=not queue)
            continue
        branches: list[State]
        if todo and isinstance(todo[0], Or):
            branches = [(names, (item, *todo[1:]), held) for item in todo[0].items]
        else:
            branches = [(names, todo, held)]
        for branch in branches:
            mark = (branch[0], tuple(map(id, branch[1])), tuple(map(id, branch[2])))
            if mark not in seen:
                seen.add(mark)
                heapq.heappush(
                    queue, (least_size(branch[0], branch[1]), cost, -len(branch[2]), next(order), branch)
                )
    return sets(complete=False)


def _possible(held: tuple[Node, ...], ranges: Mapping[str, Range]) -> bool:
    names = {name for node in held for name in _names(node)}
    try:
        return solve(And(held), {name: ranges[name] for name in names if name in ranges}) is not None
    except Undecided:
        return True


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, And | Or):
        for item in node.items:
            yield from _names(item)
    elif isinstance(node, Not):
        yield from _names(node.item)
    else:
        yield from atom_names(node)
