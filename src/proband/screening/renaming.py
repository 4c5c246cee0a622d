"""Names of observables at visits: ``platelets`` at screening, ``platelets@baseline`` at the visit *baseline*."""

from __future__ import annotations

from dataclasses import replace

from proband.programme.expression import And, Comparison, Name, Node, Not, Number, Or, Scaled, Sum, Term


def at_visit(name: str, visit: str | None) -> str:
    """The name of an observable at a visit (``None``: at screening)."""
    return name if visit is None else f"{name}@{visit}"


def column_stem(id: str, visit: str | None = None) -> str:
    """The stem of the columns of an observable in the wide table; a name that has its visit already may be given alone."""
    return at_visit(id, visit).replace("@", "__").replace("-", "_")


def renamed(node: Node, visit: str | None) -> Node:
    """A condition over observables, as one over observables at a visit."""
    if visit is None:
        return node
    if isinstance(node, And):
        return And(tuple(renamed(item, visit) for item in node.items))
    if isinstance(node, Or):
        return Or(tuple(renamed(item, visit) for item in node.items))
    if isinstance(node, Not):
        return Not(renamed(node.item, visit))
    if isinstance(node, Comparison):
        return replace(node, left=_term(node.left, visit), right=_term(node.right, visit))
    return replace(node, name=at_visit(node.name, visit))


def _term(term: Term, visit: str) -> Term:
    if isinstance(term, Name):
        return Name(at_visit(term.id, visit))
    if isinstance(term, Number):
        return term
    if isinstance(term, Scaled):
        return Scaled(term.factor, _term(term.term, visit))
    return Sum(_term(term.left, visit), term.op, _term(term.right, visit))
