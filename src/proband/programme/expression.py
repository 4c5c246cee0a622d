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
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from proband.programme.expression_tree import (
    MIRRORED,
    OPPOSITE,
    And,
    Atom,
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
    Sum,
    Term,
    TextSpan,
    Truth,
    ValueType,
    atom_names,
    atoms,
    linear,
    term_names,
)
from proband.programme.expression_words import is_pure, words
from proband.terms import Location, ProbandError, Quantity, TermError, UncertainDate, compatible, convert

__all__ = [
    "MIRRORED",
    "OPPOSITE",
    "And",
    "Atom",
    "Comparison",
    "Expression",
    "ExpressionError",
    "KnownValue",
    "Membership",
    "Name",
    "Node",
    "Not",
    "Number",
    "ObservableSignature",
    "OneOf",
    "Operator",
    "Or",
    "Scaled",
    "Sum",
    "Term",
    "TextSpan",
    "Truth",
    "ValueType",
    "atom_names",
    "atoms",
    "check",
    "has_limit",
    "is_pure",
    "linear",
    "names_in",
    "parse",
    "term_names",
    "words",
]

_EPOCH = date(1970, 1, 1)


class ExpressionError(ProbandError):
    """A criterion cannot be read; the location's column is 1-based and the message ends with the line and a caret."""

    default_code = "programme.expression"


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

    def span(self, node: ast.expr) -> TextSpan:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return TextSpan(self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column))

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
def _check_cached(text: str, signatures: tuple[tuple[str, ObservableSignature], ...]) -> Expression:
    tree, source = _read(text)
    return Expression(text, _Checker(source, dict(signatures)).truth(tree))


def check(text: str, signatures: Mapping[str, ObservableSignature]) -> Expression:
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
    signature: ObservableSignature | None
    text: str
    span: TextSpan


class _Checker:
    def __init__(self, source: _Source, signatures: dict[str, ObservableSignature]) -> None:
        self.source = source
        self.signatures = signatures

    def fail(self, message: str, span: TextSpan, mend: str, kind: str = "type") -> ExpressionError:
        return self.source.error(message, span.start, mend, f"programme.expression.{kind}")

    def signature(self, node: ast.Name) -> ObservableSignature:
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

    def compare(self, node: ast.Compare, span: TextSpan) -> Node:
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

    def _boolean_equality(self, left: ast.expr, op: Operator, right: ast.expr, span: TextSpan) -> Node | None:
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

    def _code_pair(self, named: _Side, other: _Side, op: Operator, span: TextSpan) -> Node:
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

    def _code(self, named: _Side, text: str, span: TextSpan) -> str:
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

    def membership(self, item: ast.expr, listed: ast.expr, span: TextSpan) -> Node:
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

    def _arithmetic(self, node: ast.BinOp, text: str, span: TextSpan) -> _Side:
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

    def _units_agree(self, left: _Side, right: _Side, span: TextSpan) -> None:
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


def _example(signature: ObservableSignature) -> str:
    if signature.type == "ordered" and signature.values:
        return f"<= '{signature.values[0]}'"
    if signature.type == "date":
        return ">= '2024-03-01'"
    if signature.type == "code":
        return f"== '{signature.values[0] if signature.values else 'male'}'"
    return ">= 18"
