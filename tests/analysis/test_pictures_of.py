"""Pictures of single analyses: the numbers of the analysis and no others, drawn with a scale, words and a table."""

from __future__ import annotations

import json

import numpy as np
import pytest

from proband.analysis.kaplan_meier import kaplan_meier
from proband.analysis.mmrm.model import RepeatedMeasuresModel, fit_mmrm
from proband.analysis.pictures import AnyPicture, picture_from
from proband.analysis.pictures_of import (
    incidence_picture,
    means_picture,
    survival_picture,
    synthesis_picture,
    wins_picture,
)
from proband.analysis.result import AnalysisError
from proband.analysis.survival.competing import cumulative_incidence
from proband.analysis.synthesis import random_effects
from proband.analysis.win import Component, win_statistics
from proband.pages.charts import Chart, picture_chart

RNG = np.random.default_rng(5)
TIME = np.round(RNG.exponential(10, 40) + 0.1, 1)
CAUSE = RNG.integers(0, 3, 40)
ARM = np.arange(40) % 2


def drawn(picture: AnyPicture) -> Chart:
    written = json.loads(json.dumps(picture.record(), allow_nan=False))
    chart = picture_chart("p", picture_from(written))
    assert "nan" not in str(chart.svg)
    assert chart.rows
    assert chart.words.startswith(picture.title)
    return chart


def test_curves_have_the_numbers_at_risk_and_everybody_who_was_last_seen() -> None:
    curves = {name: kaplan_meier(TIME[side == ARM], CAUSE[side == ARM] > 0) for side, name in ((1, "cells"), (0, "care"))}  # fmt: skip
    picture = survival_picture("Free of it", "days", curves)
    for line, curve in zip(picture.lines, curves.values(), strict=True):
        assert line.share[1:] == pytest.approx(tuple(curve.share))
        assert line.at_risk == (curve.people, *curve.at_risk)
        assert line.censored == tuple(curve.censored)
        low, high = curve.bounds()
        assert (line.low[1:], line.high[1:]) == (tuple(low), tuple(high))
    chart = drawn(picture)
    assert str(chart.svg).count('class="censored"') == sum(len(curve.censored) for curve in curves.values())
    assert next(row[3] for row in chart.rows if row[0] == "cells") == str(curves["cells"].people)


def test_incidences_of_causes_and_being_free_add_up() -> None:
    pictures = [incidence_picture("Cause", "days", {"all": (TIME, CAUSE)}, cause) for cause in (1, 2)]
    free = kaplan_meier(TIME, CAUSE > 0).share
    total = np.array(pictures[0].lines[0].share[1:]) + np.array(pictures[1].lines[0].share[1:]) + free
    assert total == pytest.approx(np.ones(len(free)))
    want = cumulative_incidence(TIME, CAUSE, 2)
    assert pictures[0].lines[0].share[1:] == pytest.approx(tuple(want.probability[:, 1]))
    line = pictures[1].lines[0]
    assert all(0 <= a <= b <= c <= 1 for a, b, c in zip(line.low, line.share, line.high, strict=True))
    drawn(pictures[0])


def test_means_over_visits_are_those_of_the_model() -> None:
    rows = [(who, visit) for who in range(40) for visit in (1, 2, 3)]
    y = np.array([0.3 * visit - 0.5 * ARM[who] * visit + RNG.normal() for who, visit in rows])
    columns = {"visit": [v for _, v in rows], "arm": ["cells" if ARM[w] else "care" for w, _ in rows], "person": [w for w, _ in rows], "y": y}  # fmt: skip
    model = RepeatedMeasuresModel("y", "person", "visit", ("visit", "arm", "visit:arm"), {"visit": (1, 2, 3)})
    fit = fit_mmrm(columns, model)
    picture = means_picture("Means", "weeks", "score", fit, "visit", {1: 4.0, 2: 8.0, 3: 12.0}, "arm", ["cells", "care"], {"cells": [20] * 3, "care": [20] * 3})  # fmt: skip
    cells, care = picture.lines
    assert cells.mean[2] - care.mean[2] == pytest.approx(fit.difference("arm", "cells", "care", {"visit": 3}).estimate)  # fmt: skip
    assert all(a < b < c for a, b, c in zip(cells.low, cells.mean, cells.high, strict=True))
    assert [row[4] for row in drawn(picture).rows] == ["20"] * 6


def test_a_synthesis_shows_each_study_their_mean_and_a_new_one() -> None:
    effect, error = np.array([-0.5, 0.1, -0.3, -0.9]), np.array([0.2, 0.3, 0.25, 0.4])
    found = random_effects(effect, error, display="exp")
    picture = synthesis_picture("Death", ["A", "B", "C", "D"], effect, error, found)
    assert [line.estimate for line in picture.lines[:4]] == list(effect)
    assert (picture.lines[4].low, picture.lines[4].high) == (found.result.low, found.result.high)
    assert (picture.lines[5].low, picture.lines[5].high) == found.prediction
    assert f"{np.exp(found.result.estimate):.3g}" in picture.lines[4].words
    assert str(drawn(picture).svg).count('class="estimate"') == 6
    with pytest.raises(AnalysisError):
        synthesis_picture("Death", ["A"], effect, error, found)


def test_pairs_of_a_hierarchy_add_up() -> None:
    parts = [Component("time", TIME, CAUSE == 1), Component("value", RNG.normal(size=40), margin=0.5)]
    found = win_statistics(parts, ARM)
    picture = wins_picture("Pairs", ["death", "score"], found)
    counted = sum(bar.count for group in picture.groups for bar in group.bars)
    assert counted == 20 * 20 == picture.groups[0].bars[0].of
    assert [group.label for group in picture.groups] == ["death", "score", "no level decides"]
    drawn(picture)
