"""No cell of a table changes in silence: whatever else is made of it, the handbook prints every cell of every table of a bundle."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from test_every_number import PROGRAMMES

from proband.pages.catalogue import Catalogue
from proband.pages.handbook import handbook_page
from proband.pages.ledger import Ledger
from proband.programme import load


@pytest.mark.parametrize("bundle", PROGRAMMES, ids=lambda one: Path(one).name)
def test_the_handbook_prints_every_cell_of_every_table(bundle: str) -> None:
    programme = load(bundle)
    html = handbook_page(programme, Ledger.of(programme), Catalogue()).html
    for name, table in programme.tables.items():
        printed = html[html.index(f'<table data-bundle="{name}">') :]
        printed = printed[: printed.index("</table>")]
        rows = re.findall(r"<tr data-source=.*?</tr>", printed, re.DOTALL)
        cells = [[unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)] for row in rows]
        assert cells == [[row[column] or "" for column in table.header] for row in table.rows], name
