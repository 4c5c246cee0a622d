"""A survival curve drawn with the numbers at risk below it; the curve itself is computed elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from proband.pages.charts.svg import LINE, WIDTH, Chart, drawing, fitting, label, tag, text, tick, wrapped


@dataclass(frozen=True, slots=True)
class Curve:
    """A step curve: share still free of the event from each time on, and how many were at risk just before it.

    ``times`` start at 0 with share 1 and everyone at risk; ``censored`` are the times at which someone was last seen.
    ``watched`` are all times watched, where they are known: with them the numbers at risk hold at every time. ``low`` and ``high`` are the
    bounds of ``share``, where they are known. A curve of people to whom something happened starts at 0 with share 0.
    """

    name: str
    times: tuple[float, ...]
    share: tuple[float, ...]
    at_risk: tuple[int, ...]
    censored: tuple[float, ...] = ()
    watched: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def _place(self, time: float) -> int:
        return max((at for at, t in enumerate(self.times) if t <= time), default=0)

    def share_at(self, time: float) -> float:
        """The share at a time."""
        return self.share[self._place(time)]

    def words_at(self, time: float) -> str:
        """The share of a hundred at a time, with its interval where there is one."""
        at = self._place(time)
        said = f"{self.share[at] * 100:.0f}"
        if not self.low or self.low[at] == self.high[at]:
            return said
        return f"{said} ({self.low[at] * 100:.0f} to {self.high[at] * 100:.0f})"

    @property
    def end(self) -> float:
        """The last time at which anything is known."""
        return max((*self.times, *self.censored))

    def is_known_at(self, time: float) -> bool:
        """Whether somebody was seen so late, or nobody was left to whom it could happen."""
        return time <= self.end or (self.share[-1] in (0, 1) and len(self.times) > 1)

    def at_risk_at(self, time: float) -> int:
        """How many were still being watched at a time."""
        if self.watched:
            return sum(t >= time for t in self.watched)
        return next((n for t, n in zip(self.times, self.at_risk, strict=True) if t >= time), 0)


def survival(
    id: str,
    title: str,
    unit: str,
    curves: tuple[Curve, ...],
    *,
    rises: bool = False,
    end: float | None = None,
) -> Chart:
    """Draw step curves on an axis from 0 to 100, never a cut one, and the numbers at risk below.

    Parameters
    ----------
    rises
        The curves are of people to whom something happened: they start at none and rise.
    end
        Where the time axis ends at the latest; the last time at which anybody was seen where it is not said.

    Raises
    ------
    ValueError
        If a curve does not begin at time 0 with everyone (or nobody, where it rises), turns, or its columns differ in length.
    """
    start, sense = (0, -1) if rises else (1, 1)
    for curve in curves:
        if not len(curve.times) == len(curve.share) == len(curve.at_risk) or not curve.times:
            raise ValueError(f"{curve.name}: times, shares and numbers at risk differ in length")
        if curve.times[0] != 0 or curve.share[0] != start:
            raise ValueError(f"{curve.name}: the curve must begin at time 0 with {'nobody' if rises else 'everyone'}")  # fmt: skip
        if any((b - a) * sense > 1e-12 for a, b in zip(curve.share, curve.share[1:], strict=False)):
            raise ValueError(f"{curve.name}: the curve turns")
        if any(len(bound) not in (0, len(curve.times)) for bound in (curve.low, curve.high)):
            raise ValueError(f"{curve.name}: shares and bounds differ in length")
    if not curves:
        raise ValueError("a survival chart needs at least one curve")
    left, right, top, bottom = 40.0, WIDTH - 18, 30.0, 230.0
    last = max(curve.end for curve in curves)
    marks = fitting(0, last if end is None else max(last, end), right - left)

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
        path = f"M{x(0):.1f} {y(start):.1f}"
        for time, share in zip(curve.times[1:], curve.share[1:], strict=True):
            path += f"H{x(time):.1f}V{y(share):.1f}"
        path += f"H{x(curve.end):.1f}"
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
            if end is None or m <= end
        ]
        below += tall + LINE + 8
    rows = tuple(
        (
            c.name,
            label(m),
            c.words_at(m) if end is None or c.is_known_at(m) else "not known",
            str(c.at_risk_at(m)),
        )
        for c in curves
        for m in marks
    )
    said = " ".join(f"{c.name}: {c.words_at(c.end)} of 100 at {label(c.end)} {unit}." for c in curves)
    height = below
    return Chart(
        drawing(id, title, WIDTH, height, parts, "survival"),
        f"{title}. {said}",
        ("group", unit, "of 100", "still watched"),
        rows,
    )
