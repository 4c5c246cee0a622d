"""The text of a criterion while it is read: where a piece stands in it, and errors that point at the character."""

from __future__ import annotations

import ast
from typing import Any

from proband.programme.expression.tree import TextSpan
from proband.terms import Location, ProbandError
from proband.terms.errors import ErrorCode


class ExpressionError(ProbandError):
    """A criterion cannot be read; the location's column is 1-based and the message ends with the line and a caret."""


class ExpressionSource:
    """The text being read, for error messages that point at the character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def at(self, line: int, column: int) -> int:
        """Character offset of a 1-based line and a 0-based column, counted in characters."""
        return self._starts[line - 1] + max(0, column)

    def offset(self, line: int, byte_column: int) -> int:
        """Character offset of ast's 1-based line and 0-based UTF-8 byte column."""
        row = self.lines[min(line, len(self.lines)) - 1]
        characters = len(row.encode()[:byte_column].decode(errors="ignore"))
        return self._starts[line - 1] + characters

    def span(self, node: ast.expr) -> TextSpan:
        """Where a node stands."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return TextSpan(self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column))

    def error_at(self, code: ErrorCode, at: int, **parameters: Any) -> ExpressionError:
        """An error of the catalogue at a character; its message ends with the line and a caret under the character."""
        at = max(0, min(at, len(self.text)))
        line = self.text.count("\n", 0, at) + 1
        column = at - self._starts[line - 1]
        row = self.lines[line - 1]
        picture = f"\n  {row}\n  {' ' * column}^"
        error = ExpressionError(code, location=Location(line=line, column=column + 1), **parameters)
        error.details |= {
            "text": self.text,
            "line": line,
            "column": column + 1,
            "offset": at,
            "problem": error.message,
        }
        error.message += picture
        return error
