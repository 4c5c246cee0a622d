"""What is wrong with a bundle: every problem with file, line, key, value and mend, all reported at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from proband.terms import Location, ProbandError
from proband.terms.errors import ErrorCode, entry

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in a bundle.

    ``code`` is stable (``bundle.key.unknown``, ``lint.windows-overlap``); ``key`` the path inside the file
    (``visits[2].window.before``); ``value`` the offending value as written, shortened.
    """

    file: str
    line: int
    key: str
    message: str
    mend: str
    code: str
    severity: Severity = "error"
    value: str = ""

    def __str__(self) -> str:
        value = f" [{self.value}]" if self.value else ""
        return f"{self.file}:{self.line}: {self.severity}: {self.key}{value}: {self.message} Mend: {self.mend} ({self.code})"

    def as_dict(self) -> dict[str, Any]:
        """The problem as plain JSON values."""
        return asdict(self)


def bundle_problem(
    code: ErrorCode, file: str, line: int, key: str, *, value: str = "", **parameters: Any
) -> Problem:
    """A problem of the catalogue at a place in a bundle."""
    message, mend = entry(code).say(parameters)
    return Problem(file, line, key, message, mend, code, value=value)


def key_text(path: tuple[str | int, ...]) -> str:
    """A key path as people write it: ``visits[2].window.before``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else str(step))
    return text


class BundleError(ProbandError):
    """A bundle does not load; ``problems`` holds every reason."""

    def __init__(self, folder: str, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        errors = [problem for problem in self.problems if problem.severity == "error"]
        first = errors[0] if errors else None
        super().__init__(
            "bundle.invalid",
            folder=folder,
            errors=len(errors),
            first=first.message if first else None,
            location=Location(first.file, first.line, None, first.key) if first else Location(folder),
            details={"problems": [problem.as_dict() for problem in self.problems]},
        )
