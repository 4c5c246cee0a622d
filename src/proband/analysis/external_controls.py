"""External controls: weighting people from elsewhere until they look like the treated, and what remains unknown afterwards.

Weights are for the effect in the treated (ATT). Entropy balancing makes means equal exactly; MAIC is the same weighting of individual data
towards published means; inverse-probability weights and matching rest on a model of who was treated. None of them removes what was not
measured: the E-value says how strong that would have to be.

References
----------
Hainmueller J. Polit Anal 2012;20:25-46 (entropy balancing). Signorovitch JE et al. Pharmacoeconomics 2010;28:935-945 (MAIC).
Rosenbaum PR, Rubin DB. Biometrika 1983;70:41-55. Stuart EA. Stat Sci 2010;25:1-21 (matching). VanderWeele TJ, Ding P. Ann Intern Med
2017;167:268-274 (E-value). Robins J. Math Model 1986;7:1393-1512 (g-computation). Suissa S. Am J Epidemiol 2008;167:492-499 (immortal time).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import column, covariates, flags, number, of_several, same, share
from proband.analysis.result import AnalysisError, AnalysisResult, sentence

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CovariateBalance:
    """Weights of the controls (controls,), their effective number, and the standardised difference of each covariate before and after."""

    weights: Array
    effective: float
    before: Array
    after: Array


def tilt(centred: Array) -> Array:
    """Weights exp(x'α) with Σ w x = 0: the convex dual of entropy balancing, by Newton's method. ``centred`` (people, p) minus the target.

    The scale is MAIC's, Σ exp(x'α) at its minimum.
    """
    scale = np.maximum(centred.std(axis=0), 1e-12)
    z = centred / scale
    alpha = np.zeros(z.shape[1])
    value = float(len(z))
    for _ in range(200):
        w = np.exp(z @ alpha)
        gradient = w @ z
        hessian = (z * w[:, None]).T @ z
        step = -np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        if float(-step @ gradient) < 1e-18 * value:
            return np.asarray(w, dtype=np.float64)
        for _ in range(60):
            moved = float(np.exp(np.minimum(z @ (alpha + step), 500)).sum())
            if moved <= value * (1 + 1e-14):
                break
            step = step / 2
        alpha, value = alpha + step, moved
        if np.abs(alpha).max() > 1e3 or value < 1e-8:
            break
    w = np.exp(z @ alpha)
    if np.abs(w @ z).max() / max(w.sum(), 1e-300) > 1e-6:
        raise AnalysisError("analysis.external.overlap")
    return np.asarray(w, dtype=np.float64)


def entropy_balance(treated: ArrayLike, controls: ArrayLike) -> CovariateBalance:
    """Weights of the controls whose covariate means equal those of the treated, as close to equal weights as can be."""
    t, c = (covariates(v) for v in (treated, controls))
    if not (len(t) and len(c) and t.shape[1] == c.shape[1]):
        raise AnalysisError("analysis.external.overlap")
    w = tilt(c - t.mean(axis=0))
    return _balance(t, c, w / w.sum())


def maic_weights(people: ArrayLike, target: Sequence[float]) -> Array:
    """Weights of individual people so that their means equal published ones (unnormalised; second moments are further columns)."""
    x, means = covariates(people), column("target", target)
    same(covariates=x.T, target=means)
    return tilt(x - means)


def effective_size(weights: Array) -> float:
    """Kish's effective number of people: (Σw)²/Σw²."""
    number("sum of weights", float(column("weight", weights, low=0).sum()), above=0)
    return float(weights.sum() ** 2 / (weights**2).sum())


def _balance(treated: Array, controls: Array, w: Array) -> CovariateBalance:
    spread = np.maximum(treated.std(axis=0, ddof=1), 1e-12)
    gap = treated.mean(axis=0)
    return CovariateBalance(
        w, effective_size(w), (gap - controls.mean(axis=0)) / spread, (gap - w @ controls / w.sum()) / spread
    )


def propensity(treated: ArrayLike, x: ArrayLike) -> tuple[Array, Array]:
    """Logistic regression of being treated: coefficients (p + 1,) with the intercept first, and fitted probabilities (people,)."""
    y, z = flags("treated", treated).astype(float), covariates(x)
    same(treated=y, covariates=z)
    centre = np.append(0.0, z.mean(axis=0))
    raw = np.column_stack([np.ones(len(y)), z]) - centre
    scale = np.where(np.arange(raw.shape[1]) == 0, 1.0, np.maximum(raw.std(axis=0), 1e-12))
    z = raw / scale
    beta = np.zeros(z.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-(z @ beta)))
        information = (z * (p * (1 - p))[:, None]).T @ z
        try:
            step = np.linalg.solve(information, z.T @ (y - p))
        except np.linalg.LinAlgError as problem:
            raise AnalysisError("analysis.external.overlap") from problem
        beta = beta + step
        if np.abs(beta).max() > 50:
            raise AnalysisError("analysis.external.overlap")
        if np.abs(step).max() < 1e-13:
            break
    chance, beta = 1 / (1 + np.exp(-(z @ beta))), beta / scale
    beta[0] -= beta @ centre
    return beta, chance


def att_weights(treated: ArrayLike, x: ArrayLike) -> CovariateBalance:
    """Inverse-probability weights of the controls for the effect in the treated: p/(1 − p)."""
    t, z = flags("treated", treated), covariates(x)
    _, p = propensity(t, z)
    return _balance(z[t], z[~t], (p / (1 - p))[~t])


def nearest_match(
    treated: ArrayLike, score: ArrayLike, *, caliper: float | None = None
) -> list[tuple[int, int]]:
    """Pairs (treated, control) by nearest score without replacement, treated with the largest score first; ties go to the earlier person.

    ``caliper`` is the largest distance allowed; who has no control within it stays unmatched.
    """
    t, s = flags("treated", treated), column("score", score)
    same(treated=t, score=s)
    if t.all() or not t.any():
        raise AnalysisError("analysis.groups", groups=1)
    own, free = np.flatnonzero(t), np.flatnonzero(~t).tolist()
    pairs = []
    for person in own[np.argsort(-s[own], kind="stable")]:
        if not free:
            break
        distance = np.abs(s[free] - s[person])
        at = int(np.argmin(distance))
        if caliper is None or distance[at] <= caliper:
            pairs.append((int(person), free.pop(at)))
    return pairs


def weighted_difference(y: ArrayLike, treated: ArrayLike, weights: ArrayLike) -> float:
    """Mean of the treated minus the weighted mean of the controls."""
    values, t, w = column("outcome", y), flags("treated", treated), column("weight", weights, low=0)
    same(outcome=values, treated=t)
    if t.all() or not t.any():
        raise AnalysisError("analysis.groups", groups=1)
    same(controls=values[~t], weights=w)
    number("sum of weights", float(w.sum()), above=0)
    return float(values[t].mean() - np.average(values[~t], weights=w))


def g_computation(
    y: ArrayLike,
    treated: ArrayLike,
    x: ArrayLike,
    *,
    kind: str = "linear",
    replicates: int = 500,
    seed: int = 0,
    confidence: float = 0.95,
) -> AnalysisResult:
    """Effect in the treated by standardisation: a model of the outcome among controls predicts what the treated would have had.

    ``kind`` is ``"linear"`` or ``"logistic"``; the interval is the percentile bootstrap within either group.
    """
    if kind not in ("linear", "logistic"):
        raise AnalysisError("analysis.choice", what="outcome model", value=kind, known=["linear", "logistic"])
    values, t, z = column("outcome", y), flags("treated", treated), covariates(x)
    same(outcome=values, treated=t, covariates=z)
    share("confidence", confidence)
    if t.all() or not t.any():
        raise AnalysisError("analysis.groups", groups=1)

    def effect(own: NDArray[np.int64], other: NDArray[np.int64]) -> float:
        design = np.column_stack([np.ones(len(own)), z[own]])
        if kind == "linear":
            beta = np.linalg.lstsq(
                np.column_stack([np.ones(len(other)), z[other]]), values[other], rcond=None
            )[0]
            predicted = design @ beta
        else:
            beta, _ = propensity(values[other], z[other])
            predicted = 1 / (1 + np.exp(-(design @ beta)))
        return float((values[own] - predicted).mean())

    of_several(t[:, None].astype(float), np.arange(len(t)), ["treated"])
    rng = np.random.default_rng(seed)
    inside, outside = np.flatnonzero(t), np.flatnonzero(~t)
    estimate = effect(inside, outside)
    draws, failed = [], 0
    for _ in range(replicates):
        try:
            draws.append(effect(rng.choice(inside, len(inside)), rng.choice(outside, len(outside))))
        except AnalysisError:
            failed += 1
    if failed * 2 > replicates:
        raise AnalysisError("analysis.external.overlap")
    if float(np.std(draws)) <= 1e-12 * float(np.abs(values).max()):
        raise AnalysisError("analysis.no-spread", quantity="effect in the treated")
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    quantity = "effect in the treated"
    return AnalysisResult(
        method=f"g-computation, {kind} outcome model, bootstrap",
        quantity=quantity,
        estimate=estimate,
        standard_error=float(np.std(draws, ddof=1)),
        low=float(low),
        high=float(high),
        confidence=confidence,
        diagnostics={"replicates": replicates, "failed_replicates": failed, "seed": seed},
        words=sentence(quantity, (estimate, float(low), float(high)), confidence, None),
    )


def e_value(risk_ratio: float, bound: float) -> tuple[float, float]:
    """How strongly (as a risk ratio with both treatment and outcome) something unmeasured would have to act to explain away the estimate, and to
    move the interval's ``bound`` nearer to 1 to 1.
    """

    number("risk ratio", risk_ratio, above=0)
    # the bound lies between the estimate and 1, or beyond 1
    if risk_ratio > 1:
        number("bound", bound, low=0, high=risk_ratio)
    elif risk_ratio < 1:
        number("bound", bound, low=risk_ratio)

    def one(rr: float) -> float:
        rr = 1 / rr if rr < 1 else rr
        return float(rr + np.sqrt(rr * (rr - 1)))

    crossed = (risk_ratio - 1) * (bound - 1) <= 0
    return one(risk_ratio), 1.0 if crossed else one(bound)


@dataclass(frozen=True, slots=True)
class ExternalGroup:
    """When people of one group are counted from, in days since onset, with the calendar years of inclusion.

    ``time_zero`` names the event that starts the clock; ``examined`` (people,) is the day of the baseline examination, ``followed_from``
    (people,) the day from which events were counted, ``treated_on`` (people,) the day of treatment (NaN: never).
    """

    time_zero: str
    examined: Array
    followed_from: Array
    treated_on: Array
    years: tuple[int, int]


def check_external(
    treated: ExternalGroup, controls: ExternalGroup, *, days_apart: float = 3.0, years_apart: int = 10
) -> None:
    """Refuse comparisons whose bias no weighting removes.

    Raises
    ------
    AnalysisError
        Different events start the clocks; the baseline examinations lie further apart than ``days_apart`` (medians); somebody is followed
        from before the examination that made him eligible; a treated person is followed as treated from before treatment, or the treated are
        followed only from treatment while controls are followed from eligibility (immortal time), by their medians or, where some waited long,
        on average; the eras are further apart than ``years_apart``. A day that nobody knows, a group of nobody or columns of different people
        prove nothing, and are refused as such.
    """
    treated, controls = _looked_at("treated", treated), _looked_at("controls", controls)
    if treated.time_zero != controls.time_zero:
        raise AnalysisError(
            "analysis.external.time-zero", treated=treated.time_zero, controls=controls.time_zero
        )
    gap = float(np.median(treated.examined) - np.median(controls.examined))
    if abs(gap) > days_apart:
        raise AnalysisError("analysis.external.examined", gap=gap, allowed=days_apart)
    for group in (treated, controls):
        if (group.followed_from < group.examined - 1e-9).any():
            raise AnalysisError(
                "analysis.external.early", people=int((group.followed_from < group.examined - 1e-9).sum())
            )
    # a comparison with NaN is false: nobody waits for a treatment that never came
    waiting = (treated.treated_on - treated.followed_from > 1e-9).sum()
    if waiting:
        raise AnalysisError("analysis.external.waiting", people=int(waiting))
    waited = treated.followed_from - treated.examined
    if (
        float(np.median(waited)) > 0
        and float(np.median(controls.followed_from - controls.examined)) < float(np.median(waited)) / 2
    ):
        raise AnalysisError("analysis.external.immortal", days=float(np.median(waited)))
    longer = float(waited.mean() - (controls.followed_from - controls.examined).mean())
    if longer > days_apart:
        raise AnalysisError("analysis.external.immortal", days=longer)
    apart = max(treated.years[0] - controls.years[1], controls.years[0] - treated.years[1], 0)
    if apart > years_apart:
        raise AnalysisError("analysis.external.era", years=apart, allowed=years_apart)


def _looked_at(name: str, group: ExternalGroup) -> ExternalGroup:
    """A group whose days are known, of the same people, and some."""
    days = {
        "examined": column(f"{name}: examined", group.examined),
        "followed_from": column(f"{name}: followed_from", group.followed_from),
        "treated_on": column(f"{name}: treated_on", group.treated_on, gaps=True),
    }
    same(**days)
    if not len(days["examined"]):
        raise AnalysisError("analysis.given.missing", column=f"{name}: examined", people=0, of=0)
    first, last = column(f"{name}: years", group.years, low=1900, high=2200, whole=True)
    if first > last:
        raise AnalysisError("analysis.given.value", column=f"{name}: years", value=float(first), allowed=f"up to {last:g}")  # fmt: skip
    return replace(
        group, examined=days["examined"], followed_from=days["followed_from"], treated_on=days["treated_on"]
    )
