"""Where feeling is kept: a body from the front and from the back, each dermatome by how it was felt. A schematic, and no map of where to test."""

from __future__ import annotations

from collections.abc import Mapping

from proband.pages.charts.svg import Chart, drawing, tag
from proband.pages.examination.isncsci_body import DERMATOME, HEIGHT, UNTESTED, Polygon, View

#: half of a body's width in units of the drawing
HALF = 64.0
WORDS = {
    "normal": "normal", "changed": "changed", "absent": "absent", "untested": "not all tested", "open": "not entered yet",
}  # fmt: skip


def body_chart(id: str, felt: Mapping[tuple[str, str], str]) -> Chart:
    """The drawing, what it shows in words, and the same as a table.

    Parameters
    ----------
    id
        A name for the drawing, once on a page.
    felt
        (``right`` or ``left``, dermatome) → one of the keys of :data:`WORDS`.
    """
    marks = [
        _pattern(f"{id}-changed", "M0 5L5 0", "body-hatch"),
        _pattern(f"{id}-untested", "M1 1h1.4v1.4h-1.4zM3.5 3.5h1.4v1.4h-1.4z", "body-dots"),
    ]
    parts = [tag("defs", "".join(marks))]
    middles: dict[View, float] = {"front": HALF, "back": 3 * HALF + 16}
    for view, middle in middles.items():
        for side in ("right", "left"):
            # the person's right is on the left of whoever stands before them, and on the right of whoever stands behind
            outward = -1 if (side == "right") == (view == "front") else 1
            parts.append(tag("path", class_="face", d=_path((UNTESTED[view],), middle, outward)))
            for level, polygons in DERMATOME[view].items():
                state = felt.get((side, level), "open")
                fill = f"url(#{id}-{state})" if state in ("changed", "untested") else None
                title = tag("title", f"{side} {level}: {WORDS[state]}")
                parts.append(
                    tag("path", title, class_=f"felt {state}", d=_path(polygons, middle, outward), fill=fill)
                )
    words = _words(felt)
    rows = tuple(
        (level, WORDS[felt.get(("right", level), "open")], WORDS[felt.get(("left", level), "open")])
        for level in dict.fromkeys(level for _, level in felt)
    )
    svg = drawing(id, "Feeling by dermatome, from the front and from the back", 4 * HALF + 16, HEIGHT, parts, "body", words)  # fmt: skip
    return Chart(svg, words, ("level", "right", "left"), rows)


def _path(polygons: tuple[Polygon, ...], middle: float, outward: int) -> str:
    return "".join(
        "".join(f"{'L' if n else 'M'}{middle + outward * x:g} {y:g}" for n, (x, y) in enumerate(points)) + "Z"
        for points in polygons
    )


def _pattern(id: str, path: str, class_: str) -> str:
    ground = tag("rect", width=5, height=5, class_="body-ground")
    return tag("pattern", ground + tag("path", d=path, class_=class_), id=id, width=5, height=5, patternUnits="userSpaceOnUse")  # fmt: skip


def _words(felt: Mapping[tuple[str, str], str]) -> str:
    """Which dermatomes of each side are how, as runs: "Right: normal C2 to T4; absent T5 to S4-5."."""
    told = []
    for side in ("right", "left"):
        runs: list[tuple[str, list[str]]] = []
        for (where, level), state in felt.items():
            if where != side:
                continue
            if runs and runs[-1][0] == state:
                runs[-1][1].append(level)
            else:
                runs.append((state, [level]))
        words = "; ".join(
            f"{WORDS[state]} {levels[0]}{f' to {levels[-1]}' if len(levels) > 1 else ''}"
            for state, levels in runs
        )
        told.append(f"{side.capitalize()}: {words}.")
    return " ".join(told)
