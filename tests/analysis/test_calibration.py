"""Simulation-based calibration of every Bayesian analysis; each time a broken twin, which the same ranks must find out."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from proband.analysis.borrowing import (
    SharePrior,
    beta_prior,
    commensurate_prior,
    map_prior,
    power_prior,
)
from proband.analysis.calibration import calibrate
from proband.analysis.nof1 import SeriesPrior, series_posterior, series_posterior_batch
from proband.analysis.nof1_dates import dated_posterior
from proband.analysis.nof1_hierarchy import PatientSeries, patients_posterior
from proband.analysis.synthesis import normal_hierarchy

pytestmark = pytest.mark.xdist_group("analysis-kernels")
NIGHTLY = bool(os.environ.get("PROBAND_NIGHTLY"))
Generator = np.random.Generator

SERIES = SeriesPrior(slope=-0.3, slope_sd=0.2, log_noise=0.0, level_sd=1.0, change_sd=0.5, points=7)
TIMES = np.arange(-6.0, 8.0)


def drawn_series(rng: Generator, times: np.ndarray, change: float, prior: SeriesPrior = SERIES) -> np.ndarray:
    """One series of the model itself, noise and correlation from the grid of the prior."""
    rhos, noises, logs = prior.grid()
    at = rng.choice(len(rhos), p=np.exp(logs) / np.exp(logs).sum())
    gap = np.abs(np.subtract.outer(times, times))
    noise = np.linalg.cholesky(noises[at] ** 2 * rhos[at] ** gap + 1e-12 * np.eye(len(times))) @ rng.normal(
        size=len(times)
    )
    level, slope = rng.normal(prior.level, prior.level_sd), rng.normal(prior.slope, prior.slope_sd)
    return np.asarray(level + slope * times + change * np.maximum(times, 0) + noise)


def one_patient(rng: Generator, analysed: SeriesPrior = SERIES) -> float:
    change = rng.normal(0, SERIES.change_sd)
    y = drawn_series(rng, TIMES, change)
    return 1 - float(series_posterior_batch(y[None], TIMES, 0.0, analysed, threshold=change)[0, 0])


def dated(rng: Generator, *, guess: bool = False) -> float:
    """Four values before treatment, dated within five weeks each; ``guess`` puts them at the middle."""
    change = rng.normal(0, SERIES.change_sd)
    first = np.array([-24.0, -18.0, -12.0, -6.0, 0.5, 2.0, 3.0, 5.0])
    last = first + np.array([6, 6, 6, 5.5, 0, 0, 0, 0])
    true = rng.uniform(first, last)
    y = drawn_series(rng, true, change)
    found = dated_posterior(
        y, first, last, 0.0, SERIES, threshold=change, draws=16, seed=int(rng.integers(1 << 30))
    )
    return 1 - (found.at_the_middle if guess else found.posterior).probability


def patients(rng: Generator, *, pooled: bool = False) -> float:
    """Four patients of a hierarchy; ``pooled`` analyses them as if they did not differ."""
    mean, tau = rng.normal(0, 0.5), abs(rng.normal(0, 0.4))
    times = np.arange(-4.0, 6.0)
    group = [PatientSeries(drawn_series(rng, times, rng.normal(mean, tau)), times) for _ in range(4)]
    scale = 0.02 if pooled else 0.4
    return (
        1
        - patients_posterior(
            group, SERIES, mean_sd=0.5, tau_scale=scale, threshold=mean, points=21
        ).probability
    )


def schools(rng: Generator, *, narrow: bool = False) -> float:
    mean, tau = rng.normal(0, 5), abs(rng.normal(0, 4))
    error = rng.uniform(2, 6, 6)
    y = rng.normal(rng.normal(mean, tau, 6), error)
    got = normal_hierarchy(
        y, error, prior_sd=5, tau_scale=0.3 if narrow else 4, tau_prior="half-normal", points=400
    )
    return got.mean_below(mean)


def borrowed(
    rng: Generator, made: Callable[[Generator], tuple[SharePrior, float]], sharpen: float = 1.0
) -> float:
    """A share of 25 people under a borrowed prior; ``sharpen`` counts people more than once."""
    prior, truth = made(rng)
    seen = rng.binomial(25, truth)
    return 1 - prior.updated(round(sharpen * seen), round(sharpen * 25)).above(truth)


def from_prior(prior: SharePrior, rng: Generator) -> float:
    """A share from a prior on its grid, evenly within its cell."""
    cell = 1 / len(prior.share)
    return float(rng.choice(prior.share, p=prior.mass) + rng.uniform(-cell / 2, cell / 2))


def plain_beta(rng: Generator) -> tuple[SharePrior, float]:
    prior = beta_prior(2, 5)
    return prior, from_prior(prior, rng)


def power(rng: Generator) -> tuple[SharePrior, float]:
    prior = power_prior(12, 40, 0.3, 1, 1)
    return prior, from_prior(prior, rng)


def commensurate(rng: Generator) -> tuple[SharePrior, float]:
    """The earlier share from Jeffreys' prior, the new one near it."""
    earlier = min(max(rng.beta(0.5, 0.5), 1e-9), 1 - 1e-9)
    seen = int(rng.binomial(30, earlier))
    truth = 1 / (1 + np.exp(-(np.log(earlier / (1 - earlier)) + rng.normal(0, 0.6))))
    return commensurate_prior(seen, 30, 0.6), float(truth)


def predictive(rng: Generator) -> tuple[SharePrior, float]:
    """Three studies and a new one of a meta-analytic predictive prior."""
    centre, tau = rng.normal(0, 1.0), abs(rng.normal(0, 0.5))
    shares = 1 / (1 + np.exp(-rng.normal(centre, tau, 4)))
    studies = [(int(rng.binomial(20, share)), 20) for share in shares[:3]]
    return map_prior(studies, 0.5, mean_sd=1.0), float(shares[3])


def robust(rng: Generator) -> tuple[SharePrior, float]:
    """One in four new shares has nothing to do with the earlier ones."""
    prior = power_prior(12, 40, 0.5, 1, 1).robust(0.25)
    return prior, from_prior(prior, rng)


#: analysis, rounds in `make test`, at night; the honest one and a broken twin
HONEST: dict[str, tuple[int, int, Callable[[Generator], float]]] = {
    "one patient": (300, 20_000, one_patient),
    "one patient, dates unsure": (50, 2_000, dated),
    "several patients": (60, 2_000, patients),
    "normal hierarchy": (500, 20_000, schools),
    "beta-binomial": (500, 20_000, lambda rng: borrowed(rng, plain_beta)),
    "power prior": (500, 20_000, lambda rng: borrowed(rng, power)),
    "commensurate prior": (30, 2_000, lambda rng: borrowed(rng, commensurate)),
    "meta-analytic predictive prior": (30, 1_000, lambda rng: borrowed(rng, predictive)),
    "robust prior": (500, 20_000, lambda rng: borrowed(rng, robust)),
}
BROKEN: dict[str, tuple[int, Callable[[Generator], float]]] = {
    "one patient: the error of a mean as the prior of the slope": (300, lambda rng: one_patient(rng, replace(SERIES, slope_sd=0.02))),
    "one patient: noise taken for half": (300, lambda rng: one_patient(rng, replace(SERIES, log_noise=-1.0, log_noise_sd=0.05))),
    "several patients: as if they did not differ": (90, lambda rng: patients(rng, pooled=True)),
    "normal hierarchy: as if studies did not differ": (500, lambda rng: schools(rng, narrow=True)),
    "beta-binomial: everybody three times": (500, lambda rng: borrowed(rng, plain_beta, 3.0)),
    "power prior: everybody three times": (500, lambda rng: borrowed(rng, power, 3.0)),
    "a rank that is no probability": (50, lambda rng: rng.normal()),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_a_posterior_is_that_of_its_model(name: str) -> None:
    short, long, once = HONEST[name]
    found = calibrate(once, long if NIGHTLY else short, seed=17)
    assert found.holds, (name, found.counts, found.p_distance, found.p_histogram)
    assert "are even" in found.words


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_posterior_is_found_out(name: str) -> None:
    rounds, once = BROKEN[name]
    found = calibrate(once, rounds, seed=17)
    assert not found.holds, (name, found.counts, found.p_distance)
    assert "even" not in found.words or "not even" in found.words


def test_dates_that_are_known_change_nothing_and_dates_that_are_not_cost_certainty() -> None:
    from proband.analysis.result import AnalysisError

    rng = np.random.default_rng(2)
    y = drawn_series(rng, TIMES, 0.6)
    one = series_posterior(y, TIMES, 0.0, SERIES)
    sure = dated_posterior(y, TIMES, TIMES, 0.0, SERIES)
    assert sure.posterior == one
    before = TIMES < 0
    unsure = dated_posterior(
        y,
        np.where(before, TIMES - 3, TIMES),
        np.where(before, np.minimum(TIMES + 3, 0), TIMES),
        0.0,
        SERIES,
        draws=32,
    )
    assert unsure.posterior.sd > one.sd
    assert 1 <= unsure.effective_draws <= 32
    assert (
        dated_posterior(y, TIMES - 0.5 * before, TIMES, 0.0, SERIES, draws=32).posterior
        == dated_posterior(y, TIMES - 0.5 * before, TIMES, 0.0, SERIES, draws=32).posterior
    )
    # at one noise, values that may be wrong by more say less
    still = replace(SERIES, log_noise_sd=1e-6)
    recalled = series_posterior(y, TIMES, 0.0, still, extra_sd=np.where(before, 2.0, 0.0))
    assert recalled.sd > series_posterior(y, TIMES, 0.0, still).sd
    with pytest.raises(AnalysisError, match="across the start"):
        dated_posterior(y, TIMES, TIMES + 3.5, 0.0, SERIES)
    with pytest.raises(AnalysisError, match="across the start"):
        dated_posterior(y, TIMES, TIMES - 1, 0.0, SERIES)


def test_where_the_answer_tips() -> None:
    from proband.analysis.nof1_dates import slope_tipping_point

    rng = np.random.default_rng(5)
    y = drawn_series(rng, TIMES, 1.0)
    at = slope_tipping_point(y, TIMES, 0.0, SERIES, probability=0.975, farthest=3.0)
    assert at is not None
    assert at > SERIES.slope
    for slope, holds in ((at - 0.01, True), (at + 0.01, False)):
        assert (series_posterior(y, TIMES, 0.0, replace(SERIES, slope=slope)).probability > 0.975) is holds
    assert slope_tipping_point(y, TIMES, 0.0, SERIES, probability=0.975, farthest=SERIES.slope + 1e-6) is None
    assert slope_tipping_point(-y, TIMES, 0.0, SERIES, probability=0.975, farthest=3.0) == SERIES.slope


def test_several_patients_against_brute_force_and_at_the_edges() -> None:
    """Two patients: mean and spread by integrating each patient's own likelihood over a fine grid of changes."""
    from proband.analysis.result import AnalysisError

    rng = np.random.default_rng(8)
    times = np.arange(-4.0, 6.0)
    group = [PatientSeries(drawn_series(rng, times, change), times) for change in (0.2, 0.9)]
    got = patients_posterior(group, SERIES, mean_sd=0.5, tau_scale=0.4)
    d = np.linspace(-6, 6, 4001)
    likelihoods = []
    for one in group:
        from proband.analysis.nof1 import series_components

        found = series_components(one.y, one.times, 0.0, SERIES)
        weight = np.exp(found.log_weight - found.log_weight.max())
        density = (
            weight
            * np.exp(-((d[:, None] - found.mean) ** 2) / (2 * found.variance))
            / np.sqrt(found.variance)
        ).sum(axis=1)
        likelihoods.append(density / np.exp(-(d**2) / (2 * SERIES.change_sd**2)))
    mus, taus = np.linspace(-2, 2, 201), np.linspace(0.005, 1.6, 160)
    mass = np.empty((201, 160))
    for j, tau in enumerate(taus):
        kernel = np.exp(-((d[None, :] - mus[:, None]) ** 2) / (2 * tau**2)) / tau
        mass[:, j] = np.prod([kernel @ like for like in likelihoods], axis=0) * np.exp(
            -(mus**2) / 0.5 - tau**2 / (2 * 0.16)
        )
    mass /= mass.sum()
    assert got.mean == pytest.approx(float(mass.sum(axis=1) @ mus), abs=2e-3)
    assert got.tau == pytest.approx(float(mass.sum(axis=0) @ taus), abs=5e-3)
    assert got.probability == pytest.approx(float(mass[mus > 0].sum()), abs=5e-3)
    assert got.effects[0] < got.effects[1]
    assert got.next_sd > got.mean_sd
    assert 0.5 < got.next_probability < got.probability
    # a patient without a value after the start says nothing and breaks nothing
    empty = PatientSeries(np.where(times > 0, np.nan, group[0].y), times)
    wider = patients_posterior([*group, empty], SERIES, mean_sd=0.5, tau_scale=0.4)
    assert wider.mean == pytest.approx(got.mean, abs=0.05)
    with pytest.raises(AnalysisError, match="how patients differ"):
        patients_posterior(group[:1], SERIES, mean_sd=1, tau_scale=1)
