"""Criteria as three-valued SQL over one row per person, by sqlglot.

SQL's own AND, OR and NOT are Kleene's. Only comparisons need care: in the *bounded* form each number has two columns,
``x_lo`` and ``x_hi`` (NULL is an open end), and a comparison is true where every possible value satisfies it. In the
*exact* form each observable is one column, NULL where unknown, and a criterion reads as it was written:
``age >= 18 AND age < 65``. Exact columns must hold NULL, never NaN: ``NaN >= 60`` is true in SQL engines.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import sqlglot
from sqlglot import exp

from proband.programme.eligibility import CriterionKind
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
from proband.screening.outcome import EligibilityStatus
from proband.screening.renaming import at_visit, column_stem
from proband.screening.rules import Rules
from proband.screening.sql.dialects import DialectName, number_literal

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
    return exp.column(exp.to_identifier(column_stem(name) + suffix))


def literal(value: float) -> exp.Expression:
    """A number as a literal."""
    text = number_literal(abs(value))
    found: exp.Expression = exp.Literal.number(text)
    return exp.Neg(this=found) if value < 0 else found


def _and(*items: exp.Expression) -> exp.Expression:
    return exp.and_(*items, copy=False) if len(items) > 1 else items[0]


def _or(*items: exp.Expression) -> exp.Expression:
    return exp.or_(*items, copy=False) if len(items) > 1 else items[0]


def _tri(surely: exp.Expression, surely_not: exp.Expression | None) -> exp.Expression:
    found = exp.Case().when(surely, exp.true())
    return found.when(surely_not, exp.false()) if surely_not is not None else found


class CriteriaCompiler:
    """Compiles checked expressions to SQL in one of the two forms."""

    def __init__(self, rules: Rules, form: Form = "bounded", *, texts_as_dates: bool = False) -> None:
        self.rules = rules
        self.form = form
        self.texts_as_dates = texts_as_dates

    def signature(self, name: str) -> ObservableSignature:
        """The signature of an observable, whatever the visit."""
        return self.rules.eligibility.signatures[name.partition("@")[0]]

    def condition(self, node: Node, visit: str | None) -> exp.Expression:
        """A condition as a three-valued SQL expression."""
        if isinstance(node, And | Or):
            items = [self.condition(item, visit) for item in node.items]
            return _and(*items) if isinstance(node, And) else exp.paren(_or(*items), copy=False)
        if isinstance(node, Not) and isinstance(node.item, Membership) and len(node.item.codes) == 1:
            code = exp.Literal.string(node.item.codes[0])
            return exp.NEQ(this=column(at_visit(node.item.name, visit)), expression=code)
        if isinstance(node, Not):
            return exp.not_(exp.paren(self.condition(node.item, visit), copy=False), copy=False)
        if isinstance(node, Truth):
            return column(at_visit(node.name, visit))
        if isinstance(node, KnownValue):
            return self._known(at_visit(node.name, visit))
        if isinstance(node, Membership):
            return self._in(column(at_visit(node.name, visit)), [exp.Literal.string(c) for c in node.codes])
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
                words = [exp.Literal.string(signature.values[int(v)]) for v in node.values]
                return self._in(column(name), list(words))
            return self._in(column(name), [self._value(v, signature) for v in node.values])
        low, high = column(name, "_lo"), column(name, "_hi")
        inside: list[exp.Expression] = []
        outside: list[exp.Expression] = []
        for a, b in runs(node.values, whole=node.ranks):
            inside.append(
                _and(exp.GTE(this=low, expression=literal(a)), exp.LTE(this=high, expression=literal(b)))
            )
            outside.append(
                exp.paren(
                    _or(exp.LT(this=high, expression=literal(a)), exp.GT(this=low, expression=literal(b))),
                    copy=False,
                )
            )
        return _tri(_or(*[exp.paren(i, copy=False) for i in inside]), _and(*outside))

    def _value(self, value: float, signature: ObservableSignature) -> exp.Expression:
        if signature.type != "date":
            return literal(value)
        text = exp.Literal.string((EPOCH + timedelta(days=int(value))).isoformat())
        return text if self.texts_as_dates else exp.cast(text, "date")

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
        return _NODE[op](this=self._plain(left, visit), expression=self._plain(right, visit))

    def _ranked(
        self, left: Name, op: Operator, right: Term, signature: ObservableSignature, visit: str | None
    ) -> exp.Expression:
        name = column(at_visit(left.id, visit))
        if isinstance(right, Number):
            keep = [v for i, v in enumerate(signature.values) if _holds(float(i), op, right.value)]
            words = [exp.Literal.string(v) for v in keep] or [exp.Literal.string("")]
            return self._in(name, list(words))
        ranks = [
            exp.Case(
                this=column(at_visit(n, visit)),
                ifs=[
                    exp.If(this=exp.Literal.string(v), true=literal(float(i)))
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
            return literal(term.value)
        if isinstance(term, Scaled):
            return exp.Mul(this=literal(term.factor), expression=self._nested(term.term, visit, ""))
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
            return literal(term.value)
        if isinstance(term, Scaled):
            inner = end if term.factor >= 0 else other
            return exp.Mul(this=literal(term.factor), expression=self._nested(term.term, visit, inner))
        if term.op == "+":
            return exp.Add(
                this=self._end(term.left, visit, end), expression=self._nested(term.right, visit, end)
            )
        return exp.Sub(
            this=self._end(term.left, visit, end), expression=self._nested(term.right, visit, other)
        )

    def _bounded(self, node: Comparison, visit: str | None) -> exp.Expression:
        a_lo, a_hi = (self._end(node.left, visit, e) for e in ("_lo", "_hi"))
        b_lo, b_hi = (self._end(node.right, visit, e) for e in ("_lo", "_hi"))

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


def criteria_select(
    rules: Rules, *, form: Form = "bounded", table: str = "observables", name: str = ""
) -> exp.Select:
    """One column per criterion: true, false or NULL, as the expression is written (an exclusion true means *out*)."""
    compiler = CriteriaCompiler(rules, form, texts_as_dates=name == "sqlite")
    columns: list[exp.Expression] = [exp.column("subject")]
    columns += [
        exp.alias_(
            compiler.condition(i.expression.root, i.visit), exp.to_identifier(i.key, quoted=True), copy=False
        )
        for i in rules.instances
    ]
    return exp.select(*columns, copy=False).from_(table)


def verdict_select(rules: Rules, source: exp.Select) -> exp.Select:
    """The criteria, the outcome by cohort (true, false, NULL) and the verdict in words, one row per person."""
    columns: list[exp.Expression] = [exp.column("subject", table="c")]
    columns += [exp.column(exp.to_identifier(i.key, quoted=True), table="c") for i in rules.instances]
    cohorts: list[exp.Expression] = []
    for cohort in rules.eligibility.cohort_ids():
        own = [_passes(rules, i.key, kind=i.criterion.kind) for i in rules.instances if i.concerns(cohort)]
        passes = _and(*own) if own else exp.cast(exp.Null(), "boolean")  # nothing was asked: nothing is known
        cohorts.append(exp.paren(passes, copy=False))
        if cohort is not None:
            columns.append(exp.alias_(passes.copy(), exp.to_identifier(f"cohort {cohort}", quoted=True)))
    columns.append(exp.alias_(_or(*cohorts), "passes", copy=False))
    decided = exp.select(*columns, copy=False).from_(source.subquery("c", copy=False))
    verdict = exp.Case().when(exp.column("passes"), exp.Literal.string(EligibilityStatus.ELIGIBLE.value))
    verdict = verdict.when(
        exp.not_(exp.column("passes"), copy=False), exp.Literal.string(EligibilityStatus.NOT_ELIGIBLE.value)
    ).else_(exp.Literal.string(EligibilityStatus.NEEDS_DATA.value))
    kept = [exp.column(exp.to_identifier(c.alias_or_name, quoted=True)) for c in columns[1:-1]]
    return exp.select(
        exp.column("subject"), *kept, exp.alias_(verdict, "verdict", copy=False), copy=False
    ).from_(decided.subquery("d", copy=False))


def _passes(rules: Rules, key: str, *, kind: CriterionKind) -> exp.Expression:
    found = exp.column(exp.to_identifier(key, quoted=True), table="c")
    return found if kind is CriterionKind.INCLUDE else exp.not_(found, copy=False)


def render(statement: exp.Expression, name: DialectName, *, pretty: bool = True) -> str:
    """The SQL text of a statement for an engine."""
    return str(statement.sql(dialect=name, pretty=pretty))


def readable(rules: Rules, name: DialectName) -> str:
    """The criteria as a person reads them: one line each, over stored observables (one column each, NULL if unknown).

    The first line says as a comment which programme's criteria they are: the statement goes where the programme is not.
    """
    compiler = CriteriaCompiler(rules, "exact", texts_as_dates=name == "sqlite")
    lines = []
    for i in rules.instances:
        text = compiler.condition(i.expression.root, i.visit).sql(dialect=name)
        label = exp.to_identifier(i.key, quoted=True).sql(dialect=name)
        lines.append(f"  {text} AS {label}")
    return (
        f"-- criteria of {rules.programme_hash}\nSELECT subject,\n" + ",\n".join(lines) + "\nFROM observables"
    )


def validate(text: str, name: DialectName) -> None:
    """Parse SQL text in a dialect.

    Raises
    ------
    sqlglot.errors.ParseError
        If it is not a statement of that dialect.
    """
    sqlglot.parse_one(text, read=name)
