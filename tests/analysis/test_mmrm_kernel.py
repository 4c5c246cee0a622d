"""The batch kernel of repeated measures: equal to the plain reference, honest at small n, indifferent to threads and order."""

from __future__ import annotations

import os

import numpy as np
import pytest
from numpy.typing import NDArray

from proband.analysis.mmrm.batch import RepeatedDesign, fit_repeated_batch
from proband.analysis.result import AnalysisError

from .conftest import Reference

pytestmark = pytest.mark.xdist_group("analysis-kernels")  # one worker compiles for all

Array = NDArray[np.float64]
FIELDS = (
    "estimate",
    "standard_error",
    "degrees_of_freedom",
    "kenward_roger_error",
    "minus_two_loglik",
    "sigma",
    "beta",
)


def trials(
    sets: int, people: int, visits: int, seed: int, *, effect: float = 0.0, gaps: float = 0.0
) -> tuple[Array, Array]:
    """The data-generating model of the type I error table: drop-out 5 % per visit after the first, completely at random."""
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(sets, people))
    arm = np.broadcast_to(np.arange(people) % 2, (sets, people)).astype(float)
    at = np.arange(visits)
    sd = 1 + 0.1 * at
    root = np.linalg.cholesky(0.7 ** np.abs(np.subtract.outer(at, at)) * np.outer(sd, sd))
    y = 0.5 * base[:, :, None] - 0.3 * at + rng.normal(size=(sets, people, visits)) @ root.T
    y += effect * arm[:, :, None] * at / visits
    gone = rng.random((sets, people, visits)) < 0.05
    gone[:, :, 0] = False
    y[np.cumsum(gone, axis=2) > 0] = np.nan
    y[rng.random(y.shape) < gaps] = np.nan
    return y, np.stack([np.ones((sets, people)), base, arm], axis=2)


@pytest.mark.parametrize("structure", ["us", "toeph", "toep", "ar1h", "ar1", "csh", "cs", "adh", "ad"])
@pytest.mark.parametrize("reml", [True, False])
def test_kernel_equals_the_plain_reference(structure: str, reml: bool) -> None:
    y, w = trials(4, 30, 4, seed=7, gaps=0.05)
    design = RepeatedDesign.by_visit(4, True, False, True)
    contrasts = np.stack([design.contrast(2, 3), design.contrast(2, 0), design.contrast(1, 0)])
    fast, plain = (
        fit_repeated_batch(y, w, design, contrasts, covariance=structure, reml=reml, engine=engine)
        for engine in ("kernel", "plain")
    )
    assert plain.converged.all()
    assert fast.converged.all()
    check = Reference(f"MMRM batch kernel, {structure}", "the plain reference in NumPy")
    for field in FIELDS:
        want = getattr(plain, field)
        scale = 1 + np.abs(want)
        check.equal(field, getattr(fast, field) / scale, want / scale, within=1e-6)


def test_slopes_in_time_and_shared_covariates() -> None:
    y, w = trials(3, 24, 5, seed=3)
    loadings = np.stack([np.ones(5), np.arange(5.0), np.arange(5.0)])
    design = RepeatedDesign(loadings, np.array([0, 0, 2]))
    contrast = np.array([[0.0, 0.0, 1.0]])
    fast, plain = (
        fit_repeated_batch(y, w[0], design, contrast, engine=engine) for engine in ("kernel", "plain")
    )
    np.testing.assert_allclose(fast.estimate, plain.estimate, atol=1e-7)
    np.testing.assert_allclose(fast.kenward_roger_error, plain.kenward_roger_error, rtol=1e-6)


def test_failures_are_data_and_touch_nobody_else() -> None:
    y, w = trials(3, 20, 4, seed=5)
    w[1, :, 2] = 1.0  # everybody in one arm: the effect is not determined
    y[2, 1:] = np.nan  # one participant only
    design = RepeatedDesign.by_visit(4, True, False, True)
    fits = fit_repeated_batch(y, w, design, design.contrast(2, 3), engine="kernel")
    assert fits.converged.tolist() == [True, False, False]
    assert np.isnan(fits.estimate[1:]).all()
    alone = fit_repeated_batch(y[:1], w[:1], design, design.contrast(2, 3), engine="kernel")
    assert alone.estimate[0, 0] == fits.estimate[0, 0]


def test_threads_and_order_change_nothing() -> None:
    y, w = trials(40, 20, 4, seed=11)
    design = RepeatedDesign.by_visit(4, True, False, True)
    one, two = (
        fit_repeated_batch(y, w, design, design.contrast(2, 3), engine="kernel", threads=threads)
        for threads in (1, 2)
    )
    back = fit_repeated_batch(y[::-1], w[::-1], design, design.contrast(2, 3), engine="kernel")
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(one, field), getattr(two, field))
        np.testing.assert_array_equal(getattr(one, field), getattr(back, field)[::-1])


def test_shapes_that_do_not_fit_are_refused() -> None:
    y, w = trials(2, 10, 4, seed=1)
    design = RepeatedDesign.by_visit(4, True, False, True)
    with pytest.raises(AnalysisError, match="do not fit"):
        fit_repeated_batch(y, w[:, :5], design, design.contrast(2, 3))
    with pytest.raises(AnalysisError, match="do not fit"):
        fit_repeated_batch(y[:, :, :3], w, design, design.contrast(2, 3))


TRIALS = 100_000 if os.environ.get("PROBAND_NIGHTLY") else 3_000
#: as measured with 100,000 trials: Wald z, Satterthwaite, Kenward–Roger linear
TYPE_I = {
    16: (0.0889, 0.0601, 0.0521),
    20: (0.0775, 0.0576, 0.0516),
    30: (0.067, 0.0542, 0.0504),
    60: (0.0583, 0.0527, 0.0508),
}


@pytest.mark.parametrize("people", TYPE_I)
def test_type_one_error_at_small_n(people: int) -> None:
    """Within three Monte-Carlo errors (of both simulations) of the measured table; 3,000 trials a row, 100,000 at night."""
    from scipy.stats import norm

    y, w = trials(TRIALS, people, 5, seed=people)
    design = RepeatedDesign.by_visit(5, True, False, True)
    fits = fit_repeated_batch(y, w, design, design.contrast(2, 4), engine="kernel")
    assert fits.converged.mean() > 0.995
    good = fits.converged
    wald = 2 * norm.sf(np.abs(fits.estimate[good] / fits.standard_error[good]))
    rates = [
        float((p < 0.05).mean())
        for p in (wald, fits.p_values(kenward_roger=False)[good], fits.p_values()[good])
    ]
    check = Reference("MMRM, type I error at nominal 5 %", "prototype kernel, 100,000 trials")
    for name, got, want in zip(
        ("Wald", "Satterthwaite", "Kenward–Roger linear"), rates, TYPE_I[people], strict=True
    ):
        error = np.sqrt(want * (1 - want) * (1 / TRIALS + 1 / 100_000))
        check.equal(f"n = {people}, {name}", got, want, within=3 * error)


def test_the_single_analysis_needs_no_compiler() -> None:
    import subprocess
    import sys

    code = "import sys, proband.analysis.mmrm.batch; assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
