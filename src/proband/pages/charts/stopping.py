"""A stopping rule: how many have had what it counts, and how far that is from where it stops."""

from __future__ import annotations

from proband.pages.charts.svg import Chart, drawing, label, tag, text, ticks

_LEFT, _RIGHT, _TOP, _BOTTOM = 36.0, 470.0, 14.0, 190.0
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
    across = ticks(0, max(treated + 2, among or 0, events + 1))
    widest, highest = across[-1], max(events + 1, counted + 1)
    ends = float(among) if among is not None else widest

    def x(people: float) -> float:
        return _LEFT + people / widest * (_RIGHT - _LEFT)

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
    for count in range(highest + 1):
        parts.append(tag("line", class_="grid", x1=_LEFT, x2=_RIGHT, y1=y(count), y2=y(count)))
        parts.append(text(_LEFT - 8, y(count) + 4, label(count), class_="tick", text_anchor="end"))
    parts += [
        text(x(people), _BOTTOM + 20, label(people), class_="tick", text_anchor="middle") for people in across
    ]
    parts.append(tag("path", class_="limit", d=f"M{first:g} {_TOP:g}V{top:g}H{x(ends):g}"))
    parts.append(tag("path", class_="path", d=f"M{_LEFT:g} {y(0):g}H{x(treated):g}V{y(counted):g}"))
    parts.append(tag("circle", class_="now", cx=x(treated), cy=y(counted), r=6))
    beside = "end" if x(treated) > (_LEFT + _RIGHT) / 2 else "start"
    shift = -12 if beside == "end" else 12
    parts.append(
        text(
            x(treated) + shift,
            y(counted) - 8,
            f"now: {counted} among {treated}",
            class_="now-word",
            text_anchor=beside,
        )
    )
    parts.append(text(min(first + 8, _RIGHT - 120), _TOP + 14, "stop and look here", class_="stop-word"))
    parts.append(
        text((_LEFT + _RIGHT) / 2, _BOTTOM + 42, "people treated", class_="axis-name", text_anchor="middle")
    )
    reach = f"the first {among}" if among is not None else "all"
    left = events - counted
    words = f"{counted} among {treated} treated count. {events} among {reach} stop"
    words += f": {left} more." if left > 0 else ": the rule is reached."
    return Chart(drawing(id, title, 500, 240, parts, "stopping"), words, ("counted", "treated", "stops at", "among"),
                 ((str(counted), str(treated), str(events), reach),))  # fmt: skip
