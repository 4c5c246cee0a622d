"""The words in which the queries are written: columns, conditions, cases and counts, as sqlglot expressions.

Nothing here is text. A piece may stand in several places of a query: expressions are only read once they are made.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal

from sqlglot import Dialect as SqlDialect
from sqlglot import exp

#: stands for an open end while bounds are folded: no measurement is the greatest number that there is
GREATEST = sys.float_info.max
SqlType = Literal["double", "bigint", "int", "text", "boolean", "date"]


def name(text: str) -> exp.Identifier:
    """An identifier made from a checked id; quoted where it may be a word of SQL, so that an observable may be called ``order``."""
    return exp.to_identifier(text, quoted=text.lower() in _sql_words() or None)


@cache
def _sql_words() -> frozenset[str]:
    """Every word that some engine may read as its own (Redshift lists those of PostgreSQL)."""
    found: set[str] = set()
    for each in ("duckdb", "postgres", "redshift", "sqlite", "spark"):
        known = SqlDialect.get_or_raise(each)
        found |= {word.lower() for phrase in known.tokenizer_class.KEYWORDS for word in phrase.split()}
        found |= known.generator_class.RESERVED_KEYWORDS
    return frozenset(found)


def column(text: str, table: str = "") -> exp.Column:
    """A column under a name of the query's own (``d1``, ``k``)."""
    return exp.Column(
        this=exp.to_identifier(text, quoted=False),
        table=exp.to_identifier(table, quoted=False) if table else None,
    )


def wide(text: str, table: str = "") -> exp.Column:
    """A column of an observable in the wide table."""
    return exp.Column(this=name(text), table=exp.to_identifier(table, quoted=False) if table else None)


def number(value: float) -> exp.Expression:
    """A number that every engine reads as the same 64-bit value.

    Raises
    ------
    ValueError
        For NaN and the infinities.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} has no literal")
    whole = value == int(value) and abs(value) < 1e15
    found: exp.Expression = exp.Literal.number(str(abs(int(value))) if whole else repr(abs(float(value))))
    return exp.Neg(this=found) if value < 0 else found


def null(kind: SqlType) -> exp.Expression:
    """Nothing, of a type."""
    return cast(exp.Null(), kind)


def cast(item: exp.Expression, kind: SqlType) -> exp.Expression:
    """A value as another type."""
    return exp.Cast(this=item, to=exp.DataType.build(kind))


def apart(item: exp.Expression) -> exp.Expression:
    """An expression that may stand beside an operator: in parentheses, if it has one of its own."""
    binds = isinstance(item, exp.Binary | exp.Not | exp.In | exp.Between | exp.Neg)
    return exp.Paren(this=item) if binds else item


def _binary(kind: type[exp.Binary], left: exp.Expression, right: exp.Expression) -> exp.Expression:
    return kind(this=apart(left), expression=apart(right))


def plus(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """``left + right``."""
    return _binary(exp.Add, left, right)


def minus(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """``left - right``."""
    return _binary(exp.Sub, left, right)


def times(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """``left * right``."""
    return _binary(exp.Mul, left, right)


def divided(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """``left / right``, of numbers of which one at least is floating: engines disagree on whole ones."""
    return exp.Div(this=apart(left), expression=apart(right), typed=True, safe=False)


def moved(item: exp.Expression, by: int) -> exp.Expression:
    """A whole number moved by another."""
    if by == 0:
        return item
    return plus(item, number(by)) if by > 0 else minus(item, number(-by))


def equal(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """``left = right``."""
    return _binary(exp.EQ, left, right)


def differ(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """``left <> right``."""
    return _binary(exp.NEQ, left, right)


def less(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """``left < right``."""
    return _binary(exp.LT, left, right)


def at_most(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """``left <= right``."""
    return _binary(exp.LTE, left, right)


def more(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """``left > right``."""
    return _binary(exp.GT, left, right)


def at_least(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """``left >= right``."""
    return _binary(exp.GTE, left, right)


def among(item: exp.Expression, values: Iterable[exp.Expression]) -> exp.Expression:
    """``item IN (…)``; false for an empty list."""
    listed = list(values)
    if not listed:
        return exp.false()
    return equal(item, listed[0]) if len(listed) == 1 else exp.In(this=apart(item), expressions=listed)


def is_null(item: exp.Expression) -> exp.Expression:
    """``item IS NULL``."""
    return exp.Is(this=apart(item), expression=exp.Null())


def is_known(item: exp.Expression) -> exp.Expression:
    """``NOT item IS NULL``."""
    return exp.Not(this=is_null(item))


def opposite(item: exp.Expression) -> exp.Expression:
    """``NOT item``."""
    return exp.Not(this=apart(item))


def all_of(*items: exp.Expression) -> exp.Expression:
    """``… AND …``; true for none."""
    return exp.and_(*items, copy=False) if items else exp.true()


def any_of(*items: exp.Expression) -> exp.Expression:
    """``… OR …``, in parentheses; false for none."""
    if len(items) < 2:
        return items[0] if items else exp.false()
    return exp.Paren(this=exp.or_(*items, copy=False))


def case(
    *ways: tuple[exp.Expression, exp.Expression],
    of: exp.Expression | None = None,
    otherwise: exp.Expression | None = None,
) -> exp.Expression:
    """``CASE [of] WHEN … THEN … [ELSE otherwise] END``; only the last where there is no way."""
    if not ways:
        return otherwise if otherwise is not None else exp.Null()
    return exp.Case(this=of, ifs=[exp.If(this=when, true=then) for when, then in ways], default=otherwise)


def first_of(*items: exp.Expression) -> exp.Expression:
    """``COALESCE(…)``."""
    return exp.Coalesce(this=items[0], expressions=list(items[1:]))


def smaller(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """The smaller of two numbers, neither of them NULL."""
    return case((less(left, right), left), otherwise=right)


def larger(left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """The larger of two numbers, neither of them NULL."""
    return case((more(left, right), left), otherwise=right)


def null_if(item: exp.Expression, value: exp.Expression) -> exp.Expression:
    """``NULLIF(item, value)``."""
    return exp.Nullif(this=item, expression=value)


def call(function: str, *arguments: exp.Expression) -> exp.Expression:
    """A function that an engine has under this very name."""
    return exp.Anonymous(this=function, expressions=list(arguments))


def floor(item: exp.Expression) -> exp.Expression:
    """``FLOOR(item)``."""
    return exp.Floor(this=item)


def word_of(item: exp.Expression) -> exp.Expression:
    """A text as words are compared: without white space around it, in lower case, empty where there is none."""
    return exp.Lower(this=exp.Trim(this=first_of(item, exp.Literal.string(""))))


def count(where: exp.Expression) -> exp.Expression:
    """How many rows fulfil a condition."""
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=where))


def least(item: exp.Expression, where: exp.Expression) -> exp.Expression:
    """The least value among rows that fulfil a condition."""
    return exp.Filter(this=exp.Min(this=item), expression=exp.Where(this=where))


def greatest(item: exp.Expression, where: exp.Expression) -> exp.Expression:
    """The greatest value among rows that fulfil a condition."""
    return exp.Filter(this=exp.Max(this=item), expression=exp.Where(this=where))


def named(item: exp.Expression, alias: str) -> exp.Expression:
    """``item AS alias``."""
    return exp.Alias(this=item, alias=name(alias))


def select(columns: Iterable[exp.Expression], source: str | exp.Expression, alias: str = "") -> exp.Select:
    """``SELECT columns FROM source [alias]``; a query as source needs an alias."""
    table: exp.Expression
    if isinstance(source, str):
        table = exp.Table(this=exp.to_identifier(source, quoted=False))
        if alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    else:
        table = exp.Subquery(this=source, alias=exp.TableAlias(this=exp.to_identifier(alias)))
    return exp.Select(expressions=list(columns)).from_(table, copy=False)


def joined(
    query: exp.Select, source: str | exp.Expression, alias: str, on: exp.Expression, *, left: bool = True
) -> exp.Select:
    """``query [LEFT] JOIN source AS alias ON on``."""
    if isinstance(source, str):
        table: exp.Expression = exp.Table(
            this=exp.to_identifier(source, quoted=False), alias=exp.TableAlias(this=exp.to_identifier(alias))
        )
    else:
        table = exp.Subquery(this=source, alias=exp.TableAlias(this=exp.to_identifier(alias)))
    return query.join(table, on=on, join_type="left" if left else "", copy=False)


def by_number(
    item: exp.Expression, parts: Mapping[int, exp.Expression], otherwise: exp.Expression | None = None
) -> exp.Expression:
    """``CASE`` on a whole number: those that say the same share a branch, and one that all share needs no case.

    ``otherwise`` is for numbers that are not among the parts; without it, there are none.
    """
    shared: dict[Any, list[int]] = {}
    for key, part in parts.items():
        shared.setdefault(part, []).append(key)
    if otherwise is None and len(shared) == 1:
        return next(iter(shared))
    last = otherwise if otherwise is not None else exp.Null()
    ways = [(among(item, [number(k) for k in keys]), part) for part, keys in shared.items() if part != last]
    return case(*ways, otherwise=last) if ways else last
