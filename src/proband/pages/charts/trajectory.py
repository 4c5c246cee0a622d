"""Trajectories with a natural-history band: what happens over time without the therapy, and how far people differ."""

from __future__ import annotations

from dataclasses import dataclass

from proband.pages.catalogue import Catalogue
from proband.pages.charts.svg import LETTER, WIDTH, Chart, drawing, fitting, label, tag, text, ticks, wrapped

#: the columns of the table behind it, without that of time
HEADER = ("group", "middle", "band", "people")
#: a name of more letters gets the whole width
_SHORT = 18


@dataclass(frozen=True, slots=True)
class GroupCourse:
    """One group over time: centre and half-width at each time, with the number of people behind it."""

    name: str
    times: tuple[float, ...]
    centre: tuple[float, ...]
    half_width: tuple[float, ...]
    people: tuple[int | None, ...] = ()


def trajectory(
    id: str, title: str, bands: tuple[GroupCourse, ...], x_label: str, y_label: str,
    limits: tuple[float, float] | None = None, observed: tuple[tuple[float, float], ...] = (), catalogue: Catalogue | None = None,
) -> Chart:  # fmt: skip
    """Small multiples, one for each group, on the same axes; ``observed`` points are drawn over every group.

    ``limits`` are the ends of the score: the band is cut there, because nobody can score beyond them.

    Raises
    ------
    ValueError
        If there is no group, or a group's columns differ in length.
    """
    said = (catalogue or Catalogue()).text
    if not bands:
        raise ValueError("a trajectory needs at least one group")
    for band in bands:
        if not len(band.times) == len(band.centre) == len(band.half_width):
            raise ValueError(f"group {band.name}: times, centre and width differ in length")
    low, high = limits or (
        min(c - w for b in bands for c, w in zip(b.centre, b.half_width, strict=True)),
        max(c + w for b in bands for c, w in zip(b.centre, b.half_width, strict=True)),
    )
    across = 2 if len(bands) > 1 and max(len(band.name) for band in bands) <= _SHORT else 1
    cell_w, plot = (WIDTH / 2, 120.0) if across == 2 else (WIDTH, 150.0)
    head = max(wrapped(0, 0, band.name, cell_w - 8, class_="")[1] for band in bands)
    cell_h = head + plot + 56
    y_marks = ticks(low, high, 4)
    gutter = max(len(label(mark)) for mark in y_marks) * LETTER + 10
    x_marks = fitting(0, max(t for b in bands for t in b.times), cell_w - gutter - 24, 4)
    down = -(-len(bands) // across)
    parts: list[str] = []
    for index, band in enumerate(bands):
        x0, y0 = (index % across) * cell_w + gutter, (index // across) * cell_h + head + 14
        w, h = cell_w - gutter - 24, plot

        def x(value: float, x0: float = x0, w: float = w) -> float:
            return x0 + value / (x_marks[-1] or 1) * w

        def y(value: float, y0: float = y0, h: float = h) -> float:
            inside = min(max(value, y_marks[0]), y_marks[-1])
            return y0 + h - (inside - y_marks[0]) / (y_marks[-1] - y_marks[0]) * h

        cut = [(min(c + s, high), max(c - s, low)) for c, s in zip(band.centre, band.half_width, strict=True)]
        upper = " ".join(f"{x(t):.1f},{y(c[0]):.1f}" for t, c in zip(band.times, cut, strict=True))
        lower = " ".join(
            f"{x(t):.1f},{y(c[1]):.1f}" for t, c in reversed(list(zip(band.times, cut, strict=True)))
        )
        line = " ".join(f"{x(t):.1f},{y(c):.1f}" for t, c in zip(band.times, band.centre, strict=True))
        parts += wrapped(x0 - gutter + 4, y0 + 3 - head, band.name, cell_w - 8, class_="row-label")[0]
        for mark in y_marks:
            parts.append(tag("line", class_="grid", x1=x0, x2=x0 + w, y1=y(mark), y2=y(mark)))
            parts.append(text(x0 - 6, y(mark) + 4, label(mark), class_="tick", text_anchor="end"))
        parts += [
            text(x(mark), y0 + h + 17, label(mark), class_="tick", text_anchor="middle") for mark in x_marks
        ]
        parts.append(tag("polygon", class_="band", points=f"{upper} {lower}"))
        parts.append(tag("polyline", class_="centre", points=line))
        parts += [tag("circle", class_="observed", cx=x(t), cy=y(v), r=4.5) for t, v in observed]
    named, tall = wrapped(
        WIDTH / 2,
        down * cell_h + 16,
        said("%(what)s, by %(time)s", what=y_label, time=x_label),
        WIDTH,
        class_="axis-name",
        anchor="middle",
    )
    parts += named
    height = down * cell_h + 6 + tall
    rows = tuple(
        (band.name, label(t), f"{c:.1f}", f"{c - s:.1f} to {c + s:.1f}", str(n) if n is not None else "")
        for band in bands
        for t, c, s, n in zip(
            band.times, band.centre, band.half_width, band.people or (None,) * len(band.times), strict=True
        )
    )
    courses = [
        said(
            "%(group)s: from %(first)s to %(last)s between %(begin)s and %(end)s %(time)s.",
            group=b.name, first=f"{b.centre[0]:.0f}", last=f"{b.centre[-1]:.0f}",
            begin=label(b.times[0]), end=label(b.times[-1]), time=x_label,
        )
        for b in bands
    ]  # fmt: skip
    words = f"{title}. {y_label}. " + " ".join(courses)
    return Chart(
        drawing(id, title, WIDTH, height, parts, "trajectory"),
        words,
        (HEADER[0], x_label, *HEADER[1:]),
        rows,
    )
