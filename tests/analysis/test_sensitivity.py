"""Sensitivity analyses as data: each kind carried out by the code of the primary answer, and refused where it says nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from proband.analysis.answers import analyse
from proband.analysis.imputation import reference_based
from proband.analysis.sensitivity import SensitivityAnswer, sensitivity_answers
from proband.analysis.stated import StatedEstimand, state_estimand
from proband.analysis.strategies import scores
from proband.analysis.trial_columns import trial_row
from proband.analysis.trial_table import arranged
from proband.analysis.unconditional import boschloo
from proband.programme.estimand_rules import faults
from proband.programme.sensitivity import GOES_WITH, Sensitivity
from shipped import loaded

from .test_estimands import Rows, stated, trial

READ = TypeAdapter(Sensitivity)
WHY = "a doubt"


def asked(of: StatedEstimand, *kinds: dict[str, Any]) -> StatedEstimand:
    each = [READ.validate_python({"why": WHY, **kind}) for kind in kinds]
    return replace(of, estimand=of.estimand.model_copy(update={"sensitivity": each}))


def only(of: StatedEstimand, rows: Rows, **kind: Any) -> SensitivityAnswer:
    (found,) = sensitivity_answers(asked(of, kind), rows)
    assert found.kind == kind["kind"]
    return found


def lost(rows: Rows, people: set[str]) -> Rows:
    """These people were not seen after the start."""
    return [
        row
        for row in rows
        if not (row["participant"] in people and row["kind"] == "measurement" and row["visit"] != "baseline")
    ]


def test_means_by_the_same_data_as_the_primary_answer() -> None:
    of, rows = stated("cirrhosis-meld-6m"), trial(40, died={4: 120})
    gone = lost(rows, {"P05", "P09", "P13"})
    found = only(of, gone, kind="reference-based", assumption="j2r")
    data = arranged(of, gone)
    y = scores(of, data)[0][:, : of.at(of.estimand.outcome) + 1]
    baseline = data.baseline[of.estimand.outcome][0]
    want = reference_based(
        y,
        data.arm if data.arm.ndim == 1 else data.arm[0],
        (baseline - baseline.mean())[:, None],
        strategy="j2r",
    )
    assert found.result is not None
    assert found.result.estimate == pytest.approx(want.estimate, abs=1e-10)
    assert found.result.estimand == of.hash
    assert found.result.diagnostics["imputed_treated"] == 3
    mar = only(of, gone, kind="reference-based", assumption="mar").result
    assert mar is not None
    assert mar.estimate != found.result.estimate
    tip = only(of, gone, kind="delta-tipping-point", farthest=30.0)
    assert tip.tips_at == 0.0  # there was no effect
    assert "nothing can tip" in tip.words
    helped = [
        dict(row, value=row["value"] - 6.0)
        if row["kind"] == "measurement" and row["visit"] != "baseline" and int(row["participant"][1:]) % 2
        else row
        for row in gone
    ]
    tip = only(of, helped, kind="delta-tipping-point", farthest=60.0)
    assert tip.tips_at is not None
    assert 5 < tip.tips_at < 60
    assert only(of, helped, kind="delta-tipping-point", farthest=0.1).tips_at is None


def test_another_strategy_is_the_primary_analysis_with_a_changed_estimand() -> None:
    of, rows = stated("cirrhosis-meld-6m"), trial(30, died={3: 100, 7: 60})
    found = only(of, rows, kind="other-strategy", event="death", strategy="composite", score=40)
    events = [
        event.model_copy(update={"strategy": "composite", "score": 40.0}) if event.kind == "death" else event
        for event in of.estimand.intercurrent_events
    ]
    changed = replace(of, estimand=of.estimand.model_copy(update={"intercurrent_events": events}))
    want = analyse(changed, rows)
    assert found.result is not None
    assert (found.result.estimate, found.result.p) == (want.estimate, want.p)
    assert found.result.estimate > analyse(of, rows).estimate  # both dead were treated


def conversions(treated: list[int | None], controls: list[int | None]) -> tuple[StatedEstimand, Rows]:
    """A spinal trial: grades at the start and at a year, A to C (gained), A to A, or nobody looked."""
    of = state_estimand(loaded("spinal-cord-autologous"), "ais-conversion-12m")
    rows: Rows = []
    start = date(2031, 1, 1)
    visit = of.visits[of.estimand.outcome][of.at(of.estimand.outcome)]
    for i, (arm, gained) in enumerate(
        [(of.treatment, g) for g in treated] + [(of.comparator, g) for g in controls]
    ):
        name, zero = f"P{i:02d}", start + timedelta(days=3 * i)
        rows.append(trial_row(name, "person", zero.isoformat(), number=i + 1, site="a", arm=arm))
        rows += [
            trial_row(name, "event", zero.isoformat(), name=event) for event in ("consent", "allocation")
        ]
        rows.append(
            trial_row(
                name, "measurement", zero.isoformat(), name="isncsci:isncsci", visit="baseline", text="A"
            )
        )
        if gained is not None:
            when = (zero + timedelta(days=visit.day)).isoformat()
            rows.append(
                trial_row(
                    name,
                    "measurement",
                    when,
                    name="isncsci:isncsci",
                    visit=visit.id,
                    text="C" if gained else "A",
                )
            )
    return of, rows


def test_shares_counted_otherwise_and_the_counts_at_which_the_answer_turns() -> None:
    of, rows = conversions([1] * 9 + [0] * 2 + [None], [1] * 1 + [0] * 8 + [None] * 3)
    first = analyse(of, rows)
    assert first.p is not None
    assert first.p <= 0.05
    found = only(of, rows, kind="missing-counts", treated="not-reached", controls="reached").result
    assert found is not None
    assert found.estimate == pytest.approx(9 / 12 - 4 / 12)
    assert found.p == pytest.approx(boschloo(9, 12, 4, 12).p)
    turned = only(of, rows, kind="counts-tipping-point")
    ways = [(k + j, k, j) for k in (0, 1) for j in range(4) if boschloo(9 + k, 12, 1 + j, 12).p > 0.05]
    assert turned.tips_at == min(ways)[0]
    assert f"in {len(ways)} of 8 ways" in turned.words
    of, rows = conversions([1] * 10 + [0] * 2, [0] * 11 + [None])
    stays = only(of, rows, kind="counts-tipping-point")
    assert stays.tips_at is None
    assert "stays significant" in stays.words


def test_one_patient_and_a_single_arm() -> None:
    of = state_estimand(
        loaded("mitochondria-hpdl"), loaded("mitochondria-hpdl").head.forecast.primary_estimand
    )
    assert of.estimand.prior is not None
    other = asked(of, {"kind": "other-course", "slope": 3.0})
    assert next(faults(loaded("mitochondria-hpdl"), other.estimand), None) is None
    from proband.analysis import sensitivity

    seen = {}

    def spy(changed: StatedEstimand, rows: Rows, *, engine: str) -> Any:
        seen["slope"] = changed.estimand.prior.slope if changed.estimand.prior else None
        raise sensitivity.AnalysisError("analysis.no-events")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sensitivity, "analyse", spy)
        patch.setattr(sensitivity, "arranged", lambda *_: None)
        (answer,) = sensitivity_answers(other, [])
    assert seen == {"slope": 3.0}
    assert answer.result is None
    assert answer.reason == "nobody had the event"
    assert answer.record()["reason"] == "nobody had the event"


def test_what_says_nothing_is_refused_by_the_bundles_check() -> None:
    programme = loaded("liver-cells")

    def said(id: str, **kind: Any) -> str:
        changed = asked(stated(id), kind).estimand
        return " ".join(fault.message for fault in faults(programme, changed))

    assert said("cirrhosis-meld-6m", kind="reference-based", assumption="cir") == ""
    with_means = {kind for kind, summaries in GOES_WITH.items() if "difference-in-means" in summaries}
    assert with_means == {"reference-based", "delta-tipping-point", "joint-model"}
    assert said("cirrhosis-meld-6m", kind="joint-model") == ""
    for kind in set(GOES_WITH) - with_means:
        extra: dict[str, Any] = {
            "missing-counts": {"treated": "reached", "controls": "reached"},
            "other-course": {"slope": 1},
            "other-benchmark": {"share": 0.4},
        }.get(kind, {})
        assert "does not go with difference-in-means" in said("cirrhosis-meld-6m", kind=kind, **extra)
    assert "dealt with so already" in said(
        "cirrhosis-meld-6m", kind="other-strategy", event="death", strategy="while-on-treatment"
    )
    assert "no event of kind product" in said(
        "cirrhosis-meld-6m", kind="other-strategy", event="product", strategy="hypothetical"
    )
    # the rules of an estimand hold for what is supposed instead of it
    assert "missing value" in said(
        "cirrhosis-meld-6m", kind="other-strategy", event="death", strategy="hypothetical"
    )
    assert "after death" in said(
        "cirrhosis-meld-6m", kind="other-strategy", event="death", strategy="treatment-policy"
    )
    assert "stands for the outcome" in said(
        "cirrhosis-meld-6m", kind="other-strategy", event="death", strategy="composite"
    )
    of = state_estimand(loaded("spinal-cord-autologous"), "ais-conversion-12m")
    same = asked(of, {"kind": "missing-counts", "treated": "not-reached", "controls": "not-reached"})
    assert [f.message for f in faults(loaded("spinal-cord-autologous"), same.estimand)] == [
        "it supposes what the estimand supposes already."
    ]
    for broken in (
        {"kind": "guess"},
        {"kind": "reference-based"},
        {"kind": "reference-based", "assumption": "locf"},
        {"kind": "counts-tipping-point", "farthest": 1},
    ):
        with pytest.raises(ValidationError):
            READ.validate_python({"why": WHY, **broken})
    with pytest.raises(ValidationError):
        READ.validate_python({"kind": "counts-tipping-point"})  # a doubt must be named


def test_the_plan_counts_in_the_hash_and_the_shipped_ones_run() -> None:
    assert stated("cirrhosis-meld-6m").estimand.sensitivity
    answers = sensitivity_answers(stated("cirrhosis-meld-6m"), trial(30, died={3: 100}))
    assert [a.kind for a in answers] == ["reference-based", "delta-tipping-point", "other-strategy"]
    assert all(a.words and not a.reason for a in answers)
    assert np.isfinite([a.result.estimate for a in answers if a.result]).all()
