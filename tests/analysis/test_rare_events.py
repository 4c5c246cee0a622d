"""Synthesis of rare events: exact answers against R, SciPy and brute force, and where nothing can be learnt."""

from __future__ import annotations

import itertools
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, nchypergeom_fisher
from scipy.stats.contingency import odds_ratio

from proband.analysis.qualification.published import CATHETERS, RABBITS
from proband.analysis.qualification.sequence import RARE
from proband.analysis.rare_events import beta_binomial, exact_odds_ratio, exact_random_effects
from proband.analysis.result import AnalysisError

from .conftest import Reference

counts = st.integers(0, 6)


@given(counts, st.integers(6, 15), counts, st.integers(6, 15))
@settings(max_examples=25, deadline=None)
def test_one_study_is_fishers_table(a: int, m: int, c: int, n: int) -> None:
    if a + c in (0, m + n):
        with pytest.raises(AnalysisError, match="nobody or in everybody"):
            exact_odds_ratio(a, m, c, n)
        return
    theirs = odds_ratio([[a, m - a], [c, n - c]], kind="conditional")
    bounds = theirs.confidence_interval(0.95)
    got = exact_odds_ratio(a, m, c, n)
    np.testing.assert_allclose(got.shown[:2], (theirs.statistic, bounds.low), rtol=1e-6, atol=1e-9)
    if np.isfinite(bounds.high):
        assert got.shown[2] == pytest.approx(bounds.high, rel=1e-6)


def test_strata_by_brute_force() -> None:
    """Every table of three studies with these margins, weighed at an odds ratio of 2.5: tails, mean and point probability."""
    studies = [(1, 5, 2, 4), (0, 3, 2, 6), (3, 7, 1, 3)]
    margins = [(m, n, a + c) for a, m, c, n in studies]
    seen = sum(a for a, *_ in studies)
    mass: dict[int, float] = {}
    null: dict[int, float] = {}
    ranges = [range(max(0, t - n), min(m, t) + 1) for m, n, t in margins]
    got = exact_odds_ratio(*np.array(studies).T)
    top = got.shown[2]
    for table in itertools.product(*ranges):
        ways = np.prod([comb(m, x) * comb(n, t - x) for x, (m, n, t) in zip(table, margins, strict=True)])
        total = sum(table)
        mass[total] = mass.get(total, 0.0) + float(ways) * top**total
        null[total] = null.get(total, 0.0) + float(ways)
    below = sum(v for k, v in mass.items() if k <= seen) / sum(mass.values())
    assert below == pytest.approx(0.025, abs=1e-9)
    p = sum(v for v in null.values() if v <= null[seen] * (1 + 1e-7)) / sum(null.values())
    assert got.p == pytest.approx(p)


def test_studies_without_any_event_say_nothing_and_cost_nothing() -> None:
    few = exact_odds_ratio(*RARE)
    more = exact_odds_ratio(*np.column_stack([RARE, [0, 500, 0, 480]]))
    assert few.shown == more.shown
    assert more.diagnostics["studies that say nothing"] == 1
    random, wider = (
        exact_random_effects(*CATHETERS.T),
        exact_random_effects(*np.vstack([CATHETERS, [0, 9, 0, 9]]).T),
    )
    assert random.estimate == pytest.approx(wider.estimate, abs=1e-9)
    # arms swapped: the mirror
    swapped = exact_odds_ratio(*RARE[[2, 3, 0, 1]])
    np.testing.assert_allclose(np.log(swapped.shown), -np.log(few.shown)[[0, 2, 1]], atol=1e-9)
    assert exact_random_effects(*CATHETERS[:, [2, 3, 0, 1]].T).estimate == pytest.approx(
        -random.estimate, abs=1e-5
    )


def test_the_likelihood_is_scipys_and_without_variation_that_of_a_common_odds_ratio() -> None:
    got = exact_random_effects(*RARE)
    assert got.diagnostics["tau"] == 0.0
    assert got.estimate == pytest.approx(exact_odds_ratio(*RARE).estimate, abs=1e-4)
    a, m, c, n = RARE
    value = sum(
        nchypergeom_fisher.logpmf(x, int(M + N), int(x + y), int(M), np.exp(got.estimate))
        for x, M, y, N in zip(a, m, c, n, strict=True)
    )
    assert got.diagnostics["loglik"] == pytest.approx(value, abs=1e-8)


def test_error_of_the_exact_test_stays_below_its_name() -> None:
    """Four studies, no effect, baseline shares of 1 to 6 %: 600 syntheses, two-sided 5 % and one-sided 2.5 %."""
    rng = np.random.default_rng(11)
    m, n, share = np.array([30, 40, 60, 50]), np.array([30, 45, 60, 25]), np.array([0.01, 0.03, 0.06, 0.04])
    outside, covered = 0, 0
    for _ in range(600):
        try:
            got = exact_odds_ratio(rng.binomial(m, share), m, rng.binomial(n, share), n)
        except AnalysisError:
            covered += 1
            continue
        covered += got.low <= 0 <= got.high
        outside += float(got.diagnostics["p_less"] or 1) <= 0.025
    assert covered / 600 > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 600)
    assert outside / 600 <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / 600)


def test_beta_binomial_has_the_likelihood_of_scipy() -> None:
    events, people = (
        np.concatenate([CATHETERS[:, 0], CATHETERS[:, 2]]),
        np.concatenate([CATHETERS[:, 1], CATHETERS[:, 3]]),
    )
    arm = np.repeat([True, False], 18)
    got = beta_binomial(events, people, arm)
    correlation = float(got.diagnostics["correlation"] or 0)
    size = (1 - correlation) / correlation

    def loglik(intercept: float, effect: float, size: float) -> float:
        share = 1 / (1 + np.exp(-(intercept + effect * arm)))
        return float(betabinom.logpmf(events, people, share * size, (1 - share) * size).sum())

    from scipy.optimize import minimize

    theirs = minimize(
        lambda v: -loglik(v[0], v[1], float(np.exp(v[2]))),
        [-3.5, -1.0, 3.0],
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-11, "maxiter": 4000},
    )
    check = Reference("beta-binomial model of arms", "SciPy's likelihood, maximised")
    check.equal("log odds ratio", got.estimate, theirs.x[1], within=1e-4)
    check.equal("log-likelihood", float(got.diagnostics["loglik"] or 0), -theirs.fun, within=1e-7)
    check.equal("size", np.log(size), theirs.x[2], within=1e-3)
    assert got.estimate < 0 < float(got.standard_error or 0)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(AnalysisError, match="cannot be"):
        exact_odds_ratio([1, 9], [5, 5], [0, 0], [5, 5])
    with pytest.raises(AnalysisError, match="cannot be"):
        exact_odds_ratio([0.5], [5], [1], [5])
    with pytest.raises(AnalysisError, match="no table of studies"):
        exact_odds_ratio([1, 2], [5], [0], [5])
    with pytest.raises(AnalysisError, match="cannot be combined"):
        exact_random_effects([1, 0], [5, 5], [1, 0], [5, 5])
    with pytest.raises(AnalysisError, match="no finite estimate"):
        exact_random_effects([0, 0, 0], [50, 50, 50], [9, 9, 9], [50, 50, 50])
    with pytest.raises(AnalysisError, match="no finite estimate"):
        beta_binomial([0, 0, 3, 4], [50, 50, 50, 50], [True, True, False, False])
    with pytest.raises(AnalysisError, match="1 groups"):
        beta_binomial([1, 2], [50, 50], [True, True])
    # certainly more and certainly fewer: an open end is said as such
    open_end = exact_odds_ratio(*RABBITS[[2]].T)
    assert open_end.shown[0] == np.inf
    assert "no limit" in open_end.words
