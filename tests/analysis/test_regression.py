"""ANCOVA, proportional odds, ranks and recurrent events against R, SciPy and statsmodels, and kernels against their plain twins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from proband.analysis.ancova import ancova
from proband.analysis.ordinal import proportional_odds, proportional_odds_random, transitions
from proband.analysis.qualification.published import (
    HOUSING_COUNTS,
    SLEEP,
    WINE_CONTACT,
    WINE_JUDGE,
    WINE_RATING,
    WINE_WARM,
)
from proband.analysis.ranks import rank_sum
from proband.analysis.recurrent import mean_number, negative_binomial, proportional_means
from proband.analysis.regression_batch import ancova_batch, proportional_odds_batch, rank_sum_batch
from proband.analysis.result import AnalysisError

from .conftest import Reference

pytestmark = pytest.mark.xdist_group("analysis-kernels")
PLAIN = "the plain reference in NumPy"


def test_wine(anchors: Any) -> None:
    x = np.column_stack([WINE_WARM, WINE_CONTACT])
    fit, want = proportional_odds(WINE_RATING - 1, x, names=["warm", "contact"]), anchors["wine_clm"]
    check = Reference("proportional odds", "R ordinal 2022.11-16 (clm)")
    check.equal(
        "wine: coefficients", np.concatenate([fit.thresholds, fit.beta]), want["coefficients"], within=1e-7
    )
    check.equal(
        "wine: standard errors", np.sqrt(np.diag(fit.covariance)), want["standard errors"], within=1e-7
    )
    check.equal("wine: log-likelihood", fit.loglik, want["log-likelihood"], within=1e-7)
    assert fit.result("warm").shown[0] == pytest.approx(np.exp(fit.beta[0]))
    random, want = proportional_odds_random(WINE_RATING - 1, x, WINE_JUDGE), anchors["wine_clmm"]
    check = Reference("proportional odds, random intercept", "R ordinal 2022.11-16 (clmm)")
    check.equal(
        "wine: coefficients",
        np.concatenate([random.thresholds, random.beta]),
        want["coefficients"],
        within=1e-4,
    )
    check.equal("wine: log-likelihood", random.loglik, want["log-likelihood"], within=1e-4)
    check.equal("wine: SD of judges", random.spread, want["SD of judge"], within=1e-4)


def test_housing(anchors: Any) -> None:
    grid = np.indices((2, 4, 3, 3)).reshape(4, -1)  # contact, type, influence, satisfaction
    contact, kind, influence, satisfaction = grid
    x = np.column_stack(
        [influence == 1, influence == 2, kind == 1, kind == 2, kind == 3, contact == 1]
    ).astype(float)
    fit, want = proportional_odds(satisfaction, x, weights=HOUSING_COUNTS), anchors["housing_polr"]
    check = Reference("proportional odds, weights", "R MASS 7.3-58.2 (polr)")
    check.equal("housing: coefficients", fit.beta, want["coefficients"], within=1e-4)
    check.equal("housing: thresholds", fit.thresholds, want["thresholds"], within=1e-4)
    check.equal("housing: deviance", -2 * fit.loglik, want["deviance"], within=1e-4)
    errors = np.sqrt(np.diag(fit.covariance))
    check.equal(
        "housing: standard errors",
        np.concatenate([errors[2:], errors[:2]]),
        want["standard errors"],
        within=1e-4,
    )


def test_ordinal_refusals_and_steps() -> None:
    with pytest.raises(AnalysisError, match="nobody is in category"):
        proportional_odds([0, 2, 2], [0.0, 1.0, 0.0])
    before, after, who = transitions([[0, 1, -1, 2], [3, -1, -1, -1]])
    assert (before.tolist(), after.tolist(), who.tolist()) == ([0, 1], [1, 2], [0, 0])


def test_sleep(anchors: Any) -> None:
    gap = SLEEP[0] - SLEEP[1]
    paired = ancova(np.concatenate([gap, -gap]), np.repeat([1, 0], 10))
    assert paired.estimate == pytest.approx(2 * anchors["sleep_paired_t"]["t, p, mean difference"][2])
    from scipy.stats import ttest_rel

    test = ttest_rel(*SLEEP)
    Reference("paired t test (SciPy, as used)", "R 4.2.2").equal(
        "sleep",
        [test.statistic, test.pvalue, gap.mean()],
        anchors["sleep_paired_t"]["t, p, mean difference"],
        within=1e-8,
    )
    ranks = rank_sum(SLEEP.ravel(), np.repeat([1, 0], 10))
    Reference("Wilcoxon rank sum", "R 4.2.2").equal(
        "sleep: p", ranks.p, anchors["sleep_wilcoxon"]["p"], within=1e-8
    )


def test_ranks_against_scipy() -> None:
    rng = np.random.default_rng(2)
    y, arm = rng.normal(size=23), np.arange(23) % 2
    exact = rank_sum(y, arm)
    assert exact.p == pytest.approx(mannwhitneyu(y[arm == 1], y[arm == 0], method="exact").pvalue)
    assert exact.low < exact.estimate < exact.high
    moved = rank_sum(y + 5.0 * arm, arm)
    assert moved.low <= exact.low + 5.0 <= moved.high
    strata = np.arange(23) // 12
    once = rank_sum(y, arm, strata=np.zeros(23))
    assert once.p == pytest.approx(rank_sum(np.round(y, 12), arm, continuity=False, strata=np.zeros(23)).p)
    assert 0 < rank_sum(y, arm, strata=strata).p < 1  # type: ignore[operator]
    # one stratum is none: the same shift and bounds
    plain = rank_sum(y, arm)
    assert (once.low, once.estimate, once.high) == (plain.low, plain.estimate, plain.high)


def test_the_shift_within_strata_is_where_the_stratified_test_turns() -> None:
    """Strata far apart and unequally mixed: gaps across them say nothing of the shift, and the bounds are where van Elteren's p is 5 %."""
    rng = np.random.default_rng(8)
    strata = np.repeat([0, 1, 2], [14, 20, 31])
    arm = np.concatenate([np.arange(n) < k for n, k in ((14, 10), (20, 10), (31, 9))]).astype(int)
    y = 2.0 * arm + 10.0 * strata + rng.normal(size=65)
    got = rank_sum(y, arm, strata=strata)
    assert got.low < 2.0 < got.high
    assert got.high - got.low < 2.0

    def z(shift: float) -> float:
        return rank_sum(y - shift * arm, arm, strata=strata).statistic or 0.0

    assert z(got.estimate - 1e-6) >= 0 >= z(got.estimate + 1e-6)
    # the bounds are the last gaps beyond which the test rejects
    gaps = [
        b - a for k in range(3) for b in y[(strata == k) & (arm == 1)] for a in y[(strata == k) & (arm == 0)]
    ]
    assert got.low == max(g for g in gaps if z(g + 1e-9) >= 1.959964)
    assert got.high == min(g for g in gaps if z(g - 1e-9) <= -1.959964)
    assert rank_sum(y, arm, strata=strata, confidence=0.5).high < got.high


def test_ancova_is_least_squares() -> None:
    rng = np.random.default_rng(5)
    n = 41
    arm, base, site = np.arange(n) % 2, rng.normal(size=n), np.arange(n) % 3 == 0
    y = 1 + 0.5 * arm + 0.8 * base + rng.normal(size=n)
    y[3] = np.nan
    got = ancova(y, arm, np.column_stack([base, site]), unit="points")
    keep = np.isfinite(y)
    x = np.column_stack([np.ones(n), arm, base, site])[keep]
    beta, rest, *_ = np.linalg.lstsq(x, y[keep], rcond=None)
    assert got.estimate == pytest.approx(beta[1])
    assert got.degrees_of_freedom == 36
    assert got.standard_error == pytest.approx(float(np.sqrt(rest[0] / 36 * np.linalg.inv(x.T @ x)[1, 1])))
    assert got.diagnostics["left_out"] == 1
    hat = x @ np.linalg.inv(x.T @ x) @ x.T
    u = (y[keep] - x @ beta) / (1 - np.diag(hat))
    meat = np.linalg.inv(x.T @ x) @ (x.T * u**2) @ x @ np.linalg.inv(x.T @ x)
    assert ancova(y, arm, np.column_stack([base, site]), robust=True).standard_error == pytest.approx(
        meat[1, 1] ** 0.5
    )
    with pytest.raises(AnalysisError, match="do not determine"):
        ancova(y, np.ones(n))


def test_rates_have_the_likelihood_of_scipy() -> None:
    from scipy.optimize import minimize
    from scipy.stats import nbinom

    rng = np.random.default_rng(9)
    arm, followed = np.arange(80) % 2, rng.uniform(0.5, 2, 80)
    counts = rng.poisson(followed * np.exp(0.4 - 0.5 * arm) * rng.gamma(1.5, 1 / 1.5, 80))
    fit = negative_binomial(counts, followed, arm, names=["arm"])

    def loss(v: np.ndarray) -> float:
        mean, r = followed * np.exp(v[0] + v[1] * arm), np.exp(-v[2])
        return -float(nbinom.logpmf(counts, r, r / (r + mean)).sum())

    best = minimize(
        loss,
        np.array([0.0, 0.0, 0.0]),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000},
    )
    check = Reference("negative binomial rates", "SciPy's likelihood, maximised")
    check.equal("coefficients", fit.beta, best.x[:2], within=1e-5)
    check.equal("dispersion", fit.dispersion, np.exp(best.x[2]), within=1e-4)
    check.equal("log-likelihood", fit.loglik, -best.fun, within=1e-8)
    poisson = negative_binomial([1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 0, 1])
    assert poisson.dispersion == 0.0


def test_mean_number_with_death_by_hand() -> None:
    """Three people; events at 1 (first), 2 (second), 4 (third); the second dies at 3: 1/3, then 2/3, then 2/3 + 2/3 · 1/2."""
    got = mean_number([[1.0], [2.0], [4.0]], [5.0, 3.0, 5.0], [False, True, False], [0.5, 1, 2, 3, 4])
    np.testing.assert_allclose(got, [0, 1 / 3, 2 / 3, 2 / 3, 1.0])
    fit = proportional_means([[1.0, 2.5], [2.0], [4.0], []], [5.0, 3.0, 5.0, 4.5], np.array([0, 1, 0, 1.0]))
    assert fit.events == 4
    assert np.isfinite(fit.robust).all()


def test_kernels_equal_the_plain_references() -> None:
    rng = np.random.default_rng(1)
    sets, people = 8, 45
    arm = np.arange(people) % 2
    z = rng.normal(size=(sets, people, 2))
    y = z[:, :, 0] + rng.normal(size=(sets, people))
    y[rng.random(y.shape) < 0.1] = np.nan
    fast, plain = (ancova_batch(y, arm, z, engine=engine) for engine in ("kernel", "plain"))
    for field in ("estimate", "standard_error", "degrees_of_freedom"):
        Reference("ANCOVA batch kernel", PLAIN).equal(
            field, getattr(fast, field), getattr(plain, field), within=1e-10
        )
    Reference("ANCOVA batch kernel", PLAIN).equal("p", fast.p_values(), plain.p_values(), within=1e-10)
    tied = np.round(y, 1)
    Reference("rank-sum batch kernel", PLAIN).equal(
        "z",
        rank_sum_batch(tied, arm, engine="kernel"),
        rank_sum_batch(tied, arm, engine="plain"),
        within=1e-10,
    )
    category = np.clip(np.round(y + 2), 0, 4)
    category = np.where(np.isnan(category), -1, category).astype(int)
    category[0] = np.where(category[0] == 3, 2, category[0])  # one data set lacks a category
    x = np.concatenate([np.broadcast_to(arm, (sets, people))[:, :, None], z], axis=2).astype(float)
    fast, plain = (proportional_odds_batch(category, x, 5, engine=engine) for engine in ("kernel", "plain"))
    assert np.isnan(fast.estimate[0])
    for field in ("estimate", "standard_error"):
        Reference("proportional-odds batch kernel", PLAIN).equal(
            field, getattr(fast, field), getattr(plain, field), within=1e-8
        )


def test_nominal_error_without_an_effect() -> None:
    """5,000 data sets of 60 people: ANCOVA, ranks and proportional odds reject 5 % within three Monte-Carlo errors (odds: Wald, + 0.6 points)."""
    rng = np.random.default_rng(3)
    sets, people = 5000, 60
    arm = np.arange(people) % 2
    base = rng.normal(size=(sets, people))
    y = 0.7 * base + rng.normal(size=(sets, people))
    error = 3 * np.sqrt(0.05 * 0.95 / sets)
    assert abs((ancova_batch(y, arm, base[:, :, None]).p_values() < 0.05).mean() - 0.05) < error
    assert abs((np.abs(rank_sum_batch(y, arm)) > 1.959964).mean() - 0.05) < error + 0.002
    category = np.digitize(y, [-1.0, 0.0, 1.0])
    rate = (proportional_odds_batch(category, arm[:, None].astype(float), 4).p_values() < 0.05).mean()
    assert abs(rate - 0.05) < error + 0.006


@pytest.mark.parametrize("level", [0.0, 1e6], ids=["around zero", "around a million"])
@pytest.mark.parametrize("noise", [1.0, 1e-5], ids=["noise", "nearly a line"])
def test_the_ancova_kernel_keeps_its_digits(level: float, noise: float) -> None:
    """A large level of outcome and covariate, and an outcome that is nearly a line of the covariate: sums of squares that nearly cancel."""
    rng = np.random.default_rng(4)
    arm, z = np.arange(60) % 2, rng.normal(size=(5, 60, 1)) + level
    y = z[:, :, 0] + level + noise * rng.normal(size=(5, 60))
    for d, (estimate, error) in enumerate(_centred(y[d], arm, z[d, :, 0]) for d in range(5)):
        for engine in ("kernel", "plain"):
            got = ancova_batch(y[d : d + 1], arm, z[d : d + 1], engine=engine)
            assert float(got.estimate[0]) == pytest.approx(estimate, abs=1e-8 * error)
            assert float(got.standard_error[0]) == pytest.approx(error, rel=1e-8)


def _centred(y: np.ndarray, arm: np.ndarray, z: np.ndarray) -> tuple[float, float]:
    """Adjusted difference and its standard error in extended precision, by the two normal equations of centred columns."""
    y, a, z = (v.astype(np.longdouble) - v.astype(np.longdouble).mean() for v in (y, arm, z))
    cut = a @ a * (z @ z) - (a @ z) ** 2
    slope, other = (a @ y * (z @ z) - a @ z * (z @ y)) / cut, (z @ y * (a @ a) - a @ z * (a @ y)) / cut
    left = y - slope * a - other * z
    return float(slope), float(np.sqrt(left @ left / (len(y) - 3) * (z @ z) / cut))


def test_the_ancova_kernel_leaves_out_whoever_lacks_a_covariate() -> None:
    rng = np.random.default_rng(5)
    arm, z = np.arange(40) % 2, rng.normal(size=(3, 40, 2))
    y = z[:, :, 0] + rng.normal(size=(3, 40))
    z[:, ::7, 1] = np.nan
    fast, plain = (ancova_batch(y, arm, z, engine=engine) for engine in ("kernel", "plain"))
    np.testing.assert_allclose(fast.estimate, plain.estimate, rtol=1e-10)
    np.testing.assert_array_equal(fast.degrees_of_freedom, plain.degrees_of_freedom)
    assert np.isfinite(fast.estimate).all()
