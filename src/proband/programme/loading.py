"""From a name to a :class:`~proband.programme.bundle.Programme`: every problem at once, with file, line, key, value and mend.

What was read is kept in this process by its content, never by its path: a bundle that was changed on disk is read again, and
two folders with the same files are read once. Nothing is kept on disk: parsing is a small part of loading
(``benchmarks/loading.py``), and a file that says "this bundle was checked" would have to be believed.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from pathlib import Path

from pydantic import BaseModel

from proband.programme.bundle import Programme
from proband.programme.files import IN_FOLDERS, OPTIONAL, REQUIRED
from proband.programme.folder import Contents, read_folder
from proband.programme.linting import Lint
from proband.programme.problems import BundleError, Problem
from proband.programme.reading import read
from proband.programme.todo import CODE as TODO
from proband.terms import ProbandError


@dataclass(frozen=True)
class CheckReport:
    """The outcome of :func:`check`: every problem, and the programme where there is no error."""

    folder: str
    problems: tuple[Problem, ...]
    programme: Programme | None

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems that stop the bundle from loading."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Problems that a person should look at; what a draft still has to write is counted by itself."""
        return tuple(
            problem for problem in self.problems if problem.severity == "warning" and problem.code != TODO
        )

    @property
    def todos(self) -> tuple[Problem, ...]:
        """What is still to be written."""
        return tuple(problem for problem in self.problems if problem.code == TODO)


def bundled() -> list[str]:
    """Names of the programmes that come with Proband."""
    root = resources.files("proband") / "programmes"
    return sorted(
        entry.name for entry in root.iterdir() if entry.is_dir() and (entry / "programme.yaml").is_file()
    )


def locate(name: str | Path) -> Path:
    """The folder of a bundle given as a path, or as the name of one that comes with Proband.

    Raises
    ------
    ProbandError
        ``bundle.not-found`` with the names that exist.
    """
    path = Path(name)
    if path.is_dir():
        return path
    if path.is_file() and path.name in {*REQUIRED, *OPTIONAL}:
        return path.parent
    own = Path(str(resources.files("proband") / "programmes" / str(name)))
    if re.fullmatch(r"[a-z0-9][a-z0-9-]*", str(name)) and own.is_dir():
        return own
    raise ProbandError("bundle.not-found", name=str(name), bundled=list(bundled()))


def load(name: str | Path, *, on: date | None = None) -> Programme:
    """Load a bundle by folder or name.

    Parameters
    ----------
    on
        The day on which approvals and facts are judged; today by default.

    Raises
    ------
    BundleError
        With every problem, if there is an error. Warnings stand in ``Programme.warnings``.
    """
    report = check(name, on=on)
    if report.programme is None:
        raise BundleError(report.folder, list(report.problems))
    return report.programme


def check(name: str | Path, *, on: date | None = None) -> CheckReport:
    """Read a bundle and report all problems at once: form first, then references, then the lint checks."""
    from proband.programme.lint import LINTS

    folder = locate(name)
    models = (*REQUIRED.values(), *OPTIONAL.values(), *IN_FOLDERS.values())
    problems, programme = _checked(
        read_folder(folder), on or date.today(), models, tuple(LINTS.all().values())
    )
    return CheckReport(str(folder), problems, programme)


def forget() -> None:
    """Drop what is kept of bundles that were read: the next :func:`load` reads every file again."""
    _checked.cache_clear()
    _read.cache_clear()


@lru_cache(maxsize=32)
def _checked(
    contents: Contents,
    day: date,
    models: tuple[type[BaseModel], ...],
    lints: tuple[Lint[[Programme, date]], ...],
) -> tuple[tuple[Problem, ...], Programme | None]:
    """Every problem of some contents on a day, and the programme where there is no error."""
    problems, programme = _read(contents, models)
    if programme is not None:
        found = [problem for lint in lints for problem in lint(programme, day)]
        problems = tuple(sorted({*problems, *found}))
        if any(problem.severity == "error" for problem in found):
            return problems, None
        programme = copy.copy(programme)  # the parts are shared, and frozen; the hash comes along
        object.__setattr__(programme, "warnings", problems)
    return tuple(sorted(set(problems))), programme


@lru_cache(maxsize=16)
def _read(
    contents: Contents, models: tuple[type[BaseModel], ...]
) -> tuple[tuple[Problem, ...], Programme | None]:
    problems, programme = read(contents)
    if programme is not None:
        _ = programme.hash  # worked out once, for every copy
    return problems, programme
