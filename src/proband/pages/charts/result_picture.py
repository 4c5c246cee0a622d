"""The picture of a result of an analysis, drawn."""

from __future__ import annotations

from math import isinf

from proband.analysis.pictures import ResultPicture
from proband.pages.charts.forest import ForestLine, forest
from proband.pages.charts.svg import Chart


def result_picture(id: str, picture: ResultPicture) -> Chart:
    """The picture as a chart: a bound that does not exist is drawn to the end of the axis, and its words say so.

    Raises
    ------
    ValueError
        Where no result of the picture has a number.
    """
    ends = [value for line in picture.lines for value in (line.estimate, line.low, line.high) if not isinf(value)]  # fmt: skip
    ends += [picture.null] if picture.null is not None else []
    if not picture.lines or not ends:
        raise ValueError(f"{picture.title}: nothing can be drawn")
    room = max(ends) - min(ends) or 1.0
    low, high = min(ends) - room / 4, max(ends) + room / 4

    def on_axis(value: float) -> float:
        return min(max(value, low), high)

    lines = tuple(
        ForestLine(line.label, on_axis(line.estimate), on_axis(line.low), on_axis(line.high), line.words)
        for line in picture.lines
    )
    return forest(id, picture.title, picture.axis, lines, picture.null)
