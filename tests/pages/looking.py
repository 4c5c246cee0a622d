"""Pictures of pages, made small and compared as an eye would: what moved, is gone or has another colour is seen, the edge of a letter is not.

The reader's own fonts differ from machine to machine; here every letter is Bitstream Vera's, which comes with reportlab.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from PIL import Image, ImageChops

#: the sides of a cell over which colours are averaged before two pictures are compared, in pixels of the screen
CELL = 8
#: how far a cell's colour may be from the approved one, of 255, before it counts as another …
FURTHEST = 20
#: … and in how many cells a picture may differ: a line of text that moves is dozens
MOST_CELLS = 3
#: how much of a page is looked at, in pixels of the screen
TALLEST = 6000
WIDTHS = (320, 390, 768, 1280)
MEDIA = ("light", "dark", "print")


@dataclass(frozen=True, slots=True)
class Look:
    """One way to look at a page: how wide, in which light or on paper, as it comes or with every layer open."""

    page: str
    width: int
    medium: str
    opened: bool

    @property
    def name(self) -> str:
        """What its picture is called."""
        return f"{self.page}-{self.width}-{self.medium}-{'opened' if self.opened else 'first'}"


def every_look(page: str) -> Iterator[Look]:
    """All 24 ways to look at a page."""
    return (
        Look(page, width, medium, opened) for opened in (False, True) for medium in MEDIA for width in WIDTHS
    )


@cache
def _one_font() -> str:
    faces = []
    for name, weight, style in (("Vera", 400, "normal"), ("VeraBd", 700, "normal"), ("VeraIt", 400, "italic"), ("VeraBI", 700, "italic")):  # fmt: skip
        data = base64.b64encode((files("reportlab") / "fonts" / f"{name}.ttf").read_bytes()).decode()
        faces.append(
            f"@font-face {{ font-family: Look; font-weight: {weight}; font-style: {style}; src: url(data:font/ttf;base64,{data}); }}"
        )
    still = "*, *::before, *::after { font-family: Look !important; animation: none !important; transition: none !important; caret-color: transparent !important; }"
    return "\n".join([*faces, still])


def looked_at(browser: Any, address: str, look: Look, more: str = "") -> Image.Image:
    """The picture of a page, its first :data:`TALLEST` pixels; ``more`` is a style that a test puts upon it."""
    context = browser.new_context(
        viewport={"width": look.width, "height": 900}, bypass_csp=True, reduced_motion="reduce"
    )
    page = context.new_page()
    page.emulate_media(
        color_scheme="dark" if look.medium == "dark" else "light",
        media="print" if look.medium == "print" else "screen",
    )
    page.goto(f"{address}/{look.page}.html")
    page.add_style_tag(content=_one_font() + more)
    page.evaluate(
        "(open) => document.querySelectorAll('details').forEach((d) => { d.open = open; })", look.opened
    )
    page.evaluate("document.fonts.ready.then(() => document.fonts.size)")
    tall = page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": look.width, "height": min(tall, TALLEST)}
    shot = page.screenshot(full_page=True, clip=clip)
    context.close()
    return Image.open(io.BytesIO(shot)).convert("RGB")


def small(picture: Image.Image, by: int) -> Image.Image:
    """A picture so many times smaller, each pixel the mean of those that it stands for."""
    return picture.reduce(by)


def kept(picture: Image.Image) -> bytes:
    """A picture as it is kept: 32 steps of each colour, and so few bytes."""
    out = io.BytesIO()
    picture.point([value & 0xF8 | 4 for value in range(256)] * 3).save(out, "PNG", optimize=True)
    return out.getvalue()


def cells_that_differ(approved: Image.Image, now: Image.Image, most: int = FURTHEST) -> int:
    """In how many of their pixels two pictures differ to the eye; those of another size differ in all by which one is larger."""
    wide, tall = max(approved.width, now.width), max(approved.height, now.height)
    shared = min(approved.width, now.width), min(approved.height, now.height)
    box = (0, 0, *shared)
    apart = ImageChops.difference(approved.convert("RGB").crop(box), now.convert("RGB").crop(box))
    furthest = ImageChops.lighter(
        ImageChops.lighter(apart.getchannel(0), apart.getchannel(1)), apart.getchannel(2)
    )
    over = sum(furthest.histogram()[most + 1 :])
    return over + wide * tall - shared[0] * shared[1]
