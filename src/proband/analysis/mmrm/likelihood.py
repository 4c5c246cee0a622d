"""The likelihood of the linear model for repeated measurements, its score and information: the plain reference.

``y_i = X_i β + e_i`` on the observed visits, ``e_i ~ N(0, W_i^-½ Σ_g W_i^-½)``, Σ of the group that the participant belongs to. Written
for reading: NumPy over the participants of one missingness pattern at a time; the batch kernel (``kernel.py``) gets the same
numbers from sufficient statistics.

With Φ = (Σ X'Ω X)⁻¹, G = Σ [Ω(S + M)Ω − nΩ], S the residual cross-products and M = Σ XΦX' (REML only):

* −2ℓ = Σ log|Σ_i| + log|X'ΩX| + r'Ωr + (N − p) log 2π, without log|X'ΩX| and with N for maximum likelihood;
* score for parameter r: ½ tr(Σ̇_r G);
* observed information: Σ[−½ n tr(ΩΣ̇_rΩΣ̇_s) + tr(ΩΣ̇_rΩΣ̇_sΩ(S + M))] − ½ tr(ΦP_rΦP_s) − h_r'Φh_s − ½ tr(Σ̈_rs G), with
  P_r = Σ X'ΩΣ̇_rΩX and h_r = Σ X'ΩΣ̇_rΩr.

References
----------
Lindstrom MJ, Bates DM. JASA 1988;83:1014-1022. Kenward MG, Roger JH. Biometrics 1997;53:983-997.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.mmrm.structures import CovarianceStructure

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PatternBlock:
    """Participants of one group with the same observed visits: ``x`` (n, m, p), ``y`` (n, m), ``visits`` (m,), weights taken in."""

    visits: NDArray[np.int64]
    group: int
    x: Array
    y: Array
    members: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RepeatedData:
    """Repeated measurements as blocks of participants with the same observed visits.

    ``log_weights`` is Σ log w over the observations, which enters the likelihood of weighted data.
    """

    blocks: tuple[PatternBlock, ...]
    visits: int
    coefficients: int
    observations: int
    participants: int
    groups: int
    log_weights: float


def blocks_of(
    y: Array, x: Array, *, group: NDArray[np.int64] | None = None, weights: Array | None = None
) -> RepeatedData:
    """Sort participants into blocks.

    Parameters
    ----------
    y
        Measurements (participants, visits); NaN is not observed.
    x
        Design (participants, visits, coefficients); rows of unobserved visits are not read.
    group
        Group of the covariance (participants,), from 0.
    weights
        Positive weights of observations (participants, visits): the variance is divided by them.
    """
    n, visits = y.shape
    group = np.zeros(n, dtype=np.int64) if group is None else group
    seen = np.isfinite(y)
    code = seen @ (1 << np.arange(visits))
    scale = np.ones_like(y) if weights is None else np.sqrt(np.where(seen, weights, 1.0))
    blocks = []
    for g, pattern in sorted({(int(a), int(b)) for a, b in zip(group, code, strict=True) if b}):
        members = np.flatnonzero((code == pattern) & (group == g))
        at = np.flatnonzero(seen[members[0]])
        s = scale[np.ix_(members, at)]
        blocks.append(
            PatternBlock(
                at, g, x[members[:, None], at[None, :]] * s[:, :, None], y[np.ix_(members, at)] * s, members
            )
        )
    return RepeatedData(
        tuple(blocks),
        visits,
        x.shape[2],
        int(seen.sum()),
        int((code > 0).sum()),
        int(group.max()) + 1,
        float(2 * np.log(scale[seen]).sum()),
    )


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Likelihood at one point: ``minus_two_loglik``, coefficients ``beta`` (p,), Φ = ``phi`` (p, p), and Ω per block."""

    theta: Array
    minus_two_loglik: float
    beta: Array
    phi: Array
    precision: tuple[Array, ...]


def evaluate(
    data: RepeatedData, structure: CovarianceStructure, theta: Array, reml: bool
) -> Evaluation | None:
    """The likelihood at ``theta``; None where a covariance is not positive definite."""
    k, p = structure.parameters, data.coefficients
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        sigmas = [structure.sigma(theta[g * k : (g + 1) * k]) for g in range(data.groups)]
    information, right, square, logdet = np.zeros((p, p)), np.zeros(p), 0.0, -data.log_weights
    precision = []
    for block in data.blocks:
        part = sigmas[block.group][np.ix_(block.visits, block.visits)]
        if not np.all(np.isfinite(part)):
            return None
        try:
            root = np.linalg.cholesky(part)
        except np.linalg.LinAlgError:
            return None
        inverse_root = np.linalg.inv(root)
        omega = inverse_root.T @ inverse_root
        precision.append(omega)
        wx = np.einsum("jk,nkp->njp", omega, block.x)
        information += np.einsum("njp,njq->pq", block.x, wx)
        right += np.einsum("njp,nj->p", wx, block.y)
        square += float(np.einsum("nj,jk,nk->", block.y, omega, block.y))
        logdet += 2 * len(block.y) * float(np.log(np.diag(root)).sum())
    try:
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        return None
    phi = np.linalg.inv(information)
    beta = phi @ right
    objective = logdet + square - float(right @ beta)
    if reml:
        objective += float(np.linalg.slogdet(information)[1]) + (data.observations - p) * np.log(2 * np.pi)
    else:
        objective += data.observations * np.log(2 * np.pi)
    return Evaluation(theta, objective, beta, (phi + phi.T) / 2, tuple(precision))


@dataclass(frozen=True, slots=True)
class Derivatives:
    """Score (k,), observed and expected information (k, k) of the covariance parameters, and P (k, p, p)."""

    score: Array
    observed: Array
    expected: Array
    p: Array


def stacked_jacobian(structure: CovarianceStructure, theta: Array, group: int, groups: int) -> Array:
    """Derivatives of the covariance of ``group`` by all parameters of all groups, shape (groups × parameters, J, J)."""
    k = structure.parameters
    out = np.zeros((groups * k, structure.visits, structure.visits))
    out[group * k : (group + 1) * k] = structure.jacobian(theta[group * k : (group + 1) * k])
    return out


def derivatives(
    data: RepeatedData, structure: CovarianceStructure, at: Evaluation, reml: bool
) -> Derivatives:
    """Score and information at an evaluated point."""
    k, groups, p, visits = structure.parameters, data.groups, data.coefficients, data.visits
    total = k * groups
    jacobians = [stacked_jacobian(structure, at.theta, g, groups) for g in range(groups)]
    information, p_r, h = np.zeros((total, total)), np.zeros((total, p, p)), np.zeros((total, p))
    expected, trace_of_q = np.zeros((total, total)), np.zeros((total, total))
    big_g = np.zeros((groups, visits, visits))
    for block, omega in zip(data.blocks, at.precision, strict=True):
        n = len(block.y)
        e = jacobians[block.group][:, block.visits[:, None], block.visits[None, :]]
        residual = block.y - block.x @ at.beta
        cross = residual.T @ residual
        wx = np.einsum("jk,nkp->njp", omega, block.x)
        we = omega @ e
        if reml:
            spread = np.einsum("njp,nkp->jk", block.x @ at.phi, block.x)
            cross = cross + spread
            # tr(ΦQ_rs), Q_rs = Σ X'ΩΣ̇_rΩΣ̇_sΩX
            trace_of_q += np.einsum("rij,sji->rs", we, we @ omega @ spread)
        trace = np.einsum("rij,sji->rs", we, we)
        sandwich = omega @ cross @ omega
        expected += 0.5 * n * trace
        information += -0.5 * n * trace + np.einsum("rij,sji->rs", e, we @ sandwich)
        big_g[block.group][np.ix_(block.visits, block.visits)] += sandwich - n * omega
        # Σ over participants first: what follows does not grow with n
        moment = np.einsum("njp,nkq->jkpq", wx, wx)
        p_r += np.tensordot(e, moment, 2)
        h += np.tensordot(e, np.einsum("njp,nk->jkp", wx, residual @ omega), 2)
    score = np.array(
        [0.5 * sum(np.sum(jacobians[g][r] * big_g[g]) for g in range(groups)) for r in range(total)]
    )
    information = (information + information.T) / 2
    if reml:
        fp = np.einsum("pq,rqs->rps", at.phi, p_r)
        half = 0.5 * np.einsum("rpq,sqp->rs", fp, fp)
        information -= half
        expected += half - (trace_of_q + trace_of_q.T) / 2
    information -= h @ at.phi @ h.T
    if not structure.linear:
        for g in range(groups):
            block_theta = at.theta[g * k : (g + 1) * k]
            second = structure.second_derivatives(block_theta)
            information[g * k : (g + 1) * k, g * k : (g + 1) * k] -= 0.5 * np.einsum(
                "rsij,ij->rs", second, big_g[g]
            )
    return Derivatives(score, information, expected, p_r)


def q_matrices(data: RepeatedData, structure: CovarianceStructure, at: Evaluation) -> Array:
    """Q_rs = Σ X'ΩΣ̇_rΩΣ̇_sΩX, symmetrised in r and s, shape (k, k, p, p): the second term of Kenward and Roger's adjustment."""
    total, p = structure.parameters * data.groups, data.coefficients
    out = np.zeros((total, total, p, p))
    for block, omega in zip(data.blocks, at.precision, strict=True):
        e = stacked_jacobian(structure, at.theta, block.group, data.groups)
        e = e[:, block.visits[:, None], block.visits[None, :]]
        wx = np.einsum("jk,nkp->njp", omega, block.x)
        moment = np.einsum("njp,nkq->jkpq", wx, wx)
        middle = np.einsum("rij,sjk->rsik", e, omega @ e)
        out += np.tensordot(middle, moment, 2)
    return (out + out.transpose(1, 0, 2, 3)) / 2


def r_matrices(data: RepeatedData, structure: CovarianceStructure, at: Evaluation) -> Array:
    """R_rs = Σ X'ΩΣ̈_rsΩX, shape (k, k, p, p): the term of second derivatives, zero for linear structures."""
    k, p = structure.parameters, data.coefficients
    out = np.zeros((k * data.groups, k * data.groups, p, p))
    if structure.linear:
        return out
    for block, omega in zip(data.blocks, at.precision, strict=True):
        part = slice(block.group * k, (block.group + 1) * k)
        second = structure.second_derivatives(at.theta[part])[
            :, :, block.visits[:, None], block.visits[None, :]
        ]
        wx = np.einsum("jk,nkp->njp", omega, block.x)
        out[part, part] += np.einsum("njp,rsjk,nkq->rspq", wx, second, wx, optimize=True)
    return out
