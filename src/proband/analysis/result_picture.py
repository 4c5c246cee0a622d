"""The picture of a result, described as data: what a chart draws, with every number and word that stands in it. Nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Iterator

from proband.analysis.pictures import PictureLine, ResultPicture
from proband.analysis.result import AnalysisResult, shown_number


def picture_of(result: AnalysisResult, *, null: float | None = 0.0) -> ResultPicture:
    """The picture of a result and of its parts.

    Parameters
    ----------
    null
        Where no difference lies on the scale of analysis; the share or mean fixed before, for a single group that is held against one.
    """
    lines, left_out = [], []
    for each in _results(result):
        drawable = not math.isnan(each.estimate) and not math.isnan(each.low) and not math.isnan(each.high)
        if not drawable or (each.display, each.unit) != (result.display, result.unit):
            left_out.append(each.quantity)
            continue
        lines.append(PictureLine(each.quantity, each.estimate, each.low, each.high, _words(each)))
    unit = f" ({result.unit})" if result.unit else ""
    axis = "logarithm of the ratio; 0 is no difference" if result.display == "exp" else f"estimate{unit}"
    return ResultPicture(result.quantity, axis, tuple(lines), null, tuple(left_out))


def _results(result: AnalysisResult) -> Iterator[AnalysisResult]:
    yield result
    yield from result.parts


def _words(result: AnalysisResult) -> str:
    estimate, low, high = (shown_number(value) for value in result.shown)
    unit = f" {result.unit}" if result.unit else ""
    return f"{estimate}{unit}, {result.confidence:.0%} interval {low} to {high}"
