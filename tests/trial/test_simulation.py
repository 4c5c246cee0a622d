"""Simulated trials: the same whatever runs them, analysed by the estimand that analyses a record, silent where nothing is done."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from own_bundle import BUNDLE

from proband.analysis.answers import analyse, answer_many
from proband.analysis.pictures import ResultPicture, picture_from
from proband.analysis.result import AnalysisError
from proband.analysis.stated import made as made_
from proband.analysis.stated import state_estimand, typed_estimands
from proband.programme import bundled, load
from proband.programme.estimand import Looks
from proband.programme.sealing import key_from
from proband.programme.trials import TrialEffect
from proband.terms import ProbandError
from proband.trial import simulation as module
from proband.trial.conduct import PER_ESTIMAND, RAN, STOPPED_FOR_EFFECT, STOPPED_FOR_HARM, run_shard
from proband.trial.elsewhere import SparkShards, job, run_job
from proband.trial.operating import largest_error
from proband.trial.participants import of_estimand, simulate_people
from proband.trial.plan import SimulationPlan, plan_of, trials_of
from proband.trial.scenarios import scenarios_of
from proband.trial.simulation import run_key, simulate
from proband.trial.simulation_report import simulation_report
from proband.trial.streams import TrialStreams, philox
from proband.trial.study.board import open_report
from proband.trial.study.plan import lock_plan
from proband.trial.written_trial import one_trial
from shipped import loaded

SEED = 7
STUDIES = [(name, trial.id) for name in bundled() for trial in trials_of(loaded(name))]
#: simulated trials of each study in the test of every day, and at night
TRIALS = 20_000 if os.environ.get("PROBAND_NIGHTLY") else 400


def plan(name: str = "liver-cells", study: str | None = None) -> SimulationPlan:
    return plan_of(loaded(name), study)


def test_philox_gives_the_published_words() -> None:
    # known answers of Random123 (Salmon et al. 2011): counter and key all zeros, and all ones
    nothing, ones = np.zeros(1, np.uint64), np.full(1, 0xFFFFFFFF, np.uint64)
    got = [int(word[0]) for word in philox((nothing, nothing, nothing, nothing), (0, 0))]
    assert got == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    got = [int(word[0]) for word in philox((ones, ones, ones, ones), (0xFFFFFFFF, 0xFFFFFFFF))]
    assert got == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]


def test_draws_depend_on_trial_person_purpose_and_scenario_alone() -> None:
    trials = np.arange(50)
    streams = TrialStreams(1, "a", trials, 30)
    u = streams.uniform("x", 5)
    assert np.array_equal(TrialStreams(1, "a", trials[20:30], 12).uniform("x", 5), u[20:30, :12])
    assert np.array_equal(TrialStreams(1, "a", trials, 30, "plain").uniform("x", 5), u)
    for other in (
        streams.uniform("y", 5),
        TrialStreams(2, "a", trials, 30).uniform("x", 5),
        TrialStreams(1, "b", trials, 30).uniform("x", 5),
    ):
        assert abs(np.corrcoef(u.ravel(), other.ravel())[0, 1]) < 0.05
        assert not np.array_equal(u, other)
    assert 0 < u.min() < 0.001
    assert 0.999 < u.max() < 1
    assert abs(u.mean() - 0.5) < 4 * np.sqrt(1 / 12 / u.size)


def test_results_depend_neither_on_shards_nor_on_workers() -> None:
    study = plan("spinal-cord-autologous")
    chosen = scenarios_of(study.trial)[:1]
    one = simulate(study, chosen, trials=60, seed=SEED, shard=60)
    parts = simulate(study, chosen, trials=60, seed=SEED, shard=17)
    apart = simulate(study, chosen, trials=60, seed=SEED, shard=20, workers=2)
    assert one.found[0].questions == parts.found[0].questions == apart.found[0].questions
    assert one.key == parts.key == apart.key
    assert simulate(study, chosen, trials=60, seed=SEED + 1).found[0].questions != one.found[0].questions


def test_what_runs_the_shards_elsewhere_changes_nothing_and_is_held_to_its_word() -> None:
    study, kept = plan("spinal-cord-autologous"), {}
    chosen = scenarios_of(study.trial)[:1]

    def backwards(jobs: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        yield from (run_job((place, jobs[place])) for place in reversed(range(len(jobs))))

    here = simulate(study, chosen, trials=60, seed=SEED, shard=20)
    there = simulate(study, chosen, trials=60, seed=SEED, shard=20, kept=kept, elsewhere=backwards)
    assert here.found == there.found
    assert len(kept) == 3
    # kept shards are taken up, wherever they were run
    again = simulate(
        study, chosen, trials=60, seed=SEED, shard=20, kept=kept, elsewhere=lambda jobs: iter(())
    )
    assert again.found == here.found
    for broken in (b"", b"no shard", next(iter(kept.values()))[:-9]):
        spoilt: dict[str, bytes] = {}
        with pytest.raises(ProbandError) as refused:
            simulate(
                study, chosen, trials=20, seed=SEED, shard=20, kept=spoilt,
                elsewhere=lambda jobs, b=broken: iter([(0, b)]),
            )  # fmt: skip
        assert refused.value.code == "trial.simulate.shard"
        assert not spoilt
    other = pickle.dumps(("0.0.0", *pickle.loads(job(study, chosen[0], 0, 5, SEED, "plain"))[1:]))
    with pytest.raises(ProbandError) as refused:
        run_job((0, other))
    assert refused.value.code == "trial.simulate.version"


@pytest.mark.spark
def test_shards_on_spark_give_what_this_machine_gives() -> None:
    sql: Any = pytest.importorskip("pyspark.sql", reason="PySpark absent: shards on Spark not compared")
    if shutil.which("java") is None:
        pytest.skip("Java absent: shards on Spark not compared")
    builder = (
        sql.SparkSession.builder.master("local[2]")
        .appName("proband-tests")
        .config("spark.ui.enabled", "false")
    )
    session = (
        builder.config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    study = plan("mitochondria-hpdl")
    chosen = scenarios_of(study.trial)[:1]
    here = simulate(study, chosen, trials=20, seed=SEED, shard=10, engine="plain")
    there = simulate(
        study, chosen, trials=20, seed=SEED, shard=10, engine="plain", elsewhere=SparkShards(session, 4)
    )
    assert here.found == there.found
    assert here.key == there.key


def test_an_interrupted_run_goes_on_and_a_broken_shard_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    study, kept, ran = plan("mitochondria-hpdl"), {}, []
    chosen = scenarios_of(study.trial)[:2]

    def counted(plan: Any, scenario: Any, first: int, *rest: Any, **more: Any) -> Any:
        if len(ran) == 3 and not more.get("go_on"):
            ran.append("stop")
            raise KeyboardInterrupt
        ran.append(f"{scenario.id}-{first}")
        return run_shard(plan, scenario, first, *rest, **more)

    monkeypatch.setattr(module, "run_shard", counted)
    with pytest.raises(KeyboardInterrupt):
        simulate(study, chosen, trials=40, seed=SEED, shard=10, kept=kept)
    assert len(kept) == 3
    broken = next(iter(kept))
    kept[broken] = kept[broken][:50]
    again = simulate(study, chosen, trials=40, seed=SEED, shard=10, kept=kept)
    assert len(ran) == 4 + 6
    monkeypatch.undo()
    assert again.found == simulate(study, chosen, trials=40, seed=SEED).found
    # shards of another seed are never taken up
    assert simulate(study, chosen, trials=40, seed=SEED + 1, kept=kept).found != again.found


def test_a_shard_of_other_code_is_never_taken_up(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan()
    every = scenarios_of(made.trial)[:1]
    before = run_key(made, every, SEED)
    assert run_key(made, every, SEED) == before
    monkeypatch.setattr("proband.trial.simulation.analysis_code", lambda: "0" * 64)
    assert run_key(made, every, SEED) != before


@pytest.mark.parametrize(("name", "study"), STUDIES)
def test_a_simulated_trial_written_as_a_table_gives_the_answer_of_the_simulation(
    name: str, study: str
) -> None:
    made = plan(name, study)
    scenario = scenarios_of(made.trial)[-1]
    compared = 0
    for number in range(4):
        found = simulate_people(made, scenario, np.array([number]), SEED)
        rows = one_trial(made, scenario, number, SEED)
        for stated in made.estimands:
            (part,) = of_estimand(made, stated, found)
            batch = answer_many(stated, part.data)
            if not batch.ok[0]:
                with pytest.raises(AnalysisError, match="has no answer"):
                    analyse(stated, rows, engine="auto")
                continue
            answer = analyse(stated, rows, engine="auto")
            assert answer.estimate == pytest.approx(batch.estimate[0], rel=1e-9, abs=1e-9)
            assert answer.p == pytest.approx(batch.p[0], rel=1e-7, abs=1e-12)
            assert answer.estimand == stated.hash
            compared += 1
    assert compared >= 3


def test_a_record_and_a_simulation_write_one_form(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    from proband.analysis.stated import state_estimand
    from proband.analysis.trial_frame import read_trial, trial_frame
    from proband.record import Command, Record
    from proband.record.tables import table
    from proband.showcase.hospital import BUNDLE, run

    run(tmp_path / "record")
    record = Record.open(tmp_path / "record", clock=lambda: datetime(2040, 1, 1, tzinfo=UTC))
    made = plan(BUNDLE)
    # while assessors are masked an export names no arm, and what reads it says so
    trial_frame(table(record.state, "trial")).write_parquet(tmp_path / "early.parquet")
    with pytest.raises(AnalysisError) as refused:
        analyse(
            state_estimand(loaded(BUNDLE), "motor-change-12m"), read_trial(str(tmp_path / "early.parquet"))
        )
    assert refused.value.code == "analysis.table.sealed"
    record.execute(Command("study.lock", record.study, {}, actor="custodian-1", role="custodian", site="*"))
    trial_frame(table(record.state, "trial")).write_parquet(tmp_path / "record.parquet")
    trial_frame(one_trial(made, scenarios_of(made.trial)[0], 0, SEED)).write_parquet(
        tmp_path / "simulated.parquet"
    )
    forms = [pq.read_schema(tmp_path / f"{name}.parquet") for name in ("record", "simulated")]
    assert forms[0].equals(forms[1], check_metadata=True)
    assert forms[0].serialize().to_pybytes() == forms[1].serialize().to_pybytes()
    for name in ("record", "simulated"):
        rows = read_trial(str(tmp_path / f"{name}.parquet"))
        for id in ("ais-conversion-12m", "motor-change-12m"):
            stated = state_estimand(loaded(BUNDLE), id)
            assert analyse(stated, rows).estimand == stated.hash
    # a board's open report is made from either
    locked = lock_plan(
        loaded(BUNDLE), "randomised", by="statistician", on=date(2026, 1, 1), key=key_from(b"0" * 32)
    )
    for name, people in (("record", 12), ("simulated", made.people)):
        rows = read_trial(str(tmp_path / f"{name}.parquet"))
        assert open_report(locked.document, loaded(BUNDLE), rows, date(2040, 1, 1)).consented == people
    # everybody of the demonstration stands in it, who died too
    rows = table(record.state, "trial")
    assert sum(row["kind"] == "person" for row in rows) == 12
    assert sum(row["name"] == "death" for row in rows) == 1


@pytest.mark.parametrize(("name", "study"), STUDIES)
def test_where_nothing_is_done_the_error_is_the_nominal_one(name: str, study: str) -> None:
    made = plan(name, study)
    shard = run_shard(made, scenarios_of(made.trial)[0], 0, TRIALS, SEED)
    for at, stated in enumerate(made.estimands):
        p = shard.answers[:, at, PER_ESTIMAND.index("p")]
        error = stated.estimand.gate.error
        rejected = float((np.nan_to_num(p, nan=1.0) <= error).mean())
        margin = 3 * np.sqrt(error * (1 - error) / TRIALS)
        assert rejected <= error + margin, (stated.id, rejected)
        if stated.estimand.summary in (
            "difference-in-means",
            "hazard-ratio",
            "win-odds",
            "cumulative-incidence-difference",
        ):
            assert rejected >= error - margin, (stated.id, rejected)
        estimate = shard.answers[:, at, 0]
        low, high = shard.answers[:, at, 1], shard.answers[:, at, 2]
        if stated.estimand.summary not in ("single-proportion", "single-mean", "within-person-change"):
            covered = ((low <= 0) & (high >= 0))[np.isfinite(estimate)].mean()
            assert covered >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / TRIALS) - 0.005, (stated.id, covered)


def test_the_gate_keeps_the_error_of_the_whole_sequence() -> None:
    made = plan()
    shard = run_shard(made, scenarios_of(made.trial)[0], 0, TRIALS, SEED)
    rejected = shard.answers[:, :, PER_ESTIMAND.index("rejected")]
    assert np.all(rejected[:, 0] >= rejected[:, 1])
    assert np.all(rejected[:, 1] >= rejected[:, 2])


def with_a_look(made: SimulationPlan) -> SimulationPlan:
    """The same study with a look at half of the information."""
    first, *rest = made.estimands
    looked = first.estimand.model_copy(update={"looks": Looks(fractions=[0.5])})
    return replace(made, estimands=(replace(first, estimand=looked), *rest))


def test_a_look_keeps_the_error_and_stops_a_study_that_has_its_answer() -> None:
    made = with_a_look(plan())
    null, effect = (scenarios_of(made.trial, {"meld-change": -6.0})[at] for at in (0, -1))
    error, people = made.estimands[0].estimand.gate.error, made.people
    shard = run_shard(made, null, 0, TRIALS, SEED)
    rejected = shard.answers[:, 0, PER_ESTIMAND.index("rejected")] == 1
    assert rejected.mean() <= error + 3 * np.sqrt(error * (1 - error) / TRIALS)
    found = run_shard(made, effect, 0, 60, SEED)
    early = found.conduct[:, 0] == STOPPED_FOR_EFFECT
    assert early.mean() > 0.5
    assert (found.answers[early, 0, PER_ESTIMAND.index("rejected")] == 1).all()
    assert set(found.conduct[early, 1]) == {people // 2}
    ran_on = found.conduct[found.conduct[:, 0] == RAN]
    assert set(ran_on[:, 1]) <= {people}


def test_a_study_that_harms_is_stopped_and_finds_nothing() -> None:
    made = plan()
    harm = made.trial.harm
    assert harm is not None
    often = harm.model_copy(update={"per_person": harm.per_person.model_copy(update={"value": 0.7})})
    harmful = replace(made, trial=made.trial.model_copy(update={"harm": often}))
    supposed = scenarios_of(made.trial, {"meld-change": -6.0})[-1]
    found = run_shard(harmful, supposed, 0, 60, SEED)
    assert (found.conduct[:, 0] == STOPPED_FOR_HARM).all()
    assert (found.conduct[:, 1] < made.people).all()
    assert not (found.answers[:, :, PER_ESTIMAND.index("rejected")] == 1).any()
    # as planned, with one in twenty harmed, hardly any study is stopped
    assert (run_shard(made, supposed, 0, 60, SEED).conduct[:, 0] == STOPPED_FOR_HARM).mean() < 0.2


def test_no_effect_is_there_without_a_source() -> None:
    for name, study in STUDIES:
        made, programme = plan(name, study), loaded(name)
        for effect in made.trial.effects:
            source = programme.source(str(effect.source))
            assert source.level.value != "inference", (name, effect)
        for scenario in scenarios_of(made.trial):
            if scenario.is_null:
                found = simulate_people(made, scenario, np.arange(3), SEED)
                assert all(not each.any() for each in found.applied.values())


def test_a_supposed_effect_is_found_and_called_what_it_is() -> None:
    made = plan()
    supposed = scenarios_of(made.trial, {"meld-change": -4.0})[-1]
    done = simulate(made, (scenarios_of(made.trial)[0], supposed), trials=120, seed=SEED)
    null, effect = (each.questions[0] for each in done.found)
    assert effect.rejected.value > null.rejected.value + 0.5
    # the effect is diluted by those who never got the product, and shows at once
    assert -4.0 < effect.truth < -3.4
    assert "no source" in simulation_report(done)["summary"][2]


@pytest.mark.parametrize(
    ("effect", "code"),
    [
        ({"meld-chagne": -4.0}, "trial.simulate.effect"),
        ({"first-dose": 2.0}, "trial.simulate.effect"),
        ({"death": -0.5}, "trial.simulate.ratio"),
    ],
)
def test_an_effect_that_would_change_nothing_or_cannot_be_is_refused(
    effect: dict[str, float], code: str
) -> None:
    made = plan()
    with pytest.raises(ProbandError) as refused:
        simulate(made, scenarios_of(made.trial, effect)[-1:], trials=20, seed=SEED)
    assert refused.value.code == code


@pytest.mark.parametrize("study", ["cirrhosis", "failure"])
def test_a_ratio_of_nothing_is_an_effect_too(study: str) -> None:
    made = plan("liver-cells", study)
    found = simulate_people(made, scenarios_of(made.trial, {"death": 0.0})[-1], np.arange(40), SEED)
    given, dead = np.isfinite(found.first_dose), np.isfinite(found.data.events["death"])
    assert not dead[given].any()
    assert dead[~given].any()


def test_an_effect_without_a_source_of_its_own_is_refused() -> None:
    with pytest.raises(ValueError, match="no source supplies this effect"):
        TrialEffect.model_validate({"scenario": "expected", "on": "death", "value": 0.5})


def test_figures_without_a_source_of_their_own_have_that_of_the_head() -> None:
    programme = loaded("liver-cells")
    assert programme.trials is not None
    for trial in trials_of(programme):
        assert (trial.source, trial.level) == (programme.trials.source, programme.trials.level)
    made = plan()
    report = simulation_report(simulate(made, scenarios_of(made.trial)[:1], trials=10, seed=SEED))
    for parameter in report["mechanism"]["parameters"]:
        assert programme.source(parameter["source"])


def test_who_gets_no_product_stays_in_the_arm_and_dies_in_it() -> None:
    made = plan()
    found = simulate_people(made, scenarios_of(made.trial)[0], np.arange(40), SEED)
    treated = found.data.arm == 0
    never = treated & ~np.isfinite(found.first_dose)
    assert 0.02 < never.sum() / treated.sum() < 0.2
    assert np.isfinite(found.data.events["death"][never]).any()
    # blocks of strata are left unfilled: the arms come close to one another, and seldom meet
    assert treated.sum(axis=1).mean() == pytest.approx(30, abs=1)
    assert np.abs(treated.sum(axis=1) - 30).max() <= 10
    dead = found.data.events["death"]
    for values in found.data.values.values():
        days = np.array([91, 182, 365])
        assert np.isnan(values[days[None, None, :] >= dead[:, :, None]]).all()


def test_broken_tables_of_a_simulated_trial_are_refused() -> None:
    made = plan()
    scenario, stated = scenarios_of(made.trial)[0], made.estimands[0]
    rows = one_trial(made, scenario, 1, SEED)
    dead = {row["participant"] for row in rows if row["name"] == "death"}
    dosed = {row["participant"]: row["on"] for row in rows if row["name"] == "first-dose"}
    arms = {row["participant"]: row["arm"] for row in rows if row["kind"] == "person"}
    assert dead
    broken = {
        "survivors only": (
            [row for row in rows if row["participant"] not in dead],
            "analysis.table.missing-people",
        ),
        "as treated": (
            [
                row
                for row in rows
                if arms[row["participant"]] != stated.treatment or row["participant"] in dosed
            ],
            "analysis.table.missing-people",
        ),
        "clock at the first dose": (
            [
                {**row, "on": dosed.get(row["participant"], row["on"])}
                if row["name"] == "allocation"
                else row
                for row in rows
            ],
            ("analysis.table.order", "analysis.table.baseline-clock"),
        ),
    }
    for name, (table, codes) in broken.items():
        with pytest.raises(AnalysisError) as refused:
            analyse(stated, table)
        assert refused.value.code in codes, name
    assert analyse(stated, rows)


def test_the_error_of_a_simulation_falls_with_the_root_of_its_size() -> None:
    made = plan()
    shard = run_shard(made, scenarios_of(made.trial)[0], 0, 1600, SEED)
    estimate = shard.answers[:, 0, 0]
    means = [
        np.std([part.mean() for part in np.array_split(estimate, 1600 // n)], ddof=1) for n in (4, 16, 64)
    ]
    for before, after in pairwise(means):
        assert 1.4 < before / after < 2.9


def test_the_report_names_source_seed_hash_failures_and_three_trials() -> None:
    made = plan("mitochondria-hpdl")
    report = simulation_report(simulate(made, scenarios_of(made.trial), trials=40, seed=SEED))
    assert report["programme"]["hash"] == loaded("mitochondria-hpdl").hash
    assert [e["hash"] for e in report["estimands"]] == [stated.hash for stated in made.estimands]
    assert all(p["source"] and p["level"] for p in report["mechanism"]["parameters"])
    assert len(report["trajectories"]) == 3
    assert report["failures"]["spastic-scale-24w"] > 0
    assert report["run"]["seed"] == SEED
    for scenario in report["scenarios"]:
        for question in scenario["questions"]:
            assert question["rejected"]["error"] is not None
    from proband.pages.simulation_page import simulation_page

    page = simulation_page(report)
    assert report["programme"]["hash"][:16] in page
    assert "SIMULATION" in page
    # a picture for each question, with the counts of its table; the three studies show their people
    for question, pictures in report["pictures"].items():
        drawn = picture_from(pictures["yes"])
        assert isinstance(drawn, ResultPicture)
        rows = [q for each in report["scenarios"] for q in each["questions"] if q["estimand"] == question]
        assert len(drawn.lines) == len(rows)
        assert [line.estimate for line in drawn.lines] == pytest.approx([100 * q["rejected"]["value"] for q in rows])  # fmt: skip
        assert all(line.low < line.high for line in drawn.lines)
        assert drawn.null == pytest.approx(5)
    drawable = [each for pictures in report["pictures"].values() for each in pictures.values() if each]
    told = [each for each in report["trajectories"] if each.get("picture")]
    assert len(told) >= 1
    assert page.count('<svg class="chart') == len(drawable) + len(told)


def test_the_largest_error_is_looked_for_over_all_nulls() -> None:
    made = plan("spinal-cord-autologous", "single-arm")
    done = simulate(made, scenarios_of(made.trial), trials=200, seed=SEED)
    # a single arm errs where untreated people do better than was believed, and the report says so
    assert largest_error(list(done.found), made.estimands[0].id)[0] == "drift"


def test_a_bundle_without_what_is_needed_is_refused_with_what_is_missing() -> None:
    with pytest.raises(ProbandError) as refused:
        plan_of(load(BUNDLE))
    assert refused.value.code == "trial.simulate.nothing"
    with pytest.raises(ProbandError) as refused:
        plan("liver-cells", "no-such-study")
    assert refused.value.code == "trial.simulate.unknown"


def test_no_answer_against_a_benchmark_goes_without_e_value_and_drift() -> None:
    told = 0
    for name, study in STUDIES:
        made = plan(name, study)
        rows = one_trial(made, scenarios_of(made.trial)[0], 1, SEED)
        for stated in made.estimands:
            if stated.estimand.benchmark is None:
                continue
            said = analyse(stated, rows).diagnostics
            assert {"E-value", "E-value of the bound"} <= said.keys()
            often = [float(value or 0) for key, value in said.items() if key.startswith("called better")]
            assert len(often) == 4
            assert often == sorted(often)
            assert often[0] <= stated.estimand.gate.error / 2 + 1e-9
            told += 1
    assert told >= 2


@pytest.mark.parametrize(("name", "study"), STUDIES)
def test_the_answer_to_a_question_is_a_page_with_its_picture(name: str, study: str, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from proband.analysis.trial_frame import trial_frame
    from proband.cli.app import app

    pytest.importorskip("pyarrow.parquet")
    made = plan(name, study)
    table, page = tmp_path / "trial.parquet", tmp_path / "answer.html"
    trial_frame(one_trial(made, scenarios_of(made.trial)[0], 1, SEED)).write_parquet(table)
    question = made.estimands[0].id
    ran = CliRunner().invoke(
        app, ["analyse", name, str(table), "--estimand", question, "--page", str(page), "--json"]
    )
    assert ran.exit_code == 0, ran.output
    answer = json.loads(ran.stdout)
    assert picture_from(answer["picture"]).kind != "" != picture_from(answer["forest"]).kind
    text = page.read_text(encoding="utf-8")
    assert answer["words"].replace("&", "&amp;") in text
    assert text.count('<svg class="chart') >= 2
    assert made.estimands[0].hash[:16] in text


def unasked() -> list[tuple[str, str]]:
    """The typed questions of the shipped programmes that none of their studies asks."""
    asked = {(name, stated.id) for name, study in STUDIES for stated in plan(name, study).estimands}
    return [(name, id) for name in bundled() for id in typed_estimands(loaded(name)) if (name, id) not in asked]  # fmt: skip


def as_a_study(name: str, id: str) -> SimulationPlan:
    """A study of that one question, with the courses of the programme's study of the same outcome and thirty people in each arm."""
    programme = loaded(name)
    stated = state_estimand(programme, id)
    needed = {made_(outcome).event or key for key, outcome in stated.outcomes.items()}
    assert programme.trials is not None
    trial = max(programme.trials.trials, key=lambda trial: len(needed & {*(e.event for e in trial.events), *(c.outcome for c in trial.courses)}))  # fmt: skip
    people = dict.fromkeys(filter(None, (stated.treatment, stated.comparator)), 30)
    only = trial.model_copy(update={"estimands": [id], "people": people, "effects": []})
    return plan_of(
        replace(programme, trials=programme.trials.model_copy(update={"trials": [only]})), trial.id
    )


@pytest.mark.parametrize(("name", "id"), unasked())
def test_a_question_that_no_study_asks_has_the_nominal_error_too_or_says_what_is_missing(
    name: str, id: str
) -> None:
    if id == "bowel-24m":
        with pytest.raises(ProbandError) as refused:
            as_a_study(name, id)
        assert refused.value.code == "trial.simulate.course"
        return
    made = as_a_study(name, id)
    shard = run_shard(made, scenarios_of(made.trial)[0], 0, TRIALS, SEED)
    error = made.estimands[0].estimand.gate.error
    p = shard.answers[:, 0, PER_ESTIMAND.index("p")]
    assert np.isfinite(p).mean() > 0.9
    rejected = float((np.nan_to_num(p, nan=1.0) <= error).mean())
    assert abs(rejected - error) <= 3 * np.sqrt(error * (1 - error) / TRIALS)
