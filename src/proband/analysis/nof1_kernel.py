"""Numba: grid posterior of many single-patient series. The plain twin is ``series_posterior`` in ``nof1.py``.

The errors are whitened one after the other (given the last seen error the next is normal), so a grid point costs the number of visits.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from proband.analysis.compiled import compiled
from proband.analysis.kernel_algebra import cholesky, inverse_from_cholesky, solve_cholesky

Array = NDArray[np.float64]


@compiled
def series_many(
    y: Array, times: Array, x: Array, mean0: Array, precision0: Array, rhos: Array, noises: Array, logs: Array, threshold: Array,
    out: Array,
) -> None:  # fmt: skip
    """Fill probability, mean and SD of the change of slope, (series, 3). Coefficients: level, slope, change."""
    points, visits, p = rhos.shape[0], times.shape[0], 3
    log, mean, variance = np.empty(points), np.empty(points), np.empty(points)
    a, right, beta = np.empty((p, p)), np.empty(p), np.empty(p)
    root, inverse, row = np.empty((p, p)), np.empty((p, p)), np.empty(p)
    for d in range(y.shape[0]):
        for g in range(points):
            rho, noise = rhos[g], noises[g]
            a[:, :] = 0.0
            for c in range(p):
                a[c, c] = precision0[c]
                right[c] = precision0[c] * mean0[c]
            square, logdet, before = 0.0, 0.0, -1
            for t in range(visits):
                if not np.isfinite(y[d, t]):
                    continue
                scale, value = noise, y[d, t]
                for c in range(p):
                    row[c] = x[t, c]
                if before >= 0:
                    r = rho ** (times[t] - times[before])
                    scale = noise * np.sqrt(1 - r * r)
                    value -= r * y[d, before]
                    for c in range(p):
                        row[c] -= r * x[before, c]
                before = t
                logdet += np.log(scale)
                value /= scale
                square += value * value
                for c in range(p):
                    row[c] /= scale
                    right[c] += row[c] * value
                    for k in range(c + 1):
                        a[c, k] += row[c] * row[k]
            cholesky(a, root)
            solve_cholesky(root, right, beta)
            inverse_from_cholesky(root, inverse)
            fit = square
            for c in range(p):
                logdet += np.log(root[c, c])
                fit += precision0[c] * mean0[c] ** 2 - right[c] * beta[c]
            log[g] = logs[g] - logdet - 0.5 * fit
            mean[g], variance[g] = beta[2], inverse[2, 2]
        top = log.max()
        total = probability = first = second = 0.0
        for g in range(points):
            w = np.exp(log[g] - top)
            total += w
            z = (mean[g] - threshold[d]) / np.sqrt(variance[g])
            probability += w * 0.5 * math.erfc(-z / math.sqrt(2.0))
            first += w * mean[g]
            second += w * (variance[g] + mean[g] * mean[g])
        first /= total
        out[d, 0], out[d, 1] = probability / total, first
        out[d, 2] = np.sqrt(max(second / total - first * first, 0.0))
