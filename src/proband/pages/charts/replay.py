"""Replayed studies in which nobody was treated: how often each result came up, and where the headline stands."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor

from proband.pages.charts.svg import WIDTH, Chart, drawing, fitting, label, tag, text, tick, ticks, wrapped

#: most bars that are drawn; more results are counted together
_MOST_BARS = 60
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 344.0, 102.0, 268.0
_HAIR = 1e-9


def replay(
    id: str,
    title: str,
    values: Sequence[float],
    counts: Sequence[int],
    seen: float,
    axis: str,
    words: str,
    *,
    fewer: bool = False,
    mark: str = "the headline",
    reached: str = "",
    reach: str = "reach the headline",
    upward: str = "of 100 studies",
    header: tuple[str, str, str] = ("result", "studies", "reaches the headline"),
    yes_no: tuple[str, str] = ("yes", "no"),
) -> Chart:
    """A bar for each result; bars at or beyond the headline are filled and edged, so colour is not the only sign.

    Parameters
    ----------
    id, title, axis, mark
        Beginning of every id; name of the drawing; what is drawn along the axis; what is written at the headline's line.
    values, counts
        Results in rising order and how many replayed studies gave each. More than 60 are counted together in bars of equal
        width, one of whose edges lies at the headline: what is filled reaches it, and nothing else does.
    seen
        Where the headline stands, on the scale of the values.
    words
        What the drawing shows; it stands in the drawing as its description.
    fewer
        Whether a result reaches the headline by being at most that.
    reached, reach
        How often the headline is reached, and what is said below it: both are printed over the bars.
    upward
        What is drawn upward: of a hundred studies, how many gave a result.
    header, yes_no
        Words of the table behind the drawing.

    Raises
    ------
    ValueError
        If values and counts differ in length or are empty.
    """
    if not values or len(values) != len(counts):
        raise ValueError("a replay needs as many counts as values")
    bars = list(zip(values, counts, strict=True))
    if len(bars) > _MOST_BARS:
        bars = _grouped(bars, seen, fewer)
    step = min((b - a for (a, _), (b, _) in pairwise(bars)), default=1.0)
    low, high = min(bars[0][0], seen) - step / 2, max(bars[-1][0], seen) + step / 2

    def x(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_RIGHT - _LEFT)

    def reaches(value: float) -> bool:
        return value <= seen + _HAIR if fewer else value >= seen - _HAIR

    width = max(1.5, (x(low + step) - x(low)) * 0.86)
    tallest = max(count for _, count in bars) or 1
    total = sum(counts) or 1
    shares = fitting_upward(100 * tallest / total)
    top = shares[-1] * total / 100
    parts = []
    for share in shares:
        y = _BOTTOM - share / shares[-1] * (_BOTTOM - _TOP)
        parts.append(tag("line", class_="grid", x1=_LEFT, x2=_RIGHT, y1=y, y2=y))
        parts.append(text(_LEFT - 6, y + 4, label(share), class_="tick", text_anchor="end"))
    for value, count in bars:
        height = count / top * (_BOTTOM - _TOP)
        kind = "bar-hit" if reaches(value) else "bar-miss"
        parts.append(
            tag("rect", class_=kind, x=x(value) - width / 2, y=_BOTTOM - height, width=width, height=height)
        )
    parts.append(tag("line", class_="axis", x1=_LEFT, x2=_RIGHT, y1=_BOTTOM, y2=_BOTTOM))
    parts += [tick(x(at), _BOTTOM + 18, at) for at in fitting(low, high, _RIGHT - _LEFT) if low <= at <= high]
    parts.append(tag("line", class_="null", x1=x(seen), x2=x(seen), y1=_TOP - 8, y2=_BOTTOM))
    if reached:
        parts.append(text(_LEFT - 40, 16, reached, class_="reached"))
        parts.append(text(_LEFT - 40, 35, reach, class_="row-label"))
    side, anchor = (6, "start") if x(seen) < (_LEFT + _RIGHT) / 2 else (-6, "end")
    parts.append(text(_LEFT - 40, 56, upward, class_="axis-name"))
    parts.append(text(x(seen) + side, 80, mark, class_="row-label", text_anchor=anchor))
    named, tall = wrapped(WIDTH / 2, _BOTTOM + 42, axis, WIDTH, class_="axis-name", anchor="middle")
    parts += named
    rows = tuple(
        (label(round(value, 3)), f"{count:,}", yes_no[0] if reaches(value) else yes_no[1])
        for value, count in bars
        if count
    )
    return Chart(drawing(id, title, WIDTH, _BOTTOM + 32 + tall, parts, "replay", words), words, header, rows)


def fitting_upward(highest: float) -> list[float]:
    """The scale of shares from nothing to at least the highest bar."""
    return [mark for mark in ticks(0, highest, 4) if mark >= 0]


def _grouped(bars: list[tuple[float, int]], seen: float, fewer: bool) -> list[tuple[float, int]]:
    """Results in at most 42 bars of equal width; one edge lies at the headline, and what stands there counts as reaching it."""
    width = (bars[-1][0] - bars[0][0]) / 40
    sums: dict[int, int] = {}
    for value, count in bars:
        place = (value - seen) / width
        bar = ceil(place - _HAIR) - 1 if fewer else floor(place + _HAIR)
        sums[bar] = sums.get(bar, 0) + count
    return [(seen + (bar + 0.5) * width, sums.get(bar, 0)) for bar in range(min(sums), max(sums) + 1)]
