"""Intervals and distributions of shares against published figures and against their definitions."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from proband.analysis.exact import binomial_tail
from proband.analysis.proportions import (
    beta_quantiles,
    clopper_pearson,
    jeffreys_quantiles,
    logit_standard_error,
    newcombe,
    wilson,
    zero_upper,
)

from .conftest import Reference

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(("n", "per_100"), [(1, 95), (10, 26), (20, 14), (56, 5)])
def test_zero_of_n_could_still_be_as_high_as(n: int, per_100: int) -> None:
    assert round(100 * zero_upper(n)) == per_100


def test_seven_of_ten_is_35_to_93_exact_and_40_to_89_wilson() -> None:
    exact, score = clopper_pearson(7, 10), wilson(7, 10)
    assert [round(100 * x) for x in (exact.low, exact.high)] == [35, 93]
    assert [round(100 * x) for x in (score.low, score.high)] == [40, 89]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [((18, 26), (10, 24), (28, 0, 50)), ((8, 26), (9, 24), (-7, -31, 18)), ((41, 56), (30, 54), (18, 0, 34))],
)
def test_differences_with_newcombes_interval(
    first: tuple[int, int], second: tuple[int, int], expected: tuple[int, int, int]
) -> None:
    found = newcombe(*first, *second)
    assert (round(100 * found.estimate), round(100 * found.low), round(100 * found.high)) == expected


def test_newcombes_own_first_example() -> None:
    """Newcombe 1998, table II, (a) 56/70 - 48/80, method 10: 0.0524 to 0.3339."""
    found = newcombe(56, 70, 48, 80)
    assert found.low == pytest.approx(0.0524, abs=5e-5)
    assert found.high == pytest.approx(0.3339, abs=5e-5)


@pytest.mark.parametrize(
    ("events", "n", "exact", "score"),
    [
        (81, 263, (0.2527, 0.3676), (0.2553, 0.3662)),
        (15, 148, (0.0578, 0.1617), (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1684), (0.0, 0.1611)),
        (1, 29, (0.0009, 0.1776), (0.0061, 0.1718)),
    ],
)
def test_newcombes_table_of_single_shares(
    events: int, n: int, exact: tuple[float, float], score: tuple[float, float]
) -> None:
    """Newcombe RG. Statistics in Medicine 1998;17:857-872, table I, methods 5 (exact) and 3 (score)."""
    for found, published in ((clopper_pearson(events, n), exact), (wilson(events, n), score)):
        assert (found.low, found.high) == pytest.approx(published, abs=6e-5)


@given(counts, st.floats(0.5, 0.99))
def test_the_exact_bounds_are_quantiles_of_beta_distributions(
    count: tuple[int, int], confidence: float
) -> None:
    """Clopper and Pearson's bounds in their other form (Johnson, Kemp, Kotz 2005, section 3.8.3)."""
    (events, n), tail = count, (1 - confidence) / 2
    found = clopper_pearson(events, n, confidence)
    assert found.low == pytest.approx(beta.ppf(tail, events, n - events + 1) if events else 0.0, abs=1e-9)
    assert found.high == pytest.approx(
        beta.ppf(1 - tail, events + 1, n - events) if events < n else 1.0, abs=1e-9
    )


@given(counts, st.floats(0.5, 0.99))
def test_wilsons_bounds_are_where_the_score_test_just_rejects(
    count: tuple[int, int], confidence: float
) -> None:
    (events, n), z = count, NormalDist().inv_cdf(0.5 + confidence / 2)
    found = wilson(events, n, confidence)
    for bound in (found.low, found.high):
        if 1e-9 < bound < 1 - 1e-9:
            score = (events / n - bound) / math.sqrt(bound * (1 - bound) / n)
            assert abs(score) == pytest.approx(z, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 0.99), st.floats(0.05, 0.95))
def test_beta_quantiles_have_the_moments_that_were_asked_for(mean: float, part: float) -> None:
    variance = part * mean * (1 - mean)
    drawn = beta_quantiles(mean, variance, (np.arange(5000) + 0.5) / 5000)
    assert drawn.mean() == pytest.approx(mean, abs=2e-3)
    assert drawn.var() == pytest.approx(variance, rel=0.02, abs=2e-4)
    with pytest.raises(ValueError, match="no beta distribution"):
        beta_quantiles(mean, mean * (1 - mean), 0.5)


def test_jeffreys_quantiles_are_those_of_r() -> None:
    """R, qbeta(c(0.025, 0.975), 7.5, 3.5); seven of ten and three of ten mirror each other."""
    low, high = jeffreys_quantiles(7, 10, [0.025, 0.975])
    assert (low, high) == pytest.approx((0.3941816819, 0.9073054061), abs=1e-9)
    assert jeffreys_quantiles(3, 10, 0.025) == pytest.approx(1 - high)


def test_a_printed_interval_becomes_its_standard_error() -> None:
    """An interval made from a standard error on the logit scale gives it back."""
    low, high = (1 / (1 + math.exp(-(0.4 + sign * 1.959964 * 0.3))) for sign in (-1, 1))
    assert logit_standard_error(low, high) == pytest.approx(0.3, abs=1e-7)
    for bad in ((0.0, 0.5), (0.5, 1.0), (0.6, 0.5)):
        with pytest.raises(ValueError, match="no interval"):
            logit_standard_error(*bad)


@given(counts, counts)
def test_a_difference_turned_round_is_its_mirror(a: tuple[int, int], b: tuple[int, int]) -> None:
    one, two = newcombe(*a, *b), newcombe(*b, *a)
    assert one.estimate == pytest.approx(-two.estimate)
    assert (one.low, one.high) == pytest.approx((-two.high, -two.low))
    assert one.low <= one.estimate <= one.high


@pytest.mark.parametrize(
    "call",
    [
        lambda: zero_upper(0),
        lambda: clopper_pearson(2, 1),
        lambda: wilson(-1, 3),
        lambda: newcombe(1, 2, 0, 0),
    ],
)
def test_counts_that_cannot_be_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match=r"person|people"):
        call()  # type: ignore[operator]


def test_a_small_single_arm_as_in_r(anchors: dict[str, dict[str, Any]]) -> None:
    """INSPIRE: 7 conversions of 16 who could be evaluated, of 19 who were implanted, against shares of untreated people."""
    want, check = anchors["inspire_exact"], Reference("exact binomial test, single arm", "R 4.2.2")
    for people, share in ((16, 0.25), (16, 0.16), (16, 0.211), (19, 0.25), (19, 0.211)):
        check.equal("p", float(binomial_tail(people, share, 6)), want[f"p, 7/{people} against {share}"], within=1e-6)  # fmt: skip
    for people in (16, 19):
        exact = clopper_pearson(7, people)
        check.equal("interval", [exact.low, exact.high], want[f"Clopper-Pearson 95%, 7/{people}"], within=1e-6)  # fmt: skip
        above = want[f"Pr(p > 0.25), 7/{people}"]
        assert float(jeffreys_quantiles(7, people, 1 - above)) == pytest.approx(0.25, abs=1e-6)
        check.equal("posterior above a quarter", beta.sf(0.25, 7.5, people - 6.5), above, within=1e-6)
