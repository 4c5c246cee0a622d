"""The picture of a result, described as data: what a chart draws, with every number and word that stands in it. Nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from proband.analysis.result import AnalysisResult, plain, shown_number


@dataclass(frozen=True, slots=True)
class PictureLine:
    """One result: its name, estimate and bounds on the axis (a bound that does not exist is infinite), and the same in words."""

    label: str
    estimate: float
    low: float
    high: float
    words: str


@dataclass(frozen=True, slots=True)
class ResultPicture:
    """Results side by side on one axis.

    Attributes
    ----------
    title, axis
        What is shown, and what the axis is; of a ratio it is the logarithm, on which no difference is 0 and twice and half are as far.
    lines
        The result, then those that belong to it on the same scale.
    null
        Where no difference lies; None where a single group is shown.
    left_out
        Names of results that have no place on this axis: another scale, or no number.
    """

    title: str
    axis: str
    lines: tuple[PictureLine, ...]
    null: float | None
    left_out: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """Plain JSON values; an end that does not exist is None."""
        return {
            **asdict(self),
            "lines": [{name: plain(value) for name, value in asdict(line).items()} for line in self.lines],
        }


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
