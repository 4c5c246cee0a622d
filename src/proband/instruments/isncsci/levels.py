"""Spinal levels in anatomical order, and the questions that people ask about that order.

The order is rostral → caudal, C1 first and S4-5 last, with `INT` (intact through S4-5) after the last level,
as the 2019 revision lists them (Rupp et al., Top Spinal Cord Inj Rehabil 2021;27(2):1-22). S4-5 is one
dermatome.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

Side = Literal["right", "left"]

SIDES: Final[tuple[Side, Side]] = ("right", "left")

LEVELS: Final[tuple[str, ...]] = (
    *(f"C{n}" for n in range(1, 9)),
    *(f"T{n}" for n in range(1, 13)),
    *(f"L{n}" for n in range(1, 6)),
    "S1",
    "S2",
    "S3",
    "S4-5",
)
"""All 29 spinal levels, rostral → caudal."""

INTACT: Final = "INT"
"""The answer "intact through S4-5" of a level; it ranks below (caudal to) S4-5."""

DERMATOMES: Final[tuple[str, ...]] = LEVELS[1:]
"""The 28 levels with a sensory key point, C2 to S4-5. C1 has none and always counts as normal."""

UPPER_KEY_MUSCLES: Final[tuple[str, ...]] = ("C5", "C6", "C7", "C8", "T1")
LOWER_KEY_MUSCLES: Final[tuple[str, ...]] = ("L2", "L3", "L4", "L5", "S1")
KEY_MUSCLES: Final[tuple[str, ...]] = UPPER_KEY_MUSCLES + LOWER_KEY_MUSCLES
"""The ten levels with a key muscle, rostral → caudal."""

KEY_MUSCLE_ACTION: Final[dict[str, str]] = {
    "C5": "elbow flexors",
    "C6": "wrist extensors",
    "C7": "elbow extensors",
    "C8": "finger flexors",
    "T1": "finger abductors",
    "L2": "hip flexors",
    "L3": "knee extensors",
    "L4": "ankle dorsiflexors",
    "L5": "long toe extensors",
    "S1": "ankle plantar flexors",
}
"""What the key muscle of a level does."""

INDEX: Final[dict[str, int]] = {level: i for i, level in enumerate((*LEVELS, INTACT))}
"""Position of a level in the anatomical order: C1 = 0, S4-5 = 28, INT = 29."""


def level_index(level: str) -> int:
    """Give the position of `level` in the anatomical order (C1 = 0 … S4-5 = 28, INT = 29).

    A star ("T6*") is part of an answer's reliability, not of its place, and is ignored.

    Raises
    ------
    ValueError
        When `level` is no spinal level.
    """
    try:
        return INDEX[level.rstrip("*")]
    except KeyError:
        raise ValueError(
            f"{level!r} is no spinal level: write C1 … C8, T1 … T12, L1 … L5, S1 … S3, S4-5 or INT"
        ) from None


def is_at_or_rostral(level: str, limit: str) -> bool:
    """Say whether `level` lies at `limit` or nearer to the head: ("C4", "C5") is true, ("T1", "C5") is
    not.
    """
    return level_index(level) <= level_index(limit)


def is_at_or_caudal(level: str, limit: str) -> bool:
    """Say whether `level` lies at `limit` or nearer to the feet."""
    return level_index(level) >= level_index(limit)


def is_between(level: str, rostral: str, caudal: str) -> bool:
    """Say whether `level` lies from `rostral` to `caudal`, both included.

    Raises
    ------
    ValueError
        When the limits stand in the wrong order, because such a criterion would silently be false for
        everyone.
    """
    if level_index(rostral) > level_index(caudal):
        raise ValueError(f"the limits {rostral} to {caudal} run upwards: give the rostral limit first")
    return level_index(rostral) <= level_index(level) <= level_index(caudal)


def possible(answers: Collection[str]) -> tuple[str, ...]:
    """Give the distinct members of an answer without their stars, in anatomical order."""
    return tuple(sorted({answer.rstrip("*") for answer in answers}, key=level_index))
