"""The 25 answers of many examinations as codes in arrays, and what each code says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from proband.instruments.isncsci.classification import (
    ANSWER_KEYS,
    GRADE_KEYS,
    LEVEL_KEYS,
    TOTAL_KEYS,
    ZONE_KEYS,
)
from proband.instruments.isncsci.levels import INTACT, LEVELS
from proband.instruments.isncsci.totals import NOT_DETERMINABLE
from proband.instruments.isncsci.verdict_tables import GRADE_STAR_SHIFT, STAR_SHIFT
from proband.instruments.isncsci.zones import NOT_APPLICABLE

_SET_NAMES: Final = (*LEVELS, INTACT, NOT_APPLICABLE)
_SET_BITS: Final = {name: 1 << i for i, name in enumerate(_SET_NAMES)}
_GRADE_NAMES: Final = {"injuryComplete": "CI", "asiaImpairmentScale": "ABCDE"}
_GRADE_BITS: Final = {
    key: {name: 1 << i for i, name in enumerate(names)} for key, names in _GRADE_NAMES.items()
}


@dataclass(frozen=True)
class BatchClassification:
    """The 25 answers of n examinations.

    Attributes
    ----------
    totals
        int16, shape (n, 14), in the order of `TOTAL_KEYS`; -1 is "not determinable".
    levels
        int64, shape (n, 5), in the order of `LEVEL_KEYS`: a set as bits. Bit i is level i of `LEVELS`, bit 29
        INT, bit 30 NA; the bit 32 above it is its star.
    grades
        int32, shape (n, 2), in the order of `GRADE_KEYS`. Completeness: bit 0 complete, bit 1 incomplete;
        AIS: bits 0 to 4 for A to E; the bit 8 above it is its star.
    zones
        int64, shape (n, 4), in the order of `ZONE_KEYS`, coded like `levels`.
    valid
        bool, shape (n,): False where a row was no examination and has no answers.
    """

    totals: NDArray[np.int16]
    levels: NDArray[np.int64]
    grades: NDArray[np.int32]
    zones: NDArray[np.int64]
    valid: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.totals)

    def by_keys(self) -> tuple[tuple[tuple[str, ...], NDArray[Any]], ...]:
        """The exchange keys of each array, in the order of its columns, and the array."""
        return (
            (TOTAL_KEYS, self.totals),
            (LEVEL_KEYS, self.levels),
            (GRADE_KEYS, self.grades),
            (ZONE_KEYS, self.zones),
        )

    def column(self, key: str) -> NDArray[Any]:
        """The coded answers under one exchange key, shape (n,).

        Raises
        ------
        KeyError
            When `key` is none of `ANSWER_KEYS`.
        """
        for keys, array in self.by_keys():
            if key in keys:
                column: NDArray[Any] = array[:, keys.index(key)]
                return column
        raise KeyError(key)

    def texts(self, key: str) -> list[str | None]:
        """The answers under one exchange key as texts ("C5,C6*", "ND"); None where there was no
        examination.
        """
        codes, where = np.unique(self.column(key), return_inverse=True)
        names = np.array([decode(key, int(code)) for code in codes], dtype=object)
        out: list[str | None] = names[where].tolist() if len(names) else []
        for row in np.flatnonzero(~self.valid):
            out[row] = None
        return out

    def to_columns(self) -> dict[str, list[str | None]]:
        """All 25 answers as texts, one list per exchange key."""
        return {key: self.texts(key) for key in ANSWER_KEYS}

    def level_bounds(self, key: str) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """The most rostral and the most caudal possible level under one exchange key, as indices (C1 = 0 …
        INT = 29).

        Both are equal where the level is determined, and -1 where there was no examination or the zone is not
        applicable.

        Raises
        ------
        KeyError
            When `key` is none of `LEVEL_KEYS` or `ZONE_KEYS`.
        """
        if key not in LEVEL_KEYS + ZONE_KEYS:
            raise KeyError(key)
        return self._bounds(self.column(key), len(LEVELS) + 1)

    def grade_bounds(self) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """The worst and the best possible AIS grade (A = 0 … E = 4); -1 where there was no examination."""
        return self._bounds(self.column("asiaImpairmentScale"), 5)

    def _bounds(self, codes: NDArray[Any], members: int) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        low = np.full(len(self), -1, dtype=np.int8)
        high = np.full(len(self), -1, dtype=np.int8)
        for member in range(members):
            possible = (codes >> member & 1).astype(np.bool_) & self.valid
            low[possible & (low < 0)] = member
            high[possible] = member
        return low, high

    def row(self, row: int) -> dict[str, str] | None:
        """The 25 answers of one examination as texts, or None where there was no examination."""
        if not self.valid[row]:
            return None
        return {key: decode(key, int(self.column(key)[row])) for key in ANSWER_KEYS}


def decode(key: str, code: int) -> str:
    """The text of one coded answer.

    Raises
    ------
    KeyError
        When `key` is none of `ANSWER_KEYS`.
    """
    if key in TOTAL_KEYS:
        return NOT_DETERMINABLE if code < 0 else str(code)
    if key in GRADE_KEYS:
        return _members(code, _GRADE_NAMES[key], GRADE_STAR_SHIFT)
    if key in LEVEL_KEYS or key in ZONE_KEYS:
        members = _members(code, _SET_NAMES, STAR_SHIFT).split(",")
        members.sort(key=lambda member: member != NOT_APPLICABLE)
        return ",".join(members)
    raise KeyError(key)


def encode(key: str, text: str) -> int:
    """The code of one answer: what :func:`decode` reads.

    Raises
    ------
    KeyError
        When `key` is none of `ANSWER_KEYS`, or `text` no answer.
    """
    if key in TOTAL_KEYS:
        return -1 if text == NOT_DETERMINABLE else int(text)
    if key in GRADE_KEYS:
        bits, star_shift = _GRADE_BITS[key], GRADE_STAR_SHIFT
    elif key in LEVEL_KEYS or key in ZONE_KEYS:
        bits, star_shift = _SET_BITS, STAR_SHIFT
    else:
        raise KeyError(key)
    code = 0
    for member in text.split(","):
        bit = bits[member.rstrip("*")]
        code |= bit | (bit << star_shift if member.endswith("*") else 0)
    return code


def _members(code: int, names: Sequence[str], star_shift: int) -> str:
    return ",".join(
        name + ("*" if code >> (i + star_shift) & 1 else "") for i, name in enumerate(names) if code >> i & 1
    )
