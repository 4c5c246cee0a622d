"""A stopping rule: how many have had what it counts, and how far that is from where it stops."""

from __future__ import annotations

from proband.pages.charts.svg import (
    LETTER,
    LINE,
    WIDTH,
    Chart,
    drawing,
    fitting,
    label,
    tag,
    text,
    tick,
    ticks,
)

_RIGHT, _TOP, _BOTTOM = WIDTH - 12, 44.0, 220.0
#: between two lines of the hatching
_HATCH = 12.0


def stopping(id: str, title: str, *, counted: int, treated: int, events: int, among: int | None) -> Chart:
    """The area in which a rule stops, and the point of now.

    Parameters
    ----------
    id, title
        Of the drawing.
    counted
        Participants who count towards the rule.
    treated
        Participants treated so far.
    events, among
        So many stop, among the first so many treated (``None``: among all).

    Raises
    ------
    ValueError
        If a count is negative, or nothing stops.
    """
    if min(counted, treated) < 0 or events < 1:
        raise ValueError(f"{counted} of {treated} against {events} cannot be drawn")
    up = _whole(ticks(0, max(events + 1, counted + 1)))
    left = 12 + LETTER * len(label(up[-1]))
    across = _whole(fitting(0, max(treated + 2, among or 0, events + 1), _RIGHT - left))
    widest, highest = across[-1], up[-1]
    ends = float(among) if among is not None else widest

    def x(people: float) -> float:
        return left + people / widest * (_RIGHT - left)

    def y(count: float) -> float:
        return _BOTTOM - count / highest * (_BOTTOM - _TOP)

    first, top = x(events), y(events - 0.5)
    parts = [tag("rect", class_="area", x=first, y=_TOP, width=max(0.0, x(ends) - first), height=top - _TOP)]
    # lines at 45 degrees, cut off at the edges of the area
    deep = top - _TOP
    for place in range(-int(deep // _HATCH) - 1, int((x(ends) - first) // _HATCH) + 1):
        begin, end = max(0.0, -place * _HATCH), min(deep, x(ends) - first - place * _HATCH)
        if end > begin:
            at = first + place * _HATCH
            parts.append(
                tag("line", class_="hatch", x1=at + begin, y1=top - begin, x2=at + end, y2=top - end)
            )
    for count in up:
        parts.append(tag("line", class_="grid", x1=left, x2=_RIGHT, y1=y(count), y2=y(count)))
        parts.append(text(left - 8, y(count) + 4, label(count), class_="tick", text_anchor="end"))
    parts += [tick(x(people), _BOTTOM + 20, people) for people in across]
    parts.append(tag("path", class_="limit", d=f"M{first:g} {_TOP:g}V{top:g}H{x(ends):g}"))
    parts.append(tag("path", class_="path", d=f"M{left:g} {y(0):g}H{x(treated):g}V{y(counted):g}"))
    parts.append(tag("circle", class_="now", cx=x(treated), cy=y(counted), r=6))
    # above the drawing, each on a line of its own: wherever the point lies, nothing stands on it
    parts.append(text(left, LINE, f"now: {counted} among {treated}", class_="now-word"))
    parts.append(text(left, 2 * LINE, "hatched: stop and look here", class_="stop-word"))
    parts.append(
        text((left + _RIGHT) / 2, _BOTTOM + 42, "people treated", class_="axis-name", text_anchor="middle")
    )
    reach = f"the first {among}" if among is not None else "all"
    more = events - counted
    words = f"{counted} among {treated} treated count. {events} among {reach} stop"
    words += f": {more} more." if more > 0 else ": the rule is reached."
    return Chart(drawing(id, title, WIDTH, _BOTTOM + 48, parts, "stopping"), words, ("counted", "treated", "stops at", "among"),
                 ((str(counted), str(treated), str(events), reach),))  # fmt: skip


def _whole(marks: list[float]) -> list[float]:
    """People are counted whole."""
    return [mark for mark in marks if mark == int(mark)]
