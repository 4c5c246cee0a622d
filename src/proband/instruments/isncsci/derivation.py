"""How an answer came about: the findings that were read, the rule that applied at each level, and what it
said.

The rules build these records while they run, so that an explanation can never tell another story than the
calculation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from proband.instruments.isncsci.levels import Side
from proband.instruments.isncsci.model import Exam

_FEW = 8
"""How many findings still fit into the one-sentence reason; the steps name all of them."""


class DerivationInput(NamedTuple):
    """One finding that a rule looked at: ("right C6 motor", "3")."""

    what: str
    value: str

    def __str__(self) -> str:
        return f"{self.what} {self.value}"


def read_sensation(exam: Exam, side: Side, level: str) -> tuple[DerivationInput, DerivationInput]:
    """Light touch and pinprick of one dermatome."""
    return (
        DerivationInput(f"{side} {level} light touch", exam.touch(side, level)),
        DerivationInput(f"{side} {level} pinprick", exam.prick(side, level)),
    )


def read_muscle(exam: Exam, side: Side, level: str) -> DerivationInput:
    """The grade of one key muscle."""
    return DerivationInput(f"{side} {level} motor", exam.muscle(side, level))


def read_vac(exam: Exam) -> DerivationInput:
    """Voluntary anal contraction."""
    return DerivationInput("voluntary anal contraction", exam.vac())


def read_dap(exam: Exam) -> DerivationInput:
    """Deep anal pressure."""
    return DerivationInput("deep anal pressure", exam.dap())


def read_non_key(exam: Exam, side: Side) -> DerivationInput:
    """The lowest level with function in a non-key muscle; the value is "not recorded" when there is none."""
    return DerivationInput(
        f"{side} lowest non-key muscle with function", exam.non_key(side) or "not recorded"
    )


class DerivationStep(NamedTuple):
    """One step on the way to an answer.

    Attributes
    ----------
    at
        The level (or the part of the rule) where the step stands.
    readings
        Every finding that the step used.
    rule
        What the rule says about these findings, in words.
    output
        What the step adds to the answer ("C6", "C6*", "B"), or None.
    stops
        True when nothing further is looked at.
    flags
        True when a starred value was passed here, which stars later outputs.
    """

    at: str
    readings: tuple[DerivationInput, ...]
    rule: str
    output: str | None = None
    stops: bool = False
    flags: bool = False

    def __str__(self) -> str:
        seen = ", ".join(map(str, self.readings))
        text = f"{self.at}: {self.rule}" + (f" [{seen}]" if seen else "")
        if self.output is not None:
            text += f" → {self.output}"
        if self.flags:
            text += " (a starred value was passed: later answers carry a star)"
        return text + ("; stop" if self.stops else "")


@dataclass(frozen=True, slots=True)
class Derivation:
    """One answer with every step that led to it.

    Attributes
    ----------
    key, title
        The answer's exchange key ("rightMotor") and its name in words ("right motor level").
    answers
        Every possible answer, in order; more than one when the answer depends on values that are not known.
    steps
        The steps in the order in which the rule takes them.
    """

    key: str
    title: str
    answers: tuple[str, ...]
    steps: tuple[DerivationStep, ...]

    @property
    def result(self) -> str:
        """The answer as the standard writes it: "C5,C6*"."""
        return ",".join(self.answers)

    @property
    def because(self) -> str:
        """One sentence: the answer, and the steps that produced it."""
        return f"{self.title} {' or '.join(self.answers)} because " + "; ".join(_short(self.steps))

    def text(self) -> str:
        """The answer, the reason and every step with every value used, one per line."""
        return "\n".join((self.because, *(f"  {step}" for step in self.steps)))


def _short(steps: Sequence[DerivationStep]) -> list[str]:
    deciding = [step for step in steps if step.output is not None] or list(steps[-1:])
    return [
        f"{step.rule} ({', '.join(map(str, step.readings))})" if 0 < len(step.readings) <= _FEW else step.rule
        for step in deciding
    ]


def starred(answer: str, star: bool) -> str:
    """`answer` with a star where `star` holds."""
    return f"{answer}*" if star else answer
