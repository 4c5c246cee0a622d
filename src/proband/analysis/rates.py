"""Counts of events that may come to one person more than once: exact comparison of two groups, and the size of a trial that would tell.

A person's events are Poisson with a rate of the person's own; rates differ between people as a gamma distribution whose variance is ``dispersion``
times the squared mean (0: all alike). The sum over a group is then negative binomial, and given the sum of both groups, one group's part is
beta-binomial (binomial where all are alike): the common rate drops out, and the test is exact for the dispersion that is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.elementary import normal_cdf, normal_quantile
from proband.analysis.exact import Design
from proband.analysis.given import column

Array = NDArray[np.float64]
#: most events of both groups together whose distribution is written out; of more the part is taken as normal
MOST_EVENTS = 200_000


@dataclass(frozen=True, slots=True)
class RateTest:
    """p of two groups' events: in the direction that the rates point to, and two-sided (sum of what is no more likely than what was seen)."""

    directed: float
    two_sided: float
    exact: bool


def events_distribution(people: float, expected: Array, dispersion: float, most: int) -> Array:
    """P(0), …, P(most) of the events of a group, shape (len(expected), most + 1).

    Parameters
    ----------
    people
        People of the group, each watched alike (person-times in units of one person's).
    expected
        Expected events of the group.
    dispersion
        Variance of the people's rates over the squared mean.
    """
    from scipy.special import gammaln, xlogy

    k = np.arange(most + 1.0)
    mean = np.asarray(expected, dtype=np.float64)[:, None]
    if dispersion == 0.0:
        return np.asarray(np.exp(xlogy(k, mean) - mean - gammaln(k + 1.0)))
    shape = people / dispersion
    part = mean / (shape + mean)
    log = gammaln(k + shape) - gammaln(shape) - gammaln(k + 1.0) + xlogy(k, part) + shape * np.log1p(-part)
    return np.asarray(np.exp(log))


def compare_rates(
    events: int, watched: float, control_events: int, control_watched: float, dispersion: float
) -> RateTest:
    """The exact conditional test of two groups' events.

    ``watched`` are person-times in units of one person's time of observation: people, where all were watched alike. Przyborowski J, Wilenski H.
    Biometrika 1940;31:313-23 for people who are alike; given their sum, two negative binomial counts with a common scale are beta-binomial.
    """
    from scipy.special import betaln, gammaln, xlogy

    for count, time in ((events, watched), (control_events, control_watched)):
        column("events", count, low=0, whole=True)
        column("time watched", time, above=0)
    column("dispersion", dispersion, low=0)
    total = events + control_events
    if not total:
        return RateTest(1.0, 1.0, True)
    more = events * control_watched >= control_events * watched
    share = watched / (watched + control_watched)
    if total > MOST_EVENTS:
        mean = total * share
        variance = total * share * (1 - share)
        if dispersion:
            both = (watched + control_watched) / dispersion
            variance *= (both + total) / (both + 1)
        z = max(abs(events - mean) - 0.5, 0.0) / np.sqrt(variance)
        one = float(normal_cdf(-z))
        return RateTest(one, min(1.0, 2 * one), False)
    k = np.arange(total + 1.0)
    ways = gammaln(total + 1.0) - gammaln(k + 1.0) - gammaln(total - k + 1.0)
    if dispersion:
        a, b = watched / dispersion, control_watched / dispersion
        log = ways + betaln(k + a, total - k + b) - betaln(a, b)
    else:
        log = ways + xlogy(k, share) + xlogy(total - k, 1.0 - share)
    chance = np.exp(log)
    chance /= chance.sum()
    one = float(chance[events:].sum() if more else chance[: events + 1].sum())
    two = float(chance[chance <= chance[events] * (1 + 1e-7)].sum())
    return RateTest(min(1.0, one), min(1.0, two), True)


def design_for_rates(
    expected: float,
    change: float,
    dispersion: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    limit: int = 5000,
) -> Design:
    """Fewest people per arm, 1:1, to find that a rate changes by the part ``change`` (-0.5: halved), by the normal approximation on its logarithm.

    ``expected`` are the events of one person without treatment over the time of the trial. Zhu H, Lakkis H. Stat Med 2014;33:376-87, formula 4
    with the variance of the alternative.
    """  # fmt: skip
    ratio = 1.0 + change
    if not ratio > 0 or ratio == 1 or expected <= 0:
        raise ValueError("a rate above nothing, and a change of it, are needed")
    z = -float(normal_quantile(alpha / 2)) + float(normal_quantile(power))
    per = (z / np.log(ratio)) ** 2 * (1 / expected + 1 / (expected * ratio) + 2 * dispersion)
    n = int(np.ceil(per))
    return Design(
        n if n <= limit else None,
        change,
        expected,
        "rate",
        power,
        alpha,
        "normal approximation on the logarithm of the rate",
        limit,
    )
