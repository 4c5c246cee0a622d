"""What a natural-history model hands on: the predictive distribution for a *new* cohort of untreated people.

Every source of doubt about the cohort (parameters, differences between cohorts and registries, an era that was not
given) is folded into one quantile table, so that a simulation needs one uniform number per trial and the same table
can be evaluated in a web page. Spread between the people of one cohort is not in it: that is the simulation's part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from proband.analysis.elementary import normal_quantile
from proband.analysis.exact import predicted_counts
from proband.terms import Level, Source, weakest

#: number of quantiles kept; quantile i stands for probability (i + 0.5) / N_QUANTILES
N_QUANTILES = 400

Array = NDArray[np.float64]
#: plausible cohorts of equal weight in which a chance is asked one by one
COHORT_PLACES: Array = (np.arange(100) + 0.5) / 100


def quantile_table(draws: Array) -> Array:
    """The ``N_QUANTILES`` mid-point quantiles of predictive draws (one dimension, any length ≥ 2)."""
    probabilities = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    return np.quantile(np.asarray(draws, dtype=np.float64), probabilities)


def read_quantile(table: Array, u: Array) -> Array:
    """Values of a quantile table at probabilities ``u`` by linear interpolation, flat outside the outer mid-points."""
    n = len(table)
    return np.interp(u * n - 0.5, np.arange(n), table)


def central(values: Array, width: float = 0.95) -> tuple[float, float]:
    """The ends of the middle part of values of equal weight, in any order: value i of n stands for probability (i + 0.5) / n."""
    tail = (1.0 - width) / 2.0
    low, high = read_quantile(np.sort(values), np.array([tail, 1.0 - tail]))
    return float(low), float(high)


def unique_sources(sources: Sequence[Source]) -> tuple[Source, ...]:
    """The sources in order of first appearance, each once."""
    return tuple({s.id: s for s in sources}.values())


@dataclass(frozen=True, slots=True)
class CohortForecast:
    """What every forecast has: a figure of untreated people of one kind, in a cohort that nobody has seen yet.

    ``quantiles`` (``N_QUANTILES``,) are of that cohort's true figure; ``pooled`` is the figure for the average cohort, which a
    calculation without heterogeneity would use. ``programme_hash`` is that of the programme whose tables it rests on, ``n_cohorts`` how
    many published cohorts stand behind it (0: not counted).
    """

    label: str
    quantiles: Array
    pooled: float
    domain: str
    sources: tuple[Source, ...]
    level: Level
    programme_hash: str
    assumptions: tuple[str, ...] = ()
    n_cohorts: int = 0

    @property
    def mean(self) -> float:
        """Mean over new cohorts."""
        return float(np.mean(self.quantiles))

    def interval(self, width: float = 0.95) -> tuple[float, float]:
        """Central predictive interval of the true figure of a new cohort."""
        return central(self.quantiles, width)

    def average(self) -> Self:
        """The same with every cohort the average one."""
        return replace(
            self,
            quantiles=np.full_like(self.quantiles, self.pooled),
            assumptions=(*self.assumptions, "Differences between cohorts are switched off."),
        )


@dataclass(frozen=True, slots=True)
class ProportionForecast(CohortForecast):
    """Share of untreated people of one kind with an outcome; ``quantiles`` and ``pooled`` are in [0, 1]."""

    def counts(self, people: int, width: float = 0.95) -> tuple[int, int]:
        """Central predictive interval of the number with the outcome among ``people`` of a new cohort.

        Chance within the cohort (binomial) and differences between cohorts both take part.
        """
        return predicted_counts(people, self.quantiles, width)

    def complement(self, label: str) -> ProportionForecast:
        """The forecast of *not* having the outcome."""
        return replace(self, label=label, quantiles=1.0 - self.quantiles[::-1], pooled=1.0 - self.pooled)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeForecast(CohortForecast):
    """Change of a score in untreated people of one kind.

    ``quantiles`` and ``pooled`` are of the cohort's true mean change in ``unit``; ``sd`` is the standard deviation of one person's
    change within a cohort. ``reach`` is the largest fall and the largest rise that the score can show, from any value of its scale to any other;
    ``None`` where the scale is not known.
    """

    sd: float
    unit: str
    reach: tuple[float, float] | None = None

    def group_mean(self, people: int, width: float = 0.95) -> tuple[float, float]:
        """Central predictive interval of the mean change seen in ``people`` of a new cohort."""
        u = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
        spread = self.sd / np.sqrt(people) * normal_quantile(u)
        mixture = np.sort((self.quantiles[:, None] + spread[None, :]).ravel())
        low, high = np.quantile(mixture, [(1.0 - width) / 2.0, (1.0 + width) / 2.0])
        return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateForecast(CohortForecast):
    """Events that may come to one untreated person more than once.

    ``quantiles`` and ``pooled`` are of the cohort's mean number of events of one person in a day; ``dispersion`` is how far the people of
    one cohort differ: the variance of their rates over the squared mean (0: all alike). Counts of people are then negative binomial.
    """

    dispersion: float


@dataclass(frozen=True, slots=True)
class CohortCheck:
    """One published cohort against the model: is what it found inside the 95 % predictive interval?

    ``low`` and ``high`` bound the *count* of events among ``n`` people of a new cohort of that kind.
    """

    cohort: str
    stratum: str
    n: float
    events: float
    low: float
    high: float
    programme_hash: str
    left_out: bool = field(default=False)

    @property
    def covered(self) -> bool:
        """Whether the published count lies in the interval (bounds included)."""
        return self.low <= self.events <= self.high


def combine_levels(levels: Sequence[Level]) -> Level:
    """The level of what is computed from some figures: the weakest of them, and never better than ``derived``."""
    return weakest(Level.DERIVED, *levels)
