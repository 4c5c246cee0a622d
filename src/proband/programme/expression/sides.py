"""One side of a comparison while it is typed: an observable, a limit, or arithmetic over them."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from proband.programme.expression.source import ExpressionError, ExpressionSource
from proband.programme.expression.tree import (
    Name,
    Number,
    ObservableSignature,
    Scaled,
    Sum,
    Term,
    TextSpan,
    ValueType,
)
from proband.terms import Quantity, TermError, UncertainDate, compatible, convert
from proband.terms.errors import ErrorCode

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class ComparedSide:
    """One side of a comparison.

    ``type`` is that of the observables in it; ``free`` is a bare number, ``text`` a quoted literal that means nothing
    before the other side is known (then ``term`` is ``None``).
    """

    term: Term | None
    type: ValueType | Literal["text", "free"]
    unit: str | None
    signature: ObservableSignature | None
    text: str
    span: TextSpan


class SideReader:
    """Types the sides of comparisons against the declared observables."""

    def __init__(self, source: ExpressionSource, signatures: Mapping[str, ObservableSignature]) -> None:
        self.source = source
        self.signatures = signatures

    def wrong(self, code: ErrorCode, span: TextSpan, **parameters: Any) -> ExpressionError:
        """An error of the catalogue at the start of a piece."""
        return self.source.error_at(code, span.start, **parameters)

    def signature(self, node: ast.Name) -> ObservableSignature:
        """The signature of a name.

        Raises
        ------
        ExpressionError
            ``programme.expression.name.unknown`` for one that is not declared, with the nearest that are.
        """
        found = self.signatures.get(node.id)
        if found is None:
            near = difflib.get_close_matches(node.id, self.signatures, n=3, cutoff=0.6)
            raise self.wrong(
                "programme.expression.name.unknown", self.source.span(node), name=node.id, near=near
            )
        return found

    def side(self, node: ast.expr) -> ComparedSide:
        """The side that a node makes."""
        span = self.source.span(node)
        text = self.source.text[span.start : span.end]
        if isinstance(node, ast.Constant):
            if isinstance(node.value, bool):
                raise self.wrong("programme.expression.type.truth-arithmetic", span)
            if isinstance(node.value, str):
                return ComparedSide(None, "text", None, None, node.value, span)
            assert isinstance(node.value, int | float)  # noqa: S101 - the whitelist holds it
            return ComparedSide(Number(float(node.value), text), "free", None, None, text, span)
        if isinstance(node, ast.Name):
            signature = self.signature(node)
            return ComparedSide(Name(node.id), signature.type, signature.unit, signature, node.id, span)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            return self._signed(node, text, span)
        if isinstance(node, ast.BinOp):
            return self._arithmetic(node, text, span)
        raise self.wrong("programme.expression.type.condition", span)

    def _signed(self, node: ast.UnaryOp, text: str, span: TextSpan) -> ComparedSide:
        inner = self._operand(node.operand)
        if isinstance(node.op, ast.UAdd):
            return inner
        if isinstance(inner.term, Number):
            term: Term = Number(-inner.term.value, f"-{inner.term.text}")
            return ComparedSide(term, inner.type, inner.unit, None, text, span)
        assert inner.term is not None  # noqa: S101
        return ComparedSide(Scaled(-1.0, inner.term), inner.type, inner.unit, inner.signature, text, span)

    def _operand(self, node: ast.expr) -> ComparedSide:
        side = self.side(node)
        if side.type == "text":
            # a quantity with its unit, such as '5 mg/dL': it may meet an observable on the other side of the sum
            return side
        if side.type not in {"number", "free"}:
            raise self.wrong(
                "programme.expression.type.arithmetic", side.span, name=side.text, type=side.type
            )
        return side

    def _arithmetic(self, node: ast.BinOp, text: str, span: TextSpan) -> ComparedSide:
        left, right = self._operand(node.left), self._operand(node.right)
        left, right = self.resolve(left, right), self.resolve(right, left)
        if left.type == "text" or right.type == "text":
            raise self.wrong("programme.expression.type.text", span)
        assert left.term is not None  # noqa: S101
        assert right.term is not None  # noqa: S101
        if isinstance(node.op, ast.Mult):
            return self._product(left, right, text, span)
        self.units_agree(left, right, span)
        if isinstance(left.term, Number) and isinstance(right.term, Number):
            total = left.term.value + right.term.value * (1 if isinstance(node.op, ast.Add) else -1)
            return ComparedSide(Number(total, text), "free", None, None, text, span)
        named = left if left.type == "number" else right
        op: Literal["+", "-"] = "+" if isinstance(node.op, ast.Add) else "-"
        return ComparedSide(Sum(left.term, op, right.term), "number", named.unit, named.signature, text, span)

    def _product(self, left: ComparedSide, right: ComparedSide, text: str, span: TextSpan) -> ComparedSide:
        for constant, other in ((left, right), (right, left)):
            if not isinstance(constant.term, Number):
                continue
            if isinstance(other.term, Number):
                product = constant.term.value * other.term.value
                return ComparedSide(Number(product, text), "free", None, None, text, span)
            assert other.term is not None  # noqa: S101
            term = Scaled(constant.term.value, other.term)
            return ComparedSide(term, other.type, other.unit, other.signature, text, span)
        raise self.wrong("programme.expression.type.product", span)

    def units_agree(self, left: ComparedSide, right: ComparedSide, span: TextSpan) -> None:
        """Two numbers that meet must be in one unit.

        Raises
        ------
        ExpressionError
            ``programme.expression.unit.alike`` or ``unit.unlike``.
        """
        if left.type != "number" or right.type != "number" or left.unit == right.unit:
            return
        alike = left.unit and right.unit and compatible(left.unit, right.unit)
        raise self.wrong(
            "programme.expression.unit.alike" if alike else "programme.expression.unit.unlike",
            span,
            left=left.text,
            left_unit=left.unit or "no unit",
            right=right.text,
            right_unit=right.unit or "no unit",
        )

    # -- quoted limits: read as the other side demands

    def resolve(self, side: ComparedSide, other: ComparedSide) -> ComparedSide:
        """A quoted literal as a rank, a day number or a number in the unit of the other side; anything else as it is."""
        if side.type != "text":
            return side
        if other.type == "ordered" and other.signature is not None:
            return self._level(side, other, other.signature)
        if other.type == "date":
            return self._day(side)
        if other.type == "number":
            return self._quantity(side, other)
        return side

    def _level(self, side: ComparedSide, other: ComparedSide, signature: ObservableSignature) -> ComparedSide:
        rank = signature.rank(side.text)
        if rank is None:
            near = difflib.get_close_matches(side.text.upper(), signature.values, n=2, cutoff=0.4)
            values = [*signature.values[:12], *(["…"] if len(signature.values) > 12 else [])]
            raise self.wrong(
                "programme.expression.type.value",
                side.span,
                text=side.text,
                name=other.text,
                near=[repr(each) for each in near],
                values=values,
            )
        term = Number(float(rank), signature.values[rank])
        return ComparedSide(term, "ordered", None, None, side.text, side.span)

    def _day(self, side: ComparedSide) -> ComparedSide:
        try:
            day = UncertainDate.parse(side.text)
        except TermError as error:
            raise self.wrong(
                "programme.expression.type.date", side.span, problem=error.message, correction=error.mend
            ) from error
        if not day.is_exact or day.earliest is None:
            raise self.wrong("programme.expression.type.day", side.span, text=side.text)
        term = Number(float((day.earliest - _EPOCH).days), day.earliest.isoformat())
        return ComparedSide(term, "date", None, None, side.text, side.span)

    def _quantity(self, side: ComparedSide, other: ComparedSide) -> ComparedSide:
        try:
            quantity = Quantity.parse(side.text)
        except TermError as error:
            raise self.wrong("programme.expression.type.quantity", side.span, text=side.text) from error
        if not other.unit:
            raise self.wrong("programme.expression.unit.none", side.span, name=other.text, text=side.text)
        analyte = other.signature.analyte if other.signature else None
        try:
            value = convert(quantity.value, quantity.unit, other.unit, analyte)
        except TermError as error:
            raise self.wrong(
                "programme.expression.unit.conversion",
                side.span,
                problem=error.message,
                correction=error.mend,
            ) from error
        return ComparedSide(Number(value, side.text), "number", other.unit, None, side.text, side.span)
