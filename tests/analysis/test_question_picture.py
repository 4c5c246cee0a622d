"""The picture behind an answer: for every kind of question, made from what the estimator saw, drawn with a scale, words and a table."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest

from proband.analysis.answers import analyse, answer_many
from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.pictures import (
    AnyPicture,
    BarPicture,
    CoursePicture,
    CurvePicture,
    ResultPicture,
    picture_from,
)
from proband.analysis.question_picture import picture_of_question
from proband.analysis.stated import StatedEstimand, state_estimand, typed_estimands
from proband.analysis.strategies import scores
from proband.analysis.trial_table import TrialArrays
from proband.pages.charts import picture_chart
from proband.programme import bundled
from proband.programme.estimand import Summary
from proband.trial.plan import plan_of, trials_of
from proband.trial.scenarios import scenarios_of
from proband.trial.written_trial import one_trial
from shipped import loaded

from .test_degenerate_questions import broken, people


def asked() -> list[tuple[str, str, str]]:
    """Every question of the shipped programmes, and those summaries that none of them has, asked of the same people."""
    every = [(name, id, state_estimand(loaded(name), id).estimand.summary) for name in bundled() for id in typed_estimands(loaded(name))]  # fmt: skip
    have = {summary for _, _, summary in every}
    like = {"ratio-of-odds": "difference-in-means", "difference-in-survival": "hazard-ratio"}
    return every + [
        next((name, id, other) for name, id, summary in every if summary == like[other])
        for other in get_args(Summary)
        if other not in have
    ]


def question(name: str, id: str, summary: str) -> StatedEstimand:
    stated = state_estimand(loaded(name), id)
    return replace(stated, estimand=stated.estimand.model_copy(update={"summary": summary}))


def crowd(stated: StatedEstimand) -> TrialArrays:
    one = stated.estimand.summary == "within-person-change"
    return people(stated, 1 if one else 30, np.random.default_rng(11))


def ends(stated: StatedEstimand, picture: AnyPicture) -> list[float]:
    """What stands at the visit of the question, the treated first."""
    match picture:
        case CurvePicture():
            return [line.share[-1] for line in picture.lines]
        case CoursePicture():
            return [line.mean[stated.at(stated.estimand.outcome)] for line in picture.lines]
        case ResultPicture():
            return [line.estimate / 100 for line in picture.lines]
        case BarPicture():
            raise AssertionError("bars have no ends")


def area(line: Any, horizon: float) -> float:
    """Under a step curve, up to the horizon."""
    at = np.array([*line.times, horizon])
    return float((np.diff(at) * np.array(line.share)).sum())


def test_every_summary_is_asked() -> None:
    assert {summary for _, _, summary in asked()} == set(get_args(Summary))


@pytest.mark.parametrize(("name", "id", "summary"), asked())
def test_the_ends_of_the_picture_are_the_answer(name: str, id: str, summary: str) -> None:
    stated = question(name, id, summary)
    data = crowd(stated)
    answer, picture = answer_many(stated, data, engine="plain"), picture_of_question(stated, data)
    assert picture is not None
    estimate = float(answer.estimate[0])
    if summary == "restricted-mean-survival-time":
        assert isinstance(picture, CurvePicture)
        treated, control = (area(line, picture.horizon) for line in picture.lines)
        assert treated - control == pytest.approx(estimate, abs=1e-9)
    elif summary == "win-odds":
        assert isinstance(picture, BarPicture)
        won, lost = (sum(group.bars[at].count for group in picture.groups[:-1]) for at in (0, 1))
        tied, pairs = picture.groups[-1].bars[0].count, picture.groups[0].bars[0].of
        assert won + lost + tied == pairs == (data.arm[0] == 1).sum() * (data.arm[0] == 0).sum()
        assert (won + tied / 2) / (lost + tied / 2) == pytest.approx(np.exp(estimate))
    elif summary == "ratio-of-odds":
        assert isinstance(picture, BarPicture)
        seen = np.isfinite(scores(stated, data)[0, :, stated.at(stated.estimand.outcome)])
        for at, side in ((0, 1), (1, 0)):
            assert sum(group.bars[at].count for group in picture.groups) == picture.groups[0].bars[at].of
            assert picture.groups[0].bars[at].of == seen[data.arm[0] == side].sum() > 0
    elif summary == "hazard-ratio":
        assert isinstance(picture, CurvePicture)
        assert [len(line.watched) for line in picture.lines] == [(data.arm[0] == 1).sum(), (data.arm[0] == 0).sum()]  # fmt: skip
        for line in picture.lines:
            events = [time for time in line.watched if time not in line.censored]
            again = kaplan_meier(line.watched, [time in events for time in line.watched])
            assert line.share[1:] == pytest.approx(tuple(again.share))
    elif summary == "within-person-change":
        assert isinstance(picture, CoursePicture)
        assert picture.starts == 0
        assert picture.lines[0].mean == pytest.approx(data.values[stated.estimand.outcome][0, 0])
    else:
        found = ends(stated, picture)
        difference = found[0] - found[1] if stated.comparator else found[0]
        assert difference == pytest.approx(estimate, abs=1e-9)


@pytest.mark.parametrize(("name", "id", "summary"), asked())
def test_a_picture_is_drawn_with_scale_words_and_table_from_its_record(
    name: str, id: str, summary: str
) -> None:
    stated = question(name, id, summary)
    picture = picture_of_question(stated, crowd(stated))
    assert picture is not None
    written = json.loads(json.dumps(picture.record(), allow_nan=False))
    assert picture_from(written).record() == picture.record()
    chart = picture_chart("p", picture_from(written))
    root = ElementTree.fromstring(str(chart.svg))
    texts = [str(each.text) for each in root.iter("text")]
    assert chart.words.startswith(picture.title)
    assert len(chart.rows) > 0
    assert {len(row) for row in chart.rows} == {len(chart.header)}
    assert sum(re.fullmatch(r"−?[\d.]+", each) is not None for each in texts) >= 3
    assert "nan" not in str(chart.svg)
    assert "nan" not in chart.words
    for arm in filter(None, (stated.treatment, stated.comparator)):
        assert any(arm in " ".join(row) for row in chart.rows) or arm in chart.words
    if isinstance(picture, CurvePicture):
        # numbers at risk stand below every mark, and everybody who was last seen has a sign
        for line in picture.lines:
            assert str(len(line.watched)) in texts
        assert str(chart.svg).count('class="censored"') == sum(len(line.censored) for line in picture.lines)


def one_of_each() -> list[tuple[str, str, str]]:
    """The first question of each summary."""
    by_summary: dict[str, tuple[str, str, str]] = {}
    for each in reversed(asked()):
        by_summary[each[2]] = each
    return sorted(by_summary.values())


@pytest.mark.parametrize(("name", "id", "summary"), one_of_each())
def test_data_without_an_answer_break_no_picture(name: str, id: str, summary: str) -> None:
    stated = question(name, id, summary)
    for what, data in broken(stated):
        with np.errstate(all="ignore"):
            picture = picture_of_question(stated, data)
        if picture is None:
            continue
        chart = picture_chart("p", picture)
        assert "nan" not in str(chart.svg), what
        assert "inf" not in str(chart.svg), what


STUDIES = [(name, trial.id) for name in bundled() for trial in trials_of(loaded(name))]


@pytest.mark.parametrize(("name", "study"), STUDIES)
def test_the_call_for_one_table_gives_all_that_a_reader_needs(name: str, study: str) -> None:
    """Estimate, interval, degrees of freedom where the method has them, diagnostics, words, picture, record."""
    plan = plan_of(loaded(name), study)
    rows = one_trial(plan, scenarios_of(plan.trial)[0], 1, 7)
    for stated in plan.estimands:
        result = analyse(stated, rows)
        record = json.loads(json.dumps(result.record(), allow_nan=False))
        assert record["interval"][0] <= record["estimate"] <= record["interval"][1]
        assert record["diagnostics"]["treated"] > 0
        assert record["words"].startswith(result.quantity)
        assert picture_chart("p", picture_from(record["picture"])).rows
        student = stated.estimand.summary in ("difference-in-means", "single-mean")
        exact = stated.estimand.summary in ("difference-in-proportions", "single-proportion")
        assert (record["degrees_of_freedom"] is not None) is student
        assert (record["standard_error"] is None) is exact
        if student:
            half = (result.high - result.low) / 2
            assert half / float(result.standard_error or 0) > 1.96
            assert result.statistic == pytest.approx(
                (result.estimate - _null(stated)) / result.standard_error
            )


def _null(stated: StatedEstimand) -> float:
    benchmark = stated.estimand.benchmark
    return float((benchmark.mean if benchmark else None) or 0.0)
