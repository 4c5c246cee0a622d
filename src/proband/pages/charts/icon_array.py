"""Out of a hundred: filled to the lower limit, open to the upper, a small dot for the rest; one rule for whatever is shown."""

from __future__ import annotations

from proband.pages.charts.svg import Chart, drawing, tag

#: people in a row, and how far apart they stand
ACROSS, STEP = 10, 16


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
        *people("dot-yes", range(filled)),
        *people("dot-maybe", range(filled, possible)),
        *people("dot-no", range(possible, 100)),
    ]
    return Chart(drawing(id, title, ACROSS * STEP, ACROSS * STEP, parts, "icons"), words)


def people(kind: str, places: range) -> list[str]:
    """The dots of people of one kind as one path, by their places in rows of ten; of nobody, nothing.

    A dot is a stroke of no length with round ends: a few letters each, and the style says how wide. What is open is drawn twice, the inside over the edge.
    """
    if not places:
        return []
    d = "".join(
        f"M{place % ACROSS * STEP + STEP // 2} {place // ACROSS * STEP + STEP // 2}h0z" for place in places
    )
    inside = (
        [tag("path", class_="dot-inside", d=d.replace("z", ""))] if kind in {"dot-maybe", "dot-empty"} else []
    )
    return [tag("path", class_=kind, d=d), *inside]
