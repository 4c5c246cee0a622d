"""A checked criterion as a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from proband.programme.expression.tree import (
    MIRRORED,
    And,
    Comparison,
    Expression,
    KnownValue,
    Membership,
    Name,
    Node,
    Not,
    Number,
    ObservableSignature,
    OneOf,
    Operator,
    Or,
    Scaled,
    Term,
    Truth,
    term_names,
)

_WORDS: dict[Operator, str] = {
    "<": "below",
    "<=": "at most",
    ">": "above",
    ">=": "at least",
    "==": "exactly",
    "!=": "other than",
}


def is_pure(unit: str | None) -> bool:
    """Whether a unit stands for a plain number: ``1``, or an annotation alone such as ``{points}`` or ``{INR}``."""
    return unit is None or unit in {"", "1"} or (unit.startswith("{") and unit.endswith("}"))


def words(expression: Expression, signatures: Mapping[str, ObservableSignature]) -> str:
    """The criterion as a sentence: "age is at least 18 a and age is below 65 a"."""
    return _node_words(expression.root, signatures, top=True)


def _label(name: str, signatures: Mapping[str, ObservableSignature]) -> str:
    signature = signatures.get(name)
    return signature.label if signature and signature.label else name.replace("_", " ")


def _node_words(node: Node, signatures: Mapping[str, ObservableSignature], *, top: bool = False) -> str:
    if isinstance(node, And | Or):
        joint = " and " if isinstance(node, And) else " or "
        text = joint.join(_node_words(item, signatures) for item in node.items)
        return text if top else f"({text})"
    if isinstance(node, Not):
        if isinstance(node.item, Truth):
            return f"not: {_label(node.item.name, signatures)}"
        if isinstance(node.item, Membership):
            return f"{_label(node.item.name, signatures)} is none of {', '.join(node.item.codes)}"
        return f"not ({_node_words(node.item, signatures, top=True)})"
    if isinstance(node, Truth):
        return _label(node.name, signatures)
    if isinstance(node, KnownValue):
        return f"{_label(node.name, signatures)} is known"
    if isinstance(node, Membership):
        return f"{_label(node.name, signatures)} is {' or '.join(node.codes)}"
    if isinstance(node, OneOf):
        return f"{_label(node.name, signatures)} is {' or '.join(t.strip(chr(39)) for t in node.texts)}"
    return _comparison_words(node, signatures)


def _comparison_words(node: Comparison, signatures: Mapping[str, ObservableSignature]) -> str:
    left, op, right = node.left, node.op, node.right
    if isinstance(left, Number) and not isinstance(right, Number):
        left, op, right = right, MIRRORED[op], left
    if isinstance(left, Name) and isinstance(right, Number):
        signature = signatures.get(left.id)
        if signature and signature.type == "ordered" and signature.towards_first and op in {"<=", ">="}:
            way = signature.towards_first if op == "<=" else signature.towards_last
            at = int(right.value)
            span = (
                (signature.values[0], signature.values[at])
                if op == "<="
                else (signature.values[at], signature.values[-1])
            )
            return f"{_label(left.id, signatures)} is {right.text} or {way} ({span[0]}–{span[1]})"
        if signature and signature.type == "date":
            when = {"<": "before", "<=": "on or before", ">": "after", ">=": "on or after"}.get(
                op, _WORDS[op]
            )
            return f"{_label(left.id, signatures)} is {when} {right.text}"
    return f"{_term_words(left, signatures)} is {_WORDS[op]} {_term_words(right, signatures)}{_unit_of(left, right, signatures)}"


def _unit_of(left: Term, right: Term, signatures: Mapping[str, ObservableSignature]) -> str:
    if not isinstance(right, Number) or any(c.isalpha() for c in right.text):
        return ""
    for name in term_names(left):
        signature = signatures.get(name)
        if signature and signature.type == "number" and signature.unit and not is_pure(signature.unit):
            return f" {signature.unit}"
    return ""


def _term_words(term: Term, signatures: Mapping[str, ObservableSignature]) -> str:
    if isinstance(term, Name):
        return _label(term.id, signatures)
    if isinstance(term, Number):
        return term.text
    if isinstance(term, Scaled):
        if term.factor == -1.0:
            return f"minus {_term_words(term.term, signatures)}"
        return f"{term.factor:g} × {_term_words(term.term, signatures)}"
    joint = "plus" if term.op == "+" else "minus"
    return f"{_term_words(term.left, signatures)} {joint} {_term_words(term.right, signatures)}"
