"""The page's evaluator (Node) against Python, from the same table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from in_node import answers_of_form
from proband.natural_history.askable import Offer
from proband.pages.headline.form import TABLE, headline_script
from proband.pages.rendering import data_block
from proband.trial.headline.groups import MADE
from proband.trial.headline.table import headline_table
from proband.trial.headline.words import verdict_key
from shipped import headline, loaded

BUNDLES = ["spinal-cord-autologous", "liver-cells", "mitochondria-hpdl"]
OFFERS = {
    "spinal-cord-autologous": (
        Offer(
            "ais-conversion",
            ("A", "C", "E"),
            ("cervical", "T1-9", "lumbar"),
            ("14-28d",),
            ("1y",),
            ("", "2013-2015"),
        ),
        Offer("ais-deterioration", ("C",), ("all",), ("14d",), ("1y",)),
        Offer("motor-score-change", ("A",), ("cervical",), ("14-28d",), ("1y",)),
    ),
    "liver-cells": (
        Offer("survival", ("aclf", "ACLF-2"), follow_up=("24w",)),
        Offer("meld-change", ("cirrhosis",), follow_up=("24w",)),
    ),
    "mitochondria-hpdl": (Offer("walking", ("HPDL",)), Offer("survival", ("MPV17",), follow_up=("2y",))),
}


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    return headline_table([loaded(name) for name in BUNDLES], offers=OFFERS)


def _node(table: dict[str, Any], asks: list[dict[str, Any]], tmp_path: Path) -> list[dict[str, Any]]:
    once = (
        "try{if(a.text)Object.assign(a,h.read(t,a.programme,a.outcome,a.text));const r=h.evaluate(t,a);return {probability:r.probability,exact:r.exact,interval:r.interval,fisher:r.fisher,"
        "words:r.words,predictive:r.predictive,comparison:r.comparison,surprise:r.surprise,verdict:r.verdict}}catch(e){return {refused:e.message,name:e.name}}"
    )
    return answers_of_form(
        table, asks, tmp_path, once, unless="the page's evaluator was not compared with Python"
    )


CASES = [
    ("2 of 4", "spinal-cord-autologous", {"outcome": "ais-conversion", "baseline": "A", "level": "cervical"}),
    ("9 of 30", "spinal-cord-autologous", {"outcome": "ais-conversion", "baseline": "A", "level": "T1-9"}),
    (
        "25 of 30",
        "spinal-cord-autologous",
        {"outcome": "ais-conversion", "baseline": "C", "level": "cervical"},
    ),
    (
        "17 of 50 against 5 of 20",
        "spinal-cord-autologous",
        {"outcome": "ais-conversion", "baseline": "A", "level": "cervical"},
    ),
]


@pytest.mark.node
def test_page_equals_python_within_counting_error(table: dict[str, Any], tmp_path: Path) -> None:
    trials, asks, expected = 40_000, [], []
    for text, programme, kw in CASES:
        r = headline(text, programme=programme, baseline_window="14-28d", follow_up="1y", trials=trials, **kw)
        expected.append(r)
        ask = {"programme": programme, **kw, "window": "14-28d", "followUp": "1y", "events": int(r.observed)}
        ask |= {"people": r.people, "trials": trials, "seed": 7}
        if r.control_people:
            ask |= {"controlEvents": int(r.control_observed or 0), "controlPeople": r.control_people}
        asks.append(ask)
    r = headline(
        "73 of 100 alive at 24 weeks",
        programme="liver-cells",
        outcome="survival",
        baseline="aclf",
        trials=trials,
    )
    expected.append(r)
    asks.append({"programme": "liver-cells", "outcome": "survival", "baseline": "aclf", "followUp": "24w"})
    asks[-1] |= {"events": 73, "people": 100, "trials": trials, "seed": 7}
    for mine, theirs in zip(expected, _node(table, asks, tmp_path), strict=True):
        # counting error of both sides, and half a percentage point for the page's coarser quantile table
        assert abs(mine.probability - theirs["probability"]) < 4 * np.sqrt(2) * mine.monte_carlo_se + 0.005, (
            mine.text
        )
        assert theirs["exact"] == pytest.approx(mine.exact, abs=1e-4)
        assert theirs["interval"][0] == pytest.approx(mine.interval[0], abs=0.04)
        assert theirs["interval"][1] == pytest.approx(mine.interval[1], abs=0.04)
        if mine.fisher:
            assert theirs["fisher"]["two"] == pytest.approx(mine.fisher.two_sided, abs=1e-9)


@pytest.mark.node
def test_page_tells_the_same_story(table: dict[str, Any], tmp_path: Path) -> None:
    r = headline("2 of 4", programme=BUNDLES[0], baseline_window="14-28d", follow_up="1y", **CASES[0][2])
    ask = {
        "programme": BUNDLES[0],
        **CASES[0][2],
        "window": "14-28d",
        "followUp": "1y",
        "events": 2,
        "people": 4,
    }
    theirs = _node(table, [ask], tmp_path)[0]["words"]
    assert r.words.split(".")[0] == theirs.split(".")[0]
    assert r.words.split(". ")[-1] == theirs.split(". ")[-1]


@pytest.mark.node
def test_page_refuses_what_python_refuses(table: dict[str, Any], tmp_path: Path) -> None:
    base = {
        "programme": BUNDLES[0],
        "outcome": "ais-conversion",
        "window": "14-28d",
        "followUp": "1y",
        "events": 2,
        "people": 4,
    }
    asks = [
        base | {"baseline": "E", "level": "cervical"},
        base | {"baseline": "A", "level": "lumbar"},
        base | {"baseline": "A", "level": "elbow"},
        base | {"baseline": "A", "level": "cervical", "events": 5},
        {
            "programme": "mitochondria-hpdl",
            "outcome": "walking",
            "baseline": "HPDL",
            "events": 1,
            "people": 1,
        },
        {
            "programme": "liver-cells",
            "outcome": "survival",
            "baseline": "ACLF-2",
            "followUp": "24w",
            "events": 1,
            "people": 1,
        },
    ]
    answers = _node(table, asks, tmp_path)
    assert all(a["name"] == "Refusal" for a in answers)
    assert "walking in HPDL" in answers[4]["refused"]
    assert "unverified" in answers[5]["refused"]


@pytest.mark.node
def test_mean_changes_agree(table: dict[str, Any], tmp_path: Path) -> None:
    r = headline(
        "MELD fell by 1 points in 20 people", programme="liver-cells", outcome="meld-change", baseline="cirrhosis", follow_up="24w",
        trials=40_000,
    )  # fmt: skip
    ask = {
        "programme": "liver-cells",
        "outcome": "meld-change",
        "baseline": "cirrhosis",
        "followUp": "24w",
        "change": -1,
    }
    theirs = _node(table, [ask | {"people": 20, "trials": 40_000}], tmp_path)[0]
    assert theirs["probability"] == pytest.approx(r.probability, abs=0.02)


@pytest.mark.node
@pytest.mark.parametrize("groups", sorted(MADE))
def test_two_groups_are_judged_as_in_python_however_they_were_made(
    table: dict[str, Any], tmp_path: Path, groups: str
) -> None:
    base = {
        "programme": BUNDLES[0],
        "window": "14-28d",
        "followUp": "1y",
        "groups": groups,
        "level": "cervical",
        "baseline": "A",
    }
    texts = {
        "ais-conversion": (
            "5 of 11 against 3 of 20",
            "9 of 12 against 0 of 12",
            "1 of 30 against 12 of 28",
            "0 of 9 against 0 of 8",
        ),
        "motor-score-change": (
            "motor score rose by 20 points in 12 people against 6 in 10",
            "motor score rose by 12 points (SD 9) in 12 people against 3 (SD 11) in 4",
            "motor score rose by 2 points (SD 9) in 40 people against 14 (SD 11) in 44",
        ),
    }
    asks, expected = [], []
    for outcome, some in texts.items():
        for text in some:
            r = headline(
                text, programme=BUNDLES[0], outcome=outcome, baseline="A", level="cervical", baseline_window="14-28d", follow_up="1y",
                groups=groups, trials=20_000,
            )  # fmt: skip
            expected.append(r)
            asks.append(base | {"outcome": outcome, "text": text, "trials": 20_000, "seed": 9})
    for mine, theirs in zip(expected, _node(table, asks, tmp_path), strict=True):
        assert mine.comparison is not None
        assert theirs["comparison"]["name"] == mine.comparison.name
        assert theirs["comparison"]["twoSided"] == pytest.approx(mine.comparison.two_sided, abs=2e-6)
        assert theirs["comparison"]["directed"] == pytest.approx(mine.comparison.directed, abs=2e-6)
        assert theirs["probability"] == pytest.approx(mine.probability, abs=0.025)
        assert theirs["interval"] == pytest.approx(mine.interval, abs=0.04)
        assert theirs["predictive"] == pytest.approx(mine.predictive, abs=0.012)
        assert MADE[groups] in theirs["words"]
        if groups == "randomised":
            assert theirs["surprise"] == mine.surprise
            assert theirs["verdict"] == verdict_key(mine.verdict_from or 0.0)


def test_the_table_is_safe_inside_a_page(table: dict[str, Any]) -> None:
    block = data_block(TABLE, table | {"texts": "</script><script>alert(1)</script>"})
    assert block.id == "headline-data"
    assert "<" not in block.json
    assert (
        json.loads(str(block.json))["programmes"]
        == json.loads(json.dumps(table, allow_nan=False))["programmes"]
    )
    # the script finds its table and its place by these names
    assert f'getElementById("{TABLE}")' in headline_script()
    assert 'getElementById("headline-form")' in headline_script()


@pytest.mark.node
def test_the_script_of_a_page_answers_as_its_sources_do(table: dict[str, Any], tmp_path: Path) -> None:
    """Spaces and comments stay behind: the answers do not."""
    ask = {"programme": BUNDLES[0], **CASES[0][2], "window": "14-28d", "followUp": "1y", "trials": 500}
    asks = [ask | {"text": t} for t in ("2 of 4", "17 of 50 against 5 of 20", "2 of 4 hoped", "2 of 4.5")]
    asks.append({"programme": "liver-cells", "outcome": "meld-change", "baseline": "cirrhosis", "followUp": "24w", "trials": 500,
                 "text": "MELD fell by 2.5 points in 20 people against 1 in 18"})  # fmt: skip
    (tmp_path / "page.js").write_text(
        headline_script().rsplit("ProbandHeadline.mount", 1)[0], encoding="utf-8"
    )
    answers = answers_of_form(
        table, asks, tmp_path,
        "return [c.ProbandHeadline,h].map(h=>{try{const r=h.answered(t,a,a.text);return [r.words,r.probability,r.interval,r.comparison]}catch(e){return e.message}})",
        before="const vm=require('vm'),c={};c.self=c;vm.createContext(c);vm.runInContext(fs.readFileSync('page.js','utf8'),c);",
        unless="the script of a page was not run", seconds=60,
    )  # fmt: skip
    assert all(page == own for page, own in answers)
    assert sum(isinstance(page, str) for page, _ in answers) == 2
