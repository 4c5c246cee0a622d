"""Numba: analysis of covariance, proportional odds and rank sums on many data sets. Plain twins: ``ancova.py``, ``ordinal.py``, ``ranks.py``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.compiled import compiled
from proband.analysis.kernel_algebra import cholesky, inverse_from_cholesky, solve_cholesky

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def ancova_many(y: Array, x: Array, column: int, out: Array) -> None:
    """Least squares per data set; ``out`` (data sets, 3): coefficient of ``column``, its standard error, degrees of freedom.

    ``y`` (data sets, people) with NaN left out; ``x`` (data sets or 1, people, p) has the intercept.
    """
    people, p = x.shape[1], x.shape[2]
    xx, xy = np.empty((p, p)), np.empty(p)
    root, inverse, beta = np.empty((p, p)), np.empty((p, p)), np.empty(p)
    for d in range(y.shape[0]):
        own = x[d % x.shape[0]]
        xx[:, :] = 0.0
        xy[:] = 0.0
        # around the first value, so that the residual sum of squares below does not cancel (the intercept takes the shift up)
        n, yy, origin = 0, 0.0, 0.0
        for i in range(people):
            if np.isfinite(y[d, i]):
                origin = y[d, i]
                break
        for i in range(people):
            value = y[d, i] - origin
            if not np.isfinite(value):
                continue
            n += 1
            yy += value * value
            for c in range(p):
                xy[c] += own[i, c] * value
                for k in range(c + 1):
                    xx[c, k] += own[i, c] * own[i, k]
        good = n > p and cholesky(xx, root)
        if good:
            for c in range(p):
                good = good and root[c, c] ** 2 > 1e-10 * xx[c, c]
        if not good:
            out[d, :] = np.nan
            continue
        solve_cholesky(root, xy, beta)
        inverse_from_cholesky(root, inverse)
        rest = yy
        for c in range(p):
            rest -= beta[c] * xy[c]
        out[d, 0] = beta[column]
        out[d, 1] = np.sqrt(rest / (n - p) * inverse[column, column])
        out[d, 2] = n - p


@compiled
def rank_sum_many(y: Array, arm: IntArray, out: Array) -> None:
    """Rank sum of arm 1 minus its expectation, its variance with ties, and z, per data set: ``out`` (data sets, 3); NaN left out."""
    for d in range(y.shape[0]):
        a = arm[d % arm.shape[0]]
        order = np.argsort(y[d])
        n = n1 = 0
        while n < y.shape[1] and np.isfinite(y[d, order[n]]):
            n1 += a[order[n]]
            n += 1
        total, ties, at = 0.0, 0.0, 0
        while at < n:
            end = at
            treated = 0.0
            while end < n and y[d, order[end]] == y[d, order[at]]:
                treated += a[order[end]]
                end += 1
            t = end - at
            total += treated * (at + end + 1) / 2
            ties += t * (t * t - 1.0)
            at = end
        out[d, 0] = total - n1 * (n + 1) / 2
        out[d, 1] = n1 * (n - n1) / 12 * (n + 1 - ties / (n * (n - 1.0)))
        out[d, 2] = out[d, 0] / np.sqrt(out[d, 1]) if out[d, 1] > 0 else np.nan


@compiled
def _ordinal_slopes(
    theta: Array, y: IntArray, x: Array, categories: int, score: Array, information: Array
) -> float:
    people, p = x.shape
    cuts = categories - 1
    size = cuts + p
    for j in range(1, cuts):
        if theta[j] <= theta[j - 1]:
            return -np.inf
    score[:] = 0.0
    information[:, :] = 0.0
    loglik = 0.0
    for i in range(people):
        if y[i] < 0:
            continue
        eta = 0.0
        for c in range(p):
            eta += x[i, c] * theta[cuts + c]
        fu, fl, du, dl, ddu, ddl = 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
        if y[i] < cuts:
            fu = 1 / (1 + np.exp(eta - theta[y[i]]))
            du = fu * (1 - fu)
            ddu = du * (1 - 2 * fu)
        if y[i] > 0:
            fl = 1 / (1 + np.exp(eta - theta[y[i] - 1]))
            dl = fl * (1 - fl)
            ddl = dl * (1 - 2 * fl)
        prob = max(fu - fl, 1e-300)
        loglik += np.log(prob)
        # only the two thresholds around the category and the covariates have a slope
        j = y[i]
        gu, gl, gx = du / prob, -dl / prob, (dl - du) / prob
        iu, il = gu * gu - ddu / prob, gl * gl + ddl / prob
        if j < cuts:
            score[j] += gu
            information[j, j] += iu
        if j > 0:
            score[j - 1] += gl
            information[j - 1, j - 1] += il
        if 0 < j < cuts:
            information[j, j - 1] += gu * gl
        xu, xl, xx = gx * gu + ddu / prob, gx * gl - ddl / prob, gx * gx - (ddu - ddl) / prob
        for c in range(p):
            z = x[i, c]
            score[cuts + c] += gx * z
            if j < cuts:
                information[cuts + c, j] += xu * z
            if j > 0:
                information[cuts + c, j - 1] += xl * z
            for k in range(c + 1):
                information[cuts + c, cuts + k] += xx * z * x[i, k]
    for c in range(size):
        for k in range(c):
            information[k, c] = information[c, k]
    return loglik


@compiled
def ordinal_many(y: IntArray, x: Array, categories: int, beta: Array, error: Array, state: Array) -> None:
    """Proportional odds per data set.

    ``y`` (data sets, people) in 0 … categories − 1, −1 missing; ``x`` (data sets or 1, people, p). Filled: ``beta`` and ``error`` (data sets,
    categories − 1 + p) with thresholds first, ``state`` (data sets, 2): log-likelihood, 1 where converged. A data set in which a category does
    not occur is not estimable.
    """
    people, p = x.shape[1], x.shape[2]
    cuts = categories - 1
    size = cuts + p
    theta, moved, score, step = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    information, root, inverse = np.empty((size, size)), np.empty((size, size)), np.empty((size, size))
    count = np.empty(categories)
    for d in range(y.shape[0]):
        own = x[d % x.shape[0]]
        beta[d, :] = np.nan
        error[d, :] = np.nan
        state[d, 0], state[d, 1] = np.nan, 0.0
        count[:] = 0.0
        n = 0.0
        for i in range(people):
            if y[d, i] >= 0:
                count[y[d, i]] += 1
                n += 1
        if count.min() == 0:
            continue
        below = 0.0
        for j in range(cuts):
            below += count[j]
            theta[j] = np.log(below / (n - below))
        for c in range(p):
            theta[cuts + c] = 0.0
        loglik = _ordinal_slopes(theta, y[d], own, categories, score, information)
        good = far = False
        for _ in range(60):
            if far or not cholesky(information, root):
                break
            solve_cholesky(root, score, step)
            decrement = 0.0
            for c in range(size):
                decrement += step[c] * score[c]
            if decrement < 1e-17:
                good = True
                break
            for _ in range(40):
                for c in range(size):
                    moved[c] = theta[c] + step[c]
                candidate = _ordinal_slopes(moved, y[d], own, categories, score, information)
                if candidate >= loglik - 1e-12 * abs(loglik):
                    break
                for c in range(size):
                    step[c] *= 0.5
            loglik = candidate
            for c in range(size):
                theta[c] = moved[c]
            for c in range(p):
                far = far or abs(theta[cuts + c]) * np.std(own[:, c]) > 12.0
        state[d, 0] = loglik
        if good:
            inverse_from_cholesky(root, inverse)
            state[d, 1] = 1.0
            for c in range(size):
                beta[d, c] = theta[c]
                error[d, c] = np.sqrt(inverse[c, c])
