"""Cox's proportional hazards model: Efron or Breslow ties, strata, delayed entry (time-dependent covariates), case weights.

References
----------
Cox DR. J R Stat Soc B 1972;34:187-220. Efron B. JASA 1977;72:557-565. Breslow N. Biometrics 1974;30:89-99.
Therneau TM, Grambsch PM. Modeling Survival Data, 2000 (counting process form; robust variance; appendix E by hand).
Lin DY, Wei LJ. JASA 1989;84:1074-1078 (robust variance).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import column, covariates, flags, labels, rests_on_one, same, watched
from proband.analysis.result import AnalysisError, AnalysisResult, wald

Array = NDArray[np.float64]


#: a log hazard this far from the mean person's is no estimate but a likelihood without a maximum
FARTHEST = 12.0


@dataclass(frozen=True, slots=True)
class CoxFit:
    """A fitted Cox model.

    ``loglik`` is at zero and at the optimum; ``score_test`` is at zero (with one binary covariate, the log-rank test up to ties).
    ``covariance`` is model-based, ``robust`` Lin and Wei's, summed by cluster. ``baseline`` holds, per stratum, times and cumulative
    hazard of a person whose covariates are all zero.
    """

    names: tuple[str, ...]
    beta: Array
    covariance: Array
    robust: Array
    loglik: tuple[float, float]
    score_test: float
    concordance: float
    people: int
    events: int
    ties: str
    iterations: int
    baseline: tuple[tuple[Array, Array], ...]

    def result(self, name: str, *, robust: bool = False, confidence: float = 0.95) -> AnalysisResult:
        """The log hazard ratio of one covariate (shown as a hazard ratio)."""

        at = self.names.index(name)
        covariance = self.robust if robust else self.covariance
        if np.isnan(covariance[at, at]):
            raise AnalysisError("analysis.one-person", coefficients=[name])
        estimate, error = float(self.beta[at]), float(np.sqrt(covariance[at, at]))
        return wald(
            method=f"Cox model, {self.ties.capitalize()} ties" + (", robust variance" if robust else ""),
            quantity=f"hazard ratio, {name}",
            estimate=estimate,
            error=error,
            confidence=confidence,
            display="exp",
            diagnostics={
                "people": self.people,
                "events": self.events,
                "iterations": self.iterations,
                "loglik": self.loglik[1],
                "concordance": self.concordance,
            },
        )


@dataclass(frozen=True, slots=True)
class _Sets:
    """Per event time: who is at risk, who dies."""

    risk: NDArray[np.bool_]
    dying: NDArray[np.bool_]
    times: Array


def cox(
    time: ArrayLike,
    event: ArrayLike,
    x: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    entry: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    ties: str = "efron",
) -> CoxFit:
    """Fit by Newton's method.

    Parameters
    ----------
    time, event
        (rows,): end of the interval and whether the event ended it.
    x
        (rows, covariates).
    entry
        (rows,): start of the interval; a person with time-dependent covariates has several rows (entry, time].
    weights, cluster
        (rows,): case weights, and who belongs together in the robust variance.
    """
    x = covariates(x)
    if entry is None:
        time, event = watched(time, event)
    else:
        time, event = column("time", time), flags("event", event)
    if ties not in ("efron", "breslow"):
        raise AnalysisError("analysis.choice", what="tie method", value=ties, known=["efron", "breslow"])
    rows, p = x.shape
    names = tuple(names or (f"x{c + 1}" for c in range(p)))
    start = np.full(rows, -np.inf) if entry is None else column("entry", entry)
    w = np.ones(rows) if weights is None else column("weight", weights, above=0)
    same(
        time=time, event=event, covariates=x, entry=start, weight=w,
        strata=None if strata is None else labels("stratum", strata), cluster=None if cluster is None else labels("cluster", cluster),
    )  # fmt: skip
    if (start >= time).any():
        raise AnalysisError("analysis.survival.intervals", rows=int((start >= time).sum()))
    if not event.any():
        raise AnalysisError("analysis.no-events")
    levels = (
        np.zeros(rows, dtype=int) if strata is None else np.unique(np.asarray(strata), return_inverse=True)[1]
    )
    sets = []
    for level in range(levels.max() + 1):
        own = levels == level
        times = np.unique(time[event & own])
        sets.append(
            _Sets(
                (start[:, None] < times) & (time[:, None] >= times) & own[:, None],
                (time[:, None] == times) & (event & own)[:, None],
                times,
            )
        )
    centre = np.average(x, axis=0, weights=w)
    z = x - centre
    beta = np.zeros(p)
    loglik, score, information = _slopes(beta, z, w, sets, ties)
    null, first = loglik, float(score @ np.linalg.pinv(information) @ score)
    iterations = 0
    while iterations < 60:
        iterations += 1
        try:
            root = np.linalg.cholesky(information)
        except np.linalg.LinAlgError as problem:
            raise AnalysisError("analysis.singular", coefficients=list(names)) from problem
        step = np.linalg.solve(root.T, np.linalg.solve(root, score))
        decrement = float(step @ score)
        if decrement < 1e-18:
            break
        for _ in range(30):
            moved = _slopes(beta + step, z, w, sets, ties)
            if np.isfinite(moved[0]) and moved[0] >= loglik - 1e-12 * abs(loglik):
                break
            step = step / 2
        beta = beta + step
        loglik, score, information = moved
        reach = np.abs(beta) * np.abs(z).max(axis=0)
        if reach.max() > FARTHEST:
            raise AnalysisError("analysis.separation", coefficients=[names[int(np.argmax(reach))]])
    covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    residuals, baseline = _residuals(beta, z, w, sets, ties)
    influence = (w[:, None] * residuals) @ covariance
    who = np.arange(rows) if cluster is None else np.unique(np.asarray(cluster), return_inverse=True)[1]
    summed = np.zeros((who.max() + 1, p))
    np.add.at(summed, who, influence)
    spread = summed.T @ summed
    # from one person nobody learns how people differ: there is no such variance, and the sum would make it seem small
    alone = [c for c in range(p) if rests_on_one(z[:, c], who)]
    spread[alone], spread[:, alone] = np.nan, np.nan
    scale = float(np.exp(-beta @ centre))
    return CoxFit(
        names, beta, covariance, spread, (null, loglik), first, _concordance(z @ beta, sets, w), rows,
        int(event.sum()), ties, iterations, tuple((s.times, b * scale) for s, b in zip(sets, baseline, strict=True)),
    )  # fmt: skip


def _shares(d: int, ties: str) -> Array:
    """What fraction of the dying is taken out of the risk set for each of them: 0, 1/d, … (Efron), always 0 (Breslow)."""
    return np.arange(d) / d if ties == "efron" else np.zeros(d)


def _slopes(beta: Array, z: Array, w: Array, sets: list[_Sets], ties: str) -> tuple[float, Array, Array]:
    p = len(beta)
    eta = z @ beta
    risk = w * np.exp(eta)
    loglik, score, information = 0.0, np.zeros(p), np.zeros((p, p))
    for s in sets:
        for at in range(len(s.times)):
            here, dead = s.risk[:, at], np.flatnonzero(s.dying[:, at])
            weight = float(w[dead].mean())
            loglik += float(w[dead] @ eta[dead])
            score += w[dead] @ z[dead]
            moments = [_moments(risk[rows], z[rows]) for rows in (here, dead)]
            for share in _shares(len(dead), ties):
                s0, s1, s2 = (a - share * b for a, b in zip(*moments, strict=True))
                loglik -= weight * float(np.log(s0))
                mean = s1 / s0
                score -= weight * mean
                information += weight * (s2 / s0 - np.outer(mean, mean))
    return loglik, score, information


def _moments(r: Array, z: Array) -> tuple[float, Array, Array]:
    return float(r.sum()), r @ z, (z * r[:, None]).T @ z


def _residuals(beta: Array, z: Array, w: Array, sets: list[_Sets], ties: str) -> tuple[Array, list[Array]]:
    """Score residuals (rows, p) and the cumulative baseline hazard per stratum (at the centre of the covariates)."""
    risk = w * np.exp(z @ beta)
    relative = np.exp(z @ beta)
    out, baselines = np.zeros_like(z), []
    for s in sets:
        jumps = np.zeros(len(s.times))
        for at in range(len(s.times)):
            here, dead = s.risk[:, at], np.flatnonzero(s.dying[:, at])
            weight = float(w[dead].mean())
            total, total_z = float(risk[here].sum()), risk[here] @ z[here]
            own, own_z = float(risk[dead].sum()), risk[dead] @ z[dead]
            shares = _shares(len(dead), ties)
            for share in shares:
                s0 = total - share * own
                mean = (total_z - share * own_z) / s0
                hazard = weight / s0
                jumps[at] += hazard
                out[here] -= (relative[here] * hazard)[:, None] * (z[here] - mean)
                out[dead] += (relative[dead] * hazard * share)[:, None] * (z[dead] - mean)
                out[dead] += (z[dead] - mean) / len(shares)
        baselines.append(np.cumsum(jumps))
    return out, baselines


def _concordance(eta: Array, sets: list[_Sets], w: Array) -> float:
    """Share of comparable pairs (within a stratum) in which the one who died first had the higher risk; ties count half."""
    agree = comparable = 0.0
    for s in sets:
        for at in range(len(s.times)):
            alive = s.risk[:, at] & ~s.dying[:, at]
            for dead in np.flatnonzero(s.dying[:, at]):
                gap = eta[dead] - eta[alive]
                agree += float(w[dead] * (w[alive] * ((gap > 0) + 0.5 * (gap == 0))).sum())
                comparable += float(w[dead] * w[alive].sum())
    return agree / comparable if comparable else float("nan")
