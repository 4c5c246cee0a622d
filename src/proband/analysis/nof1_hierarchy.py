"""Several patients, each a series of one: what the treatment did on average, how much that varies, and what to expect of the next patient.

Each patient's change of slope d is normal around a common mean with spread τ between patients. Given the grid of a patient's own noise and
correlation the likelihood of d is normal, so the posterior is exact on a grid of mean and spread: nothing is sampled, and a patient with few
values counts for little without being left out.

References
----------
Zucker DR, Schmid CH, McIntosh MW, et al. J Clin Epidemiol 1997;50:401-410; Zucker DR, Ruthazer R, Schmid CH. J Clin Epidemiol 2010;63:1312-1323
(N-of-1 trials together). Gelman A. Bayesian Anal 2006;1:515-534 (half-normal spread).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from proband.analysis.nof1 import SeriesPrior, series_components
from proband.analysis.result import AnalysisError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PatientSeries:
    """One patient: values (NaN: not observed) at times, and when the treatment started."""

    y: Array
    times: Array
    start: float = 0.0
    lag: float = 0.0


@dataclass(frozen=True, slots=True)
class PatientsPosterior:
    """What the series of several patients say together.

    ``probability`` and ``next_probability`` are those of the mean, and of the next patient's change, above the threshold; ``effects`` (patients,) are
    shrunken towards the mean.
    """

    probability: float
    mean: float
    mean_sd: float
    tau: float
    tau_sd: float
    effects: Array
    effects_sd: Array
    next_probability: float
    next_sd: float


def patients_posterior(
    patients: Sequence[PatientSeries],
    prior: SeriesPrior,
    *,
    mean_sd: float,
    tau_scale: float,
    threshold: float = 0.0,
    points: int = 41,
) -> PatientsPosterior:
    """Posterior of mean and spread of the change of slope.

    Parameters
    ----------
    prior
        Of each patient's own course; its ``change_sd`` is replaced by the hierarchy.
    mean_sd, tau_scale
        The mean is N(0, ``mean_sd``²), the spread half-normal with ``tau_scale``.
    points
        Of the grid, in either direction.

    Raises
    ------
    AnalysisError
        ``analysis.nof1.patients`` where there are fewer than two patients.
    """
    if len(patients) < 2:
        raise AnalysisError("analysis.nof1.patients", patients=len(patients))
    # equal masses of the prior of the spread; equal steps of the mean, where the likelihood is
    tau = tau_scale * ndtri(0.5 + (np.arange(points) + 0.5) / (2 * points))
    parts = [_likelihood(one, prior) for one in patients]
    rough = np.array([[w @ m, np.sqrt(w @ (v + (m - w @ m) ** 2))] for w, m, v in parts])
    centre = float(np.average(rough[:, 0], weights=1 / (rough[:, 1] ** 2 + tau_scale**2)))
    reach = 6 * float(np.sqrt(1 / (1 / (rough[:, 1] ** 2 + tau_scale**2)).sum()))
    pull = 1 / (1 + (reach / 6) ** 2 / mean_sd**2)
    nodes = centre * pull + np.linspace(-1, 1, 4 * points + 1) * min(reach, 6 * mean_sd + abs(centre * pull))
    mu, spread = np.meshgrid(nodes, tau, indexing="ij")
    log = -(mu**2) / (2 * mean_sd**2)
    effect, square = [], []
    for weight, mean, variance in parts:
        total = variance + spread[..., None] ** 2
        each = (
            np.log(np.maximum(weight, 1e-300))
            - 0.5 * np.log(total)
            - (mean - mu[..., None]) ** 2 / (2 * total)
        )
        top = each.max(axis=-1)
        share = np.exp(each - top[..., None])
        mass = share.sum(axis=-1)
        log = log + top + np.log(mass)
        share /= mass[..., None]
        own = (mean * spread[..., None] ** 2 + mu[..., None] * variance) / total
        effect.append((share * own).sum(axis=-1))
        square.append((share * (own**2 + variance * spread[..., None] ** 2 / total)).sum(axis=-1))
    weight = np.exp(log - log.max())
    weight /= weight.sum()

    def moment(value: Array) -> float:
        return float((weight * value).sum())

    average = moment(mu)
    # within a step of the mean the posterior is taken for even
    step = nodes[1] - nodes[0]
    above = np.clip((nodes - threshold) / step + 0.5, 0.0, 1.0)
    effects = np.array([moment(e) for e in effect])
    return PatientsPosterior(
        float(weight.sum(axis=1) @ above),
        average,
        float(np.sqrt(moment(mu**2) - average**2)),
        moment(spread),
        float(np.sqrt(max(moment(spread**2) - moment(spread) ** 2, 0.0))),
        effects,
        np.sqrt(np.array([moment(s) for s in square]) - effects**2),
        moment(np.asarray(ndtr((mu - threshold) / spread))),
        float(np.sqrt(moment(mu**2 + spread**2) - average**2)),
    )


def _likelihood(patient: PatientSeries, prior: SeriesPrior) -> tuple[Array, Array, Array]:
    """Weights, means and variances of the mixture that the likelihood of a patient's change is: the prior of the change divided out."""
    found = series_components(patient.y, patient.times, patient.start, prior, lag=patient.lag)
    own = prior.change_sd**2
    precision = np.maximum(1 / found.variance - 1 / own, 1e-9)
    variance = 1 / precision
    mean = found.mean / found.variance * variance
    total = variance + own
    log = found.log_weight + 0.5 * np.log(total) + mean**2 / (2 * total)
    weight = np.exp(log - log.max())
    return weight / weight.sum(), mean, variance
