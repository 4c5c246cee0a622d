"""Simulated people come to their arms as the bundle allocates, and not while accrual is on hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from proband.programme.trials import SourcedNumber
from proband.terms import ProbandError
from proband.trial.allocation.again import arm_names, sequences
from proband.trial.allocation.plan import AllocationPlan, ArmShare, Factor
from proband.trial.conduct import PER_ESTIMAND, run_shard
from proband.trial.participants import accrued, of_estimand, simulate_people
from proband.trial.placing import PlacingPlan, placed
from proband.trial.plan import plan_of
from proband.trial.scenarios import scenarios_of
from shipped import loaded

ARMS = (ArmShare("a", 1), ArmShare("b", 2))
FACTORS = (Factor("sex", ("f", "m")), Factor("site", ("x", "y", "z")))
PLANS = {
    "simple": AllocationPlan("simple", ARMS),
    "blocked": AllocationPlan("blocked", ARMS, (3, 6)),
    "stratified-blocked": AllocationPlan("stratified-blocked", ARMS, (3, 6), FACTORS),
    "minimisation": AllocationPlan("minimisation", ARMS, (), FACTORS),
}
STUDIES, PEOPLE = 4000, 11


def even(plan: AllocationPlan) -> PlacingPlan:
    return PlacingPlan(plan, {f.name: (1 / len(f.levels),) * len(f.levels) for f in plan.factors}, "")


@pytest.mark.parametrize("method", PLANS)
def test_people_are_placed_as_the_record_would_place_them(method: str) -> None:
    plan, rng = PLANS[method], np.random.default_rng(3)
    # the same people in every study, as the other way of drawing has them
    one = rng.random((1, PEOPLE, 2))
    levels = np.broadcast_to(one, (STUDIES, PEOPLE, 2))
    people = [{f.name: f.levels[int(u[at] * len(f.levels))] for at, f in enumerate(FACTORS)} for u in one[0]]
    mine = placed(even(plan), levels, rng.random((STUDIES, PEOPLE)), rng.random((STUDIES, PEOPLE)))
    theirs = sequences(plan, people, STUDIES, rng)
    assert arm_names(plan) == ("a", "b")
    assert set(np.unique(mine)) == {0, 1}
    margin = 5 * np.sqrt(0.5 / STUDIES)
    # who comes where, and how one place depends on the others
    assert np.abs(mine.mean(axis=0) - theirs.mean(axis=0)).max() < margin
    together = [np.corrcoef(each.T + 1e-12 * rng.random(each.T.shape)) for each in (mine, theirs)]
    assert np.abs(together[0] - together[1]).max() < 0.13
    spread = [np.bincount((each == 0).sum(axis=1), minlength=PEOPLE + 1) / STUDIES for each in (mine, theirs)]
    assert np.abs(spread[0] - spread[1]).max() < margin


def test_full_blocks_hold_the_ratio_in_every_stratum() -> None:
    plan, rng = PLANS["stratified-blocked"], np.random.default_rng(4)
    fixed = replace(plan, block_sizes=(3,))
    levels = np.zeros((50, 12, 2))
    arm = placed(even(fixed), levels, rng.random((50, 12)), rng.random((50, 12)))
    assert (arm.reshape(50, 4, 3).sum(axis=2) == 2).all()
    assert len({tuple(row) for row in arm.tolist()}) > 20


def test_the_shipped_studies_are_allocated_by_their_bundles() -> None:
    liver = plan_of(loaded("liver-cells"), "cirrhosis")
    assert liver.placing is not None
    assert (liver.placing.plan.method, liver.placing.plan.block_sizes) == ("stratified-blocked", (6, 12))
    assert liver.placing.shares["sub-indication"] == (1.0, 0.0)
    assert [arm.id for arm in liver.placing.plan.arms] == ["own-marrow-artery", "care-cirrhosis"]
    assert any("equally common" in line for line in liver.assumed)
    failure = plan_of(loaded("liver-cells"), "failure")
    assert any("cord-vein" in line for line in failure.assumed)
    assert plan_of(loaded("spinal-cord-autologous"), "single-arm").placing is None


def test_levels_that_the_allocation_does_not_know_are_refused() -> None:
    programme = loaded("liver-cells")
    assert programme.trials is not None

    def with_levels(levels: dict[str, dict[str, float]]):
        trial = programme.trials.trials[0].model_copy(update={"levels": levels})
        return plan_of(replace(programme, trials=programme.trials.model_copy(update={"trials": [trial]})))

    made = with_levels({"cause": {"alcohol": 3, "other": 1}})
    assert made.placing is not None
    assert made.placing.shares["cause"] == (0.0, 0.75, 0.25)
    for levels in ({"colour": {"red": 1.0}}, {"cause": {"bad luck": 1.0}}, {"cause": {"alcohol": 0.0}}):
        with pytest.raises(ProbandError) as refused:
            with_levels(levels)
        assert refused.value.code == "trial.simulate.levels"


def test_a_study_with_a_third_arm_is_answered_for_the_two_of_each_question() -> None:
    made = plan_of(loaded("liver-cells"), "failure")
    assert made.placing is not None
    third = replace(made.placing.plan, arms=(*made.placing.plan.arms, ArmShare("cord-vein", 1)))
    wide = replace(made, arms=(*made.arms, ("cord-vein", 55)), placing=replace(made.placing, plan=third))
    found = simulate_people(wide, scenarios_of(made.trial)[0], np.arange(30), 5)
    parts = of_estimand(wide, wide.estimands[0], found)
    assert len(parts) > 1
    assert sorted(np.concatenate([part.studies for part in parts])) == list(range(30))
    for part in parts:
        arms = np.take_along_axis(found.data.arm[part.studies], part.places, 1)
        assert set(np.unique(arms)) == {0, 1}
        assert np.array_equal(part.data.arm, (arms == 0).astype(int))
    shard = run_shard(wide, scenarios_of(made.trial)[0], 0, 30, 5)
    assert np.isfinite(shard.answers[:, 0, PER_ESTIMAND.index("p")]).all()
    # the same studies in other company
    alone = run_shard(wide, scenarios_of(made.trial)[0], 7, 1, 5)
    assert np.allclose(alone.answers[0], shard.answers[7], equal_nan=True)


def by_hand(gaps: list[float], after: list[float], hold: float) -> list[float]:
    """One study, day by day of a calendar in which time for accrual runs only outside of holds."""
    entered: list[float] = []
    holds: list[tuple[float, float]] = []
    now = 0.0
    for gap, harmed in zip(gaps, after, strict=True):
        left, step = gap, 0.25
        while left > 1e-9:
            if not any(start <= now < end for start, end in holds):
                left -= step
            now += step
        while any(start < now < end for start, end in holds):
            now += step
        entered.append(now)
        if np.isfinite(harmed):
            holds.append((now + harmed, now + harmed + hold))
    return entered


def test_nobody_is_allocated_while_accrual_is_on_hold() -> None:
    rng, inf = np.random.default_rng(5), np.inf
    gaps: NDArray[np.float64] = rng.integers(1, 40, (60, 12)) / 1.0
    after = np.where(rng.random((60, 12)) < 0.3, rng.integers(0, 60, (60, 12)) + 0.5, inf)
    entered, held = accrued(gaps, after, 14.0)
    for study in range(60):
        assert entered[study] == pytest.approx(by_hand(list(gaps[study]), list(after[study]), 14.0), abs=0.51)
    assert np.allclose(entered - held, np.cumsum(gaps, axis=1))
    assert (np.diff(entered, axis=1) >= gaps[:, 1:] - 1e-9).all()
    plain, none = accrued(gaps, after, 0.0)
    assert np.allclose(plain, np.cumsum(gaps, axis=1))
    assert not none.any()


def test_a_hold_makes_a_study_longer_and_changes_no_answer() -> None:
    made = plan_of(loaded("liver-cells"), "cirrhosis")
    harm = made.trial.harm
    assert harm is not None
    scenario = scenarios_of(made.trial)[0]
    shards = []
    for days in (0.0, 60.0):
        hold = SourcedNumber(value=days, source="proband-design")
        trial = made.trial.model_copy(update={"harm": harm.model_copy(update={"hold": hold})})
        shards.append(run_shard(replace(made, trial=trial), scenario, 0, 30, 5))
    assert np.array_equal(shards[0].answers, shards[1].answers, equal_nan=True)
    assert shards[1].conduct[:, 2].mean() > shards[0].conduct[:, 2].mean() + 10
    assert not shards[0].conduct[:, 6].any()
    assert shards[1].conduct[:, 6].mean() == pytest.approx(
        (shards[1].conduct[:, 2] - shards[0].conduct[:, 2]).mean()
    )
