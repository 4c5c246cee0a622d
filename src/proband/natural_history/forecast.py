"""What a natural-history model hands on: the predictive distribution for a *new* cohort of untreated people.

Every source of doubt about the cohort (parameters, differences between cohorts and registries, an era that was not
given) is folded into one quantile table, so that a simulation needs one uniform number per trial and the same table
can be evaluated in a web page. Spread between the people of one cohort is not in it: that is the simulation's part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from proband.analysis.elementary import normal_quantile
from proband.analysis.exact import predicted_counts
from proband.terms import Level, Source, weakest

#: number of quantiles kept; quantile i stands for probability (i + 0.5) / N_QUANTILES
N_QUANTILES = 400

Array = NDArray[np.float64]


def quantile_table(draws: Array) -> Array:
    """The ``N_QUANTILES`` mid-point quantiles of predictive draws (one dimension, any length ≥ 2)."""
    probabilities = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    return np.quantile(np.asarray(draws, dtype=np.float64), probabilities)


def read_quantile(table: Array, u: Array) -> Array:
    """Values of a quantile table at probabilities ``u`` by linear interpolation, flat outside the outer mid-points."""
    n = len(table)
    return np.interp(u * n - 0.5, np.arange(n), table)


def unique_sources(sources: Sequence[Source]) -> tuple[Source, ...]:
    """The sources in order of first appearance, each once."""
    return tuple({s.id: s for s in sources}.values())


@dataclass(frozen=True, slots=True)
class ProportionForecast:
    """Share of untreated people of one kind with an outcome, in a cohort that nobody has seen yet.

    ``quantiles`` (``N_QUANTILES``,) are of that cohort's true share, in [0, 1]. ``pooled`` is the share for the
    average cohort: the figure that a calculation without heterogeneity would use. ``programme_hash`` is that of the
    programme whose tables it rests on.
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
        """Mean share over new cohorts."""
        return float(np.mean(self.quantiles))

    def interval(self, width: float = 0.95) -> tuple[float, float]:
        """Central predictive interval of the true share in a new cohort."""
        tail = (1.0 - width) / 2.0
        low, high = read_quantile(self.quantiles, np.array([tail, 1.0 - tail]))
        return float(low), float(high)

    def counts(self, people: int, width: float = 0.95) -> tuple[int, int]:
        """Central predictive interval of the number with the outcome among ``people`` of a new cohort.

        Chance within the cohort (binomial) and differences between cohorts both take part.
        """
        return predicted_counts(people, self.quantiles, width)

    def complement(self, label: str) -> ProportionForecast:
        """The forecast of *not* having the outcome."""
        return ProportionForecast(
            label=label,
            quantiles=1.0 - self.quantiles[::-1],
            pooled=1.0 - self.pooled,
            domain=self.domain,
            sources=self.sources,
            level=self.level,
            programme_hash=self.programme_hash,
            assumptions=self.assumptions,
            n_cohorts=self.n_cohorts,
        )


@dataclass(frozen=True, slots=True)
class ChangeForecast:
    """Change of a score in untreated people of one kind, in a cohort that nobody has seen yet.

    ``quantiles`` (``N_QUANTILES``,) are of the cohort's true mean change in ``unit``; ``sd`` is the standard
    deviation of one person's change within a cohort. ``programme_hash`` is that of the programme whose tables it rests on.
    """

    label: str
    quantiles: Array
    pooled: float
    sd: float
    unit: str
    domain: str
    sources: tuple[Source, ...]
    level: Level
    programme_hash: str
    assumptions: tuple[str, ...] = ()

    @property
    def mean(self) -> float:
        """Mean change over new cohorts."""
        return float(np.mean(self.quantiles))

    def interval(self, width: float = 0.95) -> tuple[float, float]:
        """Central predictive interval of a new cohort's true mean change."""
        tail = (1.0 - width) / 2.0
        low, high = read_quantile(self.quantiles, np.array([tail, 1.0 - tail]))
        return float(low), float(high)

    def group_mean(self, people: int, width: float = 0.95) -> tuple[float, float]:
        """Central predictive interval of the mean change seen in ``people`` of a new cohort."""
        u = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
        spread = self.sd / np.sqrt(people) * normal_quantile(u)
        mixture = np.sort((self.quantiles[:, None] + spread[None, :]).ravel())
        low, high = np.quantile(mixture, [(1.0 - width) / 2.0, (1.0 + width) / 2.0])
        return float(low), float(high)


@dataclass(frozen=True, slots=True)
class RateForecast:
    """Events that may come to one untreated person more than once, in a cohort that nobody has seen yet.

    ``quantiles`` (``N_QUANTILES``,) are of the cohort's mean number of events of one person in a day; ``dispersion`` is how far the people of one
    cohort differ: the variance of their rates over the squared mean (0: all alike). Counts of people are then negative binomial.
    """

    label: str
    quantiles: Array
    pooled: float
    dispersion: float
    domain: str
    sources: tuple[Source, ...]
    level: Level
    programme_hash: str
    assumptions: tuple[str, ...] = ()
    n_cohorts: int = 0

    @property
    def mean(self) -> float:
        """Mean rate over new cohorts."""
        return float(np.mean(self.quantiles))


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
