"""Every analysis is called: what it returns stands in docs/analyses.md, its picture is drawn, and none of the package's analyses falls out of the table."""

from __future__ import annotations

import ast
import json
import math
import re
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.pictures import picture_from
from proband.analysis.result import AnalysisError, AnalysisResult
from proband.analysis.results_of import phases_result, survival_result
from proband.analysis.single_case import compare_phases
from proband.pages.charts import picture_chart

ROOT = Path(__file__).resolve().parents[2]
ANALYSIS = ROOT / "src" / "proband" / "analysis"
TABLE = runpy.run_path(str(ROOT / "scripts" / "write_analyses.py"))
ROWS = {row.name: row for row in TABLE["ROWS"]}
#: what the plan of the analyses promises, by the beginning of a row's name
PROMISED = (
    "MMRM", "ANCOVA", "proportional odds", "transitional", "risk difference, exact", "risk difference, Miettinen", "risk difference, Newcombe", "Barnard", "Boschloo", "rank sum",
    "recurrent events", "Kaplan", "log-rank test", "log-rank, weighted", "Cox, Efron", "Cox, stratified", "Cox, time-dependent", "restricted mean", "Aalen", "Fine", "Gray",
    "win ratio", "win odds, strata, recurrent", "net benefit", "joint", "one patient, posterior", "one patient, randomised start", "single case", "several patients", "one patient, rough dates",
    "one patient, tipping", "external controls: entropy", "external controls: inverse", "external controls: matching", "external controls: MAIC", "external controls: g-comp",
    "power prior", "robust MAP", "commensurate", "drift grid", "missing data: at random", "missing data: copy reference", "missing data: jump", "missing data: copy increments", "missing data: tipping",
    "fixed sequence", "graphical", "group sequential: O'Brien", "group sequential: Lan", "two endpoints", "conditional power", "Simon", "BOIN", "3+3", "boundary of harm", "exact binomial",
    "re-randomisation", "random-effects", "Peto", "rare events: exact common", "rare events: exact random", "risk of bias",
)  # fmt: skip
#: functions that return a result and are no analysis of their own: the form itself, and the questions of estimands, which choose among the rows
NO_ROW = {"wald", "analyse", "joint_difference"}


@cache
def found(name: str) -> tuple[list[str], Any, Any]:
    columns, result, picture = TABLE["told"](ROWS[name])
    return columns, result, picture


@pytest.mark.parametrize("name", ROWS)
def test_an_analysis_gives_all_that_its_row_says(name: str) -> None:
    row = ROWS[name]
    columns, result, picture = found(name)
    assert all(columns[:4] + columns[6:]) or row.absent, "a part is absent and nobody says why"
    assert columns[4]
    assert columns[5]
    if isinstance(result, AnalysisResult):
        assert not (row.absent and all(columns))
        if not math.isnan(result.low):
            assert result.low < result.estimate < result.high
            assert result.low < result.high
        assert json.loads(json.dumps(result.record(), allow_nan=False))["words"] == result.words
    if not isinstance(picture, str):
        chart = picture_chart("p", picture_from(json.loads(json.dumps(picture.record(), allow_nan=False))))
        assert "nan" not in str(chart.svg)
        assert chart.rows
        assert chart.words


def test_the_page_is_what_the_calls_gave() -> None:
    lines = [
        f"| {name} | `{row.function}` | {row.verb} | {' | '.join(found(name)[0])} | {row.oracle} | {row.tests} | {row.absent} |"
        for name, row in ROWS.items()
    ]  # fmt: skip
    page = (ROOT / "docs" / "analyses.md").read_text(encoding="utf-8")
    assert page == TABLE["HEAD"] + "\n".join(lines) + "\n", "docs/analyses.md is stale: python scripts/write_analyses.py"  # fmt: skip


def test_nothing_that_is_promised_and_no_analysis_of_the_package_falls_out() -> None:
    assert not [each for each in PROMISED if not any(name.startswith(each) for name in ROWS)]
    named = " ".join(row.function for row in ROWS.values())
    out = []
    for path in sorted(ANALYSIS.rglob("*.py")):
        if "qualification" in path.parts:
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            gives = isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.returns
            if (
                gives
                and ast.unparse(gives) == "AnalysisResult"
                and node.name not in NO_ROW
                and node.name not in named
            ):  # type: ignore[union-attr, arg-type]
                out.append(f"{path.name}: {node.name}")  # type: ignore[union-attr]
    assert not out


def test_every_test_that_is_named_is_there() -> None:
    there = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    named = {each for row in ROWS.values() for each in re.split(r",\s*", row.tests)}
    assert named <= there, named - there


def test_the_interval_of_non_overlap_stays_between_none_and_all() -> None:
    # no overlap at all: the bound is one-sided in fact, as Newcombe's method gives it (solved by hand: 0.6427 of five against five)
    apart = phases_result(compare_phases([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]))
    assert (apart.estimate, round(apart.low, 3), apart.high) == (1.0, 0.643, 1.0)
    turned = phases_result(compare_phases([6, 7, 8, 9, 10], [1, 2, 3, 4, 5]))
    assert (turned.low, round(turned.high, 3)) == (0.0, 0.357)
    tau = apart.parts[0]
    assert (tau.estimate, round(tau.low, 3)) == (1.0, 0.285)


def test_a_curve_is_asked_within_its_time() -> None:
    curve = kaplan_meier([1.0, 2.0, 3.0], [True, False, False])
    assert survival_result(curve, 2.5).estimate == pytest.approx(2 / 3)
    nobody_yet = survival_result(curve, 0.5)
    assert (nobody_yet.estimate, nobody_yet.high) == (1.0, 1.0)
    assert nobody_yet.low == pytest.approx(0.025 ** (1 / 3))
    with pytest.raises(AnalysisError):
        survival_result(curve, 9.0)
