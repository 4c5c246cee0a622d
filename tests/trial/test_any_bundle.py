"""A bundle that nobody here wrote is simulated, analysed, guarded and drawn from its own tables, whatever its question is."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
import pytest
from own_bundle import QUESTIONS, OwnQuestion, own_bundle
from test_attacked_tables import ATTACKS, SAME, Table

from proband.analysis.answers import analyse
from proband.analysis.pictures import picture_from
from proband.analysis.result import AnalysisError
from proband.analysis.stated import StatedEstimand
from proband.analysis.trial_columns import trial_row
from proband.pages.charts import picture_chart
from proband.programme.estimand import Summary
from proband.trial.plan import SimulationPlan, plan_of
from proband.trial.scenarios import scenarios_of
from proband.trial.simulation import simulate
from proband.trial.simulation_report import simulation_report
from proband.trial.written_trial import one_trial

SEED = 7
TRIALS = 10_000 if os.environ.get("PROBAND_NIGHTLY") else 300
#: people in each arm
PEOPLE = 30
#: summaries that compare two groups by a statistic with many values: their error is the nominal one, and not only at most that
EXACTLY = (
    "difference-in-means", "ratio-of-odds", "hazard-ratio", "restricted-mean-survival-time", "difference-in-survival",
    "cumulative-incidence-difference", "win-odds",
)  # fmt: skip
ASKED = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)


@cache
def planned(question: OwnQuestion) -> SimulationPlan:
    with TemporaryDirectory() as folder:
        return plan_of(own_bundle(Path(folder) / "bundle", question, PEOPLE))


def test_every_summary_is_asked_of_an_invented_bundle() -> None:
    assert {question.summary for question in QUESTIONS} == set(get_args(Summary))


@ASKED
def test_where_nothing_is_done_the_error_is_the_nominal_one(question: OwnQuestion) -> None:
    made = planned(question)
    assert made.assumed or question.trials
    done = simulate(made, scenarios_of(made.trial)[:1], trials=TRIALS, seed=SEED)
    found, error = done.found[0].questions[0], made.estimands[0].estimand.gate.error
    margin = 3 * np.sqrt(error * (1 - error) / TRIALS)
    assert found.summary == question.summary
    assert found.failed < TRIALS / 20
    # where the benchmark is the upper end of the natural course a single group errs less
    assert found.rejected.value <= error + margin
    if question.summary in EXACTLY:
        assert found.rejected.value >= error - margin
        assert found.coverage.value >= 0.95 - margin - 0.005
    report = simulation_report(done)
    assert report["mechanism"]["cohorts"] or question.trials
    assert picture_from(report["pictures"][made.estimands[0].id]["yes"]).kind == "results"


@ASKED
def test_its_table_is_answered_and_drawn_and_every_attack_on_it_is_caught(question: OwnQuestion) -> None:
    made = planned(question)
    stated, rows = made.estimands[0], one_trial(made, scenarios_of(made.trial)[0], 3, SEED)
    whole = analyse(stated, rows)
    record = json.loads(json.dumps(whole.record(), allow_nan=False))
    assert picture_chart("p", picture_from(record["picture"])).rows
    caught = 0
    for name, attack in ATTACKS.items():
        table = Table([dict(row) for row in rows], stated, Random(f"{name} {question.name}"))
        try:
            expected = attack(table)
        except (pytest.skip.Exception, ValueError):
            # nothing of the kind in this table: one person has nobody to be mistaken for
            continue
        if expected is SAME:
            assert analyse(stated, table.rows).estimate == whole.estimate, name
            continue
        if not stated.comparator and name in ("two arms for one person", "somebody left out"):
            continue
        with pytest.raises(AnalysisError) as refused:
            analyse(stated, table.rows)
        assert refused.value.code in expected, name
        caught += 1
    assert caught >= 10


@ASKED
def test_a_broken_analysis_of_it_is_caught(question: OwnQuestion) -> None:
    """A death that the question does not speak of; and of groups: survivors only, and as treated."""
    made = planned(question)
    stated, rows = made.estimands[0], one_trial(made, scenarios_of(made.trial)[0], 3, SEED)
    people = {row["participant"]: row for row in rows if row["kind"] == "person"}
    somebody = min(people, key=lambda who: people[who]["number"])
    last = max(str(row["on"]) for row in rows if row["on"])
    death = trial_row(
        somebody, "event", str(int(last[:4]) + 1) + last[4:8] + "01", name="death", entry="attack"
    )
    silent = stated.estimand.model_copy(
        update={"intercurrent_events": [], "hierarchy": [rung for rung in stated.estimand.hierarchy if rung.event != "death"]}
    )  # fmt: skip
    assert refusal(replace(stated, estimand=silent), [*rows, death]) == "analysis.table.event-unnamed"
    if len(people) == 1:
        return
    assert refusal(stated, [row for row in rows if row["participant"] != somebody]) == "analysis.table.missing-people"  # fmt: skip
    # as treated: some of the treated arm are put out
    early = {who for who, row in people.items() if row["arm"] == stated.treatment and row["number"] % 3 == 0}
    assert early
    assert refusal(stated, [row for row in rows if row["participant"] not in early]) == "analysis.table.missing-people"  # fmt: skip


def refusal(stated: StatedEstimand, rows: list[dict[str, Any]]) -> str:
    with pytest.raises(AnalysisError) as refused:
        analyse(stated, rows)
    return refused.value.code
