"""Allocation: nobody in an arm of another form, balanced as the plan says, and the same again from the seed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from proband.programme import load
from proband.trial.allocation import AllocationPlan, ArmShare, Factor, Placed, allocate, plan_of, replayed
from proband.trial.allocation.again import (
    arm_names,
    balance,
    difference_in_means,
    rerandomisation_test,
    sequences,
)
from proband.trial.allocation.draw import coin_of, sealed_list
from proband.trial.allocation.plan import AllocationError

FORMS = ("early", "late")
FACTORS = (Factor("form", FORMS), Factor("sex", ("f", "m")), Factor("centre", ("x", "y", "z")))
#: two arms for one form, three unequal ones for the other
ARMS = (
    ArmShare("a", 2, ("early",)), ArmShare("b", 1, ("early",)),
    ArmShare("c", 1, ("late",)), ArmShare("d", 1, ("late",)), ArmShare("e", 2, ("late",)),
)  # fmt: skip
seeds = st.binary(min_size=32, max_size=32)
strata = st.fixed_dictionaries({factor.name: st.sampled_from(factor.levels) for factor in FACTORS})
measures = st.sampled_from(["range", "variance", "standard-deviation"])
coins = st.sampled_from(["by-weight", "ratio-preserving"])


@st.composite
def plans(draw: st.DrawFn) -> AllocationPlan:
    method = draw(st.sampled_from(["simple", "blocked", "stratified-blocked", "minimisation"]))
    sizes = tuple(draw(st.lists(st.sampled_from([12, 24, 36]), min_size=1, max_size=3, unique=True)))
    return AllocationPlan(
        method, ARMS, sizes, FACTORS, "form", draw(st.sampled_from([0.5, 0.7, 0.8, 1.0])), draw(measures), draw(coins)
    )  # fmt: skip


def placed(seed: bytes, plan: AllocationPlan, people: list[dict[str, str]]) -> list[Placed]:
    history: list[Placed] = []
    for person in people:
        history.append(Placed(person, allocate(seed, plan, person, history).arm))
    return history


@settings(max_examples=30, deadline=None)
@given(seeds, plans(), st.lists(strata, min_size=1, max_size=40))
def test_nobody_comes_to_an_arm_of_another_form_and_the_seed_replays(seed, plan, people) -> None:
    history = placed(seed, plan, people)
    for person in history:
        form = person.stratum["form"]
        assert person.arm in {arm.id for arm in ARMS if form in arm.forms}
    assert replayed(seed, plan, history) == []
    # one arm exchanged is found at its own place, and first there
    wrong = len(history) // 2
    form = history[wrong].stratum["form"]
    other = next(arm.id for arm in ARMS if form in arm.forms and arm.id != history[wrong].arm)
    changed = [*history[:wrong], Placed(history[wrong].stratum, other), *history[wrong + 1 :]]
    found = replayed(seed, plan, changed)
    assert found
    assert found[0] == f"place {wrong + 1} is in {other}; the sealed sequence says {history[wrong].arm}"


@settings(max_examples=30, deadline=None)
@given(seeds, plans(), st.lists(strata, max_size=30), strata)
def test_the_chances_that_are_shown_add_up_and_hold_the_arm(seed, plan, people, person) -> None:
    place = allocate(seed, plan, person, placed(seed, plan, people))
    assert sum(place.chance.values()) == pytest.approx(1.0, abs=1e-12)
    assert place.chance[place.arm] > 0
    assert set(place.chance) == set(place.open_arms)


@settings(max_examples=30, deadline=None)
@given(seeds, strata, st.integers(1, 9))
def test_full_blocks_are_exactly_in_the_ratio_of_the_arms_of_the_form(seed, person, blocks) -> None:
    plan = AllocationPlan("stratified-blocked", ARMS, (12,), FACTORS, "form")
    counts = Counter(one.arm for one in placed(seed, plan, [person] * (12 * blocks)))
    assert counts == (
        {"a": 8 * blocks, "b": 4 * blocks} if person["form"] == "early"
        else {"c": 3 * blocks, "d": 3 * blocks, "e": 6 * blocks}
    )  # fmt: skip


def test_the_list_of_the_pharmacy_is_what_is_allocated() -> None:
    plan = AllocationPlan("stratified-blocked", ARMS, (12, 24), FACTORS, "form")
    listed = sealed_list(b"s" * 32, plan, 30)
    assert len(listed) == 2 * 2 * 3
    for form in FORMS:
        person = {"form": form, "sex": "m", "centre": "y"}
        drawn = [one.arm for one in placed(b"s" * 32, plan, [person] * 30)]
        assert listed[f"centre=y&form={form}&sex=m"] == drawn
    with pytest.raises(AllocationError, match="has no list"):
        sealed_list(b"s" * 32, AllocationPlan("minimisation", ARMS, (), FACTORS, "form"), 10)


@pytest.mark.parametrize("method", ["simple", "blocked", "stratified-blocked", "minimisation"])
def test_many_at_once_draw_as_one_by_one(method) -> None:
    """The distribution of whole allocations of five people is the same from sealed seeds and from the batch."""
    plan = AllocationPlan(method, ARMS, (4, 12) if method != "simple" else (), FACTORS, "form", 0.75) if method in ("simple", "minimisation") else AllocationPlan(method, ARMS, (12,), FACTORS, "form")  # fmt: skip
    people = [
        {"form": "late", "sex": "f", "centre": "x"}, {"form": "late", "sex": "f", "centre": "y"},
        {"form": "early", "sex": "f", "centre": "x"}, {"form": "late", "sex": "m", "centre": "x"},
    ]  # fmt: skip
    one_by_one = Counter(
        tuple(one.arm for one in placed(n.to_bytes(32, "big"), plan, people)) for n in range(1500)
    )
    names = arm_names(plan)
    batch = Counter(
        tuple(names[k] for k in row)
        for row in sequences(plan, people, 30_000, np.random.default_rng(3)).tolist()
    )
    both = sorted(one_by_one | batch)
    assert set(one_by_one) <= set(batch)
    table = np.array([[one_by_one[key] for key in both], [batch[key] for key in both]])
    assert stats.chi2_contingency(table).pvalue > 1e-3


@pytest.mark.parametrize("coin", ["ratio-preserving", "by-weight"])
def test_minimisation_keeps_an_unequal_ratio_only_with_the_coin_made_for_it(coin) -> None:
    plan = AllocationPlan("minimisation", (ArmShare("a", 1), ArmShare("b", 3)), (), (Factor("sex", ("f", "m")),), None, 0.8, coin=coin)  # fmt: skip
    rng = np.random.default_rng(11)
    people = [{"sex": s} for s in rng.choice(["f", "m"], 30)]
    share = (sequences(plan, people, 20_000, rng) == 1).mean(axis=0)
    # the arm of weight 3 is due in 0.75 of places; Monte-Carlo error of one place is 0.003
    if coin == "ratio-preserving":
        assert abs(share.mean() - 0.75) < 0.01
    else:
        # in the plain coin's own places, the smaller arm is reached too often as soon as it is behind
        assert np.abs(share - 0.75).max() > 0.03


def test_the_coin_by_hand() -> None:
    """Weights 1 : 2 : 2, p = 0.8: preferring the first gives .8 .1 .1; the second 1 − .2 · 3/4 = .85, .05, .10."""
    plan = AllocationPlan("minimisation", (ArmShare("a", 1), ArmShare("b", 2), ArmShare("c", 2)), (), (Factor("sex", ("f", "m")),))  # fmt: skip
    arms = plan.open_to(None)
    assert coin_of(plan, arms, ["a"]) == pytest.approx({"a": 0.8, "b": 0.1, "c": 0.1})
    assert coin_of(plan, arms, ["b"]) == pytest.approx({"a": 0.05, "b": 0.85, "c": 0.10})
    # the mean over preferences in the ratio of the arms gives the ratio of the arms back
    mean = {
        arm: sum(weight / 5 * coin_of(plan, arms, [best])[arm] for best, weight in arms.items())
        for arm in arms
    }
    assert mean == pytest.approx({"a": 0.2, "b": 0.4, "c": 0.4})


def test_pocock_and_simon_by_hand() -> None:
    """Two arms; the newcomer is f at x. f: a 3, b 1; x: a 1, b 2. With a: |4−1| + |2−2| = 3; with b: |3−2| + |1−3| = 3 … tie."""
    factors = (Factor("sex", ("f", "m")), Factor("centre", ("x", "y")))
    plan = AllocationPlan("minimisation", (ArmShare("a", 1), ArmShare("b", 1)), (), factors)
    history = [
        Placed({"sex": "f", "centre": "y"}, "a"), Placed({"sex": "f", "centre": "y"}, "a"), Placed({"sex": "f", "centre": "x"}, "a"),
        Placed({"sex": "f", "centre": "x"}, "b"), Placed({"sex": "m", "centre": "x"}, "b"),
    ]  # fmt: skip
    place = allocate(b"x" * 32, plan, {"sex": "f", "centre": "x"}, history)
    assert place.imbalance == {"a": 3.0, "b": 3.0}
    assert place.preferred == ("a", "b")
    assert place.chance == {"a": 0.5, "b": 0.5}
    heavier = AllocationPlan(
        "minimisation", plan.arms, (), (Factor("sex", ("f", "m"), 2.0), factors[1]), probability=1.0
    )
    place = allocate(b"x" * 32, heavier, {"sex": "f", "centre": "x"}, history)
    assert place.imbalance == {"a": 6.0, "b": 4.0}
    assert place.arm == "b"


def test_plans_that_cannot_be_carried_out_are_refused_with_the_sizes_that_fit() -> None:
    with pytest.raises(AllocationError, match="multiples of 12"):
        AllocationPlan("stratified-blocked", ARMS, (6, 12), FACTORS, "form")
    with pytest.raises(AllocationError, match="no stratum tells the form"):
        AllocationPlan("blocked", ARMS, (12,), FACTORS[1:])
    with pytest.raises(AllocationError, match="no arm is open to late"):
        AllocationPlan("blocked", ARMS[:2], (3,), FACTORS, "form")
    for bad in (
        {"arms": ()}, {"arms": (ArmShare("a", 1), ArmShare("a", 1))}, {"arms": (ArmShare("a", 0),)}, {"block_sizes": ()},
        {"probability": 0.4}, {"probability": float("nan")}, {"method": "minimisation", "factors": ()},
    ):  # fmt: skip
        with pytest.raises(AllocationError):
            AllocationPlan(**{"method": "blocked", "arms": (ArmShare("a", 1),), "block_sizes": (2,), **bad})


@pytest.mark.parametrize("level", [None, "F", "", "unknown"])
def test_nobody_is_placed_by_an_assumed_level(level) -> None:
    plan = AllocationPlan("minimisation", ARMS, (), FACTORS, "form")
    with pytest.raises(AllocationError, match="sex"):
        allocate(b"x" * 32, plan, {"form": "early", "sex": level, "centre": "x"}, [])


def test_the_three_bundles_draw_each_form_by_itself() -> None:
    liver = plan_of(load("liver-cells"))
    assert liver.form_factor == "sub-indication"
    assert len(liver.forms) == 2
    people = [
        {"sub-indication": form, "cause": cause, "score-at-entry": score}
        for form in liver.forms
        for cause in ("hepatitis B", "alcohol", "other")
        for score in ("MELD below 20", "MELD 20 or more")
    ]
    # blocks of six alone, so that twelve people of each stratum fill theirs
    drawn = placed(b"l" * 32, replace(liver, block_sizes=(6,)), people * 12)
    for form in liver.forms:
        counts = Counter(one.arm for one in drawn if one.stratum["sub-indication"] == form)
        assert set(counts) == set(liver.open_to(form))
        assert len(set(counts.values())) == 1
    assert plan_of(load("spinal-cord-autologous")).forms == (None,)
    with pytest.raises(AllocationError, match="nobody is drawn"):
        plan_of(load("mitochondria-hpdl"))


def test_allocating_again_is_the_permutation_test_where_everybody_is_one_block() -> None:
    """One block of eight is complete randomisation 4 : 4; SciPy enumerates its 70 allocations."""
    plan = AllocationPlan("blocked", (ArmShare("care", 1), ArmShare("cells", 1)), (8,))
    y = [3.1, 4.0, 2.2, 5.9, 7.4, 6.6, 5.1, 8.0]
    arms = ["care", "care", "care", "cells", "cells", "care", "cells", "cells"]
    found = rerandomisation_test(
        plan, [{}] * 8, arms, difference_in_means(y, 1), replays=40_000, generator=np.random.default_rng(1)
    )
    cells = [v for v, arm in zip(y, arms, strict=True) if arm == "cells"]
    care = [v for v, arm in zip(y, arms, strict=True) if arm == "care"]
    exact = stats.permutation_test(
        (cells, care), lambda a, b, axis: np.mean(a, axis=axis) - np.mean(b, axis=axis), vectorized=True
    )
    assert found.estimate == pytest.approx(exact.statistic)
    assert found.diagnostics["p_low"] <= exact.pvalue <= found.diagnostics["p_high"] + 1 / 40_000
    with pytest.raises(AllocationError):
        rerandomisation_test(
            plan, [{}], ["care"], difference_in_means([1.0], 1), generator=np.random.default_rng(1)
        )


def test_with_a_drift_the_test_that_allocates_again_keeps_its_level_where_the_usual_one_does_not() -> None:
    """Nobody is helped; the outcome drifts with time; alternating minimisation. 300 trials, Monte-Carlo error 0.013 at 0.05."""
    factor = (Factor("sex", ("f", "m")),)
    plan = AllocationPlan("minimisation", (ArmShare("a", 1), ArmShare("b", 1)), (), factor, None, 0.9)
    rng = np.random.default_rng(20)
    n, trials = 24, 300
    people = [{"sex": s} for s in rng.choice(["f", "m"], n)]
    null = sequences(plan, people, 1500, rng)
    observed = sequences(plan, people, trials, rng)
    rejected_again = rejected_usual = 0
    for arms in observed:
        y = np.linspace(0, 6, n) + rng.normal(size=n)
        statistic = difference_in_means(y, 1)
        seen = abs(statistic(arms[None, :])[0])
        p = (1 + np.sum(np.abs(statistic(null)) >= seen - 1e-12)) / 1501
        rejected_again += p <= 0.05
        rejected_usual += stats.ttest_ind(y[arms == 1], y[arms == 0]).pvalue <= 0.05
    assert 0.05 - 0.038 <= rejected_again / trials <= 0.05 + 0.038
    assert rejected_usual / trials < 0.02, "the usual test is far too timid here"


def test_a_plan_is_judged_for_balance_and_for_how_well_it_can_be_guessed() -> None:
    factor = (Factor("sex", ("f", "m")),)
    arms = (ArmShare("a", 1), ArmShare("b", 1))
    rng = np.random.default_rng(2)
    people = [{"sex": s} for s in rng.choice(["f", "m"], 40)]
    judged = {}
    for name, plan in {
        "simple": AllocationPlan("simple", arms, (), factor),
        "blocks of 2": AllocationPlan("stratified-blocked", arms, (2,), factor),
        "minimised": AllocationPlan("minimisation", arms, (), factor, None, 0.8),
    }.items():
        judged[name] = balance(plan, people, sequences(plan, people, 4000, rng))
    # blocks of two: the second of each pair is known, so three in four are guessed (Blackwell and Hodges)
    assert judged["blocks of 2"].guessed == pytest.approx(0.75, abs=0.02)
    assert judged["simple"].guessed == pytest.approx(0.5, abs=0.01)
    assert judged["blocks of 2"].margin[1] <= 1 < judged["minimised"].margin[0] < judged["simple"].margin[0]
    assert judged["simple"].by_luck == 0.5


def test_the_page_on_allocation_runs_as_printed() -> None:
    page = (Path(__file__).parents[2] / "docs" / "allocation.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    exec(compile(code, "allocation.md", "exec"), {})
