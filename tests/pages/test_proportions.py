"""The intervals against published figures and against SciPy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from proband.analysis.proportions import clopper_pearson, newcombe, wilson, zero_upper

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


@given(counts)
def test_intervals_agree_with_scipy(count: tuple[int, int]) -> None:
    events, n = count
    ours = clopper_pearson(events, n)
    theirs = binomtest(events, n).proportion_ci(method="exact")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    score = binomtest(events, n).proportion_ci(method="wilson")
    assert (wilson(events, n).low, wilson(events, n).high) == pytest.approx((score.low, score.high), abs=1e-9)


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
