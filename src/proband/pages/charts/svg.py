"""Writing SVG by hand: escaped, compact, without scripts, styles or references to elsewhere."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from markupsafe import Markup

#: Units across every chart. A chart is as wide as a phone is: drawn on one of 390 px a text of 13 units is more than 12 px high.
WIDTH = 360.0
#: units from one line of text to the next, and the width of a letter at the most
LINE, LETTER = 17.0, 8.0


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with what it shows in words, and the table behind it (header and rows of text)."""

    svg: Markup
    words: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def tag(name: str, body: str = "", **attributes: object) -> str:
    """One element; ``class_`` becomes class, underscores become hyphens, ``None`` is left out, numbers lose idle decimals."""
    parts = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_value(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{parts}>{body}</{name}>" if body else f"<{name}{parts}/>"


def text(x: float, y: float, words: str, **attributes: object) -> str:
    """A text element with escaped words."""
    return tag("text", escape(words), x=x, y=y, **attributes)


def wrapped(
    x: float, y: float, words: str, room: float, *, class_: str, anchor: str | None = None
) -> tuple[list[str], float]:
    """A text in as many lines as it needs in so much room, and the height that it takes; ``y`` is the first line's own."""
    lines = textwrap.wrap(words, max(8, int(room / LETTER))) or [""]
    parts = [
        text(x, y + index * LINE, line, class_=class_, text_anchor=anchor, data_goes_on="" if index else None)
        for index, line in enumerate(lines)
    ]
    return parts, LINE * len(lines)


def tick(x: float, y: float, value: float) -> str:
    """The label of a place on a horizontal axis, moved inward where it would stand out of the drawing."""
    words = label(value)
    half = len(words) * LETTER / 2 + 1
    return text(min(max(x, half), WIDTH - half), y, words, class_="tick", text_anchor="middle")


def fitting(low: float, high: float, room: float, wanted: int = 5) -> list[float]:
    """Round tick positions whose labels, side by side in so much room, do not touch one another."""
    for many in range(wanted, 1, -1):
        marks = ticks(low, high, many)
        widest = max(len(label(mark)) for mark in marks) * LETTER + LETTER
        if widest * len(marks) <= room + widest:
            return marks
    marks = ticks(low, high, 2)
    return [marks[0], marks[-1]]


def drawing(
    id: str,
    title: str,
    width: float,
    height: float,
    parts: Iterable[str],
    class_: str,
    words: str | None = None,
) -> Markup:
    """A whole drawing, named for assistive technology by its title and described by ``words``, unless they stand beside it."""
    body = tag("title", escape(title), id=f"{id}-title")
    if words is not None:
        body += tag("desc", escape(words), id=f"{id}-desc")
    body += "".join(parts)
    return Markup(  # noqa: S704 - every text inside was escaped by tag() and text()
        tag("svg", body, class_=f"chart {class_}", viewBox=f"0 0 {_value(width)} {_value(height)}", role="img",
            aria_labelledby=f"{id}-title", aria_describedby=None if words is None else f"{id}-desc", focusable="false")
    )  # fmt: skip


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round tick positions from at most ``low`` to at least ``high``."""
    if high <= low:
        high = low + 1.0
    step = 10 ** floor(log10((high - low) / max(1, wanted - 1)))
    for factor in (1, 2, 5, 10):
        if (high - low) / (step * factor) <= wanted:
            step *= factor
            break
    first = floor(low / step)
    return [round(step * k, 10) for k in range(first, ceil(high / step - 1e-9) + 1)]


def label(value: float) -> str:
    """A tick label with a true minus sign."""
    words = f"{abs(value):g}"
    return f"−{words}" if value < 0 else words


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)
