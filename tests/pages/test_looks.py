"""Approved pictures of the pages: a change of how they look is seen, and somebody says that it is meant.

After a change that is meant: ``PROBAND_APPROVE=1 python -m pytest tests/pages/test_looks.py`` writes the pictures anew (with ``PROBAND_NIGHTLY=1`` the
whole matrix); look at what git shows as changed in ``tests/pages/looks``, and commit it.
"""

from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from cheats import honest, ledger
from looking import CELL, MOST_CELLS, Look, cells_that_differ, every_look, kept, looked_at, small
from PIL import Image
from small_ledgers import built

from proband.pages.catalogue import Catalogue
from proband.pages.declaration import ProgrammeInputs, own_page, pages_of_programme
from proband.pages.ledger import Ledger
from proband.pages.serving import server
from proband.programme import load
from proband.trial.headline.claimed import ClaimedHeadlines

pytestmark = pytest.mark.browser

APPROVED = Path(__file__).parent / "looks"
APPROVE = bool(os.environ.get("PROBAND_APPROVE"))
NIGHTLY = bool(os.environ.get("PROBAND_NIGHTLY"))
#: a bundle that stands for any other; claims with figures come from the honest page of the cheats, which changes with nobody's evidence
BUNDLE = Path(__file__).parents[1] / "programmes" / "donor-cells-masked"
PAGE = BUNDLE.name
DAY_OF_LOOKS = date(2026, 12, 1)
#: what shows every kind of chart
WHOLE = "spinal-cord-autologous"
#: a few ways to look in each run
FEW = [
    Look(PAGE, 390, "light", False),
    Look(PAGE, 390, "dark", True),
    Look(PAGE, 1280, "light", False),
    Look(f"{PAGE}-lay-summary", 768, "print", False),
]
#: the sides of a pixel of the matrix, in pixels of the screen: 24 ways to look at a page in one small picture
COARSE = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("looks")
    programme = load(BUNDLE, on=DAY_OF_LOOKS)
    data = honest()
    # a difference within the study is what a picture stands for
    for one in data["claims"]:
        if one["kind"] in {"benefit", "harm"}:
            one["slots"]["more"] = {"type": "difference", "of": "cells", "minus": "care"}
    figures = ledger(data)
    ours = replace(
        Ledger.of(programme, DAY_OF_LOOKS),
        claims=figures.claims,
        sources=figures.sources,
        facts=figures.facts,
    )
    inputs = ProgrammeInputs(
        programme, ours, ClaimedHeadlines(programme.id, programme.hash, ()), None, Catalogue(), [own_page(programme)], None
    )  # fmt: skip
    for declared in pages_of_programme():
        if (
            declared.public
            and not declared.of_record
            and declared.where(programme)
            and (page := declared.make(inputs))
        ):
            (made / declared.link(programme).href).write_text(page.html, encoding="utf-8")
    if NIGHTLY:
        built(WHOLE).write(made)
    return made


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    running = server(folder)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


def held(name: str, now: Image.Image, tmp_path: Path, most: int = MOST_CELLS) -> None:
    """Hold a picture to the approved one; where pictures are approved it becomes that."""
    path = APPROVED / f"{name}.png"
    if APPROVE:
        if not path.is_file() or cells_that_differ(Image.open(path), now) > most:
            path.write_bytes(kept(now))
        pytest.skip(f"{path.name} approved: look at it")
    assert path.is_file(), f"nobody has approved {path.name}"
    approved = Image.open(io.BytesIO(path.read_bytes()))
    differ = cells_that_differ(approved, now)
    if differ > most:
        seen = tmp_path / path.name
        seen.write_bytes(kept(now))
        raise AssertionError(
            f"{path.name} looks different in {differ} places: compare {seen}; PROBAND_APPROVE=1 approves"
        )


@pytest.mark.parametrize("look", FEW, ids=lambda look: look.name)
def test_a_page_looks_as_it_was_approved(browser: Any, address: str, look: Look, tmp_path: Path) -> None:
    held(look.name, small(looked_at(browser, address, look), CELL), tmp_path)


def test_every_letter_that_is_looked_at_is_of_the_one_font(folder: Path) -> None:
    """A letter that it lacks is lent by a font of the machine, and the picture is then that machine's alone."""
    from reportlab.pdfbase.ttfonts import TTFontFile

    has = TTFontFile(io.BytesIO((files("reportlab") / "fonts" / "Vera.ttf").read_bytes())).charToGlyph
    for page in {look.page for look in FEW} | (set(IN_EVERY_WAY) if NIGHTLY else set()):
        html = (folder / f"{page}.html").read_text(encoding="utf-8")
        text = unescape(re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL))
        assert {letter for letter in text if ord(letter) not in has and not letter.isspace()} == set(), page


#: what a change of style or template does to a page, and an eye sees
SEEN = {
    "moved": ".fact__rows { transform: translateX(14px); }",
    "moved down": "h1 { position: relative; inset-block-start: 9px; }",
    "gone": ".fact__rows dt { visibility: hidden; }",
    "another colour": "h1 { color: #0a8f4f !important; }",
    "another ground": ".fact { background: #e8f6ec !important; }",
    "smaller": ".fact__rows { font-size: 0.8em !important; }",
    "a drawing gone": "main svg { opacity: 0 !important; }",
    "not so bold": "h1, h2, dt { font-weight: 400 !important; }",
}
#: what another machine does to the edges of letters, and nobody sees
UNSEEN = {
    "a third of a pixel": "main { transform: translate(0.3px, 0.3px); }",
    "other smoothing": "body { -webkit-font-smoothing: antialiased; }",
    "nearly the colour": "h1 { opacity: 0.97; }",
}


@pytest.mark.parametrize("change", [*SEEN, *UNSEEN])
def test_a_change_that_an_eye_sees_is_noticed_and_no_other(browser: Any, address: str, change: str) -> None:
    look = FEW[0]
    plain = small(looked_at(browser, address, look), CELL)
    as_kept = Image.open(io.BytesIO(kept(plain)))
    assert cells_that_differ(as_kept, plain) <= MOST_CELLS
    changed = small(looked_at(browser, address, look, {**SEEN, **UNSEEN}[change]), CELL)
    assert (cells_that_differ(as_kept, changed) > MOST_CELLS) is (change in SEEN)


#: pages that are looked at in all 24 ways
IN_EVERY_WAY = ["index", WHOLE, *(f"{WHOLE}-{page}" for page in ("aftercare", "article", "box"))]


@pytest.mark.skipif(not NIGHTLY, reason="a page in all 24 ways takes minutes: nightly (PROBAND_NIGHTLY=1)")
@pytest.mark.parametrize("page", IN_EVERY_WAY)
def test_a_page_looks_as_it_was_approved_in_every_way(
    browser: Any, address: str, page: str, tmp_path: Path
) -> None:
    found = [small(looked_at(browser, address, look), COARSE) for look in every_look(page)]
    sheet = Image.new("RGB", (sum(each.width for each in found), max(each.height for each in found)), "white")
    at = 0
    for each in found:
        sheet.paste(each, (at, 0))
        at += each.width
    held(f"every-{page}", sheet, tmp_path)


def test_every_approved_picture_is_held_to_a_page_and_they_stay_small() -> None:
    found = sorted(APPROVED.glob("*.png"))
    assert {path.stem for path in found} == {
        *(look.name for look in FEW),
        *(f"every-{page}" for page in IN_EVERY_WAY),
    }
    assert sum(path.stat().st_size for path in found) <= 2_000_000
