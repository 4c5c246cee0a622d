"""Rank tests of two groups: Wilcoxon's rank sum (exact without ties in small groups), its strata, and the shift of Hodges and Lehmann.

References
----------
Wilcoxon F. Biometrics Bull 1945;1:80-83. Mann HB, Whitney DR. Ann Math Stat 1947;18:50-60. Hodges JL, Lehmann EL. Ann Math Stat 1963;34:598-611.
van Elteren PH. Bull Inst Int Stat 1960;37:351-361 (strata).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    The interval of the shift inverts the normal approximation of the test.
    """
    from scipy.special import ndtr, ndtri
    from scipy.stats import mannwhitneyu

    seen = np.isfinite(np.asarray(y, dtype=float))
    value: Array = np.asarray(y, dtype=np.float64)[seen]
    side: NDArray[np.int64] = np.asarray(arm, dtype=np.int64)[seen]
    if not 0 < side.sum() < len(side):
        raise AnalysisError("analysis.groups", groups=len(np.unique(side)))
    if strata is None:
        score, variance = rank_sum_moments(value, side)
        tied = len(np.unique(value)) < len(value)
        if not tied and len(value) <= 50:
            p, kind = float(mannwhitneyu(value[side == 1], value[side == 0], method="exact").pvalue), "exact"
        else:
            correction = 0.5 if continuity else 0.0
            p, kind = float(min(1.0, 2 * ndtr(-max(abs(score) - correction, 0.0) / variance**0.5))), "normal"
    else:
        levels = np.asarray(strata)[seen]
        score = variance = 0.0
        for level in np.unique(levels):
            own = levels == level
            if 0 < side[own].sum() < own.sum():
                s, v = rank_sum_moments(value[own], side[own])
                score += s / (own.sum() + 1)
                variance += v / (own.sum() + 1) ** 2
        p, kind = float(2 * ndtr(-abs(score) / variance**0.5)), "stratified (van Elteren), normal"
    gaps = np.sort(np.subtract.outer(value[side == 1], value[side == 0]).ravel())
    _, spread = rank_sum_moments(value, side)
    keep = int(np.floor(len(gaps) / 2 - float(ndtri(0.5 + confidence / 2)) * spread**0.5))
    low, high = (gaps[keep - 1], gaps[len(gaps) - keep]) if keep >= 1 else (-np.inf, np.inf)
    shift = float(np.median(gaps))
    return AnalysisResult(
        method=f"Wilcoxon rank sum, {kind}; Hodges–Lehmann shift",
        quantity="shift",
        estimate=shift,
        low=float(low),
        high=float(high),
        confidence=confidence,
        statistic=score / variance**0.5 if variance > 0 else None,
        p=p,
        unit=unit,
        diagnostics={"people": len(value), "left_out": int((~seen).sum())},
        words=sentence("shift", (shift, float(low), float(high)), confidence, p, unit),
    )
