"""Exact answers against SciPy, brute force and published designs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, binom, fisher_exact, poisson_binom

from proband.analysis.exact import (
    at_least,
    at_most,
    binomial,
    design_for_means,
    design_for_shares,
    fisher,
    fisher_power,
    predicted_at_least,
    predicted_counts,
    sum_distribution,
    t_power,
)
from proband.analysis.proportions import beta_quantiles


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_fisher_agrees_with_scipy(n1: int, n0: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n0))
    mine = fisher(a, n1, b, n0)
    table = [[a, n1 - a], [b, n0 - b]]
    assert mine.two_sided == pytest.approx(fisher_exact(table)[1], abs=1e-9)
    assert mine.one_sided == pytest.approx(fisher_exact(table, alternative="greater")[1], abs=1e-9)


def test_power_of_fishers_test_by_brute_force() -> None:
    n, p1, p0 = 12, 0.7, 0.2
    power = sum(
        binom.pmf(a, n, p1) * binom.pmf(b, n, p0)
        for a in range(n + 1)
        for b in range(n + 1)
        if fisher_exact([[a, n - a], [b, n - b]])[1] <= 0.05
    )
    assert fisher_power(n, p1, p0) == pytest.approx(power, abs=1e-9)


def test_design_reaches_its_power_and_one_person_fewer_does_not() -> None:
    d = design_for_shares(0.2, 0.2)
    assert d.per_arm is not None
    assert 85 <= d.per_arm <= 95  # Casagrande, Pike, Smith 1978: 91 per arm for 0.2 against 0.4
    assert fisher_power(d.per_arm, 0.4, 0.2) >= 0.8
    assert min(fisher_power(d.per_arm - k, 0.4, 0.2) for k in (1, 2, 3)) < 0.8


@given(st.integers(0, 300), st.floats(0.0, 1.0))
def test_the_binomial_distribution_is_scipys(n: int, share: float) -> None:
    assert binomial(n, share) == pytest.approx(binom.pmf(np.arange(n + 1), n, share), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 25), st.floats(0.0, 1.0)), min_size=1, max_size=4))
def test_the_sum_over_groups_is_scipys_poisson_binomial(groups: list[tuple[int, float]]) -> None:
    mine = sum_distribution([n for n, _ in groups], [p for _, p in groups])
    theirs = poisson_binom([p for n, p in groups for _ in range(n)]).pmf(np.arange(len(mine)))
    assert mine == pytest.approx(theirs, abs=1e-11)
    assert mine.sum() == pytest.approx(1.0)
    assert at_least(mine, 1) + at_most(mine, 0) == pytest.approx(1.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.floats(0.5, 20.0), st.floats(0.5, 20.0), st.floats(0.5, 0.99))
def test_prediction_over_beta_cohorts_is_the_beta_binomial(n: int, a: float, b: float, width: float) -> None:
    """Averaging binomials over many quantiles of a beta distribution gives the beta-binomial, whose form is known."""
    shares = beta_quantiles(a / (a + b), a * b / ((a + b) ** 2 * (a + b + 1)), (np.arange(4000) + 0.5) / 4000)
    truth = betabinom(n, a, b)
    for events in {0, n // 2, n}:
        assert predicted_at_least(events, n, shares) == pytest.approx(truth.sf(events - 1), abs=2e-3)
    low, high = predicted_counts(n, shares, width)
    tail = (1.0 - width) / 2.0
    assert 0 <= low <= high <= n
    assert truth.cdf(low) >= tail - 2e-3 >= truth.cdf(low - 1) - 4e-3
    assert truth.cdf(high) >= 1 - tail - 2e-3 >= truth.cdf(high - 1) - 4e-3


def test_a_prediction_stays_among_the_people() -> None:
    assert predicted_counts(4, np.array([1.0])) == (4, 4)
    assert predicted_counts(4, np.array([0.0])) == (0, 0)
    # two cohorts, nothing and everything: either may come
    assert predicted_counts(10, np.array([0.0, 1.0])) == (0, 10)
    assert predicted_at_least(1, 10, np.array([0.0, 1.0])) == 0.5
    with pytest.raises(ValueError, match="cannot be predicted"):
        predicted_at_least(3, 2, np.array([0.5]))
    with pytest.raises(ValueError, match="cannot be predicted"):
        predicted_at_least(1, 2, np.array([]))


@pytest.mark.parametrize(
    ("n", "difference", "power"), [(20, 1.0, 0.8689530277), (5, 0.3, 0.07045960294), (64, 0.5, 0.8014595579)]
)
def test_power_of_the_t_test_is_that_of_r(n: int, difference: float, power: float) -> None:
    """R 4.2, power.t.test(n, delta, sd = 1, strict = TRUE)."""
    assert t_power(n, difference, 1.0) == pytest.approx(power, abs=1e-8)


def test_people_for_a_difference_of_means_are_those_of_r() -> None:
    """R 4.2, power.t.test(delta = 5, sd = 10, power = 0.8): n = 63.77."""
    found = design_for_means(5.0, 10.0, "points")
    assert found.per_arm == 64
    assert found.power >= 0.8


def test_a_difference_of_means_that_is_too_small_names_how_far_was_looked() -> None:
    found = design_for_means(0.01, 10.0, "points")
    assert (found.per_arm, found.limit) == (None, 5000)
    assert design_for_means(0.5, 10.0, "points", limit=200).limit == 200
