"""The 25 answers of one examination, each with the steps that led to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from proband.instruments.isncsci.derivation import Derivation
from proband.instruments.isncsci.impairment import completeness, impairment_scale
from proband.instruments.isncsci.levels import KEY_MUSCLES, SIDES
from proband.instruments.isncsci.model import Exam
from proband.instruments.isncsci.neurological_levels import motor_level, neurological_level, sensory_level
from proband.instruments.isncsci.totals import TOTAL_MAXIMUM, totals
from proband.instruments.isncsci.zones import motor_zone, sensory_zone

TOTAL_KEYS: Final[tuple[str, ...]] = tuple(TOTAL_MAXIMUM)
LEVEL_KEYS: Final[tuple[str, ...]] = (
    "rightSensory",
    "leftSensory",
    "rightMotor",
    "leftMotor",
    "neurologicalLevelOfInjury",
)
GRADE_KEYS: Final[tuple[str, ...]] = ("injuryComplete", "asiaImpairmentScale")
ZONE_KEYS: Final[tuple[str, ...]] = ("rightSensoryZpp", "leftSensoryZpp", "rightMotorZpp", "leftMotorZpp")
ANSWER_KEYS: Final[tuple[str, ...]] = TOTAL_KEYS + LEVEL_KEYS + GRADE_KEYS + ZONE_KEYS
"""The 25 answers under their exchange keys."""


@dataclass(frozen=True)
class Classification:
    """What the standard says about one examination.

    Attributes
    ----------
    exam
        The examination.
    derivations
        The 25 answers by exchange key (`ANSWER_KEYS`), each with its steps.
    warnings
        What a clinician should look at before using the answers.
    """

    exam: Exam
    derivations: Mapping[str, Derivation]
    warnings: tuple[str, ...]

    def __getitem__(self, key: str) -> str:
        return self.derivations[key].result

    def to_dict(self) -> dict[str, str]:
        """The 25 answers as texts by exchange key; possible answers are separated by commas."""
        return {key: self.derivations[key].result for key in ANSWER_KEYS}

    def answers(self, key: str) -> tuple[str, ...]:
        """Every possible answer under `key`, in order."""
        return self.derivations[key].answers

    @property
    def ais(self) -> str:
        """The AIS grade or the possible grades: "B", "B,C"."""
        return self["asiaImpairmentScale"]

    @property
    def neurological_level(self) -> str:
        """The neurological level of injury or the possible levels."""
        return self["neurologicalLevelOfInjury"]

    @property
    def completeness(self) -> str:
        """C (complete), I (incomplete), or the possibilities."""
        return self["injuryComplete"]

    def total(self, key: str) -> int | None:
        """A sum as a number; None when it is not determinable."""
        text = self.derivations[key].result
        return int(text) if text.isdigit() else None

    def explain(self, key: str | None = None) -> str:
        """Tell, in text, how one answer (or each of the 25) came about: the reason first, then every step
        with every value.

        Raises
        ------
        KeyError
            When `key` is none of `ANSWER_KEYS`.
        """
        if key is not None:
            return self.derivations[key].text()
        parts = [self.derivations[k].text() for k in ANSWER_KEYS]
        return "\n\n".join((*parts, *(f"Warning: {warning}" for warning in self.warnings)))


def classify(exam: Exam) -> Classification:
    """Classify one examination by the 2019 revision of the standard.

    Not for clinical use unless a clinician verifies the result. Where the answer depends on a value that is
    not known, every possible answer is given; nothing is guessed.
    """
    found = {derivation.key: derivation for derivation in totals(exam)}

    def add(derivation: Derivation) -> Derivation:
        found[derivation.key] = derivation
        return derivation

    for side in SIDES:
        add(sensory_level(exam, side))
    motor = {side: add(motor_level(exam, side)).answers for side in SIDES}
    nli = add(neurological_level(exam)).answers
    complete = add(completeness(exam)).answers
    ais = add(impairment_scale(exam, complete, dict(motor), nli)).answers
    for side in SIDES:
        add(sensory_zone(exam, side))
        add(motor_zone(exam, side, motor[side], ais))
    return Classification(exam, {key: found[key] for key in ANSWER_KEYS}, tuple(_warnings(exam, nli, ais)))


def _warnings(exam: Exam, nli: tuple[str, ...], ais: tuple[str, ...]) -> list[str]:
    warnings = []
    grades = {grade.rstrip("*") for grade in ais}
    intact = [level.rstrip("*") for level in nli] == ["INT"]
    if "E" in grades:
        warnings.append(
            "AIS E needs a documented earlier deficit from a spinal cord injury, which no examination shows; "
            "a person without such an injury has no AIS grade."
        )
    if intact and grades != {"E"}:
        warnings.append(
            f"The level is intact, yet the AIS is {','.join(ais)} because voluntary anal contraction is "
            f"{exam.vac()}: formally right, clinically unusual. Check the anorectal examination."
        )
    for side in SIDES:
        level = exam.non_key(side)
        if level is not None and level not in KEY_MUSCLES:
            warnings.append(
                f"The non-key muscle recorded at {level} on the {side} is not at a key-muscle level and changes no answer."
            )
    return warnings
