"""What the parts of the ISNCSCI sheet are drawn with: its inks, its words, its groups with a title."""

from __future__ import annotations

from html import escape
from typing import Final

from proband.pages.charts.svg import tag
from proband.pages.charts.svg import text as svg_text

INK: Final = "#1a1a1a"
RULE: Final = "#5a5a5a"
FAINT: Final = "#f4f4f4"

_HALO: Final = {"stroke": "#ffffff", "stroke_width": 1.6, "paint_order": "stroke", "stroke_linejoin": "round"}


def words(
    x: float,
    y: float,
    text: str,
    *,
    size: float = 11,
    anchor: str | None = None,
    weight: str | None = None,
    halo: bool = False,
) -> str:
    """A text; with a halo it stays readable on a pattern."""
    more = _HALO if halo else {}
    return svg_text(x, y, text, font_size=size, font_weight=weight, text_anchor=anchor, **more)


def group(title: str, *parts: str, key: str | None = None) -> str:
    """Some parts with the title that says what they show, and the exchange keys by which an entry form finds them."""
    return tag("g", tag("title", escape(title)) + "".join(parts), data_key=key)
