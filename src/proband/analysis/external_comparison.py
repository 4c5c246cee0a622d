"""Treated people against weighted or matched controls from elsewhere: the difference with a bootstrap that finds the weights anew each time, and MAIC against published numbers.

The E-value stands beside every difference (on the scale of VanderWeele and Ding for means: a standardised difference d is a risk ratio of about exp(0.91 d)).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.external_controls import (
    att_weights,
    e_value,
    effective_size,
    entropy_balance,
    maic_weights,
    nearest_match,
    propensity,
    weighted_difference,
)
from proband.analysis.given import column, covariates, flags, number, of_several, same, share
from proband.analysis.result import AnalysisError, AnalysisResult, Scalar, sentence, wald

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
#: ways to make controls from elsewhere comparable
METHODS = ("entropy-balancing", "inverse-probability", "matching")


def _balanced(t: Flags, x: Array) -> Array:
    return entropy_balance(x[t], x[~t]).weights


def _inverse(t: Flags, x: Array) -> Array:
    return att_weights(t, x).weights


_WEIGHTS: dict[str, Callable[[Flags, Array], Array]] = {
    "entropy-balancing": _balanced, "inverse-probability": _inverse,
}  # fmt: skip


def external_difference(
    y: ArrayLike, treated: ArrayLike, x: ArrayLike, *, method: str = "entropy-balancing", replicates: int = 500, seed: int = 0,
    confidence: float = 0.95, unit: str = "",
) -> AnalysisResult:  # fmt: skip
    """Mean of the treated less the weighted mean of controls from elsewhere.

    Parameters
    ----------
    y, treated, x
        (people,) outcome, (people,) whether treated, (people, covariates).
    replicates
        Of the bootstrap within either group; the weights are found anew in each. Matching has no valid bootstrap (Abadie and Imbens, Econometrica
        2008;76:1537-1557): its interval is that of the mean of pair differences.

    Raises
    ------
    AnalysisError
        ``analysis.external.overlap`` where weights cannot be found, or in more than half of the replicates.
    """
    if method not in METHODS:
        raise AnalysisError("analysis.choice", what="method", value=method, known=list(METHODS))
    values, t, z = column("outcome", y), flags("treated", treated), covariates(x)
    same(outcome=values, treated=t, covariates=z)
    share("confidence", confidence)
    if t.all() or not t.any():
        raise AnalysisError("analysis.groups", groups=1)
    of_several(t[:, None].astype(float), np.arange(len(t)), ["treated"])
    if method == "matching":
        return _of_pairs(values, t, z, confidence, unit)
    weights = _WEIGHTS[method](t, z)
    estimate = weighted_difference(values, t, weights)
    quantity = "effect in the treated"
    told: dict[str, Scalar] = {
        **_numbers(t), "effective controls": effective_size(weights), **_e(estimate, values[~t]),
    }  # fmt: skip
    rng = np.random.default_rng(seed)
    inside, outside = np.flatnonzero(t), np.flatnonzero(~t)
    draws, failed = [], 0
    for _ in range(replicates):
        who = np.concatenate([rng.choice(inside, len(inside)), rng.choice(outside, len(outside))])
        try:
            draws.append(weighted_difference(values[who], t[who], _WEIGHTS[method](t[who], z[who])))
        except AnalysisError:
            failed += 1
    if failed * 2 > replicates:
        raise AnalysisError("analysis.external.overlap")
    if float(np.std(draws)) <= 1e-12 * float(np.abs(values).max()):
        raise AnalysisError("analysis.no-spread", quantity=quantity)
    low, high = (float(v) for v in np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2]))
    told |= {"replicates": replicates, "failed_replicates": failed, "seed": seed}
    return AnalysisResult(
        method=f"{method}, bootstrap", quantity=quantity, estimate=estimate, standard_error=float(np.std(draws, ddof=1)), low=low, high=high,
        confidence=confidence, unit=unit, diagnostics=told, words=sentence(quantity, (estimate, low, high), confidence, None, unit),
    )  # fmt: skip


def _of_pairs(values: Array, t: Flags, z: Array, confidence: float, unit: str) -> AnalysisResult:
    """The mean of pair differences, matched by the logit of the propensity; nobody is matched twice, and who of the treated finds nobody is left out and counted."""
    score = np.column_stack([np.ones(len(z)), z]) @ propensity(t, z)[0]
    pairs = nearest_match(t, score)
    gaps = np.array([values[own] - values[other] for own, other in pairs])
    if len(gaps) < 2:
        raise AnalysisError("analysis.external.overlap")
    estimate = float(gaps.mean())
    return wald(
        method="nearest propensity, pairs without replacement", quantity="effect in the matched treated", estimate=estimate,
        error=float(gaps.std(ddof=1) / math.sqrt(len(gaps))), degrees_of_freedom=len(gaps) - 1.0, confidence=confidence, unit=unit,
        diagnostics={
            **_numbers(t), "effective controls": float(len(pairs)), **_e(estimate, values[~t]), "pairs": len(pairs),
            "unmatched treated": int(t.sum()) - len(pairs),
        },
    )  # fmt: skip


def _numbers(t: Flags) -> dict[str, Scalar]:
    return {"treated": int(t.sum()), "controls": int((~t).sum())}


def maic_difference(
    y: ArrayLike, people: ArrayLike, target: ArrayLike, mean: float, error: float, *, confidence: float = 0.95, unit: str = ""
) -> AnalysisResult:  # fmt: skip
    """Weighted mean of one's own people less a published mean (unanchored MAIC), with the sandwich error of the weighted mean.

    Parameters
    ----------
    y, people, target
        (people,) outcome, (people, covariates), and the published means of those covariates.
    mean, error
        What was published of the other group, and its standard error.
    """
    values, z = column("outcome", y), covariates(people)
    same(outcome=values, covariates=z)
    weights = maic_weights(z, list(column("target", target)))
    own = float(np.average(values, weights=weights))
    variance = float((weights**2 * (values - own) ** 2).sum() / weights.sum() ** 2)
    if variance <= (1e-12 * float(np.abs(values).max())) ** 2:
        raise AnalysisError("analysis.no-spread", quantity="weighted mean")
    estimate = own - number("published mean", mean)
    return wald(
        method="matching-adjusted indirect comparison, unanchored", quantity="weighted mean less the published one", estimate=estimate,
        error=math.sqrt(variance + number("published error", error, low=0) ** 2), confidence=confidence, unit=unit,
        diagnostics={"people": len(values), "effective people": effective_size(weights), **_e(estimate, values)},
    )  # fmt: skip


def _e(estimate: float, values: Array) -> dict[str, Scalar]:
    """E-value of a difference of means, by its standardised size (VanderWeele and Ding, Ann Intern Med 2017;167:268-274)."""
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    if spread == 0:
        return {}
    ratio = math.exp(max(min(0.91 * estimate / spread, 50.0), -50.0))
    return {"E-value": e_value(ratio, 1.0)[0]}
