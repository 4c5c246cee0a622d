"""Out of a hundred: filled to the lower limit, open to the upper, a small dot for the rest; one rule for whatever is shown."""

from __future__ import annotations

from proband.pages.charts.svg import Chart, drawing, tag

_ACROSS, _STEP, _RADIUS = 10, 16, 5.6


def icon_array(id: str, title: str, filled: int, possible: int, words: str) -> Chart:
    """A hundred dots in ten rows, filled from the top left.

    Parameters
    ----------
    filled
        The lower limit of the people with the event, out of 100.
    possible
        The upper limit, out of 100, drawn as open rings.
    words
        The text equivalent, which must say the same numbers.

    Raises
    ------
    ValueError
        If a number lies outside 0 to 100, or the upper end below the filled ones.
    """
    if not 0 <= filled <= possible <= 100:
        raise ValueError(f"{filled} filled and {possible} possible do not fit among 100 people")
    groups = (
        ("dot-yes", range(filled), _RADIUS),
        ("dot-maybe", range(filled, possible), 5.0),
        ("dot-no", range(possible, 100), 2.0),
    )
    parts = [
        tag("path", class_=kind, d="".join(dot(i, radius) for i in people))
        for kind, people, radius in groups
        if people
    ]
    side = _ACROSS * _STEP
    return Chart(drawing(id, title, side, side, parts, "icons"), words)


def dot(index: int, radius: float = _RADIUS) -> str:
    """The path of the dot of a person, by their place in rows of ten."""
    x = (index % _ACROSS) * _STEP + _STEP / 2 - radius
    y = (index // _ACROSS) * _STEP + _STEP / 2
    return f"M{x:g} {y:g}a{radius:g} {radius:g} 0 1 0 {2 * radius:g} 0a{radius:g} {radius:g} 0 1 0 {-2 * radius:g} 0z"
