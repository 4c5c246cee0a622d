"""A picture of an analysis, of whatever kind, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.analysis.pictures import BarPicture, CoursePicture, CurvePicture, ResultPicture
from proband.pages.charts.bars import bars
from proband.pages.charts.courses import courses
from proband.pages.charts.result_picture import result_picture
from proband.pages.charts.survival import Curve, survival
from proband.pages.charts.svg import Chart

Drawn = CurvePicture | CoursePicture | BarPicture | ResultPicture
_KINDS = {each.kind: each for each in (CurvePicture, CoursePicture, BarPicture, ResultPicture)}


def picture_chart(id: str, picture: Drawn) -> Chart:
    """The picture as a chart with its words and its table.

    Raises
    ------
    ValueError
        Where nothing of it has a number.
    """
    match picture:
        case CurvePicture():
            return survival(
                id, picture.title, picture.axis,
                tuple(
                    Curve(line.label, line.times, line.share, line.at_risk, line.censored, line.watched, line.low, line.high)
                    for line in picture.lines
                ),
                rises=picture.rises, end=picture.horizon,
            )  # fmt: skip
        case CoursePicture():
            return courses(id, picture)
        case BarPicture():
            return bars(id, picture)
        case _:
            return result_picture(id, picture)


def chart_of(id: str, record: Mapping[str, Any] | None) -> Chart | None:
    """The chart of a picture as a report holds it; None where there is none, or nothing of it has a number."""
    if record is None:
        return None
    try:
        return picture_chart(id, _KINDS[record["kind"]].of(record))
    except ValueError:
        return None
