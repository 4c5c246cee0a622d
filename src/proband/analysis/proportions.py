"""The intervals that stand beside counts on a page: exact for one group, Newcombe's for a difference of two.

References
----------
Clopper CJ, Pearson ES. Biometrika 1934;26:404-413 (exact two-sided interval).
Newcombe RG. Statistics in Medicine 1998;17:873-890, method 10 (hybrid score interval for a difference).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from scipy.special import betaincinv


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
    _counts(events, n)
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if events == 0 else float(betaincinv(events, n - events + 1, tail))
    high = 1.0 if events == n else float(betaincinv(events + 1, n - events, 1.0 - tail))
    return Interval(events / n, low, high)


def wilson(events: int, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a share.

    Raises
    ------
    ValueError
        As :func:`clopper_pearson`.
    """
    _counts(events, n)
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    share = events / n
    centre = share + z * z / (2 * n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return Interval(share, max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale))


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


def _counts(events: int, n: int) -> None:
    if n < 1:
        raise ValueError("a share needs at least one person")
    if not 0 <= events <= n:
        raise ValueError(f"{events} events among {n} people cannot be")
