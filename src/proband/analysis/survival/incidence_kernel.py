"""Numba: Aalen and Johansen's probabilities at one time for many data sets, with Aalen's variance; the plain twin is ``competing.py``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.compiled import compiled

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def incidence_many(time: Array, cause: IntArray, arm: IntArray, horizon: float, out: Array) -> None:
    """Fill ``out`` (data sets, arms 0 and 1, 4): free of every event at the horizon, its variance (Greenwood), share with cause 1, its variance.

    ``cause`` is 0 censored, 1 the event, 2 a competing one.
    """
    sets, people = time.shape
    for d in range(sets):
        order = np.argsort(time[d])
        for side in range(2):
            n = 0
            for i in range(people):
                if arm[d % arm.shape[0], i] == side:
                    n += 1
            survival, incidence, greenwood = 1.0, 0.0, 0.0
            # sums of a, F a, F² a, b, c, F c over the times of events: the variance at the horizon follows from them
            a0 = a1 = a2 = b0 = c0 = c1 = 0.0
            at = 0
            while at < people:
                now = time[d, order[at]]
                own = total = gone = 0
                while at < people and time[d, order[at]] == now:
                    i = order[at]
                    if arm[d % arm.shape[0], i] == side:
                        gone += 1
                        if cause[d, i] > 0:
                            total += 1
                        if cause[d, i] == 1:
                            own += 1
                    at += 1
                if now > horizon:
                    break
                if total > 0:
                    incidence += survival * own / n
                    n1 = max(n - 1.0, 1.0)
                    b0 += survival**2 * own * (n - own) / (n * n * n1)
                    if n > total:
                        a = total / (n1 * (n - total))
                        c = survival * own * (n - own) / (n * (n - total) * n1)
                        a0, a1, a2 = a0 + a, a1 + incidence * a, a2 + incidence**2 * a
                        c0, c1 = c0 + c, c1 + incidence * c
                        greenwood += total / (n * (n - total))
                    survival *= 1.0 - total / n
                n -= gone
            f = incidence
            variance = f * f * a0 - 2 * f * a1 + a2 + b0 - 2 * (f * c0 - c1)
            out[d, side, 0], out[d, side, 1] = survival, survival**2 * greenwood
            out[d, side, 2], out[d, side, 3] = incidence, max(variance, 0.0)
