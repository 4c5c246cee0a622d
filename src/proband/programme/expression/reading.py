"""From the text of a criterion to its syntax tree: parsed once, kept, and never run."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from proband.programme.expression.source import ExpressionError, ExpressionSource
from proband.programme.expression.whitelist import allow

_MAX_LENGTH = 4000


@dataclass(frozen=True, eq=False)
class ParsedExpression:
    """What was written, as a tree in which every node is of the language; typing it is another step."""

    source: ExpressionSource
    tree: ast.expr

    @property
    def text(self) -> str:
        """The criterion as written."""
        return self.source.text

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it mentions, in the order of first appearance."""
        found = [
            (node.lineno, node.col_offset, node.id)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Name) and node.id not in {"known", "true", "false"}
        ]
        return tuple(dict.fromkeys(name for _, _, name in sorted(found)))

    @property
    def has_limit(self) -> bool:
        """Whether it holds a number or a quoted limit: then it needs a source and a level."""
        return any(isinstance(n, ast.Constant) and not isinstance(n.value, bool) for n in ast.walk(self.tree))


def parse(text: str) -> ParsedExpression:
    """Read a criterion; nothing is evaluated.

    Raises
    ------
    ExpressionError
        ``programme.expression.syntax.…`` if it is not an expression, ``programme.expression.refused.…`` for a construct
        outside the language, with line, column and a caret under the character.
    """
    source = ExpressionSource(text)
    if not text.strip():
        raise source.error_at("programme.expression.syntax.empty", 0)
    if len(text) > _MAX_LENGTH:
        raise source.error_at("programme.expression.refused.long", _MAX_LENGTH, longest=_MAX_LENGTH)
    if "\x00" in text:
        raise source.error_at("programme.expression.syntax.null", text.index("\x00"))
    # Parentheses let a criterion run over several lines, as YAML block texts do; columns of line 1 shift by one.
    try:
        tree = ast.parse(f"({text}\n)", mode="eval").body
    except SyntaxError as error:
        raise _syntax_error(source, error) from None
    except (RecursionError, MemoryError, ValueError):
        raise source.error_at("programme.expression.refused.deep", 0) from None
    _unshift(tree)
    allow(tree, source)
    return ParsedExpression(source, tree)


def _syntax_error(source: ExpressionSource, error: SyntaxError) -> ExpressionError:
    """What Python could not read, said for somebody who writes criteria."""
    text = source.text
    single = _single_equals(text)
    if single is not None:
        return source.error_at("programme.expression.syntax.assignment", single)
    signs = [at for sign in ("&&", "||") if (at := text.find(sign)) >= 0]
    if signs:
        return source.error_at("programme.expression.syntax.signs", min(signs))
    at = len(text)
    if error.lineno is not None and error.offset is not None and error.lineno <= len(source.lines):
        at = source.at(error.lineno, error.offset - 1 - (1 if error.lineno == 1 else 0))
    return source.error_at("programme.expression.syntax.unreadable", at)


def _single_equals(text: str) -> int | None:
    """Where a lone '=' stands outside quotes."""
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
