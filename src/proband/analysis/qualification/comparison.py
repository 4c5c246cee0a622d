"""Comparisons of our numbers with reference numbers, and the cases that make them: a failed one is a row, never an exception."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np

#: how the reference is known: recomputed with the named software, or read in the named publication or test file
Level = Literal["derived", "read"]


@dataclass(frozen=True, slots=True)
class ReferenceComparison:
    """One comparison of ``numbers`` numbers.

    Attributes
    ----------
    analysis, reference, level
        What was computed; who computed or printed the reference; how that is known.
    what
        Which numbers, in words.
    tolerance
        Largest difference allowed: absolute, or as a share of the reference where ``relative``.
    largest_difference
        What was found, in the same measure; infinite where a number is missing or of another shape.
    reason
        Why nothing could be compared; empty where it could.
    """

    analysis: str
    reference: str
    level: Level
    what: str
    numbers: int
    tolerance: float
    relative: bool
    largest_difference: float
    reason: str = ""

    @property
    def passed(self) -> bool:
        """Whether every number lies within the tolerance."""
        return not self.reason and self.largest_difference <= self.tolerance

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; a difference that is not finite is None."""
        found = self.largest_difference
        return {
            "analysis": self.analysis,
            "reference": self.reference,
            "level": self.level,
            "what": self.what,
            "numbers": self.numbers,
            "tolerance": self.tolerance,
            "relative": self.relative,
            "largest_difference": found if math.isfinite(found) else None,
            "passed": self.passed,
            "reason": self.reason,
        }


class Checks:
    """What one case compares; handed to it, filled by it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.made: list[ReferenceComparison] = []

    def equal(self, what: str, got: Any, want: Any, *, within: float = 0.0, relative: bool = False) -> None:
        """Compare; ``within`` is absolute, or a share of the reference where ``relative``. What is not a number equals nothing."""
        mine, theirs = np.asarray(got, dtype=float), np.asarray(want, dtype=float)
        worst = math.inf
        if mine.shape == theirs.shape and np.isfinite(mine).all() and np.isfinite(theirs).all():
            gap = np.abs(mine - theirs) / (np.abs(theirs) if relative else 1.0)
            worst = float(gap.max(initial=0.0))
        case = self.case
        self.made.append(
            ReferenceComparison(case.analysis, case.reference, case.level, what, int(theirs.size), within, relative, worst)
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One analysis against one reference; ``compiled`` needs the extra ``speed``."""

    analysis: str
    reference: str
    level: Level
    compiled: bool
    run: Callable[[Checks], None]

    def comparisons(self) -> tuple[ReferenceComparison, ...]:
        """Run it. Whatever it raises is a comparison that failed, beside those made before."""
        checks = Checks(self)
        try:
            self.run(checks)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            checks.made.append(
                ReferenceComparison(self.analysis, self.reference, self.level, "the case as a whole", 0, 0.0, False, math.inf, reason)
            )  # fmt: skip
        if not checks.made:
            checks.made.append(
                ReferenceComparison(self.analysis, self.reference, self.level, "the case as a whole", 0, 0.0, False, math.inf, "nothing was compared")
            )  # fmt: skip
        return tuple(checks.made)


CASES: list[Case] = []


def case(
    analysis: str, reference: str, *, level: Level = "derived", compiled: bool = False
) -> Callable[[Callable[[Checks], None]], Callable[[Checks], None]]:
    """Declare a function as a case."""

    def declare(function: Callable[[Checks], None]) -> Callable[[Checks], None]:
        CASES.append(Case(analysis, reference, level, compiled, function))
        return function

    return declare


@cache
def _numbers() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(
        files("proband.analysis.qualification").joinpath("numbers.json").read_text(encoding="utf-8")
    )
    return read


def from_r(name: str) -> Sequence[float]:
    """Numbers that R computed, by name."""
    values: Sequence[float] = _numbers()[name]["values"]
    return values


def software(name: str) -> str:
    """Which software and version computed them."""
    return str(_numbers()[name]["software"])
