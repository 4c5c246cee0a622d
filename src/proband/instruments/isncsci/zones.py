"""Zones of partial preservation: the most caudal level with any function left below the level, where the
lowest segments have none.

Since 2019 the zones are not limited to complete injuries: the sensory zone of a side applies where there is
no deep anal pressure and no sensation at S4-5 on that side, the motor zone where there is no voluntary anal
contraction. Source: ISNCSCI revised 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from proband.instruments.isncsci.derivation import (
    Derivation,
    DerivationInput,
    DerivationStep,
    read_dap,
    read_muscle,
    read_non_key,
    read_sensation,
    read_vac,
    starred,
)
from proband.instruments.isncsci.grades import MAYBE_ABSENT, stars
from proband.instruments.isncsci.levels import INDEX, INTACT, KEY_MUSCLES, LEVELS, Side, level_index
from proband.instruments.isncsci.model import Exam

NOT_APPLICABLE: Final = "NA"

_NO_FUNCTION: Final = frozenset({"0", "NT", "NT*", "0*"})
"""Grades that do not show that a muscle works."""
_NON_KEY_REACH: Final = 3
"""A non-key muscle counts for the motor zone when it lies more than this many levels below."""


def sensory_zone(exam: Exam, side: Side) -> Derivation:
    """The most caudal dermatome with some sensation on one side, or NA where sensation reaches S4-5."""
    dap = read_dap(exam)
    steps: list[DerivationStep] = []

    def finish() -> Derivation:
        return _zone(f"{side}SensoryZpp", f"{side} sensory zone of partial preservation", steps)

    if dap.value == "Yes":
        steps.append(DerivationStep("S4-5", (dap,), "deep anal pressure is felt", NOT_APPLICABLE, stops=True))
        return finish()
    lowest = read_sensation(exam, side, "S4-5")
    values = {reading.value for reading in lowest}
    if values - MAYBE_ABSENT:
        rule = "there is sensation at S4-5 on this side"
        steps.append(DerivationStep("S4-5", (dap, *lowest), rule, NOT_APPLICABLE, stops=True))
        return finish()
    if dap.value == "NT" or values != {"0"}:
        rule = "sensation in the lowest segments cannot be excluded"
        steps.append(DerivationStep("S4-5", (dap, *lowest), rule, NOT_APPLICABLE))
    else:
        steps.append(
            DerivationStep(
                "S4-5", (dap, *lowest), "there is no sensation in the lowest segments on this side"
            )
        )
    flag = False
    for level in reversed(LEVELS[1:-1]):
        readings = read_sensation(exam, side, level)
        values = {reading.value for reading in readings}
        if values == {"0"}:
            steps.append(DerivationStep(level, readings, "no sensation"))
        elif values - MAYBE_ABSENT:
            steps.append(DerivationStep(level, readings, "some sensation", starred(level, flag), stops=True))
            break
        elif values & {"NT", "NT*"}:
            steps.append(
                DerivationStep(level, readings, "sensation cannot be excluded", starred(level, flag))
            )
        else:
            rule = "sensation is absent, but for another reason than the injury"
            steps.append(DerivationStep(level, readings, rule, starred(level, True), flags=True))
            flag = True
    else:
        # C1 never carries a star in the released reference, though a starred value may have been passed below it.
        steps.append(DerivationStep("C1", (), "C1 is not tested and counts as normal", "C1"))
    return finish()


def motor_zone(exam: Exam, side: Side, motor_levels: Sequence[str], grades: Sequence[str]) -> Derivation:
    """The most caudal level with some motor function on one side, or NA where the anal sphincter contracts.

    Parameters
    ----------
    motor_levels
        The possible motor levels of this side, with or without stars.
    grades
        The possible AIS grades: only where C is one of them does a non-key muscle count.
    """
    vac = read_vac(exam)
    steps: list[DerivationStep] = []

    def finish() -> Derivation:
        return _zone(f"{side}MotorZpp", f"{side} motor zone of partial preservation", steps)

    if vac.value == "Yes":
        steps.append(
            DerivationStep("S4-5", (vac,), "the anal sphincter contracts", NOT_APPLICABLE, stops=True)
        )
        return finish()
    if vac.value == "NT":
        rule = "the anal sphincter was not testable and may contract"
        steps.append(DerivationStep("S4-5", (vac,), rule, NOT_APPLICABLE))
    else:
        steps.append(DerivationStep("S4-5", (vac,), "the anal sphincter does not contract"))

    listed = ["S3" if level.rstrip("*") == INTACT else level.rstrip("*") for level in motor_levels]
    top = INDEX[listed[0]]
    bottom = INDEX[listed[-1]] if any(level in ("S2", "S3") for level in listed) else INDEX["S1"]
    non_key = read_non_key(exam, side)
    counts = any(grade.rstrip("*") == "C" for grade in grades)
    reach = INDEX[non_key.value] if counts and non_key.value in KEY_MUSCLES else None
    if non_key.value in LEVELS:
        rule = (
            "the non-key muscle counts, because AIS C is possible"
            if reach is not None
            else "the non-key muscle does not count: it does so only at a key-muscle level and where AIS C is possible"
        )
    else:
        rule = "no non-key muscle with function is recorded"
    steps.append(DerivationStep("non-key muscle", (non_key,), rule))
    top_star = LEVELS[top] not in KEY_MUSCLES and _star_down_to(exam, side, top, steps)

    passed_over = False
    for index in range(bottom, top - 1, -1):
        level = LEVELS[index]
        if level in KEY_MUSCLES:
            muscle = read_muscle(exam, side, level)
            readings: tuple[DerivationInput, ...] = (muscle,)
            works = muscle.value not in _NO_FUNCTION
            output = works or muscle.value != "0"
            star = muscle.value in ("0*", "0**")
            rule = "the muscle works" if works else "function cannot be excluded" if output else "no function"
        else:
            works = False
            output = level in listed
            readings = read_sensation(exam, side, level) if output and index > 0 else ()
            own_star = any(stars(r.value) and r.value[0] in "01" for r in readings)
            star = own_star or (index == top and top_star)
            rule = "a possible motor level, with no key muscle of its own" if output else "no key muscle here"
        if output and reach is not None and reach - index > _NON_KEY_REACH:
            rule += (
                f", but the non-key muscle at {LEVELS[reach]} works more than {_NON_KEY_REACH} levels below"
            )
            output = False
            passed_over = True
        steps.append(
            DerivationStep(level, readings, rule, starred(level, star) if output else None, stops=works)
        )
        if works:
            break
    if (
        passed_over
        and reach is not None
        and not any(s.output and s.output.rstrip("*") == LEVELS[reach] for s in steps)
    ):
        steps.append(DerivationStep(LEVELS[reach], (non_key,), "a non-key muscle works here", LEVELS[reach]))
    return finish()


def _star_down_to(exam: Exam, side: Side, top: int, steps: list[DerivationStep]) -> bool:
    """Tell whether a starred value lies at or above the first possible motor level, where sensation stands in
    for strength.

    Only then does that level owe its place to a starred value. (The released reference asks this of the first
    possible motor level alone, and only where that level has no key muscle.)
    """
    looked_at: list[DerivationInput] = []
    found = False
    for level in LEVELS[1 : top + 1]:
        looked_at += read_sensation(exam, side, level)
        if level in KEY_MUSCLES:
            looked_at.append(read_muscle(exam, side, level))
        found = any(stars(reading.value) for reading in looked_at)
        if found:
            break
    rule = f"{'a' if found else 'no'} starred value lies at or above the first possible motor level, {LEVELS[top]}"
    steps.append(DerivationStep("stars", tuple(looked_at), rule))
    return found


def _zone(key: str, title: str, steps: list[DerivationStep]) -> Derivation:
    answers = [step.output for step in steps if step.output is not None]
    answers.sort(key=lambda answer: -1 if answer == NOT_APPLICABLE else level_index(answer))
    return Derivation(key, title, tuple(answers), tuple(steps))
