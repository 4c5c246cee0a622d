"""Numba: inference for contrasts after a fit: Satterthwaite's degrees of freedom and Kenward and Roger's (linear) standard error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.compiled import compiled
from proband.analysis.kernel_algebra import add_pair_terms, multiply

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def infer(
    counts: Array,
    ww: Array,
    loadings: Array,
    covariate: IntArray,
    low: IntArray,
    high: IntArray,
    contrasts: Array,
    omega: Array,
    beta: Array,
    phi: Array,
    p_r: Array,
    w: Array,
    kenward_roger: bool,
    out: Array,
) -> None:
    """Fill estimate, standard error, degrees of freedom and Kenward–Roger (linear) error of each contrast."""
    visits, q, p, elements = omega.shape[1], ww.shape[1], loadings.shape[0], p_r.shape[0]
    u, f, fp = np.empty(p), np.empty((elements, p)), np.empty(p)
    gradient, b = np.empty(elements), np.empty((visits, q))
    moment, half, inner = (
        np.empty((visits, visits)),
        np.empty((visits, visits)),
        np.empty((elements, elements)),
    )
    for row in range(contrasts.shape[0]):
        estimate = variance = 0.0
        for c in range(p):
            total = 0.0
            for d in range(p):
                total += phi[c, d] * contrasts[row, d]
            u[c] = total
            estimate += contrasts[row, c] * beta[c]
        for c in range(p):
            variance += contrasts[row, c] * u[c]
        for r in range(elements):
            gradient[r] = 0.0
            for c in range(p):
                total = 0.0
                for d in range(p):
                    total += p_r[r, c, d] * u[d]
                f[r, c] = total
                gradient[r] += total * u[c]
        spread = 0.0
        for r in range(elements):
            for s in range(elements):
                spread += gradient[r] * w[r, s] * gradient[s]
        out[row, 0], out[row, 1], out[row, 2] = estimate, np.sqrt(variance), 2 * variance**2 / spread
        if not kenward_roger:
            continue
        b[:, :] = 0.0
        for c in range(p):
            for j in range(low[c], high[c]):
                b[j, covariate[c]] += loadings[c, j] * u[c]
        inner[:, :] = 0.0
        for g in range(counts.shape[0]):
            for j in range(visits):
                for m in range(j + 1):
                    total = 0.0
                    for k in range(q):
                        for n in range(q):
                            total += b[j, k] * ww[g, k, n] * b[m, n]
                    moment[j, m] = moment[m, j] = total
            multiply(omega[g], moment, half)
            multiply(half, omega[g], moment)
            add_pair_terms(omega[g], moment, 1.0, inner)
        extra = 0.0
        for r in range(elements):
            for c in range(p):
                total = 0.0
                for d in range(p):
                    total += phi[c, d] * f[r, d]
                fp[c] = total
            for s in range(r + 1):
                value = inner[r, s]
                for c in range(p):
                    value -= fp[c] * f[s, c]
                extra += w[r, s] * value * (1.0 if r == s else 2.0)
        out[row, 3] = np.sqrt(variance + 2 * extra)
