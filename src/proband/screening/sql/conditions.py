"""One condition as three-valued SQL over one row per person, by sqlglot.

SQL's own AND, OR and NOT are Kleene's. Only comparisons need care: in the *bounded* form each number has two columns,
``x_lo`` and ``x_hi`` (NULL is an open end), and a comparison is true where every possible value satisfies it. In the
*exact* form each observable is one column, NULL where unknown, and a criterion reads as it was written:
``age >= 18 AND age < 65``. Exact columns must hold NULL, never NaN: ``NaN >= 60`` is true in SQL engines.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from sqlglot import exp

from proband.programme.expression import (
    MIRRORED,
    And,
    Comparison,
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
)
from proband.screening.calendar import EPOCH
from proband.screening.kleene import runs
from proband.screening.renaming import at_visit, column_stem
from proband.screening.rules import Rules
from proband.screening.sql.building import number, wide
from proband.screening.sql.dialects import Dialect

Form = Literal["bounded", "exact"]

_NODE: dict[Operator, type[exp.Binary]] = {
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
    "==": exp.EQ,
    "!=": exp.NEQ,
}


def column(name: str, suffix: str = "") -> exp.Column:
    """The column of an observable; that of ``platelets@baseline`` is ``platelets__baseline``."""
    return wide(column_stem(name) + suffix)


def _and(*items: exp.Expression) -> exp.Expression:
    return exp.and_(*items, copy=False) if len(items) > 1 else items[0]


def _or(*items: exp.Expression) -> exp.Expression:
    return exp.or_(*items, copy=False) if len(items) > 1 else items[0]


def _tri(surely: exp.Expression, surely_not: exp.Expression | None) -> exp.Expression:
    found = exp.Case().when(surely, exp.true())
    return found.when(surely_not, exp.false()) if surely_not is not None else found


class ConditionCompiler:
    """Compiles checked expressions to SQL in one of the two forms."""

    def __init__(self, rules: Rules, dialect: Dialect, form: Form = "bounded") -> None:
        self.rules = rules
        self.dialect = dialect
        self.form = form

    def signature(self, name: str) -> ObservableSignature:
        """The signature of an observable, whatever the visit."""
        return self.rules.eligibility.signatures[name.partition("@")[0]]

    def condition(self, node: Node, visit: str | None) -> exp.Expression:
        """A condition as a three-valued SQL expression."""
        if isinstance(node, And | Or):
            items = [self.condition(item, visit) for item in node.items]
            return _and(*items) if isinstance(node, And) else exp.paren(_or(*items), copy=False)
        if isinstance(node, Not) and isinstance(node.item, Membership) and len(node.item.codes) == 1:
            code = self.dialect.text(node.item.codes[0])
            return exp.NEQ(this=column(at_visit(node.item.name, visit)), expression=code)
        if isinstance(node, Not):
            return exp.not_(exp.paren(self.condition(node.item, visit), copy=False), copy=False)
        if isinstance(node, Truth):
            return column(at_visit(node.name, visit))
        if isinstance(node, KnownValue):
            return self._known(at_visit(node.name, visit))
        if isinstance(node, Membership):
            return self._in(column(at_visit(node.name, visit)), [self.dialect.text(c) for c in node.codes])
        if isinstance(node, OneOf):
            return self._one_of(node, visit)
        return self._exact(node, visit) if self.form == "exact" else self._bounded(node, visit)

    def _in(self, item: exp.Expression, values: list[exp.Expression]) -> exp.Expression:
        if len(values) == 1:
            return exp.EQ(this=item, expression=values[0])
        return exp.In(this=item, expressions=values)

    def _known(self, name: str) -> exp.Expression:
        kind = self.signature(name).type
        if self.form == "bounded" and kind not in {"boolean", "code"}:
            return _tri(exp.EQ(this=column(name, "_lo"), expression=column(name, "_hi")), None)
        return _tri(exp.Is(this=column(name), expression=exp.Null()).not_(), None)

    def _one_of(self, node: OneOf, visit: str | None) -> exp.Expression:
        name = at_visit(node.name, visit)
        if self.form == "exact":
            signature = self.signature(name)
            if node.ranks:
                words = [self.dialect.text(signature.values[int(v)]) for v in node.values]
                return self._in(column(name), list(words))
            return self._in(column(name), [self._value(v, signature) for v in node.values])
        low, high = column(name, "_lo"), column(name, "_hi")
        inside: list[exp.Expression] = []
        outside: list[exp.Expression] = []
        for a, b in runs(node.values, whole=node.ranks):
            inside.append(
                _and(exp.GTE(this=low, expression=number(a)), exp.LTE(this=high, expression=number(b)))
            )
            outside.append(
                exp.paren(
                    _or(exp.LT(this=high, expression=number(a)), exp.GT(this=low, expression=number(b))),
                    copy=False,
                )
            )
        return _tri(_or(*[exp.paren(i, copy=False) for i in inside]), _and(*outside))

    def _value(self, value: float, signature: ObservableSignature) -> exp.Expression:
        if signature.type != "date":
            return number(value)
        return self.dialect.date(EPOCH + timedelta(days=int(value)))

    def _exact(self, node: Comparison, visit: str | None) -> exp.Expression:
        left, op, right = node.left, node.op, node.right
        if isinstance(left, Number):
            left, op, right = right, MIRRORED[op], left
        if isinstance(left, Name):
            signature = self.signature(left.id)
            if signature.type == "ordered":
                return self._ranked(left, op, right, signature, visit)
            if signature.type == "date" and isinstance(right, Number):
                return _NODE[op](
                    this=self._plain(left, visit), expression=self._value(right.value, signature)
                )
        sides = (self._printed(each, self._plain(each, visit)) for each in (left, right))
        return _NODE[op](this=next(sides), expression=next(sides))

    def _printed(self, term: Term, found: exp.Expression) -> exp.Expression:
        """What was computed counts as the decimal that it stands for (:func:`proband.screening.kleene.evaluate` does the same)."""
        return found if isinstance(term, Name | Number) else self.dialect.printed(found)

    def _ranked(
        self, left: Name, op: Operator, right: Term, signature: ObservableSignature, visit: str | None
    ) -> exp.Expression:
        name = column(at_visit(left.id, visit))
        if isinstance(right, Number):
            keep = [v for i, v in enumerate(signature.values) if _holds(float(i), op, right.value)]
            words = [self.dialect.text(v) for v in keep or [""]]
            return self._in(name, list(words))
        ranks = [
            exp.Case(
                this=column(at_visit(n, visit)),
                ifs=[
                    exp.If(this=self.dialect.text(v), true=number(float(i)))
                    for i, v in enumerate(signature.values)
                ],
            )
            for n in (left.id, right.id if isinstance(right, Name) else left.id)
        ]
        return _NODE[op](this=ranks[0], expression=ranks[1])

    def _plain(self, term: Term, visit: str | None) -> exp.Expression:
        if isinstance(term, Name):
            return column(at_visit(term.id, visit))
        if isinstance(term, Number):
            return number(term.value)
        if isinstance(term, Scaled):
            return exp.Mul(this=number(term.factor), expression=self._nested(term.term, visit, ""))
        kind = exp.Add if term.op == "+" else exp.Sub
        return kind(this=self._plain(term.left, visit), expression=self._nested(term.right, visit, ""))

    def _nested(self, term: Term, visit: str | None, end: str) -> exp.Expression:
        found = self._plain(term, visit) if not end else self._end(term, visit, end)
        return found if isinstance(term, Name | Number) else exp.paren(found, copy=False)

    def _end(self, term: Term, visit: str | None, end: str) -> exp.Expression:
        """The lower (``_lo``) or upper (``_hi``) bound of a term."""
        other = "_hi" if end == "_lo" else "_lo"
        if isinstance(term, Name):
            return column(at_visit(term.id, visit), end)
        if isinstance(term, Number):
            return number(term.value)
        if isinstance(term, Scaled):
            inner = end if term.factor >= 0 else other
            return exp.Mul(this=number(term.factor), expression=self._nested(term.term, visit, inner))
        if term.op == "+":
            return exp.Add(
                this=self._end(term.left, visit, end), expression=self._nested(term.right, visit, end)
            )
        return exp.Sub(
            this=self._end(term.left, visit, end), expression=self._nested(term.right, visit, other)
        )

    def _bounded(self, node: Comparison, visit: str | None) -> exp.Expression:
        a_lo, a_hi = (self._printed(node.left, self._end(node.left, visit, e)) for e in ("_lo", "_hi"))
        b_lo, b_hi = (self._printed(node.right, self._end(node.right, visit, e)) for e in ("_lo", "_hi"))

        def less(x: exp.Expression, y: exp.Expression, strict: bool) -> exp.Expression:
            if x.find(exp.Column) is None:  # a column reads better on the left of the sign
                return (exp.GT if strict else exp.GTE)(this=y.copy(), expression=x.copy())
            return (exp.LT if strict else exp.LTE)(this=x.copy(), expression=y.copy())

        match node.op:
            case "<":
                return _tri(less(a_hi, b_lo, True), less(b_hi, a_lo, False))
            case "<=":
                return _tri(less(a_hi, b_lo, False), less(b_hi, a_lo, True))
            case ">":
                return _tri(less(b_hi, a_lo, True), less(a_hi, b_lo, False))
            case ">=":
                return _tri(less(b_hi, a_lo, False), less(a_hi, b_lo, True))
        same = _and(*[exp.EQ(this=a_lo.copy(), expression=other.copy()) for other in (a_hi, b_lo, b_hi)])
        differ = exp.paren(_or(less(a_hi, b_lo, True), less(b_hi, a_lo, True)), copy=False)
        return _tri(same, differ) if node.op == "==" else _tri(differ, same)


def _holds(x: float, op: Operator, y: float) -> bool:
    return {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y, "==": x == y, "!=": x != y}[op]
