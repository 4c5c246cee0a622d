"""What may stand in a criterion: a closed list of constructs, one small rule for each, and a reasoned refusal of all else."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from typing import Any

from proband.programme.expression.source import ExpressionError, ExpressionSource
from proband.terms.errors import ErrorCode

_MAX_DEPTH = 60
_LISTS = (ast.List, ast.Tuple, ast.Set)

_REFUSED: dict[type[ast.AST], ErrorCode] = {
    ast.Attribute: "programme.expression.refused.attribute",
    ast.Subscript: "programme.expression.refused.subscript",
    ast.IfExp: "programme.expression.refused.if-else",
    ast.Lambda: "programme.expression.refused.function",
    ast.ListComp: "programme.expression.refused.comprehension",
    ast.JoinedStr: "programme.expression.refused.formatted",
    ast.Dict: "programme.expression.refused.mapping",
    ast.Starred: "programme.expression.refused.starred",
    ast.NamedExpr: "programme.expression.refused.assignment",
    ast.Await: "programme.expression.refused.await",
    **dict.fromkeys(_LISTS, "programme.expression.refused.list"),
}


def allow(node: ast.expr, source: ExpressionSource, depth: int = 0) -> None:
    """Go through a tree from the outside in.

    Raises
    ------
    ExpressionError
        ``programme.expression.refused.…`` at the first construct outside the language.
    """
    if depth > _MAX_DEPTH:
        raise _refuse("programme.expression.refused.deep", source, node)
    rule = _RULES.get(type(node))
    if rule is None:
        code = _REFUSED.get(type(node))
        if code is None:
            raise _refuse(
                "programme.expression.refused.construct", source, node, construct=type(node).__name__
            )
        at = source.span(node.value).end if isinstance(node, ast.Attribute) else None
        raise _refuse(code, source, node, at=at)
    for child in rule(node, source):
        allow(child, source, depth + 1)


def _refuse(
    code: ErrorCode, source: ExpressionSource, node: ast.expr, *, at: int | None = None, **parameters: Any
) -> ExpressionError:
    return source.error_at(code, source.span(node).start if at is None else at, **parameters)


def _joined(node: ast.BoolOp, source: ExpressionSource) -> Sequence[ast.expr]:
    return node.values


def _signed(node: ast.UnaryOp, source: ExpressionSource) -> Sequence[ast.expr]:
    if isinstance(node.op, ast.Invert):
        raise _refuse("programme.expression.refused.tilde", source, node)
    return [node.operand]


def _arithmetic(node: ast.BinOp, source: ExpressionSource) -> Sequence[ast.expr]:
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
        return [node.left, node.right]
    at = source.span(node.left).end
    while at < len(source.text) and source.text[at] in " )\n":
        at += 1
    sign = source.text[at : at + 2].strip()
    if isinstance(node.op, ast.Div | ast.FloorDiv):
        raise _refuse("programme.expression.refused.division", source, node, at=at)
    if isinstance(node.op, ast.BitAnd | ast.BitOr):
        raise _refuse("programme.expression.refused.sign-of-truth", source, node, at=at, sign=sign)
    raise _refuse("programme.expression.refused.sign", source, node, at=at, sign=sign)


def _comparison(node: ast.Compare, source: ExpressionSource) -> Sequence[ast.expr]:
    for op, values in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.Is | ast.IsNot):
            raise _refuse("programme.expression.refused.is", source, node)
        if isinstance(op, ast.In | ast.NotIn):
            _listed(values, source)
            if len(node.ops) > 1:
                raise _refuse("programme.expression.refused.chained-in", source, node)
            return [node.left]
    return [node.left, *node.comparators]


def _listed(values: ast.expr, source: ExpressionSource) -> None:
    """The right side of 'in': a list of literals that names something."""
    if not isinstance(values, _LISTS):
        raise _refuse("programme.expression.refused.in", source, values)
    if not values.elts:
        raise _refuse("programme.expression.refused.empty-list", source, values)
    for element in values.elts:
        if not _is_literal(element):
            raise _refuse("programme.expression.refused.literals", source, element)


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
        return isinstance(node, ast.Constant) and isinstance(node.value, int | float)
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float | str)


def _call(node: ast.Call, source: ExpressionSource) -> Sequence[ast.expr]:
    if not isinstance(node.func, ast.Name) or node.func.id != "known":
        called = source.text[source.span(node).start : source.span(node.func).end]
        raise _refuse("programme.expression.refused.call", source, node, called=called)
    if node.keywords or len(node.args) != 1 or not isinstance(node.args[0], ast.Name):
        raise _refuse("programme.expression.refused.known", source, node)
    return []


def _name(node: ast.Name, source: ExpressionSource) -> Sequence[ast.expr]:
    return []


def _constant(node: ast.Constant, source: ExpressionSource) -> Sequence[ast.expr]:
    value = node.value
    if value is None:
        raise _refuse("programme.expression.refused.missing", source, node)
    if isinstance(value, bytes | complex) or value is Ellipsis:
        raise _refuse("programme.expression.refused.literal", source, node)
    if isinstance(value, float) and not math.isfinite(value):
        raise _refuse("programme.expression.refused.finite", source, node)
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
