"""Millions of examinations at once, as arrays in and arrays out.

The engine is `kernel`, compiled by Numba (the extra ``speed``); it gives the same 25 answers as `classification.classify`,
without the steps. Where there are few examinations, or no Numba, each is classified by that: 0.7 ms each, a thousand before
loading what was compiled has paid.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from proband.instruments.isncsci.classification import (
    ANSWER_KEYS,
    GRADE_KEYS,
    LEVEL_KEYS,
    TOTAL_KEYS,
    ZONE_KEYS,
    classify,
)
from proband.instruments.isncsci.grades import (
    ANORECTAL_CODE,
    ANORECTAL_TEXT,
    CODE,
    SENSORY_VALUES,
    TEXT,
)
from proband.instruments.isncsci.levels import DERMATOMES, INTACT, KEY_MUSCLES, LEVELS, SIDES
from proband.instruments.isncsci.model import (
    DAP_KEY,
    VAC_KEY,
    Exam,
    ExamError,
    ExaminationProblem,
    ExamSide,
    examination_problem,
    misspelt,
    motor_key,
    non_key_key,
    prick_key,
    read_value,
    touch_key,
)
from proband.instruments.isncsci.totals import NOT_DETERMINABLE
from proband.instruments.isncsci.verdict_tables import GRADE_STAR_SHIFT, STAR_SHIFT
from proband.instruments.isncsci.zones import NOT_APPLICABLE
from proband.terms.extras import require

_TOUCH_KEYS = tuple(touch_key(side, level) for side in SIDES for level in DERMATOMES)
_PRICK_KEYS = tuple(prick_key(side, level) for side in SIDES for level in DERMATOMES)
_MOTOR_KEYS = tuple(motor_key(side, level) for side in SIDES for level in KEY_MUSCLES)
_NON_KEY_KEYS = tuple(non_key_key(side) for side in SIDES)

_SET_NAMES: Final = (*LEVELS, INTACT, NOT_APPLICABLE)
_SET_BITS: Final = {name: 1 << i for i, name in enumerate(_SET_NAMES)}
_GRADE_NAMES: Final = {"injuryComplete": "CI", "asiaImpairmentScale": "ABCDE"}
_GRADE_BITS: Final = {
    key: {name: 1 << i for i, name in enumerate(names)} for key, names in _GRADE_NAMES.items()
}
_LEVEL_CODE: Final = {level: i for i, level in enumerate(LEVELS)}
_NO_NON_KEY: Final = -1
_WORTH_COMPILING: Final = 1_000
_WORTH_ALL_CORES: Final = 5_000
"""From so many examinations on, sharing the work costs less than it saves."""
_ALL_CORES: Final = threading.Lock()


@dataclass(frozen=True)
class ExamBatch:
    """n examinations as arrays of small codes (`grades.CODE`: the grade, 6 for NT, plus 8 for `*` or 16 for
    `**`).

    Build it with `from_arrays`, `from_columns` or `from_exams`; impossible codes and shapes are refused.

    Attributes
    ----------
    light_touch, pinprick
        int8, shape (n, 56): C2 … S4-5 on the right, then C2 … S4-5 on the left.
    motor
        int8, shape (n, 20): C5 … T1, L2 … S1 on the right, then on the left.
    vac, dap
        int8, shape (n,): 0 No, 1 Yes, 6 NT.
    non_key
        int8, shape (n, 2), right and left: index of the level in `LEVELS`, or -1 when none is recorded.
    valid
        bool, shape (n,): False where a row was no examination; such a row gets no answers.
    problems
        Why, as (row, problem) pairs.
    """

    light_touch: NDArray[np.int8]
    pinprick: NDArray[np.int8]
    motor: NDArray[np.int8]
    vac: NDArray[np.int8]
    dap: NDArray[np.int8]
    non_key: NDArray[np.int8]
    valid: NDArray[np.bool_]
    problems: tuple[tuple[int, ExaminationProblem], ...] = ()

    def __post_init__(self) -> None:
        n = len(self.vac)
        wanted: tuple[tuple[str, tuple[int, ...]], ...] = (
            ("light_touch", (n, 56)),
            ("pinprick", (n, 56)),
            ("motor", (n, 20)),
            ("vac", (n,)),
            ("dap", (n,)),
            ("non_key", (n, 2)),
            ("valid", (n,)),
        )
        for name, shape in wanted:
            array = np.ascontiguousarray(getattr(self, name), dtype=np.bool_ if name == "valid" else np.int8)
            if array.shape != shape:
                raise ExamError(
                    [examination_problem("isncsci.array.shape", name, str(array.shape), shape=str(shape))]
                )
            object.__setattr__(self, name, array)
        self._check_codes()

    def _check_codes(self) -> None:
        sensory = [CODE[value] for value in SENSORY_VALUES]
        for name, allowed in (
            ("light_touch", sensory),
            ("pinprick", sensory),
            ("motor", list(TEXT)),
            ("vac", list(ANORECTAL_TEXT)),
            ("dap", list(ANORECTAL_TEXT)),
            ("non_key", range(_NO_NON_KEY, len(LEVELS))),
        ):
            array = getattr(self, name)
            possible = np.zeros(256, dtype=np.bool_)
            possible[np.array(list(allowed)).astype(np.uint8)] = True
            good = possible[array.view(np.uint8)]
            if not good.all():
                where = tuple(int(i) for i in np.argwhere(~good)[0])
                problem = examination_problem("isncsci.array.code", f"{name}{list(where)}", int(array[where]))
                raise ExamError([problem])

    def __len__(self) -> int:
        return len(self.vac)

    @classmethod
    def from_arrays(
        cls,
        light_touch: NDArray[np.int8],
        pinprick: NDArray[np.int8],
        motor: NDArray[np.int8],
        vac: NDArray[np.int8],
        dap: NDArray[np.int8],
        non_key: NDArray[np.int8] | None = None,
    ) -> Self:
        """Take arrays of codes as they are (see the attributes); without `non_key`, no non-key muscle is
        recorded.

        Raises
        ------
        ExamError
            When a shape or a code is impossible.
        """
        n = len(vac)
        if non_key is None:
            non_key = np.full((n, 2), _NO_NON_KEY, dtype=np.int8)
        return cls(light_touch, pinprick, motor, vac, dap, non_key, np.ones(n, dtype=np.bool_))

    @classmethod
    def from_exams(cls, exams: Iterable[Exam]) -> Self:
        """Collect examinations that were read one by one."""
        exams = list(exams)

        def codes(values: Iterable[str]) -> list[int]:
            return [CODE[value] for value in values]

        n = len(exams)
        return cls.from_arrays(
            np.array([codes(e.right.light_touch + e.left.light_touch) for e in exams], np.int8).reshape(
                n, 56
            ),
            np.array([codes(e.right.pinprick + e.left.pinprick) for e in exams], np.int8).reshape(n, 56),
            np.array([codes(e.right.motor + e.left.motor) for e in exams], np.int8).reshape(n, 20),
            np.array([ANORECTAL_CODE[e.voluntary_anal_contraction] for e in exams], np.int8),
            np.array([ANORECTAL_CODE[e.deep_anal_pressure] for e in exams], np.int8),
            np.array(
                [[_LEVEL_CODE.get(e.side(side).non_key or "", _NO_NON_KEY) for side in SIDES] for e in exams],
                np.int8,
            ).reshape(n, 2),
        )

    @classmethod
    def from_columns(cls, columns: Mapping[str, Sequence[Any]]) -> Self:
        """Read a table with one column per exchange key, such as a mapping of lists or a data frame's
        columns.

        A row with a missing or an impossible value is kept, marked in `valid` and explained in `problems`: it
        gets no answers, and the other rows are not held up by it. The two non-key columns may be absent.

        Raises
        ------
        ExamError
            When a required column is absent, a column reads like a finding but is none, or the columns differ
            in length.
        """
        absent = [
            examination_problem("isncsci.column.missing", key, None)
            for key in (*_TOUCH_KEYS, *_PRICK_KEYS, *_MOTOR_KEYS, VAC_KEY, DAP_KEY)
            if key not in columns
        ]
        if wrong_columns := absent + misspelt(map(str, columns)):
            raise ExamError(wrong_columns)
        n = len(columns[VAC_KEY])
        problems: list[tuple[int, ExaminationProblem]] = []

        def read(key: str, code: Mapping[str, int], filler: int) -> NDArray[np.int8]:
            raw = columns[key]
            if len(raw) != n:
                raise ExamError(
                    [examination_problem("isncsci.column.length", key, len(raw), rows=n, column=VAC_KEY)]
                )
            codes: dict[Any, int] = {}
            wrong: dict[Any, ExaminationProblem] = {}
            for value in set(raw):
                text, problem = read_value(key, value)
                codes[value] = filler if problem is not None or text is None else code[text]
                if problem is not None:
                    wrong[value] = problem
            if wrong:
                problems.extend((row, wrong[value]) for row, value in enumerate(raw) if value in wrong)
            return np.fromiter(map(codes.__getitem__, raw), dtype=np.int8, count=n)

        nt = CODE["NT"]
        batch: dict[str, NDArray[np.int8]] = {
            "light_touch": np.stack([read(key, CODE, nt) for key in _TOUCH_KEYS], axis=1),
            "pinprick": np.stack([read(key, CODE, nt) for key in _PRICK_KEYS], axis=1),
            "motor": np.stack([read(key, CODE, nt) for key in _MOTOR_KEYS], axis=1),
            "vac": read(VAC_KEY, ANORECTAL_CODE, nt),
            "dap": read(DAP_KEY, ANORECTAL_CODE, nt),
            "non_key": np.stack(
                [
                    read(key, _LEVEL_CODE, _NO_NON_KEY)
                    if key in columns
                    else np.full(n, _NO_NON_KEY, dtype=np.int8)
                    for key in _NON_KEY_KEYS
                ],
                axis=1,
            ),
        }
        valid = np.ones(n, dtype=np.bool_)
        for row, _ in problems:
            valid[row] = False
        problems.sort(key=lambda pair: pair[0])
        return cls(**batch, valid=valid, problems=tuple(problems))

    def exam(self, row: int) -> Exam:
        """The examination in one row.

        Raises
        ------
        ExamError
            When the row is no examination, with its problems.
        """
        if not self.valid[row]:
            raise ExamError([problem for i, problem in self.problems if i == row])

        def texts(codes: NDArray[np.int8]) -> tuple[str, ...]:
            return tuple(TEXT[int(code)] for code in codes)

        def side(number: int) -> ExamSide:
            non_key = int(self.non_key[row, number])
            return ExamSide(
                texts(self.light_touch[row, 28 * number : 28 * (number + 1)]),
                texts(self.pinprick[row, 28 * number : 28 * (number + 1)]),
                texts(self.motor[row, 10 * number : 10 * (number + 1)]),
                LEVELS[non_key] if non_key != _NO_NON_KEY else None,
            )

        return Exam(side(0), side(1), ANORECTAL_TEXT[int(self.vac[row])], ANORECTAL_TEXT[int(self.dap[row])])


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


def classify_batch(
    batch: ExamBatch | Iterable[Exam], *, engine: Literal["kernel", "readable"] | None = None
) -> BatchClassification:
    """Classify n examinations; the answers equal those of `classify`, one by one.

    Parameters
    ----------
    batch
        The arrays, or examinations that are collected first.
    engine
        ``"kernel"`` (needs the extra ``speed``) or ``"readable"``; by default the one that is there and sooner done.

    Returns
    -------
    BatchClassification
        Arrays with the 25 answers, and the means to decode them.

    Raises
    ------
    ExtraMissing
        When the kernel is asked for and Numba is not installed.
    """
    if not isinstance(batch, ExamBatch):
        batch = ExamBatch.from_exams(batch)
    n = len(batch)
    result = BatchClassification(
        np.full((n, len(TOTAL_KEYS)), -1, np.int16),
        np.zeros((n, len(LEVEL_KEYS)), np.int64),
        np.zeros((n, len(GRADE_KEYS)), np.int32),
        np.zeros((n, len(ZONE_KEYS)), np.int64),
        batch.valid,
    )
    if engine is None:
        engine = "kernel" if n >= _WORTH_COMPILING and is_compiled() else "readable"
    if engine == "kernel":
        _by_kernel(batch, result)
    else:
        _one_by_one(batch, result)
    return result


def is_compiled() -> bool:
    """Whether the compiled engine can be used: whether the extra ``speed`` is installed."""
    return find_spec("numba") is not None


def _by_kernel(batch: ExamBatch, result: BatchClassification) -> None:
    # Loading the compiler takes longer than classifying one examination: those who have only one shall not wait for it.
    require("numba")
    from proband.instruments.isncsci.kernel import classify_rows, classify_rows_on_all_cores

    arrays = (
        *(batch.light_touch, batch.pinprick, batch.motor, batch.vac, batch.dap, batch.non_key),
        *(result.totals, result.levels, result.grades, result.zones),
    )
    if len(batch) < _WORTH_ALL_CORES:
        classify_rows(*arrays)
    else:
        with _ALL_CORES:
            classify_rows_on_all_cores(*arrays)


def _one_by_one(batch: ExamBatch, result: BatchClassification) -> None:
    for row in np.flatnonzero(batch.valid):
        answers = classify(batch.exam(int(row)))
        for keys, array in result.by_keys():
            array[row] = [encode(key, answers[key]) for key in keys]


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
