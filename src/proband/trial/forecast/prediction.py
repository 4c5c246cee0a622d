"""Predictive distributions that can be written into a forecast, and how each is scored by what was seen.

All scores are *proper*: nobody gains by saying anything but what they expect, and all are losses: smaller is better (Gneiting T,
Raftery AE. Strictly proper scoring rules, prediction, and estimation. Journal of the American Statistical Association
2007;102:359-378).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from proband.programme.model import Model

Array = NDArray[np.float64]

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Scores:
    """What a prediction cost, given what was seen.

    Attributes
    ----------
    log
        Minus the natural logarithm of the probability, or of the density, of what was seen; infinite where the prediction
        held it for impossible.
    crps
        Continuous ranked probability score, in the units of what was predicted: the mean distance to what was seen, less
        half the mean distance between two draws; for a yes or no it is Brier's score.
    brier
        Brier's score of a yes or no, 0 to 1; None where something else was predicted.
    pit
        Probability that the prediction gave to *less than* what was seen, and to *at most* that: a point for continuous
        predictions, an interval for counts. Over many honest forecasts it is spread evenly from 0 to 1.
    """

    log: float
    crps: float
    brier: float | None
    pit: tuple[float, float]


class ChanceOf(Model):
    """A yes or no: will the study meet its primary outcome, will recruitment reach its number?"""

    kind: Literal["chance"] = "chance"
    event: Annotated[str, Field(min_length=1, description="What happens or does not")]
    probability: Annotated[float, Field(ge=0.0, le=1.0, description="How likely it is held to be")]

    def score(self, seen: float) -> Scores:
        """Score by 1 (it happened) or 0 (it did not); anything else is a ``ValueError``."""
        if seen not in (0.0, 1.0):
            raise ValueError(f"{seen:g} is neither yes (1) nor no (0)")
        said = self.probability if seen else 1.0 - self.probability
        brier = (1.0 - said) ** 2
        pit = (0.0, 1.0 - self.probability) if not seen else (1.0 - self.probability, 1.0)
        return Scores(_minus_log(said), brier, brier, pit)

    def said(self) -> str:
        """The prediction in words."""
        return f"{self.event}: {100 * self.probability:.3g} in a hundred"

    def interval(self, width: float = 0.95) -> tuple[float, float]:
        """The smallest and largest of 0 and 1 that the central ``width`` leaves."""
        tail = (1.0 - width) / 2.0
        return (0.0 if 1.0 - self.probability > tail else 1.0, 1.0 if self.probability > tail else 0.0)


class CountOf(Model):
    """How many of a known number of people: one probability for each count from none to all."""

    kind: Literal["count"] = "count"
    event: Annotated[str, Field(min_length=1, description="What happens to a person, or does not")]
    people: Annotated[int, Field(ge=1, le=100_000, description="How many people there will be")]
    probabilities: Annotated[
        list[Annotated[float, Field(ge=0.0, le=1.0)]],
        Field(description="The probability of 0, 1, 2 … people; they add up to one"),
    ]

    @model_validator(mode="after")
    def _complete(self) -> CountOf:
        if len(self.probabilities) != self.people + 1:
            raise ValueError(
                f"{self.people} people need {self.people + 1} probabilities, not {len(self.probabilities)}"
            )
        total = math.fsum(self.probabilities)
        if abs(total - 1.0) > _TOLERANCE:
            raise ValueError(f"the probabilities add up to {total:.6g}, not to 1")
        return self

    def score(self, seen: float) -> Scores:
        """Score by the count that was seen; a ``ValueError`` where it is no count among so many people."""
        if seen != int(seen) or not 0 <= seen <= self.people:
            raise ValueError(f"{seen:g} is no count among {self.people} people")
        at = int(seen)
        p = np.asarray(self.probabilities)
        below = np.minimum(np.cumsum(p), 1.0)
        step = (np.arange(len(p)) >= at).astype(np.float64)
        # the distribution function is flat between counts, each step one wide; above the last it is one on both sides
        crps = float(np.sum((below[:-1] - step[:-1]) ** 2))
        return Scores(
            _minus_log(float(p[at])), crps, None, (float(below[at - 1]) if at else 0.0, float(below[at]))
        )

    def said(self) -> str:
        """The prediction in words."""
        low, high = self.interval()
        middle = sum(k * p for k, p in enumerate(self.probabilities))
        return f"{self.event}: {low:.0f} to {high:.0f} of {self.people} (95 in a hundred), {middle:.1f} on average"

    def interval(self, width: float = 0.95) -> tuple[float, float]:
        """The central interval of the count."""
        tail = (1.0 - width) / 2.0
        low, high = np.searchsorted(np.cumsum(self.probabilities), [tail, 1.0 - tail - _TOLERANCE])
        return float(low), float(min(high, self.people))


class MeanOf(Model):
    """A mean, a difference of means or another number: a normal distribution, or several of one width side by side.

    ``means`` are equally likely centres: what is not known of the cohort; ``sd`` is what is left when the centre is known.
    """

    kind: Literal["mean"] = "mean"
    quantity: Annotated[str, Field(min_length=1, description="What is measured")]
    unit: Annotated[str, Field(description="In which unit; 1 for a number without")]
    means: Annotated[list[float], Field(min_length=1, max_length=400, description="Equally likely centres")]
    sd: Annotated[float, Field(gt=0.0, description="Spread round the centre")]

    def score(self, seen: float) -> Scores:
        """Score by the number that was seen; a ``ValueError`` where it is not finite.

        The CRPS of a mixture of normal distributions in closed form: Grimit EP, Gneiting T, Berrocal VJ, Johnson NA.
        Quarterly Journal of the Royal Meteorological Society 2006;132:2925-2942.
        """
        from scipy.special import log_ndtr, logsumexp, ndtr

        if not math.isfinite(seen):
            raise ValueError(f"{seen} is no number that can have been measured")
        centres = np.asarray(self.means)
        z = (seen - centres) / self.sd
        density = logsumexp(-0.5 * z * z) - math.log(len(centres) * self.sd * math.sqrt(2.0 * math.pi))
        # the probability from the nearer side, so that a far miss is not rounded to certainty
        below = (
            float(np.mean(ndtr(z)))
            if np.mean(z) < 0
            else 1.0 - float(np.exp(logsumexp(log_ndtr(-z)))) / len(z)
        )
        crps = float(
            np.mean(_distance(seen - centres, self.sd))
            - 0.5 * np.mean(_distance(centres[:, None] - centres[None, :], self.sd * math.sqrt(2.0)))
        )
        return Scores(-float(density), crps, None, (below, below))

    def said(self) -> str:
        """The prediction in words."""
        low, high = self.interval()
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{self.quantity}: {low:.3g} to {high:.3g}{unit} (95 in a hundred), {np.mean(self.means):.3g} on average"

    def interval(self, width: float = 0.95) -> tuple[float, float]:
        """The central interval."""
        from scipy.optimize import brentq
        from scipy.special import ndtr

        centres = np.asarray(self.means)
        ends = []
        for level in ((1.0 - width) / 2.0, (1.0 + width) / 2.0):
            span = 40.0 * self.sd
            ends.append(
                brentq(
                    lambda x, level=level: float(np.mean(ndtr((x - centres) / self.sd))) - level,
                    centres.min() - span,
                    centres.max() + span,
                )
            )
        return float(ends[0]), float(ends[1])


#: what a forecast can say
Prediction = Annotated[ChanceOf | CountOf | MeanOf, Field(discriminator="kind")]


def _minus_log(probability: float) -> float:
    return -math.log(probability) if probability > 0.0 else math.inf


def _distance(mean: Array, sd: float) -> Array:
    """E|X| of a normal X: ``2 s φ(m/s) + m (2 Φ(m/s) − 1)``."""
    from scipy.special import ndtr

    z = mean / sd
    return np.asarray(
        2.0 * sd * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi) + mean * (2.0 * ndtr(z) - 1.0)
    )
