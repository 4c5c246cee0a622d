"""If a hundred people like you: one dot for each person, filled for the event, ringed for how far it could still go."""

from __future__ import annotations

from proband.pages.charts.svg import Chart, drawing, tag

_ACROSS, _STEP, _RADIUS = 10, 16, 5.6


def icon_array(id: str, title: str, filled: int, possible: int | None, words: str) -> Chart:
    """A hundred dots in ten rows, filled from the top left.

    Parameters
    ----------
    filled
        People with the event, out of 100 (or the lower end of a range).
    possible
        The upper end of the range, out of 100, drawn as rings with a dot; ``None`` where there is no range.
    words
        The text equivalent, which must say the same numbers.

    Raises
    ------
    ValueError
        If a number lies outside 0 to 100, or the upper end below the filled ones.
    """
    top = filled if possible is None else possible
    if not 0 <= filled <= top <= 100:
        raise ValueError(f"{filled} filled and {top} possible do not fit among 100 people")
    groups = (("dot-yes", range(filled)), ("dot-maybe", range(filled, top)), ("dot-no", range(top, 100)))
    parts = [
        tag("path", class_=kind, d="".join(_dot(i) for i in people)) for kind, people in groups if people
    ]
    parts += (
        [tag("path", class_="dot-core", d="".join(_dot(i, 1.9) for i in range(filled, top)))]
        if top > filled
        else []
    )
    side = _ACROSS * _STEP
    return Chart(drawing(id, title, side, side, parts, "icons"), words)


def _dot(index: int, radius: float = _RADIUS) -> str:
    x = (index % _ACROSS) * _STEP + _STEP / 2 - radius
    y = (index // _ACROSS) * _STEP + _STEP / 2
    return f"M{x:g} {y:g}a{radius:g} {radius:g} 0 1 0 {2 * radius:g} 0a{radius:g} {radius:g} 0 1 0 {-2 * radius:g} 0z"
