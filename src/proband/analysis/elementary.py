"""The few functions that nearly every answer needs, by NumPy and the standard library.

They equal those of ``scipy.special`` (which takes longer to load than a whole headline takes to answer) to the last digits; what is
harder than these is left to it, and fetched where it is used.
"""

from __future__ import annotations

from functools import lru_cache
from math import erfc, lgamma, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_NORMAL = NormalDist()


def expit(x: ArrayLike) -> Array:
    """The share of a logit, 1 / (1 + e^-x), without overflow; same shape as ``x``."""
    x = np.asarray(x, dtype=np.float64)
    small = np.exp(-np.abs(x))
    out: Array = np.where(x >= 0, 1.0, small) / (1.0 + small)
    return out


def logit(p: ArrayLike) -> Array:
    """The logit of a share, log p - log(1 - p): -∞ of 0, ∞ of 1; same shape as ``p``."""
    p = np.asarray(p, dtype=np.float64)
    with np.errstate(divide="ignore"):
        out: Array = np.log(p) - np.log1p(-p)
    return out


def logsumexp(x: ArrayLike) -> float:
    """The logarithm of a sum of exponentials, without overflow."""
    x = np.asarray(x, dtype=np.float64)
    top = float(x.max())
    return top + float(np.log(np.exp(x - top).sum()))


def normal_quantile(p: ArrayLike) -> Array:
    """Quantiles of the standard normal distribution at probabilities strictly between 0 and 1; same shape as ``p``.

    Raises
    ------
    statistics.StatisticsError
        If a probability is not strictly between 0 and 1.
    """
    p = np.asarray(p, dtype=np.float64)
    return np.array([_NORMAL.inv_cdf(float(each)) for each in p.ravel()]).reshape(p.shape)


def normal_cdf(z: ArrayLike) -> Array:
    """The standard normal distribution function, accurate in both tails; same shape as ``z``."""
    z = np.asarray(z, dtype=np.float64)
    return np.array([0.5 * erfc(-float(each) * sqrt(0.5)) for each in z.ravel()]).reshape(z.shape)


def log_choose(n: int, k: NDArray[np.int64]) -> Array:
    """The logarithm of n over k for whole numbers 0 ≤ k ≤ n; same shape as ``k``."""
    table = _log_factorials(n)
    out: Array = table[n] - table[k] - table[n - k]
    return out


def _log_factorials(n: int) -> Array:
    """log 0! … log n! and some more, so that tables of neighbouring sizes are one."""
    return _log_factorial_table(max(256, 1 << n.bit_length()))


@lru_cache(maxsize=32)
def _log_factorial_table(size: int) -> Array:
    return np.array([lgamma(k + 1.0) for k in range(size + 1)])
