"""The ISNCSCI examination sheet as one SVG picture, empty for entry or filled for reading and print.

Everything that the picture says by tone is said by text too: each cell and each region carries a title, the whole a
description. It is drawn with presentation attributes only, so that it may stand in a page that forbids inline styles, and it
loads nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from html import escape
from typing import Final

from markupsafe import Markup

from proband.instruments.isncsci.classification import Classification, classify
from proband.instruments.isncsci.form import TITLE, meaning
from proband.instruments.isncsci.levels import DERMATOMES, KEY_MUSCLE_ACTION, KEY_MUSCLES, SIDES, Side
from proband.instruments.isncsci.model import DAP_KEY, VAC_KEY, Exam, motor_key, prick_key, touch_key
from proband.instruments.isncsci.sheet import form_text
from proband.pages.charts.svg import tag
from proband.pages.examination.isncsci_figure import figures, patterns
from proband.pages.examination.isncsci_ink import INK, RULE, group, words

_WIDTH, _LEAST_HEIGHT = 1000, 720
_ROW = 17.0
_TOP = 74.0

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


def isncsci_sheet(
    exam: Exam | None = None, *, classification: Classification | None = None, prefix: str = "isncsci"
) -> Markup:
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
    Markup
        One ``<svg>`` element, landscape, 1000 × 720 units, longer only where lists of possibilities do not fit their cells.
        Cells and regions carry ``data-key`` with the exchange keys that they show, by which an entry form finds them.

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
        tag("title", escape(TITLE), id=f"{prefix}-title"),
        tag("desc", escape(form_text(exam, classification=classification)), id=f"{prefix}-desc"),
        patterns(prefix),
        tag("rect", width=_WIDTH, height=height, fill="#ffffff"),
        words(20, 26, TITLE, size=17, weight="bold"),
        words(20, 44, "The right side of the person stands on the left of the sheet.", size=10),
        *_grid(exam),
        *figures(exam, prefix, _TOP),
        *below,
    ]
    return Markup(  # noqa: S704 - every text inside was escaped where it was drawn
        tag("svg", "\n".join(parts), xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH} {height:g}", role="img",
            aria_labelledby=f"{prefix}-title {prefix}-desc", font_family="sans-serif", font_size=11, fill=INK)
    )  # fmt: skip


# The grid of values.


def _grid(exam: Exam | None) -> Iterator[str]:
    for side, edge in (("right", _RIGHT_LEFT_EDGE), ("left", _LEFT_LEFT_EDGE)):
        names = (
            ("Motor", "Light touch", "Pinprick") if side == "right" else ("Light touch", "Pinprick", "Motor")
        )
        yield words(edge + 1.5 * _CELL, _TOP - 16, side.upper(), size=13, anchor="middle", weight="bold")
        for i, name in enumerate(names):
            yield words(edge + (i + 0.5) * _CELL, _TOP - 4, name, size=8.5, anchor="middle")
    for row, level in enumerate(DERMATOMES):
        y = _TOP + row * _ROW
        for side in SIDES:
            edge = _RIGHT_LEFT_EDGE if side == "right" else _LEFT_LEFT_EDGE
            yield _row_label(side, level, edge, y + 0.7 * _ROW)
            for column, key, name, value in _cells(exam, side, level):
                yield _cell(edge + column * _CELL, y, key, f"{side.capitalize()} {level} {name}", value)


def _row_label(side: Side, level: str, edge: float, y: float) -> str:
    action = KEY_MUSCLE_ACTION.get(level, "").capitalize()
    if side == "right":
        return words(edge - 6, y, f"{action}  {level}" if action else level, size=9, anchor="end")
    return words(edge + 3 * _CELL + 6, y, f"{level}  {action}" if action else level, size=9)


def _cells(exam: Exam | None, side: Side, level: str) -> Iterator[tuple[int, str, str, str | None]]:
    """Column, exchange key, name and value of the cells of one row on one side."""
    touch, prick, motor = (1, 2, 0) if side == "right" else (0, 1, 2)
    yield touch, touch_key(side, level), "light touch", exam.touch(side, level) if exam else None
    yield prick, prick_key(side, level), "pinprick", exam.prick(side, level) if exam else None
    if level in KEY_MUSCLES:
        yield motor, motor_key(side, level), "motor", exam.muscle(side, level) if exam else None


def _cell(x: float, y: float, key: str, name: str, value: str | None) -> str:
    """One value in its box; what is not normal stands on a ground of its own."""
    title = f"{name}: {value}, {meaning(key, value)}" if value else f"{name}: empty"
    normal = value in (None, "5" if key.endswith("Motor") else "2")
    return group(
        title, _box(x, y, _CELL, "#ffffff" if normal else "#fbe8c8"), _in_box(x, y, _CELL, value, 12), key=key
    )


def _box(x: float, y: float, width: float, fill: str = "#ffffff") -> str:
    return tag("rect", x=x, y=y, width=width, height=_ROW, fill=fill, stroke=RULE, stroke_width=0.8)


def _in_box(x: float, y: float, width: float, value: str | None, size: float) -> str:
    return words(x + width / 2, y + 0.74 * _ROW, value, anchor="middle", size=size) if value else ""


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
        parts.append(group(title, _box(x, y, width), _in_box(x, y, width, shown, size)))

    for i, (key, label, value) in enumerate(
        (
            (VAC_KEY, "Voluntary anal contraction", exam.vac() if exam else None),
            (DAP_KEY, "Deep anal pressure", exam.dap() if exam else None),
        )
    ):
        x = 20.0 + 330 * i
        parts += [words(x, y + 12, label, size=10), _cell(x + 150, y, key, label, value)]
    for i, side in enumerate(SIDES):
        label = f"{side.capitalize()} lowest non-key muscle"
        x = 20.0 + 330 * i
        parts.append(words(x, y + 36, label, size=10))
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
        parts.append(words(x, y + 12, label, size=9, weight="bold"))
        plain(x + 150, y, label, answer(key), 150)
    y += 26
    width = 113.0
    for i, (label, name) in enumerate(_PER_SIDE):
        x = 66 + i * width
        parts.append(words(x + width / 2, y + 8, label, size=9, anchor="middle"))
        for j, side in enumerate(SIDES):
            plain(x, y + 13 + j * _ROW, f"{side.capitalize()} {label}", answer(f"{side}{name}"), width)
    parts += [
        words(60, y + 26 + j * _ROW, side.capitalize(), size=10, anchor="end") for j, side in enumerate(SIDES)
    ]
    sums = "; ".join(f"{label} {answer(key) or '____'}" for label, key in _BOTH_SIDES)
    parts.append(words(66, y + 60, f"Both sides: {sums}", size=10))
    y += 60
    for title in in_full:
        for line in textwrap.wrap(title.replace(",", ", "), 190):
            y += 12
            parts.append(words(20, y, line, size=9))
    return parts, max(y + 12, _LEAST_HEIGHT)


def _fitted(text: str, width: float) -> tuple[str, float]:
    """A text and its size for a cell: a long one is set smaller, and cut with a mark when it still does not fit."""
    size = 11.0 if len(text) * 6 < width else 8.0
    room = int(width / (0.56 * size))
    return (text if len(text) <= room else text[: room - 1] + "…"), size
