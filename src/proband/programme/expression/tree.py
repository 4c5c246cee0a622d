"""The checked tree of a criterion: what every reader of the language works on, and its form as plain JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

ValueType = Literal["number", "boolean", "code", "date", "ordered"]
Operator = Literal["<", "<=", ">", ">=", "==", "!="]

OPPOSITE: dict[Operator, Operator] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MIRRORED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True)
class ObservableSignature:
    """What the checker needs to know about one observable.

    ``values`` are the ordered values (type ``ordered``) or the allowed codes (type ``code``; empty = any);
    ``analyte`` lets a limit with its own unit cross between mass and amount of substance; ``low``/``high`` bound the
    plausible values (for satisfiability only, never for evaluation).
    """

    type: ValueType
    unit: str | None = None
    analyte: str | None = None
    values: tuple[str, ...] = ()
    label: str = ""
    low: float | None = None
    high: float | None = None
    whole: bool = False
    towards_first: str = ""
    towards_last: str = ""

    def rank(self, value: str) -> int | None:
        """The place of an ordered value (0 is the first), or ``None``; letter case does not count."""
        wanted = value.strip().casefold()
        for index, known in enumerate(self.values):
            if known.casefold() == wanted:
                return index
        return None


@dataclass(frozen=True, slots=True)
class TextSpan:
    """Where a piece stands in the text: ``start`` inclusive, ``end`` exclusive, counted in characters from 0."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Name:
    """The value of an observable inside arithmetic or a comparison."""

    id: str


@dataclass(frozen=True, slots=True)
class Number:
    """A literal: ``value`` in the unit of the other side (a rank for ordered values, a day number for dates)."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Sum:
    """``left + right`` or ``left - right``."""

    left: Term
    op: Literal["+", "-"]
    right: Term


@dataclass(frozen=True, slots=True)
class Scaled:
    """``factor * term``; the product of two observables is refused."""

    factor: float
    term: Term


Term = Name | Number | Sum | Scaled


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left op right`` between numbers, ranks or day numbers."""

    left: Term
    op: Operator
    right: Term
    span: TextSpan


@dataclass(frozen=True, slots=True)
class Membership:
    """A coded value is one of ``codes`` (lower case): ``sex in ['female']``, ``sex == 'female'``."""

    name: str
    codes: tuple[str, ...]
    span: TextSpan


@dataclass(frozen=True, slots=True)
class OneOf:
    """A number or rank is one of ``values`` (ascending); ``texts`` are as written; ``ranks``: of an ordered scale."""

    name: str
    values: tuple[float, ...]
    texts: tuple[str, ...]
    ranks: bool
    span: TextSpan


@dataclass(frozen=True, slots=True)
class Truth:
    """A boolean observable itself."""

    name: str
    span: TextSpan


@dataclass(frozen=True, slots=True)
class KnownValue:
    """``known(x)``: true where the value is known, otherwise *unknown*, never false.

    Were it false for a missing value, ``not known(x)`` would let missing data qualify someone, and learning the value
    would flip a definite verdict.
    """

    name: str
    span: TextSpan


@dataclass(frozen=True, slots=True)
class Not:
    """Kleene negation."""

    item: Node


@dataclass(frozen=True, slots=True)
class And:
    """Kleene conjunction: false if any is false, else unknown if any is unknown."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Kleene disjunction: true if any is true, else unknown if any is unknown."""

    items: tuple[Node, ...]


Atom = Comparison | Membership | OneOf | Truth | KnownValue
Node = Atom | Not | And | Or


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked criterion: its text and its typed tree."""

    text: str
    root: Node

    @property
    def names(self) -> tuple[str, ...]:
        """The observables that it reads, in the order of first appearance."""
        seen: dict[str, None] = {}
        for atom in atoms(self.root):
            for name in atom_names(atom):
                seen.setdefault(name)
        return tuple(seen)

    @property
    def limits(self) -> tuple[str, ...]:
        """The numeric, ordered and dated limits as written."""
        found: list[str] = []
        for atom in atoms(self.root):
            if isinstance(atom, Comparison):
                found += [n.text for side in (atom.left, atom.right) for n in _numbers(side)]
            elif isinstance(atom, OneOf):
                found += atom.texts
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """The typed tree as plain JSON values, so that another evaluator (a page's script) can be made from it."""
        return {"text": self.text, "root": _node_json(self.root)}


def atoms(node: Node) -> Iterator[Atom]:
    """The atoms of a tree from left to right."""
    if isinstance(node, And | Or):
        for item in node.items:
            yield from atoms(item)
    elif isinstance(node, Not):
        yield from atoms(node.item)
    else:
        yield node


def atom_names(atom: Atom) -> tuple[str, ...]:
    """The observables of one atom, in the order of appearance, each once."""
    if isinstance(atom, Comparison):
        return tuple(dict.fromkeys([*term_names(atom.left), *term_names(atom.right)]))
    return (atom.name,)


def term_names(term: Term) -> Iterator[str]:
    """The observables of an arithmetic term."""
    if isinstance(term, Name):
        yield term.id
    elif isinstance(term, Sum):
        yield from term_names(term.left)
        yield from term_names(term.right)
    elif isinstance(term, Scaled):
        yield from term_names(term.term)


def linear(term: Term) -> tuple[dict[str, float], float]:
    """A term as coefficients by observable and a constant."""
    if isinstance(term, Name):
        return {term.id: 1.0}, 0.0
    if isinstance(term, Number):
        return {}, term.value
    if isinstance(term, Scaled):
        inner, constant = linear(term.term)
        return {name: term.factor * c for name, c in inner.items()}, term.factor * constant
    left, a = linear(term.left)
    right, b = linear(term.right)
    sign = 1.0 if term.op == "+" else -1.0
    total = dict(left)
    for name, c in right.items():
        total[name] = total.get(name, 0.0) + sign * c
    return total, a + sign * b


def _numbers(term: Term) -> Iterator[Number]:
    if isinstance(term, Number):
        yield term
    elif isinstance(term, Sum):
        yield from _numbers(term.left)
        yield from _numbers(term.right)
    elif isinstance(term, Scaled):
        yield Number(term.factor, f"{term.factor:g}")
        yield from _numbers(term.term)


def _term_json(term: Term) -> dict[str, Any]:
    if isinstance(term, Name):
        return {"kind": "name", "id": term.id}
    if isinstance(term, Number):
        return {"kind": "number", "value": term.value, "text": term.text}
    if isinstance(term, Scaled):
        return {"kind": "scaled", "factor": term.factor, "term": _term_json(term.term)}
    return {"kind": "sum", "op": term.op, "left": _term_json(term.left), "right": _term_json(term.right)}


def _node_json(node: Node) -> dict[str, Any]:
    if isinstance(node, And | Or):
        kind = "and" if isinstance(node, And) else "or"
        return {"kind": kind, "items": [_node_json(item) for item in node.items]}
    if isinstance(node, Not):
        return {"kind": "not", "item": _node_json(node.item)}
    span = [node.span.start, node.span.end]
    if isinstance(node, Comparison):
        return {
            "kind": "comparison",
            "op": node.op,
            "left": _term_json(node.left),
            "right": _term_json(node.right),
            "span": span,
        }
    if isinstance(node, Membership):
        return {"kind": "membership", "name": node.name, "codes": list(node.codes), "span": span}
    if isinstance(node, OneOf):
        return {
            "kind": "one-of",
            "name": node.name,
            "values": list(node.values),
            "texts": list(node.texts),
            "ranks": node.ranks,
            "span": span,
        }
    return {"kind": "truth" if isinstance(node, Truth) else "known", "name": node.name, "span": span}
