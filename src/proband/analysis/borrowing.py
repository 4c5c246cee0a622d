"""Borrowing from earlier controls for a share: power prior, meta-analytic predictive prior, its robust form, commensurate prior.

All posteriors are exact over a grid of shares. A robust prior helps only with concurrent controls: in a single arm nothing can update its
weight. The error under drift of the standard of care is part of every answer (:func:`drift_grid`).

References
----------
Ibrahim JG, Chen MH. Stat Sci 2000;15:46-60 (power prior). Neuenschwander B et al. Clin Trials 2010;7:5-18 (MAP).
Schmidli H et al. Biometrics 2014;70:1023-1032 (robust MAP). Hobbs BP et al. Bayesian Anal 2012;7:639-674 (commensurate).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, expit, logit, ndtri, xlog1py, xlogy
from scipy.stats import binom

from proband.analysis.given import column, number, share
from proband.analysis.result import AnalysisError

Array = NDArray[np.float64]

_POINTS = 2001


@dataclass(frozen=True, slots=True)
class SharePrior:
    """A prior of a share on the grid ``share`` (g,) with probabilities ``mass`` (g,)."""

    share: Array
    mass: Array

    @property
    def mean(self) -> float:
        """Prior mean."""
        return float(self.mass @ self.share)

    @property
    def effective_size(self) -> float:
        """People whose counts a Beta prior with this mean and variance is worth."""
        mean = self.mean
        variance = float(self.mass @ (self.share - mean) ** 2)
        return mean * (1 - mean) / variance - 1

    def updated(self, events: int, people: int) -> SharePrior:
        """The posterior after ``events`` of ``people``."""
        log = xlogy(events, self.share) + xlog1py(people - events, -self.share)
        weight = self.mass * np.exp(log - log.max())
        return SharePrior(self.share, weight / weight.sum())

    def marginal(self, events: int, people: int) -> float:
        """Prior predictive probability of ``events`` of ``people``."""
        return float(self.mass @ binom.pmf(events, people, self.share))

    def robust(self, weight: float, events: int = 1, people: int = 2) -> SharePrior:
        """Mixed with a vague Beta(``events``, ``people`` − ``events``) of the given weight."""
        vague = beta_prior(float(events), float(people - events))
        return SharePrior(self.share, (1 - weight) * self.mass + weight * vague.mass)

    def above(self, limit: float) -> float:
        """P(share > limit): whole cells of the grid, and of the one that the limit divides its part."""
        return float(self.mass @ np.clip((self.share - limit) * _POINTS + 0.5, 0.0, 1.0))


def _grid() -> Array:
    out: Array = (np.arange(_POINTS) + 0.5) / _POINTS
    return out


def beta_prior(a: float, b: float) -> SharePrior:
    """A Beta prior."""
    column("Beta parameter", [a, b], above=0)
    grid = _grid()
    log = xlogy(a - 1, grid) + xlog1py(b - 1, -grid) - betaln(a, b)
    mass = np.exp(log)
    return SharePrior(grid, mass / mass.sum())


def _counted(studies: Sequence[tuple[int, int]]) -> None:
    for events, people in studies:
        column("people of an earlier study", people, low=1, whole=True)
        column("events of an earlier study", events, low=0, high=people, whole=True)


def power_prior(events: int, people: int, discount: float, a: float = 0.5, b: float = 0.5) -> SharePrior:
    """Earlier counts raised to ``discount`` (0: nothing, 1: pooled) on top of Beta(a, b)."""
    if not 0 <= discount <= 1:
        raise AnalysisError("analysis.borrowing.discount", discount=discount)
    _counted([(events, people)])
    return beta_prior(a + discount * events, b + discount * (people - events))


def map_prior(
    studies: Sequence[tuple[int, int]],
    tau_scale: float,
    *,
    mean: float = 0.0,
    mean_sd: float = 2.0,
) -> SharePrior:
    """Meta-analytic predictive prior of a new study's share, from (events, people) of earlier ones.

    Logits of the studies are normal around a common mean (prior N(``mean``, ``mean_sd``²)) with between-study SD τ, half-normal with
    ``tau_scale``.
    """
    _counted(studies)
    number("scale of τ", tau_scale, above=0)
    number("SD of the mean", mean_sd, above=0)
    taus = tau_scale * ndtri(0.5 + (np.arange(16) + 0.5) / 32)
    centres = np.linspace(-7, 7, 401)
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    weights = weights / weights.sum()
    grid = _grid()
    density = np.zeros(len(grid))
    for tau in taus:
        log = -((centres - mean) ** 2) / (2 * mean_sd**2)
        chance = expit(centres[:, None] + tau * nodes)
        yes, no = np.log(chance), np.log1p(-chance)
        for events, people in studies:
            log = log + np.log(np.maximum(np.exp(events * yes + (people - events) * no) @ weights, 1e-300))
        # normal density of a new logit, on the scale of shares
        z = (logit(grid) - centres[:, None]) / tau
        kernel = np.exp(-(z**2) / 2) / (tau * grid * (1 - grid))
        density += np.exp(log) @ kernel
    return SharePrior(grid, density / density.sum())


def commensurate_prior(events: int, people: int, tau: float) -> SharePrior:
    """Prior of the new share where its logit differs from that of one earlier group by N(0, τ²); the earlier share has Jeffreys' posterior."""
    _counted([(events, people)])
    number("τ", tau, above=0)
    earlier = beta_prior(0.5 + events, 0.5 + people - events)
    grid = _grid()
    z = (logit(grid) - logit(earlier.share)[:, None]) / tau
    density = earlier.mass @ np.exp(-(z**2) / 2) / (grid * (1 - grid))
    return SharePrior(grid, density / density.sum())


@dataclass(frozen=True, slots=True)
class DriftRow:
    """Probability of declaring success where the true share is ``share``."""

    share: float
    reject: float


def cutoff(prior: SharePrior, people: int, limit: SharePrior | float, probability: float) -> int | None:
    """Fewest responses in a single arm of ``people`` that declare success.

    Success: P(p > ``limit``) > ``probability`` under the ``prior`` of the treated share; where ``limit`` is a prior of the standard of care the
    probability is over both.
    """
    share("probability", probability)
    column("people", people, low=1, whole=True)
    for x in range(people + 1):
        if isinstance(limit, SharePrior):
            posterior = prior.updated(x, people)
            below = np.cumsum(limit.mass) - limit.mass / 2
            success = float(posterior.mass @ below)
        else:
            success = prior.updated(x, people).above(limit)
        if success > probability:
            return x
    return None


def drift_grid(people: int, cut: int, shares: Sequence[float]) -> tuple[DriftRow, ...]:
    """How often ``cut`` or more of ``people`` respond at each true share: the error where these are shares of standard care that has drifted."""
    return tuple(
        DriftRow(float(p), float(binom.sf(cut - 1, people, p)))
        for p in column("share", shares, low=0, high=1)
    )
