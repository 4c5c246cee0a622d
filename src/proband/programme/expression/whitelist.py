"""What may stand in a criterion: a closed list of constructs, one small rule for each, and a reasoned refusal of all else."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from typing import Any

from proband.programme.expression.source import ExpressionError, ExpressionSource

_MAX_DEPTH = 60
_LISTS = (ast.List, ast.Tuple, ast.Set)

_REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.Attribute: ("an attribute cannot be read here", "declare an observable for it and use its name"),
    ast.Subscript: ("a subscript cannot be read here", "declare an observable for it and use its name"),
    ast.IfExp: ("'if … else' is not part of the language", "write (a and b) or (not a and c)"),
    ast.Lambda: ("a function cannot be defined here", "write the condition itself"),
    ast.ListComp: ("a comprehension is not part of the language", "write the values out: x in ['a', 'b']"),
    ast.JoinedStr: ("a formatted string is not part of the language", "write a plain string"),
    ast.Dict: ("a mapping is not part of the language", "write a comparison"),
    ast.Starred: ("'*' is not part of the language here", "write the values out"),
    ast.NamedExpr: ("an assignment cannot stand in a criterion", "write == for equality"),
    ast.Await: ("'await' is not part of the language", "write a comparison"),
    **dict.fromkeys(_LISTS, ("a list can only follow 'in'", "write x in ['A', 'B']")),
}


def allow(node: ast.expr, source: ExpressionSource, depth: int = 0) -> None:
    """Go through a tree from the outside in.

    Raises
    ------
    ExpressionError
        ``programme.expression.refused`` at the first construct outside the language.
    """
    if depth > _MAX_DEPTH:
        raise _refuse(
            source, node, "the criterion is nested too deeply", mend="split it into several criteria"
        )
    rule = _RULES.get(type(node))
    if rule is None:
        other = (f"{type(node).__name__} is not part of the language", "write a comparison")
        message, mend = _REFUSED.get(type(node), other)
        at = source.span(node.value).end if isinstance(node, ast.Attribute) else None
        raise _refuse(source, node, message, mend=mend, at=at)
    for child in rule(node, source):
        allow(child, source, depth + 1)


def _refuse(
    source: ExpressionSource, node: ast.expr, message: str, *, mend: str, at: int | None = None
) -> ExpressionError:
    return source.error(message, source.span(node).start if at is None else at, mend, "refused")


def _joined(node: ast.BoolOp, source: ExpressionSource) -> Sequence[ast.expr]:
    return node.values


def _signed(node: ast.UnaryOp, source: ExpressionSource) -> Sequence[ast.expr]:
    if isinstance(node.op, ast.Invert):
        raise _refuse(source, node, "'~' is not part of the language", mend="write 'not'")
    return [node.operand]


def _arithmetic(node: ast.BinOp, source: ExpressionSource) -> Sequence[ast.expr]:
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
        return [node.left, node.right]
    at = source.span(node.left).end
    while at < len(source.text) and source.text[at] in " )\n":
        at += 1
    sign = source.text[at : at + 2].strip()
    message, mend = f"'{sign}' is not part of the language", "use + - * and comparisons"
    if isinstance(node.op, ast.Div | ast.FloorDiv):
        message = "division is not part of the language: databases disagree on what 5/2 is"
        mend = "multiply instead: a <= 2.5 * b"
    elif isinstance(node.op, ast.BitAnd | ast.BitOr):
        mend = "write 'and' or 'or'"
    raise _refuse(source, node, message, mend=mend, at=at)


def _comparison(node: ast.Compare, source: ExpressionSource) -> Sequence[ast.expr]:
    for op, values in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.Is | ast.IsNot):
            raise _refuse(source, node, "'is' is not part of the language", mend="write ==, or known(x)")
        if isinstance(op, ast.In | ast.NotIn):
            _listed(values, source)
            if len(node.ops) > 1:
                raise _refuse(
                    source, node, "'in' cannot be chained", mend="join the two conditions with 'and'"
                )
            return [node.left]
    return [node.left, *node.comparators]


def _listed(values: ast.expr, source: ExpressionSource) -> None:
    """The right side of 'in': a list of literals that names something."""
    if not isinstance(values, _LISTS):
        raise _refuse(source, values, "'in' needs a list of literals", mend="write x in ['A', 'B']")
    if not values.elts:
        raise _refuse(source, values, "the list is empty", mend="name at least one value")
    for element in values.elts:
        if not _is_literal(element):
            raise _refuse(
                source,
                element,
                "only literals may stand in the list",
                mend="write numbers or quoted values",
            )


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
        return isinstance(node, ast.Constant) and isinstance(node.value, int | float)
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float | str)


def _call(node: ast.Call, source: ExpressionSource) -> Sequence[ast.expr]:
    if not isinstance(node.func, ast.Name) or node.func.id != "known":
        called = source.text[source.span(node).start : source.span(node.func).end]
        raise _refuse(
            source,
            node,
            f"{called}(…) cannot be called: only known(x) can",
            mend="declare what it computes as an observable and use its name",
        )
    if node.keywords or len(node.args) != 1 or not isinstance(node.args[0], ast.Name):
        raise _refuse(
            source, node, "known(…) takes the name of one observable", mend="write known(platelets)"
        )
    return []


def _name(node: ast.Name, source: ExpressionSource) -> Sequence[ast.expr]:
    return []


def _constant(node: ast.Constant, source: ExpressionSource) -> Sequence[ast.expr]:
    value = node.value
    if value is None:
        raise _refuse(
            source,
            node,
            "a missing value cannot be compared: unknown is not a value",
            mend="write known(x), or state 'absent: no' on the observable",
        )
    if isinstance(value, bytes | complex) or value is Ellipsis:
        raise _refuse(
            source,
            node,
            "this literal is not part of the language",
            mend="write a number or a quoted value",
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise _refuse(source, node, "the number is not finite", mend="write a finite limit")
    return []


_RULES: dict[type[ast.expr], Callable[[Any, ExpressionSource], Sequence[ast.expr]]] = {
    ast.BoolOp: _joined,
    ast.UnaryOp: _signed,
    ast.BinOp: _arithmetic,
    ast.Compare: _comparison,
    ast.Call: _call,
    ast.Name: _name,
    ast.Constant: _constant,
}
