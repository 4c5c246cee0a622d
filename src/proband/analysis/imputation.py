"""What if those who left had gone on like the controls? Reference-based imputation of repeated measurements, and the tipping point.

Conditional-mean imputation with the jackknife (Wolbers et al.): the model of repeated measurements (arm and covariates by visit, unstructured,
REML) is fitted once per participant left out, missing values are replaced by their conditional means under the assumption, the last visit is
analysed by ANCOVA, and the jackknife gives the standard error. No random numbers, and an honest (not inflated) error.

Assumptions about the visits after a participant's last one, in the treated arm:

* ``mar``: goes on as treated people with the same past do;
* ``j2r`` (jump to reference): goes on as controls do, at once;
* ``cir`` (copy increments in reference): keeps what was gained, changes from then on as controls do;
* ``cr`` (copy reference): was like a control all along.

Gaps before the last visit are always ``mar``, and controls always are.

References
----------
Carpenter JR, Roger JH, Kenward MG. J Biopharm Stat 2013;23:1352-1371. Wolbers M et al. Pharm Stat 2022;21:1246-1257 (conditional mean, jackknife).
Cro S et al. Stat Med 2020;39:2815-2842 (tutorial; delta).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import column, number, same, two_arms
from proband.analysis.mmrm.batch import RepeatedDesign, fit_repeated_batch
from proband.analysis.result import AnalysisError, AnalysisResult, wald

Array = NDArray[np.float64]

STRATEGIES = ("mar", "j2r", "cir", "cr")


@dataclass(frozen=True, slots=True)
class ImputationModel:
    """Measurements ``y`` (people, visits) with NaN, ``arm`` (people,) 1 treated, ``covariates`` (people, p)."""

    y: Array
    arm: NDArray[np.int64]
    covariates: Array

    @classmethod
    def of(cls, y: ArrayLike, arm: ArrayLike, covariates: ArrayLike | None = None) -> ImputationModel:
        """Check and hold the data; a participant without any measurement is kept and imputed from covariates alone."""
        values, side = column("measurement", y, gaps=True), two_arms(arm)
        z = (
            np.zeros((len(values), 0))
            if covariates is None
            else np.atleast_2d(np.asarray(covariates, dtype=float).T).T
        )
        same(measurements=values, arm=side, covariates=z)
        if not np.isfinite(z).all():
            raise AnalysisError("analysis.imputation.covariates")
        return cls(values, side, z)

    def fits(self, engine: str = "auto") -> tuple[Array, Array]:
        """Means (fits, people, arms, visits) of every participant in either arm, and Σ (fits, visits, visits).

        The first fit uses everybody, fit i + 1 leaves out participant i.
        """
        people, visits = self.y.shape
        w = np.column_stack([np.ones(people), self.arm, self.covariates])
        design = RepeatedDesign.by_visit(visits, *([True] * w.shape[1]))
        sets = np.repeat(self.y[None], people + 1, axis=0)
        sets[np.arange(1, people + 1), np.arange(people)] = np.nan
        got = fit_repeated_batch(
            sets, w, design, design.contrast(1, visits - 1), kenward_roger=False, engine=engine
        )
        if not got.converged.all():
            raise AnalysisError(
                "analysis.imputation.fit", failed=int((~got.converged).sum()), fits=people + 1
            )
        beta = got.beta.reshape(people + 1, w.shape[1], visits)
        either = np.stack([np.where(np.arange(w.shape[1]) == 1, side, w) for side in (0.0, 1.0)], axis=1)
        return np.einsum("iac,fcv->fiav", either, beta), got.sigma


def impute(y: Array, arm: NDArray[np.int64], means: Array, sigma: Array, strategy: str) -> Array:
    """Measurements with every gap filled by its conditional mean; ``means`` (people, arms, visits), ``sigma`` (visits, visits)."""
    if strategy not in STRATEGIES:
        raise AnalysisError("analysis.choice", what="assumption", value=strategy, known=list(STRATEGIES))
    out = y.copy()
    for person in np.flatnonzero(~np.isfinite(y).all(axis=1)):
        seen = np.isfinite(y[person])
        last = int(np.flatnonzero(seen)[-1]) + 1 if seen.any() else 0
        own, reference = means[person, arm[person]], means[person, 0]
        mean = own
        if arm[person] == 1 and strategy == "cr":
            mean = reference if last < len(seen) else own
        elif arm[person] == 1 and strategy == "j2r":
            mean = np.where(np.arange(len(seen)) < last, own, reference)
        elif arm[person] == 1 and strategy == "cir":
            gained = own[last - 1] - reference[last - 1] if last else 0.0
            mean = np.where(np.arange(len(seen)) < last, own, reference + gained)
        if seen.any():
            pull = np.linalg.solve(sigma[np.ix_(seen, seen)], y[person, seen] - mean[seen])
            out[person, ~seen] = mean[~seen] + sigma[np.ix_(~seen, seen)] @ pull
        else:
            out[person] = mean
    return out


def reference_based(
    y: ArrayLike,
    arm: ArrayLike,
    covariates: ArrayLike | None = None,
    *,
    strategy: str = "j2r",
    delta: float = 0.0,
    unit: str = "",
    confidence: float = 0.95,
    engine: str = "auto",
) -> AnalysisResult:
    """Difference at the last visit, treated minus control, under an assumption about those who left.

    ``delta`` is added to the imputed last value of every treated participant.
    """
    model = ImputationModel.of(y, arm, covariates)
    number("delta", delta)
    means, sigma = model.fits(engine)
    estimates = _estimates(model, means, sigma, strategy, delta)
    return _result(model, estimates, strategy, delta, unit, confidence)


def _estimates(model: ImputationModel, means: Array, sigma: Array, strategy: str, delta: float) -> Array:
    people = len(model.y)
    missing = ~np.isfinite(model.y[:, -1]) & (model.arm == 1)
    x = np.column_stack([np.ones(people), model.arm, model.covariates])
    out = np.empty(people + 1)
    for fit in range(people + 1):
        kept = np.arange(people) != fit - 1
        last = impute(model.y, model.arm, means[fit], sigma[fit], strategy)[:, -1] + delta * missing
        out[fit] = np.linalg.lstsq(x[kept], last[kept], rcond=None)[0][1]
    return out


def _result(
    model: ImputationModel, estimates: Array, strategy: str, delta: float, unit: str, confidence: float
) -> AnalysisResult:

    people = len(model.y)
    estimate, left = float(estimates[0]), estimates[1:]
    error = float(np.sqrt((people - 1) / people * ((left - left.mean()) ** 2).sum()))
    return wald(
        method=f"conditional-mean imputation ({strategy}), ANCOVA, jackknife",
        quantity="difference at the last visit",
        estimate=estimate,
        error=error,
        confidence=confidence,
        unit=unit,
        diagnostics={
            "people": people,
            "imputed_treated": int((~np.isfinite(model.y[:, -1]) & (model.arm == 1)).sum()),
            "imputed_controls": int((~np.isfinite(model.y[:, -1]) & (model.arm == 0)).sum()),
            "delta": delta,
        },
    )


def tipping_point(
    y: ArrayLike,
    arm: ArrayLike,
    covariates: ArrayLike | None = None,
    *,
    worse: float,
    strategy: str = "mar",
    alpha: float = 0.05,
    engine: str = "auto",
) -> float | None:
    """How much worse than assumed the imputed values of the treated must be for the result not to be significant any more.

    ``worse`` is the largest shift looked at, with the sign that harms. None where no shift up to it tips the result; 0 where it is not significant
    to begin with.
    """
    model = ImputationModel.of(y, arm, covariates)
    means, sigma = model.fits(engine)

    def p(delta: float) -> float:
        estimates = _estimates(model, means, sigma, strategy, delta)
        value = _result(model, estimates, strategy, delta, "", 0.95).p
        return 1.0 if value is None else value

    if p(0.0) > alpha:
        return 0.0
    if p(worse) <= alpha:
        return None
    low, high = 0.0, worse
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if p(middle) <= alpha else (low, middle)
    return (low + high) / 2
