"""A survival curve drawn with the numbers at risk below it; the curve itself is computed elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from proband.pages.charts.svg import LINE, WIDTH, Chart, drawing, fitting, label, tag, text, tick, wrapped


@dataclass(frozen=True, slots=True)
class Curve:
    """A step curve: share still free of the event from each time on, and how many were at risk just before it.

    ``times`` start at 0 with share 1 and everyone at risk; ``censored`` are the times at which someone was last seen.
    ``watched`` are all times watched, where they are known: with them the numbers at risk hold at every time.
    """

    name: str
    times: tuple[float, ...]
    share: tuple[float, ...]
    at_risk: tuple[int, ...]
    censored: tuple[float, ...] = ()
    watched: tuple[float, ...] = ()

    def share_at(self, time: float) -> float:
        """The share at a time."""
        return next(
            (s for t, s in zip(reversed(self.times), reversed(self.share), strict=True) if t <= time), 1.0
        )

    def at_risk_at(self, time: float) -> int:
        """How many were still being watched at a time."""
        if self.watched:
            return sum(t >= time for t in self.watched)
        return next((n for t, n in zip(self.times, self.at_risk, strict=True) if t >= time), 0)


def survival(id: str, title: str, unit: str, curves: tuple[Curve, ...]) -> Chart:
    """Draw step curves from 100 at the top to 0, never with a cut axis, and the numbers at risk below.

    Raises
    ------
    ValueError
        If a curve does not begin at time 0 with everyone, rises, or its columns differ in length.
    """
    for curve in curves:
        if not len(curve.times) == len(curve.share) == len(curve.at_risk) or not curve.times:
            raise ValueError(f"{curve.name}: times, shares and numbers at risk differ in length")
        if curve.times[0] != 0 or curve.share[0] != 1:
            raise ValueError(f"{curve.name}: the curve must begin at time 0 with everyone")
        if any(b > a + 1e-12 for a, b in zip(curve.share, curve.share[1:], strict=False)):
            raise ValueError(f"{curve.name}: the curve rises")
    if not curves:
        raise ValueError("a survival chart needs at least one curve")
    left, right, top, bottom = 40.0, WIDTH - 18, 30.0, 230.0
    marks = fitting(0, max(max((*c.times, *c.censored)) for c in curves), right - left)

    def x(value: float) -> float:
        return left + value / marks[-1] * (right - left)

    def y(share: float) -> float:
        return bottom - share * (bottom - top)

    parts: list[str] = [text(4, 14, "of 100", class_="axis-name")]
    named, tall = wrapped(
        (left + right) / 2, bottom + 40, unit, right - left, class_="axis-name", anchor="middle"
    )
    parts += named
    below = bottom + 40 + tall
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(tag("line", class_="grid", x1=left, x2=right, y1=y(share), y2=y(share)))
        parts.append(text(left - 8, y(share) + 4, label(share * 100), class_="tick", text_anchor="end"))
    parts += [tick(x(mark), bottom + 18, mark) for mark in marks]
    for index, curve in enumerate(curves):
        path = f"M{x(0):.1f} {y(1):.1f}"
        for time, share in zip(curve.times[1:], curve.share[1:], strict=True):
            path += f"H{x(time):.1f}V{y(share):.1f}"
        path += f"H{x(max((*curve.times, *curve.censored))):.1f}"
        parts.append(tag("path", class_=f"step step-{index % 4}", d=path))
        parts += [
            tag(
                "line",
                class_="censored",
                x1=x(t),
                x2=x(t),
                y1=y(curve.share_at(t)) - 5,
                y2=y(curve.share_at(t)) + 5,
            )
            for t in curve.censored
        ]
        head = f"still watched, {curve.name}:"
        named, tall = wrapped(40, below + 6, head, WIDTH - 44, class_="tick")
        key = tag("line", class_=f"step step-{index % 4}", x1=4, x2=32, y1=below + 1, y2=below + 1)
        parts += [key, *named]
        parts += [
            text(x(m), below + 6 + tall, str(curve.at_risk_at(m)), class_="tick", text_anchor="middle")
            for m in marks
        ]
        below += tall + LINE + 8
    rows = tuple(
        (c.name, label(m), f"{c.share_at(m) * 100:.0f}", str(c.at_risk_at(m))) for c in curves for m in marks
    )
    said = " ".join(
        f"{c.name}: {c.share_at(marks[-1]) * 100:.0f} of 100 at {label(marks[-1])} {unit}." for c in curves
    )
    height = below
    return Chart(
        drawing(id, title, WIDTH, height, parts, "survival"),
        f"{title}. {said}",
        ("group", unit, "of 100", "still watched"),
        rows,
    )
