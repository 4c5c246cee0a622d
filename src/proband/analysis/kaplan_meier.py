"""The product-limit estimate of survival, with Greenwood's variance and intervals that stay between 0 and 1.

References
----------
Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481 (the estimate; at a time with both, events come before censorings).
Greenwood M. Reports on Public Health and Medical Subjects 33, 1926 (its variance).
Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data, 2nd ed. 2002, section 1.4 (log-log interval).
Brookmeyer R, Crowley J. Biometrics 1982;38:29-41 (interval of the median by inversion).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from proband.analysis.elementary import normal_quantile
from proband.analysis.proportions import Interval

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Scale = Literal["log-log", "plain"]


@dataclass(frozen=True, slots=True)
class KaplanMeier:
    """A product-limit estimate, as it stands at each time with an event.

    Attributes
    ----------
    times
        Distinct times with an event, rising, shape (E,), in the unit in which people were watched.
    at_risk, events
        People still watched just before each of these times, and those who had the event then, shape (E,).
    share
        Share free of the event from each of these times on, shape (E,); before the first it is 1.
    standard_error
        Greenwood's standard error of ``share``, shape (E,); not a number where the share has come to 0.
    watched
        How long each person was watched, rising, shape (N,).
    censored
        The times at which somebody was last seen without the event, rising.
    """

    times: Array
    at_risk: Counts
    events: Counts
    share: Array
    standard_error: Array
    watched: Array
    censored: Array

    @property
    def people(self) -> int:
        """How many were watched."""
        return len(self.watched)

    def at_risk_at(self, time: float) -> int:
        """How many were still watched just before a time."""
        return int(self.people - np.searchsorted(self.watched, time, side="left"))

    def at(self, time: float, confidence: float = 0.95, scale: Scale = "log-log") -> Interval:
        """The share still free of the event at a time, with its interval.

        On the ``log-log`` scale, log(-log S), the bounds stay between 0 and 1; the ``plain`` ones are cut there. Before the
        first event the share is 1 and the interval is that point alone: Greenwood's variance is zero there, and the exact
        bound of "no event among n" says more. Once everybody watched has had the event the variance is unknown and the
        interval is 0 to 1.

        Raises
        ------
        ValueError
            For a time beyond the last at which anybody was watched, where nothing is known, or a confidence outside (0, 1).
        """
        if not 0.0 < confidence < 1.0:
            raise ValueError(f"a confidence of {confidence:g} lies outside 0 to 1")
        if time < 0 or time > self.watched[-1]:
            raise ValueError(f"nobody was watched at {time:g}: the last was seen at {self.watched[-1]:g}")
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        if place < 0:
            return Interval(1.0, 1.0, 1.0)
        low, high = (float(bounds[place]) for bounds in self.bounds(confidence, scale))
        return Interval(float(self.share[place]), low, high)

    def bounds(self, confidence: float = 0.95, scale: Scale = "log-log") -> tuple[Array, Array]:
        """Lower and upper bounds of ``share``, point by point (no band for the curve as a whole), each of shape (E,)."""
        z = float(normal_quantile(0.5 + confidence / 2.0))
        known = (self.share > 0.0) & (self.share < 1.0)
        low, high = np.zeros_like(self.share), np.ones_like(self.share)
        s, error = self.share[known], self.standard_error[known]
        if scale == "plain":
            low[known], high[known] = np.maximum(s - z * error, 0.0), np.minimum(s + z * error, 1.0)
        else:
            spread = np.exp(z * error / (s * -np.log(s)))
            low[known], high[known] = s**spread, s ** (1.0 / spread)
        return low, high

    def quantile(self, q: float = 0.5) -> float | None:
        """The time by which a share ``q`` has had the event: the first at which at most ``1 - q`` is free of it.

        The median by default; ``None`` where so many have not had the event while they were watched.
        """
        reached = np.nonzero(self.share <= 1.0 - q + 1e-12)[0]
        return float(self.times[reached[0]]) if len(reached) else None

    def quantile_interval(
        self, q: float = 0.5, confidence: float = 0.95, scale: Scale = "log-log"
    ) -> tuple[float | None, float | None]:
        """Brookmeyer and Crowley's interval of a quantile: the times at which ``1 - q`` leaves the bounds of the share.

        A bound that was not reached while people were watched is ``None``: the truth may lie beyond it.
        """
        found: list[float | None] = []
        for bound in self.bounds(confidence, scale):
            beyond = np.nonzero(bound <= 1.0 - q + 1e-12)[0]
            found.append(float(self.times[beyond[0]]) if len(beyond) else None)
        return found[0], found[1]


def kaplan_meier(watched: Sequence[float] | Array, events: Sequence[bool] | NDArray[np.bool_]) -> KaplanMeier:
    """Estimate survival from how long people were watched and whether the event ended it.

    Parameters
    ----------
    watched
        Time from the start of the clock to the event or to when a person was last seen, shape (N,); none negative.
    events
        Whether the event happened then, shape (N,); otherwise the person is censored.

    Raises
    ------
    ValueError
        If nobody was watched, the columns differ in length, or a time is negative or not a number.
    """
    time, told = np.asarray(watched, dtype=np.float64), np.asarray(events)
    if told.dtype != np.bool_ and not np.isin(told, (0, 1)).all():
        raise ValueError("an event happened or did not: 1 or 0")
    happened = told.astype(np.bool_)
    if time.ndim != 1 or time.shape != happened.shape or not time.size or not np.all(time >= 0):
        raise ValueError("a curve needs as many events as times, none negative")
    if not np.all(np.isfinite(time)):
        raise ValueError("a time without end is no time at which somebody was last seen")
    ordered = np.sort(time)
    times, died = np.unique(time[happened], return_counts=True)
    at_risk = len(ordered) - np.searchsorted(ordered, times, side="left")
    share = np.cumprod(1.0 - died / at_risk, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = share**2 * np.cumsum(died / (at_risk * (at_risk - died)))
    return KaplanMeier(
        times, at_risk.astype(np.int64), died.astype(np.int64), share, np.sqrt(variance), ordered, np.sort(time[~happened])
    )  # fmt: skip
