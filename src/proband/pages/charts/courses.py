"""Means of groups over visits with their intervals, on one pair of axes; how many people stand behind each mean is said below."""

from __future__ import annotations

from math import isfinite

from proband.analysis.pictures import CourseLine, CoursePicture
from proband.pages.charts.svg import (
    LETTER,
    LINE,
    WIDTH,
    Chart,
    drawing,
    fitting,
    label,
    tag,
    text,
    tick,
    ticks,
    wrapped,
)

#: by how much the groups stand beside one another at a visit, so that no interval hides another
_APART = 9.0
#: shape of each group's points, so that no colour is needed to tell them apart
_HEIGHT = 200.0


def courses(id: str, picture: CoursePicture) -> Chart:
    """Draw the courses.

    Raises
    ------
    ValueError
        If there is no number, or a mean lies outside its interval.
    """
    points = [_points(line) for line in picture.lines]
    ends = [each for line in points for _, *values in line for each in values if isfinite(each)]
    if not ends:
        raise ValueError(f"{picture.title}: nothing can be drawn")
    for line, found in zip(picture.lines, points, strict=True):
        for _, mean, low, high in found:
            if low > mean or mean > high:
                raise ValueError(f"{line.label}: the mean {mean:g} lies outside {low:g} to {high:g}")
    ends += [picture.null] if picture.null is not None else []
    across = [at for line in points for at, *_ in line] + ([picture.starts] if picture.starts is not None else [])  # fmt: skip
    y_marks = ticks(min(ends), max(ends), 5)
    left = max(len(label(mark)) for mark in y_marks) * LETTER + 10
    right = WIDTH - 18
    x_marks = fitting(min(0.0, *across), max(across), right - left)
    named, tall = wrapped(4, 14, picture.measure, WIDTH - 8, class_="axis-name")
    top = tall + 18.0
    bottom = top + _HEIGHT

    def x(value: float) -> float:
        return left + (value - x_marks[0]) / (x_marks[-1] - x_marks[0]) * (right - left)

    def y(value: float) -> float:
        return bottom - (value - y_marks[0]) / (y_marks[-1] - y_marks[0]) * _HEIGHT

    parts = list(named)
    for mark in y_marks:
        parts.append(tag("line", class_="grid", x1=left, x2=right, y1=y(mark), y2=y(mark)))
        parts.append(text(left - 6, y(mark) + 4, label(mark), class_="tick", text_anchor="end"))
    parts += [tick(x(mark), bottom + 18, mark) for mark in x_marks]
    if picture.null is not None:
        parts.append(tag("line", class_="null", x1=left, x2=right, y1=y(picture.null), y2=y(picture.null)))
    if picture.starts is not None:
        parts.append(tag("line", class_="null", x1=x(picture.starts), x2=x(picture.starts), y1=top, y2=bottom))  # fmt: skip
    for index, found in enumerate(points):
        shift = (index - (len(points) - 1) / 2) * _APART
        parts += _course(index, [(x(at) + shift, *(y(v) if isfinite(v) else None for v in rest)) for at, *rest in found])  # fmt: skip
    said, tall = wrapped((left + right) / 2, bottom + 40, picture.axis, right - left, class_="axis-name", anchor="middle")  # fmt: skip
    parts += said
    below = bottom + 44 + tall
    for line, words in _keys(picture):
        index = picture.lines.index(line)
        said, tall = wrapped(40, below + 6, words, WIDTH - 44, class_="tick")
        parts += [*_key(index, below + 1), *said]
        below += tall + 6
    for words in _marks(picture):
        said, tall = wrapped(40, below + 6, words, WIDTH - 44, class_="tick")
        parts += [tag("line", class_="null", x1=4, x2=32, y1=below + 1, y2=below + 1), *said]
        below += tall + 6
    rows = tuple(
        (line.label, label(at), f"{mean:.3g}", f"{low:.3g} to {high:.3g}" if isfinite(low) else "", str(people))
        for line, found in zip(picture.lines, points, strict=True)
        for (at, mean, low, high), people in zip(found, _people(line), strict=True)
    )  # fmt: skip
    told = " ".join(f"{line.label}: {found[-1][1]:.3g}{_range(found[-1])} at {label(found[-1][0])}." for line, found in zip(picture.lines, points, strict=True) if found)  # fmt: skip
    words = " ".join([f"{picture.title}.", f"{picture.measure}, by {picture.axis}.", told, *(f"{each}." for each in _marks(picture))])  # fmt: skip
    return Chart(
        drawing(id, picture.title, WIDTH, below + LINE - 8, parts, "courses"), words,
        ("group", picture.axis, "mean", "95% interval", "people"), rows,
    )  # fmt: skip


def _points(line: CourseLine) -> list[tuple[float, float, float, float]]:
    rows = zip(line.at, line.mean, line.low, line.high, strict=True)
    return [(at, mean, low, high) for at, mean, low, high in rows if isfinite(mean)]


def _people(line: CourseLine) -> list[int]:
    return [people for people, mean in zip(line.people, line.mean, strict=True) if isfinite(mean)]


def _range(point: tuple[float, float, float, float]) -> str:
    _, _, low, high = point
    return f" ({low:.3g} to {high:.3g})" if isfinite(low) else ""


def _course(index: int, places: list[tuple[float | None, ...]]) -> list[str]:
    """One group: its line, then intervals, then points."""
    kind = "interval" if index == 0 else "other"
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, *_ in places)
    parts = [tag("path", class_=f"step step-{index % 4}", d=path)]
    for x, _, low, high in places:
        if low is not None and high is not None and x is not None:
            parts.append(tag("line", class_=kind, x1=x, x2=x, y1=low, y2=high))
            parts += [tag("line", class_=kind, x1=x - 4, x2=x + 4, y1=end, y2=end) for end in (low, high)]
    return parts + [_point(index, float(x or 0), float(y or 0)) for x, y, *_ in places]


def _point(index: int, x: float, y: float) -> str:
    if index == 0:
        return tag("circle", class_="observed", cx=x, cy=y, r=4.5)
    return tag("rect", class_="other", x=x - 4, y=y - 4, width=8, height=8)


def _key(index: int, y: float) -> list[str]:
    return [tag("line", class_=f"step step-{index % 4}", x1=4, x2=32, y1=y, y2=y), _point(index, 18.0, y)]


def _keys(picture: CoursePicture) -> list[tuple[CourseLine, str]]:
    """The name of each group, and how many people were measured at each time; of one person nothing is counted."""
    found = []
    for line in picture.lines:
        people = _people(line)
        times = [at for at, *_ in _points(line)]
        counted = "" if max(people, default=0) <= 1 else "; measured: " + ", ".join(f"{n} at {label(at)}" for at, n in zip(times, people, strict=True))  # fmt: skip
        found.append((line, f"{line.label}{counted}"))
    return found


def _marks(picture: CoursePicture) -> list[str]:
    out = [f"held against {picture.null:.3g}, which was fixed before"] if picture.null is not None else []
    return out + ([f"treatment begins at {label(picture.starts)}"] if picture.starts is not None else [])
