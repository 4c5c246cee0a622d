"""At an interim look: conditional and predictive power, and a larger sample where the result is promising.

References
----------
Lan KKG, Simon R, Halperin M. Seq Anal 1982;1:207-219 (stochastic curtailment). Spiegelhalter DJ, Freedman LS, Blackburn PR. Control Clin Trials
1986;7:8-17 (predictive power). Mehta CR, Pocock SJ. Stat Med 2011;30:3267-3284 (promising zone). Cui L, Hung HMJ, Wang SJ. Biometrics
1999;55:853-857 (weights fixed before). Chen YHJ, DeMets DL, Lan KKG. Stat Med 2004;23:1023-1038 (50 % conditional power).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from proband.analysis.given import number, share
from proband.analysis.result import AnalysisError
from proband.analysis.sequential.boundaries import SequentialDesign
from proband.analysis.sequential.recursion import Path


def conditional_power(design: SequentialDesign, look: int, z: float, drift: float | None = None) -> float:
    """Chance of still crossing the upper bound at a later look, having seen ``z`` at ``look`` (from 1).

    ``drift`` is the effect times √(last information); None takes the trend seen, z/√t.
    """
    if not 1 <= look < len(design.fractions):
        raise AnalysisError("analysis.sequential.look", look=look, looks=len(design.fractions))
    t, z = float(design.fractions[look - 1]), number("z", z)
    theta = z / np.sqrt(t) if drift is None else drift
    path = Path(float(theta), t, np.array([z]), np.array([1.0]))
    total = 0.0
    for k in range(look, len(design.fractions)):
        at, lower, upper = float(design.fractions[k]), float(design.lower[k]), float(design.upper[k])
        total += path.tails(at, lower, upper)[1]
        path = path.advance(at, lower, upper)
    return total


def predictive_power(
    design: SequentialDesign, look: int, z: float, prior_mean: float = 0.0, prior_sd: float = np.inf
) -> float:
    """Conditional power averaged over what is believed of the drift after ``z``: a normal prior (flat by default) and the data."""
    if not 1 <= look < len(design.fractions):
        raise AnalysisError("analysis.sequential.look", look=look, looks=len(design.fractions))
    t, z = float(design.fractions[look - 1]), number("z", z)
    precision = t + (0.0 if np.isinf(prior_sd) else 1 / prior_sd**2)
    mean = (z * np.sqrt(t) + (0.0 if np.isinf(prior_sd) else prior_mean / prior_sd**2)) / precision
    points, weights = np.polynomial.hermite_e.hermegauss(64)
    drifts = mean + points / np.sqrt(precision)
    powers = [conditional_power(design, look, z, float(d)) for d in drifts]
    return float(weights @ np.array(powers) / weights.sum())


@dataclass(frozen=True, slots=True)
class Reestimation:
    """What an interim look says about the sample: the zone, conditional power (trend), and the information of the second part × ``factor``."""

    zone: Literal["unfavourable", "promising", "favourable"]
    conditional_power: float
    factor: float
    conditional_power_after: float


def reestimate(
    z: float,
    fraction: float,
    critical: float,
    *,
    target: float = 0.9,
    largest: float = 2.0,
    floor: float = 0.3,
) -> Reestimation:
    """Promising-zone rule of a two-stage trial, with the statistic of the two parts weighted as planned (Cui, Hung, Wang).

    ``largest`` is the largest total information over the planned one. In the promising zone (conditional power under the trend from
    ``floor`` to ``target``) the second part grows until conditional power reaches the target or the limit.
    """
    theta = number("z", z) / np.sqrt(share("fraction of the information", fraction))

    def power(total: float) -> float:
        second = total - fraction
        need = (critical - np.sqrt(fraction) * z) / np.sqrt(1 - fraction)
        return float(ndtr(theta * np.sqrt(second) - need))

    now = power(1.0)
    if now < floor or theta <= 0:
        return Reestimation("unfavourable", now, 1.0, now)
    if now >= target:
        return Reestimation("favourable", now, 1.0, now)
    need = (critical - np.sqrt(fraction) * z) / np.sqrt(1 - fraction)
    total = min(largest, fraction + float(((ndtri(target) + need) / theta) ** 2))
    return Reestimation("promising", now, (total - fraction) / (1 - fraction), power(total))


def combined_statistic(z_first: float, z_second: float, fraction: float) -> float:
    """The weighted statistic of two parts, weights as planned: keeps the error whatever the second part became."""
    return float(np.sqrt(fraction) * z_first + np.sqrt(1 - fraction) * z_second)
