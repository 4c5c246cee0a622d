"""Numba: analysis of covariance, proportional odds and rank sums on many data sets. Plain twins: ``ancova.py``, ``ordinal.py``, ``ranks.py``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.compiled import compiled
from proband.analysis.kernel_algebra import cholesky, inverse_from_cholesky, solve_cholesky

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def _product(a: Array, b: Array, n: int) -> float:
    """Sum of products of the first ``n``, in four sums side by side: one alone would wait for each addition."""
    s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
    whole = n - n % 4
    for i in range(0, whole, 4):
        s0 += a[i] * b[i]
        s1 += a[i + 1] * b[i + 1]
        s2 += a[i + 2] * b[i + 2]
        s3 += a[i + 3] * b[i + 3]
    for i in range(whole, n):
        s0 += a[i] * b[i]
    return (s0 + s1) + (s2 + s3)


@compiled
def _centre(a: Array, n: int) -> None:
    """Take the mean off the first ``n``, around the first of them, so that a large level costs no digits."""
    origin = a[0]
    s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
    whole = n - n % 4
    for i in range(0, whole, 4):
        s0 += a[i] - origin
        s1 += a[i + 1] - origin
        s2 += a[i + 2] - origin
        s3 += a[i + 3] - origin
    for i in range(whole, n):
        s0 += a[i] - origin
    mean = ((s0 + s1) + (s2 + s3)) / n
    for i in range(n):
        a[i] = (a[i] - origin) - mean


@compiled
def ancova_many(y: Array, arm: Array, z: Array, out: Array) -> None:
    """Least squares per data set; ``out`` (data sets, 3): coefficient of ``arm``, its standard error, degrees of freedom.

    ``y`` (data sets, people); ``arm`` (data sets or 1, people); ``z`` (data sets or 1, people, covariates). Whoever lacks a value is left out.
    The columns are centred, which takes the intercept's place, and stand with the arm and the outcome last: of the Cholesky root of their
    products the last two rows are all that is asked for.
    """
    people, p = y.shape[1], z.shape[2]
    columns = np.empty((p + 2, people))
    cross, root, beta = np.zeros((p + 2, p + 2)), np.zeros((p + 2, p + 2)), np.empty(p + 1)
    for d in range(y.shape[0]):
        a, own = arm[d % arm.shape[0]], z[d % z.shape[0]]
        n = 0
        for i in range(people):
            check = y[d, i] + a[i]
            columns[p, n], columns[p + 1, n] = a[i], y[d, i]
            for c in range(p):
                columns[c, n] = own[i, c]
                check += own[i, c]
            n += np.isfinite(check)
        out[d, :] = np.nan
        if n <= p + 2:
            continue
        for c in range(p + 2):
            _centre(columns[c], n)
            for k in range(c + 1):
                cross[c, k] = _product(columns[c], columns[k], n)
        # the outcome itself may be constant or a line of the covariates: only the columns before it must be free of one another
        good = cholesky(cross[: p + 1, : p + 1], root)
        for c in range(p + 1):
            good = good and root[c, c] ** 2 > 1e-10 * cross[c, c]
        if not good:
            continue
        rest = cross[p + 1, p + 1]
        for c in range(p + 1):
            total = cross[p + 1, c]
            for k in range(c):
                total -= root[c, k] * root[p + 1, k]
            root[p + 1, c] = total / root[c, c]
            rest -= root[p + 1, c] ** 2
        if rest < 1e-4 * cross[p + 1, p + 1]:
            # the difference of two nearly equal sums has few digits: the residuals themselves are squared
            for c in range(p, -1, -1):
                total = root[p + 1, c]
                for k in range(c + 1, p + 1):
                    total -= root[k, c] * beta[k]
                beta[c] = total / root[c, c]
            rest = 0.0
            for i in range(n):
                left = columns[p + 1, i]
                for c in range(p + 1):
                    left -= beta[c] * columns[c, i]
                rest += left * left
        if rest <= 1e-24 * cross[p + 1, p + 1]:
            # what is left beside a perfect line is rounding, and says nothing of uncertainty
            continue
        out[d, 0] = root[p + 1, p] / root[p, p]
        out[d, 1] = np.sqrt(rest / (n - p - 2)) / root[p, p]
        out[d, 2] = n - p - 2


@compiled
def rank_sum_many(y: Array, arm: IntArray, out: Array) -> None:
    """Rank sum of arm 1 minus its expectation, its variance with ties, and z, per data set: ``out`` (data sets, 3); NaN left out."""
    for d in range(y.shape[0]):
        a = arm[d % arm.shape[0]]
        order = np.argsort(y[d])
        n = n1 = 0
        while n < y.shape[1] and not np.isnan(y[d, order[n]]):
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
