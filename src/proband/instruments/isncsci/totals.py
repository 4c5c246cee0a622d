"""The fourteen sums of an examination: motor scores of the arms and legs, light touch, pinprick, per side and
together.

A sum adds what was *measured*: stars are taken off, even where `**` means "treat as normal". One value that
was not testable makes the sum not determinable (`ND`). The 2019 revision has no motor total over arms and
legs of both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from proband.instruments.isncsci.derivation import Derivation, DerivationInput, DerivationStep, read_muscle
from proband.instruments.isncsci.grades import without_stars
from proband.instruments.isncsci.levels import (
    DERMATOMES,
    KEY_MUSCLES,
    LOWER_KEY_MUSCLES,
    SIDES,
    UPPER_KEY_MUSCLES,
    Side,
)
from proband.instruments.isncsci.model import Exam

NOT_DETERMINABLE: Final = "ND"

TOTAL_MAXIMUM: Final[dict[str, int]] = {
    **{f"{side}UpperMotorTotal": 25 for side in SIDES},
    **{f"{side}LowerMotorTotal": 25 for side in SIDES},
    **{f"{side}MotorTotal": 50 for side in SIDES},
    **{f"{side}TouchTotal": 56 for side in SIDES},
    **{f"{side}PrickTotal": 56 for side in SIDES},
    "upperMotorTotal": 50,
    "lowerMotorTotal": 50,
    "touchTotal": 112,
    "prickTotal": 112,
}
"""Each sum with its greatest value; the least is 0 and higher is better."""

TOTAL_TITLE: Final[dict[str, str]] = {
    **{f"{side}UpperMotorTotal": f"{side} upper extremity motor score" for side in SIDES},
    **{f"{side}LowerMotorTotal": f"{side} lower extremity motor score" for side in SIDES},
    **{f"{side}MotorTotal": f"{side} motor score" for side in SIDES},
    **{f"{side}TouchTotal": f"{side} light touch score" for side in SIDES},
    **{f"{side}PrickTotal": f"{side} pinprick score" for side in SIDES},
    "upperMotorTotal": "upper extremity motor score (UEMS)",
    "lowerMotorTotal": "lower extremity motor score (LEMS)",
    "touchTotal": "light touch score",
    "prickTotal": "pinprick score",
}


def totals(exam: Exam) -> Iterator[Derivation]:
    """The fourteen sums in the order of `TOTAL_MAXIMUM`, each with the values that were added."""

    def touch(side: Side, level: str) -> DerivationInput:
        return DerivationInput(f"{side} {level} light touch", exam.touch(side, level))

    def prick(side: Side, level: str) -> DerivationInput:
        return DerivationInput(f"{side} {level} pinprick", exam.prick(side, level))

    def muscle(side: Side, level: str) -> DerivationInput:
        return read_muscle(exam, side, level)

    columns: tuple[tuple[str, Callable[[Side, str], DerivationInput], tuple[str, ...]], ...] = (
        ("UpperMotorTotal", muscle, UPPER_KEY_MUSCLES),
        ("LowerMotorTotal", muscle, LOWER_KEY_MUSCLES),
        ("MotorTotal", muscle, KEY_MUSCLES),
        ("TouchTotal", touch, DERMATOMES),
        ("PrickTotal", prick, DERMATOMES),
    )
    for name, read, levels in columns:
        for side in SIDES:
            yield _sum(f"{side}{name}", [read(side, level) for level in levels])
    for name, read, levels in columns:
        if name != "MotorTotal":
            key = name[0].lower() + name[1:]
            yield _sum(key, [read(side, level) for side in SIDES for level in levels])


def _sum(key: str, readings: list[DerivationInput]) -> Derivation:
    grades = [without_stars(reading.value) for reading in readings]
    if "NT" in grades:
        result, rule = NOT_DETERMINABLE, "a value that was not testable has no number to add"
    else:
        result, rule = str(sum(map(int, grades))), "the measured grades add up"
    return Derivation(
        key, TOTAL_TITLE[key], (result,), (DerivationStep("sum", tuple(readings), rule, result),)
    )
