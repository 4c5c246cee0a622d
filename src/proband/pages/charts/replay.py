"""Replayed studies in which nobody was treated: how often each result came up, and where the headline stands."""

from __future__ import annotations

from itertools import pairwise

from proband.pages.charts.svg import Chart, drawing, label, tag, text, ticks


def replay(
    id: str,
    title: str,
    values: tuple[float, ...],
    counts: tuple[int, ...],
    seen: float,
    axis: str,
    words: str,
    *,
    fewer: bool = False,
) -> Chart:
    """A bar for each result; bars at or beyond the headline are filled and edged, so colour is not the only sign.

    Raises
    ------
    ValueError
        If values and counts differ in length or are empty.
    """
    if not values or len(values) != len(counts):
        raise ValueError("a replay needs as many counts as values")
    if len(values) > 60:
        values, counts = _grouped(values, counts)
    low, high = min(*values, seen), max(*values, seen)
    step = min((b - a for a, b in pairwise(values)), default=1.0)
    low, high = low - step / 2, high + step / 2
    left, right, top, bottom = 16.0, 584.0, 26.0, 190.0

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    width = max(1.5, (x(low + step) - x(low)) * 0.86)
    tallest = max(counts) or 1
    parts = []
    for value, count in zip(values, counts, strict=True):
        reached = value <= seen + 1e-9 if fewer else value >= seen - 1e-9
        height = count / tallest * (bottom - top)
        parts.append(
            tag(
                "rect",
                class_="bar-hit" if reached else "bar-miss",
                x=x(value) - width / 2,
                y=bottom - height,
                width=width,
                height=height,
            )
        )
    parts.append(tag("line", class_="axis", x1=left, x2=right, y1=bottom, y2=bottom))
    parts += [
        text(x(mark), bottom + 18, label(mark), class_="tick", text_anchor="middle")
        for mark in ticks(low, high)
        if low <= mark <= high
    ]
    parts.append(tag("line", class_="null", x1=x(seen), x2=x(seen), y1=top - 8, y2=bottom))
    parts.append(text(x(seen) + (6 if x(seen) < 420 else -6), top - 4, "the headline", class_="row-label",
                      text_anchor="start" if x(seen) < 420 else "end"))  # fmt: skip
    parts.append(text((left + right) / 2, bottom + 42, axis, class_="axis-name", text_anchor="middle"))
    return Chart(drawing(id, title, 600, bottom + 54, parts, "replay"), words)


def _grouped(values: tuple[float, ...], counts: tuple[int, ...]) -> tuple[tuple[float, ...], tuple[int, ...]]:
    low, high = min(values), max(values)
    width = (high - low) / 40
    sums = [0] * 41
    for value, count in zip(values, counts, strict=True):
        sums[min(40, int((value - low) / width + 0.5))] += count
    return tuple(low + width * k for k in range(41)), tuple(sums)
