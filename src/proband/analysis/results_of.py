"""Results in the one form (:mod:`proband.analysis.result`) of analyses that give more than one number: a curve at a time, a posterior, an exact test, effect sizes.

A mixture keeps its own quantiles: nothing is called normal that is not. A test that has no estimate says so and shows none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from proband.analysis.borrowing import SharePrior
from proband.analysis.given import share
from proband.analysis.kaplan_meier import KaplanMeier
from proband.analysis.nof1 import SeriesComponents, StartTest
from proband.analysis.nof1_hierarchy import PatientsPosterior
from proband.analysis.proportions import clopper_pearson
from proband.analysis.result import AnalysisError, AnalysisResult, Scalar, sentence, wald
from proband.analysis.risk_difference import risk_difference
from proband.analysis.single_case import PhaseComparison
from proband.analysis.survival.competing import FineGrayFit, GrayTest, StateProbabilities
from proband.analysis.synthesis import NormalHierarchy
from proband.analysis.unconditional import UnconditionalTest, barnard, boschloo

Array = NDArray[np.float64]


def survival_result(curve: KaplanMeier, time: float, confidence: float = 0.95) -> AnalysisResult:
    """The share still free of the event at a time, by Kaplan and Meier, with its log-log interval; exact for those still watched where nobody had it yet.

    Raises
    ------
    AnalysisError
        ``analysis.horizon`` for a time at which nobody was watched any more.
    """
    share("confidence", confidence)
    if not 0 <= time <= curve.watched[-1]:
        raise AnalysisError("analysis.horizon", horizon=time, last=float(curve.watched[-1]))
    found = curve.at(time, confidence)
    if found.estimate == 1:
        # nobody had it yet: Greenwood's variance is none, and what is not known is how often it comes to people like the ones still watched
        found = clopper_pearson(curve.at_risk_at(time), curve.at_risk_at(time), confidence)
    before = np.flatnonzero(curve.times <= time)
    quantity = f"share free of the event at {time:g}"
    return AnalysisResult(
        method="Kaplan–Meier, log-log interval",
        quantity=quantity,
        estimate=found.estimate,
        standard_error=float(curve.standard_error[before[-1]]) if len(before) else None,
        low=found.low,
        high=found.high,
        confidence=confidence,
        diagnostics={"people": curve.people, "at risk": curve.at_risk_at(time), "events": int(curve.events[before].sum())},
        words=sentence(quantity, (found.estimate, found.low, found.high), confidence, None),
    )  # fmt: skip


def incidence_result(found: StateProbabilities, cause: int, time: float, confidence: float = 0.95) -> AnalysisResult:  # fmt: skip
    """The cumulative incidence of a cause at a time (Aalen and Johansen), with the interval on the scale log(−log F) (Choudhury 2002)."""
    at = int(np.searchsorted(found.times, time, side="right")) - 1
    f = float(found.at(time)[cause])
    error = float(found.standard_error[at, cause]) if at >= 0 else math.nan
    z = _quantile(confidence)
    low, high = 0.0, 1.0
    if 0 < f < 1 and error > 0:
        spread = math.exp(z * error / (f * -math.log(f)))
        low, high = f**spread, f ** (1 / spread)
    quantity = f"share with cause {cause} by {time:g}"
    return AnalysisResult(
        method="Aalen–Johansen, Aalen's variance, log(−log) interval",
        quantity=quantity, estimate=f, standard_error=error if error > 0 else None, low=low, high=high, confidence=confidence,
        diagnostics={"free of every cause": float(found.at(time)[0])}, words=sentence(quantity, (f, low, high), confidence, None),
    )  # fmt: skip


def subdistribution_result(fit: FineGrayFit, name: str, confidence: float = 0.95) -> AnalysisResult:
    """The log subdistribution hazard ratio of one covariate (shown as a ratio)."""
    at = fit.names.index(name)
    return wald(
        method="Fine and Gray's model, robust variance", quantity=f"subdistribution hazard ratio, {name}", estimate=float(fit.beta[at]),
        error=float(np.sqrt(fit.covariance[at, at])), confidence=confidence, display="exp",
        diagnostics={"people": fit.people, "events": fit.events, "iterations": fit.iterations},
    )  # fmt: skip


def gray_result(test: GrayTest) -> AnalysisResult:
    """Gray's test: a statistic and a p. It estimates nothing; Fine and Gray's model and the incidences do."""
    quantity = "difference of cumulative incidences"
    return AnalysisResult(
        method="Gray's test, ρ = 0 (chi-squared)", quantity=quantity, estimate=math.nan, degrees_of_freedom=float(test.degrees_of_freedom),
        statistic=test.statistic, p=test.p, diagnostics={"groups": test.degrees_of_freedom + 1},
        words=f"{quantity}: Gray's chi-squared {test.statistic:.2f} with {test.degrees_of_freedom} degrees of freedom, p = {test.p:.2g}.",
    )  # fmt: skip


_UNCONDITIONAL: dict[str, Callable[[int, int, int, int], UnconditionalTest]] = {
    "boschloo": boschloo,
    "barnard": barnard,
}


def exact_test_result(
    events: int, people: int, control_events: int, control_people: int, *, test: str = "boschloo", confidence: float = 0.95
) -> AnalysisResult:  # fmt: skip
    """Boschloo's or Barnard's test beside the difference of shares with its exact interval."""
    if test not in _UNCONDITIONAL:
        raise AnalysisError("analysis.choice", what="test", value=test, known=list(_UNCONDITIONAL))
    found = _UNCONDITIONAL[test](events, people, control_events, control_people)
    difference = risk_difference(events, people, control_events, control_people, method="exact", confidence=confidence)  # fmt: skip
    return replace(
        difference,
        method=f"{test.capitalize()}'s test; difference of shares with exact interval",
        statistic=found.statistic,
        p=found.p,
        diagnostics={**difference.diagnostics, "share at which p is largest": found.nuisance},
        words=sentence(difference.quantity, difference.shown, confidence, found.p),
    )


def series_result(found: SeriesComponents, threshold: float = 0.0, confidence: float = 0.95, unit: str = "") -> AnalysisResult:  # fmt: skip
    """The change of slope of one patient: posterior mean, SD, and the quantiles of the mixture that the posterior is."""
    told = found.posterior(threshold)
    weight = np.exp(found.log_weight - found.log_weight.max())
    low, high = _of_mixture(weight / weight.sum(), found.mean, np.sqrt(found.variance), confidence)
    return _posterior(
        "Bayesian structural time series, AR(1) errors, exact grid posterior", "change of slope", told.mean, told.sd, low, high, confidence,
        {"P(above threshold)": told.probability, "threshold": threshold, "correlation": told.correlation, "noise": told.noise}, unit,
    )  # fmt: skip


def patients_result(found: PatientsPosterior, confidence: float = 0.95, unit: str = "") -> AnalysisResult:
    """The mean change of several patients, with the normal interval of its posterior mean and SD; each patient's shrunken change beside it."""
    z = _quantile(confidence)

    def one(quantity: str, mean: float, sd: float, **told: Scalar) -> AnalysisResult:
        return _posterior("aggregated series of one, normal interval", quantity, mean, sd, mean - z * sd, mean + z * sd, confidence, told, unit)  # fmt: skip

    parts = tuple(
        one(f"patient {n}", float(mean), float(sd))
        for n, (mean, sd) in enumerate(zip(found.effects, found.effects_sd, strict=True), start=1)
    )
    whole = one(
        "mean change of slope", found.mean, found.mean_sd, people=len(parts), spread=found.tau, probability=found.probability,
        next_probability=found.next_probability,
    )  # fmt: skip
    return replace(whole, parts=parts)


def hierarchy_result(found: NormalHierarchy, confidence: float = 0.95) -> AnalysisResult:
    """The common mean of a normal hierarchy of studies, with the quantiles of its mixture."""
    low, high = _of_mixture(found.weights, found.centres, found.spreads, confidence)
    return _posterior(
        "normal hierarchy, exact grid posterior", "common mean", found.mean, found.mean_sd, low, high, confidence,
        {"studies": len(found.effects), "between-study SD": found.tau}, "",
    )  # fmt: skip


def share_result(posterior: SharePrior, limit: float, confidence: float = 0.95) -> AnalysisResult:
    """A share after borrowing, with P(share > limit) and what the prior and data together are worth in people."""
    mass = np.cumsum(posterior.mass)
    ends = [float(posterior.share[np.searchsorted(mass, q)]) for q in ((1 - confidence) / 2, (1 + confidence) / 2)]  # fmt: skip
    sd = float(np.sqrt(posterior.mass @ (posterior.share - posterior.mean) ** 2))
    return _posterior(
        "share with a prior from elsewhere, grid posterior", "share", posterior.mean, sd, ends[0], ends[1], confidence,
        {"P(above limit)": posterior.above(limit), "limit": limit, "worth in people": posterior.effective_size}, "",
    )  # fmt: skip


def start_result(test: StartTest) -> AnalysisResult:
    """Randomised-start test: the statistic at the start that was drawn and its exact p; design-based, and without an interval."""
    quantity = "mean after the start less mean before it"
    return AnalysisResult(
        method="randomised-start test, exact", quantity=quantity, estimate=test.statistic, p=test.p,
        statistic=test.statistic, diagnostics={"starts that could have been drawn": test.candidates, "smallest p": 1 / test.candidates},
        words=f"{quantity}: {test.statistic:.3g}; one-sided p = {test.p:.2g} among {test.candidates} starts that could have been drawn.",
    )  # fmt: skip


def phases_result(found: PhaseComparison, confidence: float = 0.95) -> AnalysisResult:
    """Non-overlap of all pairs with Newcombe's interval (Stat Med 2006;25:559-573, method 5), and Tau, which is twice as far from none, beside it."""
    from scipy.optimize import brentq

    m, n, nap, z = found.baseline, found.treatment, found.nap, _quantile(confidence)
    h = (m + n) / 2 - 1

    def off(x: float) -> float:
        return m * n * (nap - x) ** 2 * (2 - x) * (1 + x) - z * z * x * (1 - x) * (2 + h + (1 + 2 * h) * x * (1 - x))  # fmt: skip

    # at no overlap at all the other end is a root too, of no meaning
    low = float(brentq(off, 0.0, min(nap, 1 - 1e-9))) if nap > 0 else 0.0
    high = float(brentq(off, max(nap, 1e-9), 1.0)) if nap < 1 else 1.0
    told: dict[str, Scalar] = {
        "baseline": m, "treatment": n, "Tau-U": found.tau_u, "Tau, baseline corrected": found.tau_corrected, "PND": found.pnd, "PEM": found.pem,
        "PAND": found.pand, "IRD": found.ird, "standardised mean difference": found.smd, "log response ratio": found.log_response_ratio,
    }  # fmt: skip

    def one(
        quantity: str, ends: tuple[float, float, float], error: float, told: dict[str, Scalar]
    ) -> AnalysisResult:
        return AnalysisResult(
            method="non-overlap of all pairs, Newcombe's interval", quantity=quantity, estimate=ends[0], standard_error=error,
            low=ends[1], high=ends[2], confidence=confidence, diagnostics=told, words=sentence(quantity, ends, confidence, None),
        )  # fmt: skip

    tau = one("Tau", (found.tau, 2 * low - 1, 2 * high - 1), found.tau_error, {})
    whole = one("non-overlap of all pairs (½ is none)", (nap, low, high), found.nap_error, told)
    return replace(whole, parts=(tau,))


def _posterior(
    method: str, quantity: str, mean: float, sd: float, low: float, high: float, confidence: float, told: dict[str, Scalar], unit: str
) -> AnalysisResult:  # fmt: skip
    return AnalysisResult(
        method=method, quantity=quantity, estimate=mean, standard_error=sd, low=low, high=high, confidence=confidence, unit=unit,
        diagnostics=told, words=sentence(quantity, (mean, low, high), confidence, None, unit),
    )  # fmt: skip


def _of_mixture(weight: Array, centre: Array, spread: Array, confidence: float) -> tuple[float, float]:
    """The quantiles of a mixture of normals."""
    from scipy.optimize import brentq
    from scipy.special import ndtr

    share("confidence", confidence)
    ends = float((centre - 12 * spread).min()), float((centre + 12 * spread).max())
    low, high = (
        float(brentq(lambda x, q=q: float(weight @ ndtr((x - centre) / spread)) - q, *ends, xtol=1e-12))
        for q in ((1 - confidence) / 2, (1 + confidence) / 2)
    )
    return low, high


def _quantile(confidence: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + share("confidence", confidence) / 2))
