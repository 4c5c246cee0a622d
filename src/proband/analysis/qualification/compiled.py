"""Cases of the compiled kernels: each against its readable twin in NumPy, on this installation."""

from __future__ import annotations

import numpy as np

from proband.analysis.mmrm.batch import RepeatedDesign, fit_repeated_batch
from proband.analysis.nof1 import SeriesPrior, series_posterior_batch
from proband.analysis.qualification.comparison import Checks, case
from proband.analysis.qualification.sequence import CAUSE, GRADE, GROUP, TIME, X, Y
from proband.analysis.regression_batch import ancova_batch, proportional_odds_batch, rank_sum_batch
from proband.analysis.survival.batch import cox_batch, logrank_batch, rmst_batch
from proband.analysis.win_batch import win_batch

PLAIN = "the plain reference in NumPy"
ENGINES = ("kernel", "plain")


@case("MMRM kernel", PLAIN, compiled=True)
def repeated(check: Checks) -> None:
    """Thirty people, four visits, gaps; Kenward and Roger's correction."""
    rng = np.random.default_rng(7)
    base, arm = rng.normal(size=30), np.arange(30) % 2
    y = 0.5 * base[:, None] + np.cumsum(rng.normal(size=(30, 4)), axis=1)
    y[rng.random(y.shape) < 0.1] = np.nan
    y[:, 0] = np.where(np.isnan(y[:, 0]), base, y[:, 0])
    w = np.column_stack([np.ones(30), base, arm])[None]
    design = RepeatedDesign.by_visit(4, True, False, True)
    fast, plain = (
        fit_repeated_batch(y[None], w, design, design.contrast(2, 3), engine=engine) for engine in ENGINES
    )
    for field in ("estimate", "kenward_roger_error", "degrees_of_freedom", "minus_two_loglik"):
        want = getattr(plain, field)
        check.equal(field, getattr(fast, field), want, within=1e-6, relative=True)


@case("survival kernels", PLAIN, compiled=True)
def times(check: Checks) -> None:
    """Log-rank, Cox, restricted means."""
    time, event, arm = TIME[None], (CAUSE == 1)[None], GROUP[None]
    z = [logrank_batch(time, event, arm, engine=engine).z for engine in ENGINES]
    check.equal("log-rank z", z[0], z[1], within=1e-10)
    x = np.column_stack([GROUP, X]).astype(float)[None]
    fits = [cox_batch(time, event, x, engine=engine) for engine in ENGINES]
    check.equal("Cox coefficients", fits[0].beta, fits[1].beta, within=1e-8)
    check.equal("Cox errors", fits[0].standard_error, fits[1].standard_error, within=1e-8)
    means = [np.stack(rmst_batch(time, event, arm, 15.0, engine=engine)) for engine in ENGINES]
    check.equal("restricted means", means[0], means[1], within=1e-10)


@case("regression kernels", PLAIN, compiled=True)
def regressions(check: Checks) -> None:
    """ANCOVA, rank sum, proportional odds, win odds."""
    arm = np.ascontiguousarray(GROUP)
    fits = [ancova_batch(Y[None], arm, X[None, :, None], engine=engine) for engine in ENGINES]
    check.equal("ANCOVA", [fits[0].estimate, fits[0].standard_error], [fits[1].estimate, fits[1].standard_error], within=1e-10)  # fmt: skip
    ranks = [rank_sum_batch(Y[None], arm, engine=engine) for engine in ENGINES]
    check.equal("rank sum", ranks[0], ranks[1], within=1e-10)
    x = arm[:, None].astype(float)
    odds = [proportional_odds_batch(GRADE[None], x, 5, engine=engine) for engine in ENGINES]
    check.equal("proportional odds", [odds[0].estimate, odds[0].standard_error], [odds[1].estimate, odds[1].standard_error], within=1e-8)  # fmt: skip
    values, happened = np.stack([TIME, Y])[None], np.stack([CAUSE == 1, CAUSE == 1])[None]
    wins = [win_batch(("time", "value"), values, happened, arm[None], engine=engine) for engine in ENGINES]
    check.equal("win odds", [wins[0].log_win_odds, wins[0].log_win_odds_error], [wins[1].log_win_odds, wins[1].log_win_odds_error], within=1e-10)  # fmt: skip


@case("one-patient posterior kernel", PLAIN, compiled=True)
def one_patient(check: Checks) -> None:
    """Probability, mean and spread of the change of slope."""
    prior = SeriesPrior(slope=-0.3, slope_sd=0.2, log_noise=0.0)
    times = np.arange(-5.0, 16.0)
    y = np.stack([-0.3 * times + Y[:21] / 3, -0.1 * times + X[:21] / 5])
    got = [series_posterior_batch(y, times, 0.0, prior, engine=engine) for engine in ENGINES]
    check.equal("probability, mean, SD", got[0], got[1], within=1e-8)
