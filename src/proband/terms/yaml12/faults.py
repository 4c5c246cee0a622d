"""What is wrong with a YAML text, and where."""

from __future__ import annotations

from typing import Any

from proband.terms.errors import Location, TermError


class YamlError(TermError):
    """A text is no YAML that is read here; ``line`` and ``column`` are 1-based."""

    def __init__(self, reason: str, line: int = 1, column: int | None = None) -> None:
        self.reason = reason
        self.line = line
        self.column = column
        super().__init__("terms.yaml", location=Location(line=line, column=column), reason=reason)


def fault(reason: str, mark: Any) -> YamlError:
    """A fault at a mark of the parser, which counts from 0 (``None`` where it has no place)."""
    return YamlError(reason, mark.line + 1, mark.column + 1) if mark else YamlError(reason)
