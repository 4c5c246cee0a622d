# mypy: disable-error-code="no-any-return"
# elements of arrays are Any to mypy
"""Numba: the linear model for repeated measurements on many data sets, from sufficient statistics per missingness pattern.

Every coefficient is a loading over visits times a covariate that is constant within a participant: ``X_i[j, c] = loadings[c, j] ·
w_i[covariate[c]]`` (a covariate that enters by visit has one loading per visit; one that enters in common has ones). Hence W'W, W'Y and
Y'Y per pattern of observed visits are all that likelihood, score, information and Kenward–Roger terms need, and an iteration
costs the same for 30 and for 3,000 participants. Derivatives are taken by element of Σ; structures enter by the chain rule.

The plain twin is ``likelihood.py`` with ``estimation.py`` and ``inference.py``; the tests compare them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.compiled import compiled
from proband.analysis.kernel_algebra import (
    cholesky,
    copy_matrix,
    copy_vector,
    inverse_from_cholesky,
    multiply,
    solve_cholesky,
)
from proband.analysis.mmrm.kernel_contrasts import infer
from proband.analysis.mmrm.kernel_covariance import covariance, curvature, parameters, start
from proband.analysis.mmrm.kernel_likelihood import add_p_term, evaluate, p_matrices, slopes
from proband.analysis.mmrm.kernel_statistics import gather, pairwise

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def fit_many(
    y: Array,
    w: Array,
    loadings: Array,
    covariate: IntArray,
    contrasts: Array,
    code: int,
    heterogeneous: bool,
    reml: bool,
    kenward_roger: bool,
    out: Array,
    sigma_out: Array,
    beta_out: Array,
    state: Array,
) -> None:
    """Fit every data set.

    Parameters
    ----------
    y
        (data sets, participants, visits); NaN is not observed.
    w
        (data sets or 1, participants, covariates).
    loadings, covariate
        (coefficients, visits) and (coefficients,).
    contrasts
        (contrasts, coefficients).
    out
        Filled: (data sets, contrasts, 4): estimate, model-based standard error, degrees of freedom, Kenward–Roger (linear) error.
    sigma_out, beta_out
        Filled: (data sets, visits, visits) and (data sets, coefficients).
    state
        Filled: (data sets, 4): −2 log-likelihood, iterations, Newton decrement, 1 where converged.
    """
    visits, p, q = y.shape[2], loadings.shape[0], w.shape[2]
    low, high = np.zeros(p, np.int64), np.zeros(p, np.int64)
    for c in range(p):
        low[c] = visits
        for j in range(visits):
            if loadings[c, j] != 0:
                low[c] = min(low[c], j)
                high[c] = j + 1
    elements, k = visits * (visits + 1) // 2, parameters(code, heterogeneous, visits)
    sigma, slope = np.empty((visits, visits)), np.zeros((elements, k))
    phi, beta = np.empty((p, p)), np.empty(p)
    gradient, element = np.empty((visits, visits)), np.empty(elements)
    observed, expected = np.empty((elements, elements)), np.empty((elements, elements))
    h, p_r = np.empty((elements, p)), np.empty((elements, p, p))
    theta, score, step, moved = np.empty(k), np.zeros(k), np.zeros(k), np.empty(k)
    matrix, root, bent, by_parameter = np.empty((k, k)), np.empty((k, k)), np.zeros((k, k)), np.empty((k, k))
    half, by_element = np.empty((elements, k)), np.empty((elements, elements))
    out[:, :, :] = np.nan
    state[:, :] = np.nan
    beta_out[:, :] = np.nan
    sigma_out[:, :, :] = np.nan
    for d in range(y.shape[0]):
        state[d, 3] = 0.0
        counts, visits_of, ww, wy, yy, observations = gather(y[d], w[d % w.shape[0]], q)
        omega = np.zeros((counts.shape[0], visits, visits))
        first = pairwise(counts, visits_of, ww, wy, yy, loadings, covariate, low, high)
        if not np.isfinite(first[0, 0]):
            continue
        start(code, heterogeneous, first, moved)
        now = decrement = last = np.inf
        exact = stuck = finished = failed = False
        iteration, halvings, slack = 0, 0, 0.0
        while iteration < 80 and not (finished or failed):
            covariance(code, heterogeneous, moved, sigma, slope)
            candidate = evaluate(
                counts,
                visits_of,
                ww,
                wy,
                yy,
                observations,
                loadings,
                covariate,
                low,
                high,
                reml,
                sigma,
                omega,
                beta,
                phi,
            )
            if not (np.isfinite(candidate) and candidate <= now + slack):
                halvings += 1
                if iteration == 0:
                    # nothing at the start: once more from variances alone
                    failed = halvings > 1
                    for a in range(visits):
                        for b in range(visits):
                            if a != b:
                                first[a, b] = 0.0
                    start(code, heterogeneous, first, moved)
                    continue
                if halvings > 40:
                    stuck, now = True, np.inf
                for r in range(k):
                    step[r] = 0.0 if stuck else 0.5 * step[r]
                    moved[r] = theta[r] + step[r]
                continue
            copy_vector(moved, theta)
            now, halvings = candidate, 0
            iteration += 1
            slopes(
                counts, ww, wy, yy, loadings, covariate, low, high, reml, omega, beta, phi, gradient, observed, expected,
                h, iteration < 3,
            )  # fmt: skip
            _score_of(gradient, slope, code, element, score)
            while True:
                # the term of P costs the most and changes a step little: it is taken in at the end, or where the steps creep
                if exact:
                    p_matrices(counts, ww, loadings, covariate, low, high, omega, p_r)
                    if reml:
                        add_p_term(phi, p_r, observed)
                failed = not _direction(
                    observed,
                    expected,
                    slope,
                    code,
                    heterogeneous,
                    theta,
                    gradient,
                    bent,
                    matrix,
                    root,
                    iteration,
                )
                if failed:
                    break
                solve_cholesky(root, score, step)
                decrement = 0.0
                for r in range(k):
                    decrement += step[r] * score[r]
                finished = stuck or decrement < 1e-13 or (decrement < 1e-10 and decrement >= last)
                if exact or not finished:
                    break
                exact = True
            if not finished:
                exact = decrement > 0.3 * last and iteration > 7
                last = decrement
                slack = 1e-11 * abs(now) if decrement < 1e-7 else 0.0
                for r in range(k):
                    moved[r] = theta[r] + step[r]
        state[d, 0], state[d, 1], state[d, 2] = now, iteration, decrement
        if not finished:
            continue
        copy_matrix(sigma, sigma_out[d])
        copy_vector(beta, beta_out[d])
        if decrement > 1e-7 or not _well_conditioned(matrix, root):
            continue
        inverse_from_cholesky(root, by_parameter)
        state[d, 3] = 1.0
        if code == 0:
            copy_matrix(by_parameter, by_element)
        else:
            multiply(slope, by_parameter, half)
            multiply(half, slope.T.copy(), by_element)
        infer(
            counts, ww, loadings, covariate, low, high, contrasts, omega, beta, phi, p_r, by_element,
            kenward_roger and reml, out[d],
        )  # fmt: skip


@compiled
def _to_parameters(matrix: Array, slope: Array, out: Array) -> None:
    """slope' matrix slope."""
    elements, k = slope.shape
    half = np.zeros((elements, k))
    for r in range(elements):
        for t in range(k):
            total = 0.0
            for s in range(elements):
                total += matrix[r, s] * slope[s, t]
            half[r, t] = total
    for t in range(k):
        for u in range(k):
            total = 0.0
            for r in range(elements):
                total += slope[r, t] * half[r, u]
            out[t, u] = total


@compiled
def _score_of(gradient: Array, slope: Array, code: int, element: Array, score: Array) -> None:
    visits = gradient.shape[0]
    r = 0
    for a in range(visits):
        for b in range(a + 1):
            element[r] = gradient[a, b] * (0.5 if a == b else 1.0)
            r += 1
    if code == 0:
        copy_vector(element, score)
        return
    for t in range(score.shape[0]):
        total = 0.0
        for r in range(element.shape[0]):
            total += slope[r, t] * element[r]
        score[t] = total


@compiled
def _direction(
    observed: Array,
    expected: Array,
    slope: Array,
    code: int,
    heterogeneous: bool,
    theta: Array,
    gradient: Array,
    bent: Array,
    matrix: Array,
    root: Array,
    iteration: int,
) -> bool:
    """Fill the information of the parameters and its Cholesky root: observed, or expected at the start; False where neither serves."""
    k = theta.shape[0]
    for attempt in range(2):
        use_expected = iteration == 1 if attempt == 0 else True
        if use_expected and iteration > 2:
            # away from the start, observed information that is not positive definite is made so by its diagonal
            for r in range(k):
                matrix[r, r] += abs(matrix[r, r])
        elif code == 0:
            copy_matrix(expected if use_expected else observed, matrix)
        else:
            _to_parameters(expected if use_expected else observed, slope, matrix)
            if not use_expected:
                curvature(code, heterogeneous, theta, gradient, bent)
                for r in range(k):
                    for s in range(k):
                        matrix[r, s] -= 0.5 * bent[r, s]
        if cholesky(matrix, root):
            return True
    for r in range(k):
        for s in range(k):
            matrix[r, s] = max(abs(matrix[r, r]), 1e-12) if r == s else 0.0
    return cholesky(matrix, root)


@compiled
def _well_conditioned(matrix: Array, root: Array) -> bool:
    """Cholesky of the information scaled to a unit diagonal must not nearly vanish; then ``root`` is that of the matrix itself."""
    k = matrix.shape[0]
    scaled = np.empty((k, k))
    for r in range(k):
        if not matrix[r, r] > 0:
            return False
    for r in range(k):
        for s in range(k):
            scaled[r, s] = matrix[r, s] / np.sqrt(matrix[r, r] * matrix[s, s])
    if not cholesky(scaled, root):
        return False
    for r in range(k):
        if root[r, r] ** 2 < 1e-8:
            return False
    return cholesky(matrix, root)
