"""A picture of an analysis, of whatever kind, drawn."""

from __future__ import annotations

from proband.analysis.pictures import AnyPicture, BarPicture, CoursePicture, CurvePicture
from proband.pages.charts.bars import bars
from proband.pages.charts.courses import courses
from proband.pages.charts.result_picture import result_picture
from proband.pages.charts.survival import Curve, survival
from proband.pages.charts.svg import Chart


def picture_chart(id: str, picture: AnyPicture) -> Chart:
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
