"""The values that an examiner may write, what each means, and the classes of values that the rules speak of.

A value is a *grade* (a number, or `NT` for "not testable") with no star, one star or two. Stars mark an
impairment or a hindrance that is **not** due to the spinal cord injury: `*` means "treat as not normal", `**`
means "treat as normal for the classification". A full grade (2 for sensation, 5 for strength) has no stars:
what is normal needs no excuse. Source: ISNCSCI revised 2019.

Values travel as text ("3*") in the readable engine and as small integers in the batch engine: the grade in
the three low bits (6 stands for `NT`), the number of stars above it. Every code is below 32, so a class of
values is one 32-bit mask.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

SENSORY_VALUES: Final[tuple[str, ...]] = ("0", "1", "2", "NT", "0*", "1*", "NT*", "0**", "1**", "NT**")
MOTOR_VALUES: Final[tuple[str, ...]] = (
    *("0", "1", "2", "3", "4", "5", "NT"),
    *("0*", "1*", "2*", "3*", "4*", "NT*"),
    *("0**", "1**", "2**", "3**", "4**", "NT**"),
)
ANORECTAL_VALUES: Final[tuple[str, ...]] = ("Yes", "No", "NT")

NT_GRADE: Final = 6
CODE: Final[dict[str, int]] = {
    value: (NT_GRADE if value.startswith("NT") else int(value[0])) + 8 * value.count("*")
    for value in MOTOR_VALUES
}
"""Text of a value → its code. Holds for sensory values too, which are a subset."""
TEXT: Final[dict[int, str]] = {code: value for value, code in CODE.items()}
"""Code of a value → its text."""
ANORECTAL_CODE: Final[dict[str, int]] = {"No": 0, "Yes": 1, "NT": NT_GRADE}
ANORECTAL_TEXT: Final[dict[int, str]] = {code: value for value, code in ANORECTAL_CODE.items()}

# Strength (the names are ours; the classes are those that the rules distinguish).
WEAK: Final = frozenset({"0", "1", "2"})
"""Below antigravity strength for certain."""
WEAK_NOT_SCI: Final = frozenset({"0*", "1*", "2*"})
"""Below antigravity strength, not due to the injury, to be treated as not normal."""
WEAK_AS_NORMAL: Final = frozenset({"0**", "1**", "2**"})
"""Below antigravity strength, not due to the injury, to be treated as normal."""
FULL: Final = frozenset({"5", "0**", "1**", "2**", "3**", "4**", "NT**"})
"""Normal strength, measured or treated as such."""
UNSURE: Final = WEAK_NOT_SCI | {"NT", "NT*"}
"""May or may not be antigravity strength once the other condition or the hindrance is thought away."""
ANTIGRAVITY: Final = frozenset({"3", "4", "3*", "4*"})
"""Strong enough to be the motor level, too weak for the level below to be."""

# Sensation.
NORMAL: Final = "2"
ABNORMAL: Final = frozenset({"0", "1", "0*", "1*"})
"""Absent or altered."""
MAYBE_ABSENT: Final = frozenset({"0", "NT", "0*", "NT*"})
"""Absent, or possibly absent."""


def stars(value: str) -> int:
    """Count the stars of `value`: 0, 1 or 2."""
    return value.count("*")


def without_stars(value: str) -> str:
    """Give the measured grade of `value`: "3**" → "3", "NT*" → "NT"."""
    return value.rstrip("*")


def mask(values: Iterable[str]) -> int:
    """Give the class of `values` as a 32-bit mask: bit c is set when the value with code c belongs to it."""
    bits = 0
    for value in values:
        bits |= 1 << CODE[value]
    return bits
