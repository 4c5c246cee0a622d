"""Analyses beside lifelines (Python, MIT), survival (Rust, MIT) and statsmodels (Python, BSD), where they are installed; Proband needs them for nothing."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
import pytest

from proband.analysis.ancova import ancova
from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.ordinal import proportional_odds
from proband.analysis.survival.batch import cox_batch, logrank_batch, rmst_batch

from .conftest import Reference


def _people(seed: int, many: int, ties: bool) -> tuple[Any, Any, Any, Any]:
    rng = np.random.default_rng(seed)
    arm, z = np.arange(many) % 2, rng.normal(size=many)
    time = rng.exponential(20 * np.exp(-0.4 * arm + 0.3 * z))
    time = np.ceil(time) if ties else time
    gone = rng.exponential(40, many)
    gone = np.ceil(gone) if ties else gone
    return np.minimum(time, gone), time <= gone, arm, z


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("seed", "many"), [(1, 24), (2, 60), (3, 200)])
def test_curves_tests_and_ratios_are_those_of_lifelines(seed: int, many: int, ties: bool) -> None:
    lifelines: Any = pytest.importorskip("lifelines", reason="lifelines absent: 6 checks not run")
    from lifelines import CoxPHFitter, KaplanMeierFitter
    from lifelines.statistics import logrank_test
    from lifelines.utils import restricted_mean_survival_time

    time, event, arm, z = _people(seed, many, ties)
    theirs = KaplanMeierFitter().fit(time, event)
    ours = kaplan_meier(time, event)
    named = f"lifelines {lifelines.__version__}"
    Reference("Kaplan–Meier", named).equal("shares", ours.share, theirs.predict(ours.times).to_numpy(), within=1e-10)  # fmt: skip
    test = logrank_test(time[arm == 1], time[arm == 0], event[arm == 1], event[arm == 0])
    found = logrank_batch(time[None], event[None], arm[None], engine="plain")
    Reference("log-rank test", named).equal("χ²", float(found.z[0]) ** 2, test.test_statistic, relative=1e-8)
    pandas = pytest.importorskip("pandas")
    data = pandas.DataFrame({"time": time, "event": event, "arm": arm, "z": z})
    fitter = CoxPHFitter()
    fitter.fit(data, "time", "event", fit_options={"precision": 1e-11})
    fit = cox_batch(time[None], event[None], np.stack([arm, z], axis=1)[None].astype(float), engine="plain")
    cox = Reference("Cox model, Efron", named)
    cox.equal("coefficients", fit.beta[0], fitter.params_.to_numpy(), within=1e-6)
    cox.equal("standard errors", fit.standard_error[0], fitter.standard_errors_.to_numpy(), within=1e-6)
    horizon = float(np.quantile(time, 0.5))
    means, _ = rmst_batch(time[None], event[None], arm[None], horizon, engine="plain")
    for side in (0, 1):
        own = KaplanMeierFitter().fit(time[arm == side], event[arm == side])
        Reference("restricted mean survival time", named).equal(
            "mean", float(means[0, side]), restricted_mean_survival_time(own, t=horizon), relative=1e-8
        )


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("seed", "many"), [(1, 24), (2, 60), (3, 200)])
def test_tests_and_ratios_are_those_of_survival_in_rust(seed: int, many: int, ties: bool) -> None:
    theirs: Any = pytest.importorskip("survival", reason="survival (Rust) absent: 6 checks not run")
    time, event, arm, z = _people(seed, many, ties)
    data = {"time": time.tolist(), "event": event.astype(int).tolist(), "arm": arm.astype(float).tolist(), "z": z.tolist()}  # fmt: skip
    found = logrank_batch(time[None], event[None], arm[None], engine="plain")
    chisq = float(theirs.survdiff("Surv(time, event) ~ arm", data=data).chisq)
    named = f"survival {version('survival')} (Rust)"
    Reference("log-rank test", named).equal("χ²", float(found.z[0]) ** 2, chisq, relative=1e-10)
    fit = cox_batch(time[None], event[None], np.stack([arm, z], axis=1)[None].astype(float), engine="plain")
    Reference("Cox model, Efron", named).equal(
        "coefficients", fit.beta[0], theirs.coxph("Surv(time, event) ~ arm + z", data=data).coefficients, within=1e-9
    )  # fmt: skip


@pytest.mark.parametrize(("seed", "many"), [(1, 24), (2, 60), (3, 400)])
def test_means_and_odds_are_those_of_statsmodels(seed: int, many: int) -> None:
    sm: Any = pytest.importorskip("statsmodels.api", reason="statsmodels absent: 3 checks not run")
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    named = f"statsmodels {version('statsmodels')}"
    rng = np.random.default_rng(seed)
    arm, base = np.arange(many) % 2, rng.normal(20, 5, many)
    y = 0.7 * base - 1.5 * arm + rng.normal(size=many) * (1 + arm)
    theirs = sm.OLS(y, np.column_stack([np.ones(many), arm, base])).fit()
    robust = theirs.get_robustcov_results("HC3")
    for kernel, result, error in (
        ("ANCOVA", ancova(y, arm, base[:, None]), theirs.bse[1]),
        ("ANCOVA, HC3", ancova(y, arm, base[:, None], robust=True), robust.bse[1]),
    ):
        check = Reference(kernel, named)
        check.equal("difference and error", [result.estimate, result.standard_error], [theirs.params[1], error], relative=1e-9)  # fmt: skip
        check.equal("degrees of freedom", result.degrees_of_freedom, theirs.df_resid, within=0)
    grade = np.digitize(y + rng.logistic(size=many), np.quantile(y, [0.3, 0.6, 0.85]))
    x = np.column_stack([arm, (base - 20) / 5])
    ours = proportional_odds(grade, x)
    fit = OrderedModel(grade, x, distr="logit").fit(method="bfgs", disp=False, gtol=1e-9, maxiter=500)
    check = Reference("proportional odds", named)
    check.equal("coefficients", ours.beta, fit.params[:2], within=1e-5)
    check.equal("standard errors", np.sqrt(np.diag(ours.covariance))[-2:], fit.bse[:2], within=1e-4)
    check.at_most("-2 log-likelihood", -2 * ours.loglik, -2 * fit.llf, slack=1e-6)
