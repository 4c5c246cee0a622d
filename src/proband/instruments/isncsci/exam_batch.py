"""Many examinations as arrays: from columns, from single examinations, and back to one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from proband.instruments.isncsci.grades import (
    ANORECTAL_CODE,
    ANORECTAL_TEXT,
    CODE,
    SENSORY_VALUES,
    TEXT,
)
from proband.instruments.isncsci.levels import DERMATOMES, KEY_MUSCLES, LEVELS, SIDES
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

_TOUCH_KEYS = tuple(touch_key(side, level) for side in SIDES for level in DERMATOMES)
_PRICK_KEYS = tuple(prick_key(side, level) for side in SIDES for level in DERMATOMES)
_MOTOR_KEYS = tuple(motor_key(side, level) for side in SIDES for level in KEY_MUSCLES)
_NON_KEY_KEYS = tuple(non_key_key(side) for side in SIDES)

_LEVEL_CODE: Final = {level: i for i, level in enumerate(LEVELS)}
_NO_NON_KEY: Final = -1


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
