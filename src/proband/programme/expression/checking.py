"""Typing a parsed criterion against the declared observables: from what was written to the checked tree."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping
from typing import Any

from proband.programme.expression.reading import ParsedExpression, parse
from proband.programme.expression.sides import ComparedSide, SideReader
from proband.programme.expression.source import ExpressionError
from proband.programme.expression.tree import (
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
    TextSpan,
    Truth,
)
from proband.terms.errors import ErrorCode

_COMPARE: dict[type[ast.cmpop], Operator] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def check(criterion: ParsedExpression | str, signatures: Mapping[str, ObservableSignature]) -> Expression:
    """Type a criterion against the declared observables; a text is parsed first.

    Raises
    ------
    ExpressionError
        As :func:`~proband.programme.expression.parse`; ``programme.expression.name`` for an unknown name (with the
        nearest known ones), ``programme.expression.type`` where types do not fit, ``programme.expression.unit`` where
        units do not.
    """
    parsed = parse(criterion) if isinstance(criterion, str) else criterion
    return Expression(parsed.text, _Checker(SideReader(parsed.source, signatures)).truth(parsed.tree))


class _Checker:
    """Types conditions; their sides are typed by a :class:`SideReader`."""

    def __init__(self, sides: SideReader) -> None:
        self.sides = sides
        self.source = sides.source

    def wrong(self, code: ErrorCode, span: TextSpan, **parameters: Any) -> ExpressionError:
        return self.sides.wrong(code, span, **parameters)

    def truth(self, node: ast.expr) -> Node:
        span = self.source.span(node)
        if isinstance(node, ast.BoolOp):
            items = tuple(self.truth(value) for value in node.values)
            return And(items) if isinstance(node.op, ast.And) else Or(items)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return Not(self.truth(node.operand))
        if isinstance(node, ast.Compare):
            return self.compare(node, span)
        if isinstance(node, ast.Call):
            argument = node.args[0]
            assert isinstance(argument, ast.Name)  # noqa: S101 - the whitelist holds it
            self.sides.signature(argument)
            return KnownValue(argument.id, span)
        if isinstance(node, ast.Name) and node.id not in {"true", "false"}:
            signature = self.sides.signature(node)
            if signature.type != "boolean":
                raise self.wrong(
                    "programme.expression.type.not-truth",
                    span,
                    name=node.id,
                    type=signature.type,
                    example=_example(signature),
                )
            return Truth(node.id, span)
        if isinstance(node, ast.Constant | ast.Name):
            raise self.wrong("programme.expression.constant.alone", span)
        raise self.wrong("programme.expression.type.number", span)

    def compare(self, node: ast.Compare, span: TextSpan) -> Node:
        """A chain ``a < b < c`` as ``a < b and b < c``."""
        parts: list[Node] = []
        operands = [node.left, *node.comparators]
        for index, op in enumerate(node.ops):
            left, right = operands[index], operands[index + 1]
            piece = (
                span
                if len(node.ops) == 1
                else TextSpan(self.source.span(left).start, self.source.span(right).end)
            )
            if isinstance(op, ast.In | ast.NotIn):
                member = self.membership(left, right, piece)
                parts.append(Not(member) if isinstance(op, ast.NotIn) else member)
            else:
                parts.append(self.pair(left, _COMPARE[type(op)], right, piece))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def pair(self, left_node: ast.expr, op: Operator, right_node: ast.expr, span: TextSpan) -> Node:
        boolean = self._boolean_equality(left_node, op, right_node, span)
        if boolean is not None:
            return boolean
        left, right = self.sides.side(left_node), self.sides.side(right_node)
        if left.type in {"text", "free"} and right.type in {"text", "free"}:
            raise self.wrong("programme.expression.constant.both", span)
        for side, other in ((left, right), (right, left)):
            if side.type in {"code", "boolean"}:
                return self._code_pair(side, other, op, span)
        left, right = self.sides.resolve(left, right), self.sides.resolve(right, left)
        self._comparable(left, right, span)
        if left.term is None or right.term is None:
            raise self.wrong("programme.expression.type.comparison", span)
        return Comparison(left.term, op, right.term, span)

    def _comparable(self, left: ComparedSide, right: ComparedSide, span: TextSpan) -> None:
        """Two sides that have an order must be of one type, one unit and one scale."""
        if left.type != right.type and "free" not in {left.type, right.type}:
            raise self.wrong("programme.expression.type.unlike", span, left=left.type, right=right.type)
        if "free" in {left.type, right.type} and {left.type, right.type} & {"ordered", "date"}:
            named = left if left.type in {"ordered", "date"} else right
            raise self.wrong(
                "programme.expression.type.date-unquoted"
                if named.type == "date"
                else "programme.expression.type.order-unquoted",
                span,
                name=named.text,
                example=_example(named.signature) if named.signature else None,
            )
        self.sides.units_agree(left, right, span)
        scales = {s.signature.values for s in (left, right) if s.type == "ordered" and s.signature}
        if len(scales) > 1:
            raise self.wrong("programme.expression.type.orders", span)

    def _boolean_equality(self, left: ast.expr, op: Operator, right: ast.expr, span: TextSpan) -> Node | None:
        for one, other in ((left, right), (right, left)):
            value = _boolean_literal(other)
            if value is None:
                continue
            if op not in {"==", "!="}:
                raise self.wrong("programme.expression.type.truth-order", span)
            item = self.truth(one)
            return item if value is (op == "==") else Not(item)
        return None

    def _code_pair(self, named: ComparedSide, other: ComparedSide, op: Operator, span: TextSpan) -> Node:
        if named.type == "boolean":
            raise self.wrong("programme.expression.type.truth", named.span, name=named.text)
        if op not in {"==", "!="}:
            raise self.wrong("programme.expression.type.code-order", span, name=named.text)
        if other.type != "text":
            raise self.wrong("programme.expression.type.code", span, name=named.text)
        assert isinstance(named.term, Name)  # noqa: S101
        member = Membership(named.term.id, (self._code(named, other),), span)
        return member if op == "==" else Not(member)

    def _code(self, named: ComparedSide, literal: ComparedSide) -> str:
        assert named.signature  # noqa: S101
        text, values = literal.text, named.signature.values
        if values and named.signature.rank(text) is None:
            near = difflib.get_close_matches(text, values, n=2, cutoff=0.5)
            raise self.wrong(
                "programme.expression.type.value",
                literal.span,
                text=text,
                name=named.text,
                near=[repr(each) for each in near],
                values=values,
            )
        return text.strip().lower()

    def membership(self, item: ast.expr, listed: ast.expr, span: TextSpan) -> Node:
        assert isinstance(listed, ast.List | ast.Tuple | ast.Set)  # noqa: S101
        named = self.sides.side(item)
        if not isinstance(named.term, Name) or named.signature is None:
            raise self.wrong("programme.expression.type.in", named.span)
        literals = [self.sides.side(element) for element in listed.elts]
        if named.type == "boolean":
            raise self.wrong("programme.expression.type.truth", named.span, name=named.text)
        if named.type == "code":
            for literal in literals:
                if literal.type != "text":
                    raise self.wrong("programme.expression.type.code-unquoted", literal.span, name=named.text)
            codes = tuple(dict.fromkeys(self._code(named, literal) for literal in literals))
            return Membership(named.term.id, codes, span)
        found: dict[float, str] = {}
        for literal in literals:
            resolved = self.sides.resolve(literal, named)
            if resolved.type == "free" and named.type != "number":
                raise self.wrong("programme.expression.type.no-number", literal.span, name=named.text)
            assert isinstance(resolved.term, Number)  # noqa: S101
            found.setdefault(resolved.term.value, literal.text)
        ordered = sorted(found.items())
        values, texts = tuple(v for v, _ in ordered), tuple(t for _, t in ordered)
        return OneOf(named.term.id, values, texts, named.type == "ordered", span)


def _boolean_literal(node: ast.expr) -> bool | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.Name) and node.id in {"true", "false"}:
        return node.id == "true"
    return None


def _example(signature: ObservableSignature) -> str:
    if signature.type == "ordered" and signature.values:
        return f"<= '{signature.values[0]}'"
    if signature.type == "date":
        return ">= '2024-03-01'"
    if signature.type == "code":
        return f"== '{signature.values[0] if signature.values else 'male'}'"
    return ">= 18"
