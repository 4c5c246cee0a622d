"""Repeated-measures models on many data sets at once: the batch kernel where Numba is installed, otherwise the plain reference."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from proband.analysis.mmrm.estimation import fit_covariance
from proband.analysis.mmrm.inference import coefficient_inference
from proband.analysis.mmrm.likelihood import blocks_of
from proband.analysis.mmrm.structures import CovarianceStructure
from proband.analysis.result import AnalysisError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RepeatedDesign:
    """How the mean depends on covariates that are constant within a participant.

    ``X_i[j, c] = loadings[c, j] · w_i[covariate[c]]``: a covariate that enters by visit has one coefficient per visit, one that enters in
    common a single coefficient with loadings of one (or the times, for a slope).

    Attributes
    ----------
    loadings
        (coefficients, visits)
    covariate
        (coefficients,): index into the covariates.
    """

    loadings: Array
    covariate: NDArray[np.int64]

    @classmethod
    def by_visit(cls, visits: int, *entering_by_visit: bool) -> RepeatedDesign:
        """Design with one flag per covariate: True for one coefficient per visit, False for a common one."""
        loadings, covariate = [], []
        for k, separate in enumerate(entering_by_visit):
            rows = np.eye(visits) if separate else np.ones((1, visits))
            loadings.append(rows)
            covariate += [k] * len(rows)
        return cls(np.concatenate(loadings), np.array(covariate, dtype=np.int64))

    def contrast(self, covariate: int, visit: int) -> Array:
        """Weights (coefficients,) of the effect of one covariate at one visit (from 0)."""
        out: Array = np.where(self.covariate == covariate, self.loadings[:, visit], 0.0)
        return out

    def design(self, w: Array) -> Array:
        """Design matrices (participants, visits, coefficients) of covariates (participants, covariates)."""
        out: Array = w[:, None, self.covariate] * self.loadings.T[None, :, :]
        return out


@dataclass(frozen=True, slots=True)
class RepeatedFits:
    """Fits of many data sets; rows of a data set whose fit failed are NaN and ``converged`` is False there.

    Attributes
    ----------
    estimate, standard_error, degrees_of_freedom, kenward_roger_error
        (data sets, contrasts); the last is NaN unless asked for.
    sigma, beta
        (data sets, visits, visits), (data sets, coefficients).
    minus_two_loglik, iterations, converged
        (data sets,)
    """

    estimate: Array
    standard_error: Array
    degrees_of_freedom: Array
    kenward_roger_error: Array
    sigma: Array
    beta: Array
    minus_two_loglik: Array
    iterations: NDArray[np.int64]
    converged: NDArray[np.bool_]

    def p_values(self, *, kenward_roger: bool = True) -> Array:
        """Two-sided p values (data sets, contrasts)."""
        from scipy.special import stdtr

        error = self.kenward_roger_error if kenward_roger else self.standard_error
        out: Array = 2 * stdtr(self.degrees_of_freedom, -np.abs(self.estimate / error))
        return out


def fit_repeated_batch(
    y: Array,
    w: Array,
    design: RepeatedDesign,
    contrasts: Array,
    *,
    covariance: str = "us",
    reml: bool = True,
    kenward_roger: bool = True,
    engine: str = "auto",
    threads: int = 1,
) -> RepeatedFits:
    """Fit many data sets with one design.

    Parameters
    ----------
    y
        (data sets, participants, visits); NaN is not observed.
    w
        Covariates (data sets, participants, covariates), or (participants, covariates) where all data sets share them.
    contrasts
        (contrasts, coefficients).
    engine
        ``"kernel"`` (Numba), ``"plain"``, or ``"auto"``: the kernel where Numba is installed and knows the structure.
    threads
        Threads of the kernel; results do not depend on it.
    """
    y = np.ascontiguousarray(y, dtype=np.float64)
    w = np.ascontiguousarray(w if w.ndim == 3 else w[None], dtype=np.float64)
    contrasts = np.atleast_2d(np.asarray(contrasts, dtype=np.float64))
    _check(y, w, design, contrasts)
    if engine == "plain" or (engine == "auto" and not _kernel_serves(covariance, y.shape[2])):
        return _plain(y, w, design, contrasts, covariance, reml, kenward_roger)
    from proband.analysis.mmrm.kernel import fit_many
    from proband.analysis.mmrm.kernel_covariance import CODES

    code, heterogeneous = CODES[covariance]
    sets, _, visits = y.shape
    out = np.empty((sets, len(contrasts), 4))
    sigma, beta, state = (
        np.empty((sets, visits, visits)),
        np.empty((sets, len(design.covariate))),
        np.empty((sets, 4)),
    )
    loadings, covariate = (
        np.ascontiguousarray(design.loadings, dtype=np.float64),
        np.ascontiguousarray(design.covariate),
    )

    def run(part: slice) -> None:
        own = w if len(w) == 1 else w[part]
        fit_many(
            y[part], own, loadings, covariate, contrasts, code, heterogeneous, reml, kenward_roger, out[part],
            sigma[part], beta[part], state[part],
        )  # fmt: skip

    if threads <= 1:
        run(slice(0, sets))
    else:
        edges = np.linspace(0, sets, threads + 1).astype(int)
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run, [slice(a, b) for a, b in itertools.pairwise(edges)]))
    return RepeatedFits(
        out[..., 0], out[..., 1], out[..., 2], out[..., 3], sigma, beta, state[:, 0],
        np.nan_to_num(state[:, 1]).astype(np.int64), state[:, 3] == 1.0,
    )  # fmt: skip


def _kernel_serves(covariance: str, visits: int) -> bool:
    return (
        find_spec("numba") is not None
        and not covariance.startswith("sp")
        and covariance != "random"
        and visits <= 12
    )


def _check(y: Array, w: Array, design: RepeatedDesign, contrasts: Array) -> None:
    visits, coefficients = y.shape[2], len(design.covariate)
    fits = design.loadings.shape == (coefficients, visits) and contrasts.shape[1] == coefficients
    served = (
        w.shape[1] == y.shape[1] and w.shape[0] in (1, y.shape[0]) and w.shape[2] > design.covariate.max()
    )
    if not (fits and served):
        raise AnalysisError(
            "analysis.mmrm.shape",
            loadings=design.loadings.shape,
            contrasts=contrasts.shape,
            covariates=w.shape,
            measurements=y.shape,
        )


def _plain(
    y: Array,
    w: Array,
    design: RepeatedDesign,
    contrasts: Array,
    covariance: str,
    reml: bool,
    kenward_roger: bool,
) -> RepeatedFits:
    sets, _, visits = y.shape
    out = np.full((sets, len(contrasts), 4), np.nan)
    sigma, beta = np.full((sets, visits, visits), np.nan), np.full((sets, len(design.covariate)), np.nan)
    loglik, iterations = np.full(sets, np.nan), np.zeros(sets, np.int64)
    converged = np.zeros(sets, bool)
    structure = CovarianceStructure(covariance, visits)
    for d in range(sets):
        data = blocks_of(y[d], design.design(w[d % len(w)]))
        try:
            fit = fit_covariance(data, structure, reml=reml)
        except np.linalg.LinAlgError:
            continue
        iterations[d], loglik[d], converged[d] = fit.iterations, fit.at.minus_two_loglik, fit.converged
        sigma[d], beta[d] = structure.sigma(fit.at.theta), fit.at.beta
        if not fit.converged:
            continue
        model = coefficient_inference(data, fit, "satterthwaite")
        adjusted = (
            coefficient_inference(data, fit, "kenward-roger-linear") if kenward_roger and reml else None
        )
        for row, weights in enumerate(contrasts):
            test = model.contrast(weights)
            out[d, row, :3] = test.estimate, test.standard_error, test.degrees_of_freedom
            if adjusted is not None:
                out[d, row, 3] = adjusted.contrast(weights).standard_error
    return RepeatedFits(
        out[..., 0], out[..., 1], out[..., 2], out[..., 3], sigma, beta, loglik, iterations, converged
    )
