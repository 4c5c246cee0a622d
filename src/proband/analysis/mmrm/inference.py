"""Standard errors, degrees of freedom and tests of contrasts after a fit.

* **Kenward–Roger, linear**: covariance of the coefficients corrected for the estimation of Σ, without the term of second
  derivatives, which makes it independent of how Σ is parametrised; what SAS calls ``DDFM=KENWARDROGER(FIRSTORDER)``.
* **Kenward–Roger**: with that term, in the parametrisation of SAS (equal to the linear one for unstructured, Toeplitz and
  compound symmetry).
* **Kenward–Roger, mmrm**: with that term in the parametrisation of the R package mmrm, whose default it is; it gives other standard
  errors than SAS and is offered only so that results of that package can be reproduced.
* **Satterthwaite**: uncorrected covariance; for several contrasts at once after Fai and Cornelius.
* **Sandwich**: robust to a wrong structure; ``classic``, ``bias-reduced`` (CR2) and ``jackknife`` (CR3), with degrees of freedom of
  Bell and McCaffrey or between–within.

References
----------
Kenward MG, Roger JH. Biometrics 1997;53:983-997; Comput Stat Data Anal 2009;53:2583-2595.
Fai AHT, Cornelius PL. J Stat Comput Simul 1996;54:363-378.
Bell RM, McCaffrey DF. Survey Methodology 2002;28:169-181. Liang KY, Zeger SL. Biometrika 1986;73:13-22.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.mmrm.estimation import CovarianceFit
from proband.analysis.mmrm.likelihood import RepeatedData, q_matrices, r_matrices
from proband.analysis.result import AnalysisError

Array = NDArray[np.float64]

METHODS = (
    "kenward-roger-linear",
    "kenward-roger",
    "kenward-roger-mmrm",
    "satterthwaite",
    "sandwich",
    "sandwich-bias-reduced",
    "sandwich-jackknife",
)


@dataclass(frozen=True, slots=True)
class ContrastTest:
    """``estimate`` of one contrast with its standard error and degrees of freedom."""

    estimate: float
    standard_error: float
    degrees_of_freedom: float


@dataclass(frozen=True, slots=True)
class JointTest:
    """F test of several contrasts at once: ``statistic`` on ``numerator`` and ``denominator`` degrees of freedom."""

    statistic: float
    numerator: int
    denominator: float
    p: float


@dataclass(frozen=True, slots=True)
class CoefficientInference:
    """What is needed to test any contrast of the coefficients of one fit.

    ``covariance`` (p, p) is the (corrected) covariance of the coefficients, ``phi`` the model-based one, ``w`` the covariance of the
    covariance parameters (k, k), ``p_r`` (k, p, p). For sandwiches ``scores`` holds per participant what their degrees of freedom need.
    """

    method: str
    beta: Array
    phi: Array
    covariance: Array
    w: Array
    p_r: Array
    sandwich: _Sandwich | None = None

    def contrast(self, weights: Array) -> ContrastTest:
        """Test of ``weights @ beta``."""
        estimate, error = float(weights @ self.beta), float(np.sqrt(weights @ self.covariance @ weights))
        if self.sandwich is not None:
            return ContrastTest(estimate, error, self.sandwich.degrees_of_freedom(weights))
        u = self.phi @ weights
        gradient = np.einsum("p,rpq,q->r", u, self.p_r, u)
        variance = float(weights @ u)
        return ContrastTest(estimate, error, 2 * variance**2 / float(gradient @ self.w @ gradient))

    def joint(self, contrasts: Array) -> JointTest:
        """F test of ``contrasts @ beta = 0``; rows must be linearly independent."""
        if np.linalg.matrix_rank(contrasts) < len(contrasts):
            raise AnalysisError("analysis.mmrm.contrasts")
        if self.sandwich is not None:
            raise AnalysisError("analysis.mmrm.joint-sandwich")
        estimate = contrasts @ self.beta
        if self.method == "satterthwaite":
            return self._fai_cornelius(contrasts, estimate)
        return self._kenward_roger(contrasts, estimate)

    def _fai_cornelius(self, contrasts: Array, estimate: Array) -> JointTest:
        values, vectors = np.linalg.eigh(contrasts @ self.phi @ contrasts.T)
        rotated = vectors.T @ contrasts
        squares = (vectors.T @ estimate) ** 2 / values
        df = np.array([self.contrast(row).degrees_of_freedom for row in rotated])
        rank = len(contrasts)
        if rank == 1:
            denominator = float(df[0])
        else:
            excess = float(np.sum(df[df > 2] / (df[df > 2] - 2)))
            denominator = 2 * excess / (excess - rank) if excess > rank else 2.0
        return _f(float(squares.mean()), rank, denominator)

    def _kenward_roger(self, contrasts: Array, estimate: Array) -> JointTest:
        rank = len(contrasts)
        theta = contrasts.T @ np.linalg.inv(contrasts @ self.phi @ contrasts.T) @ contrasts
        middle = np.einsum("pq,rqs,st->rpt", self.phi, self.p_r, self.phi)
        product = np.einsum("pq,rqs->rps", theta, middle)
        first = np.einsum("rpp->r", product)
        a1 = float(first @ self.w @ first)
        a2 = float(np.einsum("rs,rpq,sqp->", self.w, product, product))
        b = (a1 + 6 * a2) / (2 * rank)
        g = ((rank + 1) * a1 - (rank + 4) * a2) / ((rank + 2) * a2)
        scale = 3 * rank + 2 * (1 - g)
        c1, c2, c3 = g / scale, (rank - g) / scale, (rank + 2 - g) / scale
        mean = 1 / (1 - a2 / rank)
        variance = 2 / rank * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
        rho = variance / (2 * mean**2)
        denominator = 4 + (rank + 2) / (rank * rho - 1)
        scaling = denominator / (mean * (denominator - 2))
        wald = float(estimate @ np.linalg.solve(contrasts @ self.covariance @ contrasts.T, estimate))
        return _f(scaling * wald / rank, rank, denominator)


def _f(statistic: float, numerator: int, denominator: float) -> JointTest:
    from scipy.stats import f as fisher

    return JointTest(statistic, numerator, denominator, float(fisher.sf(statistic, numerator, denominator)))


def coefficient_inference(
    data: RepeatedData, fit: CovarianceFit, method: str, *, between_within: bool = False
) -> CoefficientInference:
    """Prepare inference for the coefficients of a fit by one of :data:`METHODS`.

    ``between_within`` gives sandwich tests the degrees of freedom of SAS (participants minus rank of the design) instead of Bell and
    McCaffrey's.
    """
    if method not in METHODS:
        raise AnalysisError("analysis.choice", what="inference", value=method, known=list(METHODS))
    if method.startswith("kenward") and not fit.reml:
        raise AnalysisError("analysis.mmrm.kenward-roger-ml")
    phi, w = fit.at.phi, fit.covariance_of_parameters
    covariance, sandwich = phi, None
    if method.startswith("kenward"):
        p_r, q = fit.curvature.p, q_matrices(data, fit.structure, fit.at)
        inner = q - np.einsum("rpq,qt,stu->rspu", p_r, phi, p_r, optimize=True)
        middle = np.einsum("rs,rspq->pq", w, inner)
        if method != "kenward-roger-linear":
            middle = middle - np.einsum("rs,rspq->pq", w, r_matrices(data, fit.structure, fit.at)) / 4
        if method == "kenward-roger-mmrm":
            middle = middle - np.einsum("r,rpq->pq", _bending(fit, data.groups, w), p_r) / 4
        covariance = phi + 2 * phi @ middle @ phi
    elif method.startswith("sandwich"):
        sandwich = _Sandwich.of(data, fit, method, between_within)
        covariance = sandwich.covariance
    return CoefficientInference(
        method, fit.at.beta, phi, (covariance + covariance.T) / 2, w, fit.curvature.p, sandwich
    )


def _bending(fit: CovarianceFit, groups: int, w: Array) -> Array:
    """Σ_rs W_rs ∂²θ/∂φ_r∂φ_s of mmrm's parameters φ: what its parametrisation adds to the term of second derivatives."""
    k, out = fit.structure.parameters, []
    for g in range(groups):
        part = slice(g * k, (g + 1) * k)
        phi = fit.structure.to_mmrm(fit.at.theta[part])
        slope = np.stack([_slope(fit, phi, r) for r in range(k)], axis=1)
        back = np.linalg.inv(slope)
        own = back @ w[part, part] @ back.T
        bend = np.zeros(k)
        for r in range(k):
            step = np.zeros(k)
            step[r] = 1e-5
            up = np.stack([_slope(fit, phi + step, s) for s in range(k)], axis=1)
            down = np.stack([_slope(fit, phi - step, s) for s in range(k)], axis=1)
            bend += (up - down) @ own[r] / 2e-5
        out.append(bend)
    return np.concatenate(out)


def _slope(fit: CovarianceFit, phi: Array, r: int) -> Array:
    moved = phi.astype(np.complex128)
    moved[r] += 1e-150j
    out: Array = fit.structure.from_mmrm(moved).imag / 1e-150
    return out


@dataclass(frozen=True, slots=True)
class _Sandwich:
    """Robust covariance; ``influence`` (participants, visits, p) maps residuals to coefficients; ``residual`` covariances per participant."""

    covariance: Array
    influence: Array
    hat: Array
    sigma: Array
    phi: Array
    fixed_df: float | None

    @classmethod
    def of(cls, data: RepeatedData, fit: CovarianceFit, method: str, between_within: bool) -> _Sandwich:
        power = {"sandwich": 0.0, "sandwich-bias-reduced": 0.5, "sandwich-jackknife": 1.0}[method]
        n, visits, p = data.participants, data.visits, data.coefficients
        influence, hat, sigma = (
            np.zeros((n, visits, p)),
            np.zeros((n, visits, p)),
            np.zeros((n, visits, visits)),
        )
        covariance, at = np.zeros((p, p)), 0
        for block, omega in zip(data.blocks, fit.at.precision, strict=True):
            part = np.asarray(np.linalg.inv(omega), dtype=np.float64)
            for x, y in zip(block.x, block.y, strict=True):
                weight = omega @ x @ fit.at.phi
                adjust = _power(np.eye(len(y)) - x @ weight.T, part, power)
                influence[at][block.visits] = adjust.T @ weight
                hat[at][block.visits] = x
                sigma[at][np.ix_(block.visits, block.visits)] = part
                moved = influence[at][block.visits].T @ (y - x @ fit.at.beta)
                covariance += np.outer(moved, moved)
                at += 1
        between = float(n - p) if between_within else None
        return cls(covariance, influence, hat, sigma, fit.at.phi, between)

    def degrees_of_freedom(self, weights: Array) -> float:
        if self.fixed_df is not None:
            return self.fixed_df
        # the residuals have covariance Σ − XΦX': moments of the quadratic form under the working model
        a = self.influence @ weights
        own = np.einsum("nj,njk,nk->n", a, self.sigma, a)
        load = np.einsum("nj,njp->np", a, self.hat)
        gram = np.diag(own) - load @ self.phi @ load.T
        return float(np.trace(gram) ** 2 / np.sum(gram**2))


def _power(matrix: Array, sigma: Array, power: float) -> Array:
    """(I − H)^−power for a hat matrix that is symmetric with respect to Σ: through the symmetric matrix R⁻¹(I − H)R, RR' = Σ."""
    if power == 0:
        return np.eye(len(matrix))
    root = np.linalg.cholesky(sigma)
    values, vectors = np.linalg.eigh((lambda m: (m + m.T) / 2)(np.linalg.solve(root, matrix @ root)))
    inner = vectors @ np.diag(np.maximum(values, 1e-10) ** -power) @ vectors.T
    out: Array = root @ inner @ np.linalg.inv(root)
    return out
