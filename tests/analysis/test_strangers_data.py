"""Data as a stranger hands them in: other units, another order, codes, nobody, one person. The answer is the same, or refused with its reason, and never a number of nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from proband.analysis import ordinal, ranks, recurrent, win
from proband.analysis.ancova import ancova
from proband.analysis.external_comparison import external_difference, maic_difference
from proband.analysis.external_controls import g_computation
from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.marginal import estimating_equations
from proband.analysis.result import AnalysisError, AnalysisResult
from proband.analysis.results_of import gray_result, incidence_result, subdistribution_result, survival_result
from proband.analysis.survival.competing import cumulative_incidence, fine_gray, gray_test
from proband.analysis.survival.cox import cox
from proband.analysis.survival.logrank import logrank, logrank_result
from proband.analysis.survival.rmst import rmst_difference
from proband.analysis.survival.weibull import weibull

Data = dict[str, Any]
N = 40


def made(seed: int = 3) -> Data:
    rng = np.random.default_rng(seed)
    arm, base = np.arange(N) % 2, rng.normal(size=N)
    y, time = base + 0.5 * arm + rng.normal(size=N), np.ceil(rng.exponential(200, N))
    event = rng.random(N) < 0.6
    return {
        "arm": arm, "base": base, "y": y, "time": time, "event": event, "cause": np.where(event, rng.integers(1, 3, N), 0),
        "grade": np.digitize(y, [-0.5, 0.5, 1.5]), "again": [np.sort(rng.uniform(0, t, k)) for t, k in zip(time, rng.poisson(1, N), strict=True)],
    }  # fmt: skip


def column(d: Data, name: str) -> np.ndarray:
    return np.asarray(d[name])[:, None]


def middle(d: Data) -> float:
    return float(np.sort(d["time"])[len(d["time"]) // 2]) if len(d["time"]) else 1.0


ANALYSES: dict[str, Callable[[Data], AnalysisResult]] = {
    "ancova": lambda d: ancova(d["y"], d["arm"], d["base"]),
    "odds": lambda d: ordinal.proportional_odds(d["grade"], column(d, "arm"), names=["arm"]).result("arm"),
    "ranks": lambda d: ranks.rank_sum(d["y"], d["arm"]),
    "counts": lambda d: recurrent.negative_binomial([len(t) for t in d["again"]], d["time"], column(d, "arm"), names=["arm"]).result("arm"),
    "again": lambda d: recurrent.proportional_means(d["again"], d["time"], column(d, "arm"), names=["arm"]).result("arm", robust=True),
    "curve": lambda d: survival_result(kaplan_meier(d["time"], d["event"]), middle(d)),
    "logrank": lambda d: logrank_result(logrank(d["time"], d["event"], d["arm"])),
    "cox": lambda d: cox(d["time"], d["event"], column(d, "arm"), names=["arm"]).result("arm"),
    "mean time": lambda d: rmst_difference(d["time"], d["event"], d["arm"], middle(d)),
    "incidence": lambda d: incidence_result(cumulative_incidence(d["time"], d["cause"], 2), 1, middle(d)),
    "fine-gray": lambda d: subdistribution_result(fine_gray(d["time"], d["cause"], column(d, "arm"), names=["arm"]), "arm"),
    "gray": lambda d: gray_result(gray_test(d["time"], d["cause"], d["arm"])),
    "wins": lambda d: win.win_statistics([win.Component("time", d["time"], d["event"]), win.Component("value", d["y"])], d["arm"]).win_odds,
    "weibull": lambda d: weibull(d["time"], d["event"], column(d, "arm"), names=["arm"]).result("arm"),
    "balanced": lambda d: external_difference(d["y"], d["arm"], column(d, "base"), replicates=30),
    "weighted": lambda d: external_difference(d["y"], d["arm"], column(d, "base"), method="inverse-probability", replicates=30),
    "matched": lambda d: external_difference(d["y"], d["arm"], column(d, "base"), method="matching"),
    "standardised": lambda d: g_computation(d["y"], d["arm"], column(d, "base"), replicates=30),
    "repeated": lambda d: estimating_equations(np.tile(d["y"], 2), np.tile(d["arm"], 2)[:, None], np.tile(np.arange(len(d["y"])), 2), kind="gaussian", names=["arm"]).result("arm"),
}  # fmt: skip


def times(d: Data, factor: float) -> Data:
    return {**d, "time": d["time"] * factor, "again": [t * factor for t in d["again"]]}


def some(d: Data, who: Any) -> Data:
    return {name: [values[i] for i in who] if name == "again" else values[who] for name, values in d.items()}


SAME: dict[str, Callable[[Data], Data]] = {
    "another order": lambda d: some(d, np.random.default_rng(1).permutation(N)),
    "months": lambda d: times(d, 1 / 30.4375),
    "seconds": lambda d: times(d, 86_400.0),
    "units a million times smaller": lambda d: {**d, "y": d["y"] * 1e6, "base": d["base"] * 1e6},
    "units a billion times larger": lambda d: {**d, "y": d["y"] * 1e-9},
    "a far zero": lambda d: {**d, "y": d["y"] + 1e9, "base": d["base"] + 1e8},
}


@pytest.mark.parametrize("how", SAME)
def test_units_and_order_change_no_p_and_no_ratio(how: str) -> None:
    for name, analysis in ANALYSES.items():
        before, after = analysis(made()), analysis(SAME[how](made()))
        if before.p is not None:
            assert after.p == pytest.approx(before.p, rel=1e-5), name
        if before.display == "exp":
            assert after.estimate == pytest.approx(before.estimate, abs=1e-6), name


NOTHING: dict[str, tuple[Callable[[Data], Data], set[str]]] = {
    "nobody": (lambda d: some(d, np.array([], dtype=int)), set(ANALYSES)),
    "no number": (lambda d: {**d, "arm": np.array(["a", "b"] * (N // 2))}, set(ANALYSES) - {"curve", "incidence", "logrank", "gray"}),
    "a code of -9": (lambda d: {**d, "time": np.where(np.arange(N) == 2, -9, d["time"])}, {"curve", "logrank", "cox", "mean time", "incidence", "fine-gray", "gray", "wins", "weibull", "counts"}),
    "a value without a square": (lambda d: {**d, "y": d["y"] * 1e300}, {"ancova", "ranks", "wins", "balanced", "weighted", "matched", "standardised", "repeated"}),
    "all missing": (lambda d: {**d, "y": np.full(N, np.nan)}, {"ancova", "ranks", "balanced", "weighted", "matched", "standardised", "repeated"}),
    "one arm": (lambda d: {**d, "arm": np.ones(N, int)}, set(ANALYSES) - {"curve", "incidence"}),
    # what is learned from how people differ is not learned from one of them
    "one treated": (lambda d: {**d, "arm": (np.arange(N) == 0).astype(int)}, {"again", "fine-gray", "balanced", "weighted", "matched", "standardised", "repeated", "odds"}),
    "nothing varies": (lambda d: {**d, "y": np.ones(N), "grade": np.ones(N, int)}, {"ancova", "odds", "balanced", "weighted", "matched", "standardised", "repeated"}),
}  # fmt: skip


@pytest.mark.parametrize("what", NOTHING)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_cannot_be_answered_is_refused_and_the_rest_is_no_certainty(what: str) -> None:
    change, refused = NOTHING[what]
    for name, analysis in ANALYSES.items():
        # a curve of one group says in its own words what is no time
        refusal = (AnalysisError, ValueError) if name == "curve" else (AnalysisError,)
        try:
            found = analysis(change(made()))
        except refusal:
            continue
        assert name not in refused, (name, found.words)
        assert found.low != found.high, name


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_all_at_one_moment_and_the_first_day_are_answered_or_refused() -> None:
    first_day = made()
    early = np.arange(N) < 4
    first_day |= {"time": np.where(early, 0.0, first_day["time"]), "again": [t[:0] if e else t for t, e in zip(first_day["again"], early, strict=True)]}  # fmt: skip
    together = made() | {"time": np.full(N, 10.0), "again": [np.array([])] * N}
    for data in (first_day, together):
        for name, analysis in ANALYSES.items():
            try:
                found = analysis(data)
            except AnalysisError:
                continue
            assert math.isnan(found.low) or found.low < found.high, name


def test_a_published_mean_is_not_held_against_people_who_are_all_alike() -> None:
    with pytest.raises(AnalysisError) as refused:
        maic_difference(np.ones(10), np.arange(10.0)[:, None], [4.0], 0.0, 0.1)
    assert refused.value.code == "analysis.no-spread"


def test_the_largest_effect_is_shown_without_end() -> None:
    endless = AnalysisResult("m", "odds ratio", 800.0, low=1.0, high=math.inf, display="exp")
    assert endless.shown == (math.inf, pytest.approx(math.e), math.inf)
