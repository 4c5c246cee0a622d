"""What every analysis returns: the estimate with its interval, how it was reached, in words and as a machine-readable record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from proband.terms.errors import ProbandError

Scalar = float | int | str | bool | None


class AnalysisError(ProbandError):
    """An analysis that cannot be made of these data, with the reason."""


class Picture(Protocol):
    """What a chart of the people behind a result shows (:mod:`proband.analysis.pictures`)."""

    def record(self) -> dict[str, Any]:
        """Plain JSON values."""
        ...


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """One estimate of one analysis, frozen.

    Attributes
    ----------
    method
        The estimator and the way in which its uncertainty was found, named so that a statistician can repeat it.
    quantity
        What is estimated, with direction ("difference of means, treated minus control, at day 90").
    estimate, standard_error
        On the scale of analysis (a hazard ratio is estimated as its logarithm; ``display`` says how to show it).
        ``standard_error`` is None where the method has none (exact tests).
    low, high, confidence
        The interval on the same scale, and its nominal coverage.
    degrees_of_freedom
        Of the reference distribution; None stands for the normal or an exact distribution.
    statistic, p
        Test statistic and two-sided p value unless ``method`` says otherwise.
    display
        ``"identity"`` or ``"exp"``: how estimate and interval are shown.
    unit
        Unit of the shown estimate; empty for ratios and probabilities.
    diagnostics
        Convergence, counts, assumptions and whatever else the reader must see before believing the estimate.
    words
        One sentence that says the result without overstating it.
    estimand
        Hash of the estimand that this analysis answers; None until one was attached.
    parts
        Results that belong to this one (least-squares means, strata).
    picture
        The people behind it, as a chart shows them; None where the analysis was given summaries and no people. The result itself beside
        its parts is :func:`~proband.analysis.result_picture.picture_of`.
    """

    method: str
    quantity: str
    estimate: float
    standard_error: float | None = None
    low: float = math.nan
    high: float = math.nan
    confidence: float = 0.95
    degrees_of_freedom: float | None = None
    statistic: float | None = None
    p: float | None = None
    display: str = "identity"
    unit: str = ""
    diagnostics: Mapping[str, Scalar] = field(default_factory=dict)
    words: str = ""
    estimand: str | None = None
    parts: tuple[AnalysisResult, ...] = ()
    picture: Picture | None = None

    def for_estimand(self, digest: str) -> AnalysisResult:
        """The same result, carrying the hash of the estimand that it answers."""
        return replace(self, estimand=digest, parts=tuple(part.for_estimand(digest) for part in self.parts))

    @property
    def shown(self) -> tuple[float, float, float]:
        """Estimate, lower and upper bound on the scale on which they are shown."""
        values = (self.estimate, self.low, self.high)
        return tuple(map(_exp, values)) if self.display == "exp" else values  # type: ignore[return-value]

    def record(self) -> dict[str, Any]:
        """Plain JSON values: everything above; a number that is not finite becomes None."""
        return {
            "method": self.method,
            "quantity": self.quantity,
            "estimate": plain(self.estimate),
            "standard_error": plain(self.standard_error),
            "interval": [plain(self.low), plain(self.high)],
            "shown": [plain(value) for value in self.shown],
            "confidence": self.confidence,
            "degrees_of_freedom": plain(self.degrees_of_freedom),
            "statistic": plain(self.statistic),
            "p": plain(self.p),
            "display": self.display,
            "unit": self.unit,
            "diagnostics": {key: plain(value) for key, value in self.diagnostics.items()},
            "words": self.words,
            "estimand": self.estimand,
            "parts": [part.record() for part in self.parts],
            "picture": self.picture.record() if self.picture else None,
        }


def _exp(value: float) -> float:
    """The exponential; what is larger than any number is infinite."""
    return math.inf if value > 709.0 else math.exp(value)


def wald(
    *,
    method: str,
    quantity: str,
    estimate: float,
    error: float,
    confidence: float = 0.95,
    degrees_of_freedom: float | None = None,
    display: str = "identity",
    unit: str = "",
    diagnostics: Mapping[str, Scalar] | None = None,
) -> AnalysisResult:
    """The result of an estimate and its standard error: symmetric interval, two-sided p and the sentence.

    The reference distribution is Student's with ``degrees_of_freedom``, the normal where there are none.

    Raises
    ------
    AnalysisError
        ``analysis.no-spread`` where the standard error is zero or not known: an interval of no width would claim certainty.
    """
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    if not 0 < confidence < 1:
        raise AnalysisError("analysis.given.share", name="confidence", value=confidence)
    if not (0 < error < math.inf and math.isfinite(estimate)):
        raise AnalysisError("analysis.no-spread", quantity=quantity)
    df = degrees_of_freedom
    quantile = float(ndtri(0.5 + confidence / 2) if df is None else stdtrit(df, 0.5 + confidence / 2))
    statistic = estimate / error
    p = float(2 * (ndtr(-abs(statistic)) if df is None else stdtr(df, -abs(statistic))))
    result = AnalysisResult(
        method=method,
        quantity=quantity,
        estimate=estimate,
        standard_error=error,
        low=estimate - quantile * error,
        high=estimate + quantile * error,
        confidence=confidence,
        degrees_of_freedom=df,
        statistic=statistic,
        p=p,
        display=display,
        unit=unit,
        diagnostics=diagnostics or {},
    )
    return replace(result, words=sentence(quantity, result.shown, confidence, p, unit))


def plain(value: Scalar) -> Scalar:
    """A value as JSON has it; a number that is not finite becomes None."""
    if isinstance(value, bool | str) or value is None:
        return value
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and not math.isfinite(number) else number


def sentence(
    quantity: str, shown: tuple[float, float, float], confidence: float, p: float | None, unit: str = ""
) -> str:
    """The plain sentence of a result: estimate, interval, and p as printed in a report.

    An interval that reaches infinity is said as such; p below 0.0001 is said as "below 0.0001".
    """
    estimate, low, high = shown
    unit = f" {unit}" if unit else ""
    text = f"{quantity}: {shown_number(estimate)}{unit} ({confidence:.0%} interval {shown_number(low)} to {shown_number(high)})"
    if p is not None and math.isfinite(p):
        text += "; p below 0.0001" if p < 1e-4 else f"; p = {p:.2g}" if p < 0.1 else f"; p = {p:.2f}"
    return text + "."


def shown_number(value: float) -> str:
    """A number as a report prints it; an infinite one is no limit."""
    if math.isnan(value):
        return "not estimable"
    if math.isinf(value):
        return "no limit"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
