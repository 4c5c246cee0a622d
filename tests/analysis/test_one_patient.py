"""Single-case effect sizes, the one-patient posterior, multiplicity and synthesis against published numbers and by hand."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
import pytest

from proband.analysis.multiplicity import fixed_sequence, graphical, holm
from proband.analysis.nof1 import (
    SeriesPrior,
    randomised_start,
    segmented_reml,
    series_posterior,
    series_posterior_batch,
)
from proband.analysis.result import AnalysisError
from proband.analysis.single_case import PhaseComparison, compare_phases, kendall
from proband.analysis.synthesis import normal_hierarchy, peto, random_effects

from .conftest import SHARED, Reference, read_table

pytestmark = pytest.mark.xdist_group("analysis-kernels")
SINGLE = "SingleCaseES 0.7.4"


def test_effect_sizes_of_307_cases() -> None:
    folder = SHARED / "acceptance" / "06_nof1_scd" / "scan"
    if not folder.is_dir():
        pytest.skip("acceptance data absent: 307 cases not compared")
    long = read_table(folder / "scan_all_cases_long.csv", ("value",))
    cases: dict[tuple[str, str], dict[str, list[float]]] = {}
    for data, case, phase, value in zip(
        long["dataset"], long["case"], long["phase"], long["value"], strict=True
    ):
        cases.setdefault((data, case), {}).setdefault(phase, []).append(float(value))
    rows = read_table(folder / "expected_effect_sizes_SingleCaseES_0.7.4.csv", ("Est", "SE"))
    fields = {
        "NAP": "nap",
        "PND": "pnd",
        "PEM": "pem",
        "PAND": "pand",
        "IRD": "ird",
        "Tau": "tau",
        "Tau-U": "tau_u",
    }
    fields |= {"SMD": "smd", "LRRi": "log_response_ratio"}
    got: dict[str, list[float]] = {name: [] for name in [*fields, "NAP: SE"]}
    want: dict[str, list[float]] = {name: [] for name in [*fields, "NAP: SE"]}
    results: dict[tuple[str, str], PhaseComparison] = {}
    for at in range(len(rows["ES"])):
        key = (rows["dataset"][at], rows["case"][at])
        phases = cases[key]
        if key not in results:
            results[key] = compare_phases(phases[rows["phaseA"][at]], phases[rows["phaseB"][at]])
        result = results[key]
        name, value = rows["ES"][at], rows["Est"][at]
        if not np.isfinite(value):
            assert result.smd is None
            continue
        mine = getattr(result, fields[name])
        if name == "LRRi" and mine is None:
            continue  # a phase without positive mean: the package's own correction
        got[name].append(mine)
        want[name].append(value)
        if name == "NAP":
            got["NAP: SE"].append(result.nap_error)
            want["NAP: SE"].append(rows["SE"][at])
    for name in got:
        Reference("single-case effect sizes", SINGLE).equal(name, got[name], want[name], within=1e-4)
    assert len(got["NAP"]) == 307


def test_published_examples() -> None:
    path = SHARED / "acceptance" / "06_nof1_scd" / "published_small_examples.json"
    if not path.is_file():
        pytest.skip("acceptance data absent: 5 printed examples not compared")
    read = json.loads(path.read_text(encoding="utf-8"))
    check = Reference("single-case effect sizes", "as printed")
    first = compare_phases(read["pvd2011"]["A"], read["pvd2011"]["B"])
    for theirs, ours in (
        ("PND", "pnd"),
        ("PAND", "pand"),
        ("PEM", "pem"),
        ("IRD_robust", "ird"),
        ("NAP", "nap"),
        ("Tau", "tau"),
    ):
        check.equal(f"Parker 2011, {theirs}", getattr(first, ours), read["pvd2011"][theirs], within=1e-3)
    second = compare_phases(read["pvd2011_ex2"]["A"], read["pvd2011_ex2"]["B"])
    check.equal("Parker 2011, second", [second.tau, second.tau_u], [0.8, 0.55], within=1e-3)
    tarlow = compare_phases(read["tarlow2017"]["A"], read["tarlow2017"]["B"])
    check.equal("Tarlow 2017", [tarlow.tau, tarlow.tau_u, tarlow.tau_corrected], [1, 0.6, 0], within=1e-3)
    old = kendall(read["kendall1970"]["x"], read["kendall1970"]["y"])
    check.equal("Kendall 1970", [old.score, old.scale, old.tau_b], [33, 38.418745, 0.859], within=1e-3)
    assert compare_phases([5, 4, 3], [1, 2, 1], decrease=True).nap == 1.0
    with pytest.raises(AnalysisError, match="do not make"):
        compare_phases([1], [2, 3])


PRIOR = SeriesPrior(slope=-0.3, slope_sd=0.2, log_noise=0.0)


def series(count: int, pre: int, rho: float, change: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The data-generating model of the README's table: weekly, 16 weeks after the start, slope N(−0.30, 0.10²), SD 1."""
    rng = np.random.default_rng(seed)
    times = np.arange(-pre, 16.0)
    e = np.empty((count, len(times)))
    e[:, 0] = rng.normal(size=count)
    for t in range(1, len(times)):
        e[:, t] = rho * e[:, t - 1] + np.sqrt(1 - rho**2) * rng.normal(size=count)
    slope = rng.normal(-0.3, 0.1, count)
    return slope[:, None] * times + change * np.maximum(times, 0) + e, times


def test_kernel_equals_the_plain_posterior() -> None:
    y, times = series(4, 5, 0.4, 0.3, 1)
    y[0, 3] = y[1, 0] = y[2, 10:12] = np.nan
    fast, plain = (
        series_posterior_batch(y, times, 0.0, PRIOR, lag=1.0, threshold=0.1, engine=engine)
        for engine in ("kernel", "plain")
    )
    check = Reference("one-patient posterior batch kernel", "the plain reference in NumPy")
    check.equal("probability, mean, SD", fast, plain, within=1e-8)
    one = series_posterior(y[3], times, 0.0, PRIOR, shifts=(times > 4).astype(float))
    assert one.sd > series_posterior(y[3], times, 0.0, PRIOR).sd  # an intercurrent shift costs certainty


def test_posterior_is_calibrated() -> None:
    """Truths drawn from the prior: the posterior probability of exceeding the truth is uniform (2,000 series, Kolmogorov–Smirnov)."""
    from scipy.stats import kstest

    rng = np.random.default_rng(5)
    prior = SeriesPrior(slope=-0.3, slope_sd=0.2, log_noise=0.0, level_sd=1.0, change_sd=0.5)
    rhos, noises, logs = prior.grid()
    weight = np.exp(logs) / np.exp(logs).sum()
    times, count = np.arange(-6.0, 10.0), 2000
    at = rng.choice(len(rhos), count, p=weight)
    level, slope, change = rng.normal(0, 1, count), rng.normal(-0.3, 0.2, count), rng.normal(0, 0.5, count)
    e = np.empty((count, len(times)))
    e[:, 0] = rng.normal(size=count)
    for t in range(1, len(times)):
        e[:, t] = rhos[at] * e[:, t - 1] + np.sqrt(1 - rhos[at] ** 2) * rng.normal(size=count)
    y = (
        level[:, None]
        + slope[:, None] * times
        + change[:, None] * np.maximum(times, 0)
        + noises[at][:, None] * e
    )
    ranks = series_posterior_batch(y, times, 0.0, prior, threshold=change)[:, 0]
    assert kstest(ranks, "uniform").pvalue > 0.01


def test_operating_characteristics_of_a_reversal() -> None:
    """5 weeks before, ρ = 0.3 (the README: type I 0.2 %, power for a reversal 94 %); 2,000 series each, 20,000 at night."""
    count = 20_000 if os.environ.get("PROBAND_NIGHTLY") else 2_000
    rates = []
    for change in (0.0, 0.6):
        y, times = series(count, 5, 0.3, change, 7)
        rates.append(float((series_posterior_batch(y, times, 0.0, PRIOR)[:, 0] > 0.975).mean()))
    assert rates[0] < 0.01
    assert 0.9 < rates[1] < 0.98
    # a prior that is too sharp and wrong: the conflict shows
    sharp = SeriesPrior(slope=-0.25, slope_sd=0.05, log_noise=0.0)
    rng = np.random.default_rng(3)
    times = np.arange(-12.0, 12.0)
    y = -0.1 * times + rng.normal(size=(500, len(times)))
    assert (series_posterior_batch(y, times, 0.0, sharp)[:, 0] > 0.975).mean() > 0.1


def test_regression_without_a_prior_and_a_randomised_start() -> None:
    y, times = series(1, 12, 0.3, 0.6, 21)
    got = segmented_reml(y[0], times, 0.0)
    assert got.low < 0.6 < got.high
    assert got.degrees_of_freedom == len(times) - 3
    flat = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1.0])
    test = randomised_start(flat, 5, [3, 4, 5, 6, 7])
    assert test.p == pytest.approx(1 / 5)
    assert randomised_start(np.zeros(11), 5, [3, 4, 5, 6, 7]).p == 1.0
    with pytest.raises(AnalysisError, match="could have been drawn"):
        randomised_start(flat, 2, [3, 4])
    rng = np.random.default_rng(2)
    null = [
        randomised_start(rng.normal(size=20), int(s), list(range(5, 15))).p for s in rng.integers(5, 15, 400)
    ]
    assert (np.array(null) <= 0.1).mean() <= 0.1 + 3 * np.sqrt(0.09 / 400)


def test_multiplicity() -> None:
    test = fixed_sequence({"d90": 0.01, "odds": 0.2, "survival": 0.001})
    assert test.adjusted == (0.01, 0.2, 0.2)
    assert test.rejected == ("d90",)
    # the graph of Bretz et al. 2009, figure 2 type: two primary, two secondary hypotheses
    graph = [[0, 0.5, 0.5, 0], [0.5, 0, 0, 0.5], [0, 1, 0, 0], [1, 0, 0, 0]]
    got = graphical({"H1": 0.01, "H2": 0.005, "H3": 0.1, "H4": 0.5}, [0.5, 0.5, 0, 0], graph, alpha=0.025)
    assert got.rejected == ("H1", "H2")
    np.testing.assert_allclose(got.adjusted[:2], (0.01333333, 0.01), atol=1e-6)
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}).adjusted == pytest.approx((0.03, 0.06, 0.06))
    with pytest.raises(AnalysisError, match="no graph"):
        graphical({"a": 0.1, "b": 0.1}, [0.7, 0.7], [[0, 1], [1, 0]])


def test_peto(anchors: Any) -> None:
    path = SHARED / "acceptance" / "11_statistics"
    if not path.is_dir():
        pytest.skip("acceptance data absent: 1 check not run")
    table = read_table(path / "metadat_yusuf1985.csv", ("ai", "n1i", "ci", "n2i"))
    own = (np.array(table["table"]) == "6") & np.isfinite(table["ai"]) & np.isfinite(table["n1i"])
    got = peto(*(table[c][own] for c in ("ai", "n1i", "ci", "n2i")))
    Reference("Peto's odds ratio", "metafor").equal(
        "Yusuf 1985, table 6", got.shown, [0.9332, 0.7385, 1.1792], within=1e-4
    )


SCHOOLS = ([28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18])


def test_eight_schools() -> None:
    """Rubin DB. J Educ Stat 1981;6:377-401; reference posterior with Monte-Carlo errors."""
    path = SHARED / "acceptance" / "11_statistics"
    if not path.is_dir():
        pytest.skip("acceptance data absent: 1 check not run")
    want = json.loads((path / "posteriordb_eight_schools_mean.json").read_text())
    got = normal_hierarchy(*SCHOOLS, prior_sd=5, tau_scale=5, tau_prior="half-cauchy")
    values = np.array([*got.effects, got.mean, got.tau])
    gap = np.abs(values - want["mean_value"])
    assert (gap < 3 * np.array(want["mcse_mean"])).all(), gap
    Reference("normal hierarchy", "posteriordb").equal(
        "eight schools: means", values, want["mean_value"], within=0.2
    )


def test_random_effects_by_hand_and_simulation() -> None:
    got = random_effects(*SCHOOLS)
    assert got.tau2 == 0.0  # REML of the eight schools is on the boundary
    assert got.result.estimate == pytest.approx(7.6856, abs=1e-3)
    y, se = np.array([0.1, 0.9, 0.5, 1.4]), np.full(4, 0.2)
    even = random_effects(y, se)
    # equal errors: REML has the closed form sample variance − error variance
    assert even.tau2 == pytest.approx(y.var(ddof=1) - 0.04)
    assert even.result.estimate == pytest.approx(y.mean())
    assert even.result.standard_error == pytest.approx(y.std(ddof=1) / 2)
    assert even.prediction[0] < even.result.low
    # without Hartung–Knapp the interval is normal, at the confidence that was asked for
    plain = random_effects(y, se, knapp_hartung=False, confidence=0.9).result
    assert plain.high - plain.estimate == pytest.approx(1.6448536 * plain.standard_error)
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        errors = rng.uniform(0.1, 0.4, 6)
        effect = rng.normal(0, 0.3, 6) + rng.normal(0, errors)
        one = random_effects(effect, errors).result
        covered += one.low <= 0 <= one.high
    assert covered / 400 > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 400)
    with pytest.raises(AnalysisError, match="cannot be combined"):
        random_effects([1.0], [0.1])
