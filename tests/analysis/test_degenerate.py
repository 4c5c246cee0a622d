"""Data that decide nothing, and data that cannot be: every analysis refuses them with a reason, and gives a number to none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from proband.analysis.ancova import ancova
from proband.analysis.borrowing import (
    beta_prior,
    commensurate_prior,
    cutoff,
    drift_grid,
    map_prior,
    power_prior,
)
from proband.analysis.early_phase import (
    beta_binomial_stopping,
    boin,
    single_arm_power,
    three_plus_three,
    two_stage_reject,
)
from proband.analysis.external_controls import (
    att_weights,
    e_value,
    effective_size,
    entropy_balance,
    g_computation,
    maic_weights,
    nearest_match,
    propensity,
    weighted_difference,
)
from proband.analysis.imputation import reference_based
from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.marginal import estimating_equations
from proband.analysis.mmrm.model import RepeatedMeasuresModel, fit_mmrm
from proband.analysis.multiplicity import fixed_sequence, graphical, holm
from proband.analysis.nof1 import (
    SeriesPrior,
    randomised_start,
    segmented_reml,
    series_posterior,
    series_posterior_batch,
)
from proband.analysis.ordinal import proportional_odds
from proband.analysis.ranks import rank_sum
from proband.analysis.rates import compare_rates
from proband.analysis.recurrent import mean_number, negative_binomial, proportional_means
from proband.analysis.regression_batch import ancova_batch
from proband.analysis.result import AnalysisError, wald
from proband.analysis.risk_difference import METHODS, risk_difference
from proband.analysis.sample_size import (
    events_for_hazards,
    people_for_means,
    people_for_share,
    people_for_shares,
)
from proband.analysis.sequential.boundaries import shaped, spending
from proband.analysis.sequential.monitoring import conditional_power, predictive_power, reestimate
from proband.analysis.single_case import compare_phases
from proband.analysis.survival.competing import aalen_johansen, cumulative_incidence, fine_gray, gray_test
from proband.analysis.survival.cox import cox
from proband.analysis.survival.logrank import WEIGHTS, logrank
from proband.analysis.survival.rmst import rmst_difference
from proband.analysis.survival.weibull import weibull
from proband.analysis.synthesis import normal_hierarchy, peto, random_effects
from proband.analysis.win import Component, win_statistics

NAN, INF = float("nan"), float("inf")
PEOPLE = 24
RNG = np.random.default_rng(7)
GOOD: dict[str, np.ndarray] = {
    "arm": np.arange(PEOPLE) % 2,
    "y": RNG.normal(size=PEOPLE),
    "z": RNG.normal(size=PEOPLE),
    "grade": np.tile([0, 1, 2, 1], PEOPLE // 4)[RNG.permutation(PEOPLE)],
    "time": RNG.exponential(size=PEOPLE) + 0.1,
    "event": (np.arange(PEOPLE) // 2) % 3 > 0,
    "cause": RNG.permutation(np.tile([0, 1, 2], PEOPLE // 3)),
    "count": RNG.poisson(2.0, PEOPLE),
    "who": np.arange(PEOPLE) // 2,
    "repeated": RNG.normal(size=(PEOPLE, 3)),
    "times": np.arange(float(PEOPLE)),
}
Data = dict[str, Any]


def _mmrm(d: Data) -> object:
    visits = d["repeated"].shape[1]
    table = {
        "y": np.asarray(d["repeated"]).ravel(), "who": np.repeat(np.arange(PEOPLE), visits), "visit": np.tile(np.arange(visits), PEOPLE),
        "arm": np.repeat(d["arm"], visits),
    }  # fmt: skip
    model = RepeatedMeasuresModel(
        "y", "who", "visit", ("arm", "visit", "arm:visit"), levels={"arm": (0, 1), "visit": (0, 1, 2)}
    )
    return fit_mmrm(table, model).difference("arm", 1, 0, {"visit": visits - 1})


def _win(kind: str, values: Any, event: Any, arm: Any) -> object:
    return win_statistics([Component(kind, np.asarray(values, dtype=float), event)], arm)


PRIOR = SeriesPrior(0.0, 1.0, 0.0)
#: analysis → (what it needs, how it is called)
ANALYSES: dict[str, tuple[str, Callable[[Data], object]]] = {
    "ANCOVA": ("y arm z", lambda d: ancova(d["y"], d["arm"], d["z"])),
    "proportional odds": ("grade arm", lambda d: proportional_odds(d["grade"], d["arm"])),
    "rank sum": ("y arm", lambda d: rank_sum(d["y"], d["arm"])),
    **{f"log-rank, {w}": ("time event arm", lambda d, w=w: logrank(d["time"], d["event"], d["arm"], weight=w)) for w in WEIGHTS},
    "Cox": ("time event arm", lambda d: cox(d["time"], d["event"], d["arm"])),
    "Weibull": ("time event arm", lambda d: weibull(d["time"], d["event"], d["arm"])),
    "restricted mean": ("time event arm", lambda d: rmst_difference(d["time"], d["event"], d["arm"], 0.5)),
    "cumulative incidence": ("time cause", lambda d: cumulative_incidence(d["time"], d["cause"])),
    "Gray": ("time cause arm", lambda d: gray_test(d["time"], d["cause"], d["arm"])),
    "Fine and Gray": ("time cause arm", lambda d: fine_gray(d["time"], d["cause"], d["arm"])),
    "negative binomial": ("count time arm", lambda d: negative_binomial(d["count"], d["time"], d["arm"])),
    "win, value": ("y arm", lambda d: _win("value", d["y"], None, d["arm"])),
    "win, time": ("time event arm", lambda d: _win("time", d["time"], d["event"], d["arm"])),
    "MMRM": ("repeated arm", _mmrm),
    "imputation": ("repeated arm", lambda d: reference_based(d["repeated"], d["arm"], engine="plain")),
    "one patient": ("y times", lambda d: series_posterior(d["y"], d["times"], 12, PRIOR)),
    "one patient, REML": ("y times", lambda d: segmented_reml(d["y"], d["times"], 12)),
    "single case": ("y z", lambda d: compare_phases(d["y"], d["z"])),
    "entropy balance": ("y z", lambda d: entropy_balance(np.asarray(d["y"])[:9], d["z"])),
    "propensity": ("arm z", lambda d: propensity(d["arm"], d["z"])),
    "ATT weights": ("arm z", lambda d: att_weights(d["arm"], d["z"])),
    "matching": ("arm z", lambda d: nearest_match(d["arm"], d["z"])),
    "g-computation": ("y arm z", lambda d: g_computation(d["y"], d["arm"], d["z"], replicates=20)),
    "GEE": ("event arm who", lambda d: estimating_equations(d["event"], d["arm"], d["who"])),
    "Kaplan–Meier": ("time event", lambda d: kaplan_meier(d["time"], d["event"]).at(0.2)),
    "random effects": ("y time", lambda d: random_effects(d["y"], d["time"])),
    "normal hierarchy": ("y time", lambda d: normal_hierarchy(d["y"], d["time"], prior_sd=1.0, tau_scale=1.0)),
}  # fmt: skip
#: a value that no column of a kind can have
IMPOSSIBLE = {
    "y": INF, "z": INF, "repeated": INF, "arm": NAN, "grade": -9, "time": -1.0, "event": -9, "cause": -9, "count": 2.5, "times": NAN,
}  # fmt: skip
FAULTS = [
    (analysis, column, value)
    for analysis, (needs, _) in ANALYSES.items()
    for column in needs.split()
    for value in sorted({IMPOSSIBLE.get(column, NAN), INF}, key=str)
    if column != "who"
]


def _refused(call: Callable[[], object]) -> None:
    # the curve itself has errors of its own, which other rooms know
    with pytest.raises((AnalysisError, ValueError)) as raised:
        call()
    assert not isinstance(raised.value, np.linalg.LinAlgError)
    assert str(raised.value)


@pytest.mark.parametrize("analysis", ANALYSES)
def test_the_data_that_the_faults_are_made_of_are_analysed(analysis: str) -> None:
    ANALYSES[analysis][1](GOOD)


@pytest.mark.parametrize(
    ("analysis", "column", "value"), FAULTS, ids=[f"{a}: {c} {v:g}" for a, c, v in FAULTS]
)
def test_a_value_that_cannot_be_is_refused(analysis: str, column: str, value: float) -> None:
    wrong = GOOD[column].astype(float)
    wrong.flat[5] = value
    _refused(lambda: ANALYSES[analysis][1]({**GOOD, column: wrong}))


@pytest.mark.parametrize("analysis", [a for a, (needs, _) in ANALYSES.items() if "arm" in needs.split()])
@pytest.mark.parametrize("only", [0, 1])
def test_one_arm_is_no_comparison(analysis: str, only: int) -> None:
    _refused(lambda: ANALYSES[analysis][1]({**GOOD, "arm": np.full(PEOPLE, only)}))


SHORT = [a for a, (needs, _) in ANALYSES.items() if len(needs.split()) > 1 and a not in {"MMRM", "single case", "entropy balance"}]  # fmt: skip


@pytest.mark.parametrize("analysis", SHORT)
def test_columns_of_different_people_are_refused(analysis: str) -> None:
    first = ANALYSES[analysis][0].split()[0]
    _refused(lambda: ANALYSES[analysis][1]({**GOOD, first: GOOD[first][:-3]}))


@pytest.mark.parametrize(
    "analysis",
    [a for a, (needs, _) in ANALYSES.items() if "event" in needs.split() and a not in {"Kaplan–Meier", "win, time"}],
)  # fmt: skip
def test_without_an_event_nothing_is_compared(analysis: str) -> None:
    _refused(lambda: ANALYSES[analysis][1]({**GOOD, "event": np.zeros(PEOPLE, dtype=bool)}))


@pytest.mark.parametrize("analysis", ["ANCOVA", "rank sum", "MMRM", "imputation", "one patient, REML"])
def test_an_outcome_that_never_varies_has_no_interval(analysis: str) -> None:
    _refused(
        lambda: ANALYSES[analysis][1](
            {**GOOD, "y": np.ones(PEOPLE), "repeated": np.ones_like(GOOD["repeated"])}
        )
    )


@pytest.mark.parametrize("analysis", ["Cox", "Fine and Gray", "negative binomial", "Weibull", "GEE"])
def test_an_arm_without_events_has_no_finite_effect(analysis: str) -> None:
    arm = GOOD["arm"]
    one = {
        "event": GOOD["event"] & (arm == 1),
        "cause": np.where(arm == 1, GOOD["cause"], 0),
        "count": np.where(arm == 1, GOOD["count"], 0),
    }
    with pytest.raises(AnalysisError) as raised:
        ANALYSES[analysis][1]({**GOOD, **one})
    assert raised.value.code == "analysis.separation"


def test_all_at_one_moment_is_no_comparison_of_times() -> None:
    everybody = np.ones(PEOPLE, dtype=bool)
    for weight in WEIGHTS:
        with pytest.raises(AnalysisError) as raised:
            logrank(np.full(PEOPLE, 3.0), everybody, GOOD["arm"], weight=weight)
        assert raised.value.code == "analysis.no-spread"
    # a day of zero is a day
    assert 0 < logrank(np.where(GOOD["arm"] == 1, 0.0, GOOD["time"]), everybody, GOOD["arm"]).p < 0.01


@pytest.mark.parametrize("people", [2, 3, 4])
def test_the_fewest_people_are_told_apart_from_nobody(people: int) -> None:
    arm, y = np.arange(people) % 2, np.array([1.0, 4.0, 2.0, 6.0])[:people]
    if people == 2:
        _refused(lambda: ancova(y, arm))
    else:
        found = ancova(y, arm)
        assert found.low < found.estimate < found.high
    ranks = rank_sum(y, arm)
    # so few cannot reject: the smallest p that there is
    assert ranks.p is not None
    assert ranks.p >= 2 / 6 - 1e-12
    assert ranks.low == -INF


def test_ties_alone_are_no_certainty() -> None:
    for values in (np.ones(PEOPLE), np.full(PEOPLE, NAN)):
        found = win_statistics([Component("value", values)], GOOD["arm"])
        assert found.net_benefit.estimate == 0
        assert np.isnan([found.net_benefit.low, found.net_benefit.high, found.win_odds.low, found.win_ratio.estimate]).all()  # fmt: skip
        assert "not estimable" in found.win_odds.words
    every = win_statistics([Component("value", GOOD["arm"] * 10.0 + GOOD["z"])], GOOD["arm"])
    assert (every.wins, every.losses) == (144, 0)
    assert np.isnan(every.net_benefit.low)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("counts", [(0, 9, 0, 9), (9, 9, 9, 9), (9, 9, 0, 9), (0, 1, 1, 1), (0, 7, 3, 9)])
def test_an_interval_of_shares_holds_its_estimate(method: str, counts: tuple[int, int, int, int]) -> None:
    if method == "wald" and counts[0] % counts[1] == 0 and counts[2] % counts[3] == 0:
        with pytest.raises(AnalysisError) as raised:
            risk_difference(*counts, method=method)
        assert raised.value.code == "analysis.no-spread"
        return
    found = risk_difference(*counts, method=method)
    assert -1 <= found.low <= found.estimate <= found.high <= 1
    assert found.low < found.high


ONE = {
    "a confidence of 95": lambda: ancova(GOOD["y"], GOOD["arm"], confidence=95),
    "a confidence of shares": lambda: risk_difference(1, 9, 2, 9, confidence=1.0),
    "no standard error": lambda: wald(method="m", quantity="q", estimate=1.0, error=0.0),
    "half an event": lambda: risk_difference(1.5, 9, 2, 9),  # type: ignore[arg-type]
    "a horizon before the start": lambda: rmst_difference(GOOD["time"], GOOD["event"], GOOD["arm"], -1.0),
    "an interval that ends before it begins": lambda: cox([1.0, 2.0], [1, 1], [0, 1], entry=[3.0, 0.0]),
    "weights of nobody": lambda: cox(GOOD["time"], GOOD["event"], GOOD["arm"], weights=np.zeros(PEOPLE)),
    "a state that is none": lambda: aalen_johansen([0.0], [1.0], [0], [7], states=3, initial=[1, 0, 0]),
    "a start in two states": lambda: aalen_johansen([0.0], [1.0], [0], [1], states=3, initial=[1, 1, 0]),
    "events after the end": lambda: proportional_means([[1.0], [5.0], [], [2.0]], [3.0] * 4, [0, 1, 0, 1]),
    "two events of one person at one time": lambda: proportional_means([[1.0, 1.0]] * 4, [3.0] * 4, [0, 1, 0, 1]),
    "a mean number where nobody was watched": lambda: mean_number([[1.0], []], [2.0, 2.0], [False, False], [9.0]),
    "no component": lambda: win_statistics([], GOOD["arm"]),
    "a margin below nothing": lambda: win_statistics([Component("value", GOOD["y"], margin=-1.0)], GOOD["arm"]),
    "nothing after the start": lambda: series_posterior(GOOD["y"], GOOD["times"], 99, PRIOR),
    "two values of one moment": lambda: series_posterior([1.0, 2.0, 3.0], [0.0, 1.0, 1.0], 0.5, PRIOR),
    "two values of one moment, many series": lambda: series_posterior_batch(np.ones((2, 3)), np.array([0.0, 1.0, 1.0]), 0.5, PRIOR),
    "a prior with a spread below nothing": lambda: SeriesPrior(0.0, -1.0, 0.0),
    "a start with nothing before it": lambda: randomised_start(GOOD["y"], 0, [0, 4, 5]),
    "a start that lies beyond": lambda: randomised_start(GOOD["y"], 4, [4, 99]),
    "targets of other covariates": lambda: maic_weights(np.ones((5, 2)), [1.0]),
    "weights that are all zero": lambda: effective_size(np.zeros(3)),
    "controls that count for nothing": lambda: weighted_difference([1.0, 2.0, 3.0], [1, 0, 0], [0.0, 0.0]),
    "a risk ratio of nothing": lambda: e_value(0.0, 0.0),
    "a bound farther than the estimate": lambda: e_value(2.0, 3.0),
    "a Beta prior of less than nothing": lambda: beta_prior(-1.0, 1.0),
    "more events than people": lambda: power_prior(5, 3, 0.5),
    "more events than people, several studies": lambda: map_prior([(30, 10)], 0.5),
    "studies that cannot vary": lambda: map_prior([(3, 10)], 0.0),
    "a share that cannot differ": lambda: commensurate_prior(3, 10, 0.0),
    "a probability above one": lambda: cutoff(beta_prior(1, 1), 10, 0.3, 2.0),
    "a share above one": lambda: drift_grid(10, 3, [0.1, 1.2]),
    "an error of nothing": lambda: shaped(3, 0.0, "pocock"),
    "an error of two": lambda: spending(3, 2.0, "obrien-fleming"),
    "three sides": lambda: spending(3, 0.025, "obrien-fleming", sided=3),
    "a power above one": lambda: spending(3, 0.025, "obrien-fleming", power=1.5),
    "a statistic that is none": lambda: conditional_power(spending(3, 0.025, "pocock"), 1, NAN),
    "a look that is none": lambda: predictive_power(spending(3, 0.025, "pocock"), 3, 1.0),
    "a look without information": lambda: reestimate(1.0, 0.0, 1.96),
    "no difference": lambda: people_for_means(0.0, 1.0),
    "no spread": lambda: people_for_means(1.0, 0.0),
    "a power below the error": lambda: people_for_means(1.0, 1.0, power=0.01),
    "shares alike": lambda: people_for_shares(0.5, 0.5),
    "a hazard ratio of one": lambda: events_for_hazards(1.0),
    "a share below the null": lambda: people_for_share(0.5, 0.3),
    "a target of more than all": lambda: boin(1.2, [3]),
    "no doses": lambda: three_plus_three([]),
    "a dose with more than all": lambda: three_plus_three([0.1, 1.2]),
    "stages out of order": lambda: two_stage_reject(5, 4, 3, 2, 0.2),
    "a limit of more than all": lambda: beta_binomial_stopping(10, 1.3, 0.9, (1, 1)),
    "a share that is none": lambda: single_arm_power(10, NAN, 0.3, 0.05),
    "a p that is none": lambda: fixed_sequence({"a": NAN, "b": 0.001}),
    "a p above one": lambda: holm({"a": 1.2}),
    "a graph of a p that is none": lambda: graphical({"a": NAN, "b": 0.2}, [0.5, 0.5], [[0, 1], [1, 0]]),
    "more people with the event than people": lambda: peto([6], [5], [0], [5]),
    "fewer events than none": lambda: compare_rates(-1, 1.0, 2, 1.0, 0.0),
    "nobody watched": lambda: compare_rates(1, 0.0, 0, 1.0, 0.0),
}  # fmt: skip


@pytest.mark.parametrize("what", ONE)
def test_what_cannot_be_asked_is_refused(what: str) -> None:
    _refused(ONE[what])


def test_many_data_sets_at_once_give_no_number_for_what_one_refuses() -> None:
    y = np.stack([GOOD["y"], np.ones(PEOPLE), 2 * GOOD["z"] + GOOD["arm"]])
    z = np.broadcast_to(GOOD["z"][None, :, None], (3, PEOPLE, 1))
    for engine in ("kernel", "plain"):
        found = ancova_batch(y, GOOD["arm"], z, engine=engine)
        np.testing.assert_array_equal(np.isnan(found.estimate), [False, True, True])
    series = np.stack([GOOD["y"], np.where(GOOD["times"] > 12, NAN, GOOD["y"])])
    for engine in ("kernel", "plain"):
        found_ = series_posterior_batch(series, GOOD["times"], 12.0, PRIOR, engine=engine)
        np.testing.assert_array_equal(np.isnan(found_[:, 0]), [False, True])
        # the order in which visits are written down means nothing
        back = series_posterior_batch(series[:, ::-1], GOOD["times"][::-1], 12.0, PRIOR, engine=engine)
        np.testing.assert_allclose(back, found_, rtol=1e-9)
