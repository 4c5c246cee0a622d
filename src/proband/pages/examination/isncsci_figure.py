"""The body on the ISNCSCI sheet: each dermatome in the tone of what was felt there, and what the tones mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from proband.instruments.isncsci.grades import ABNORMAL, stars
from proband.instruments.isncsci.levels import SIDES, Side
from proband.instruments.isncsci.model import Exam, prick_key, touch_key
from proband.pages.charts.svg import tag
from proband.pages.examination.isncsci_body import DERMATOME, HEIGHT, UNTESTED, View, label_place
from proband.pages.examination.isncsci_ink import FAINT, RULE, group, words

_FIGURE_TOP, _FIGURE_SCALE = 96.0, 1.36
_FIGURE_MIDDLE: Final[dict[View, float]] = {"front": 390.0, "back": 570.0}

_STATE_WORDS: Final = {
    "normal": "both normal",
    "altered": "one or both reduced",
    "absent": "both absent",
    "unknown": "not testable",
}


def _fill(state: str, prefix: str) -> str:
    return "#ffffff" if state == "normal" else f"url(#{prefix}-{state})"


def patterns(prefix: str) -> str:
    """The grounds of the tones: lines, a lattice, dots, so that colour is never the only sign."""

    def pattern(state: str, size: int, ground: str, sign: str) -> str:
        ground = tag("rect", width=size, height=size, fill=ground)
        return tag(
            "pattern",
            ground + sign,
            id=f"{prefix}-{state}",
            width=size,
            height=size,
            patternUnits="userSpaceOnUse",
        )

    return tag(
        "defs",
        pattern("altered", 5, "#fbe8c8", tag("path", d="M0,5L5,0", stroke="#b07a1e", stroke_width=0.9))
        + pattern(
            "absent", 4, "#c9c9c9", tag("path", d="M0,4L4,0M0,0L4,4", stroke="#6e6e6e", stroke_width=0.6)
        )
        + pattern("unknown", 4, "#e6eefa", tag("circle", cx=2, cy=2, r=0.8, fill="#3b5b92")),
    )


def figures(exam: Exam | None, prefix: str, top: float) -> Iterator[str]:
    """Front and back of the body below the heading at ``top``, with the legend."""
    yield words(480, top - 16, "Dermatomes, schematic", size=12, anchor="middle", weight="bold")
    yield words(480, top - 4, "where a value lies, not where to test", size=8.5, anchor="middle")
    for view, middle in _FIGURE_MIDDLE.items():
        yield words(middle, _FIGURE_TOP - 4, "Front" if view == "front" else "Back", anchor="middle")
        # Seen from the front, the person's right is on the viewer's left; from the back it is on the right.
        for side in SIDES:
            sign = -1 if (side == "right") == (view == "front") else 1
            yield _shape(_path(UNTESTED[view], middle, sign), FAINT)
            for level, polygons in DERMATOME[view].items():
                yield _region(
                    exam, side, level, [_path(polygon, middle, sign) for polygon in polygons], prefix
                )
            yield words(
                middle + sign * 52, _FIGURE_TOP + 40 * _FIGURE_SCALE, side[0].upper(), anchor="middle", size=12, weight="bold"
            )  # fmt: skip
        for level in DERMATOME[view]:
            x, y = label_place(level, view)
            place = (middle + x * _FIGURE_SCALE, _FIGURE_TOP + y * _FIGURE_SCALE + 2.4)
            yield words(*place, level, anchor="middle", size=6.2, halo=True)
    yield from _legend(prefix)


def _region(exam: Exam | None, side: Side, level: str, paths: list[str], prefix: str) -> str:
    if exam is None:
        title, state = f"{side.capitalize()} {level}", "normal"
    else:
        touch, prick = exam.touch(side, level), exam.prick(side, level)
        title, state = (
            f"{side.capitalize()} {level}: light touch {touch}, pinprick {prick}",
            _state(touch, prick),
        )
    keys = f"{touch_key(side, level)} {prick_key(side, level)}"
    return group(title, *(_shape(path, _fill(state, prefix)) for path in paths), key=keys)


def _state(touch: str, prick: str) -> str:
    """The tone of a region: the worse of both qualities; two stars count as normal, as in the classification."""
    values = [value for value in (touch, prick) if value != "2" and stars(value) < 2]
    if not values:
        return "normal"
    if touch.rstrip("*") == prick.rstrip("*") == "0":
        return "absent"
    return "altered" if any(value in ABNORMAL for value in values) else "unknown"


def _shape(path: str, fill: str) -> str:
    return tag("path", d=path, fill=fill, stroke=RULE, stroke_width=0.5)


def _path(polygon: tuple[tuple[float, float], ...], middle: float, sign: int) -> str:
    points = (
        f"{middle + sign * x * _FIGURE_SCALE:.1f},{_FIGURE_TOP + y * _FIGURE_SCALE:.1f}" for x, y in polygon
    )
    return "M" + "L".join(points) + "Z"


def _legend(prefix: str) -> Iterator[str]:
    x = 290.0
    y = _FIGURE_TOP + HEIGHT * _FIGURE_SCALE + 14
    for state, said in _STATE_WORDS.items():
        yield tag(
            "rect", x=x, y=y, width=13, height=11, fill=_fill(state, prefix), stroke=RULE, stroke_width=0.6
        )
        yield words(x + 17, y + 9.4, said, size=9)
        x += 28 + 4.7 * len(said)
