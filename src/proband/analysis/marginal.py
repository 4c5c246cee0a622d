"""Repeated answers of the same people: generalised estimating equations with an exchangeable working correlation and robust errors.

The effect is that on the population's mean, not on one person's: for shares it is nearer to 1 than that of a model with random intercepts.
What is missing must be missing completely at random. With fewer than about forty people the robust errors are too small, and ``small`` corrects
them (Mancl and DeRouen).

References
----------
Liang KY, Zeger SL. Biometrika 1986;73:13-22. Mancl LA, DeRouen TA. Biometrics 2001;57:126-134. Halekoh U, Højsgaard S, Yan J. J Stat Softw
2006;15(2) (moments of correlation and scale).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import column, covariates, flags, labels, of_several, same
from proband.analysis.result import AnalysisError, AnalysisResult, wald

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MarginalFit:
    """Coefficients with the intercept first, their robust covariance, the correlation within people and the scale."""

    names: tuple[str, ...]
    beta: Array
    covariance: Array
    correlation: float
    scale: float
    people: int
    display: str

    def result(self, name: str, confidence: float = 0.95) -> AnalysisResult:
        """One coefficient: an odds ratio for shares, a difference for means."""
        at = self.names.index(name)
        return wald(
            method="generalised estimating equations, exchangeable, robust errors",
            quantity=f"{'odds ratio' if self.display == 'exp' else 'difference of means'}, {name}",
            estimate=float(self.beta[at]),
            error=float(np.sqrt(self.covariance[at, at])),
            confidence=confidence,
            display=self.display,
            diagnostics={"people": self.people, "correlation": self.correlation},
        )


def estimating_equations(
    y: ArrayLike,
    x: ArrayLike,
    person: ArrayLike,
    *,
    kind: str = "binomial",
    scale: float | None = None,
    small: bool = False,
    names: Sequence[str] | None = None,
) -> MarginalFit:
    """Fit ``kind`` ``"binomial"`` (logit link) or ``"gaussian"`` (identity) to rows of ``y`` (rows,), ``x`` (rows, p) and who they are of.

    ``scale`` holds the scale at a value (1: that of shares); otherwise it is the mean squared Pearson residual.
    """
    if kind not in ("binomial", "gaussian"):
        raise AnalysisError("analysis.choice", what="kind of answer", value=kind, known=["binomial", "gaussian"])  # fmt: skip
    z, values = covariates(x), column("answer", y)
    same(answer=values, covariates=z, person=labels("person", person))
    design = np.column_stack([np.ones(len(values)), z])
    _, who = np.unique(np.asarray(person), return_inverse=True)
    of_several(z, who, list(names or (f"x{c + 1}" for c in range(z.shape[1]))))
    groups = [np.flatnonzero(who == one) for one in range(int(who.max(initial=-1)) + 1)]
    p = design.shape[1]
    if np.linalg.matrix_rank(design) < p or len(groups) <= p:
        raise AnalysisError("analysis.singular", coefficients=list(names or ["x"]))
    if kind == "binomial":
        flags("answer", values)
    beta, alpha, phi = np.zeros(p), 0.0, 1.0
    least = -0.999 / max(1, max(map(len, groups)) - 1)
    for _ in range(200):
        mean, variance, slope = _moments(design @ beta, kind)
        residual = (values - mean) / np.sqrt(variance)
        phi = scale if scale is not None else float((residual**2).mean())
        if phi <= (1e-12 * max(1.0, float(np.abs(values).max()))) ** 2:
            raise AnalysisError("analysis.no-spread", quantity="answer")
        pairs, products = 0.0, 0.0
        for own in groups:
            r = residual[own]
            products += (float(r.sum()) ** 2 - float(r @ r)) / 2
            pairs += len(own) * (len(own) - 1) / 2
        # within what a correlation of the largest group can be
        alpha = min(max(products / (pairs * phi), least), 0.999) if pairs else 0.0
        bread, score, _ = _sums(groups, design, residual, np.sqrt(variance), slope, alpha, phi, None)
        step = np.linalg.solve(bread, score)
        beta = beta + step
        # an odds ratio can run away; a difference of means has the unit of what was measured, and may be as large as that
        if kind == "binomial" and np.abs(beta).max() > 50:
            raise AnalysisError("analysis.separation", coefficients=["x"])
        if np.abs(step).max() < 1e-12 * max(1.0, float(np.abs(beta).max())):
            break
    else:
        raise AnalysisError("analysis.separation", coefficients=["x"])
    mean, variance, slope = _moments(design @ beta, kind)
    residual = (values - mean) / np.sqrt(variance)
    root = np.sqrt(variance)
    bread, _, meat = _sums(groups, design, residual, root, slope, alpha, phi, None)
    inverse: Array = np.asarray(np.linalg.inv(bread), dtype=np.float64)
    if small:
        meat = _sums(groups, design, residual, root, slope, alpha, phi, inverse)[2]
    return MarginalFit(
        ("(Intercept)", *(names or (f"x{c + 1}" for c in range(z.shape[1])))), beta, inverse @ meat @ inverse,
        alpha, phi, len(groups), "exp" if kind == "binomial" else "identity",
    )  # fmt: skip


def _moments(linear: Array, kind: str) -> tuple[Array, Array, Array]:
    """Mean, variance and derivative of the mean at a linear predictor."""
    if kind == "gaussian":
        return linear, np.ones(len(linear)), np.ones(len(linear))
    mean = 1 / (1 + np.exp(-linear))
    variance = np.maximum(mean * (1 - mean), 1e-12)
    return mean, variance, variance


def _sums(
    groups: list[NDArray[np.int64]],
    design: Array,
    residual: Array,
    root: Array,
    slope: Array,
    alpha: float,
    scale: float,
    correct: Array | None,
) -> tuple[Array, Array, Array]:
    """Bread, score and meat over people; ``correct`` (p, p) inflates each person's residuals by its leverage."""
    p = design.shape[1]
    bread, score, meat = np.zeros((p, p)), np.zeros(p), np.zeros((p, p))
    for own in groups:
        size = len(own)
        # the inverse of (1 − α) I + α J
        inner = (np.eye(size) - alpha / (1 + (size - 1) * alpha)) / (1 - alpha)
        d = design[own] * (slope[own] / root[own])[:, None]
        weighted = d.T @ inner / scale
        bread += weighted @ d
        r = residual[own]
        if correct is not None:
            r = np.asarray(np.linalg.solve(np.eye(size) - d @ correct @ weighted, r), dtype=np.float64)
        one = weighted @ r
        score += one
        meat += np.outer(one, one)
    return bread, score, meat
