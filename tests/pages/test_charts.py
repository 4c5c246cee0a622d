"""Charts: what they refuse, and that words and drawing say the same."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proband.analysis.kaplan_meier import kaplan_meier
from proband.pages.charts import (
    Chart,
    Curve,
    ForestLine,
    GroupCourse,
    Lane,
    forest,
    icon_array,
    replay,
    survival,
    swimmer,
    trajectory,
)
from proband.pages.charts.svg import ticks
from proband.pages.record_view import curve_of


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
        trajectory("t", "Motor", (GroupCourse("grade A", (2, 52), (20, 30), (5, 9), (400, 300)), GroupCourse("grade B", (2, 52), (30, 60), (9, 9))), "weeks", "points", (0, 100), ((4, 25),)),
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


def filled(chart: Chart) -> int:
    """How many replayed studies reach the headline, by the table behind a replay."""
    return sum(int(count.replace(",", "")) for _, count, reaches in chart.rows if reaches == "yes")


def test_a_replay_says_in_words_and_rows_what_it_draws() -> None:
    chart = replay("r", "Replay", tuple(range(5)), (10, 40, 30, 15, 5), 2, "people", "30 & 15 & 5 reach it")
    root = ElementTree.fromstring(str(chart.svg))
    title, desc = root.find("title"), root.find("desc")
    assert title is not None
    assert desc is not None
    assert desc.text == chart.words == "30 & 15 & 5 reach it"
    assert (root.get("aria-labelledby"), root.get("aria-describedby")) == (title.get("id"), desc.get("id"))
    kinds = [bar.get("class") for bar in root.iter("rect")]
    assert kinds == ["bar-miss", "bar-miss", "bar-hit", "bar-hit", "bar-hit"]
    assert chart.rows == (
        ("0", "10", "no"),
        ("1", "40", "no"),
        ("2", "30", "yes"),
        ("3", "15", "yes"),
        ("4", "5", "yes"),
    )
    assert (
        filled(replay("r", "Replay", tuple(range(5)), (10, 40, 30, 15, 5), 2, "people", "w", fewer=True))
        == 80
    )


# how long a machine under load takes to draw examples says nothing of the chart
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.integers(-500, 500), min_size=61, max_size=150, unique=True).map(sorted),
    st.integers(-550, 550),
    st.booleans(),
    st.data(),
)
def test_grouped_bars_fill_exactly_what_reaches_the_headline(
    values: list[int], seen: int, fewer: bool, data: st.DataObject
) -> None:
    counts = data.draw(st.lists(st.integers(0, 900), min_size=len(values), max_size=len(values)))
    scaled = [value / 70 for value in values]
    chart = replay("r", "Replay", scaled, counts, seen / 70, "difference", "words", fewer=fewer)
    reached = sum(n for v, n in zip(values, counts, strict=True) if (v <= seen if fewer else v >= seen))
    assert filled(chart) == reached
    assert str(chart.svg).count("<rect") <= 42
    assert sum(int(count.replace(",", "")) for _, count, _ in chart.rows) == sum(counts)


@pytest.mark.parametrize(
    "make",
    [
        lambda: icon_array("x", "t", 60, 50, "w"),
        lambda: icon_array("x", "t", -1, 50, "w"),
        lambda: forest("f", "t", "a", ()),
        lambda: forest("f", "t", "a", (ForestLine("x", 5, 6, 7, "w"),)),
        lambda: trajectory("t", "t", (GroupCourse("x", (1, 2), (1,), (1, 1)),), "x", "y"),
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


def test_a_product_limit_estimate_becomes_a_curve_to_the_last_time_watched() -> None:
    found = kaplan_meier((1.0, 2.0, 2.0, 5.0), (True, True, False, False))
    curve = curve_of("cells", found)
    assert curve.times == (0.0, 1.0, 2.0, 5.0)
    assert curve.share == pytest.approx((1.0, 0.75, 0.5, 0.5))
    assert curve.at_risk == (4, 4, 3, 1)
    assert curve.censored == (2.0, 5.0)
    assert [curve.at_risk_at(t) for t in (0, 1, 2, 3, 5, 6)] == [4, 4, 3, 1, 1, 0]
    # everybody had the event: the curve ends where the last one had it
    assert curve_of("all", kaplan_meier((1.0, 3.0), (True, True))).times == (0.0, 1.0, 3.0)
