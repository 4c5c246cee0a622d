"""Effect sizes of single-case designs: how far the treatment phase lies above the baseline phase.

A is baseline, B treatment; improvement is increase unless ``decrease`` is given. Overlap measures compare every B with every A.

References
----------
Parker RI, Vannest KJ. Behav Ther 2009;40:357-367 (NAP). Parker RI, Vannest KJ, Davis JL, Sauber SB. Behav Ther 2011;42:284-299 (Tau-U).
Parker RI, Hagan-Burke S, Vannest K. J Spec Educ 2007;40:194-204 (PAND). Parker RI, Vannest KJ, Brown L. Except Child 2009;75:135-150 (IRD).
Ma HH. Behav Modif 2006;30:598-617 (PEM). Scruggs TE, Mastropieri MA, Casto G. Remedial Spec Educ 1987;8:24-33 (PND).
Tarlow KR. Behav Modif 2017;41:427-467 (baseline-corrected Tau). Pustejovsky JE. J Sch Psychol 2018;68:99-112 (log response ratio).
Sen PK. Sankhyā 1967;29:95-102 (variance of the U-statistic).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import column
from proband.analysis.result import AnalysisError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KendallCounts:
    """Kendall's score S (concordant minus discordant pairs), its largest value D with these ties, and τ_b = S/D (0 where D is 0)."""

    score: float
    scale: float

    @property
    def tau_b(self) -> float:
        """Kendall's rank correlation."""
        return self.score / self.scale if self.scale > 0 else 0.0


def kendall(x: ArrayLike, y: ArrayLike) -> KendallCounts:
    """Kendall's rank correlation with ties."""
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    upper = np.triu_indices(len(a), 1)
    da, db = np.sign(np.subtract.outer(a, a))[upper], np.sign(np.subtract.outer(b, b))[upper]
    return KendallCounts(float((da * db).sum()), float(np.sqrt((da != 0).sum() * (db != 0).sum())))


@dataclass(frozen=True, slots=True)
class PhaseComparison:
    """Effect sizes of two phases.

    Attributes
    ----------
    nap, nap_error
        Non-overlap of all pairs, 0 to 1 (½: none), and its standard error.
    tau, tau_error
        2 NAP − 1.
    tau_u
        Tau less the trend of the baseline (S − S_A)/mn.
    tau_corrected
        Tarlow's: rank correlation with phase after Theil and Sen's baseline trend was removed, where that trend is significant.
    pnd, pem
        Shares of B above every A, and above the median of A (ties ½).
    pand, ird
        Share of all values that can be kept without overlap (minimum removal), and the robust improvement rate difference from it.
    smd
        Standardised mean difference by the baseline's SD with Hedges' correction; None where the baseline does not vary.
    log_response_ratio
        Log ratio of means (increase), corrected for small samples; None where a mean is not positive.
    """

    baseline: int
    treatment: int
    nap: float
    nap_error: float
    tau: float
    tau_error: float
    tau_u: float
    tau_corrected: float
    pnd: float
    pem: float
    pand: float
    ird: float
    smd: float | None
    log_response_ratio: float | None


def compare_phases(baseline: ArrayLike, treatment: ArrayLike, *, decrease: bool = False) -> PhaseComparison:
    """All effect sizes of one case; missing values (NaN) are left out."""
    a, b = (column("value", v, gaps=True) for v in (baseline, treatment))
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    if len(a) < 2 or len(b) < 2:
        raise AnalysisError("analysis.single-case.short", baseline=len(a), treatment=len(b))
    raw_a, raw_b = a, b
    if decrease:
        a, b = -a, -b
    m, n = len(a), len(b)
    over = (b[None, :] > a[:, None]).astype(float)
    pair = over + 0.5 * (b[None, :] == a[:, None])
    nap = float(pair.mean())
    tau = 2 * nap - 1
    error = _nap_error(pair, over, m, n)
    trend = kendall(np.arange(m), a).score
    pand = _pand(a, b)
    return PhaseComparison(
        m,
        n,
        nap,
        error,
        tau,
        2 * error,
        float((pair.sum() * 2 - m * n - trend) / (m * n)),
        _corrected(a, b),
        float((b > a.max()).mean()),
        float(((b > np.median(a)) + 0.5 * (b == np.median(a))).mean()),
        pand,
        1 - (m + n) ** 2 * (1 - pand) / (2 * m * n),
        _smd(a, b),
        _ratio(raw_a, raw_b),
    )


def _nap_error(pair: Array, over: Array, m: int, n: int) -> float:
    """Sen's unbiased variance; complete separation, where it is zero, takes that of half a pair, so as not to claim certainty."""
    nap = pair.mean()
    x1, x2 = (pair.mean(axis=1) ** 2).mean(), (pair.mean(axis=0) ** 2).mean()
    variance = (n * x1 + m * x2 - (m + n - 1) * nap**2 - over.mean()) / ((m - 1) * (n - 1))
    if nap in (0.0, 1.0):
        t = 0.5 / (m * n)
        variance = t * (1 - t) / ((m - 1) * (n - 1))
    return float(np.sqrt(max(variance, 0.0)))


def _pand(a: Array, b: Array) -> float:
    """The most values that can be kept so that every A kept lies below every B kept: the i smallest of A and the j largest of B."""
    low, high = np.sort(a), np.sort(b)[::-1]
    best = max(len(a), len(b))
    for i in range(1, len(a) + 1):
        kept = int((high > low[i - 1]).sum())
        if kept:
            best = max(best, i + kept)
    return best / (len(a) + len(b))


def _corrected(a: Array, b: Array) -> float:
    from scipy.stats import kendalltau, theilslopes

    y, phase = np.concatenate([a, b]), np.repeat([0, 1], [len(a), len(b)])
    if len(a) > 2 and kendalltau(np.arange(len(a)), a).pvalue < 0.05:
        slope, intercept, *_ = theilslopes(a, np.arange(len(a)))
        y = y - (intercept + slope * np.arange(len(y)))
        y = np.round(y, 10)
    return kendall(phase, y).tau_b


def _smd(a: Array, b: Array) -> float | None:
    spread = float(a.std(ddof=1))
    if spread == 0:
        return None
    return float((b.mean() - a.mean()) / spread * (1 - 3 / (4 * len(a) - 5)))


def _ratio(a: Array, b: Array) -> float | None:
    if a.mean() <= 0 or b.mean() <= 0:
        return None
    parts = [np.log(v.mean()) + v.var(ddof=1) / (2 * len(v) * v.mean() ** 2) for v in (b, a)]
    return float(parts[0] - parts[1])
