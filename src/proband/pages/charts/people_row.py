"""The people themselves, one dot each: what is shown where a group is too small to speak of a hundred."""

from __future__ import annotations

from proband.pages.charts.icon_array import ACROSS, STEP, people
from proband.pages.charts.svg import Chart, drawing


def people_row(id: str, title: str, events: int, n: int, words: str) -> Chart:
    """As many dots as people, in rows of ten, filled for those to whom it happened.

    Raises
    ------
    ValueError
        If there is nobody, or it happened to more people than there are.
    """
    if not 0 <= events <= n or n < 1:
        raise ValueError(f"{events} of {n} people cannot be drawn")
    parts = [*people("dot-yes", range(events)), *people("dot-empty", range(events, n))]
    height = STEP * -(-n // ACROSS)
    return Chart(drawing(id, title, ACROSS * STEP, height, parts, "icons people-row"), words)
