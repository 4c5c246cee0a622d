"""Out of a hundred: filled to the lower limit, open to the upper, a small dot for the rest; one rule for whatever is shown."""

from __future__ import annotations

from proband.pages.charts.svg import Chart, drawing, tag

#: people in a row, and how far apart they stand
ACROSS, STEP = 10, 16
#: radii of a filled dot, of an open ring, and of what stands for nothing
FILLED, OPEN, NOTHING = 5.6, 5.0, 2.0


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
    parts = [
        *people("dot-yes", range(filled), FILLED),
        *people("dot-maybe", range(filled, possible), OPEN),
        *people("dot-no", range(possible, 100), NOTHING),
    ]
    return Chart(drawing(id, title, ACROSS * STEP, ACROSS * STEP, parts, "icons"), words)


def people(kind: str, places: range, radius: float) -> list[str]:
    """The dots of people of one kind as one path, by their places in rows of ten; of nobody, nothing."""
    return [tag("path", class_=kind, d="".join(_dot(place, radius) for place in places))] if places else []


def _dot(index: int, radius: float) -> str:
    x = (index % ACROSS) * STEP + STEP / 2 - radius
    y = (index // ACROSS) * STEP + STEP / 2
    return f"M{x:g} {y:g}a{radius:g} {radius:g} 0 1 0 {2 * radius:g} 0a{radius:g} {radius:g} 0 1 0 {-2 * radius:g} 0z"
