"""Evidence synthesis of rare events, exact given the margins of each study: a common odds ratio, and odds ratios that vary between studies.

Given how many people had the event in both arms together, the events of the treated follow a non-central hypergeometric distribution that
depends on the odds ratio alone: no study needs a correction for zero events, and one without any says nothing. Where the studies share one
odds ratio, the sum over studies is exact; where they vary, log odds ratios are normal between studies and the likelihood is that of Stijnen
and colleagues. :func:`beta_binomial` takes arms instead of studies: shares within an arm vary between studies by a beta distribution.

References
----------
Gart JJ. Biometrika 1970;57:471-475; Mehta CR, Patel NR, Gray R. J Am Stat Assoc 1985;80:969-973 (exact common odds ratio). Stijnen T, Hamza TH,
Özdemir P. Stat Med 2010;29:3046-3067 (conditional likelihood with random effects). Kuss O. Stat Med 2015;34:1097-1116 (beta-binomial).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.elementary import log_choose
from proband.analysis.exact import study_counts
from proband.analysis.result import AnalysisError, AnalysisResult, sentence, wald
from proband.analysis.second_derivatives import second_derivatives

Array = NDArray[np.float64]

#: log odds ratios beyond this are no longer told from infinity
_LARGEST = 40.0
#: nodes of the Gauss–Hermite rule over the random effect
_NODES = 61


def _table(m: int, n: int, total: int) -> tuple[NDArray[np.int64], Array]:
    """Possible events of the treated and their log weights at an odds ratio of 1, given ``total`` events in both arms."""
    x = np.arange(max(0, total - n), min(m, total) + 1)
    return x, log_choose(m, x) + log_choose(n, total - x)


def exact_odds_ratio(
    events: ArrayLike,
    people: ArrayLike,
    control_events: ArrayLike,
    control_people: ArrayLike,
    confidence: float = 0.95,
) -> AnalysisResult:
    """One odds ratio common to all studies: conditional maximum likelihood, exact interval and two-sided p.

    The interval inverts both one-sided tests; p adds the probabilities of everything that is not more probable than what was seen, so that
    the two may disagree at the edge. ``diagnostics`` hold the one-sided p values.

    Raises
    ------
    AnalysisError
        ``analysis.synthesis.silent`` where every study has the event in nobody or in everybody.
    """
    a, m, c, n = study_counts(events, people, control_events, control_people)
    weights, lowest = np.ones(1), 0
    for own, treated, other, control in zip(a, m, c, n, strict=True):
        x, log = _table(int(treated), int(control), int(own + other))
        weights = np.convolve(weights, np.exp(log - log.max()))
        weights = weights / weights.max()
        lowest += int(x[0])
    support = lowest + np.arange(len(weights))
    if len(support) < 2:
        raise AnalysisError("analysis.synthesis.silent")
    seen = int(a.sum())
    with np.errstate(divide="ignore"):
        logs = np.log(weights)

    def share(log_odds: float, kept: NDArray[np.bool_]) -> float:
        value = logs + log_odds * support
        value = np.exp(value - value.max())
        return float(value[kept].sum() / value.sum())

    def mean(log_odds: float) -> float:
        value = logs + log_odds * support
        value = np.exp(value - value.max())
        return float(value @ support / value.sum())

    tail = (1 - confidence) / 2
    low = -np.inf if seen == support[0] else _root(lambda v: share(v, support >= seen) - tail)
    high = np.inf if seen == support[-1] else _root(lambda v: tail - share(v, support <= seen))
    estimate = (
        -np.inf if seen == support[0] else np.inf if seen == support[-1] else _root(lambda v: mean(v) - seen)
    )
    null = np.exp(logs - logs.max())
    null /= null.sum()
    p = float(null[null <= null[seen - lowest] * (1 + 1e-7)].sum())
    shown = tuple(float(np.exp(v)) for v in (estimate, low, high))
    quantity = "odds ratio"
    return AnalysisResult(
        method="exact conditional common odds ratio",
        quantity=quantity,
        estimate=float(estimate),
        low=float(low),
        high=float(high),
        confidence=confidence,
        p=min(p, 1.0),
        display="exp",
        diagnostics={
            "studies": len(a),
            "studies that say nothing": int(((a + c == 0) | (a + c == m + n)).sum()),
            "events": int(a.sum() + c.sum()),
            "p_less": share(0.0, support <= seen),
            "p_greater": share(0.0, support >= seen),
        },
        words=sentence(quantity, shown, confidence, min(p, 1.0)),  # type: ignore[arg-type]
    )


def _root(rising: Callable[[float], float]) -> float:
    from scipy.optimize import brentq

    if rising(-_LARGEST) > 0:
        return -np.inf
    if rising(_LARGEST) < 0:
        return np.inf
    return float(brentq(rising, -_LARGEST, _LARGEST, xtol=1e-13, rtol=1e-14))


def exact_random_effects(
    events: ArrayLike,
    people: ArrayLike,
    control_events: ArrayLike,
    control_people: ArrayLike,
    confidence: float = 0.95,
) -> AnalysisResult:
    """Mean log odds ratio where those of the studies are normal around it: each study's likelihood is exact given its margins.

    Maximum likelihood; the interval is Wald's, which is too short with few studies (``diagnostics`` say how many speak). Where the likelihood
    has its top at no variation, ``tau`` is 0 and the answer that of a common odds ratio.

    Raises
    ------
    AnalysisError
        ``analysis.synthesis.studies`` where fewer than two studies say anything.
    """
    from scipy.optimize import minimize

    a, m, c, n = study_counts(events, people, control_events, control_people)
    tables = [
        (int(own), *_table(int(treated), int(control), int(own + other)))
        for own, treated, other, control in zip(a, m, c, n, strict=True)
    ]
    told = [(own, x, log - log.max()) for own, x, log in tables if len(x) > 1]
    if len(told) < 2:
        raise AnalysisError("analysis.synthesis.studies", studies=len(told))
    nodes, masses = np.polynomial.hermite_e.hermegauss(_NODES)
    log_masses = np.log(masses / masses.sum())

    def negative(parameters: Array) -> float:
        """−log likelihood at the mean and τ."""
        effects = parameters[0] + parameters[1] * nodes
        total = 0.0
        for own, x, log in told:
            terms = log + np.outer(effects, x)
            top = terms.max(axis=1)
            each = log[own - x[0]] + effects * own - top - np.log(np.exp(terms - top[:, None]).sum(axis=1))
            value = each + log_masses
            total += float(value.max() + np.log(np.exp(value - value.max()).sum()))
        return -total

    # from several starts: the likelihood is smooth, and may have its top at τ = 0
    fits = [
        minimize(negative, [start, spread], method="L-BFGS-B", bounds=[(-20, 20), (0, 5)], options={"ftol": 1e-15, "gtol": 1e-9})
        for start in (0.0, -1.0, 1.0) for spread in (0.1, 0.8)
    ]  # fmt: skip
    best = min(fits, key=lambda fit: float(fit.fun))
    mean, tau = float(best.x[0]), float(best.x[1])
    free = np.array([True, tau > 1e-4])
    information = _curvature(negative, best.x)[np.ix_(free, free)]
    if not np.isfinite(information).all() or abs(mean) > 15 or np.linalg.eigvalsh(information)[0] <= 0:
        raise AnalysisError("analysis.separation", coefficients=["treatment"])
    error = float(np.sqrt(np.linalg.inv(information)[0, 0]))
    return wald(
        method="exact conditional likelihood, random effects between studies",
        quantity="odds ratio",
        estimate=mean,
        error=error,
        confidence=confidence,
        display="exp",
        diagnostics={
            "studies": len(a),
            "studies that speak": len(told),
            "tau": tau if free[1] else 0.0,
            "loglik": -float(best.fun),
        },
    )


def _curvature(function: Callable[[Array], float], at: Array) -> Array:
    """Second derivatives with one Richardson step."""
    out: Array = (4 * second_derivatives(function, at, 5e-4) - second_derivatives(function, at, 1e-3)) / 3
    return out


def beta_binomial(
    events: ArrayLike,
    people: ArrayLike,
    treated: Sequence[bool] | NDArray[np.bool_],
    confidence: float = 0.95,
) -> AnalysisResult:
    """Odds ratio of treated to control arms where the share varies between arms of one kind by a beta distribution; one row per arm.

    Maximum likelihood over the two shares and the correlation within an arm (``diagnostics``: 0 is binomial). Arms without events count.
    """
    from scipy.optimize import minimize
    from scipy.special import betaln, expit, gammaln

    x, n = np.asarray(events, dtype=float), np.asarray(people, dtype=float)
    arm = np.asarray(treated, dtype=float)
    if (x < 0).any() or (x > n).any() or (n < 1).any() or len({len(x), len(n), len(arm)}) > 1:
        raise AnalysisError("analysis.synthesis.columns", lengths=[len(x), len(n), len(arm)])
    if len(np.unique(arm)) != 2:
        raise AnalysisError("analysis.two-groups", groups=len(np.unique(arm)))
    if any(x[arm == side].sum() in (0, n[arm == side].sum()) for side in (0, 1)):
        raise AnalysisError("analysis.separation", coefficients=["treatment"])
    ways = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)

    def negative(parameters: Array) -> float:
        share = expit(parameters[0] + parameters[1] * arm)
        # correlation r: a + b = (1 − r)/r
        size = np.exp(-parameters[2])
        a, b = share * size, (1 - share) * size
        return -float((ways + betaln(x + a, n - x + b) - betaln(a, b)).sum())

    raw = [float(np.log(x[arm == s].sum() / (n - x)[arm == s].sum())) for s in (0, 1)]
    fits = [
        minimize(negative, [raw[0], raw[1] - raw[0], start], method="L-BFGS-B", bounds=[(-30, 30), (-30, 30), (-14, 8)],
                 options={"ftol": 1e-15, "gtol": 1e-8, "maxiter": 1000})
        for start in (-6.0, -3.0, 0.0)
    ]  # fmt: skip
    best = min(fits, key=lambda fit: float(fit.fun))
    free = np.array([True, True, best.x[2] > -13.9])
    information = _curvature(negative, best.x)[np.ix_(free, free)]
    error = float(np.sqrt(np.linalg.inv(information)[1, 1]))
    size = float(np.exp(-best.x[2]))
    return wald(
        method="beta-binomial model of arms",
        quantity="odds ratio",
        estimate=float(best.x[1]),
        error=error,
        confidence=confidence,
        display="exp",
        diagnostics={
            "arms": len(x),
            "correlation": 1 / (1 + size) if free[2] else 0.0,
            "loglik": -float(best.fun),
        },
    )
