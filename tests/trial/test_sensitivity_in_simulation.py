"""Sensitivity analyses in simulation, the joint model among them: silent where nothing is done, and finding what the simulation put in."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from proband.analysis.joint import joint_model
from proband.analysis.result import AnalysisError
from proband.analysis.sensitivity import sensitivity_answers
from proband.analysis.stated import StatedEstimand, state_estimand
from proband.pages.simulation_page import simulation_page
from proband.programme.estimand_rules import faults
from proband.programme.sensitivity import JointModel
from proband.trial.participants import simulate_people
from proband.trial.plan import SimulationPlan, plan_of
from proband.trial.scenarios import scenarios_of
from proband.trial.sensitivity_characteristics import sensitivity_characteristics
from proband.trial.simulation import simulate
from proband.trial.simulation_report import simulation_report
from proband.trial.written_trial import one_trial
from shipped import loaded

SEED = 7
NIGHT = bool(os.environ.get("PROBAND_NIGHTLY"))
STUDIES = 300 if NIGHT else 6


def joined() -> SimulationPlan:
    """The cirrhosis study with the question of six months alone, and a joint model beside it."""
    programme = loaded("liver-cells")
    stated = state_estimand(programme, "cirrhosis-meld-6m")
    beside = JointModel(kind="joint-model", why="who gets worse dies earlier")
    asked = stated.estimand.model_copy(update={"sensitivity": [beside]})
    return replace(plan_of(programme, "cirrhosis"), estimands=(replace(stated, estimand=asked),))


def question() -> StatedEstimand:
    return joined().estimands[0]


def pooled(studies: int, **supposed: float) -> Any:
    """People of several studies as one data set: measurements, their days, whose, days watched, death, arm."""
    plan = plan_of(loaded("liver-cells"), "cirrhosis")
    scenario = scenarios_of(plan.trial, {name.replace("_", "-"): value for name, value in supposed.items()})
    data = simulate_people(plan, scenario[-1 if supposed else 0], np.arange(studies), 2, engine="plain").data
    days = np.array([0.0, *(visit.day for visit in plan.estimands[0].visits["meld-change"])])
    y = np.concatenate([data.baseline["meld-change"][:, :, None], data.values["meld-change"]], axis=2)
    y = y.reshape(-1, len(days))
    death, end = data.events["death"].ravel(), np.minimum(data.last_seen.ravel(), 365.0)
    time = np.maximum(np.minimum(death, end), 1.0)
    who, visit = np.nonzero(np.isfinite(y) & (days[None, :] <= time[:, None]))
    return y[who, visit], days[visit], who, time, death <= end, plan.to_treat(data.arm).ravel().astype(float)


def test_the_joint_model_finds_what_the_simulation_put_in() -> None:
    """Hazard of death and score go together by 0.126 a point (Wiesner 2003, as the bundle has it); the arms do not differ."""
    *data, arm = pooled(40 if NIGHT else 6)
    fit = joint_model(*data, slope=arm, pieces=3, names=["arm"])
    assert fit.events > 50
    assert abs(fit.association - 0.126) < 3 * fit.association_error
    assert fit.association > 2 * fit.association_error
    slope = fit.result("slope:arm")
    assert slope.low < 0 < slope.high


def test_where_nothing_is_done_the_joint_model_says_so() -> None:
    plan = joined()
    (found,) = sensitivity_characteristics(plan, scenarios_of(plan.trial)[0], STUDIES, SEED)
    assert (found.kind, found.studies) == ("joint-model", STUDIES)
    margin = 3 * np.sqrt(0.05 * 0.95 / STUDIES)
    # deaths are few in sixty people: a study without two in each piece has no answer, and counts as no
    assert found.failed <= STUDIES / 3
    assert found.rejected.value is not None
    assert found.rejected.value <= 0.05 + margin
    assert found.covered.value is not None
    assert found.covered.value >= 0.95 - margin
    assert found.tipped.value is None


def test_the_joint_model_of_a_table_says_what_it_is_of() -> None:
    plan, stated = joined(), question()
    for number in range(10):
        rows = one_trial(plan, scenarios_of(plan.trial, {"meld-change": -6.0})[-1], number, SEED)
        (answer,) = sensitivity_answers(stated, rows)
        if answer.result is not None:
            break
    assert answer.result is not None
    assert "had nobody had the event" in answer.words
    assert answer.result.estimand == stated.hash
    assert answer.result.estimate < 0
    assert answer.result.parts[0].quantity == "hazard ratio of one unit of the course"
    few = replace(stated, estimand=stated.estimand.model_copy(update={"sensitivity": [JointModel(kind="joint-model", why="too many pieces", pieces=8)]}))  # fmt: skip
    (refused,) = sensitivity_answers(few, rows)
    assert refused.result is None
    assert refused.reason


def test_a_joint_model_goes_with_means_and_an_event_of_the_question() -> None:
    programme = loaded("spinal-cord-autologous")
    joint = JointModel(kind="joint-model", why="a doubt", event="competing")
    said = [
        [fault.message for fault in faults(programme, state_estimand(programme, id).estimand.model_copy(update={"sensitivity": [joint]}))]
        for id in ("motor-change-12m", "ais-conversion-12m")
    ]  # fmt: skip
    assert said[0] == ["the estimand has no event of kind competing."]
    assert "joint-model does not go with difference-in-proportions." in said[1]
    with pytest.raises(AnalysisError):
        joint_model([1.0, 2.0], [0.0, 1.0], [0, 0], [2.0], [True])


def test_the_sensitivity_analyses_of_a_study_stand_in_its_report() -> None:
    plan = plan_of(loaded("spinal-cord-autologous"), "randomised")
    scenario = scenarios_of(plan.trial)[0]
    studies = 200 if NIGHT else 2
    found = sensitivity_characteristics(plan, scenario, studies, SEED)
    asked = [(stated.id, each.kind) for stated in plan.estimands for each in stated.estimand.sensitivity]
    assert [(each.estimand, each.kind) for each in found] == asked
    by_kind = {each.kind: each for each in found}
    assert by_kind["reference-based"].rejected.value <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / studies)
    assert by_kind["counts-tipping-point"].rejected.value is None
    assert by_kind["counts-tipping-point"].tipped.value is not None
    # each is what the table of that study gives
    first = sensitivity_answers(plan.estimands[1], one_trial(plan, scenario, 0, SEED))
    alone = sensitivity_characteristics(plan, scenario, 1, SEED)
    assert sum(bool(each.reason) for each in first) == sum(each.failed for each in alone if each.estimand == plan.estimands[1].id)  # fmt: skip
    report = simulation_report(simulate(plan, (scenario,), trials=10, seed=SEED))
    assert "With one assumption changed" not in simulation_page(report)
    page = simulation_page({**report, "sensitivity": [each.as_dict() for each in found]})
    assert "With one assumption changed" in page
    assert page.count("<td>counts-tipping-point</td>") == 1
