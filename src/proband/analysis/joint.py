"""Repeated measurements and a time to an event in one model: what the course of a score says of the hazard, and the hazard of the score.

Whoever is worse dies or leaves earlier, so neither part can be analysed by itself without bias. Here each person has a course of his own,

    m(t) = (u'β_level + b₀) + (v'β_slope + b₁) t,    y(t) = m(t) + error,    (b₀, b₁) normal,

and a hazard h(t) = h₀(t) exp(w'γ + α m(t)) with a baseline that is constant between cuts. A straight course makes the cumulative hazard a closed
form in every piece. The integral over a person's (b₀, b₁) is a Gauss–Hermite rule laid anew, at every step, over what his measurements alone say
of them; :attr:`JointFit.quadrature` is what more nodes would change. Measurements after the event are refused; leaving for another reason must be
independent of the course, given the measurements.

References
----------
Wulfsohn MS, Tsiatis AA. Biometrics 1997;53:330-339. Henderson R, Diggle P, Dobson A. Biostatistics 2000;1:465-480. Rizopoulos D. Comput Stat Data
Anal 2012;56:491-501 (quadrature centred by the measurements); J Stat Softw 2010;35(9):1-33 (the package JM).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.given import codes, column, covariates, same, watched
from proband.analysis.result import AnalysisError, AnalysisResult, wald
from proband.analysis.second_derivatives import second_derivatives

Array = NDArray[np.float64]
#: nodes of the rule in either direction
NODES = 9


@dataclass(frozen=True, slots=True)
class JointFit:
    """A fitted joint model.

    Attributes
    ----------
    level, slope, hazard
        β_level, β_slope and γ, each with its covariance behind in ``covariance``, in this order, then the association.
    association, association_error
        α: the log hazard ratio of one unit of the course m(t), and its standard error.
    noise, spread
        SD of the error, and the covariance (2, 2) of (b₀, b₁).
    cuts, baseline
        Inner cuts of the baseline hazard, and the hazard in each piece, of a person with m = 0 and w = 0.
    quadrature
        Change of the log-likelihood with half as many nodes again: what is left to the rule.
    """

    names: tuple[str, ...]
    level: Array
    slope: Array
    hazard: Array
    covariance: Array
    association: float
    association_error: float
    noise: float
    spread: Array
    cuts: Array
    baseline: Array
    loglik: float
    quadrature: float
    people: int
    events: int
    measurements: int

    def result(self, name: str = "association", confidence: float = 0.95) -> AnalysisResult:
        """The association, or one effect by name (``level:``, ``slope:`` or ``hazard:`` before the name of its column)."""
        at = self.names.index(name)
        estimate = float(np.concatenate([self.level, self.slope, self.hazard, [self.association]])[at])
        return wald(
            method=f"joint model, straight courses, piecewise constant baseline, {NODES} × {NODES} nodes",
            quantity="hazard ratio of one unit of the course" if name == "association" else name,
            estimate=estimate,
            error=float(np.sqrt(self.covariance[at, at])),
            confidence=confidence,
            display="exp" if name == "association" or name.startswith("hazard:") else "identity",
            diagnostics={
                "people": self.people, "events": self.events, "measurements": self.measurements, "loglik": self.loglik,
                "quadrature": self.quadrature,
            },
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class JointData:
    """Measurements ``y`` at ``at`` of person ``who`` (rows,); ``time``, ``event`` (people,); designs of level, slope and hazard (people, columns)."""

    y: Array
    at: Array
    who: NDArray[np.int64]
    time: Array
    event: NDArray[np.bool_]
    level: Array
    slope: Array
    hazard: Array
    cuts: Array

    def sizes(self) -> tuple[int, int, int, int]:
        """Columns of level, slope and hazard, and pieces of the baseline."""
        return self.level.shape[1], self.slope.shape[1], self.hazard.shape[1], len(self.cuts) + 1

    def loglik(self, theta: Array, nodes: int = NODES) -> float:
        """Log-likelihood at β_level, β_slope, γ, α, log σ, the root of the spread (log, entry, log), and the log hazards of the pieces."""
        a, b, g, k = self.sizes()
        level, slope, gamma, alpha, log_noise, r0, r10, r1 = np.split(
            theta[: a + b + g + 5], np.cumsum([a, b, g, 1, 1, 1, 1])
        )
        log_hazard = theta[a + b + g + 5 :]
        people, noise = len(self.time), float(np.exp(2 * log_noise[0]))
        root = np.array([[np.exp(r0[0]), 0.0], [r10[0], np.exp(r1[0])]])
        spread = root @ root.T
        mean0, mean1 = self.level @ level, self.slope @ slope
        left = self.y - mean0[self.who] - mean1[self.who] * self.at
        # what a person's measurements say of (b₀, b₁): sums of 1, t, t² and of the residuals
        s0, s1, s2, e0, e1, ee = (np.bincount(self.who, part, people) for part in (
            np.ones(len(left)), self.at, self.at**2, left, left * self.at, left**2
        ))  # fmt: skip
        precision = (
            np.linalg.inv(spread) + np.stack([np.stack([s0, s1], 1), np.stack([s1, s2], 1)], 1) / noise
        )
        cover = np.linalg.inv(precision)
        force = np.stack([e0, e1], axis=1) / noise
        centre = np.einsum("nij,nj->ni", cover, force)
        measured = -0.5 * (
            s0 * np.log(2 * np.pi * noise)
            + ee / noise
            - np.einsum("ni,ni->n", force, centre)
            + 2 * (r0[0] + r1[0])
            + np.linalg.slogdet(precision)[1]
        )
        points, weights = np.polynomial.hermite_e.hermegauss(nodes)
        grid = np.stack(np.meshgrid(points, points, indexing="ij"), axis=-1).reshape(-1, 2)
        mass = np.log(np.outer(weights, weights).ravel() / weights.sum() ** 2)
        own = centre[:, None, :] + grid @ np.linalg.cholesky(cover).transpose(0, 2, 1)
        start, climb = alpha[0] * (mean0[:, None] + own[:, :, 0]), alpha[0] * (mean1[:, None] + own[:, :, 1])
        base = start + (self.hazard @ gamma)[:, None]
        edges = np.concatenate([[0.0], self.cuts, [np.inf]])
        total, at_event = np.zeros_like(base), np.zeros(people)
        for piece in range(k):
            begin = edges[piece]
            long = np.clip(self.time - begin, 0.0, edges[piece + 1] - begin)[:, None]
            x = climb * long
            # ∫ exp(climb t) over the piece; (eˣ − 1)/x → 1 for a level course
            flat = np.abs(x) < 1e-8
            area = long * np.where(flat, 1.0 + x / 2, np.expm1(x) / np.where(flat, 1.0, x))
            total += np.exp(base + climb * begin + log_hazard[piece]) * area
            at_event[(self.time > begin) & (self.time <= edges[piece + 1])] = log_hazard[piece]
        rate = at_event[:, None] + base + climb * self.time[:, None]
        log = mass + np.where(self.event[:, None], rate, 0.0) - total
        top = log.max(axis=1)
        lived = top + np.log(np.exp(log - top[:, None]).sum(axis=1))
        return float((measured + lived).sum())


def joint_model(
    y: ArrayLike, at: ArrayLike, who: ArrayLike, time: ArrayLike, event: ArrayLike, *, level: ArrayLike | None = None,
    slope: ArrayLike | None = None, hazard: ArrayLike | None = None, pieces: int = 6, cuts: ArrayLike | None = None, names: Sequence[str] = (),
) -> JointFit:  # fmt: skip
    """Fit by maximum likelihood.

    Parameters
    ----------
    y, at, who
        (rows,): measurements, their times, and whose they are (0 … people − 1).
    time, event
        (people,): how long each was watched (above 0), and whether the event ended it.
    level, slope, hazard
        (people, columns) covariates of the level, of the slope and of the hazard; level and slope have an intercept besides.
    pieces
        Of the baseline hazard, with as many events each.
    cuts
        Where they meet, where that was fixed before: rising, with an event in every piece; ``pieces`` is not asked then.
    names
        Of the columns of ``level``, ``slope`` and ``hazard``, together.

    Raises
    ------
    AnalysisError
        Fewer than two events a piece, measurements after the end, nobody measured twice, or no maximum.
    """
    from scipy.optimize import minimize

    (t, d), value, when = watched(time, event), column("measurement", y), column("time of measurement", at)
    people = len(t)
    person = codes("person", who, high=people - 1)
    same(measurements=value, times=when, people=person)
    designs = [np.zeros((people, 0)) if part is None else covariates(part) for part in (level, slope, hazard)]
    same(time=t, level=designs[0], slope=designs[1], hazard=designs[2])
    if (t <= 0).any():
        raise AnalysisError("analysis.survival.times", people=int((t <= 0).sum()))
    late = (when > t[person] + 1e-9) | (when < 0)
    if late.any():
        raise AnalysisError("analysis.joint.after", measurements=int(late.sum()))
    if cuts is not None:
        inner = column("cut", cuts, low=0)
        pieces = len(inner) + 1
        if (np.diff(inner) <= 0).any() or (np.histogram(t[d], [-np.inf, *inner, np.inf])[0] == 0).any():
            raise AnalysisError("analysis.joint.few", events=int(d.sum()), pieces=pieces)
    if d.sum() < 2 * pieces or np.bincount(person, minlength=people).max() < 2:
        raise AnalysisError("analysis.joint.few", events=int(d.sum()), pieces=pieces)
    one = np.ones((people, 1))
    # in units in which everything is about 1, and around the mean of the measurements: α and h₀ are taken back below
    middle, sd, end = float(value.mean()), float(value.std()), float(t.max())
    if sd == 0:
        raise AnalysisError("analysis.no-spread", quantity="hazard ratio of one unit of the course")
    inner = np.quantile(t[d], np.arange(1, pieces) / pieces) if cuts is None else inner
    data = JointData(
        (value - middle) / sd, when / end, person, t / end, d, np.column_stack([one, designs[0]]),
        np.column_stack([one, designs[1]]), designs[2], inner / end,
    )  # fmt: skip
    a, b, g, k = data.sizes()
    labels = ["level:intercept", "slope:intercept"]
    given = list(names) or [f"x{c + 1}" for c in range(a + b + g - 2)]
    labels = ["level:intercept", *(f"level:{n}" for n in given[: a - 1]), "slope:intercept", *(f"slope:{n}" for n in given[a - 1 : a + b - 2]),
              *(f"hazard:{n}" for n in given[a + b - 2 :]), "association"]  # fmt: skip
    for part, at_ in ((data.level, 0), (data.slope, a), (np.column_stack([one, data.hazard]), a + b)):
        if np.linalg.matrix_rank(part) < part.shape[1]:
            raise AnalysisError("analysis.singular", coefficients=labels[at_ : at_ + part.shape[1]])
    rate = float(np.log(d.sum() / data.time.sum()))
    begin = np.concatenate(
        [np.zeros(a + b + g + 1), [np.log(0.5), np.log(0.7), 0.0, np.log(0.5)], np.full(k, rate)]
    )
    best = minimize(
        lambda theta: -data.loglik(theta) / people,
        begin,
        method="BFGS",
        options={"gtol": 1e-6, "maxiter": 500},
    )
    information = -second_derivatives(data.loglik, best.x, 1e-3)
    try:
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError as problem:
        raise AnalysisError("analysis.joint.maximum", reason=str(best.message)) from problem
    scale = np.concatenate([np.full(a, sd), np.full(b, sd / end), np.ones(g), [1 / sd]])
    covariance: Array = np.asarray(
        np.linalg.inv(information)[: len(scale), : len(scale)] * np.outer(scale, scale), dtype=np.float64
    )
    found = best.x[: len(scale)] * scale
    found[0] += middle
    root = np.array(
        [[np.exp(best.x[len(scale) + 1]), 0.0], [best.x[len(scale) + 2], np.exp(best.x[len(scale) + 3])]]
    )
    unit = np.array([sd, sd / end])
    loglik = data.loglik(best.x)
    return JointFit(
        tuple(labels), found[:a], found[a : a + b], found[a + b : a + b + g], covariance, float(found[-1]), float(covariance[-1, -1] ** 0.5),
        sd * float(np.exp(best.x[len(scale)])), root @ root.T * np.outer(unit, unit), inner,
        np.exp(best.x[len(scale) + 4 :] - found[-1] * middle) / end, float(loglik - len(value) * np.log(sd) - d.sum() * np.log(end)),
        abs(data.loglik(best.x, NODES + NODES // 2) - loglik), people, int(d.sum()), len(value),
    )  # fmt: skip
