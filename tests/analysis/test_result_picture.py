"""The picture of a result: described by the analysis, drawn by the pages, with the numbers of the result and no others."""

from __future__ import annotations

import json
import math

import pytest

from proband.analysis.result import AnalysisResult, wald
from proband.analysis.result_picture import picture_of
from proband.pages.charts.result_picture import result_picture


def test_the_picture_has_the_numbers_and_the_words_of_the_result() -> None:
    part = wald(method="m", quantity="stratum A", estimate=1.0, error=0.5)
    other = wald(method="m", quantity="ratio", estimate=0.1, error=0.5, display="exp")
    whole = wald(method="m", quantity="difference", estimate=2.0, error=0.5)
    picture = picture_of(
        AnalysisResult(**{**{f: getattr(whole, f) for f in whole.__slots__}, "parts": (part, other)})
    )
    assert [line.label for line in picture.lines] == ["difference", "stratum A"]
    assert picture.left_out == ("ratio",)
    assert (picture.lines[0].low, picture.lines[0].high) == (whole.low, whole.high)
    assert picture.lines[0].words == "2, 95% interval 1.02 to 2.98"
    assert json.loads(json.dumps(picture.record(), allow_nan=False))["lines"][1]["estimate"] == 1.0
    chart = result_picture("one", picture)
    assert "2, 95% interval 1.02 to 2.98" in chart.words
    assert chart.svg.count('class="estimate"') == 2
    # what is drawn does not depend on what else is there
    assert result_picture("one", picture) == chart


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_ratio_without_end_is_drawn_to_the_end_and_said(sign: int) -> None:
    ends = (-math.inf, 0.5) if sign < 0 else (-0.5, math.inf)
    result = AnalysisResult("m", "hazard ratio", sign * math.inf, low=ends[0], high=ends[1], display="exp")
    picture = picture_of(result)
    assert None in [picture.record()["lines"][0][end] for end in ("low", "high")]
    chart = result_picture("two", picture)
    assert "nan" not in chart.svg
    assert "inf" not in chart.svg
    assert (
        "0, 95% interval 0 to 1.65" if sign < 0 else "no limit, 95% interval 0.607 to no limit"
    ) in chart.words


def test_what_has_no_number_is_not_drawn() -> None:
    picture = picture_of(AnalysisResult("m", "q", math.nan))
    assert (picture.lines, picture.left_out) == ((), ("q",))
    with pytest.raises(ValueError, match="nothing can be drawn"):
        result_picture("three", picture)
