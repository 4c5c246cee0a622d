"""The style of a page loses idle white space, and nothing of what it writes."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from proband.pages.rendering import asset, style

SHEETS = sorted(
    path.name.removesuffix(".css")
    for path in files("proband.pages").joinpath("assets").iterdir()
    if path.name.endswith(".css")
)

STRING = r""""[^"\n]*"|'[^'\n]*'"""


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_string_of_a_sheet_is_kept(sheet: str) -> None:
    written = re.sub(r"/\*.*?\*/", "", asset(f"{sheet}.css"), flags=re.DOTALL)
    strings = re.findall(STRING, written)
    kept = re.findall(STRING, style(sheet))
    assert kept[len(kept) - len(strings) :] == strings
    assert "\n\n" not in style(sheet)
