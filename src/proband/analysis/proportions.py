"""Shares: intervals that stand beside counts, and the beta distributions that stand for what is known of a share.

References
----------
Clopper CJ, Pearson ES. Biometrika 1934;26:404-413 (exact two-sided interval).
Wilson EB. J Am Stat Assoc 1927;22:209-212 (score interval).
Newcombe RG. Statistics in Medicine 1998;17:873-890, method 10 (hybrid score interval for a difference).
Hanley JA, Lippman-Hand A. JAMA 1983;249:1743-1745 (what zero of n leaves open; exact here, not three over n).
Brown LD, Cai TT, DasGupta A. Statistical Science 2001;16:101-133, section 4.1.2 (Jeffreys' prior for a share).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.elementary import logit, normal_quantile

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its bounds, as fractions (0 to 1, or -1 to 1 for a difference)."""

    estimate: float
    low: float
    high: float


def zero_upper(n: int, confidence: float = 0.95) -> float:
    """The one-sided exact upper bound of a share after no event among ``n``: 1 - (1 - confidence)^(1/n).

    Raises
    ------
    ValueError
        If nobody was watched: of nobody nothing can be said.
    """
    if n < 1:
        raise ValueError("an upper bound needs at least one person")
    return float(1.0 - (1.0 - confidence) ** (1.0 / n))


def clopper_pearson(events: int, n: int, confidence: float = 0.95) -> Interval:
    """Clopper and Pearson's exact two-sided interval of a share.

    Raises
    ------
    ValueError
        If ``n`` is below 1, or the events are negative or exceed it.
    """
    return _interval(events, n, confidence, "exact")


def wilson(events: int, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a share, without continuity correction.

    Raises
    ------
    ValueError
        As :func:`clopper_pearson`.
    """
    return _interval(events, n, confidence, "wilson")


def newcombe(
    events: int, n: int, events_reference: int, n_reference: int, confidence: float = 0.95
) -> Interval:
    """Newcombe's hybrid score interval (his method 10) of the difference of two independent shares.

    Raises
    ------
    ValueError
        As :func:`clopper_pearson`.
    """
    first, second = wilson(events, n, confidence), wilson(events_reference, n_reference, confidence)
    difference = first.estimate - second.estimate
    low = difference - sqrt((first.estimate - first.low) ** 2 + (second.high - second.estimate) ** 2)
    high = difference + sqrt((first.high - first.estimate) ** 2 + (second.estimate - second.low) ** 2)
    return Interval(difference, max(-1.0, low), min(1.0, high))


def _interval(events: int, n: int, confidence: float, method: Literal["exact", "wilson"]) -> Interval:
    if n < 1:
        raise ValueError("a share needs at least one person")
    if not 0 <= events <= n:
        raise ValueError(f"{events} events among {n} people cannot be")
    # scipy.stats takes a second and a half to load: only where an interval is asked for
    from scipy.stats import binomtest

    found = binomtest(events, n).proportion_ci(confidence, method)
    return Interval(events / n, float(found.low), float(found.high))


def jeffreys_quantiles(events: float, n: float, q: ArrayLike) -> Array:
    """Quantiles ``q`` of a share after ``events`` of ``n`` from Jeffreys' prior: Beta(½ + events, ½ + n - events)."""
    from scipy.special import betaincinv

    out: Array = betaincinv(0.5 + events, 0.5 + n - events, np.asarray(q, dtype=np.float64))
    return out


def beta_quantiles(mean: float, variance: float, q: ArrayLike) -> Array:
    """Quantiles ``q`` of the beta distribution with a mean and a variance (the method of moments).

    Raises
    ------
    ValueError
        If no beta distribution has them: the mean must lie between 0 and 1, the variance between 0 and mean·(1 - mean).
    """
    if not 0.0 < mean < 1.0 or not 0.0 < variance < mean * (1.0 - mean):
        raise ValueError(f"no beta distribution has mean {mean:g} and variance {variance:g}")
    from scipy.special import betaincinv

    size = mean * (1.0 - mean) / variance - 1.0
    out: Array = betaincinv(mean * size, (1.0 - mean) * size, np.asarray(q, dtype=np.float64))
    return out


def logit_standard_error(low: float, high: float, confidence: float = 0.95) -> float:
    """The standard error on the logit scale that a printed interval of a share stands for.

    Raises
    ------
    ValueError
        If the bounds do not lie in order between 0 and 1.
    """
    if not 0.0 < low < high < 1.0:
        raise ValueError(f"{low:g} to {high:g} is no interval of a share between 0 and 1")
    return float((logit(high) - logit(low)) / (2.0 * normal_quantile(0.5 + confidence / 2.0)))
