"""Evidence synthesis: random effects by REML with Hartung and Knapp's interval, prediction interval, Peto's odds ratio, exact posterior.

References
----------
Viechtbauer W. J Educ Behav Stat 2005;30:261-293 (REML). Hartung J, Knapp G. Stat Med 2001;20:3875-3889; Sidik K, Jonkman JN. Stat Med
2002;21:3153-3159. Higgins JPT, Thompson SG, Spiegelhalter DJ. J R Stat Soc A 2009;172:137-159 (prediction). Higgins JPT, Thompson SG. Stat Med
2002;21:1539-1558 (I²). Yusuf S, Peto R, Lewis J, Collins R, Sleight P. Prog Cardiovasc Dis 1985;27:335-371 (one-step odds ratio).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.exact import study_counts
from proband.analysis.given import column, number, same
from proband.analysis.result import AnalysisError, AnalysisResult, wald

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RandomEffects:
    """Mean of the study effects with its result, between-study variance ``tau2``, I² (0 to 1), Q with its p, and the prediction interval for the
    effect in a new study.
    """

    result: AnalysisResult
    tau2: float
    i2: float
    q: float
    q_p: float
    prediction: tuple[float, float]


def random_effects(
    estimate: ArrayLike,
    error: ArrayLike,
    *,
    knapp_hartung: bool = True,
    display: str = "identity",
    confidence: float = 0.95,
) -> RandomEffects:
    """Combine study estimates with their standard errors. Hartung and Knapp's variance is never allowed below the ordinary one."""
    from scipy.stats import chi2
    from scipy.stats import t as student

    y, v = column("estimate", estimate), column("standard error", error, above=0) ** 2
    same(estimates=y, errors=v)
    k = len(y)
    if k < 2:
        raise AnalysisError("analysis.synthesis.studies", studies=k)
    tau2 = _reml(y, v)
    w = 1 / (v + tau2)
    mean = float(w @ y / w.sum())
    plain = 1 / float(w.sum())
    df = float(k - 1)
    scale = float(w @ (y - mean) ** 2) / df
    variance = plain * max(scale, 1.0) if knapp_hartung else plain
    fixed = 1 / v
    centre = float(fixed @ y / fixed.sum())
    q = float(fixed @ (y - centre) ** 2)
    typical = df * float(fixed.sum()) / float(fixed.sum() ** 2 - (fixed**2).sum())
    spread = float(student.ppf(0.5 + confidence / 2, max(k - 2, 1))) * (tau2 + variance) ** 0.5
    result = wald(
        method="random effects, REML" + (", Hartung–Knapp" if knapp_hartung else ""),
        quantity="mean effect",
        estimate=mean,
        error=variance**0.5,
        confidence=confidence,
        degrees_of_freedom=df if knapp_hartung else None,
        display=display,
        diagnostics={"studies": k, "tau": tau2**0.5, "knapp_hartung_scale": scale},
    )
    return RandomEffects(
        result, tau2, tau2 / (tau2 + typical), q, float(chi2.sf(q, df)), (mean - spread, mean + spread)
    )


def _reml(y: Array, v: Array) -> float:
    """Between-study variance by Fisher scoring of the restricted likelihood, kept at or above 0."""
    tau2 = max(0.0, float(y.var(ddof=1) - v.mean()))
    for _ in range(500):
        w = 1 / (v + tau2)
        total = w.sum()
        mean = w @ y / total
        p_trace = w.sum() - (w**2).sum() / total
        score = 0.5 * (float((w**2) @ (y - mean) ** 2) - p_trace)
        information = 0.5 * float((w**2).sum() - 2 * (w**3).sum() / total + ((w**2).sum() / total) ** 2)
        moved = float(max(0.0, tau2 + score / information))
        if abs(moved - tau2) < 1e-14 * (1 + tau2):
            return moved
        tau2 = moved
    return tau2


def peto(
    events: ArrayLike,
    people: ArrayLike,
    control_events: ArrayLike,
    control_people: ArrayLike,
    confidence: float = 0.95,
) -> AnalysisResult:
    """Peto's one-step odds ratio over studies; for rare events and arms of similar size."""

    a, m, c, n = (
        column.astype(float) for column in study_counts(events, people, control_events, control_people)
    )
    total, sick = m + n, a + c
    gap = float((a - m * sick / total).sum())
    variance = float((m * n * sick * (total - sick) / (total**2 * (total - 1))).sum())
    if variance == 0:
        raise AnalysisError("analysis.no-events")
    estimate, error = gap / variance, variance**-0.5
    return wald(
        method="Peto's one-step odds ratio",
        quantity="odds ratio",
        estimate=estimate,
        error=error,
        confidence=confidence,
        display="exp",
        diagnostics={"studies": len(a), "events": float(sick.sum())},
    )


@dataclass(frozen=True, slots=True)
class NormalHierarchy:
    """Posterior of a normal hierarchy: means and SDs of the common mean, the between-study SD and each study's effect.

    ``weights``, ``centres`` and ``spreads`` (points,) are the mixture of normals that the posterior of the common mean is.
    """

    mean: float
    mean_sd: float
    tau: float
    tau_sd: float
    effects: Array
    effects_sd: Array
    weights: Array
    centres: Array
    spreads: Array

    def mean_below(self, limit: float) -> float:
        """P(common mean < limit)."""
        from scipy.special import ndtr

        return float(self.weights @ ndtr((limit - self.centres) / self.spreads))


def normal_hierarchy(
    estimate: ArrayLike, error: ArrayLike, *, prior_mean: float = 0.0, prior_sd: float, tau_scale: float,
    tau_prior: str = "half-cauchy", points: int = 2000,
) -> NormalHierarchy:  # fmt: skip
    """Exact over a grid of τ: given it everything is normal. ``tau_prior`` is ``half-cauchy`` or ``half-normal`` with ``tau_scale``."""
    y, v = column("estimate", estimate), column("standard error", error, above=0) ** 2
    same(estimates=y, errors=v)
    number("SD of the prior", prior_sd, above=0)
    number("scale of τ", tau_scale, low=0)
    u = (np.arange(points) + 0.5) / points
    if tau_prior == "half-cauchy":
        tau = tau_scale * np.tan(np.pi * u / 2)
    elif tau_prior == "half-normal":
        from scipy.special import ndtri

        tau = tau_scale * ndtri(0.5 + u / 2)
    else:
        raise AnalysisError(
            "analysis.choice", what="prior of τ", value=tau_prior, known=["half-cauchy", "half-normal"]
        )
    # quantiles of the prior carry equal prior mass
    total = v + tau[:, None] ** 2
    precision = 1 / prior_sd**2 + (1 / total).sum(axis=1)
    centre = (prior_mean / prior_sd**2 + (y / total).sum(axis=1)) / precision
    log = -0.5 * (
        np.log(total).sum(axis=1)
        + np.log(precision)
        + ((y**2 / total).sum(axis=1) + prior_mean**2 / prior_sd**2 - precision * centre**2)
    )
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    mean = float(weight @ centre)
    mean_sd = float(np.sqrt(weight @ (1 / precision + centre**2) - mean**2))
    pull = tau[:, None] ** 2 / total
    effect = pull * y + (1 - pull) * centre[:, None]
    spread = pull * v + (1 - pull) ** 2 / precision[:, None]
    effects = weight @ effect
    return NormalHierarchy(
        mean, mean_sd, float(weight @ tau), float(np.sqrt(weight @ tau**2 - (weight @ tau) ** 2)),
        effects, np.sqrt(weight @ (spread + effect**2) - effects**2), weight, centre, precision**-0.5,
    )  # fmt: skip
