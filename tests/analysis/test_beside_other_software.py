"""Times to an event beside lifelines (Python, MIT) and survival (Rust, MIT), where they are installed; Proband needs them for nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.survival.batch import cox_batch, logrank_batch, rmst_batch


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
    pytest.importorskip("lifelines", reason="lifelines absent: 6 checks not run")
    from lifelines import CoxPHFitter, KaplanMeierFitter
    from lifelines.statistics import logrank_test
    from lifelines.utils import restricted_mean_survival_time

    time, event, arm, z = _people(seed, many, ties)
    theirs = KaplanMeierFitter().fit(time, event)
    ours = kaplan_meier(time, event)
    np.testing.assert_allclose(ours.share, theirs.predict(ours.times).to_numpy(), rtol=0, atol=1e-10)
    test = logrank_test(time[arm == 1], time[arm == 0], event[arm == 1], event[arm == 0])
    found = logrank_batch(time[None], event[None], arm[None], engine="plain")
    assert float(found.z[0]) ** 2 == pytest.approx(test.test_statistic, rel=1e-8)
    pandas = pytest.importorskip("pandas")
    data = pandas.DataFrame({"time": time, "event": event, "arm": arm, "z": z})
    fitter = CoxPHFitter()
    fitter.fit(data, "time", "event", fit_options={"precision": 1e-11})
    fit = cox_batch(time[None], event[None], np.stack([arm, z], axis=1)[None].astype(float), engine="plain")
    np.testing.assert_allclose(fit.beta[0], fitter.params_.to_numpy(), atol=1e-6)
    np.testing.assert_allclose(fit.standard_error[0], fitter.standard_errors_.to_numpy(), atol=1e-6)
    horizon = float(np.quantile(time, 0.5))
    means, _ = rmst_batch(time[None], event[None], arm[None], horizon, engine="plain")
    for side in (0, 1):
        own = KaplanMeierFitter().fit(time[arm == side], event[arm == side])
        assert float(means[0, side]) == pytest.approx(restricted_mean_survival_time(own, t=horizon), rel=1e-8)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("seed", "many"), [(1, 24), (2, 60), (3, 200)])
def test_tests_and_ratios_are_those_of_survival_in_rust(seed: int, many: int, ties: bool) -> None:
    theirs: Any = pytest.importorskip("survival", reason="survival (Rust) absent: 6 checks not run")
    time, event, arm, z = _people(seed, many, ties)
    data = {"time": time.tolist(), "event": event.astype(int).tolist(), "arm": arm.astype(float).tolist(), "z": z.tolist()}  # fmt: skip
    found = logrank_batch(time[None], event[None], arm[None], engine="plain")
    chisq = float(theirs.survdiff("Surv(time, event) ~ arm", data=data).chisq)
    assert float(found.z[0]) ** 2 == pytest.approx(chisq, rel=1e-10)
    fit = cox_batch(time[None], event[None], np.stack([arm, z], axis=1)[None].astype(float), engine="plain")
    np.testing.assert_allclose(
        fit.beta[0], theirs.coxph("Surv(time, event) ~ arm + z", data=data).coefficients, atol=1e-9
    )
