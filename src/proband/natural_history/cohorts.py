"""Partial pooling of published proportions: a logistic-normal model with random effects over registries and cohorts.

For row *i* (one cohort, one kind of people) the events are binomial with probability ``p_i = Σ_l w_il expit(η_il)``,
where *l* runs over strata and ``w`` is the mix of strata that the row covers, because many series
print only "all levels". The linear predictor is ``η = x·β + u_registry + v_cohort + d_registry·t`` with
``u, v ~ N(0, τ²/2)`` each, so that ``τ²`` is the whole variance of a new cohort from a new registry, and ``d`` a
registry's own drift over calendar time ``t``.

Fitting is deterministic: on a grid of ``τ`` the posterior of the coefficients is approximated at its mode (Laplace),
draws from that are re-weighted to the exact posterior (sampling importance resampling). Predictions for a new cohort
draw fresh ``u``, ``v`` and ``d``. See Gelman et al., *Bayesian Data Analysis* (3rd ed.), sections 5.4, 10.4 and 13.3;
Rue, Martino, Chopin, J R Stat Soc B 2009;71:319 for the grid of hyperparameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.elementary import expit, logsumexp

Array = NDArray[np.float64]

#: total between-cohort standard deviations (logit scale) on which the posterior is evaluated
TAU_GRID: Array = np.concatenate([[0.02, 0.06], np.arange(0.1, 2.01, 0.1)])
_SEED = 20200917


@dataclass(frozen=True, slots=True)
class CohortRows:
    """Published counts ready for fitting.

    Attributes
    ----------
    events, n
        Counts, shape (R,); not necessarily whole where a share without a denominator carries a stand-in weight.
    mix
        Share of each stratum in each row, shape (R, L), rows summing to 1.
    covariates
        Row covariates, shape (R, K): anything but intercept, strata and calendar time.
    time
        Calendar time of each row in decades from the reference year, shape (R,).
    registry, cohort
        Index of each row's registry and cohort, shape (R,).
    """

    events: Array
    n: Array
    mix: Array
    covariates: Array
    time: Array
    registry: NDArray[np.int64]
    cohort: NDArray[np.int64]

    def without(self, cohort: int) -> CohortRows:
        """The rows of every other cohort (for leave-one-out prediction)."""
        keep = self.cohort != cohort
        return CohortRows(
            self.events[keep],
            self.n[keep],
            self.mix[keep],
            self.covariates[keep],
            self.time[keep],
            self.registry[keep],
            self.cohort[keep],
        )


@dataclass(frozen=True, slots=True)
class Priors:
    """Weakly informative priors on the logit scale, as (mean, sd).

    ``strata`` is the difference of every further stratum from the first; ``drift`` the change per decade common to
    registries; ``drift_sd`` the spread of a registry's own drift; ``tau_scale`` the half-normal scale of ``τ``.
    """

    intercept: tuple[float, float] = (-0.5, 1.5)
    strata: tuple[float, float] = (-0.5, 0.75)
    covariates: tuple[tuple[float, float], ...] = ()
    drift: tuple[float, float] = (0.0, 0.5)
    drift_sd: float = 0.4
    tau_scale: float = 0.6


@dataclass(frozen=True, slots=True)
class Posterior:
    """Posterior draws of the coefficients and of ``τ``.

    ``beta`` has shape (S, 1 + (L-1) + K + 1): intercept, strata, covariates, common drift. ``effective`` is the
    effective sample size of the importance weights (of ``S`` draws).
    """

    beta: Array
    tau: Array
    drift_sd: float
    n_strata: int
    effective: float

    def linear_predictor(self, stratum: int, covariates: Array, time: float | Array) -> Array:
        """η of the average cohort for one stratum: shape (S,). ``covariates`` (K,), ``time`` scalar or (S,)."""
        eta = self.beta[:, 0].copy()
        if stratum:
            eta += self.beta[:, stratum]
        k = self.n_strata
        if covariates.size:
            eta += self.beta[:, k : k + covariates.size] @ covariates
        result: Array = eta + self.beta[:, -1] * time
        return result

    def new_cohort(
        self, stratum: int, covariates: Array, time: float | Array, z: Array, z_drift: Array
    ) -> Array:
        """Probability in a cohort of a registry never seen, given standard normal draws ``z``, ``z_drift`` (S,)."""
        eta = self.linear_predictor(stratum, covariates, time)
        out: Array = expit(eta + self.tau * z + self.drift_sd * np.asarray(time) * z_drift)
        return out


def _design(rows: CohortRows, strata: int) -> tuple[Array, int]:
    """Design matrices of every stratum, shape (L, R, P), and the number of fixed columns."""
    r = len(rows.n)
    k = rows.covariates.shape[1]
    registries, cohorts = int(rows.registry.max()) + 1, int(rows.cohort.max()) + 1
    fixed = 1 + (strata - 1) + k + 1
    p = fixed + 2 * registries + cohorts
    x = np.zeros((strata, r, p))
    index = np.arange(r)
    for level in range(strata):
        x[level, :, 0] = 1.0
        if level:
            x[level, :, level] = 1.0
        x[level, :, strata : strata + k] = rows.covariates
        x[level, :, fixed - 1] = rows.time
        x[level, index, fixed + rows.registry] = 1.0
        x[level, index, fixed + registries + rows.registry] = rows.time
        x[level, index, fixed + 2 * registries + rows.cohort] = 1.0
    return x, fixed


def _prior(rows: CohortRows, priors: Priors, strata: int, p: int, tau: float) -> tuple[Array, Array]:
    registries = int(rows.registry.max()) + 1
    mean, sd = np.zeros(p), np.empty(p)
    pairs = [priors.intercept, *[priors.strata] * (strata - 1), *priors.covariates, priors.drift]
    for i, (m, s) in enumerate(pairs):
        mean[i], sd[i] = m, s
    fixed = len(pairs)
    sd[fixed : fixed + registries] = tau / np.sqrt(2.0)
    sd[fixed + registries : fixed + 2 * registries] = priors.drift_sd
    sd[fixed + 2 * registries :] = tau / np.sqrt(2.0)
    return mean, sd


def _log_likelihood(theta: Array, x: Array, rows: CohortRows) -> Array:
    """Log likelihood of coefficient vectors ``theta`` (S, P): shape (S,)."""
    eta = np.einsum("lrp,sp->slr", x, theta)
    p = np.einsum("rl,slr->sr", rows.mix, expit(eta))
    p = np.clip(p, 1e-12, 1.0 - 1e-12)
    out: Array = (rows.events * np.log(p) + (rows.n - rows.events) * np.log1p(-p)).sum(axis=1)
    return out


def _mode(x: Array, rows: CohortRows, mean: Array, sd: Array, start: Array) -> tuple[Array, Array]:
    """Posterior mode and the (positive definite) negative Hessian there, by damped Newton steps."""
    theta = start.copy()
    precision = 1.0 / sd**2

    def objective(t: Array) -> float:
        return float(_log_likelihood(t[None], x, rows)[0] - 0.5 * np.sum(((t - mean) / sd) ** 2))

    value = objective(theta)
    hessian = np.diag(precision)
    for _ in range(60):
        q = expit(np.einsum("lrp,p->lr", x, theta))
        slope = q * (1.0 - q)
        p = np.clip(np.einsum("rl,lr->r", rows.mix, q), 1e-12, 1 - 1e-12)
        dp = np.einsum("rl,lr,lrp->rp", rows.mix, slope, x)
        g = rows.events / p - (rows.n - rows.events) / (1 - p)
        gradient = dp.T @ g - precision * (theta - mean)
        # expected information: positive definite everywhere, and equal to the observed one where the fit is exact
        hessian = (dp * (rows.n / (p * (1 - p)))[:, None]).T @ dp + np.diag(precision)
        step = np.linalg.solve(hessian, gradient)
        scale = 1.0
        while scale > 1e-6:
            trial = theta + scale * step
            new = objective(trial)
            if new >= value - 1e-12:
                break
            scale /= 2.0
        theta, gain = trial, new - value
        value = new
        if np.max(np.abs(step * scale)) < 1e-9 or (0 <= gain < 1e-13):
            break
    return theta, hessian


def fit(rows: CohortRows, priors: Priors, *, draws: int = 4000, candidates: int = 12000) -> Posterior:
    """Fit the model to published counts.

    Parameters
    ----------
    rows
        The counts with their covariates.
    priors
        Priors; ``priors.covariates`` must have one pair per column of ``rows.covariates``.
    draws
        Posterior draws returned.
    candidates
        Draws from the approximation before they are re-weighted.

    Returns
    -------
    Posterior
        The same for the same rows and priors: the random numbers are seeded here.
    """
    strata = rows.mix.shape[1]
    x, fixed = _design(rows, strata)
    p = x.shape[2]
    modes, factors, marginal = [], [], []
    start, _ = _prior(rows, priors, strata, p, 0.5)
    for tau in TAU_GRID:
        mean, sd = _prior(rows, priors, strata, p, float(tau))
        theta, hessian = _mode(x, rows, mean, sd, start)
        start = theta
        factor = np.linalg.cholesky(hessian)
        log_joint = (
            _log_likelihood(theta[None], x, rows)[0]
            - 0.5 * np.sum(((theta - mean) / sd) ** 2)
            - np.sum(np.log(sd))
            - 0.5 * (tau / priors.tau_scale) ** 2
        )
        width = 0.05 if tau < 0.1 else 0.1
        modes.append(theta)
        factors.append(factor)
        marginal.append(log_joint - np.sum(np.log(np.diag(factor))) + np.log(width))
    weights = np.exp(np.array(marginal) - logsumexp(marginal))
    rng = np.random.Generator(np.random.Philox(_SEED))
    counts = np.floor(weights * candidates + rng.random()).astype(int)
    all_theta, all_tau, log_weight = [], [], []
    for i, tau in enumerate(TAU_GRID):
        if counts[i] == 0:
            continue
        z = (
            rng.standard_normal((counts[i], p)) * 1.1
        )  # a little wider than the approximation, for safe weights
        theta = modes[i] + np.linalg.solve(factors[i].T, z.T).T
        mean, sd = _prior(rows, priors, strata, p, float(tau))
        target = _log_likelihood(theta, x, rows) - 0.5 * np.sum(((theta - mean) / sd) ** 2, axis=1)
        peak = _log_likelihood(modes[i][None], x, rows)[0] - 0.5 * np.sum(((modes[i] - mean) / sd) ** 2)
        all_theta.append(theta)
        all_tau.append(np.full(counts[i], tau))
        log_weight.append((target - peak) + 0.5 * np.sum((z / 1.1) ** 2, axis=1))
    theta, tau_all, logw = np.concatenate(all_theta), np.concatenate(all_tau), np.concatenate(log_weight)
    w = np.exp(logw - logw.max())
    w = np.minimum(w, 50.0 * np.median(w))  # no single draw may carry the sample
    w /= w.sum()
    position = (np.arange(draws) + rng.random()) / draws
    chosen = np.searchsorted(np.cumsum(w), position).clip(0, len(w) - 1)
    rng.shuffle(chosen)
    return Posterior(
        beta=theta[chosen][:, :fixed],
        tau=tau_all[chosen],
        drift_sd=priors.drift_sd,
        n_strata=strata,
        effective=float(1.0 / np.sum(w**2)) / len(w) * draws,
    )
