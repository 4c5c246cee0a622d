"""Numba: wins, losses and their variance on many data sets. The plain twin is ``win.py``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.compiled import compiled

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

TIME, COUNT, VALUE = 0, 1, 2


@compiled
def _count(times: Array, limit: float) -> int:
    """How many of the rising ``times`` (NaN at the end) are at or before ``limit``."""
    n = 0
    while n < times.shape[0] and times[n] <= limit:
        n += 1
    return n


@compiled
def _compare(
    kind: IntArray,
    sign: Array,
    margin: Array,
    values: Array,
    event: BoolArray,
    recurrent: Array,
    i: int,
    j: int,
) -> int:
    """1 where i is better than j, −1 where worse, 0 where no component decides."""
    for c in range(kind.shape[0]):
        a, b = values[c, i], values[c, j]
        if kind[c] == VALUE:
            gap = sign[c] * (a - b)
            if abs(gap) > margin[c]:
                return 1 if gap > 0 else -1
        elif kind[c] == TIME:
            won = event[c, j] and (a - b > margin[c] or (margin[c] == 0.0 and a == b and not event[c, i]))
            lost = event[c, i] and (b - a > margin[c] or (margin[c] == 0.0 and a == b and not event[c, j]))
            if won != lost:
                return 1 if won else -1
        else:
            shared = min(a, b)
            m, n = _count(recurrent[i], shared), _count(recurrent[j], shared)
            if abs(m - n) > margin[c]:
                return 1 if m < n else -1
            if m == n and m > 0 and recurrent[i, m - 1] != recurrent[j, n - 1]:
                return 1 if recurrent[i, m - 1] > recurrent[j, n - 1] else -1
    return 0


@compiled
def win_many(
    kind: IntArray, sign: Array, margin: Array, values: Array, event: BoolArray, recurrent: Array, arm: IntArray,
    stratum: IntArray, strata: int, out: Array,
) -> None:  # fmt: skip
    """Compare arm 1 with arm 0.

    Parameters
    ----------
    kind, sign, margin
        (components,): what it is; −1 where lower values are better; differences that are ties.
    values, event
        (data sets, components, people).
    recurrent
        (data sets or 1, people, events): rising event times of the count component, NaN after the last.
    out
        Filled: (data sets, 6): share of wins and losses among the (weighted) pairs, their variances and covariance, share of ties.
    """
    people = values.shape[2]
    won, lost, size = np.empty(people), np.empty(people), np.empty((strata, 2))
    for d in range(values.shape[0]):
        a, s = arm[d % arm.shape[0]], stratum[d % stratum.shape[0]]
        size[:, :] = 0.0
        for i in range(people):
            won[i] = lost[i] = 0.0
            size[s[i], a[i]] += 1
        for i in range(people):
            if a[i] != 1:
                continue
            for j in range(people):
                if a[j] == 0 and s[i] == s[j]:
                    score = _compare(
                        kind, sign, margin, values[d], event[d], recurrent[d % recurrent.shape[0]], i, j
                    )
                    if score > 0:
                        won[i] += 1
                        won[j] += 1
                    elif score < 0:
                        lost[i] += 1
                        lost[j] += 1
        wins = losses = pairs = vw = vl = cov = 0.0
        for g in range(strata):
            for side in range(2):
                n, m = size[g, side], size[g, 1 - side]
                sum_w = sum_l = ww = ll = wl = 0.0
                for i in range(people):
                    if s[i] == g and a[i] == side:
                        x, y = won[i] / m, lost[i] / m
                        sum_w += x
                        sum_l += y
                        ww += x * x
                        ll += y * y
                        wl += x * y
                scale = (n * m / (n + m)) ** 2 / n
                vw += scale * (ww / n - (sum_w / n) ** 2)
                vl += scale * (ll / n - (sum_l / n) ** 2)
                cov += scale * (wl / n - sum_w * sum_l / (n * n))
                if side == 1:
                    weight = m / (n + m)
                    wins += weight * sum_w
                    losses += weight * sum_l
                    pairs += weight * n
        out[d, 0], out[d, 1] = wins / pairs, losses / pairs
        out[d, 2], out[d, 3], out[d, 4] = vw / pairs**2, vl / pairs**2, cov / pairs**2
        out[d, 5] = 1 - (wins + losses) / pairs
