"""A swimmer plot: one lane for each participant, with what happened and until when each was watched."""

from __future__ import annotations

from dataclasses import dataclass

from proband.pages.charts.svg import LETTER, WIDTH, Chart, drawing, fitting, label, tag, text, tick, wrapped

_SHAPES = {
    "dose": "M-5 5L0 -5L5 5z",
    "response": "M-5 0L0 -5L5 0L0 5z",
    "harm": "M-5 -5L5 5M-5 5L5 -5",
    "death": "M-1.6 -6h3.2v4h4v3.2h-4v6h-3.2v-6h-4v-3.2h4z",
}


_KEY = {
    "dose": "triangle: given",
    "response": "diamond: response",
    "harm": "cross: serious harm",
    "death": "dagger: died",
}


@dataclass(frozen=True, slots=True)
class Lane:
    """One participant: a pseudonym, the time watched, marks as (time, kind, words), and whether still watched.

    Kinds: ``dose``, ``response``, ``harm``, ``death``. Times are in the chart's unit from the first dose. ``told`` are the words in which the lane is
    told, where it may be told in no others.
    """

    name: str
    watched: float
    marks: tuple[tuple[float, str, str], ...]
    ongoing: bool
    told: str = ""


def swimmer(id: str, title: str, unit: str, lanes: tuple[Lane, ...]) -> Chart:
    """Draw the lanes, longest watched first; nobody is left out.

    Raises
    ------
    ValueError
        If there is no lane, or a mark is of an unknown kind or lies after the time watched.
    """
    if not lanes:
        raise ValueError("a swimmer plot needs at least one participant")
    for lane in lanes:
        for when, kind, _ in lane.marks:
            if kind not in _SHAPES:
                raise ValueError(f"{lane.name}: unknown mark {kind!r}; use one of {', '.join(_SHAPES)}")
            if when > lane.watched:
                raise ValueError(
                    f"{lane.name}: a mark at {when:g} lies after the time watched, {lane.watched:g}"
                )
    left, right, row = min(150.0, 20 + LETTER * max(len(lane.name) for lane in lanes)), WIDTH - 20, 26.0
    marks = fitting(0, max(lane.watched for lane in lanes), right - left)
    bottom = len(lanes) * row + 14

    def x(value: float) -> float:
        return left + value / marks[-1] * (right - left)

    parts = [tag("line", class_="axis", x1=left, x2=right, y1=bottom, y2=bottom)]
    parts += [tick(x(mark), bottom + 18, mark) for mark in marks]
    rows: list[tuple[str, ...]] = []
    for index, lane in enumerate(sorted(lanes, key=lambda lane: -lane.watched)):
        y = index * row + 16
        parts.append(text(left - 14, y + 4, lane.name, class_="row-label", text_anchor="end"))
        parts.append(
            tag("rect", class_="lane", x=left, y=y - 7, width=x(lane.watched) - left, height=14, rx=3)
        )
        if lane.ongoing:
            parts.append(tag("path", class_="ongoing", d=f"M{x(lane.watched):.1f} {y - 7}l8 7l-8 7z"))
        parts += [
            tag("path", class_=f"mark-{kind}", d=_SHAPES[kind], transform=f"translate({x(when):.1f} {y})")
            for when, kind, _ in lane.marks
        ]
        happened = (
            "; ".join(f"{words} at {label(when)}" for when, _, words in lane.marks) or "nothing recorded"
        )
        rows.append(
            (
                lane.name,
                f"{label(lane.watched)} {unit}{' and still watched' if lane.ongoing else ''}",
                happened,
            )
            if not lane.told
            else (lane.name, *lane.told.split(": ", 1))
        )
    named, tall = wrapped(
        WIDTH / 2, bottom + 40, f"{unit} since the first dose", WIDTH, class_="axis-name", anchor="middle"
    )
    parts += named
    used = {kind for lane in lanes for _, kind, _ in lane.marks}
    key = " · ".join(words for kind, words in _KEY.items() if kind in used)
    if key:
        named, more = wrapped(WIDTH / 2, bottom + 44 + tall, key, WIDTH, class_="tick", anchor="middle")
        parts += named
        tall += more
    words = f"{title}. One lane for each of {len(lanes)} participants. " + " ".join(
        f"{r[0]}: watched {r[1]}; {r[2]}." for r in rows
    )
    return Chart(
        drawing(id, title, WIDTH, bottom + 40 + tall, parts, "swimmer"),
        words,
        ("participant", "watched", "what happened"),
        tuple(rows),
    )
