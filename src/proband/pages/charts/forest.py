"""Results side by side with their intervals; never pooled, and the line of no difference is named."""

from __future__ import annotations

from dataclasses import dataclass

from proband.pages.charts.svg import Chart, drawing, label, tag, text, ticks


@dataclass(frozen=True, slots=True)
class ForestLine:
    """One result: estimate and bounds on the axis, and the same in words."""

    label: str
    estimate: float
    low: float
    high: float
    words: str


def forest(id: str, title: str, axis: str, lines: tuple[ForestLine, ...], null: float | None = 0.0) -> Chart:
    """A forest plot.

    Raises
    ------
    ValueError
        If there is no line, or bounds do not enclose their estimate.
    """
    if not lines:
        raise ValueError("a forest plot needs at least one result")
    for line in lines:
        if not line.low <= line.estimate <= line.high:
            raise ValueError(
                f"{line.label}: the estimate {line.estimate:g} lies outside {line.low:g} to {line.high:g}"
            )
    marks = ticks(min([line.low for line in lines] + ([null] if null is not None else [])),
                  max([line.high for line in lines] + ([null] if null is not None else [])))  # fmt: skip
    low, high = marks[0], marks[-1]
    left, right, row = 16.0, 584.0, 54.0
    height = len(lines) * row + 64

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    bottom = len(lines) * row + 12
    parts = [tag("line", class_="axis", x1=left, x2=right, y1=bottom, y2=bottom)]
    for mark in marks:
        parts.append(tag("line", class_="grid", x1=x(mark), x2=x(mark), y1=8, y2=bottom))
        parts.append(text(x(mark), bottom + 20, label(mark), class_="tick", text_anchor="middle"))
    if null is not None and low <= null <= high:
        parts.append(tag("line", class_="null", x1=x(null), x2=x(null), y1=8, y2=bottom))
    for index, line in enumerate(lines):
        y = index * row + 40
        parts.append(text(left, y - 18, line.label, class_="row-label"))
        parts.append(tag("line", class_="interval", x1=x(line.low), x2=x(line.high), y1=y, y2=y))
        parts += [
            tag("line", class_="interval", x1=x(end), x2=x(end), y1=y - 5, y2=y + 5)
            for end in (line.low, line.high)
        ]
        parts.append(tag("rect", class_="estimate", x=x(line.estimate) - 6, y=y - 6, width=12, height=12))
    parts.append(text((left + right) / 2, bottom + 44, axis, class_="axis-name", text_anchor="middle"))
    words = f"{title}. " + " ".join(f"{line.label}: {line.words}." for line in lines)
    rows = tuple((line.label, line.words) for line in lines)
    return Chart(drawing(id, title, 600, height, parts, "forest"), words, ("study", "result"), rows)
