# mypy: disable-error-code="no-any-return"
# elements of arrays are Any to mypy
"""Numba: likelihood of one data set of repeated measurements from its statistics per pattern, with slopes by element of Σ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.compiled import compiled
from proband.analysis.kernel_algebra import (
    add_pair_terms,
    cholesky,
    inverse_from_cholesky,
    multiply,
    solve_cholesky,
)
from proband.analysis.mmrm.kernel_statistics import residuals_of, weighted

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def evaluate(
    counts: Array,
    visits_of: Array,
    ww: Array,
    wy: Array,
    yy: Array,
    observations: int,
    loadings: Array,
    covariate: IntArray,
    low: IntArray,
    high: IntArray,
    reml: bool,
    sigma: Array,
    omega: Array,
    beta: Array,
    phi: Array,
) -> float:
    """Fill Ω per pattern, coefficients and Φ; return −2 log-likelihood, or infinity where a matrix is not positive definite."""
    p = loadings.shape[0]
    logdet = weighted(counts, visits_of, sigma, omega)
    if not np.isfinite(logdet):
        return np.inf
    visits, q = sigma.shape[0], ww.shape[1]
    f, rw, square = np.zeros((q, q, visits, visits)), np.zeros((q, visits)), 0.0
    for g in range(counts.shape[0]):
        for j in range(visits):
            for m in range(visits):
                o = omega[g, j, m]
                if o == 0.0:
                    continue
                square += o * yy[g, j, m]
                for k in range(q):
                    rw[k, j] += o * wy[g, k, m]
                    for n in range(k + 1):
                        f[k, n, j, m] += o * ww[g, k, n]
    information, right = np.empty((p, p)), np.zeros(p)
    for c in range(p):
        for j in range(low[c], high[c]):
            right[c] += loadings[c, j] * rw[covariate[c], j]
        for d in range(c + 1):
            k, n = covariate[c], covariate[d]
            total = 0.0
            for j in range(low[c], high[c]):
                for m in range(low[d], high[d]):
                    both = f[k, n, j, m] if k >= n else f[n, k, m, j]
                    total += loadings[c, j] * both * loadings[d, m]
            information[c, d] = information[d, c] = total
    root = np.empty((p, p))
    if not cholesky(information, root):
        return np.inf
    inverse_from_cholesky(root, phi)
    solve_cholesky(root, right, beta)
    out = logdet + square
    for c in range(p):
        out -= right[c] * beta[c]
    if reml:
        for c in range(p):
            out += 2 * np.log(root[c, c])
        return out + (observations - p) * np.log(2 * np.pi)
    return out + observations * np.log(2 * np.pi)


@compiled
def slopes(
    counts: Array, ww: Array, wy: Array, yy: Array, loadings: Array, covariate: IntArray, low: IntArray, high: IntArray, reml: bool, omega: Array, beta: Array, phi: Array, gradient: Array, observed: Array, expected: Array, h: Array,
    scoring: bool,
) -> None:  # fmt: skip
    """Fill the gradient by element (J, J), information by element without the term of P, h (elements, p), and where ``scoring`` the
    expected information.
    """
    groups, visits, q, p = counts.shape[0], omega.shape[1], ww.shape[1], loadings.shape[0]
    elements = visits * (visits + 1) // 2
    gradient[:, :] = 0.0
    observed[:, :] = 0.0
    expected[:, :] = 0.0
    h[:, :] = 0.0
    spread = np.zeros((q, q, visits, visits))
    if reml:
        for c in range(p):
            for d in range(p):
                k, n = covariate[c], covariate[d]
                for j in range(low[c], high[c]):
                    for m in range(low[d], high[d]):
                        spread[k, n, j, m] += loadings[c, j] * phi[c, d] * loadings[d, m]
    cross, sandwich, half = np.empty((visits, visits)), np.empty((visits, visits)), np.empty((visits, visits))
    rw, v, load = np.empty((visits, q)), np.empty((visits, q)), np.empty((p, visits))
    fitted = np.zeros((visits, q))
    for c in range(p):
        for j in range(low[c], high[c]):
            fitted[j, covariate[c]] += loadings[c, j] * beta[c]
    for g in range(groups):
        o = omega[g]
        residuals_of(fitted, ww[g], wy[g], yy[g], cross, rw)
        if reml:
            for k in range(q):
                for n in range(q):
                    for j in range(visits):
                        for m in range(visits):
                            cross[j, m] += ww[g, k, n] * spread[k, n, j, m]
        multiply(o, cross, half)
        multiply(half, o, sandwich)
        for j in range(visits):
            for m in range(visits):
                gradient[j, m] += sandwich[j, m] - counts[g] * o[j, m]
        if scoring:
            add_pair_terms(o, o, 0.5 * counts[g], expected)
        for j in range(visits):
            for m in range(visits):
                sandwich[j, m] -= 0.5 * counts[g] * o[j, m]
        add_pair_terms(o, sandwich, 1.0, observed)
        for j in range(visits):
            for k in range(q):
                total = 0.0
                for m in range(visits):
                    total += o[j, m] * rw[m, k]
                v[j, k] = total
        for c in range(p):
            for j in range(visits):
                total = 0.0
                for m in range(low[c], high[c]):
                    total += o[j, m] * loadings[c, m]
                load[c, j] = total
            k = covariate[c]
            r = 0
            for a in range(visits):
                for b in range(a):
                    h[r, c] += load[c, a] * v[b, k] + load[c, b] * v[a, k]
                    r += 1
                h[r, c] += load[c, a] * v[a, k]
                r += 1
    hp = np.empty(p)
    for r in range(elements):
        for c in range(p):
            total = 0.0
            for d in range(p):
                total += phi[c, d] * h[r, d]
            hp[c] = total
        for s in range(r + 1):
            total = observed[r, s]
            for c in range(p):
                total -= hp[c] * h[s, c]
            observed[r, s] = observed[s, r] = total
            expected[s, r] = expected[r, s]


@compiled
def p_matrices(
    counts: Array,
    ww: Array,
    loadings: Array,
    covariate: IntArray,
    low: IntArray,
    high: IntArray,
    omega: Array,
    out: Array,
) -> None:
    """Fill P_r = Σ X'ΩE_rΩX by element, (elements, p, p)."""
    visits, p = omega.shape[1], loadings.shape[0]
    out[:, :, :] = 0.0
    load = np.empty((p, visits))
    for g in range(counts.shape[0]):
        for c in range(p):
            for j in range(visits):
                total = 0.0
                for m in range(low[c], high[c]):
                    total += omega[g, j, m] * loadings[c, m]
                load[c, j] = total
        for c in range(p):
            for d in range(c + 1):
                both = ww[g, covariate[c], covariate[d]]
                if both == 0.0:
                    continue
                r = 0
                for a in range(visits):
                    ca, da = both * load[c, a], both * load[d, a]
                    for b in range(a):
                        out[r, c, d] += ca * load[d, b] + da * load[c, b]
                        r += 1
                    out[r, c, d] += ca * load[d, a]
                    r += 1
    for r in range(out.shape[0]):
        for c in range(p):
            for d in range(c):
                out[r, d, c] = out[r, c, d]


@compiled
def add_p_term(phi: Array, p_r: Array, observed: Array) -> None:
    """Subtract ½ tr(ΦP_rΦP_s) from the information by element."""
    elements, p = p_r.shape[0], phi.shape[0]
    product = np.empty((elements, p, p))
    for r in range(elements):
        multiply(phi, p_r[r], product[r])
    for r in range(elements):
        for s in range(r + 1):
            total = 0.0
            for c in range(p):
                for d in range(p):
                    total += product[r, c, d] * product[s, d, c]
            observed[r, s] -= 0.5 * total
            if r != s:
                observed[s, r] -= 0.5 * total
