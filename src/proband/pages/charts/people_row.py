"""The people themselves, one dot each: what is shown where a group is too small to speak of a hundred."""

from __future__ import annotations

from proband.pages.charts.icon_array import dot
from proband.pages.charts.svg import Chart, drawing, tag

_ACROSS, _STEP = 10, 16


def people_row(id: str, title: str, events: int, n: int, words: str) -> Chart:
    """As many dots as people, in rows of ten, filled for those to whom it happened.

    Raises
    ------
    ValueError
        If there is nobody, or it happened to more people than there are.
    """
    if not 0 <= events <= n or n < 1:
        raise ValueError(f"{events} of {n} people cannot be drawn")
    groups = (("dot-yes", range(events), 5.6), ("dot-empty", range(events, n), 5.0))
    parts = [
        tag("path", class_=kind, d="".join(dot(place, radius) for place in people))
        for kind, people, radius in groups
        if people
    ]
    height = _STEP * -(-n // _ACROSS)
    return Chart(drawing(id, title, _ACROSS * _STEP, height, parts, "icons people-row"), words)
