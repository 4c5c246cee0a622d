"""How many people or events a comparison needs: means, shares, times to event; with looks by the inflation of the sequential design.

Sizes are real numbers, as other software gives them; round up when planning.

References
----------
Chow SC, Shao J, Wang H. Sample Size Calculations in Clinical Research, 2nd ed. 2008. Fleiss JL, Tytun A, Ury HK. Biometrics 1980;36:343-346.
Schoenfeld DA. Biometrika 1981;68:316-319; Lachin JM, Foulkes MA. Biometrics 1986;42:507-519 (accrual and drop-out).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import nct
from scipy.stats import t as student

from proband.analysis.early_phase import single_arm_power
from proband.analysis.given import number
from proband.analysis.given import share as proper
from proband.analysis.result import AnalysisError
from proband.analysis.sequential.boundaries import SequentialDesign


def people_for_means(
    difference: float,
    sd: float,
    *,
    alpha: float = 0.05,
    sided: int = 2,
    power: float = 0.8,
    ratio: float = 1.0,
    groups: int = 2,
) -> float:
    """People in all for a t test of one or two groups (``ratio``: first group over second); the far tail of a two-sided test is not counted."""

    number("difference", abs(difference), above=0)
    number("SD", sd, above=0)
    number("ratio", ratio, above=0)
    _error_and_power(alpha, power)

    def reached(n: float) -> float:
        df = n - groups
        spread = 1 / n if groups == 1 else (1 + ratio) ** 2 / (ratio * n)
        shift = abs(difference) / (sd * np.sqrt(spread))
        return float(nct.sf(student.ppf(1 - alpha / sided, df), df, shift)) - power

    if reached(1e7) < 0:
        raise AnalysisError("analysis.design.limit", limit=10_000_000)
    # where the fewest people that a t test takes are enough
    if reached(groups + 1.5) >= 0:
        return groups + 1.5
    return float(brentq(reached, groups + 1.5, 1e7, xtol=1e-10))


def _error_and_power(alpha: float, power: float) -> None:
    proper("error", alpha)
    number("power", proper("power", power), above=alpha)


def people_for_shares(
    first: float,
    second: float,
    *,
    alpha: float = 0.05,
    sided: int = 2,
    power: float = 0.8,
    ratio: float = 1.0,
) -> float:
    """People in all for the score test of two shares (pooled variance under no difference)."""
    proper("share", first), proper("share", second)
    number("difference", abs(first - second), above=0)
    number("ratio", ratio, above=0)
    _error_and_power(alpha, power)
    za, zb = -float(ndtri(alpha / sided)), float(ndtri(power))
    pooled = (ratio * first + second) / (1 + ratio)
    null = np.sqrt((1 + ratio) / ratio * pooled * (1 - pooled))
    there = np.sqrt(first * (1 - first) / ratio + second * (1 - second))
    return float((1 + ratio) * ((za * null + zb * there) / (first - second)) ** 2)


def people_for_share(
    null: float, share: float, *, alpha: float = 0.05, power: float = 0.8, limit: int = 5000
) -> int:
    """Fewest people in a single arm whose exact one-sided binomial test has the power."""
    proper("null", null)
    number("share", proper("share", share), above=null)
    _error_and_power(alpha, power)
    for n in range(1, limit + 1):
        if single_arm_power(n, null, share, alpha)[2] >= power:
            return n
    raise AnalysisError("analysis.design.limit", limit=limit)


def events_for_hazards(
    ratio: float, *, alpha: float = 0.05, sided: int = 2, power: float = 0.8, allocation: float = 1.0
) -> float:
    """Events in all for the log-rank test at a hazard ratio (Schoenfeld)."""
    number("hazard ratio", ratio, above=0)
    number("distance of the hazard ratio from 1", abs(ratio - 1), above=0)
    number("allocation", allocation, above=0)
    _error_and_power(alpha, power)
    z = float(ndtri(power) - ndtri(alpha / sided))
    return float((1 + allocation) ** 2 / allocation * (z / np.log(ratio)) ** 2)


@dataclass(frozen=True, slots=True)
class Accrual:
    """Uniform accrual over ``accrual``, then ``follow_up``; exponential times with the hazards of both arms, and drop-out at ``dropout``."""

    accrual: float
    follow_up: float
    hazards: tuple[float, float]
    dropout: float = 0.0

    def event_share(self, hazard: float, at: float) -> float:
        """Chance that somebody recruited by ``at`` (since the start) has had the event by then, times the share recruited by then."""
        total = hazard + self.dropout
        recruited = min(at, self.accrual)
        seen = 1 - (np.exp(-total * (at - recruited)) - np.exp(-total * at)) / (total * recruited)
        return float(hazard / total * seen * recruited / self.accrual)

    def events(self, people: float, at: float) -> float:
        """Expected events by ``at``, arms of equal size."""
        return people * sum(self.event_share(h, at) for h in self.hazards) / 2

    def people_for(self, events: float) -> float:
        """People in all who are expected to have the events by the end."""
        return events / self.events(1.0, self.accrual + self.follow_up)

    def time_of(self, events: float, people: float) -> float:
        """When the events are expected."""
        return float(
            brentq(
                lambda at: self.events(people, at) - events,
                1e-6,
                self.accrual + self.follow_up + 1e-9,
                xtol=1e-10,
            )
        )


def with_looks(fixed: float, design: SequentialDesign) -> tuple[float, ...]:
    """People or events at each look of a sequential design whose fixed counterpart needs ``fixed``."""
    return tuple(float(v) for v in fixed * design.inflation * design.fractions)
