"""The style of a page loses idle white space, and nothing of what it writes."""

from __future__ import annotations

import re

import pytest

from proband.pages.rendering import asset, style

SHEETS = ("style", "document", "card", "demonstration")


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_string_of_a_sheet_is_kept(sheet: str) -> None:
    written = re.sub(r"/\*.*?\*/", "", asset(f"{sheet}.css"), flags=re.DOTALL)
    strings = re.findall(r'"[^"\n]*"', written)
    kept = re.findall(r'"[^"\n]*"', style(sheet))
    assert kept[-len(strings) :] == strings if strings else kept
    assert "\n\n" not in style(sheet)
