"""One kind of error for everything that Proband refuses: what is wrong, where, and the mend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Location:
    """Where something stands: a file, a line and column (1-based), and the key path inside the document."""

    file: str | None = None
    line: int | None = None
    column: int | None = None
    key: str | None = None

    def __str__(self) -> str:
        place = self.file or ""
        if self.line is not None:
            place += f":{self.line}"
            if self.column is not None:
                place += f":{self.column}"
        if self.key:
            place += f" ({self.key})" if place else self.key
        return place


class ProbandError(Exception):
    """A refusal with a reason.

    Parameters
    ----------
    message
        One sentence that says what is wrong, with the value.
    mend
        One sentence that says what to do about it.
    code
        A stable dotted name (``terms.unit.unknown``) that programs may test; every subclass has its own default.
    location
        File, line, column and key, where they are known.
    details
        Machine-readable parameters of the message (plain JSON values).
    """

    default_code = "proband.error"
    #: exit status of the command line when this error ends it (see ``docs/cli.md``)
    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        mend: str = "",
        code: str | None = None,
        location: Location | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        self.message = message
        self.mend = mend
        self.code = code or self.default_code
        self.location = location
        self.details = details or {}
        super().__init__(message)

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location and str(self.location) else ""
        mend = f" Mend: {self.mend}" if self.mend else ""
        return f"{place}{self.message}{mend}"

    def as_dict(self) -> dict[str, Any]:
        """The error as plain JSON values: code, message, mend, location, details."""
        place = self.location
        return {
            "code": self.code,
            "message": self.message,
            "mend": self.mend,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "key": place.key if place else None,
            "details": self.details,
        }


class TermError(ProbandError):
    """A word of the vocabulary is wrong: a unit, a code, a date, a source."""

    default_code = "terms.invalid"
