"""Log-rank and weighted log-rank tests of any number of groups, with strata.

References
----------
Mantel N. Cancer Chemother Rep 1966;50:163-170. Harrington DP, Fleming TR. Biometrika 1982;69:553-566 (S(t−)^ρ (1 − S(t−))^γ).
Gehan EA. Biometrika 1965;52:203-223 (number at risk). Tarone RE, Ware J. Biometrika 1977;64:156-160 (its root).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import labels, same, watched
from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.result import AnalysisError, AnalysisResult, wald

Array = NDArray[np.float64]

#: name → weight from survival just before (pooled) and number at risk
WEIGHTS: dict[str, Callable[[Array, Array], Array]] = {
    "log-rank": lambda survival, at_risk: np.ones_like(survival),
    "peto-peto": lambda survival, at_risk: survival,
    "fleming-harrington-0-1": lambda survival, at_risk: 1 - survival,
    "fleming-harrington-1-1": lambda survival, at_risk: survival * (1 - survival),
    "gehan": lambda survival, at_risk: at_risk,
    "tarone-ware": lambda survival, at_risk: np.sqrt(at_risk),
}


@dataclass(frozen=True, slots=True)
class LogRankTest:
    """A log-rank test: per group observed and expected events (weighted), and the test over all groups."""

    groups: tuple[object, ...]
    observed: Array
    expected: Array
    covariance: Array
    statistic: float
    degrees_of_freedom: int
    p: float

    @property
    def z(self) -> float:
        """Signed statistic of two groups: positive where the last group has more events than expected."""
        return float((self.observed - self.expected)[-1] / np.sqrt(self.covariance[-1, -1]))


def logrank(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    weight: str = "log-rank",
) -> LogRankTest:
    """Compare the hazards of groups.

    Parameters
    ----------
    time, event, group
        (people,): how long each was watched, whether the event ended it, and the group.
    strata
        (people,): people are compared within their stratum only.
    weight
        One of :data:`WEIGHTS`.
    """
    time, event = watched(time, event)
    label = labels("group", group)
    same(time=time, group=label, strata=None if strata is None else labels("stratum", strata))
    if weight not in WEIGHTS:
        raise AnalysisError("analysis.choice", what="weight", value=weight, known=list(WEIGHTS))
    names, code = np.unique(label, return_inverse=True)
    if len(names) < 2:
        raise AnalysisError("analysis.groups", groups=len(names))
    k = len(names)
    observed, expected, covariance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    for part in _strata(strata, len(time)):
        o, e, v = _one_stratum(time[part], event[part], code[part], k, WEIGHTS[weight])
        observed, expected, covariance = observed + o, expected + e, covariance + v
    if not event.any():
        raise AnalysisError("analysis.no-events")
    if not np.trace(covariance) > 1e-12 * float((observed**2).sum()):
        # all events at one time, or each when nobody of another group was left: no comparison was made
        raise AnalysisError("analysis.no-spread", quantity="difference of survival")
    gap = (observed - expected)[:-1]
    statistic = float(gap @ np.linalg.pinv(covariance[:-1, :-1]) @ gap)
    from scipy.stats import chi2

    return LogRankTest(
        tuple(names.tolist()),
        observed,
        expected,
        covariance,
        statistic,
        k - 1,
        float(chi2.sf(statistic, k - 1)),
    )


def _strata(strata: ArrayLike | None, people: int) -> Iterable[NDArray[np.bool_]]:
    if strata is None:
        return [np.ones(people, dtype=bool)]
    values = np.asarray(strata)
    return [values == level for level in np.unique(values)]


def _one_stratum(
    time: Array,
    event: NDArray[np.bool_],
    code: NDArray[np.int64],
    k: int,
    weigh: Callable[[Array, Array], Array],
) -> tuple[Array, Array, Array]:
    times = np.unique(time[event])
    by_group = np.array(
        [np.sum((time[:, None] >= times) & (code == g)[:, None], axis=0) for g in range(k)], dtype=float
    )
    died = np.array(
        [np.sum((time[:, None] == times) & (event & (code == g))[:, None], axis=0) for g in range(k)], float
    )
    at_risk, deaths = by_group.sum(axis=0), died.sum(axis=0)
    # the estimate just before each time, by which Peto's weights go
    survival = np.concatenate([[1.0], kaplan_meier(time, event).share])[: len(times)]
    w = weigh(survival, at_risk)
    share = by_group / at_risk
    spread = np.where(at_risk > 1, deaths * (at_risk - deaths) / np.maximum(at_risk - 1, 1), 0.0)
    covariance = np.diag((w**2 * spread * share).sum(axis=1)) - (w**2 * spread * share) @ share.T
    return (w * died).sum(axis=1), (w * deaths * share).sum(axis=1), covariance


def logrank_result(
    test: LogRankTest, quantity: str = "difference of survival", confidence: float = 0.95
) -> AnalysisResult:
    """The test of two groups as a result; the estimate is Peto's log hazard ratio (observed − expected) / variance."""
    if len(test.groups) != 2:
        raise AnalysisError("analysis.two-groups", groups=len(test.groups))
    variance = float(test.covariance[-1, -1])
    estimate, error = float((test.observed - test.expected)[-1] / variance), float(variance**-0.5)
    result = wald(
        method="log-rank test; Peto's one-step log hazard ratio",
        quantity=f"{quantity}, {test.groups[-1]} against {test.groups[0]}",
        estimate=estimate,
        error=error,
        confidence=confidence,
        display="exp",
        diagnostics={"events": float(test.observed.sum())},
    )
    return replace(result, words=f"{quantity}: log-rank chi-squared {test.statistic:.2f}, p = {test.p:.2g}.")
