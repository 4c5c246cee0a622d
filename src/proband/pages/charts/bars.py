"""Counts side by side, each a share of its own whole, on an axis from none to all."""

from __future__ import annotations

from proband.analysis.pictures import Bar, BarPicture
from proband.pages.charts.svg import LINE, WIDTH, Chart, drawing, fitting, label, tag, text, wrapped

_THICK = 11.0


def bars(id: str, picture: BarPicture) -> Chart:
    """Draw the bars, group under group.

    Raises
    ------
    ValueError
        If there is no bar, or one counts more than its whole.
    """
    if not any(group.bars for group in picture.groups):
        raise ValueError(f"{picture.title}: nothing can be drawn")
    for group in picture.groups:
        for bar in group.bars:
            if not 0 <= bar.count <= bar.of:
                raise ValueError(f"{group.label}, {bar.series}: {bar.count} of {bar.of} cannot be drawn")
    left, right, y = 8.0, WIDTH - 20, 4.0
    order = list(dict.fromkeys(bar.series for group in picture.groups for bar in group.bars))

    def x(share: float) -> float:
        return left + share / 100 * (right - left)

    drawn: list[str] = []
    for group in picture.groups:
        named, tall = wrapped(left, y + 13, group.label, WIDTH - 16, class_="row-label")
        drawn += named
        y += tall
        for bar in group.bars:
            said, tall = wrapped(left, y + 13, _words(bar), WIDTH - 16, class_="tick")
            y += tall + 3
            kind = "lane" if order.index(bar.series) == 0 else "other"
            drawn += [*said, tag("rect", class_=kind, x=left, y=y, width=max(x(_share(bar)) - left, 0.5), height=_THICK)]  # fmt: skip
            y += _THICK + 4
        y += 8
    marks = fitting(0, 100, right - left)
    parts = [tag("line", class_="grid", x1=x(mark), x2=x(mark), y1=4, y2=y) for mark in marks]
    parts += drawn
    parts.append(tag("line", class_="axis", x1=left, x2=right, y1=y, y2=y))
    for at, mark in enumerate(marks):
        anchor = "start" if at == 0 else "end" if at == len(marks) - 1 else "middle"
        parts.append(text(x(mark), y + 18, label(mark), class_="tick", text_anchor=anchor))
    named, tall = wrapped(WIDTH / 2, y + 40, f"{picture.unit} in a hundred", WIDTH, class_="axis-name", anchor="middle")  # fmt: skip
    parts += named
    rows = tuple(
        (group.label, bar.series, str(bar.count), str(bar.of), f"{_share(bar):.0f}")
        for group in picture.groups
        for bar in group.bars
    )
    told = " ".join(
        f"{group.label}: {'; '.join(_words(bar) for bar in group.bars)}." for group in picture.groups
    )
    return Chart(
        drawing(id, picture.title, WIDTH, y + 40 + tall - LINE / 2, parts, "bars"), f"{picture.title}. {told}",
        ("what", "group", picture.unit, "of", "in a hundred"), rows,
    )  # fmt: skip


def _share(bar: Bar) -> float:
    return 100 * bar.count / bar.of if bar.of else 0.0


def _words(bar: Bar) -> str:
    return f"{bar.series}: {bar.count} of {bar.of}"
