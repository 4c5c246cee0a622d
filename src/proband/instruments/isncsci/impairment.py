"""Completeness of the injury and the ASIA Impairment Scale (AIS), grades A to E, as sets where the answer
depends on what is unknown.

Source: ISNCSCI revised 2019. AIS E presupposes a spinal cord injury with an earlier deficit, a clinical fact
that no examination shows: see `classification.Classification.warnings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

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
from proband.instruments.isncsci.grades import MAYBE_ABSENT, WEAK, WEAK_AS_NORMAL, WEAK_NOT_SCI
from proband.instruments.isncsci.levels import INDEX, INTACT, KEY_MUSCLES, SIDES, Side
from proband.instruments.isncsci.model import Exam
from proband.instruments.isncsci.neurological_levels import neurological_level

_FAR = 4
"""A muscle shows motor function *more than three levels* below the motor level from this index difference
on.
"""
_MAYBE_WEAK = WEAK | {"NT", "NT*"} | WEAK_NOT_SCI
_NO_FUNCTION = frozenset({"0", "NT", "NT*", "0*"})


def _sacral_sensation(exam: Exam) -> tuple[DerivationInput, ...]:
    return tuple(reading for side in SIDES for reading in read_sensation(exam, side, "S4-5"))


def completeness(exam: Exam) -> Derivation:
    """Whether anything is preserved in the lowest sacral segments: complete (C), incomplete (I), or not to be
    told.
    """
    vac, dap, sacral = read_vac(exam), read_dap(exam), _sacral_sensation(exam)
    values = {reading.value for reading in sacral}
    readings = (vac, dap, *sacral)
    answers: tuple[str, ...]
    if vac.value == "No" and dap.value == "No" and values == {"0"}:
        step, answers = "nothing is preserved in the lowest sacral segments", ("C",)
    elif vac.value == "No" and dap.value == "No" and values <= {"0", "0*"}:
        step, answers = (
            "sensation is absent at S4-5, but in part for another reason than the injury",
            ("C*", "I*"),
        )
    elif vac.value == "No" and dap.value == "No" and values <= {"0", "0**"}:
        step, answers = "absent sensation at S4-5 counts as normal, being due to another condition", ("I*",)
    elif vac.value != "Yes" and dap.value != "Yes" and values <= MAYBE_ABSENT:
        step, answers = (
            "whether anything is preserved in the lowest sacral segments cannot be told",
            ("C", "I"),
        )
    else:
        step, answers = "something is preserved in the lowest sacral segments", ("I",)
    steps = [DerivationStep("S4-5", readings, step, answers[0])]
    steps += [DerivationStep("S4-5", (), "or the other answer", answer) for answer in answers[1:]]
    return Derivation("injuryComplete", "completeness", answers, tuple(steps))


class _Found(NamedTuple):
    """What a question about the examination came to."""

    holds: bool
    star: bool
    rule: str
    readings: tuple[DerivationInput, ...]


def impairment_scale(
    exam: Exam,
    complete: Sequence[str],
    motor_levels: dict[Side, Sequence[str]],
    neurological_levels: Sequence[str],
) -> Derivation:
    """The AIS grades that can be true, in order.

    Parameters
    ----------
    complete
        The answer of `completeness`.
    motor_levels, neurological_levels
        The possible motor levels of each side and the possible neurological levels, with their stars.
    """
    vac = read_vac(exam)
    levels = [level.rstrip("*") for level in neurological_levels]
    motor = ", ".join(f"{side} {','.join(motor_levels[side])}" for side in SIDES)
    rule = f"motor levels {motor}; neurological level {','.join(neurological_levels)}; completeness {','.join(complete)}"
    steps = [DerivationStep("levels", (), rule)]

    def finish() -> Derivation:
        answers = tuple(step.output for step in steps if step.output is not None)
        return Derivation("asiaImpairmentScale", "AIS", answers, tuple(steps))

    if levels == [INTACT] and vac.value == "Yes":
        rule = "sensation and strength are normal on both sides and the anal sphincter contracts"
        steps.append(
            DerivationStep("E", (vac,), rule, starred("E", neurological_levels[0].endswith("*")), stops=True)
        )
        return finish()

    a = [grade for grade in complete if grade.startswith("C")]
    if a:
        star = any("*" in grade for grade in complete)
        steps.append(DerivationStep("A", (), f"completeness is {','.join(complete)}", starred("A", star)))
    else:
        steps.append(DerivationStep("A", (), f"completeness is {','.join(complete)}, so not A"))

    sacral = _sacral_sensation_possible(exam)
    incomplete = _motor_incomplete_possible(exam, sacral, motor_levels)
    for grade, found in (
        ("B", _grade_b(exam, sacral, motor_levels)),
        ("C", _grade_c(exam, incomplete, levels)),
        ("D", _grade_d(exam, incomplete, levels)),
    ):
        steps.append(
            DerivationStep(
                grade, found.readings, found.rule, starred(grade, found.star) if found.holds else None
            )
        )
    if vac.value != "No" and INTACT in levels:
        star = any(level == f"{INTACT}*" for level in neurological_levels)
        steps.append(
            DerivationStep(
                "E", (vac,), "the level may be intact and the anal sphincter may contract", starred("E", star)
            )
        )
    return finish()


def _sacral_sensation_possible(exam: Exam) -> _Found:
    dap, sacral = read_dap(exam), _sacral_sensation(exam)
    values = {reading.value for reading in sacral}
    holds = dap.value != "No" or values != {"0"}
    star = dap.value == "No" and values != {"0"} and values <= {"0", "0*", "0**"}
    rule = "sacral sensation is or may be preserved" if holds else "sacral sensation is absent"
    return _Found(holds, star, rule, (dap, *sacral))


def _far_muscles(exam: Exam, side: Side, motor_level: str) -> list[DerivationInput]:
    """The key muscles more than three levels below a motor level, rostral → caudal."""
    if motor_level == INTACT:
        return []
    return [
        read_muscle(exam, side, level) for level in KEY_MUSCLES if INDEX[level] >= INDEX[motor_level] + _FAR
    ]


def _grade_b(exam: Exam, sacral: _Found, motor_levels: dict[Side, Sequence[str]]) -> _Found:
    """Sensory but not motor incomplete: sacral sensation, and no motor function more than three levels below
    on either side.
    """
    vac = read_vac(exam)
    readings = [vac, *sacral.readings]
    if not sacral.holds:
        return _Found(False, False, sacral.rule, tuple(readings))
    if vac.value == "Yes":
        return _Found(
            False, False, "the anal sphincter contracts, so the injury is motor incomplete", tuple(readings)
        )
    all_pass, met_star = True, False
    for side in SIDES:
        non_key = read_non_key(exam, side)
        readings.append(non_key)
        side_passes = False
        for motor_level in motor_levels[side]:
            found_function = False
            for muscle in _far_muscles(exam, side, motor_level.rstrip("*")):
                readings.append(muscle)
                met_star |= muscle.value in ("0*", "0**")
                if muscle.value not in _NO_FUNCTION or _is_at(muscle, non_key):
                    found_function = True
                    break
            if not found_function:
                side_passes = True
                break
        all_pass &= side_passes
    readings = list(dict.fromkeys(readings))
    if not all_pass:
        rule = "a muscle works more than three levels below the motor level"
        return _Found(False, False, rule, tuple(readings))
    rule = "sacral sensation is or may be preserved, and no muscle surely works more than three levels below the motor level"
    return _Found(True, sacral.star or (vac.value == "No" and met_star), rule, tuple(readings))


def _is_at(muscle: DerivationInput, non_key: DerivationInput) -> bool:
    return muscle.what.split()[1] == non_key.value


def _motor_incomplete_possible(exam: Exam, sacral: _Found, motor_levels: dict[Side, Sequence[str]]) -> _Found:
    vac = read_vac(exam)
    if vac.value != "No":
        return _Found(True, False, "the anal sphincter contracts or may contract", (vac,))
    readings = [vac, *sacral.readings]
    if not sacral.holds:
        return _Found(
            False, False, f"the anal sphincter does not contract and {sacral.rule}", tuple(readings)
        )
    holds = star = False
    for side in SIDES:
        non_key = read_non_key(exam, side)
        readings.append(non_key)
        muscles = [m for level in motor_levels[side] for m in _far_muscles(exam, side, level.rstrip("*"))]
        for muscle in muscles:
            readings.append(muscle)
            if muscle.value != "0" or _is_at(muscle, non_key):
                holds = True
                star |= muscle.value == "0**"
                break
    rule = (
        "a muscle works or may work more than three levels below the motor level"
        if holds
        else "no muscle works more than three levels below the motor level"
    )
    return _Found(holds, star, rule, tuple(dict.fromkeys(readings)))


def _muscles_below(exam: Exam, level: str) -> list[DerivationInput]:
    """The key muscles of both sides below a neurological level."""
    return [
        read_muscle(exam, side, muscle)
        for side in SIDES
        for muscle in KEY_MUSCLES
        if INDEX[muscle] > INDEX[level]
    ]


def _grade_c(exam: Exam, incomplete: _Found, levels: Sequence[str]) -> _Found:
    """Motor incomplete, and more than half of the key muscles below the neurological level weaker than grade
    3.
    """
    if not incomplete.holds:
        return _Found(False, False, incomplete.rule, incomplete.readings)
    level, readings = _first_level_mostly_weak(exam, levels)
    readings = tuple(dict.fromkeys((*incomplete.readings, *readings)))
    if level is None:
        rule = f"at least half of the key muscles below {' or '.join(levels)} have grade 3 or more"
        return _Found(False, False, rule, readings)
    below = _muscles_below(exam, level)
    surely = sum(muscle.value in _MAYBE_WEAK - WEAK_NOT_SCI for muscle in below)
    weak = sum(muscle.value in _MAYBE_WEAK for muscle in below)
    rule = f"{weak} of {len(below)} key muscles below {level} are or may be weaker than grade 3, more than half; {incomplete.rule}"
    star = incomplete.star or not surely * 2 > len(below)
    bare = exam.without_stars()
    if not star and bare != exam:
        measured = neurological_level(bare)
        measured_level, looked_at = _first_level_mostly_weak(bare, measured.answers)
        star = measured_level is None
        says = "would not hold" if star else "would hold too"
        rule += f"; with all stars taken off the neurological level would be {measured.result} and C {says}"
        readings = (*readings, *(reading for step in measured.steps for reading in step.readings), *looked_at)
    return _Found(True, star, rule, tuple(dict.fromkeys(readings)))


def _first_level_mostly_weak(
    exam: Exam, levels: Sequence[str]
) -> tuple[str | None, tuple[DerivationInput, ...]]:
    looked_at: list[DerivationInput] = []
    for level in levels:
        below = _muscles_below(exam, level)
        looked_at += below
        if sum(muscle.value in _MAYBE_WEAK for muscle in below) * 2 > len(below):
            return level, tuple(looked_at)
    return None, tuple(looked_at)


def _grade_d(exam: Exam, incomplete: _Found, levels: Sequence[str]) -> _Found:
    """Motor incomplete, and at least half of the key muscles below the neurological level of grade 3 or
    more.
    """
    if not incomplete.holds:
        return _Found(False, False, incomplete.rule, incomplete.readings)
    readings = list(incomplete.readings)
    holds, surely, rules = False, False, []
    for level in levels:
        if level == INTACT:
            break
        below = _muscles_below(exam, level)
        readings += below
        if not below:
            holds = surely = True
            rules.append(f"there is no key muscle below {level}")
            continue
        strong = sum(muscle.value not in WEAK for muscle in below)
        as_measured = sum(muscle.value not in WEAK | WEAK_NOT_SCI | WEAK_AS_NORMAL for muscle in below)
        holds |= strong * 2 >= len(below)
        surely |= as_measured * 2 >= len(below)
        rules.append(f"{strong} of {len(below)} key muscles below {level} have or may have grade 3 or more")
    rule = "; ".join((*rules, incomplete.rule)) or "the level is intact"
    if not holds:
        return _Found(False, False, rule, tuple(dict.fromkeys(readings)))
    return _Found(True, incomplete.star or not surely, rule, tuple(dict.fromkeys(readings)))
