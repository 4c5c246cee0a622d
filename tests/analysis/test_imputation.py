"""Reference-based imputation: what each assumption means, by hand and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from proband.analysis.ancova import ancova
from proband.analysis.imputation import ImputationModel, impute, reference_based, tipping_point
from proband.analysis.result import AnalysisError

pytestmark = pytest.mark.xdist_group("analysis-kernels")


def trial(seed: int, people: int = 60, effect: float = 2.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    arm = np.arange(people) % 2
    base = rng.normal(size=people)
    root = np.linalg.cholesky(0.6 + 0.4 * np.eye(3))
    y = (
        base[:, None]
        + effect * arm[:, None] * np.array([0.3, 0.7, 1.0])
        + rng.normal(size=(people, 3)) @ root.T
    )
    gone = rng.random((people, 3)) < np.array([0.0, 0.12, 0.15])
    y[np.cumsum(gone, axis=1) > 0] = np.nan
    y[3, 0] = np.nan
    return y, arm, base


def test_each_assumption_by_hand() -> None:
    means = np.array([[[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]])
    sigma = 0.5 + 0.5 * np.eye(3)
    y, arm = np.array([[1.5, np.nan, np.nan]]), np.array([1])
    # residual of the first visit is 0.5 (own mean) or 1.5 (reference); half of it carries over
    for strategy, want in (
        ("mar", [2.25, 3.25]),
        ("j2r", [0.25, 0.25]),
        ("cir", [1.25, 1.25]),
        ("cr", [0.75, 0.75]),
    ):
        np.testing.assert_allclose(impute(y, arm, means, sigma, strategy)[0, 1:], want)
    gap = np.array([[1.5, np.nan, 3.0]])
    for strategy in ("j2r", "cir", "cr"):
        np.testing.assert_allclose(
            impute(gap, arm, means, sigma, strategy), impute(gap, arm, means, sigma, "mar")
        )
    with pytest.raises(AnalysisError, match="assumption"):
        impute(y, arm, means, sigma, "best")


def test_complete_data_are_analysed_by_ancova() -> None:
    y, arm, base = trial(1)
    full = np.nan_to_num(y, nan=0.3)
    got = reference_based(full, arm, base)
    plain = ancova(full[:, 2], arm, base)
    assert got.estimate == pytest.approx(plain.estimate)
    assert got.standard_error == pytest.approx(plain.standard_error, rel=0.1)


def test_assumptions_are_ordered_and_engines_agree() -> None:
    y, arm, base = trial(2)
    results = {s: reference_based(y, arm, base, strategy=s) for s in ("mar", "cir", "j2r")}
    assert results["mar"].estimate > results["cir"].estimate > results["j2r"].estimate
    plain = reference_based(y, arm, base, strategy="j2r", engine="plain")
    assert plain.estimate == pytest.approx(results["j2r"].estimate, abs=1e-6)
    assert plain.standard_error == pytest.approx(results["j2r"].standard_error, abs=1e-6)
    tip = tipping_point(y, arm, base, worse=-20.0)
    assert tip is not None
    at = reference_based(y, arm, base, strategy="mar", delta=tip)
    assert at.p == pytest.approx(0.05, abs=1e-3)
    assert tipping_point(y, arm, base, worse=-0.01) is None
    rng = np.random.default_rng(0)
    assert tipping_point(rng.normal(size=y.shape), arm, base, worse=-5.0) == 0.0
    with pytest.raises(AnalysisError, match="covariate is missing"):
        ImputationModel.of(y, arm, np.where(base > 1, np.nan, base))


def test_the_jackknife_is_calibrated_under_missing_at_random() -> None:
    """150 trials without an effect: the interval covers 0 within three Monte-Carlo errors of 95 %, and the error matches the spread."""
    results = [reference_based(*trial(seed, 40, 0.0), strategy="mar") for seed in range(150)]
    covered = np.mean([r.low <= 0 <= r.high for r in results])
    assert abs(covered - 0.95) < 3 * np.sqrt(0.05 * 0.95 / 150)
    spread = np.std([r.estimate for r in results])
    assert np.mean([r.standard_error for r in results]) == pytest.approx(spread, rel=0.2)
