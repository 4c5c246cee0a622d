"""Means of a score by arm: the difference that an estimand asks for, and the mean of each arm at each visit that stands in its picture.

Both come from one model: measurements of all visits with their covariance (MMRM), or analysis of covariance where the outcome has one visit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.mmrm.batch import RepeatedDesign, fit_repeated_batch
from proband.analysis.stated import StatedEstimand
from proband.analysis.strategies import scores
from proband.analysis.trial_table import TrialArrays

Array = NDArray[np.float64]

#: unstructured first, then the ladder that was fixed before, for where the one before does not converge
LADDER = ("us", "toeph", "ar1h", "cs")


@dataclass(frozen=True, slots=True)
class MeansAnswer:
    """A difference, or means, in each of T trials, with standard errors and degrees of freedom; NaN where nothing could be fitted."""

    method: str
    estimate: Array
    standard_error: Array
    degrees_of_freedom: Array


def centred(baseline: Array) -> Array:
    """Baselines (T, P) less their mean over the trial; who has none gets the mean, which biases no comparison of groups made by chance."""
    known = np.isfinite(baseline)
    total = np.where(known, baseline, 0.0).sum(axis=1, keepdims=True)
    out: Array = np.nan_to_num(baseline - total / np.maximum(known.sum(axis=1, keepdims=True), 1))
    return out


def difference_of_means(stated: StatedEstimand, data: TrialArrays, engine: str) -> MeansAnswer:
    """The difference of the two arms at the visit of the question, in each of T trials; every array (T,)."""
    from proband.analysis.regression_batch import ancova_batch

    id = stated.estimand.outcome
    y, at = scores(stated, data), stated.at(id)
    arm = np.broadcast_to(data.arm, data.shape)
    baseline = centred(data.baseline[id])
    if y.shape[2] == 1:
        covariates = baseline[:, :, None] if np.ptp(baseline) > 0 else None
        found = ancova_batch(y[:, :, 0], arm, covariates, engine=engine)
        method = "ANCOVA with baseline" if covariates is not None else "difference of means, t"
        return MeansAnswer(method, found.estimate, found.standard_error, found.degrees_of_freedom)
    w, design = _design(data, baseline, y.shape[2])
    out = _repeated(y, w, design, design.contrast(1, at)[None, :], engine)
    method = "MMRM, unstructured, REML, Kenward-Roger (linear); Toeplitz, AR(1), compound symmetry where it does not converge"
    return MeansAnswer(method, *(part[:, 0] for part in out))


def means_by_visit(stated: StatedEstimand, data: TrialArrays, engine: str) -> MeansAnswer:
    """The mean of each arm at each visit in one trial, at the mean baseline: arrays (2, V), control first.

    The last less the first of a visit is the difference that :func:`difference_of_means` gives there.
    """
    id = stated.estimand.outcome
    y = scores(stated, data)
    baseline = centred(data.baseline[id])
    visits = y.shape[2]
    if visits == 1:
        estimate, error, df = _adjusted(y[0, :, 0], data.arm[0], baseline[0])
        return MeansAnswer("adjusted means, least squares", estimate, error, df)
    w, design = _design(data, baseline, visits)
    rows = [
        design.contrast(0, visit) + side * design.contrast(1, visit)
        for side in (0, 1)
        for visit in range(visits)
    ]
    out = _repeated(y, w, design, np.stack(rows), engine)
    return MeansAnswer("least-squares means of the MMRM", *(part[0].reshape(2, visits) for part in out))


def _design(data: TrialArrays, baseline: Array, visits: int) -> tuple[Array, RepeatedDesign]:
    arm = np.broadcast_to(data.arm, data.shape).astype(float)
    parts = [np.ones(data.shape), arm] + ([baseline] if np.ptp(baseline) > 0 else [])
    return np.stack(parts, axis=2), RepeatedDesign.by_visit(visits, *(True for _ in parts))


def _repeated(y: Array, w: Array, design: RepeatedDesign, contrasts: Array, engine: str) -> Iterator[Array]:
    """Estimate, Kenward-Roger error and degrees of freedom (T, contrasts), each trial by the first structure of the ladder that converges."""
    out = [np.full((len(y), len(contrasts)), np.nan) for _ in range(3)]
    left = np.arange(len(y))
    for covariance in LADDER:
        # where nothing varies the search runs off, and what it ends with is no answer
        with np.errstate(all="ignore"):
            fits = fit_repeated_batch(
                y[left], w[left], design, contrasts, covariance=covariance, engine=engine
            )
        good = fits.converged & np.isfinite(fits.kenward_roger_error).all(axis=1)
        for kept, new in zip(
            out, (fits.estimate, fits.kenward_roger_error, fits.degrees_of_freedom), strict=True
        ):
            kept[left[good]] = new[good]
        left = left[~good]
        if not len(left):
            break
    return iter(out)


def _adjusted(y: Array, arm: NDArray[np.int64], baseline: Array) -> tuple[Array, Array, Array]:
    """Means (2, 1) of both arms at the mean baseline, least squares with one spread."""
    seen = np.isfinite(y)
    x = np.column_stack([np.ones(seen.sum()), arm[seen], baseline[seen]])
    x = x if np.ptp(baseline[seen]) > 0 else x[:, :2]
    n, p = x.shape
    rows = np.zeros((2, p))
    rows[:, 0], rows[1, 1] = 1.0, 1.0
    if n <= p or np.linalg.matrix_rank(x) < p:
        return (np.full((2, 1), np.nan),) * 3
    beta, *_ = np.linalg.lstsq(x, y[seen], rcond=None)
    spread = float(((y[seen] - x @ beta) ** 2).sum()) / (n - p)
    error = np.sqrt(spread * np.einsum("ij,jk,ik->i", rows, np.linalg.inv(x.T @ x), rows))
    return (rows @ beta)[:, None], error[:, None], np.full((2, 1), float(n - p))
