"""Sensory level, motor level and neurological level of injury: three scans from C1 downwards.

Each scan asks the same three questions of every level, and they are independent of one another: may the
answer be *this* level (output)? may it be further down (continue or stop)? and was a value passed that
carries a star (flag), which stars what comes out later? Source: ISNCSCI revised 2019 (Rupp et al., Top Spinal
Cord Inj Rehabil 2021;27(2):1-22).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from proband.instruments.isncsci.derivation import (
    Derivation,
    DerivationInput,
    DerivationStep,
    read_muscle,
    read_sensation,
    read_vac,
    starred,
)
from proband.instruments.isncsci.grades import (
    ABNORMAL,
    ANTIGRAVITY,
    FULL,
    NORMAL,
    UNSURE,
    WEAK,
    WEAK_AS_NORMAL,
    WEAK_NOT_SCI,
    stars,
)
from proband.instruments.isncsci.levels import INDEX, INTACT, LEVELS, SIDES, Side
from proband.instruments.isncsci.model import Exam

_BLOCK_ENTRY: Final = frozenset({"C4", "L1"})
"""The levels above a block of key muscles."""
_BLOCK_INSIDE: Final = frozenset({"C5", "C6", "C7", "C8", "L2", "L3", "L4", "L5"})
_BLOCK_END: Final = {"T1": "C4", "S1": "L1"}
"""Last level of a block of key muscles → the level above the block."""
MYOTOME_LEVELS: Final = _BLOCK_ENTRY | _BLOCK_INSIDE | frozenset(_BLOCK_END)


class LevelRuling(NamedTuple):
    """What a rule says about one level: the three independent results, and why."""

    rule: str
    readings: tuple[DerivationInput, ...]
    output: bool = False
    stop: bool = False
    flag: bool = False
    star: bool = False

    def step(self, level: str, flag_before: bool) -> DerivationStep:
        """The verdict as a step of a scan in which `flag_before` tells whether a starred value was passed
        above.
        """
        output = starred(level, self.star or flag_before) if self.output else None
        return DerivationStep(level, self.readings, self.rule, output, self.stop, self.flag)


def sensory_step(exam: Exam, side: Side, level: str) -> LevelRuling:
    """Judge whether sensation is still normal one level below `level`."""
    below = LEVELS[INDEX[level] + 1]
    readings = read_sensation(exam, side, below)
    values = {reading.value for reading in readings}
    if values == {NORMAL}:
        return LevelRuling(f"sensation is normal at {below}", readings)
    if values & ABNORMAL:
        return LevelRuling(f"sensation is absent or altered at {below}", readings, output=True, stop=True)
    if "NT*" in values:
        return LevelRuling(
            f"{below} was not testable for another reason than the injury and counts as not normal",
            readings,
            output=True,
            stop=True,
            flag=True,
            star=True,
        )
    if "NT" in values:
        return LevelRuling(
            f"{below} was not testable, so sensation may end above it or not",
            readings,
            output=True,
            flag=bool(values & {"0**", "1**"}),
        )
    return LevelRuling(f"{below} counts as normal in spite of another condition", readings, flag=True)


def block_entry_step(exam: Exam, side: Side, level: str) -> LevelRuling:
    """Judge C4 or L1: only the first key muscle below can end the scan here."""
    below = LEVELS[INDEX[level] + 1]
    muscle = read_muscle(exam, side, below)
    value = muscle.value
    if value in WEAK:
        rule = f"the first key muscle, {below}, is weaker than grade 3"
    elif value in UNSURE:
        rule = f"the first key muscle, {below}, may be weaker than grade 3"
    else:
        rule = f"the first key muscle, {below}, has or counts as having at least grade 3"
    return LevelRuling(
        rule, (muscle,), output=value in WEAK | UNSURE, stop=value in WEAK, flag=value in WEAK_AS_NORMAL
    )


def key_muscle_step(exam: Exam, side: Side, level: str, below: str) -> LevelRuling:
    """Judge a level inside a block of key muscles: its own muscle must be normal, and the one at `below` at
    least grade 3.

    The neurological level asks this of T1 and S1 too, with `below` the same level, because no key muscle
    follows there.
    """
    here, following = read_muscle(exam, side, level), read_muscle(exam, side, below)
    m, n = here.value, following.value
    if m in WEAK:
        raise AssertionError(f"{here}: a weak muscle must have stopped the scan one level above")
    not_normal = m in WEAK_NOT_SCI or m == "NT*"
    if m in ANTIGRAVITY:
        rule = f"{level} has at least grade 3 but is not normal, so no level below can be reached"
    elif not_normal:
        rule = (
            f"{level} is impaired or untestable for another reason than the injury and counts as not normal"
        )
    elif n in WEAK:
        rule = f"the next key muscle, {below}, is weaker than grade 3"
    elif n in UNSURE:
        rule = f"the next key muscle, {below}, may be weaker than grade 3"
    elif m in FULL:
        rule = f"{level} is or counts as normal and {below} has at least grade 3"
    else:
        rule = f"{level} was not testable and may be normal or not"
    return LevelRuling(
        rule,
        (here,) if below == level else (here, following),
        output=not (m in FULL and n not in WEAK | UNSURE),
        stop=not_normal or m in ANTIGRAVITY or n in WEAK,
        star=not_normal or (m in WEAK_AS_NORMAL and n in UNSURE),
        flag=not_normal or (stars(m) == 2 and n not in WEAK) or (m == "5" and n in WEAK_AS_NORMAL),
    )


def block_end_step(exam: Exam, side: Side, level: str) -> LevelRuling:
    """Judge T1 or S1: the last muscle of a block, and sensation in the whole block, which stands in for the
    levels below.
    """
    first = INDEX[_BLOCK_END[level]]
    sensation = [sensory_step(exam, side, LEVELS[i]) for i in range(first, INDEX[level] + 1)]
    normal = not any(verdict.stop for verdict in sensation)
    doubtful = any(verdict.output for verdict in sensation)
    with_stars = any(verdict.flag for verdict in sensation)
    muscle = read_muscle(exam, side, level)
    m = muscle.value
    not_normal = m in WEAK_NOT_SCI or m == "NT*"
    if m in ANTIGRAVITY:
        rule = f"{level} has at least grade 3 but is not normal"
    elif not_normal:
        rule = (
            f"{level} is impaired or untestable for another reason than the injury and counts as not normal"
        )
    elif not normal:
        rule = f"sensation is not normal within the block of key muscles that ends at {level}"
    elif m == "NT":
        rule = f"{level} was not testable and may be normal or not"
    elif doubtful:
        rule = f"sensation may not be normal within the block of key muscles that ends at {level}"
    else:
        rule = f"{level} is or counts as normal, and so is sensation within its block"
    return LevelRuling(
        rule,
        (muscle, *(reading for verdict in sensation for reading in verdict.readings)),
        output=m == "NT" or not (m in FULL and normal and not doubtful),
        stop=m in ANTIGRAVITY or not_normal or not normal,
        star=not_normal or (m in WEAK_AS_NORMAL and (doubtful or not normal)),
        flag=(
            not_normal
            or m in WEAK_AS_NORMAL
            or (m in {"3**", "4**", "NT**"} and normal)
            or (m in {"5", "NT"} and normal and with_stars and not doubtful)
        ),
    )


def motor_step(exam: Exam, side: Side, level: str) -> LevelRuling:
    """Judge one level of the motor scan; where there is no key muscle, sensation stands in."""
    if level in _BLOCK_ENTRY:
        return block_entry_step(exam, side, level)
    if level in _BLOCK_INSIDE:
        return key_muscle_step(exam, side, level, LEVELS[INDEX[level] + 1])
    if level in _BLOCK_END:
        return block_end_step(exam, side, level)
    return sensory_step(exam, side, level)


def sensory_level(exam: Exam, side: Side) -> Derivation:
    """The most caudal level with normal light touch and pinprick at it and above it, on one side."""
    steps: list[DerivationStep] = []
    flag = False
    for level in LEVELS[:-1]:
        verdict = sensory_step(exam, side, level)
        steps.append(verdict.step(level, flag))
        flag |= verdict.flag
        if verdict.stop:
            break
    else:
        steps.append(_intact(flag, "sensation is or may be normal through S4-5"))
    return _derivation(f"{side}Sensory", f"{side} sensory level", steps)


def motor_level(exam: Exam, side: Side) -> Derivation:
    """The lowest key muscle with at least grade 3 and every one above it normal, on one side; sensation where
    there is none.
    """
    steps: list[DerivationStep] = []
    flag = False
    for level in LEVELS[:-1]:
        verdict = motor_step(exam, side, level)
        steps.append(verdict.step(level, flag))
        flag |= verdict.flag
        if verdict.stop:
            break
    else:
        steps += _sacral_motor_steps(exam, flag, s3_listed=any(s.output in ("S3", "S3*") for s in steps))
    return _derivation(f"{side}Motor", f"{side} motor level", steps)


def _sacral_motor_steps(exam: Exam, flag: bool, *, s3_listed: bool) -> list[DerivationStep]:
    """At S4-5 the anal sphincter is the muscle."""
    vac = read_vac(exam)
    s3 = None if s3_listed else starred("S3", flag)
    if vac.value == "No":
        return [DerivationStep("S4-5", (vac,), "the anal sphincter does not contract", s3, stops=True)]
    if vac.value == "NT":
        return [
            DerivationStep("S4-5", (vac,), "the anal sphincter was not testable and may not contract", s3),
            DerivationStep("S4-5", (vac,), "the anal sphincter may contract", starred(INTACT, flag)),
        ]
    return [DerivationStep("S4-5", (vac,), "the anal sphincter contracts", starred(INTACT, flag))]


def neurological_level(exam: Exam) -> Derivation:
    """The most caudal level with normal sensation and antigravity strength on both sides, everything above it
    being normal.
    """
    steps: list[DerivationStep] = []
    flag = False
    for level in LEVELS[:-1]:
        sensory = [sensory_step(exam, side, level) for side in SIDES]
        motor = (
            [_neurological_motor_step(exam, side, level) for side in SIDES] if level in MYOTOME_LEVELS else []
        )
        both = [*sensory, *motor]
        named = list(zip(SIDES * 2, both, strict=False))
        if motor:
            # Here the sensory stars do not count.
            star = all(v.output for v in motor) and any(v.star for v in motor)
        else:
            star = all(v.output and v.star for v in sensory)
        output = any(v.output for v in both)
        stop = any(v.stop for v in both)
        telling = [(side, v) for side, v in named if v.stop] or [(side, v) for side, v in named if v.output]
        steps.append(
            DerivationStep(
                level,
                tuple(reading for v in both for reading in v.readings),
                "; ".join(f"on the {side}, {v.rule}" for side, v in telling) or "both sides go on as normal",
                starred(level, flag or star) if output else None,
                stop,
                any(v.flag for v in both),
            )
        )
        flag |= steps[-1].flags
        if stop:
            break
    else:
        steps.append(_intact(flag, "sensation and strength are or may be normal on both sides through S4-5"))
    return _derivation("neurologicalLevelOfInjury", "neurological level of injury", steps)


def _neurological_motor_step(exam: Exam, side: Side, level: str) -> LevelRuling:
    if level in _BLOCK_ENTRY:
        return block_entry_step(exam, side, level)
    below = level if level in _BLOCK_END else LEVELS[INDEX[level] + 1]
    return key_muscle_step(exam, side, level, below)


def _intact(flag: bool, rule: str) -> DerivationStep:
    return DerivationStep("S4-5", (), rule, starred(INTACT, flag))


def _derivation(key: str, title: str, steps: list[DerivationStep]) -> Derivation:
    return Derivation(
        key, title, tuple(step.output for step in steps if step.output is not None), tuple(steps)
    )
