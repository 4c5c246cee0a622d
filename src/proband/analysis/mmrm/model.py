"""The mixed model for repeated measures on one data set: design, fit, least-squares means, ladder of structures, result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.analysis.given import column, labels
from proband.analysis.mmrm.estimation import CovarianceFit, fit_covariance
from proband.analysis.mmrm.inference import CoefficientInference, coefficient_inference
from proband.analysis.mmrm.likelihood import RepeatedData, blocks_of
from proband.analysis.mmrm.structures import NAMES, CovarianceStructure
from proband.analysis.result import AnalysisError, AnalysisResult, wald

Array = NDArray[np.float64]
Columns = Mapping[str, Sequence[Any] | NDArray[Any]]

#: the ladder that a plan may name: structure and the inference used with it
LADDER = (
    ("us", "kenward-roger-linear"),
    ("toeph", "kenward-roger-linear"),
    ("ar1h", "kenward-roger-linear"),
    ("cs", "sandwich-bias-reduced"),
)


@dataclass(frozen=True, slots=True)
class RepeatedMeasuresModel:
    """What is measured, of whom, when, and how its mean depends on arm, visit and covariates.

    Attributes
    ----------
    response, subject, visit
        Columns of the long table, one row per participant and visit.
    terms
        Effects of the mean in order; ``"ARMCD:AVISIT"`` is the product. The intercept is always there.
    levels
        Levels of categorical columns in order; the first is the reference. Categorical columns that are not named here take
        their sorted levels. A column of numbers is a covariate unless it is named here.
    group
        A column whose levels have covariances of their own; None for one covariance.
    weights
        A column of positive weights of observations; None for equal ones.
    times
        Time of each visit in the order of its levels (spatial structures).
    basis
        Random-effect design by visit (``"random"``).
    """

    response: str
    subject: str
    visit: str
    terms: tuple[str, ...] = ()
    levels: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    group: str | None = None
    weights: str | None = None
    times: tuple[float, ...] | None = None
    basis: tuple[tuple[float, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class MixedModelFit:
    """A fitted model: coefficients with names, covariance, likelihood, and any contrast of it."""

    model: RepeatedMeasuresModel
    design: _Design
    data: RepeatedData
    fit: CovarianceFit
    inference: CoefficientInference
    tried: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        return self.design.names

    @property
    def covariance(self) -> Array:
        """Σ over the visits (of the first group, where there are several)."""
        k = self.fit.structure.parameters
        out: Array = self.fit.structure.sigma(self.fit.at.theta[:k])
        return out

    @property
    def minus_two_loglik(self) -> float:
        """−2 log (restricted) likelihood."""
        return self.fit.at.minus_two_loglik

    @property
    def aic(self) -> float:
        """Akaike's criterion over covariance parameters only (SAS adds the coefficients under maximum likelihood)."""
        return self.minus_two_loglik + 2 * len(self.fit.at.theta)

    @property
    def bic(self) -> float:
        """Schwarz's criterion over covariance parameters, with the number of participants."""
        return self.minus_two_loglik + float(np.log(self.data.participants)) * len(self.fit.at.theta)

    def coefficient(self, name: str, confidence: float = 0.95) -> AnalysisResult:
        """One coefficient by name."""
        weights = np.zeros(len(self.names))
        weights[self.names.index(name)] = 1.0
        return self.contrast(weights, name, confidence)

    def contrast(self, weights: Array, quantity: str, confidence: float = 0.95) -> AnalysisResult:
        """Any linear combination of the coefficients."""
        test = self.inference.contrast(np.asarray(weights, dtype=float))
        likelihood = "REML" if self.fit.reml else "ML"
        return wald(
            method=f"MMRM, {NAMES[self.fit.structure.name]} covariance, {likelihood}, {self.inference.method}",
            quantity=quantity,
            estimate=test.estimate,
            error=test.standard_error,
            confidence=confidence,
            degrees_of_freedom=test.degrees_of_freedom,
            diagnostics={
                "rows_left_out": self.design.left_out,
                "converged": self.fit.converged,
                "iterations": self.fit.iterations,
                "newton_decrement": self.fit.decrement,
                "minus_two_loglik": self.minus_two_loglik,
                "participants": self.data.participants,
                "observations": self.data.observations,
                "structure": self.fit.structure.name,
                "structures_that_failed": "; ".join(self.tried),
            },
        )

    def joint(self, contrasts: Array) -> Any:
        """F test of several contrasts at once (rows)."""
        return self.inference.joint(np.asarray(contrasts, dtype=float))

    def mean_weights(self, at: Mapping[str, Any]) -> Array:
        """Coefficient weights of a least-squares mean: factors in ``at`` at their level, other factors averaged with equal weights over
        their levels, covariates at their mean over the observed rows.
        """
        return self.design.mean_weights(at)

    def least_squares_mean(self, at: Mapping[str, Any], confidence: float = 0.95) -> AnalysisResult:
        """Least-squares mean at the given levels."""
        place = ", ".join(f"{key} {value}" for key, value in at.items())
        return self.contrast(self.mean_weights(at), f"least-squares mean at {place}", confidence)

    def difference(
        self,
        factor: str,
        first: Any,
        second: Any,
        at: Mapping[str, Any] | None = None,
        confidence: float = 0.95,
    ) -> AnalysisResult:
        """Difference of least-squares means, ``first`` minus ``second`` of ``factor``, at the given levels of the others."""
        at = dict(at or {})
        weights = self.mean_weights({**at, factor: first}) - self.mean_weights({**at, factor: second})
        place = ", ".join(f"{key} {value}" for key, value in at.items())
        return self.contrast(
            weights, f"{first} minus {second}" + (f" at {place}" if place else ""), confidence
        )


def fit_mmrm(
    table: Columns,
    model: RepeatedMeasuresModel,
    *,
    covariance: str = "us",
    inference: str | None = None,
    reml: bool = True,
    between_within: bool = False,
) -> MixedModelFit:
    """Fit the model with one covariance structure.

    Raises
    ------
    AnalysisError
        Where the design is singular (the coefficients concerned are named) or the fit does not converge: then no number is given.
    """
    design = _Design.of(table, model)
    data = blocks_of(design.y, design.x, group=design.group, weights=design.weights)
    _check_rank(data, design.names)
    structure = CovarianceStructure(covariance, len(design.visits), model.times, model.basis)
    try:
        fit = fit_covariance(data, structure, reml=reml)
    except np.linalg.LinAlgError as problem:
        raise _not_converged(structure, str(problem)) from problem
    if not fit.converged:
        raise _not_converged(structure, fit.reason)
    chosen = inference or ("kenward-roger-linear" if reml else "satterthwaite")
    tests = coefficient_inference(data, fit, chosen, between_within=between_within)
    return MixedModelFit(model, design, data, fit, tests)


def fit_ladder(
    table: Columns, model: RepeatedMeasuresModel, *, ladder: Sequence[tuple[str, str]] = LADDER
) -> MixedModelFit:
    """Fit the first structure of a pre-specified ladder that converges; the fit says which were tried before, and why they failed."""
    tried: list[str] = []
    for covariance, inference in ladder:
        try:
            fitted = fit_mmrm(table, model, covariance=covariance, inference=inference)
        except AnalysisError as refusal:
            if refusal.code != "analysis.mmrm.not-converged":
                raise
            tried.append(refusal.message)
            continue
        return MixedModelFit(model, fitted.design, fitted.data, fitted.fit, fitted.inference, tuple(tried))
    raise AnalysisError("analysis.mmrm.ladder", reasons=tried)


def _not_converged(structure: CovarianceStructure, reason: str) -> AnalysisError:
    return AnalysisError("analysis.mmrm.not-converged", structure=NAMES[structure.name], reason=reason)


def _check_rank(data: RepeatedData, names: tuple[str, ...]) -> None:
    xx = np.zeros((len(names), len(names)))
    for block in data.blocks:
        xx += np.einsum("njp,njq->pq", block.x, block.x)
    scale = np.sqrt(np.maximum(np.diag(xx), 1e-300))
    kept: list[int] = []
    dropped: list[str] = []
    scaled = xx / np.outer(scale, scale)
    for at, name in enumerate(names):
        if np.linalg.eigvalsh(scaled[np.ix_([*kept, at], [*kept, at])]).min() > 1e-9:
            kept.append(at)
        else:
            dropped.append(name)
    if dropped:
        raise AnalysisError("analysis.singular", coefficients=dropped)


@dataclass(frozen=True, slots=True)
class _Design:
    names: tuple[str, ...]
    x: Array
    y: Array
    visits: tuple[Any, ...]
    group: NDArray[np.int64] | None
    weights: Array | None
    terms: tuple[tuple[str, ...], ...]
    levels: dict[str, tuple[Any, ...]]
    means: dict[str, float]
    left_out: int

    @classmethod
    def of(cls, table: Columns, model: RepeatedMeasuresModel) -> _Design:
        columns = {name: np.asarray(values) for name, values in table.items()}
        terms = tuple(tuple(term.split(":")) for term in model.terms)
        used = list(dict.fromkeys(name for term in terms for name in term))
        asked = [*used, model.response, model.subject, model.visit]
        missing = [
            name for name in [*asked, model.group, model.weights] if name is not None and name not in columns
        ]
        if missing:
            raise AnalysisError("analysis.columns", missing=missing, columns=list(columns))
        response = column("response", columns[model.response], gaps=True)
        kept = np.isfinite(response)
        for name in used:
            if columns[name].dtype.kind == "f" and name not in model.levels:
                kept &= ~np.isnan(column(name, columns[name], gaps=True))
            else:
                # nobody is left out for lack of an arm: that is no gap but a fault
                labels(name, columns[name])
        if not kept.any():
            raise AnalysisError(
                "analysis.given.missing", column=model.response, people=len(kept), of=len(kept)
            )
        columns = {name: values[kept] for name, values in columns.items()}
        levels = {
            name: tuple(model.levels.get(name) or sorted(set(columns[name].tolist())))
            for name in [*used, model.visit, *([model.group] if model.group else [])]
            if name in model.levels or name == model.visit or columns[name].dtype.kind not in "fiu"
        }
        _check_levels(columns, levels)
        visits = levels[model.visit]
        subjects, row = np.unique(columns[model.subject], return_inverse=True)
        at = np.array([visits.index(value) for value in columns[model.visit].tolist()])
        if len(set(zip(row.tolist(), at.tolist(), strict=True))) < len(row):
            raise AnalysisError("analysis.mmrm.duplicate")
        blocks: list[tuple[str, Array]] = [("(Intercept)", np.ones(len(row)))]
        coded = {name: _coded(name, columns[name], levels.get(name)) for name in used}
        for term in terms:
            product: list[tuple[str, Array]] = [("", np.ones(len(row)))]
            for name in term:
                product = [
                    (f"{left}:{right}".lstrip(":"), a * b) for right, b in coded[name] for left, a in product
                ]
            blocks += product
        shape = (len(subjects), len(visits))
        x = np.zeros((*shape, len(blocks)))
        y = np.full(shape, np.nan)
        y[row, at] = np.asarray(columns[model.response], dtype=float)
        for c, (_, values) in enumerate(blocks):
            x[row, at, c] = values
        group = weights = None
        if model.group:
            group = np.zeros(len(subjects), dtype=np.int64)
            group[row] = [levels[model.group].index(value) for value in columns[model.group].tolist()]
        if model.weights:
            weights = np.ones(shape)
            weights[row, at] = np.asarray(columns[model.weights], dtype=float)
        means = {name: float(np.mean(columns[name])) for name in used if name not in levels}
        # measured, but without a covariate
        left_out = int((np.isfinite(response) & ~kept).sum())
        return cls(
            tuple(name for name, _ in blocks), x, y, visits, group, weights, terms, levels, means, left_out
        )

    def mean_weights(self, at: Mapping[str, Any]) -> Array:
        unknown = [name for name in at if name not in self.levels and name not in self.means]
        if unknown:
            raise AnalysisError("analysis.mmrm.effect", effects=unknown, known=[*self.levels, *self.means])
        out = [1.0]
        for term in self.terms:
            product = [1.0]
            for name in term:
                own = [float(at.get(name, self.means[name]))] if name in self.means else self._share(name, at)
                product = [a * b for b in own for a in product]
            out += product
        return np.array(out)

    def _share(self, name: str, at: Mapping[str, Any]) -> list[float]:
        levels = self.levels[name]
        if name not in at:
            return [1.0 / len(levels)] * (len(levels) - 1)
        if at[name] not in levels:
            raise AnalysisError("analysis.level", factor=name, levels=[at[name]], known=list(levels))
        return [float(at[name] == level) for level in levels[1:]]


def _coded(name: str, values: NDArray[Any], levels: tuple[Any, ...] | None) -> list[tuple[str, Array]]:
    if levels is None:
        return [(name, values.astype(float))]
    return [(f"{name}{level}", (values == level).astype(float)) for level in levels[1:]]


def _check_levels(columns: Mapping[str, NDArray[Any]], levels: Mapping[str, tuple[Any, ...]]) -> None:
    for name, known in levels.items():
        strange = sorted(set(columns[name].tolist()) - set(known), key=str)
        if strange:
            raise AnalysisError("analysis.level", factor=name, levels=strange, known=list(known))
