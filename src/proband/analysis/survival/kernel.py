# mypy: disable-error-code="no-any-return"
# elements of arrays are Any to mypy
"""Numba: log-rank, Cox and restricted mean survival on many data sets; one sort per data set, risk sets as running sums from the end.

Plain twins: ``logrank.py``, ``cox.py``, ``rmst.py``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.compiled import compiled
from proband.analysis.kernel_algebra import cholesky, inverse_from_cholesky, solve_cholesky

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@compiled
def logrank_many(
    time: Array, event: BoolArray, arm: IntArray, stratum: IntArray, strata: int, rho: float, out: Array
) -> None:
    """Observed minus expected events of arm 1, its variance, and the signed statistic, per data set.

    Parameters
    ----------
    time, event
        (data sets, people).
    arm, stratum
        (data sets or 1, people): 0 or 1; 0 … strata − 1.
    rho
        Harrington and Fleming's exponent of the pooled survival just before (0: log-rank).
    out
        Filled: (data sets, 3).
    """
    people = time.shape[1]
    at_risk, treated, survival = np.empty(strata), np.empty(strata), np.empty(strata)
    dead, dead_treated, gone, gone_treated = (
        np.empty(strata),
        np.empty(strata),
        np.empty(strata),
        np.empty(strata),
    )
    for d in range(time.shape[0]):
        a, s = arm[d % arm.shape[0]], stratum[d % stratum.shape[0]]
        order = np.argsort(time[d])
        for g in range(strata):
            at_risk[g] = treated[g] = 0.0
            survival[g] = 1.0
        for i in range(people):
            at_risk[s[i]] += 1
            treated[s[i]] += a[i]
        score = variance = 0.0
        at = 0
        while at < people:
            now = time[d, order[at]]
            for g in range(strata):
                dead[g] = dead_treated[g] = gone[g] = gone_treated[g] = 0.0
            while at < people and time[d, order[at]] == now:
                i = order[at]
                gone[s[i]] += 1
                gone_treated[s[i]] += a[i]
                if event[d, i]:
                    dead[s[i]] += 1
                    dead_treated[s[i]] += a[i]
                at += 1
            for g in range(strata):
                n, k = at_risk[g], dead[g]
                if k > 0:
                    w = 1.0 if rho == 0.0 else survival[g] ** rho
                    share = treated[g] / n
                    score += w * (dead_treated[g] - k * share)
                    if n > 1:
                        variance += w * w * k * (n - k) / (n - 1) * share * (1 - share)
                    survival[g] *= 1 - k / n
                at_risk[g] -= gone[g]
                treated[g] -= gone_treated[g]
        out[d, 0], out[d, 1] = score, variance
        out[d, 2] = score / np.sqrt(variance) if variance > 0 else np.nan


@compiled
def rmst_many(time: Array, event: BoolArray, arm: IntArray, horizon: float, out: Array) -> None:
    """Restricted mean and its variance of arms 0 and 1: ``out`` (data sets, 2, 2); NaN where the curve is not known up to the horizon."""
    people = time.shape[1]
    area, weight = np.empty(people + 1), np.empty(people + 1)
    for d in range(time.shape[0]):
        a = arm[d % arm.shape[0]]
        order = np.argsort(time[d])
        for side in range(2):
            n = 0.0
            for i in range(people):
                n += a[i] == side
            survival, total, before, steps, at = 1.0, 0.0, 0.0, 0, 0
            last, last_event = 0.0, True
            while at < people:
                now = time[d, order[at]]
                dead = gone = 0.0
                while at < people and time[d, order[at]] == now:
                    i = order[at]
                    if a[i] == side:
                        gone += 1
                        dead += event[d, i]
                    at += 1
                if gone == 0:
                    continue
                last, last_event = now, dead == gone
                if dead > 0 and now <= horizon:
                    area[steps] = survival * (now - before)
                    total += area[steps]
                    weight[steps] = dead / (n * (n - dead)) if n > dead else 0.0
                    survival *= 1 - dead / n
                    before = now
                    steps += 1
                n -= gone
            if last < horizon and not last_event:
                out[d, side, 0] = out[d, side, 1] = np.nan
                continue
            total += survival * (horizon - before)
            passed = variance = 0.0
            for k in range(steps):
                passed += area[k]
                variance += (total - passed) ** 2 * weight[k]
            out[d, side, 0], out[d, side, 1] = total, variance


@compiled
def _cox_slopes(
    time: Array, entry: Array, event: BoolArray, x: Array, stratum: IntArray, strata: int, by_end: IntArray, by_start: IntArray,
    delayed: bool, efron: bool, beta: Array, score: Array, information: Array,
) -> float:  # fmt: skip
    """Fill score and information at ``beta``; return the log partial likelihood."""
    rows, p = x.shape
    score[:] = 0.0
    information[:, :] = 0.0
    loglik = 0.0
    s1, d1, mean = np.empty(p), np.empty(p), np.empty(p)
    s2, d2 = np.empty((p, p)), np.empty((p, p))
    for g in range(strata):
        s0 = 0.0
        s1[:] = 0.0
        s2[:, :] = 0.0
        at, leaving = rows - 1, rows - 1
        while at >= 0:
            now = time[by_end[at]]
            dead, d0 = 0, 0.0
            d1[:] = 0.0
            d2[:, :] = 0.0
            while at >= 0 and time[by_end[at]] == now:
                i = by_end[at]
                at -= 1
                if stratum[i] != g:
                    continue
                eta = 0.0
                for c in range(p):
                    eta += x[i, c] * beta[c]
                r = np.exp(eta)
                s0 += r
                for c in range(p):
                    s1[c] += r * x[i, c]
                    for k in range(c + 1):
                        s2[c, k] += r * x[i, c] * x[i, k]
                if event[i]:
                    dead += 1
                    d0 += r
                    loglik += eta
                    for c in range(p):
                        score[c] += x[i, c]
                        d1[c] += r * x[i, c]
                        for k in range(c + 1):
                            d2[c, k] += r * x[i, c] * x[i, k]
            if delayed:
                # whoever enters at or after this time is not at risk yet
                while leaving >= 0 and entry[by_start[leaving]] >= now:
                    i = by_start[leaving]
                    leaving -= 1
                    if stratum[i] != g:
                        continue
                    eta = 0.0
                    for c in range(p):
                        eta += x[i, c] * beta[c]
                    r = np.exp(eta)
                    s0 -= r
                    for c in range(p):
                        s1[c] -= r * x[i, c]
                        for k in range(c + 1):
                            s2[c, k] -= r * x[i, c] * x[i, k]
            for step in range(dead):
                share = step / dead if efron else 0.0
                total = s0 - share * d0
                loglik -= np.log(total)
                for c in range(p):
                    mean[c] = (s1[c] - share * d1[c]) / total
                    score[c] -= mean[c]
                    for k in range(c + 1):
                        information[c, k] += (s2[c, k] - share * d2[c, k]) / total - mean[c] * mean[k]
    for c in range(p):
        for k in range(c):
            information[k, c] = information[c, k]
    return loglik


@compiled
def cox_many(
    time: Array, entry: Array, event: BoolArray, x: Array, stratum: IntArray, strata: int, delayed: bool, efron: bool,
    beta_out: Array, covariance_out: Array, state: Array,
) -> None:  # fmt: skip
    """Fit a Cox model to every data set.

    Parameters
    ----------
    time, event
        (data sets, rows).
    entry
        (data sets, rows) where ``delayed``; otherwise not read.
    x
        (data sets or 1, rows, covariates).
    beta_out, covariance_out
        Filled: (data sets, p), (data sets, p, p).
    state
        Filled: (data sets, 3): log partial likelihood, score statistic at zero, 1 where converged.
    """
    rows, p = x.shape[1], x.shape[2]
    beta, moved, score, step = np.empty(p), np.empty(p), np.empty(p), np.empty(p)
    information, root, inverse = np.empty((p, p)), np.empty((p, p)), np.empty((p, p))
    centred = np.empty((rows, p))
    none = np.zeros(1, np.int64)
    for d in range(time.shape[0]):
        s = stratum[d % stratum.shape[0]]
        own = x[d % x.shape[0]]
        for c in range(p):
            mean = 0.0
            for i in range(rows):
                mean += own[i, c] / rows
            for i in range(rows):
                centred[i, c] = own[i, c] - mean
        by_end = np.argsort(time[d])
        by_start = np.argsort(entry[d]) if delayed else none
        start = entry[d] if delayed else time[d]
        for c in range(p):
            beta[c] = 0.0
        beta_out[d, :] = np.nan
        covariance_out[d, :, :] = np.nan
        state[d, 2] = 0.0
        loglik = _cox_slopes(
            time[d],
            start,
            event[d],
            centred,
            s,
            strata,
            by_end,
            by_start,
            delayed,
            efron,
            beta,
            score,
            information,
        )
        good = False
        for iteration in range(40):
            if not cholesky(information, root):
                break
            solve_cholesky(root, score, step)
            decrement = 0.0
            for c in range(p):
                decrement += step[c] * score[c]
            if iteration == 0:
                state[d, 1] = decrement
            if decrement < 1e-18 or (decrement < 1e-12 and iteration > 30):
                good = True
                break
            for _ in range(30):
                for c in range(p):
                    moved[c] = beta[c] + step[c]
                candidate = _cox_slopes(
                    time[d],
                    start,
                    event[d],
                    centred,
                    s,
                    strata,
                    by_end,
                    by_start,
                    delayed,
                    efron,
                    moved,
                    score,
                    information,
                )
                if np.isfinite(candidate) and candidate >= loglik - 1e-12 * abs(loglik):
                    break
                for c in range(p):
                    step[c] *= 0.5
            loglik = candidate
            far = False
            for c in range(p):
                beta[c] = moved[c]
                # as FARTHEST in cox.py
                far = far or abs(beta[c]) * np.abs(centred[:, c]).max() > 12.0
            if far:
                break
        state[d, 0] = loglik
        if good:
            state[d, 2] = 1.0
            for c in range(p):
                beta_out[d, c] = beta[c]
            inverse_from_cholesky(root, inverse)
            for c in range(p):
                for k in range(p):
                    covariance_out[d, c, k] = inverse[c, k]
