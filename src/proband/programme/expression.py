"""The language of eligibility criteria: a small subset of Python expressions, parsed, never run.

A criterion is a truth about observables: ``18 <= age < 65 and not pregnant``. What may stand in it is a closed list
(``and or not``, chained comparisons, ``in [..]``, ``+ - *``, names, literals and ``known(x)``); everything else is
refused with the place, a caret and the mend. There is no division, because ``5/2`` is 2 on one database and 2.5 on
another: write ``a <= 2.5 * b``. There is no ``== None``: a missing value is *unknown*, and unknown is not a value.

Reading happens in two steps. :func:`parse` makes the tree of what was written. :func:`check` types it against the
declared observables and resolves each literal: a level such as ``'C7'`` becomes its place in the declared order, a
limit with its own unit (``bilirubin < '170 umol/L'``) is converted to the unit of the observable, a date becomes a day
number. Evaluator, SQL compiler, words and satisfiability all read the checked tree.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from proband.terms import Location, ProbandError, Quantity, TermError, UncertainDate, compatible, convert

ValueType = Literal["number", "boolean", "code", "date", "ordered"]
Operator = Literal["<", "<=", ">", ">=", "==", "!="]

OPPOSITE: dict[Operator, Operator] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MIRRORED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

_EPOCH = date(1970, 1, 1)


class ExpressionError(ProbandError):
    """A criterion cannot be read; the location's column is 1-based and the message ends with the line and a caret."""

    default_code = "programme.expression"


@dataclass(frozen=True, slots=True)
class Signature:
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


# --- the checked tree -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
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
    span: Span


@dataclass(frozen=True, slots=True)
class Membership:
    """A coded value is one of ``codes`` (lower case): ``sex in ['female']``, ``sex == 'female'``."""

    name: str
    codes: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class OneOf:
    """A number or rank is one of ``values`` (ascending); ``texts`` are as written; ``ranks``: of an ordered scale."""

    name: str
    values: tuple[float, ...]
    texts: tuple[str, ...]
    ranks: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Truth:
    """A boolean observable itself."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class KnownValue:
    """``known(x)``: true where the value is known, otherwise *unknown*, never false.

    Were it false for a missing value, ``not known(x)`` would let missing data qualify someone, and learning the value
    would flip a definite verdict.
    """

    name: str
    span: Span


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


# --- reading --------------------------------------------------------------------------------------------------------

_COMPARE: dict[type[ast.cmpop], Operator] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
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
}
_MAX_LENGTH = 4000
_MAX_DEPTH = 60


class _Source:
    """The text being read, for error messages that point at the character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def offset(self, line: int, byte_column: int) -> int:
        """Character offset of ast's 1-based line and 0-based UTF-8 byte column."""
        row = self.lines[min(line, len(self.lines)) - 1]
        characters = len(row.encode()[:byte_column].decode(errors="ignore"))
        return self._starts[line - 1] + characters

    def span(self, node: ast.expr) -> Span:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return Span(self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column))

    def error(self, message: str, at: int, mend: str, code: str = "programme.expression") -> ExpressionError:
        at = max(0, min(at, len(self.text)))
        line = self.text.count("\n", 0, at) + 1
        column = at - self._starts[line - 1]
        row = self.lines[line - 1]
        picture = f"\n  {row}\n  {' ' * column}^"
        return ExpressionError(
            f"{message}{picture}",
            mend=mend,
            code=code,
            location=Location(line=line, column=column + 1),
            details={"text": self.text, "line": line, "column": column + 1, "offset": at, "problem": message},
        )


def parse(text: str) -> ast.expr:
    """The syntax of a criterion, each node of the whitelist; nothing is evaluated.

    Raises
    ------
    ExpressionError
        ``programme.expression.syntax`` if it is not an expression, ``programme.expression.refused`` for a construct
        outside the language, with line, column and a caret under the character.
    """
    tree, _ = _read(text)
    return tree


def _read(text: str) -> tuple[ast.expr, _Source]:
    source = _Source(text)
    if not text.strip():
        raise source.error(
            "the criterion is empty", 0, "write a condition: age >= 18", "programme.expression.syntax"
        )
    if len(text) > _MAX_LENGTH:
        raise source.error(
            f"the criterion is longer than {_MAX_LENGTH} characters",
            _MAX_LENGTH,
            "split it into several criteria",
            "programme.expression.refused",
        )
    if "\x00" in text:
        raise source.error(
            "a null character cannot stand here",
            text.index("\x00"),
            "remove it",
            "programme.expression.syntax",
        )
    # Parentheses let a criterion run over several lines, as YAML block texts do; columns of line 1 shift by one.
    try:
        tree = ast.parse(f"({text}\n)", mode="eval").body
    except SyntaxError as error:
        at = len(text)
        if error.lineno is not None and error.offset is not None and error.lineno <= len(source.lines):
            shift = 1 if error.lineno == 1 else 0
            at = source._starts[error.lineno - 1] + max(0, error.offset - 1 - shift)
        mend = "write a condition such as 18 <= age < 65 and not pregnant"
        message = "this cannot be read"
        single = _single_equals(text)
        if single is not None:
            at, message, mend = single, "'=' assigns; it does not compare", "write == for equality"
        elif "&&" in text or "||" in text:
            at = min(i for i in (text.find("&&"), text.find("||")) if i >= 0)
            message, mend = "'&&' and '||' are not part of the language", "write 'and' and 'or'"
        raise source.error(message, at, mend, "programme.expression.syntax") from None
    except (RecursionError, MemoryError, ValueError):
        raise source.error(
            "the criterion is nested too deeply",
            0,
            "split it into several criteria",
            "programme.expression.refused",
        ) from None
    _unshift(tree)
    _whitelist(tree, source, 0)
    return tree, source


def _single_equals(text: str) -> int | None:
    quoted = ""
    for index, character in enumerate(text):
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "'\"":
            quoted = character
        elif (
            character == "="
            and text[index - 1 : index] not in ("=", "<", ">", "!")
            and text[index + 1 : index + 2] != "="
        ):
            return index
    return None


def _unshift(tree: ast.expr) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            if node.lineno == 1:
                node.col_offset -= 1
            if node.end_lineno == 1 and node.end_col_offset is not None:
                node.end_col_offset -= 1


def _whitelist(node: ast.expr, source: _Source, depth: int) -> None:
    start = source.span(node).start

    def refuse(message: str, mend: str, at: int = start) -> ExpressionError:
        return source.error(message, at, mend, "programme.expression.refused")

    if depth > _MAX_DEPTH:
        raise refuse("the criterion is nested too deeply", "split it into several criteria")
    children: list[ast.expr] = []
    match node:
        case ast.BoolOp():
            children = list(node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd()):
            children = [node.operand]
        case ast.UnaryOp():
            raise refuse("'~' is not part of the language", "write 'not'")
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult()):
            children = [node.left, node.right]
        case ast.BinOp():
            at = source.span(node.left).end
            while at < len(source.text) and source.text[at] in " )\n":
                at += 1
            sign = source.text[at : at + 2].strip()
            if isinstance(node.op, ast.Div | ast.FloorDiv):
                raise refuse(
                    "division is not part of the language: databases disagree on what 5/2 is",
                    "multiply instead: a <= 2.5 * b",
                    at,
                )
            if isinstance(node.op, ast.BitAnd | ast.BitOr):
                raise refuse(f"'{sign}' is not part of the language", "write 'and' or 'or'", at)
            raise refuse(f"'{sign}' is not part of the language", "use + - * and comparisons", at)
        case ast.Compare():
            for index, op in enumerate(node.ops):
                if isinstance(op, ast.Is | ast.IsNot):
                    raise refuse("'is' is not part of the language", "write ==, or known(x)")
                if isinstance(op, ast.In | ast.NotIn):
                    values = node.comparators[index]
                    if not isinstance(values, ast.List | ast.Tuple | ast.Set):
                        raise refuse(
                            "'in' needs a list of literals",
                            "write x in ['A', 'B']",
                            source.span(values).start,
                        )
                    if not values.elts:
                        raise refuse(
                            "the list is empty", "name at least one value", source.span(values).start
                        )
                    if len(node.ops) > 1:
                        raise refuse("'in' cannot be chained", "join the two conditions with 'and'")
                    for element in values.elts:
                        if not _is_literal(element):
                            raise refuse(
                                "only literals may stand in the list",
                                "write numbers or quoted values",
                                source.span(element).start,
                            )
            children = [
                node.left,
                *(c for c in node.comparators if not isinstance(c, ast.List | ast.Tuple | ast.Set)),
            ]
            for index, comparator in enumerate(node.comparators):
                if isinstance(comparator, ast.List | ast.Tuple | ast.Set) and not isinstance(
                    node.ops[index], ast.In | ast.NotIn
                ):
                    raise refuse(
                        "a list can only follow 'in'", "write x in ['A', 'B']", source.span(comparator).start
                    )
        case ast.Call():
            if not isinstance(node.func, ast.Name) or node.func.id != "known":
                called = source.text[start : source.span(node.func).end]
                raise refuse(
                    f"{called}(…) cannot be called: only known(x) can",
                    "declare what it computes as an observable and use its name",
                )
            if node.keywords or len(node.args) != 1 or not isinstance(node.args[0], ast.Name):
                raise refuse("known(…) takes the name of one observable", "write known(platelets)")
        case ast.Name():
            pass
        case ast.Constant():
            value = node.value
            if value is None:
                raise refuse(
                    "a missing value cannot be compared: unknown is not a value",
                    "write known(x), or state 'absent: no' on the observable",
                )
            if isinstance(value, bytes | complex) or value is Ellipsis:
                raise refuse("this literal is not part of the language", "write a number or a quoted value")
            if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
                raise refuse("the number is not finite", "write a finite limit")
        case ast.List() | ast.Tuple() | ast.Set():
            raise refuse("a list can only follow 'in'", "write x in ['A', 'B']")
        case _:
            message, mend = _REFUSED.get(
                type(node), (f"{type(node).__name__} is not part of the language", "write a comparison")
            )
            at = start
            if isinstance(node, ast.Attribute):
                at = source.span(node.value).end
            raise refuse(message, mend, at)
    for child in children:
        _whitelist(child, source, depth + 1)


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
        return isinstance(node, ast.Constant) and isinstance(node.value, int | float)
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float | str)


# --- typing ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def _check_cached(text: str, signatures: tuple[tuple[str, Signature], ...]) -> Expression:
    tree, source = _read(text)
    return Expression(text, _Checker(source, dict(signatures)).truth(tree))


def check(text: str, signatures: Mapping[str, Signature]) -> Expression:
    """Read and type a criterion against the declared observables.

    Raises
    ------
    ExpressionError
        As :func:`parse`; ``programme.expression.name`` for an unknown name (with the nearest known ones),
        ``programme.expression.type`` where types do not fit, ``programme.expression.unit`` where units do not.
    """
    return _check_cached(text, tuple(sorted(signatures.items())))


def names_in(text: str) -> tuple[str, ...]:
    """The names that a criterion mentions, without typing it, in the order of first appearance."""
    tree, _ = _read(text)
    found = [
        (node.lineno, node.col_offset, node.id)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id not in {"known", "true", "false"}
    ]
    return tuple(dict.fromkeys(name for _, _, name in sorted(found)))


def has_limit(text: str) -> bool:
    """Whether a criterion holds a number or a quoted limit: then it needs a source and a level."""
    tree, _ = _read(text)
    return any(isinstance(n, ast.Constant) and not isinstance(n.value, bool) for n in ast.walk(tree))


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a comparison while it is being typed."""

    term: Term | None
    type: ValueType | Literal["text", "free"]
    unit: str | None
    signature: Signature | None
    text: str
    span: Span


class _Checker:
    def __init__(self, source: _Source, signatures: dict[str, Signature]) -> None:
        self.source = source
        self.signatures = signatures

    def fail(self, message: str, span: Span, mend: str, kind: str = "type") -> ExpressionError:
        return self.source.error(message, span.start, mend, f"programme.expression.{kind}")

    def signature(self, node: ast.Name) -> Signature:
        found = self.signatures.get(node.id)
        if found is None:
            near = difflib.get_close_matches(node.id, self.signatures, n=3, cutoff=0.6)
            raise self.fail(
                f"there is no observable {node.id!r}",
                self.source.span(node),
                f"did you mean {' or '.join(near)}?" if near else "declare it among the observables",
                "name",
            )
        return found

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
            self.signature(argument)
            return KnownValue(argument.id, span)
        if isinstance(node, ast.Name) and node.id not in {"true", "false"}:
            signature = self.signature(node)
            if signature.type != "boolean":
                raise self.fail(
                    f"{node.id} is a {signature.type}, not a yes or no",
                    span,
                    f"compare it: {node.id} {_example(signature)}",
                )
            return Truth(node.id, span)
        if isinstance(node, ast.Constant | ast.Name):
            raise self.fail(
                "a constant is not a condition", span, "compare an observable with it", "constant"
            )
        raise self.fail("this is a number, not a condition", span, "compare it with a limit: … >= 18")

    def compare(self, node: ast.Compare, span: Span) -> Node:
        parts: list[Node] = []
        operands = [node.left, *node.comparators]
        for index, op in enumerate(node.ops):
            left, right = operands[index], operands[index + 1]
            piece = (
                span
                if len(node.ops) == 1
                else Span(self.source.span(left).start, self.source.span(right).end)
            )
            if isinstance(op, ast.In | ast.NotIn):
                member = self.membership(left, right, piece)
                parts.append(Not(member) if isinstance(op, ast.NotIn) else member)
            else:
                parts.append(self.pair(left, _COMPARE[type(op)], right, piece))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def pair(self, left_node: ast.expr, op: Operator, right_node: ast.expr, span: Span) -> Node:
        boolean = self._boolean_equality(left_node, op, right_node, span)
        if boolean is not None:
            return boolean
        left, right = self.side(left_node), self.side(right_node)
        if left.type in {"text", "free"} and right.type in {"text", "free"}:
            raise self.fail(
                "both sides are constants", span, "compare an observable with a limit", "constant"
            )
        for side, other in ((left, right), (right, left)):
            if side.type == "code" or (side.type == "boolean"):
                return self._code_pair(side, other, op, span)
        left, right = self._resolve(left, right), self._resolve(right, left)
        if left.type != right.type and "free" not in {left.type, right.type}:
            raise self.fail(
                f"a {left.type} cannot be compared with a {right.type}", span, "compare like with like"
            )
        if "free" in {left.type, right.type} and {left.type, right.type} & {"ordered", "date"}:
            named = left if left.type in {"ordered", "date"} else right
            raise self.fail(
                f"{named.text} is {'a date' if named.type == 'date' else 'an ordered value'}, not a number",
                span,
                f"quote the value: {named.text} {_example(named.signature) if named.signature else ''}".rstrip(),
            )
        self._units_agree(left, right, span)
        scales = {s.signature.values for s in (left, right) if s.type == "ordered" and s.signature}
        if len(scales) > 1:
            raise self.fail("the two have different orders", span, "compare values of the same scale")
        if left.term is None or right.term is None:
            raise self.fail("this comparison cannot be read", span, "compare an observable with a limit")
        return Comparison(left.term, op, right.term, span)

    def _boolean_equality(self, left: ast.expr, op: Operator, right: ast.expr, span: Span) -> Node | None:
        for one, other in ((left, right), (right, left)):
            value = _boolean_literal(other)
            if value is None:
                continue
            if op not in {"==", "!="}:
                raise self.fail(
                    "yes and no have no order", span, "write the observable alone, or 'not' before it"
                )
            item = self.truth(one)
            return item if value is (op == "==") else Not(item)
        return None

    def _code_pair(self, named: _Side, other: _Side, op: Operator, span: Span) -> Node:
        if named.type == "boolean":
            raise self.fail(
                f"{named.text} is a yes or no", named.span, f"write {named.text} or not {named.text}"
            )
        if op not in {"==", "!="}:
            raise self.fail(
                f"{named.text} is a code: codes have no order",
                span,
                "write == or in […]; for a scale declare the observable as 'ordered' with its values",
            )
        if other.type != "text":
            raise self.fail(
                f"{named.text} is a code", span, f"compare it with a quoted code: {named.text} == 'male'"
            )
        assert isinstance(named.term, Name)  # noqa: S101
        member = Membership(named.term.id, (self._code(named, other.text, other.span),), span)
        return member if op == "==" else Not(member)

    def _code(self, named: _Side, text: str, span: Span) -> str:
        assert named.signature  # noqa: S101
        if named.signature.values and named.signature.rank(text) is None:
            near = difflib.get_close_matches(text, named.signature.values, n=2, cutoff=0.5)
            raise self.fail(
                f"{text!r} is not a value of {named.text}",
                span,
                f"did you mean {' or '.join(map(repr, near))}?"
                if near
                else f"its values are {', '.join(named.signature.values)}",
            )
        return text.strip().lower()

    def membership(self, item: ast.expr, listed: ast.expr, span: Span) -> Node:
        assert isinstance(listed, ast.List | ast.Tuple | ast.Set)  # noqa: S101
        named = self.side(item)
        if not isinstance(named.term, Name) or named.signature is None:
            raise self.fail("'in' needs an observable before it", named.span, "write ais in ['A', 'B']")
        literals = [self.side(element) for element in listed.elts]
        if named.type == "boolean":
            raise self.fail(
                f"{named.text} is a yes or no", named.span, f"write {named.text} or not {named.text}"
            )
        if named.type == "code":
            for literal in literals:
                if literal.type != "text":
                    raise self.fail(f"{named.text} is a code", literal.span, "quote the code: 'male'")
            codes = tuple(
                dict.fromkeys(self._code(named, literal.text, literal.span) for literal in literals)
            )
            return Membership(named.term.id, codes, span)
        found: dict[float, str] = {}
        for literal in literals:
            resolved = self._resolve(literal, named)
            if resolved.type == "free" and named.type != "number":
                raise self.fail(f"{named.text} is not a number", literal.span, "quote the value")
            assert isinstance(resolved.term, Number)  # noqa: S101
            found.setdefault(resolved.term.value, literal.text)
        ordered = sorted(found.items())
        values, texts = tuple(v for v, _ in ordered), tuple(t for _, t in ordered)
        return OneOf(named.term.id, values, texts, named.type == "ordered", span)

    def side(self, node: ast.expr) -> _Side:
        span = self.source.span(node)
        text = self.source.text[span.start : span.end]
        if isinstance(node, ast.Constant):
            if isinstance(node.value, bool):
                raise self.fail(
                    "yes and no have no arithmetic", span, "write the observable alone, or 'not' before it"
                )
            if isinstance(node.value, str):
                return _Side(None, "text", None, None, node.value, span)
            assert isinstance(node.value, int | float)  # noqa: S101
            return _Side(Number(float(node.value), text), "free", None, None, text, span)
        if isinstance(node, ast.Name):
            signature = self.signature(node)
            return _Side(Name(node.id), signature.type, signature.unit, signature, node.id, span)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            inner = self._arithmetic_side(node.operand)
            if isinstance(node.op, ast.UAdd):
                return inner
            if isinstance(inner.term, Number):
                return _Side(
                    Number(-inner.term.value, f"-{inner.term.text}"), inner.type, inner.unit, None, text, span
                )
            assert inner.term is not None  # noqa: S101
            return _Side(Scaled(-1.0, inner.term), inner.type, inner.unit, inner.signature, text, span)
        if isinstance(node, ast.BinOp):
            return self._arithmetic(node, text, span)
        raise self.fail("a condition cannot be compared", span, "join conditions with 'and' or 'or'")

    def _arithmetic_side(self, node: ast.expr) -> _Side:
        side = self.side(node)
        if side.type == "text":
            # a quantity with its unit, such as '5 mg/dL': it may meet an observable on the other side of the sum
            return side
        if side.type not in {"number", "free"}:
            raise self.fail(
                f"{side.text} is a {side.type}: it cannot be added or multiplied",
                side.span,
                "use numbers; for the time between two dates declare an observable with 'elapsed'",
            )
        return side

    def _arithmetic(self, node: ast.BinOp, text: str, span: Span) -> _Side:
        left, right = self._arithmetic_side(node.left), self._arithmetic_side(node.right)
        left, right = self._resolve(left, right), self._resolve(right, left)
        if left.type == "text" or right.type == "text":
            raise self.fail("text cannot be added or multiplied", span, "use numbers")
        assert left.term is not None  # noqa: S101
        assert right.term is not None  # noqa: S101
        if isinstance(node.op, ast.Mult):
            for constant, other in ((left, right), (right, left)):
                if isinstance(constant.term, Number):
                    if isinstance(other.term, Number):
                        product = constant.term.value * other.term.value
                        return _Side(Number(product, text), "free", None, None, text, span)
                    assert other.term is not None  # noqa: S101
                    return _Side(
                        Scaled(constant.term.value, other.term),
                        other.type,
                        other.unit,
                        other.signature,
                        text,
                        span,
                    )
            raise self.fail(
                "the product of two observables has no limit that can be checked",
                span,
                "multiply by a number, or declare the product as an observable",
            )
        self._units_agree(left, right, span)
        if isinstance(left.term, Number) and isinstance(right.term, Number):
            total = left.term.value + right.term.value * (1 if isinstance(node.op, ast.Add) else -1)
            return _Side(Number(total, text), "free", None, None, text, span)
        named = left if left.type == "number" else right
        op: Literal["+", "-"] = "+" if isinstance(node.op, ast.Add) else "-"
        return _Side(Sum(left.term, op, right.term), "number", named.unit, named.signature, text, span)

    def _units_agree(self, left: _Side, right: _Side, span: Span) -> None:
        if left.type != "number" or right.type != "number" or left.unit == right.unit:
            return
        alike = left.unit and right.unit and compatible(left.unit, right.unit)
        raise self.fail(
            f"{left.text} is in {left.unit or 'no unit'} and {right.text} in {right.unit or 'no unit'}",
            span,
            "declare both observables in the same unit" if alike else "compare quantities of the same kind",
            "unit",
        )

    def _resolve(self, side: _Side, other: _Side) -> _Side:
        """A quoted literal, read as the other side demands."""
        if side.type != "text":
            return side
        signature, kind = other.signature, other.type
        if kind == "ordered" and signature is not None:
            rank = signature.rank(side.text)
            if rank is None:
                near = difflib.get_close_matches(side.text.upper(), signature.values, n=2, cutoff=0.4)
                listing = ", ".join(signature.values[:12]) + (", …" if len(signature.values) > 12 else "")
                raise self.fail(
                    f"{side.text!r} is not a value of {other.text}",
                    side.span,
                    f"did you mean {' or '.join(map(repr, near))}?" if near else f"its values are {listing}",
                )
            return _Side(
                Number(float(rank), signature.values[rank]), "ordered", None, None, side.text, side.span
            )
        if kind == "date":
            try:
                day = UncertainDate.parse(side.text)
            except TermError as error:
                raise self.fail(error.message, side.span, error.mend) from error
            if not day.is_exact or day.earliest is None:
                raise self.fail(
                    f"{side.text!r} is not one day", side.span, "write a limit as a day: '2024-03-01'"
                )
            number = float((day.earliest - _EPOCH).days)
            return _Side(Number(number, day.earliest.isoformat()), "date", None, None, side.text, side.span)
        if kind == "number":
            return self._quantity(side, other)
        return side

    def _quantity(self, side: _Side, other: _Side) -> _Side:
        try:
            quantity = Quantity.parse(side.text)
        except TermError as error:
            raise self.fail(
                f"{side.text!r} is not a number with a unit", side.span, "write '5 mg/dL', or a bare number"
            ) from error
        if not other.unit:
            raise self.fail(
                f"{other.text} has no unit, so {side.text!r} cannot be converted",
                side.span,
                f"give the observable {other.text} a unit",
                "unit",
            )
        analyte = other.signature.analyte if other.signature else None
        try:
            value = convert(quantity.value, quantity.unit, other.unit, analyte)
        except TermError as error:
            raise self.fail(error.message, side.span, error.mend, "unit") from error
        return _Side(Number(value, side.text), "number", other.unit, None, side.text, side.span)


def _boolean_literal(node: ast.expr) -> bool | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.Name) and node.id in {"true", "false"}:
        return node.id == "true"
    return None


def _example(signature: Signature) -> str:
    if signature.type == "ordered" and signature.values:
        return f"<= '{signature.values[0]}'"
    if signature.type == "date":
        return ">= '2024-03-01'"
    if signature.type == "code":
        return f"== '{signature.values[0] if signature.values else 'male'}'"
    return ">= 18"


# --- words ----------------------------------------------------------------------------------------------------------

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


def words(expression: Expression, signatures: Mapping[str, Signature]) -> str:
    """The criterion as a sentence: "age is at least 18 a and age is below 65 a"."""
    return _node_words(expression.root, signatures, top=True)


def _label(name: str, signatures: Mapping[str, Signature]) -> str:
    signature = signatures.get(name)
    return signature.label if signature and signature.label else name.replace("_", " ")


def _node_words(node: Node, signatures: Mapping[str, Signature], *, top: bool = False) -> str:
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


def _comparison_words(node: Comparison, signatures: Mapping[str, Signature]) -> str:
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


def _unit_of(left: Term, right: Term, signatures: Mapping[str, Signature]) -> str:
    if not isinstance(right, Number) or any(c.isalpha() for c in right.text):
        return ""
    for name in term_names(left):
        signature = signatures.get(name)
        if signature and signature.type == "number" and signature.unit and not is_pure(signature.unit):
            return f" {signature.unit}"
    return ""


def _term_words(term: Term, signatures: Mapping[str, Signature]) -> str:
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
