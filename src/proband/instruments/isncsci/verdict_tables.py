"""What the rules say about one value or one pair of values, tabulated for the batch engine.

A table is indexed by value codes (`grades.CODE`), a pair (a, b) by ``32 * a + b``; an entry is a set of bits.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from proband.instruments.isncsci.grades import (
    ABNORMAL,
    ANTIGRAVITY,
    CODE,
    FULL,
    MAYBE_ABSENT,
    MOTOR_VALUES,
    SENSORY_VALUES,
    UNSURE,
    WEAK,
    WEAK_AS_NORMAL,
    WEAK_NOT_SCI,
)

STAR_SHIFT: Final = 32
"""In a coded set of levels, an answer's star is the bit this far above the answer."""
GRADE_STAR_SHIFT: Final = 8
"""The same for completeness and AIS."""

# What a step says, one bit each.
OUTPUT, STOP, FLAG, STAR = 1, 2, 4, 8
# What a dermatome contributes to the sensory zone of partial preservation, one bit each; "neither sensation nor doubt" is no bit.
FELT, DOUBTFUL, ABSENT_STARRED = 16, 32, 64


def _sensory_table() -> np.ndarray[Any, np.dtype[np.uint8]]:
    table = np.zeros(32 * 32, dtype=np.uint8)
    for touch in SENSORY_VALUES:
        for prick in SENSORY_VALUES:
            pair = (touch, prick)
            bits = 0
            if touch in ABNORMAL or prick in ABNORMAL:
                bits = OUTPUT | STOP
            elif "NT*" in pair:
                bits = OUTPUT | STOP | FLAG | STAR
            elif "NT" in pair:
                bits = OUTPUT | (FLAG if "0**" in pair or "1**" in pair else 0)
            elif pair != ("2", "2"):
                bits = FLAG
            if not (touch in MAYBE_ABSENT and prick in MAYBE_ABSENT):
                bits |= FELT
            elif "NT" in pair or "NT*" in pair:
                bits |= DOUBTFUL
            elif "0*" in pair:
                bits |= ABSENT_STARRED
            table[CODE[touch] * 32 + CODE[prick]] = bits
    return table


def _muscle_table() -> np.ndarray[Any, np.dtype[np.uint8]]:
    table = np.zeros(32 * 32, dtype=np.uint8)
    for here in MOTOR_VALUES:
        for below in MOTOR_VALUES:
            not_normal = here in WEAK_NOT_SCI or here == "NT*"
            bits = 0
            if here not in FULL or below in WEAK or below in UNSURE:
                bits |= OUTPUT
            if not_normal or here in ANTIGRAVITY or below in WEAK:
                bits |= STOP
            if not_normal or (here in WEAK_AS_NORMAL and below in UNSURE):
                bits |= STAR
            through = here.endswith("**") and below not in WEAK
            if not_normal or through or (here == "5" and below in WEAK_AS_NORMAL):
                bits |= FLAG
            table[CODE[here] * 32 + CODE[below]] = bits
    return table


def _entry_table() -> np.ndarray[Any, np.dtype[np.uint8]]:
    table = np.zeros(32, dtype=np.uint8)
    for below in MOTOR_VALUES:
        if below in WEAK:
            table[CODE[below]] = OUTPUT | STOP
        elif below in UNSURE:
            table[CODE[below]] = OUTPUT
        elif below in WEAK_AS_NORMAL:
            table[CODE[below]] = FLAG
    return table


SENSORY: Final = _sensory_table()
"""Light touch and pinprick of the next level → what the sensory step says, and what the dermatome means for
the sensory zone.
"""
KEY_MUSCLE: Final = _muscle_table()
"""This muscle and the next one → what the key-muscle step says."""
BLOCK_ENTRY: Final = _entry_table()
"""The first muscle of a block → what the level above the block says."""
