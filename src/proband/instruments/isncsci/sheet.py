"""The examination sheet as one SVG picture, empty for entry or filled for reading and print, with its
equivalent in text.

Everything that the picture says by tone is said by text too: each cell and each region carries a title, the
whole a description. It is drawn with presentation attributes only, so that it may stand in a page that
forbids inline styles, and it loads nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from proband.instruments.isncsci.body import DERMATOME, HEIGHT, UNTESTED, View, label_place
from proband.instruments.isncsci.classification import Classification, classify
from proband.instruments.isncsci.form import NOTES, TITLE, meaning
from proband.instruments.isncsci.grades import ABNORMAL, stars
from proband.instruments.isncsci.levels import DERMATOMES, KEY_MUSCLE_ACTION, KEY_MUSCLES, SIDES, Side
from proband.instruments.isncsci.model import DAP_KEY, VAC_KEY, Exam, motor_key, prick_key, touch_key

_WIDTH, _LEAST_HEIGHT = 1000, 720
_ROW = 17.0
_TOP = 74.0
_INK, _RULE, _FAINT = "#1a1a1a", "#5a5a5a", "#f4f4f4"

_BOX: Final = f'fill="#ffffff" stroke="{_RULE}" stroke-width="0.8"'
_PER_SIDE: Final = (
    ("Sensory level", "Sensory"),
    ("Motor level", "Motor"),
    ("Sensory ZPP", "SensoryZpp"),
    ("Motor ZPP", "MotorZpp"),
    ("UEMS", "UpperMotorTotal"),
    ("LEMS", "LowerMotorTotal"),
    ("Light touch", "TouchTotal"),
    ("Pinprick", "PrickTotal"),
)
_BOTH_SIDES: Final = (
    ("UEMS", "upperMotorTotal"),
    ("LEMS", "lowerMotorTotal"),
    ("light touch", "touchTotal"),
    ("pinprick", "prickTotal"),
)

# Left edges of the grid's columns; the body stands between the two halves.
_CELL = 46.0
_RIGHT_LEFT_EDGE, _LEFT_LEFT_EDGE = 118.0, 700.0
_FIGURE_TOP, _FIGURE_SCALE = 96.0, 1.36
_FIGURE_MIDDLE: Final[dict[View, float]] = {"front": 390.0, "back": 570.0}

_STATE_WORDS: Final = {
    "normal": "both normal",
    "altered": "one or both reduced",
    "absent": "both absent",
    "unknown": "not testable",
}
_FILL: Final = {
    "normal": "#ffffff",
    "altered": "url(#{p}-altered)",
    "absent": "url(#{p}-absent)",
    "unknown": "url(#{p}-unknown)",
}


def form_svg(
    exam: Exam | None = None, *, classification: Classification | None = None, prefix: str = "isncsci"
) -> str:
    """Draw the examination sheet.

    Parameters
    ----------
    exam
        The examination to show; without one the sheet is empty, for entry by hand or on screen.
    classification
        The answers to show; computed from `exam` when not given.
    prefix
        Begins every id, so that several sheets may stand in one page.

    Returns
    -------
    str
        One ``<svg>`` element, landscape, 1000 × 720 units, longer only where lists of possibilities do not fit their cells. Cells and regions carry ``data-key`` with the
        exchange keys that they show, by which an entry form finds them.

    Raises
    ------
    ValueError
        When `classification` belongs to another examination, or `prefix` is no simple name.
    """
    if not prefix.isidentifier() or not prefix.isascii():
        raise ValueError(f"{prefix!r} cannot begin an id: use letters, digits and _")
    if classification is not None:
        if exam is not None and exam != classification.exam:
            raise ValueError("the classification belongs to another examination")
        exam = classification.exam
    elif exam is not None:
        classification = classify(exam)
    below, height = _below(exam, classification)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:g}" role="img" '
        f'aria-labelledby="{prefix}-title {prefix}-desc" font-family="sans-serif" font-size="11" fill="{_INK}">',
        f'<title id="{prefix}-title">{escape(TITLE)}</title>',
        f'<desc id="{prefix}-desc">{escape(form_text(exam, classification=classification))}</desc>',
        _patterns(prefix),
        f'<rect width="{_WIDTH}" height="{height:g}" fill="#ffffff"/>',
        _text(20, 26, TITLE, size=17, weight="bold"),
        _text(20, 44, "The right side of the person stands on the left of the sheet.", size=10),
        *_grid(exam),
        *_figures(exam, prefix),
        *below,
        "</svg>",
    ]
    return "\n".join(parts)


def form_text(exam: Exam | None = None, *, classification: Classification | None = None) -> str:
    """The sheet in words, line by line: what a screen reader reads instead of the picture, and what is
    printed without it.
    """
    if exam is None and classification is not None:
        exam = classification.exam
    lines = [
        f"{TITLE}. Columns: level; right motor, light touch, pinprick; left light touch, pinprick, motor."
    ]
    if exam is None:
        lines.append("Empty sheet with one row for each level from C2 to S4-5.")
        lines += [f"{level}: {KEY_MUSCLE_ACTION.get(level, 'no key muscle')}" for level in DERMATOMES]
        lines.append(
            "Then voluntary anal contraction, deep anal pressure, and the lowest non-key muscle on each side."
        )
        return "\n".join((*lines, *NOTES))
    if classification is None:
        classification = classify(exam)
    for level in DERMATOMES:
        right, left = (
            [
                exam.touch(side, level),
                exam.prick(side, level),
                *([exam.muscle(side, level)] if level in KEY_MUSCLES else []),
            ]
            for side in SIDES
        )
        lines.append(f"{level}: right {_words(right)}; left {_words(left)}")
    lines.append(f"Voluntary anal contraction {exam.vac()}; deep anal pressure {exam.dap()}.")
    lines.append(
        "Lowest non-key muscle with function: "
        + "; ".join(f"{side} {exam.non_key(side) or 'not recorded'}" for side in SIDES)
        + "."
    )
    lines += [f"{label}: {answer}." for label, answer in _answers(classification)]
    return "\n".join((*lines, *classification.warnings, *NOTES))


def _words(values: list[str]) -> str:
    names = ("light touch", "pinprick", "motor")
    return ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=False))


def _answers(found: Classification) -> Iterator[tuple[str, str]]:
    for derivation in found.derivations.values():
        title = (
            derivation.title
            if derivation.title.isupper()
            else derivation.title[0].upper() + derivation.title[1:]
        )
        yield title, derivation.result


# The grid of values.


def _grid(exam: Exam | None) -> Iterator[str]:
    for side, edge in (("right", _RIGHT_LEFT_EDGE), ("left", _LEFT_LEFT_EDGE)):
        names = (
            ("Motor", "Light touch", "Pinprick") if side == "right" else ("Light touch", "Pinprick", "Motor")
        )
        yield _text(edge + 1.5 * _CELL, _TOP - 16, side.upper(), size=13, anchor="middle", weight="bold")
        for i, name in enumerate(names):
            yield _text(edge + (i + 0.5) * _CELL, _TOP - 4, name, size=8.5, anchor="middle")
    for row, level in enumerate(DERMATOMES):
        y = _TOP + row * _ROW
        action = KEY_MUSCLE_ACTION.get(level)
        for side in SIDES:
            edge = _RIGHT_LEFT_EDGE if side == "right" else _LEFT_LEFT_EDGE
            middle = y + 0.7 * _ROW
            if side == "right":
                yield _text(
                    edge - 6,
                    middle,
                    f"{action.capitalize()}  {level}" if action else level,
                    size=9,
                    anchor="end",
                )
            else:
                label = f"{level}  {action.capitalize()}" if action else level
                yield _text(edge + 3 * _CELL + 6, middle, label, size=9)
            for column, key, name, value in _cells(exam, side, level):
                yield _cell(edge + column * _CELL, y, key, f"{side.capitalize()} {level} {name}", value)


def _cells(exam: Exam | None, side: Side, level: str) -> Iterator[tuple[int, str, str, str | None]]:
    """Column, exchange key, name and value of the cells of one row on one side."""
    touch, prick, motor = (1, 2, 0) if side == "right" else (0, 1, 2)
    yield touch, touch_key(side, level), "light touch", exam.touch(side, level) if exam else None
    yield prick, prick_key(side, level), "pinprick", exam.prick(side, level) if exam else None
    if level in KEY_MUSCLES:
        yield motor, motor_key(side, level), "motor", exam.muscle(side, level) if exam else None


def _cell(x: float, y: float, key: str, name: str, value: str | None) -> str:
    title = f"{name}: {value}, {meaning(key, value)}" if value else f"{name}: empty"
    normal = value in (None, "5" if key.endswith("Motor") else "2")
    box = (
        f'<rect x="{x:g}" y="{y:g}" width="{_CELL:g}" height="{_ROW:g}" '
        f'fill="{"#ffffff" if normal else "#fbe8c8"}" stroke="{_RULE}" stroke-width="0.8"/>'
    )
    text = _text(x + _CELL / 2, y + 0.74 * _ROW, value, anchor="middle", size=12) if value else ""
    return f"<g data-key={quoteattr(key)}><title>{escape(title)}</title>{box}{text}</g>"


# The body.


def _figures(exam: Exam | None, prefix: str) -> Iterator[str]:
    yield _text(480, _TOP - 16, "Dermatomes, schematic", size=12, anchor="middle", weight="bold")
    yield _text(480, _TOP - 4, "where a value lies, not where to test", size=8.5, anchor="middle")
    for view, middle in _FIGURE_MIDDLE.items():
        yield _text(middle, _FIGURE_TOP - 4, "Front" if view == "front" else "Back", anchor="middle")
        # Seen from the front, the person's right is on the viewer's left; from the back it is on the right.
        for side in SIDES:
            sign = -1 if (side == "right") == (view == "front") else 1
            yield f'<path d="{_path(UNTESTED[view], middle, sign)}" fill="{_FAINT}" stroke="{_RULE}" stroke-width="0.5"/>'
            for level, polygons in DERMATOME[view].items():
                yield _region(
                    exam, side, level, [_path(polygon, middle, sign) for polygon in polygons], prefix
                )
            yield _text(
                middle + sign * 52,
                _FIGURE_TOP + 40 * _FIGURE_SCALE,
                side[0].upper(),
                anchor="middle",
                size=12,
                weight="bold",
            )
        for level in DERMATOME[view]:
            x, y = label_place(level, view)
            place = (middle + x * _FIGURE_SCALE, _FIGURE_TOP + y * _FIGURE_SCALE + 2.4)
            yield _text(*place, level, anchor="middle", size=6.2, halo=True)
    yield from _legend(prefix)


def _region(exam: Exam | None, side: Side, level: str, paths: list[str], prefix: str) -> str:
    keys = f"{touch_key(side, level)} {prick_key(side, level)}"
    if exam is None:
        title, fill = f"{side.capitalize()} {level}", _FILL["normal"]
    else:
        touch, prick = exam.touch(side, level), exam.prick(side, level)
        title = f"{side.capitalize()} {level}: light touch {touch}, pinprick {prick}"
        fill = _FILL[_state(touch, prick)].format(p=prefix)
    shape = "".join(f'<path d="{path}" fill="{fill}" stroke="{_RULE}" stroke-width="0.5"/>' for path in paths)
    return f"<g data-key={quoteattr(keys)}><title>{escape(title)}</title>{shape}</g>"


def _state(touch: str, prick: str) -> str:
    """The tone of a region: the worse of both qualities; two stars count as normal, as in the
    classification.
    """
    values = [value for value in (touch, prick) if value != "2" and stars(value) < 2]
    if not values:
        return "normal"
    if touch.rstrip("*") == prick.rstrip("*") == "0":
        return "absent"
    return "altered" if any(value in ABNORMAL for value in values) else "unknown"


def _path(polygon: tuple[tuple[float, float], ...], middle: float, sign: int) -> str:
    points = (
        f"{middle + sign * x * _FIGURE_SCALE:.1f},{_FIGURE_TOP + y * _FIGURE_SCALE:.1f}" for x, y in polygon
    )
    return "M" + "L".join(points) + "Z"


def _patterns(prefix: str) -> str:
    return (
        "<defs>"
        f'<pattern id="{prefix}-altered" width="5" height="5" patternUnits="userSpaceOnUse">'
        '<rect width="5" height="5" fill="#fbe8c8"/><path d="M0,5L5,0" stroke="#b07a1e" stroke-width="0.9"/></pattern>'
        f'<pattern id="{prefix}-absent" width="4" height="4" patternUnits="userSpaceOnUse">'
        '<rect width="4" height="4" fill="#c9c9c9"/><path d="M0,4L4,0M0,0L4,4" stroke="#6e6e6e" stroke-width="0.6"/></pattern>'
        f'<pattern id="{prefix}-unknown" width="4" height="4" patternUnits="userSpaceOnUse">'
        '<rect width="4" height="4" fill="#e6eefa"/><circle cx="2" cy="2" r="0.8" fill="#3b5b92"/></pattern>'
        "</defs>"
    )


def _legend(prefix: str) -> Iterator[str]:
    x = 290.0
    y = _FIGURE_TOP + HEIGHT * _FIGURE_SCALE + 14
    for state, words in _STATE_WORDS.items():
        fill = _FILL[state].format(p=prefix)
        yield f'<rect x="{x:g}" y="{y:g}" width="13" height="11" fill="{fill}" stroke="{_RULE}" stroke-width="0.6"/>'
        yield _text(x + 17, y + 9.4, words, size=9)
        x += 28 + 4.7 * len(words)


# Below the grid.


def _below(exam: Exam | None, found: Classification | None) -> tuple[list[str], float]:
    """What stands below the grid, and the height of the whole sheet."""
    parts: list[str] = []
    in_full: list[str] = []
    y: float = _TOP + len(DERMATOMES) * _ROW + 22

    def answer(key: str) -> str:
        return found[key] if found else ""

    def plain(x: float, y: float, name: str, text: str, width: float) -> None:
        title = f"{name}: {text or 'empty'}"
        shown, size = _fitted(text, width)
        if shown != text:
            in_full.append(title)
        box = f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{_ROW:g}" {_BOX}/>'
        label = _text(x + width / 2, y + 0.74 * _ROW, shown, anchor="middle", size=size) if shown else ""
        parts.append(f"<g><title>{escape(title)}</title>{box}{label}</g>")

    for i, (key, label, value) in enumerate(
        (
            (VAC_KEY, "Voluntary anal contraction", exam.vac() if exam else None),
            (DAP_KEY, "Deep anal pressure", exam.dap() if exam else None),
        )
    ):
        x = 20.0 + 330 * i
        parts += [_text(x, y + 12, label, size=10), _cell(x + 150, y, key, label, value)]
    for i, side in enumerate(SIDES):
        label = f"{side.capitalize()} lowest non-key muscle"
        x = 20.0 + 330 * i
        parts.append(_text(x, y + 36, label, size=10))
        plain(x + 150, y + 24, label, (exam.non_key(side) or "none") if exam else "", _CELL)
    y += 58
    for i, (label, key) in enumerate(
        (
            ("Neurological level of injury", "neurologicalLevelOfInjury"),
            ("Completeness", "injuryComplete"),
            ("AIS", "asiaImpairmentScale"),
        )
    ):
        x = 20.0 + 330 * i
        parts.append(_text(x, y + 12, label, size=10, weight="bold"))
        plain(x + 150, y, label, answer(key), 150)
    y += 26
    width = 113.0
    for i, (label, name) in enumerate(_PER_SIDE):
        x = 66 + i * width
        parts.append(_text(x + width / 2, y + 8, label, size=9, anchor="middle"))
        for j, side in enumerate(SIDES):
            plain(x, y + 13 + j * _ROW, f"{side.capitalize()} {label}", answer(f"{side}{name}"), width)
    parts += [
        _text(60, y + 26 + j * _ROW, side.capitalize(), size=10, anchor="end") for j, side in enumerate(SIDES)
    ]
    sums = "; ".join(f"{label} {answer(key) or '____'}" for label, key in _BOTH_SIDES)
    parts.append(_text(66, y + 60, f"Both sides: {sums}", size=10))
    y += 60
    for title in in_full:
        for line in textwrap.wrap(title.replace(",", ", "), 190):
            y += 12
            parts.append(_text(20, y, line, size=9))
    return parts, max(y + 12, _LEAST_HEIGHT)


def _fitted(text: str, width: float) -> tuple[str, float]:
    """A text and its size for a cell: a long one is set smaller, and cut with a mark when it still does not fit."""
    size = 11.0 if len(text) * 6 < width else 8.0
    room = int(width / (0.56 * size))
    return (text if len(text) <= room else text[: room - 1] + "…"), size


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: float = 11,
    anchor: str = "start",
    weight: str = "normal",
    halo: bool = False,
) -> str:
    extra = "" if weight == "normal" else f' font-weight="{weight}"'
    extra += "" if anchor == "start" else f' text-anchor="{anchor}"'
    extra += (
        ' stroke="#ffffff" stroke-width="1.6" paint-order="stroke" stroke-linejoin="round"' if halo else ""
    )
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}"{extra}>{escape(text)}</text>'
