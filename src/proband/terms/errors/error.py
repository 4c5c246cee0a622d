"""One kind of error for everything that Proband refuses: what is wrong, where, and the mend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proband.terms.errors.catalogue import entry as found
from proband.terms.errors.entry import ErrorCode


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
    """A refusal with a reason, out of the catalogue: ``ProbandError("schema.unknown", file=name, files=FILES)``.

    Parameters
    ----------
    code
        The code of an entry of the catalogue (:mod:`proband.terms.errors.catalogue`), which programs may test.
    location
        File, line, column and key, where they are known.
    details
        What is known beyond the parameters of the sentences, as plain JSON values.
    parameters
        What message and mend are filled in with.

    Attributes
    ----------
    message, mend
        One sentence that says what is wrong, with the value, and one that says what to do about it.
    exit_code
        Exit status of the command line when this error ends it (see ``docs/cli.md``).
    details
        The parameters and the details together.
    """

    exit_code = 2

    def __init__(
        self,
        entry: ErrorCode,
        /,
        *,
        location: Location | None = None,
        details: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> None:
        said = found(entry)
        self.message, self.mend = said.say(parameters)
        self.code = said.code
        self.exit_code = said.exit_code
        self.location = location
        self.details = {**parameters, **(details or {})}
        super().__init__(self.message)

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
            "details": _plain(self.details),
        }


def _plain(value: Any) -> Any:
    """A parameter as a JSON value: numbers, truths and text as they are, lists as lists, everything else as its text."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return str(value)


class TermError(ProbandError):
    """A word of the vocabulary is wrong: a unit, a code, a date, a source."""
