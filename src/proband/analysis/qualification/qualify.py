"""Run the cases on this installation, and write what was found as a report that can be signed and held against its signature.

A report says what ran where: the version and a digest of the analyses' own files, Python, libraries, machine. A signature binds all of it;
it says who answers for the run, not that the run was made when it says.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import proband
from proband.analysis.qualification.comparison import CASES, Case, ReferenceComparison
from proband.analysis.result import AnalysisError
from proband.programme.sealing import is_signed, signed
from proband.terms.canonical import canonical

if TYPE_CHECKING:
    from proband.programme.sealing import PrivateKey

FORMAT = "proband-qualification-1"
#: modules whose import declares cases
_DECLARING = ("designs", "times", "people", "mixed", "compiled")


@dataclass(frozen=True, slots=True)
class Qualification:
    """What was found: every comparison, the analyses that were not tried and why, and where it ran."""

    comparisons: tuple[ReferenceComparison, ...]
    not_tried: tuple[tuple[str, str], ...]
    environment: dict[str, Any]

    @property
    def failed(self) -> tuple[ReferenceComparison, ...]:
        """Those outside their tolerance, or that could not be made."""
        return tuple(each for each in self.comparisons if not each.passed)

    @property
    def passed(self) -> bool:
        """Whether everything that was tried lies within its tolerance, and anything was tried."""
        return bool(self.comparisons) and not self.failed

    @property
    def words(self) -> str:
        """The verdict in a sentence."""
        numbers = sum(each.numbers for each in self.comparisons)
        left = f" {len(self.not_tried)} analyses were not tried." if self.not_tried else ""
        if self.passed:
            return f"{numbers} numbers in {len(self.comparisons)} comparisons lie within their tolerance.{left}"  # fmt: skip
        return f"{len(self.failed)} of {len(self.comparisons)} comparisons lie outside their tolerance.{left}"

    def report(self, at: datetime, key: PrivateKey | None = None) -> dict[str, Any]:
        """The report as plain JSON values, signed where a key is given.

        ``at`` is the moment that the signer states, no trusted time stamp.
        """
        body: dict[str, Any] = {
            "format": FORMAT,
            "at": at.isoformat(timespec="seconds"),
            "passed": self.passed,
            "verdict": self.words,
            "environment": self.environment,
            "comparisons": [each.as_dict() for each in self.comparisons],
            "not_tried": [{"analysis": name, "reason": why} for name, why in self.not_tried],
        }
        if key is None:
            return body
        from proband.programme.sealing import public_text

        body["public_key"] = public_text(key.public_key())
        return {**body, "signature": signed(canonical(body), key)[1]}


def cases() -> tuple[Case, ...]:
    """Every case, in the order of their modules."""
    for name in _DECLARING:
        import_module(f"proband.analysis.qualification.{name}")
    return tuple(CASES)


def qualify(
    *,
    compiled: bool = True,
    only: str = "",
    advance: Callable[[int], None] | None = None,
    among: Iterable[Case] | None = None,
) -> Qualification:
    """Rerun the reference cases.

    Parameters
    ----------
    compiled
        Whether to try the compiled kernels too; the first time they take a minute to compile.
    only
        Part of an analysis' name: only these are tried.
    advance
        Told after each case, for a progress bar.
    among
        The cases; all of them by default.

    Raises
    ------
    AnalysisError
        ``analysis.qualification.none`` where no analysis has that name.
    """
    every = tuple(cases() if among is None else among)
    chosen = [each for each in every if only.casefold() in each.analysis.casefold()]
    if not chosen:
        raise AnalysisError("analysis.qualification.none", only=only, known=sorted({each.analysis for each in every}))  # fmt: skip
    has_numba = find_spec("numba") is not None
    made: list[ReferenceComparison] = []
    left: list[tuple[str, str]] = []
    for each in chosen:
        if each.compiled and not (compiled and has_numba):
            left.append((each.analysis, "it was not asked for" if not compiled else "the extra speed (Numba) is not installed"))  # fmt: skip
        else:
            made.extend(each.comparisons())
        if advance is not None:
            advance(1)
    return Qualification(tuple(made), tuple(left), environment())


def environment() -> dict[str, Any]:
    """What the numbers depend on: the program and a digest of its analyses, Python, libraries, machine."""

    def installed(name: str) -> str | None:
        try:
            return version(name)
        except PackageNotFoundError:
            return None

    return {
        "proband": proband.__version__,
        "analyses": digest(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "libraries": {name: installed(name) for name in ("numpy", "scipy", "numba")},
        "system": f"{platform.system()} {platform.machine()}",
    }


@cache
def digest() -> str:
    """SHA-256 (64 hexadecimal digits) over the names and bytes of all files of ``proband.analysis``."""
    total = sha256()
    root = "proband.analysis"
    for name in sorted(_names(files(root), "")):
        content = files(root).joinpath(name).read_bytes()
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def _names(folder: Traversable, before: str) -> Iterator[str]:
    for each in folder.iterdir():
        if each.is_dir():
            if not each.name.startswith("__"):
                yield from _names(each, f"{before}{each.name}/")
        elif each.name.endswith((".py", ".json")):
            yield f"{before}{each.name}"


def verified(text: str | bytes, public_key: str | None = None) -> dict[str, Any]:
    """A signed report from its file, its signature checked, and its verdict held against its own rows.

    Parameters
    ----------
    public_key
        The key (base64) that must have signed; without it any valid signature counts, which shows integrity and not origin.

    Raises
    ------
    AnalysisError
        ``analysis.qualification.unreadable``, ``.unsigned``, ``.forged``, ``.signer``, ``.contradiction``.
    """
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise ValueError(f"unknown format {told['format']!r}")
        for name in ("comparisons", "environment", "passed", "at", "verdict", "not_tried"):
            told[name]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise AnalysisError("analysis.qualification.unreadable", reason=str(error) or type(error).__name__) from error  # fmt: skip
    body = {name: value for name, value in told.items() if name != "signature"}
    if "signature" not in told or "public_key" not in told:
        raise AnalysisError("analysis.qualification.unsigned")
    try:
        genuine = is_signed(canonical(body), str(told["public_key"]), str(told["signature"]))
    except ValueError:
        genuine = False
    if not genuine:
        raise AnalysisError("analysis.qualification.forged")
    if public_key is not None and public_key != told["public_key"]:
        raise AnalysisError("analysis.qualification.signer", signed=told["public_key"], expected=public_key)
    rows = body["comparisons"]
    if body["passed"] != (bool(rows) and all(row["passed"] for row in rows)):
        raise AnalysisError("analysis.qualification.contradiction")
    return dict(told)
