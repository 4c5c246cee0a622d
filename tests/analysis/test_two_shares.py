"""Two shares: intervals as published, Boschloo and Barnard as SciPy has them, and a size that never exceeds its name."""

from __future__ import annotations

import itertools
import json
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import barnard_exact, binom, boschloo_exact

from proband.analysis.result import AnalysisError
from proband.analysis.risk_difference import constrained_shares, risk_difference
from proband.analysis.unconditional import (
    barnard,
    boschloo,
    critical_level,
    fisher_table,
    score_table,
    supremum,
)

from .conftest import SHARED, Reference

NIGHTLY = bool(os.environ.get("PROBAND_NIGHTLY"))
PUBLISHED = {
    "SCAS": "skewness-corrected",
    "GartNam": "gart-nam",
    "MiettinenNurminen": "miettinen-nurminen",
    "Mee": "mee",
    "MOVER_Wilson": "newcombe",
    "MOVER_Jeffreys": "mover-jeffreys",
    "Wald": "wald",
    "AgrestiCaffo": "agresti-caffo",
}


def test_published_intervals() -> None:
    path = SHARED / "acceptance" / "11_statistics" / "anchors.json"
    if not path.is_file():
        pytest.skip("acceptance data absent: 8 intervals not compared")
    want = next(e for e in json.loads(path.read_text()) if e["id"] == "prop_diff_ci")["numbers"]
    check = Reference("risk difference", "R (PSIAIMS/CAMIS)")
    for theirs, ours in PUBLISHED.items():
        got = risk_difference(36, 154, 12, 77, method=ours)
        check.equal(f"36/154 against 12/77, {theirs}", [got.low, got.high], want[theirs], within=1e-6)
    check.equal("difference", got.estimate, want["est"], within=1e-6)


@pytest.mark.parametrize(
    "table", [(5, 11, 3, 20), (7, 16, 2, 16), (0, 5, 3, 6), (10, 10, 5, 10), (3, 30, 12, 30)]
)
def test_against_scipy(table: tuple[int, int, int, int]) -> None:
    a, m, b, n = table
    counts = [[a, b], [m - a, n - b]]
    for direction in ("greater", "less"):
        Reference("Boschloo's test", "SciPy").equal(
            f"{table}, {direction}",
            boschloo(a, m, b, n, direction).p,
            boschloo_exact(counts, alternative=direction, n=256).pvalue,
            within=1e-6,
        )
    for direction in ("greater", "less", "two-sided"):
        theirs = barnard_exact(counts, alternative=direction, n=256).pvalue
        Reference("Barnard's test", "SciPy").equal(
            f"{table}, {direction}", barnard(a, m, b, n, direction).p, theirs, within=1e-6
        )


@given(st.integers(1, 12), st.integers(1, 12), st.data())
@settings(max_examples=40, deadline=None)
def test_the_bound_is_never_below_a_dense_grid_and_hardly_above(m: int, n: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, m)), data.draw(st.integers(0, n))
    order = fisher_table(m, n, "two-sided")
    region = order <= order[a, b] * (1 + 1e-9)
    bound, _ = supremum(region)
    shares = np.linspace(0, 1, 4001)[:, None]
    grid = np.einsum(
        "ga,ab,gb->g", binom.pmf(np.arange(m + 1), m, shares), region, binom.pmf(np.arange(n + 1), n, shares)
    )
    assert grid.max() - 1e-9 <= bound <= grid.max() + 1e-4
    assert boschloo(a, m, b, n).p <= order[a, b] + 1e-6  # never less powerful than Fisher's test


PAIRS = list(itertools.combinations_with_replacement(range(1, 31), 2))


@pytest.mark.parametrize("direction", ["greater", "less", "two-sided"])
def test_size_is_at_most_nominal_for_arms_up_to_thirty(direction: str) -> None:
    """Every pair of arms at night, every seventeenth otherwise (1 s per direction); tail probabilities by enumeration of all tables."""
    shares = np.linspace(0, 1, 201)[:, None]
    for m, n in PAIRS if NIGHTLY else PAIRS[::17]:
        for order in (fisher_table(m, n, direction), _score(m, n, direction)):  # type: ignore[arg-type]
            level, size = critical_level(order, 0.05)
            assert size <= 0.05
            region = (
                order <= level + 1e-9 * max(1.0, abs(level))
                if np.isfinite(level)
                else np.zeros_like(order, bool)
            )
            tail = np.einsum(
                "ga,ab,gb->g",
                binom.pmf(np.arange(m + 1), m, shares),
                region,
                binom.pmf(np.arange(n + 1), n, shares),
            )
            assert tail.max() <= 0.05 + 1e-12, (m, n, direction)


def _score(m: int, n: int, direction: str) -> np.ndarray:
    z = score_table(m, n)
    return {"greater": -z, "less": z, "two-sided": -np.abs(z)}[direction]


def test_power_beside_the_test_that_knows_the_controls() -> None:
    """15 against 15, 20 % against 70 %: Boschloo's power is at least 0.9 of the most powerful test at the known shares."""
    m = n = 15
    order = fisher_table(m, n, "greater")
    level, _ = critical_level(order, 0.05)
    null = np.outer(binom.pmf(np.arange(m + 1), m, 0.2), binom.pmf(np.arange(n + 1), n, 0.2))
    there = np.outer(binom.pmf(np.arange(m + 1), m, 0.7), binom.pmf(np.arange(n + 1), n, 0.2))
    power = there[order <= level].sum()
    best = np.argsort(-(there / null).ravel())
    inside = np.cumsum(null.ravel()[best]) <= 0.05
    assert power >= 0.9 * there.ravel()[best][inside].sum()
    assert power > there[fisher_table(m, n, "greater") <= 0.05].sum()


@pytest.mark.parametrize(
    ("m", "n", "treated", "control"),
    [
        (15, 15, 0.7, 0.2),
        (30, 30, 0.6, 0.25),
        (20, 10, 0.8, 0.3),
        (12, 30, 0.85, 0.4),
        (25, 20, 0.5, 0.1),
        (30, 28, 0.97, 0.7),
    ],
)
def test_power_beside_the_test_that_knows_the_nuisance(
    m: int, n: int, treated: float, control: float
) -> None:
    """Boschloo's power is at least 0.9 of the most powerful test that knows the common share, and no less than that of Fisher's test.

    The common share that is hardest to tell from the alternative is that of both groups together. (Who knows the control's share itself
    is a harder rival: see above.)
    """
    common = (m * treated + n * control) / (m + n)
    order = fisher_table(m, n, "greater")
    level, _ = critical_level(order, 0.05)
    null = np.outer(binom.pmf(np.arange(m + 1), m, common), binom.pmf(np.arange(n + 1), n, common))
    there = np.outer(binom.pmf(np.arange(m + 1), m, treated), binom.pmf(np.arange(n + 1), n, control))
    power = there[order <= level].sum()
    best = np.argsort(-(there / null).ravel())
    inside = np.cumsum(null.ravel()[best]) <= 0.05
    assert power >= 0.9 * there.ravel()[best][inside].sum()
    assert power >= there[fisher_table(m, n, "greater") <= 0.05].sum()


def test_the_exact_interval_contains_what_its_test_does_not_reject() -> None:
    got = risk_difference(7, 16, 2, 16, method="exact")
    assert got.low < 0 < got.high
    assert barnard(7, 16, 2, 16).p > 0.05
    clear = risk_difference(11, 12, 2, 12, method="exact")
    assert clear.low > 0
    assert clear.p is not None
    assert clear.p < 0.05
    none = risk_difference(0, 6, 6, 6, method="exact")
    assert none.low == -1.0


@pytest.mark.parametrize("method", ["miettinen-nurminen", "mee", "skewness-corrected", "gart-nam"])
def test_p_is_that_of_the_interval(method: str) -> None:
    """The interval whose level is 1 − p has its bound at no difference."""
    got = risk_difference(9, 14, 3, 12, method=method)
    assert got.p is not None
    assert got.p < 0.1
    edge = risk_difference(9, 14, 3, 12, method=method, confidence=1 - got.p)
    assert edge.low == pytest.approx(0.0, abs=1e-6)


def test_constrained_shares_maximise_the_likelihood() -> None:
    p = np.linspace(1e-6, 1 - 1e-6, 20001)
    for a, m, b, n, delta in ((3, 10, 5, 12, 0.2), (0, 8, 3, 9, -0.4), (7, 7, 0, 5, 0.5), (2, 9, 2, 9, 0.0)):
        p1, p0 = constrained_shares(np.array(a), m, np.array(b), n, delta)
        inside = (p + delta > 0) & (p + delta < 1)
        q = p[inside]
        loglik = binom.logpmf(a, m, q + delta) + binom.logpmf(b, n, q)
        assert float(p0) == pytest.approx(q[loglik.argmax()], abs=1e-4)
        assert float(p1 - p0) == pytest.approx(delta)


def test_counts_that_cannot_be_are_refused() -> None:
    for counts in ((3, 2, 1, 5), (1, 0, 0, 5), (-1, 4, 0, 5)):
        with pytest.raises(AnalysisError, match="cannot be"):
            boschloo(*counts)
        with pytest.raises(AnalysisError, match="cannot be"):
            risk_difference(*counts)
