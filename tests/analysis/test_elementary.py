"""The elementary functions against SciPy's."""

from __future__ import annotations

from statistics import StatisticsError

import numpy as np
import pytest
from scipy import special

from proband.analysis import elementary
from proband.analysis.exact import binomial, fisher, fisher_power


def test_they_equal_those_of_scipy() -> None:
    rng = np.random.default_rng(20260701)
    x = np.concatenate([rng.normal(0, 20, 2_000), [0.0, -745.0, 745.0, 1e300, -1e300]])
    p = np.concatenate([rng.uniform(0, 1, 2_000), [1e-300, 1 - 1e-16]])
    np.testing.assert_allclose(elementary.expit(x), special.expit(x), rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(elementary.logit(p), special.logit(p), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(elementary.normal_quantile(p), special.ndtri(p), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(elementary.normal_cdf(x[:2000] / 3), special.ndtr(x[:2000] / 3), rtol=1e-12)
    assert elementary.logsumexp(x[:2000]) == pytest.approx(special.logsumexp(x[:2000]), rel=1e-14)
    assert elementary.logsumexp([1e4, 1e4]) == pytest.approx(1e4 + np.log(2))


def test_ends_and_shapes() -> None:
    assert elementary.logit([0.0, 1.0]).tolist() == [-np.inf, np.inf]
    assert elementary.normal_quantile(0.5) == 0.0
    assert elementary.normal_quantile([[0.1], [0.2]]).shape == (2, 1)
    with pytest.raises(StatisticsError):
        elementary.normal_quantile(1.0)


@pytest.mark.parametrize("n", [0, 1, 7, 255, 256, 5_000])
def test_binomial_coefficients(n: int) -> None:
    k = np.arange(n + 1)
    expected = special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0)
    np.testing.assert_allclose(elementary.log_choose(n, k), expected, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize(("n", "alpha"), [(2, 0.05), (9, 0.05), (17, 0.1), (30, 0.01)])
def test_the_power_of_fishers_test_is_that_of_its_p_values(n: int, alpha: float) -> None:
    """Table by table, by the test itself: ties at the edge, and totals at which nothing can be rejected."""
    share, control = 0.63, 0.21
    expected = sum(
        float(binomial(n, share)[a] * binomial(n, control)[b])
        for a in range(n + 1)
        for b in range(n + 1)
        if fisher(a, n, b, n).two_sided <= alpha
    )
    assert fisher_power(n, share, control, alpha) == pytest.approx(expected, rel=1e-10)
