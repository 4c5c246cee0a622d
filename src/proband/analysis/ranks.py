"""Rank tests of two groups: Wilcoxon's rank sum (exact without ties in small groups), its strata, and the shift of Hodges and Lehmann.

References
----------
Wilcoxon F. Biometrics Bull 1945;1:80-83. Mann HB, Whitney DR. Ann Math Stat 1947;18:50-60. Hodges JL, Lehmann EL. Ann Math Stat 1963;34:598-611.
van Elteren PH. Bull Inst Int Stat 1960;37:351-361 (strata). Mehrotra DV, Lu X, Li X. Am Stat 2010;64:121-130 (its shift).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import codes, column, labels, same, share, two_arms
from proband.analysis.result import AnalysisError, AnalysisResult, sentence

Array = NDArray[np.float64]


def rank_sum_moments(y: Array, arm: NDArray[np.int64]) -> tuple[float, float]:
    """Rank sum of arm 1 minus its expectation, and its variance with ties."""
    from scipy.stats import rankdata

    n1, n = int(arm.sum()), len(y)
    rank = rankdata(y)
    _, ties = np.unique(y, return_counts=True)
    score = float(rank[arm == 1].sum()) - n1 * (n + 1) / 2
    return score, n1 * (n - n1) / 12 * (n + 1 - float((ties**3 - ties).sum()) / (n * (n - 1)))


def rank_sum(
    y: ArrayLike,
    arm: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    continuity: bool = True,
    confidence: float = 0.95,
    unit: str = "",
) -> AnalysisResult:
    """Wilcoxon's test, arm 1 against arm 0, with the Hodges–Lehmann shift.

    Without strata or ties and up to 50 people p is exact; otherwise normal, with a continuity correction where there are no strata.
    The shift and its interval invert the normal approximation of the test: with strata only gaps within a stratum count, each with the weight of
    its stratum in van Elteren's sum.
    """
    from scipy.special import ndtr, ndtri
    from scipy.stats import mannwhitneyu

    given, arms = column("outcome", y, gaps=True), codes("arm", arm, high=1)
    same(outcome=given, arm=arms, strata=None if strata is None else labels("stratum", strata))
    seen = ~np.isnan(given)
    value, side = given[seen], two_arms(arms[seen])
    if strata is None:
        score, variance = rank_sum_moments(value, side)
        gaps = np.subtract.outer(value[side == 1], value[side == 0]).ravel()
        weights = np.ones(len(gaps))
        tied = len(np.unique(value)) < len(value)
        if not tied and len(value) <= 50:
            p, kind = float(mannwhitneyu(value[side == 1], value[side == 0], method="exact").pvalue), "exact"
        else:
            correction = 0.5 if continuity else 0.0
            z = max(abs(score) - correction, 0.0) / variance**0.5 if variance > 0 else 0.0
            p, kind = float(min(1.0, 2 * ndtr(-z))), "normal"
    else:
        levels = np.asarray(strata)[seen]
        score = variance = 0.0
        gaps = weights = np.zeros(0)
        for level in np.unique(levels):
            own = levels == level
            if 0 < side[own].sum() < own.sum():
                s, v = rank_sum_moments(value[own], side[own])
                score += s / (own.sum() + 1)
                variance += v / (own.sum() + 1) ** 2
                within = np.subtract.outer(value[own & (side == 1)], value[own & (side == 0)]).ravel()
                gaps = np.concatenate([gaps, within])
                weights = np.concatenate([weights, np.full(len(within), 1 / (own.sum() + 1))])
        if not len(gaps):
            raise AnalysisError("analysis.groups", groups=1)
        z = abs(score) / variance**0.5 if variance > 0 else 0.0
        p, kind = float(2 * ndtr(-z)), "stratified (van Elteren), normal"
    if variance == 0:
        raise AnalysisError("analysis.no-spread", quantity="shift")
    low, shift, high = _inverted(
        gaps, weights, float(ndtri(0.5 + share("confidence", confidence) / 2)) * variance**0.5
    )
    return AnalysisResult(
        method=f"Wilcoxon rank sum, {kind}; Hodges–Lehmann shift",
        quantity="shift",
        estimate=shift,
        low=low,
        high=high,
        confidence=confidence,
        statistic=score / variance**0.5,
        p=p,
        unit=unit,
        diagnostics={"people": len(value), "left_out": int((~seen).sum())},
        words=sentence("shift", (shift, low, high), confidence, p, unit),
    )


def _inverted(gaps: Array, weights: Array, reach: float) -> tuple[float, float, float]:
    """Lower bound, estimate and upper bound of the shift: the gaps at which the weight below passes half less ``reach``, half, half and ``reach``."""
    order = np.argsort(gaps)
    gaps, weights = gaps[order], weights[order]
    below, above = np.cumsum(weights), np.cumsum(weights[::-1])
    half, hair = below[-1] / 2, 1e-9 * below[-1]
    at = int(np.searchsorted(below, half - reach + hair, side="right")) - 1
    upto = int(np.searchsorted(above, half - reach + hair, side="right")) - 1
    middle = gaps[np.searchsorted(below, [half - hair, half + hair])]
    return (
        float(gaps[at]) if at >= 0 else -np.inf,
        float(middle.mean()),
        float(gaps[::-1][upto]) if upto >= 0 else np.inf,
    )
