"""Steps on one line from top to bottom: what comes after what, for those who look rather than read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proband.pages.charts.svg import WIDTH, Chart, drawing, tag, wrapped

#: where the line stands, where the words beside it begin, and what lies between two steps
_LINE, _WORDS, _BETWEEN = 10.0, 28.0, 14.0
_DOT = 6.0


@dataclass(frozen=True, slots=True)
class LineStep:
    """One step: what it is, when it comes, and whether something is taken or given at it (its dot is filled)."""

    name: str
    when: str = ""
    full: bool = False


def steps(id: str, title: str, line: Sequence[LineStep]) -> Chart:
    """The steps in their order, as far from each other as their words need: the line is no scale of time.

    Raises
    ------
    ValueError
        If there is no step.
    """
    if not line:
        raise ValueError("a line of steps needs at least one")
    parts: list[str] = []
    dots: list[str] = []
    y = last = 16.0
    for step in line:
        last = y - 4
        dots.append(
            tag("circle", class_="observed" if step.full else "other-step", cx=_LINE, cy=last, r=_DOT)
        )
        named, tall = wrapped(_WORDS, y, step.name, WIDTH - _WORDS, class_="row-label")
        parts += named
        y += tall
        if step.when:
            told, tall = wrapped(_WORDS, y, step.when, WIDTH - _WORDS, class_="row-when")
            parts += told
            y += tall
        y += _BETWEEN
    rail = tag("line", class_="axis", x1=_LINE, x2=_LINE, y1=12.0, y2=last)
    words = ". ".join(f"{step.name}: {step.when}" if step.when else step.name for step in line)
    return Chart(
        drawing(id, title, WIDTH, y - _BETWEEN + 6, [rail, *dots, *parts], "steps"),
        f"{title}. {words}.",
        ("step", "when"),
        tuple((step.name, step.when) for step in line),
    )
