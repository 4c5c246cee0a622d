"""Random examinations for holding two engines against each other and for measuring their speed.

They are **not** patients: values above a drawn level are mostly normal and below it mostly absent, so that
every scan goes deep somewhere, but nothing about their frequency is taken from people.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from proband.instruments.isncsci.exam_batch import ExamBatch
from proband.instruments.isncsci.grades import CODE
from proband.instruments.isncsci.levels import INDEX, KEY_MUSCLES, LEVELS

Kind = Literal["plain", "nt", "star", "nonkey", "mixed"]
KINDS: Final[tuple[Kind, ...]] = ("plain", "nt", "star", "nonkey", "mixed")

_NT = CODE["NT"]
_PIECE = 50_000
_DERMATOME_INDEX = np.arange(1, 29)
_MUSCLE_INDEX = np.array([INDEX[level] for level in KEY_MUSCLES])
_LOWEST = np.array([27, 55])


def random_exams(rng: np.random.Generator, n: int, kind: Kind) -> ExamBatch:
    """Draw n examinations.

    Parameters
    ----------
    rng
        The source of randomness.
    n
        How many.
    kind
        ``plain`` (fully testable), ``nt`` (with NT), ``star`` (with `*` and `**`), ``nonkey`` (plain, with
        non-key muscles) or ``mixed`` (all of it).
    """
    # In pieces, because the draws take far more memory than the examinations.
    pieces = [_draw(rng, min(_PIECE, n - start), kind) for start in range(0, max(n, 1), _PIECE)]
    return ExamBatch.from_arrays(*(np.concatenate(arrays) for arrays in zip(*pieces, strict=True)))


def _draw(rng: np.random.Generator, n: int, kind: Kind) -> tuple[NDArray[np.int8], ...]:
    level = rng.integers(0, 31, (n, 2))
    absent_below = rng.choice([0.3, 0.8, 1.0], (n, 1))
    share_nt = rng.choice([0.02, 0.1, 0.3], (n, 1)) if kind in ("nt", "mixed") else np.zeros((n, 1))
    share_star = rng.choice([0.02, 0.1, 0.3], (n, 1)) if kind in ("star", "mixed") else np.zeros((n, 1))
    only_two_stars = rng.random((n, 1)) < 0.3

    def column(index: NDArray[np.int64], top: int) -> NDArray[np.int8]:
        above = np.concatenate([index <= level[:, :1], index <= level[:, 1:]], axis=1)
        shape = above.shape
        graded = rng.integers(0, top + 1, shape)
        values = np.where(
            above,
            np.where(rng.random(shape) < 0.985, top, graded),
            np.where(rng.random(shape) < absent_below, 0, graded),
        )
        impaired = rng.integers(0, top + 1, shape)
        impaired = np.where(impaired == top, _NT, impaired)
        starred = impaired + np.where(only_two_stars | (rng.random(shape) < 0.5), 16, 8)
        draw = rng.random(shape)
        values = np.where(draw < share_nt, _NT, np.where(draw < share_nt + share_star, starred, values))
        return values.astype(np.int8)

    touch, prick = column(_DERMATOME_INDEX, 2), column(_DERMATOME_INDEX, 2)
    # Half of the examinations end without certain sacral sensation: there lie the zones, completeness and grade A.
    pool = {
        "plain": ["0"],
        "nonkey": ["0"],
        "nt": ["0", "0", "NT"],
        "star": ["0", "0", "0*", "0**"],
        "mixed": ["0", "0", "0", "0", "NT", "0*", "0**", "NT*", "NT**"],
    }[kind]
    codes = np.array([CODE[value] for value in pool])
    rows = np.flatnonzero(rng.random(n) < 0.5)
    for values in (touch, prick):
        all_absent = rng.random((len(rows), 1)) < 0.4
        values[rows[:, None], _LOWEST] = np.where(all_absent, 0, rng.choice(codes, (len(rows), 2)))

    anorectal = np.array([0, 0, 1] + ([_NT] if kind in ("nt", "mixed") else []), dtype=np.int8)
    non_key = np.full((n, 2), -1, dtype=np.int8)
    if kind in ("nonkey", "mixed"):
        recorded = rng.random((n, 2)) < 0.5
        anywhere = rng.random((n, 2)) < 0.2
        drawn = np.where(anywhere, rng.integers(0, len(LEVELS), (n, 2)), rng.choice(_MUSCLE_INDEX, (n, 2)))
        non_key[recorded] = drawn[recorded]
    return touch, prick, column(_MUSCLE_INDEX, 5), rng.choice(anorectal, n), rng.choice(anorectal, n), non_key
