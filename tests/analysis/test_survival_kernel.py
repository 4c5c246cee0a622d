"""Time-to-event and win kernels against their plain twins, on data with ties, strata, censoring and delayed entry."""

from __future__ import annotations

import numpy as np
import pytest

from proband.analysis.survival.batch import cox_batch, logrank_batch, rmst_batch
from proband.analysis.win_batch import win_batch

from .conftest import Reference

pytestmark = pytest.mark.xdist_group("analysis-kernels")
PLAIN = "the plain reference in NumPy"
SETS, PEOPLE = 6, 40
RNG = np.random.default_rng(4)
TIME = np.ceil(RNG.exponential(6, (SETS, PEOPLE)))
EVENT = RNG.random((SETS, PEOPLE)) < 0.7
ARM = RNG.integers(0, 2, (SETS, PEOPLE))
STRATUM = np.arange(PEOPLE) % 2


@pytest.mark.parametrize("rho", [0.0, 1.0])
def test_logrank(rho: float) -> None:
    for strata in (None, STRATUM):
        fast, plain = (
            logrank_batch(TIME, EVENT, ARM, strata=strata, rho=rho, engine=engine)
            for engine in ("kernel", "plain")
        )
        check = Reference("log-rank batch kernel", PLAIN)
        for field in ("score", "variance", "z"):
            check.equal(field, getattr(fast, field), getattr(plain, field), within=1e-10)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox(ties: str) -> None:
    x = np.stack([ARM, RNG.normal(size=(SETS, PEOPLE))], axis=2).astype(float)
    entry = np.where(RNG.random((SETS, PEOPLE)) < 0.3, TIME / 2, 0.0)
    for strata, start in ((None, None), (STRATUM, None), (None, entry), (STRATUM, entry)):
        fast, plain = (
            cox_batch(TIME, EVENT, x, entry=start, strata=strata, ties=ties, engine=engine)
            for engine in ("kernel", "plain")
        )
        check = Reference(f"Cox batch kernel, {ties}", PLAIN)
        assert fast.converged.all()
        for field in ("beta", "standard_error", "loglik", "score_test"):
            check.equal(field, getattr(fast, field), getattr(plain, field), within=1e-7)
    separated = cox_batch(
        np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[1, 1, 0, 0]], bool), np.array([[1.0], [1], [0], [0]])
    )
    assert not separated.converged[0]
    assert np.isnan(separated.beta[0, 0])


def test_restricted_means() -> None:
    fast, plain = (rmst_batch(TIME, EVENT, ARM, 8.0, engine=engine) for engine in ("kernel", "plain"))
    check = Reference("restricted mean batch kernel", PLAIN)
    check.equal("mean", fast[0], plain[0], within=1e-10)
    check.equal("SE", fast[1], plain[1], within=1e-10)
    late = rmst_batch(TIME, np.zeros_like(EVENT), ARM, TIME.max() + 1, engine="kernel")
    assert np.isnan(late[0]).all()


def test_win_statistics() -> None:
    values = np.stack([TIME, np.full_like(TIME, 9.0), np.round(RNG.normal(size=(SETS, PEOPLE)), 1)], axis=1)
    values[:, 2, :5] = np.nan
    event = np.stack([EVENT, EVENT, EVENT], axis=1)
    recurrent = np.sort(np.round(RNG.exponential(6, (SETS, PEOPLE, 3)), 0), axis=2)
    recurrent[RNG.random(recurrent.shape) < 0.3] = np.nan
    recurrent = np.sort(recurrent, axis=2)
    for strata in (None, STRATUM):
        fast, plain = (
            win_batch(
                ("time", "count", "value"), values, event, ARM, lower_is_better=(False, False, True), margins=(1.0, 0.0, 0.1),
                recurrent=recurrent, strata=strata, engine=engine,
            )
            for engine in ("kernel", "plain")
        )  # fmt: skip
        check = Reference("win statistics batch kernel", PLAIN)
        for field in (
            "wins",
            "losses",
            "log_win_odds",
            "log_win_odds_error",
            "log_win_ratio",
            "log_win_ratio_error",
        ):
            check.equal(field, getattr(fast, field), getattr(plain, field), within=1e-10)


def test_nominal_error_where_there_is_no_effect() -> None:
    """4,000 trials of 60 people: log-rank and win odds within three Monte-Carlo errors of 5 % (win odds slightly above, as U-statistics are)."""
    rng = np.random.default_rng(8)
    sets, people = 4000, 60
    death, end = rng.exponential(3, (sets, people)), rng.uniform(1, 5, (sets, people))
    time, event = np.minimum(death, end), death <= end
    arm = np.arange(people) % 2
    error = 3 * np.sqrt(0.05 * 0.95 / sets)
    rate = float((np.abs(logrank_batch(time, event, arm).z) > 1.959964).mean())
    assert abs(rate - 0.05) < error + 0.004
    values = np.stack([time, rng.normal(size=(sets, people))], axis=1)
    win = win_batch(("time", "value"), values, np.stack([event, event], axis=1), arm)
    rate = float((np.abs(win.log_win_odds / win.log_win_odds_error) > 1.959964).mean())
    assert abs(rate - 0.05) < error + 0.006
