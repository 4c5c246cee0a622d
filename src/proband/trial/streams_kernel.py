"""Numba: Philox4x32-10 for a whole block of trials; the plain twin is :func:`proband.trial.streams.philox`, word for word."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.compiled import compiled

Array = NDArray[np.float64]


@compiled
def fill_pairs(
    trials: NDArray[np.int64], purpose: int, k0: int, k1: int, first: Array, second: Array
) -> None:
    """Fill two uniforms (T, people, count) of every counter (trial, person, index, purpose)."""
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    m0, m1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
    for t in range(first.shape[0]):
        for person in range(first.shape[1]):
            for index in range(first.shape[2]):
                c0, c1 = np.uint64(trials[t]) & low, np.uint64(person)
                c2, c3 = np.uint64(index), np.uint64(purpose)
                a, b = np.uint64(k0), np.uint64(k1)
                for _ in range(10):
                    p0, p1 = m0 * c0, m1 * c2
                    c0, c1, c2, c3 = (p1 >> half) ^ c1 ^ a, p1 & low, (p0 >> half) ^ c3 ^ b, p0 & low
                    a, b = (a + np.uint64(0x9E3779B9)) & low, (b + np.uint64(0xBB67AE85)) & low
                u = (c0 >> np.uint64(6)) * np.uint64(1 << 27) + (c1 >> np.uint64(5))
                v = (c2 >> np.uint64(6)) * np.uint64(1 << 27) + (c3 >> np.uint64(5))
                first[t, person, index] = (np.float64(u) + 0.5) * 2.0**-53
                second[t, person, index] = (np.float64(v) + 0.5) * 2.0**-53
