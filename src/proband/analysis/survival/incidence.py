"""Probabilities of an event and of a competing one at one time in many data sets: the kernel where Numba is installed, otherwise the plain reference."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from proband.analysis.survival.competing import cumulative_incidence

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


def incidence_batch(
    time: Array, cause: IntArray, arm: IntArray, horizon: float, *, engine: str = "auto"
) -> Array:
    """(data sets, arms 0 and 1, 4): free of every event at the horizon, its variance, share with cause 1, its variance.

    ``time``, ``cause`` (data sets, people), cause 0 where censored, 1 the event, 2 a competing one; ``arm`` (data sets or 1, people).
    """
    arms = np.ascontiguousarray(np.atleast_2d(arm), dtype=np.int64)
    out = np.full((len(time), 2, 4), np.nan)
    if engine == "kernel" or (engine == "auto" and find_spec("numba") is not None):
        from proband.analysis.survival.incidence_kernel import incidence_many

        incidence_many(
            np.ascontiguousarray(time, dtype=float),
            np.ascontiguousarray(cause, dtype=np.int64),
            arms,
            float(horizon),
            out,
        )
        return out
    for d in range(len(time)):
        for side in (0, 1):
            own = arms[d % len(arms)] == side
            status = cause[d, own]
            if not (status[time[d, own] <= horizon] > 0).any():
                out[d, side] = 1.0, 0.0, 0.0, 0.0
                continue
            at = cumulative_incidence(time[d, own], status, 2)
            where = int(np.searchsorted(at.times, horizon, side="right")) - 1
            free, event = at.probability[where, 0], at.probability[where, 1]
            out[d, side] = free, at.standard_error[where, 0] ** 2, event, at.standard_error[where, 1] ** 2
    return out
