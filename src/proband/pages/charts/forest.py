"""Results side by side with their intervals; never pooled, and the line of no difference is named."""

from __future__ import annotations

from dataclasses import dataclass

from proband.pages.charts.svg import WIDTH, Chart, drawing, fitting, tag, tick, wrapped

#: the columns of the table behind it
HEADER = ("study", "result")


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
    left, right = 24.0, WIDTH - 24
    marks = fitting(
        min([line.low for line in lines] + ([null] if null is not None else [])),
        max([line.high for line in lines] + ([null] if null is not None else [])),
        right - left,
    )
    low, high = marks[0], marks[-1]

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    rows_: list[str] = []
    y = 4.0
    for line in lines:
        named, tall = wrapped(left - 12, y + 14, line.label, WIDTH - 24, class_="row-label")
        said, more = wrapped(left - 12, y + 14 + tall, line.words, WIDTH - 24, class_="tick")
        y += tall + more + 14
        rows_ += [*named, *said, tag("line", class_="interval", x1=x(line.low), x2=x(line.high), y1=y, y2=y)]
        rows_ += [
            tag("line", class_="interval", x1=x(end), x2=x(end), y1=y - 5, y2=y + 5)
            for end in (line.low, line.high)
        ]
        rows_.append(tag("rect", class_="estimate", x=x(line.estimate) - 6, y=y - 6, width=12, height=12))
        y += 14
    bottom = y + 4
    parts = [tag("line", class_="axis", x1=left, x2=right, y1=bottom, y2=bottom)]
    for mark in marks:
        parts.append(tag("line", class_="grid", x1=x(mark), x2=x(mark), y1=4, y2=bottom))
        parts.append(tick(x(mark), bottom + 18, mark))
    if null is not None and low <= null <= high:
        parts.append(tag("line", class_="null", x1=x(null), x2=x(null), y1=4, y2=bottom))
    parts += rows_
    named, tall = wrapped(WIDTH / 2, bottom + 40, axis, WIDTH, class_="axis-name", anchor="middle")
    parts += named
    height = bottom + 30 + tall
    words = f"{title}. " + " ".join(f"{line.label}: {line.words}." for line in lines)
    rows = tuple((line.label, line.words) for line in lines)
    return Chart(drawing(id, title, WIDTH, height, parts, "forest"), words, HEADER, rows)
