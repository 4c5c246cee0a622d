"""Numba: sufficient statistics of repeated measurements per pattern of observed visits, and what is computed from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.compiled import compiled
from proband.analysis.kernel_algebra import cholesky, inverse_from_cholesky, solve_cholesky

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def gather(y: Array, w: Array, q: int) -> tuple[Array, Array, Array, Array, Array, int]:
    """Statistics of one data set.

    Returns
    -------
    counts (patterns,), visits_of (patterns, visits) with ones where observed, W'W (patterns, q, q), W'Y (patterns, q, visits),
    Y'Y (patterns, visits, visits), and the number of observations.
    """
    people, visits = y.shape
    slot = np.full(1 << visits, -1, np.int64)
    code_of = np.empty(people, np.int64)
    used = 0
    for i in range(people):
        code = 0
        for j in range(visits):
            if np.isfinite(y[i, j]):
                code |= 1 << j
        code_of[i] = code
        if code > 0 and slot[code] < 0:
            slot[code] = used
            used += 1
    counts, visits_of = np.zeros(used), np.zeros((used, visits))
    ww, wy, yy = np.zeros((used, q, q)), np.zeros((used, q, visits)), np.zeros((used, visits, visits))
    observations = 0
    for i in range(people):
        if code_of[i] == 0:
            continue
        g = slot[code_of[i]]
        counts[g] += 1
        for j in range(visits):
            if code_of[i] >> j & 1:
                observations += 1
                visits_of[g, j] = 1.0
                for k in range(q):
                    wy[g, k, j] += w[i, k] * y[i, j]
                for m in range(j + 1):
                    if code_of[i] >> m & 1:
                        yy[g, j, m] += y[i, j] * y[i, m]
        for k in range(q):
            for n in range(k + 1):
                ww[g, k, n] += w[i, k] * w[i, n]
    for g in range(used):
        for j in range(visits):
            for m in range(j):
                yy[g, m, j] = yy[g, j, m]
        for k in range(q):
            for n in range(k):
                ww[g, n, k] = ww[g, k, n]
    return counts, visits_of, ww, wy, yy, observations


@compiled
def weighted(counts: Array, visits_of: Array, sigma: Array, omega: Array) -> float:
    """Fill the inverse of the observed block of Σ per pattern, zero elsewhere; return Σ n log|Σ|, infinity where not positive definite."""
    visits = sigma.shape[0]
    at = np.empty(visits, np.int64)
    part, root, inverse = np.empty((visits, visits)), np.empty((visits, visits)), np.empty((visits, visits))
    logdet = 0.0
    for g in range(counts.shape[0]):
        m = 0
        for j in range(visits):
            if visits_of[g, j] > 0:
                at[m] = j
                m += 1
        for a in range(m):
            for b in range(m):
                part[a, b] = sigma[at[a], at[b]]
        if not cholesky(part[:m, :m], root[:m, :m]):
            return np.inf
        inverse_from_cholesky(root[:m, :m], inverse[:m, :m])
        for a in range(m):
            logdet += 2 * counts[g] * np.log(root[a, a])
            for b in range(m):
                omega[g, at[a], at[b]] = inverse[a, b]
    return logdet


@compiled
def residuals_of(fitted: Array, ww: Array, wy: Array, yy: Array, cross: Array, rw: Array) -> None:
    """Fill residual cross-products Σ r r' (J, J) and Σ r w' (J, q) of one pattern; ``fitted`` (J, q) maps covariates to means.

    Rows and columns of unobserved visits carry no meaning; they meet zeros of Ω.
    """
    visits, q = fitted.shape
    for j in range(visits):
        for k in range(q):
            total = wy[k, j]
            for n in range(q):
                total -= fitted[j, n] * ww[n, k]
            rw[j, k] = total
    for j in range(visits):
        for m in range(visits):
            total = yy[j, m]
            for k in range(q):
                total -= rw[j, k] * fitted[m, k] + fitted[j, k] * wy[k, m]
            cross[j, m] = total


@compiled
def pairwise(
    counts: Array,
    visits_of: Array,
    ww: Array,
    wy: Array,
    yy: Array,
    loadings: Array,
    covariate: IntArray,
    low: IntArray,
    high: IntArray,
) -> Array:
    """Pairwise covariances of least-squares residuals, off-diagonals shrunk until positive definite; NaN where the design is singular."""
    visits, p = loadings.shape[1], loadings.shape[0]
    groups, q = counts.shape[0], ww.shape[1]
    out = np.full((visits, visits), np.nan)
    xx, xy = np.zeros((p, p)), np.zeros(p)
    for g in range(groups):
        for c in range(p):
            for j in range(low[c], high[c]):
                if visits_of[g, j] == 0:
                    continue
                xy[c] += loadings[c, j] * wy[g, covariate[c], j]
                for d in range(c + 1):
                    xx[c, d] += loadings[c, j] * loadings[d, j] * ww[g, covariate[c], covariate[d]]
    for c in range(p):
        for d in range(c):
            xx[d, c] = xx[c, d]
    root, beta = np.empty((p, p)), np.empty(p)
    if not cholesky(xx, root):
        return out
    for c in range(p):
        if root[c, c] ** 2 < 1e-9 * xx[c, c]:
            return out
    solve_cholesky(root, xy, beta)
    fitted = np.zeros((visits, q))
    for c in range(p):
        for j in range(low[c], high[c]):
            fitted[j, covariate[c]] += loadings[c, j] * beta[c]
    sums, people = np.zeros((visits, visits)), np.zeros((visits, visits))
    cross, rw = np.empty((visits, visits)), np.empty((visits, q))
    for g in range(groups):
        residuals_of(fitted, ww[g], wy[g], yy[g], cross, rw)
        for j in range(visits):
            for m in range(visits):
                if visits_of[g, j] > 0 and visits_of[g, m] > 0:
                    sums[j, m] += cross[j, m]
                    people[j, m] += counts[g]
    scale, positive = 0.0, 0
    for j in range(visits):
        if people[j, j] > 0 and sums[j, j] > 0:
            scale += sums[j, j] / people[j, j]
            positive += 1
    floor = 1e-3 * scale / positive if positive else 1.0
    small = np.inf
    for j in range(visits):
        out[j, j] = max(sums[j, j] / max(people[j, j], 1.0), floor)
        small = min(small, out[j, j])
    shrink = 1.0
    test, root = np.empty((visits, visits)), np.empty((visits, visits))
    for attempt in range(8):
        if attempt == 7:
            shrink = 0.0
        for j in range(visits):
            for m in range(visits):
                if j != m:
                    out[j, m] = shrink * sums[j, m] / max(people[j, m], 1.0)
                test[j, m] = out[j, m] - (1e-4 * small if j == m else 0.0)
        if cholesky(test, root):
            break
        shrink *= 0.7
    return out
