"""Weibull regression, estimating equations and long series against R on its own data sets, and by simulation."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proband.analysis.marginal import estimating_equations
from proband.analysis.qualification.published import NILE
from proband.analysis.qualification.sequence import CAUSE, GROUP, TIME, X
from proband.analysis.result import AnalysisError
from proband.analysis.survival.weibull import weibull
from proband.analysis.time_series import change_point, interrupted_series, local_level

from .conftest import SHARED, Reference, read_table


def _data_of_r(name: str, package: str, folder: Path) -> list[dict[str, str]]:
    """A data set of an R package, taken from it where it is installed: its licence keeps the file out of this project."""
    if shutil.which("Rscript") is None:
        pytest.skip(f"Rscript absent: {name} not compared")
    path = folder / f"{name}.csv"
    code = f"data({name}, package='{package}'); write.csv(data.frame({name}), '{path}', row.names=FALSE)"
    if subprocess.run(["Rscript", "-e", code], capture_output=True, check=False).returncode:
        pytest.skip(f"R package {package} absent: {name} not compared")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _column(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])


def test_respiratory_trial(anchors: Any, tmp_path: Path) -> None:
    rows = _data_of_r("respiratory", "geepack", tmp_path)
    want = anchors["respiratory_gee"]
    x = np.column_stack([
        _column(rows, "center"), [r["treat"] == "P" for r in rows], [r["sex"] == "M" for r in rows], _column(rows, "baseline"), _column(rows, "age"),
    ])  # fmt: skip
    fit = estimating_equations(_column(rows, "outcome"), x, [f"{r['center']}-{r['id']}" for r in rows])
    check = Reference("generalised estimating equations", "R geepack 1.3.9")
    check.equal("respiratory: coefficients", fit.beta, want["coefficients"], within=1e-5)
    check.equal(
        "respiratory: robust errors",
        np.sqrt(np.diag(fit.covariance)),
        want["robust standard errors"],
        within=1e-5,
    )
    check.equal("respiratory: correlation", fit.correlation, want["alpha"], within=1e-5)


def test_wheezing_children(anchors: Any, tmp_path: Path) -> None:
    rows = _data_of_r("ohio", "geepack", tmp_path)
    want, check = anchors["ohio_gee"], Reference("generalised estimating equations", "R geepack 1.3.9")
    age, smoke = _column(rows, "age"), _column(rows, "smoke")
    x = np.column_stack([age, smoke, age * smoke])
    # geepack's fixed scale is not 1 but that of the ordinary logistic regression, which it prints
    fit = estimating_equations(_column(rows, "resp"), x, [row["id"] for row in rows], scale=0.999616377065)
    check.equal("ohio: coefficients", fit.beta, want["coefficients"], within=1e-5)
    check.equal("ohio: robust errors", np.sqrt(np.diag(fit.covariance)), want["robust standard errors"], within=1e-5)  # fmt: skip
    check.equal("ohio: correlation", fit.correlation, want["alpha"], within=1e-5)


def test_lung_cancer(anchors: Any) -> None:
    path = SHARED / "acceptance" / "11_statistics" / "CAMIS_lung_cancer.csv"
    if not path.is_file():
        pytest.skip("acceptance data absent: lung not compared")
    lung = read_table(path, ("time", "status", "age", "sex"))
    want = anchors["lung_weibull_aft"]
    fit = weibull(
        lung["time"], lung["status"] == 2, np.column_stack([lung["age"], lung["sex"]]), names=["age", "sex"]
    )
    check = Reference("Weibull regression", "R survival 3.5-3")
    check.equal("lung: coefficients", fit.beta, want["coefficients"], within=1e-5)
    check.equal("lung: scale", fit.scale, want["scale"], within=1e-5)
    check.equal("lung: log-likelihoods", [fit.loglik_null, fit.loglik], want["log-likelihood"], within=1e-5)
    assert fit.result("sex").shown[0] > 1 > fit.result("sex", hazard=True).shown[0]


def test_seat_belts(anchors: Any, tmp_path: Path) -> None:
    rows = _data_of_r("Seatbelts", "datasets", tmp_path)
    want = anchors["seatbelts_step"]
    x = np.column_stack(
        [_column(rows, "law"), np.log(_column(rows, "PetrolPrice")), np.log(_column(rows, "kms"))]
    )
    fit = interrupted_series(np.log(_column(rows, "drivers")), x, period=12, names=["law", "petrol", "km"])
    check = Reference("interrupted series", "R 4.2.2 (arima)")
    check.equal(
        "seat belts: coefficients", [fit.memory, fit.seasonal, *fit.beta], want["coefficients"], within=1e-3
    )
    check.equal("seat belts: errors", np.sqrt(np.diag(fit.covariance)), want["standard errors"], within=1e-3)
    check.equal("seat belts: log-likelihood", fit.loglik, want["log-likelihood"], within=1e-3)
    assert fit.result("law").high < 0


def test_the_nile(anchors: Any) -> None:
    check = Reference("level of a series", "R 4.2.2 (StructTS), strucchange 1.5-3")
    found = local_level(NILE)
    check.equal(
        "the Nile: variances",
        [found.level_variance, found.noise_variance],
        anchors["nile_local_level"]["variances"],
        relative=1e-3,
    )
    at, step = change_point(NILE)
    check.equal("the Nile: year", 1871 + at, anchors["nile_break"]["year"])
    assert step.high < -150


def test_weibull_by_derivative_and_simulation() -> None:
    """The score is zero at the answer, and simulated times give back what made them."""
    from scipy.stats import weibull_min

    rng = np.random.default_rng(3)
    x = np.arange(3000) % 2
    t = weibull_min.rvs(1 / 0.6, scale=np.exp(2.0 + 0.4 * x), random_state=rng)
    end = rng.uniform(2, 30, 3000)
    fit = weibull(np.minimum(t, end), t <= end, x)
    assert abs(fit.beta[1] - 0.4) < 3 * np.sqrt(fit.covariance[1, 1])
    assert abs(fit.scale - 0.6) < 0.03
    ratio = fit.result("x1", hazard=True)
    assert ratio.low < -0.4 / 0.6 < ratio.high
    with pytest.raises(AnalysisError, match="nobody had the event"):
        weibull([1.0, 2.0], [0, 0], [0.0, 1.0])
    with pytest.raises(AnalysisError, match="no time"):
        weibull([0.0, 2.0], [1, 1], [0.0, 1.0])
    with pytest.raises(AnalysisError, match="do not determine"):
        weibull([1.0, 2.0], [1, 1], [1.0, 1.0])
    with pytest.raises(AnalysisError, match=r"no finite estimate|do not determine"):
        weibull(TIME, (CAUSE == 1) & (GROUP == 1), GROUP)  # no event in one group: no finite effect


def test_marginal_means_are_a_paired_test_and_small_samples_are_corrected() -> None:
    """Two visits of everybody: the error of the difference of visits is that of the paired differences."""
    rng = np.random.default_rng(4)
    level = rng.normal(size=20)
    y = np.concatenate([level + rng.normal(size=20), level + 0.5 + rng.normal(size=20)])
    who, visit = np.tile(np.arange(20), 2), np.repeat([0.0, 1.0], 20)
    fit = estimating_equations(y, visit, who, kind="gaussian")
    gap = y[20:] - y[:20]
    assert fit.beta[1] == pytest.approx(gap.mean())
    assert np.sqrt(fit.covariance[1, 1]) == pytest.approx(gap.std() / np.sqrt(20))
    small = estimating_equations(y, visit, who, kind="gaussian", small=True)
    # Mancl and DeRouen: each residual of 20 people over 1 − 1/20
    assert np.sqrt(small.covariance[1, 1]) == pytest.approx(gap.std() / np.sqrt(20) / (1 - 1 / 20))
    assert 0.2 < fit.correlation < 0.9
    with pytest.raises(AnalysisError, match="no kind of answer"):
        estimating_equations(y, visit, who, kind="poisson")
    with pytest.raises(AnalysisError, match="do not determine"):
        estimating_equations(y, np.ones(40), who)
    with pytest.raises(AnalysisError, match="no finite estimate"):
        estimating_equations(visit, visit, who)


def test_series_that_say_nothing_are_refused_and_steps_are_found() -> None:
    with pytest.raises(AnalysisError, match="too short"):
        local_level([1.0, 2.0])
    with pytest.raises(AnalysisError, match="too short"):
        change_point([1, 2, 3, np.nan, 5, 6, 7])
    with pytest.raises(AnalysisError, match="never changes"):
        local_level(np.ones(20))
    rng = np.random.default_rng(6)
    wander = np.cumsum(rng.normal(size=4000))
    found = local_level(wander + rng.normal(size=4000) * 2)
    assert found.level_variance == pytest.approx(1.0, rel=0.2)
    assert found.noise_variance == pytest.approx(4.0, rel=0.1)
    still = local_level(rng.normal(size=400))
    assert still.level_variance < 0.01
    y = rng.normal(size=60) + 3.0 * (np.arange(60) >= 23)
    at, step = change_point(y)
    assert at in (21, 22, 23)
    assert step.low < 3.0 < step.high
    # the autoregression of order one alone, by its textbook likelihood
    e = rng.normal(size=60)
    for t in range(1, 60):
        e[t] += 0.5 * e[t - 1]
    fit = interrupted_series(e, X[:60] / 10, period=12)
    assert 0.1 < fit.memory < 0.8
    assert abs(fit.seasonal) < 0.5
