"""Small checks of a loaded bundle, one per file: contradictions, gaps and promises that nothing keeps.

Every module of this package but this one holds exactly one check: ``CHECK = Check(id, severity, text)`` and
``find(programme, on) -> Iterator[Problem]``. They are found by themselves; :func:`run_all` runs them in order of id.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from proband.programme.bundle import Programme
from proband.programme.problems import Problem, Severity

Finder = Callable[[Programme, date], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Check:
    """What a check is called, how bad its findings are, and what it looks for in one sentence."""

    id: str
    severity: Severity
    text: str

    def problem(
        self,
        programme: Programme,
        file: str,
        path: tuple[str | int, ...],
        message: str,
        mend: str,
        value: Any = "",
    ) -> Problem:
        """A finding of this check at a key path of a file of the bundle."""
        document = programme.documents.get(file)
        key = ""
        for step in path:
            key += f"[{step}]" if isinstance(step, int) else (f".{step}" if key else str(step))
        line = document.line_of(path) if document else 1
        return Problem(
            file,
            line,
            key,
            message,
            mend,
            f"lint.{self.id}",
            self.severity,
            str(value) if value != "" else "",
        )


@cache
def checks() -> dict[str, tuple[Check, Finder]]:
    """Every check by id."""
    found: dict[str, tuple[Check, Finder]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        found[module.CHECK.id] = (module.CHECK, module.find)
    return dict(sorted(found.items()))


def run_all(programme: Programme, on: date) -> list[Problem]:
    """Run every check on a programme as of a day; findings sorted by file and line."""
    return sorted(problem for _, find in checks().values() for problem in find(programme, on))
