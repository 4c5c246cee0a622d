"""Intervals for a difference of two shares: score intervals, exact unconditional, and the simpler ones that others print.

References
----------
Miettinen O, Nurminen M. Stat Med 1985;4:213-226 (score, N/(N − 1)). Mee RW. Biometrics 1984;40:1175-1176 (score).
Gart JJ, Nam J. Biometrics 1990;46:637-643 (skewness). Laud PJ. Pharm Stat 2017;16:334-348 (skewness with N/(N − 1)).
Newcombe RG. Stat Med 1998;17:873-890. Agresti A, Caffo B. Am Stat 2000;54:280-288. Chan ISF, Zhang Z. Biometrics 1999;55:1202-1209 (exact).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from proband.analysis.exact import binomial, check_counts
from proband.analysis.given import share
from proband.analysis.proportions import Interval, jeffreys_quantiles, newcombe
from proband.analysis.result import AnalysisError, AnalysisResult, sentence

Array = NDArray[np.float64]

METHODS = (
    "miettinen-nurminen",
    "mee",
    "skewness-corrected",
    "gart-nam",
    "newcombe",
    "mover-jeffreys",
    "wald",
    "agresti-caffo",
    "exact",
)
_SCORES = {
    "miettinen-nurminen": (True, False),
    "mee": (False, False),
    "skewness-corrected": (True, True),
    "gart-nam": (False, True),
}


def constrained_shares(a: Array, m: float, b: Array, n: float, delta: Array | float) -> tuple[Array, Array]:
    """Maximum-likelihood shares under p₁ − p₀ = ``delta``: the closed root of the likelihood's cubic (Miettinen and Nurminen)."""
    a, b, delta = np.asarray(a, float), np.asarray(b, float), np.asarray(delta, float)
    total, events = m + n, a + b
    l3 = total
    l2 = (m + 2 * n) * delta - total - events
    l1 = (n * delta - total - 2 * b) * delta + events
    l0 = b * delta * (1 - delta)
    q = l2**3 / (3 * l3) ** 3 - l1 * l2 / (6 * l3**2) + l0 / (2 * l3)
    p = np.sign(q) * np.sqrt(np.maximum(l2**2 / (3 * l3) ** 2 - l1 / (3 * l3), 0.0))
    safe = np.where(p == 0, 1.0, p)
    angle = (np.pi + np.arccos(np.clip(q / safe**3, -1.0, 1.0))) / 3
    p0 = np.clip(np.where(p == 0, -l2 / (3 * l3), 2 * p * np.cos(angle) - l2 / (3 * l3)), 0.0, 1.0)
    p0 = np.clip(p0, np.maximum(0.0, -delta), np.minimum(1.0, 1 - delta))
    return p0 + delta, p0


def score_statistic(
    a: Array | float,
    m: int,
    b: Array | float,
    n: int,
    delta: Array | float,
    *,
    correct: bool = True,
    skewness: bool = False,
) -> Array:
    """Score statistic of p₁ − p₀ = ``delta`` for ``a`` of ``m`` against ``b`` of ``n``; the variance times N/(N − 1) if ``correct``."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    p1, p0 = constrained_shares(a, m, b, n, delta)
    gap = a / m - b / n - delta
    variance = p1 * (1 - p1) / m + p0 * (1 - p0) / n
    if correct:
        variance = variance * (m + n) / (m + n - 1)
    safe = np.where(variance > 0, variance, 1.0)
    z = np.where(
        variance > 1e-300, gap / np.sqrt(safe), np.where(np.abs(gap) < 1e-12, 0.0, np.sign(gap) * 1e6)
    )
    if not skewness:
        return z
    third = p1 * (1 - p1) * (1 - 2 * p1) / m**2 - p0 * (1 - p0) * (1 - 2 * p0) / n**2
    skew = third / safe**1.5 / 6
    root = np.sqrt(np.maximum(1 + 4 * skew * (z + skew), 0.0))
    out: Array = np.where(np.abs(skew) > 1e-9, (root - 1) / np.where(np.abs(skew) > 1e-9, 2 * skew, 1.0), z)
    return out


def risk_difference(
    events: int, people: int, control_events: int, control_people: int, *, method: str = "miettinen-nurminen",
    confidence: float = 0.95,
) -> AnalysisResult:  # fmt: skip
    """Difference of shares, first minus second, with an interval by one of :data:`METHODS`.

    p is that of the same score test (``mee``, ``gart-nam``, ``skewness-corrected``) or exact test (Barnard's); beside the other intervals
    it is Miettinen and Nurminen's.
    """
    if method not in METHODS:
        raise AnalysisError("analysis.choice", what="interval", value=method, known=list(METHODS))
    check_counts(events, people, control_events, control_people)
    share("confidence", confidence)
    from scipy.special import ndtr

    interval = _interval(events, people, control_events, control_people, method, confidence)
    correct, skewness = _SCORES.get(method, _SCORES["miettinen-nurminen"])
    z = float(
        score_statistic(
            events, people, control_events, control_people, 0.0, correct=correct, skewness=skewness
        )
    )
    p = float(2 * ndtr(-abs(z)))
    if method == "exact":
        from proband.analysis.unconditional import barnard

        p = barnard(events, people, control_events, control_people).p
    quantity = "difference of shares"
    return AnalysisResult(
        method=f"risk difference, {method}",
        quantity=quantity,
        estimate=interval.estimate,
        low=interval.low,
        high=interval.high,
        confidence=confidence,
        statistic=z,
        p=p,
        diagnostics={
            "events": events,
            "people": people,
            "control_events": control_events,
            "control_people": control_people,
        },
        words=sentence(quantity, (interval.estimate, interval.low, interval.high), confidence, p),
    )


def _interval(a: int, m: int, b: int, n: int, method: str, confidence: float) -> Interval:
    from scipy.special import ndtri

    z, gap = float(ndtri(0.5 + confidence / 2)), a / m - b / n
    if method in _SCORES:
        correct, skewness = _SCORES[method]

        def statistic(delta: float) -> float:
            return float(score_statistic(a, m, b, n, delta, correct=correct, skewness=skewness))

        return Interval(
            gap, _cross(lambda d: statistic(d) - z, -1.0, gap), _cross(lambda d: statistic(d) + z, gap, 1.0)
        )
    if method == "newcombe":
        return newcombe(a, m, b, n, confidence)
    if method == "mover-jeffreys":
        tail = (1 - confidence) / 2
        # the estimates are the posterior medians, as in Laud's MOVER-J
        (low1, first, high1), (low0, second, high0) = (
            jeffreys_quantiles(e, k, [tail, 0.5, 1 - tail]) for e, k in ((a, m), (b, n))
        )
        # nobody and everybody: the bound is the end itself (Brown, Cai and DasGupta 2001), and no interval leaves its own estimate out
        low1, high1 = 0.0 if a == 0 else low1, 1.0 if a == m else high1
        low0, high0 = 0.0 if b == 0 else low0, 1.0 if b == n else high0
        low = float(first - second - np.hypot(first - low1, high0 - second))
        high = float(first - second + np.hypot(high1 - first, second - low0))
        return Interval(gap, max(-1.0, min(low, gap)), min(1.0, max(high, gap)))
    if method == "exact":
        return Interval(gap, *_exact(a, m, b, n, (1 - confidence) / 2))
    if method == "agresti-caffo":
        first, second = (a + 1) / (m + 2), (b + 1) / (n + 2)
        half = z * float(np.sqrt(first * (1 - first) / (m + 2) + second * (1 - second) / (n + 2)))
        return Interval(gap, max(-1.0, first - second - half), min(1.0, first - second + half))
    half = z * float(np.sqrt(a / m * (1 - a / m) / m + b / n * (1 - b / n) / n))
    if half == 0:
        raise AnalysisError("analysis.no-spread", quantity="difference of shares")
    return Interval(gap, max(-1.0, gap - half), min(1.0, gap + half))


def _cross(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function of the difference crosses zero; the end of the interval where it does not."""
    if function(low) <= 0:
        return low
    if function(high) >= 0:
        return high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2


def _exact(a: int, m: int, b: int, n: int, tail: float) -> tuple[float, float]:
    """Chan and Zhang's interval: differences that neither one-sided exact score test rejects; nuisance over a grid of 801 shares with its
    best point refined twice.
    """

    def p_value(delta: float, upper: bool) -> float:
        table_a, table_b = np.arange(m + 1.0)[:, None], np.arange(n + 1.0)[None, :]
        z = score_statistic(table_a, m, table_b, n, delta)
        here = z[a, b]
        region = z >= here - 1e-9 if upper else z <= here + 1e-9
        low, high = max(0.0, -delta), min(1.0, 1 - delta)
        best = 0.0
        for _ in range(3):
            p0 = np.linspace(low, high, 801)
            tails = np.einsum(
                "ga,ab,gb->g",
                binomial(m, np.clip(p0 + delta, 0.0, 1.0)),
                region,
                binomial(n, p0),
                optimize=True,
            )
            at, width = int(tails.argmax()), (high - low) / 400
            best = max(best, float(tails[at]))
            low, high = max(low, p0[at] - width), min(high, p0[at] + width)
        return best

    gap = a / m - b / n
    return (
        _cross(lambda d: tail - p_value(d, upper=True), -1.0, gap) if a > 0 or b < n else -1.0,
        _cross(lambda d: p_value(d, upper=False) - tail, gap, 1.0) if a < m or b > 0 else 1.0,
    )
