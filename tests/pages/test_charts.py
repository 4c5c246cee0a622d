"""Charts: what they refuse, and that words and drawing say the same."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.pages.catalogue import Catalogue
from proband.pages.charts import (
    Band,
    Curve,
    ForestLine,
    Lane,
    forest,
    icon_array,
    replay,
    survival,
    swimmer,
    trajectory,
)
from proband.pages.charts.svg import ticks
from proband.pages.record_view import RecordView, record_figures


def dots(svg: str, kind: str) -> int:
    path = re.search(rf'class="{kind}" d="([^"]*)"', svg)
    return path[1].count("z") if path else 0


@given(st.integers(0, 100).flatmap(lambda high: st.tuples(st.integers(0, high), st.just(high))))
def test_an_icon_array_always_shows_a_hundred_people(range_: tuple[int, int]) -> None:
    low, high = range_
    svg = str(icon_array("x", "t", low, high, "words").svg)
    assert (dots(svg, "dot-yes"), dots(svg, "dot-maybe"), dots(svg, "dot-no")) == (
        low,
        high - low,
        100 - high,
    )
    ElementTree.fromstring(svg)


def test_forest_trajectory_swimmer_and_curve_are_well_formed_and_have_words_and_tables() -> None:
    lane = Lane("P-01", 12, ((0, "dose", "first dose"), (6, "harm", "fever <2 days>")), ongoing=True)
    curve = Curve("cells & care", (0, 3, 7), (1, 0.8, 0.5), (10, 10, 6), (5, 9))
    charts = [
        forest("f", "Forest", "more", (ForestLine("A & B", 18, 0, 34, "18 more"), ForestLine("C", -7, -31, 18, "7 fewer")), 0),
        trajectory("t", "Motor", (Band("grade A", (2, 52), (20, 30), (5, 9), (400, 300)), Band("grade B", (2, 52), (30, 60), (9, 9))), "weeks", "points", (0, 100), ((4, 25),)),
        swimmer("s", "Everyone", "months", (lane, Lane("P-02", 20, (), False))),
        survival("k", "Alive", "months", (curve, Curve("care", (0, 2), (1, 0.4), (8, 8)))),
        replay("r", "Replay", tuple(range(5)), (10, 40, 30, 15, 5), 2, "people", "words"),
    ]  # fmt: skip
    for chart in charts:
        root = ElementTree.fromstring(str(chart.svg))
        assert root.attrib["role"] == "img"
        assert root.find("title") is not None
        assert chart.words
        assert "style=" not in str(chart.svg)
    assert charts[3].rows[0][3] == "10"
    assert [row[3] for row in charts[3].rows if row[0] == "care"][-1] == "0"


@pytest.mark.parametrize(
    "make",
    [
        lambda: icon_array("x", "t", 60, 50, "w"),
        lambda: icon_array("x", "t", -1, 50, "w"),
        lambda: forest("f", "t", "a", ()),
        lambda: forest("f", "t", "a", (ForestLine("x", 5, 6, 7, "w"),)),
        lambda: trajectory("t", "t", (Band("x", (1, 2), (1,), (1, 1)),), "x", "y"),
        lambda: swimmer("s", "t", "m", (Lane("P", 3, ((4, "dose", "late"),), False),)),
        lambda: swimmer("s", "t", "m", (Lane("P", 3, ((1, "cure", "x"),), False),)),
        lambda: survival("k", "t", "m", (Curve("x", (0, 1), (1, 1.1), (5, 5)),)),
        lambda: survival("k", "t", "m", (Curve("x", (1, 2), (1, 0.9), (5, 5)),)),
        lambda: replay("r", "t", (1.0,), (), 1, "a", "w"),
    ],
)
def test_charts_refuse_what_would_mislead(make: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        make()  # type: ignore[operator]


@given(st.floats(-1e4, 1e4), st.floats(0.001, 1e4))
def test_ticks_enclose_what_they_measure(low: float, span: float) -> None:
    marks = ticks(low, low + span)
    assert marks[0] <= low + 1e-6
    assert marks[-1] >= low + span - 1e-6
    assert 2 <= len(marks) <= 14


def test_a_record_shows_lanes_only_with_consent_or_synthetic_people_who_say_so() -> None:
    lanes = (Lane("P-01", 12, (), True),)
    assert record_figures(RecordView("r", "months", {}, lanes, synthetic=False), Catalogue()) == []
    (figure,) = record_figures(RecordView("r", "months", {}, lanes, synthetic=True), Catalogue())
    assert "Synthetic" in figure.caution
    few = (Curve("cells", (0, 1), (1, 0.5), (4, 4)),)
    assert record_figures(RecordView("r", "months", {}, curves=few, synthetic=False), Catalogue()) == []
