"""The hazard ratio of two groups where all events, as far as both were at risk, fell into one of them: without end, with one bound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Array = NDArray[np.float64]

#: twice the log-likelihood that a 95 % interval gives away (chi-squared, one degree of freedom)
_GIVEN_AWAY = 3.841458820694124


def separated_hazards(time: Array, event: NDArray[np.bool_], arm: NDArray[np.int64]) -> tuple[float, float, float] | None:  # fmt: skip
    """Logarithm of the hazard ratio (arm 1 to arm 0) with its 95 % profile likelihood interval, (P,) each; None where it is finite or unknown.

    Cox's partial likelihood then rises without end as the ratio goes to nothing (or to infinity), and the interval is what loses no more than
    1.92 of its logarithm (Efron's ties): one of its ends is infinite too.
    """
    sets = []
    for at in np.unique(time[event]):
        risk, dying = time >= at, event & (time == at)
        n = np.array([(risk & (arm == side)).sum() for side in (0, 1)], dtype=float)
        d = np.array([(dying & (arm == side)).sum() for side in (0, 1)], dtype=float)
        if n.all():
            sets.append((n, d))
    deaths = np.sum([d for _, d in sets], axis=0) if sets else np.zeros(2)
    if not sets or deaths.all():
        return None
    # seen from the group with the events: its own weight is one, that of the other goes to nothing
    with_events = int(deaths[1] > 0)

    def lost(log_ratio: float) -> float:
        total = 0.0
        for n, d in sets:
            mine, tied = n[with_events], int(d[with_events])
            for each in range(tied):
                total += np.log1p(n[1 - with_events] * np.exp(log_ratio) / (mine - each))
        return 2 * total - _GIVEN_AWAY

    bound = np.inf if lost(50.0) < 0 else float(brentq(lost, -50.0, 50.0))
    return (-np.inf, -np.inf, bound) if with_events == 0 else (np.inf, -bound, np.inf)
