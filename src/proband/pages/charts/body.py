"""Where feeling is kept: a body from the front and from the back, each dermatome by how it was felt. A schematic, and no map of where to test."""

from __future__ import annotations

from collections.abc import Mapping

from proband.pages.charts.svg import Chart, drawing, tag

Points = tuple[tuple[float, float], ...]
#: half of a body's width, and its height, in units of the drawing
HALF, HIGH = 52.0, 308.0
WORDS = {
    "normal": "normal", "changed": "changed", "absent": "absent", "untested": "not all tested", "open": "not entered yet",
}  # fmt: skip
#: the bands of the trunk, one below the other
_TRUNK = (*(f"T{n}" for n in range(2, 13)), "L1")
_ARM: tuple[tuple[str, Points], ...] = (
    ("C5", ((34, 54), (40, 60), (46, 104), (40, 106), (34, 71))),
    ("T2", ((29, 69), (34, 71), (40, 106), (35, 101))),
    ("C6", ((40, 106), (46, 104), (51, 154), (49, 164), (46, 164), (45, 140))),
    ("T1", ((35, 101), (40, 106), (42, 122), (43, 138), (39, 138))),
    ("C7", ((40, 106), (45, 140), (46, 164), (46, 176), (42, 176), (42, 148), (43, 138), (42, 122))),
    ("C8", ((39, 138), (43, 138), (42, 148), (42, 176), (38, 170))),
)
_FRONT: tuple[tuple[str, Points], ...] = (
    ("C2", ((10, 9), (13, 12), (13, 28), (9, 36), (8, 36), (10, 24))),
    ("C3", ((0, 40), (8, 36), (9, 46), (0, 48))),
    ("C4", ((0, 48), (9, 46), (34, 54), (34, 66), (0, 66))),
    *_ARM,
    ("L2", ((1, 162), (25, 162), (26, 186), (2, 194))),
    ("L3", ((2, 194), (26, 186), (24, 224), (3, 228))),
    ("L4", ((3, 228), (13, 226), (12, 290), (5, 290))),
    ("L5", ((13, 226), (24, 224), (20, 290), (17, 290), (19, 304), (4, 304), (5, 290), (12, 290))),
    ("S1", ((17, 290), (20, 290), (24, 304), (19, 304))),
)
_BACK: tuple[tuple[str, Points], ...] = (
    ("C2", ((0, 5), (9, 7), (13, 12), (13, 26), (9, 36), (0, 36))),
    ("C3", ((0, 36), (9, 36), (9, 46), (0, 48))),
    ("C4", ((0, 48), (9, 46), (34, 54), (34, 66), (0, 66))),
    *_ARM,
    ("S4-5", ((0, 168), (5, 168), (6, 186), (0, 186))),
    ("S3", ((0, 162), (13, 162), (13, 184), (6, 190), (1, 190), (0, 186), (6, 186), (5, 168), (0, 168))),
    ("L2", ((13, 162), (25, 162), (26, 180), (13, 176))),
    ("L3", ((13, 176), (26, 180), (25, 202), (17, 196), (13, 184))),
    ("L5", ((17, 196), (25, 202), (23, 226), (21, 288), (17, 288), (18, 228))),
    ("S2", ((1, 190), (6, 190), (13, 184), (17, 196), (15, 230), (12, 268), (6, 268), (3, 228))),
    ("S1", ((15, 230), (17, 196), (18, 228), (17, 288), (21, 288), (22, 304), (4, 304), (6, 268), (12, 268))),
)  # fmt: skip


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
    # no dermatome of the cord: the face is felt by a nerve of the head
    parts.append(tag("ellipse", class_="face", cx=HALF + 2, cy=22, rx=11, ry=17))
    for view, shapes, middle in (("front", _FRONT, HALF + 2), ("back", _BACK, 3 * HALF + 22)):
        for side in ("right", "left"):
            # the person's right is on the left of whoever stands before them, and on the right of whoever stands behind
            outward = -1 if (side == "right") == (view == "front") else 1
            for level, points in (*_trunk(), *shapes):
                state = felt.get((side, level), "open")
                place = "".join(
                    f"{'L' if n else 'M'}{middle + outward * x:g} {y:g}" for n, (x, y) in enumerate(points)
                )
                fill = f"url(#{id}-{state})" if state in ("changed", "untested") else None
                title = tag("title", f"{side} {level}: {WORDS[state]}")
                parts.append(tag("path", title, class_=f"felt {state}", d=f"{place}Z", fill=fill))
    words = _words(felt)
    rows = tuple(
        (level, WORDS[felt.get(("right", level), "open")], WORDS[felt.get(("left", level), "open")])
        for level in dict.fromkeys(level for _, level in felt)
    )
    svg = drawing(id, "Feeling by dermatome, from the front and from the back", 4 * HALF + 24, HIGH, parts, "body", words)  # fmt: skip
    return Chart(svg, words, ("level", "right", "left"), rows)


def _trunk() -> list[tuple[str, Points]]:
    found: list[tuple[str, Points]] = []
    for place, level in enumerate(_TRUNK):
        top, end = 66 + 8.0 * place, 66 + 8.0 * (place + 1)
        wide = [29 - 4 * abs(y - 66) / 72 if y < 138 else 25 for y in (top, end)]
        found.append((level, ((0, top), (wide[0], top), (wide[1], end), (0, end))))
    return found


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
