"""Estimands as data: what they are held to, what drives an analysis, and what a table of a trial is refused for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proband.analysis.answers import analyse, answer_many
from proband.analysis.result import AnalysisError
from proband.analysis.stated import StatedEstimand, state_estimand, typed_estimands
from proband.analysis.trial_columns import COLUMNS, trial_row
from proband.analysis.trial_table import TrialArrays
from proband.programme import bundled, load
from proband.programme.estimand import Estimand
from proband.programme.estimand_rules import faults
from shipped import loaded

MELD = "cirrhosis-meld-3m"
START = date(2031, 1, 1)
Rows = list[dict[str, Any]]


def stated(id: str = MELD, programme: str = "liver-cells") -> StatedEstimand:
    return state_estimand(loaded(programme), id)


def trial(people: int = 24, *, died: dict[int, int] | None = None, moved: int = 0, seed: int = 5) -> Rows:
    """A trial of scores at 0, 91, 182, 365 days. ``died``: day of death by person; ``moved``: days by which the clock of the treated is late."""
    rng, rows = np.random.default_rng(seed), []
    for i in range(people):
        name, arm = f"P{i:02d}", "own-marrow-artery" if i % 2 else "care-cirrhosis"
        consent = START + timedelta(days=7 * i)
        zero = consent + timedelta(days=moved if i % 2 else 0)
        rows.append(
            trial_row(
                name,
                "person",
                consent.isoformat(),
                number=i + 1,
                site="a",
                form="decompensated-cirrhosis",
                arm=arm,
            )
        )
        rows.append(trial_row(name, "event", consent.isoformat(), name="consent"))
        rows.append(trial_row(name, "event", zero.isoformat(), name="allocation"))
        dead = (died or {}).get(i)
        base = 15 + 3 * rng.standard_normal()
        for visit, day in (
            ("baseline", 0),
            ("cirrhosis-month-3", 91),
            ("cirrhosis-month-6", 182),
            ("cirrhosis-month-12", 365),
        ):
            value = base + 0.5 * rng.standard_normal() + day / 200
            if dead is None or day < dead:
                rows.append(trial_row(name, "measurement", (consent + timedelta(days=day)).isoformat(), name="meld-3:meld-3", visit=visit, value=value))  # fmt: skip
        if dead is not None:
            rows.append(trial_row(name, "event", (consent + timedelta(days=dead)).isoformat(), name="death"))
    return rows


@pytest.mark.parametrize("name", bundled())
def test_every_programme_carries_estimands_that_programs_can_analyse(name: str) -> None:
    programme = loaded(name)
    ids = typed_estimands(programme)
    assert programme.head.forecast.primary_estimand in ids
    hashes = {state_estimand(programme, id).hash for id in ids}
    assert len(hashes) == len(ids)


def test_the_hash_is_of_what_is_written_and_of_nothing_else(tmp_path: Path) -> None:
    import shutil

    from proband.programme import locate

    def changed(name: str, file: str, old: str, new: str) -> str:
        folder = tmp_path / name
        shutil.copytree(locate("liver-cells"), folder)
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return state_estimand(load(folder), MELD).hash

    mine = stated().hash
    assert changed("layout", "outcomes.yaml", "outcomes:\n", "\n\noutcomes:   # a remark\n") == mine
    assert changed("elsewhere", "programme.yaml", "version: 1.0.0", "version: 1.0.1") == mine
    assert changed("visit", "schedule.yaml", "id: cirrhosis-month-3, name: Three months, anchor: allocation, offset: {value: 91,",
                   "id: cirrhosis-month-3, name: Three months, anchor: allocation, offset: {value: 92,") != mine  # fmt: skip
    assert (
        changed(
            "strategy",
            "outcomes.yaml",
            "hypothetical, how: Who is transplanted",
            "treatment-policy, how: Who is transplanted",
        )
        != mine
    )


def _with(change: Callable[[Estimand], dict[str, Any]], id: str = MELD) -> list[str]:
    programme = loaded("liver-cells")
    estimand = next(e for e in programme.outcomes.estimands if e.id == id)
    return [f.message for f in faults(programme, estimand.model_copy(update=change(estimand)))]


def _events(estimand: Estimand, of: str, **update: Any) -> dict[str, Any]:
    return {
        "intercurrent_events": [
            e.model_copy(update=update) if e.kind == of else e for e in estimand.intercurrent_events
        ]
    }


BROKEN: dict[str, tuple[Callable[[Estimand], dict[str, Any]], str]] = {
    "death made missing": (lambda e: _events(e, "death", strategy="hypothetical"), "missing value"),
    "death followed up": (lambda e: _events(e, "death", strategy="treatment-policy"), "after death"),
    "death not named": (lambda e: {"intercurrent_events": [x for x in e.intercurrent_events if x.kind != "death"]}, "death"),
    "composite without a value": (lambda e: _events(e, "death", strategy="composite"), "which value"),
    "a stratum nobody sees": (lambda e: _events(e, "competing", strategy="principal-stratum"), "both arms"),
    "an event of no kind": (lambda e: _events(e, "product", kind=None), "what kind"),
    "counted from treatment": (lambda e: {"visit": "artery-week-1"}, "immortal time"),
    "time to an event as missing at random": (lambda e: {"missing": "censored"}, "does not go with"),
    "a summary of another outcome": (lambda e: {"summary": "hazard-ratio"}, "no summary"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_estimand_is_refused_with_its_reason(name: str) -> None:
    change, words = BROKEN[name]
    assert any(words in message for message in _with(change)), _with(change)


def test_a_single_arm_is_judged_by_the_share_or_the_mean_that_its_summary_asks_for() -> None:
    programme = loaded("spinal-cord-autologous")
    by_id = {e.id: e for e in programme.outcomes.estimands}
    share, mean = by_id["ais-single-arm-12m"], by_id["motor-single-arm-12m"]
    for estimand, other in ((share, mean), (mean, share)):
        assert list(faults(programme, estimand)) == []
        for benchmark in (
            None,
            other.benchmark,
            estimand.benchmark.model_copy(update={"share": 0.5, "mean": 1.0}),
        ):
            wrong = estimand.model_copy(update={"benchmark": benchmark})
            assert any("fixed before" in fault.message for fault in faults(programme, wrong)), benchmark
    two = by_id["motor-change-12m"].model_copy(update={"benchmark": mean.benchmark})
    assert any("fixed before" in fault.message for fault in faults(programme, two))


def test_a_single_mean_is_the_usual_test_of_those_who_were_measured() -> None:
    from scipy import stats

    asked = state_estimand(loaded("spinal-cord-autologous"), "motor-single-arm-12m")
    visits, rng = len(asked.visits["motor-change"]), np.random.default_rng(3)
    y = 5 + 4 * rng.standard_normal((1, 14, visits))
    y[0, 3:5, -1] = np.nan
    nobody = {
        name: np.full((1, 14), np.inf) for event in asked.estimand.intercurrent_events for name in event.names
    }
    data = TrialArrays(
        np.ones((1, 14), dtype=np.int64),
        {"motor-change": np.zeros((1, 14))},
        {"motor-change": y},
        nobody,
        np.full((1, 14), 400.0),
    )
    found = answer_many(asked, data)
    measured = y[0, :, asked.at("motor-change")]
    theirs = stats.ttest_1samp(measured, 3.9, alternative="greater", nan_policy="omit")
    assert found.p[0] == pytest.approx(min(2 * theirs.pvalue, 1.0))
    span = stats.ttest_1samp(measured[np.isfinite(measured)], 0.0).confidence_interval(0.95)
    assert (found.estimate[0], found.low[0], found.high[0]) == pytest.approx(
        (np.nanmean(measured), span.low, span.high)
    )
    # less than the benchmark is no answer for the better, however far
    low = answer_many(asked, replace(data, values={"motor-change": y - 50}))
    assert low.p[0] == 1.0
    assert not low.rejects(0.05)[0]
    alone = answer_many(
        asked, replace(data, values={"motor-change": np.where(np.arange(14)[None, :, None] == 0, y, np.nan)})
    )
    assert not alone.ok[0]


def test_loss_of_walking_is_never_missing() -> None:
    programme = loaded("mitochondria-hpdl")
    walk = next(e for e in programme.outcomes.estimands if e.id == "walk-24w")
    assert list(faults(programme, walk)) == []
    lost = walk.model_copy(update=_events(walk, "loss-of-function", strategy="hypothetical", score=None))
    assert any("missing value" in fault.message for fault in faults(programme, lost))


def test_honest_twins_have_no_fault() -> None:
    for name in bundled():
        programme = loaded(name)
        for estimand in programme.outcomes.estimands:
            assert list(faults(programme, estimand)) == [], estimand.id
    assert _with(lambda e: _events(e, "death", strategy="composite", score=25.0)) == []


def test_an_estimand_in_words_loads_and_is_refused_for_analysis() -> None:
    programme = loaded("liver-cells")
    estimand = programme.outcomes.estimands[0].model_copy(update={"missing": None})
    assert list(faults(programme, estimand)) == []
    assert not estimand.is_typed


def test_the_same_call_answers_and_carries_both_hashes() -> None:
    result = analyse(stated(), trial())
    assert result.estimand == stated().hash
    assert result.diagnostics["programme"] == loaded("liver-cells").hash
    assert result.low < result.estimate < result.high
    compiled = analyse(stated(), trial(), engine="auto")
    assert result.estimate == pytest.approx(compiled.estimate, abs=1e-6)
    assert result.p == pytest.approx(compiled.p, abs=1e-6)


def test_order_and_spelling_of_rows_change_nothing() -> None:
    assert analyse(stated(), trial()[::-1]).record() == analyse(stated(), trial()).record()


def test_a_death_moves_the_answer_by_its_strategy_and_is_counted() -> None:
    result = analyse(stated(), trial(died={1: 50, 4: 60}))
    assert result.diagnostics["Death (while-on-treatment), treated"] == 1
    assert result.diagnostics["Death (while-on-treatment), controls"] == 1


def _refused(rows: Rows, code: str, id: str = MELD) -> None:
    with pytest.raises(AnalysisError) as refused:
        analyse(stated(id), rows)
    assert refused.value.code == code


def test_survivors_only_is_refused() -> None:
    rows = trial(died={1: 50})
    _refused([row for row in rows if row["participant"] != "P01"], "analysis.table.missing-people")


def test_a_death_dropped_with_its_person_row_kept_is_a_stranger_to_nobody() -> None:
    rows = [
        row for row in trial(died={3: 50}) if not (row["participant"] == "P03" and row["kind"] == "person")
    ]
    _refused(rows, "analysis.table.stranger")


def test_immortal_time_is_refused() -> None:
    # the clock of the treated starts when the product is ready: their baselines lie weeks before it
    _refused(trial(moved=40), "analysis.table.order")
    _refused(trial(moved=5), "analysis.table.baseline-clock")
    assert analyse(stated(), trial(moved=0))


def test_a_measurement_after_death_is_refused() -> None:
    rows = trial()
    rows.append(trial_row("P02", "event", (START + timedelta(days=7 * 2 + 100)).isoformat(), name="death"))
    _refused(rows, "analysis.table.after-death")


def test_sealed_arms_and_missing_clocks_are_refused() -> None:
    rows = [{**row, "arm": None} if row["kind"] == "person" else row for row in trial()]
    _refused(rows, "analysis.table.sealed")
    rows = [row for row in trial() if not (row["participant"] == "P05" and row["name"] == "allocation")]
    _refused(rows, "analysis.table.clock")


def test_whoever_withdrew_the_use_of_data_is_counted_and_not_searched_for() -> None:
    rows = [row for row in trial() if row["participant"] != "P07"]
    rows.append(trial_row("P07", "person", None, number=8, text="data-withdrawn"))
    assert analyse(stated(), rows).diagnostics["withdrew the use of their data"] == 1


def test_a_table_of_another_form_is_refused() -> None:
    rows = [{key: value for key, value in row.items() if key != "number"} for row in trial()]
    _refused(rows, "analysis.columns")
    assert set(COLUMNS) == set(trial()[0])
