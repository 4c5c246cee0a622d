"""Millions of examinations at once, as arrays in and arrays out.

The engine is `kernel`, compiled by Numba (the extra ``speed``); it gives the same 25 answers as `classification.classify`,
without the steps. Where there are few examinations, or no Numba, each is classified by that: 0.7 ms each, a thousand before
loading what was compiled has paid.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Final, Literal

import numpy as np

from proband.instruments.isncsci.batch_answers import BatchClassification, encode
from proband.instruments.isncsci.classification import (
    GRADE_KEYS,
    LEVEL_KEYS,
    TOTAL_KEYS,
    ZONE_KEYS,
    classify,
)
from proband.instruments.isncsci.exam_batch import ExamBatch
from proband.instruments.isncsci.model import (
    Exam,
)
from proband.terms.extras import require

_WORTH_COMPILING: Final = 1_000
_WORTH_ALL_CORES: Final = 5_000
"""From so many examinations on, sharing the work costs less than it saves."""
_ALL_CORES: Final = threading.Lock()


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
