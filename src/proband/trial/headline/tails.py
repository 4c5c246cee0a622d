"""How likely a result is within one plausible cohort: exactly, and for very many people from the first three moments of the counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.elementary import normal_cdf
from proband.analysis.exact import binomial_tail, sum_distribution
from proband.natural_history import ProportionForecast
from proband.natural_history.forecast import COHORT_PLACES, read_quantile

Array = NDArray[np.float64]
#: arm, people and forecast of every kind of people
Strata = list[tuple[int, int, ProportionForecast]]
#: most people of one arm whose count has its whole distribution written out
MOST_EXACT = 20_000


def cohort_tails(
    strata: Strata,
    events: int,
    people: int,
    control_events: int | None,
    control_people: int | None,
    fewer: bool,
    apart: bool,
) -> tuple[Array, float]:
    """The tail in each of 100 plausible cohorts, and in the average one.

    Where the arms come from cohorts ``apart``, a cohort of the treated arm meets every cohort of the control arm. Counts of up to
    :data:`MOST_EXACT` people are exact, as is one count of people of one kind; else the count of more is taken as normal with its skewness (Edgeworth).
    """
    shares = np.array([[*read_quantile(f.quantiles, COHORT_PLACES), f.pooled] for _, _, f in strata]).T
    first = _Arm([n for a, n, _ in strata if a == 0], shares[:, [a == 0 for a, _, _ in strata]])
    if control_people is None or control_events is None:
        per = (
            first.at_most(np.array([events]))[:, 0]
            if fewer
            else 1.0 - first.at_most(np.array([events - 1]))[:, 0]
        )
        return per[:-1], float(per[-1])
    second = _Arm([n for a, n, _ in strata if a == 1], shares[:, [a == 1 for a, _, _ in strata]])
    observed = events / people - control_events / control_people
    if people <= MOST_EXACT:
        k = np.arange(people + 1)
        other = (k / people - observed) * control_people
        if fewer:  # control at least so many
            reached = 1.0 - second.at_most(np.ceil(other - 1e-9).clip(0, control_people + 1) - 1)
        else:
            reached = second.at_most(np.floor(other + 1e-9).clip(-1, control_people))
        weights = first.pmf()
    elif control_people <= MOST_EXACT:
        k = np.arange(control_people + 1)
        own = (k / control_people + observed) * people
        if fewer:
            reached = first.at_most(np.floor(own + 1e-9).clip(-1, people))
        else:
            reached = 1.0 - first.at_most(np.ceil(own - 1e-9).clip(0, people + 1) - 1)
        weights = second.pmf()
    else:
        return _both_large(first, second, people, control_people, observed, fewer, apart)
    average = float(weights[-1] @ reached[-1])
    if not apart:
        return np.einsum("ck,ck->c", weights[:-1], reached[:-1]), average
    met = weights[:-1] @ reached[:-1].T  # (cohorts of the one that is written out, cohorts of the other)
    return met.mean(axis=1 if people <= MOST_EXACT else 0), average


class _Arm:
    """The number of events in one arm, in every cohort: shares of its kinds of people (cohorts, kinds)."""

    def __init__(self, sizes: list[int], shares: Array) -> None:
        self.sizes, self.shares = sizes, shares
        n = np.array(sizes, dtype=np.float64)
        self.mean = shares @ n
        self.variance = (shares * (1 - shares)) @ n
        self.third = (shares * (1 - shares) * (1 - 2 * shares)) @ n

    def pmf(self) -> Array:
        return np.stack([sum_distribution(self.sizes, [float(p) for p in row]) for row in self.shares])

    def at_most(self, k: Array | NDArray[np.int64]) -> Array:
        """P(at most ``k``), shape (cohorts, len(k)); 0 below nobody, 1 from everybody on."""
        people, at = sum(self.sizes), np.asarray(k, dtype=np.float64)
        if people <= MOST_EXACT:
            below = np.cumsum(np.pad(self.pmf(), ((0, 0), (1, 0))), axis=1)
            return np.minimum(below[:, np.clip(at, -1, people).astype(int) + 1], 1.0)
        if len(self.sizes) == 1:
            return np.asarray(1.0 - binomial_tail(people, self.shares, at[None, :]))
        found = edgeworth(self.mean[:, None], self.variance[:, None], self.third[:, None], at[None, :] + 0.5)
        return np.where(at < 0, 0.0, np.where(at >= people, 1.0, found))


def edgeworth(mean: Array, variance: Array, third: Array, at: Array) -> Array:
    """The distribution function of a sum from its first three moments (Feller, An Introduction to Probability Theory, vol. 2, XVI.4)."""
    sd = np.sqrt(np.maximum(variance, 1e-12))
    z = (at - mean) / sd
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    out: Array = np.clip(normal_cdf(z) - third / (6 * sd**3) * (z * z - 1) * density, 0.0, 1.0)
    return out


def _both_large(
    first: _Arm, second: _Arm, people: int, control_people: int, observed: float, fewer: bool, apart: bool
) -> tuple[Array, float]:
    """The tail of the difference of two shares of very many people each."""

    def tail(a: slice | int, b: slice | int, pair: bool) -> Array:
        def of(values: Array, b_: slice | int) -> Array:
            return values[b_][None, :] if pair else np.asarray(values[b_])

        def own(values: Array) -> Array:
            return values[a][:, None] if pair else np.asarray(values[a])

        mean = own(first.mean) / people - of(second.mean, b) / control_people
        variance = own(first.variance) / people**2 + of(second.variance, b) / control_people**2
        third = own(first.third) / people**3 - of(second.third, b) / control_people**3
        below = edgeworth(mean, variance, third, np.asarray(observed))
        return below if fewer else 1.0 - below

    every = slice(None, -1)
    average = float(tail(-1, -1, False))
    if apart:
        return tail(every, every, True).mean(axis=1), average
    return tail(every, every, False), average
