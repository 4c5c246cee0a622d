"""Mutation of tables: a number of any column is refused when it is changed, or changes an answer, a study or a page; what is only printed is listed.

The handbook prints every table whole, so no cell changes in silence. That a column is *only* printed is said here, by its place and with the
reason, so that a column which somebody thinks is calculated with cannot lose its reader unseen.
"""

from __future__ import annotations

import os
import random
import re
from collections import defaultdict
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from altered import Bench, Spot, inside, spots
from readers import READERS
from test_every_number import PROGRAMMES, other

from proband.pages.catalogue import Catalogue
from proband.pages.handbook import handbook_page
from proband.pages.ledger import Ledger
from proband.programme import Programme, load
from proband.terms import ProbandError

NIGHTLY = bool(os.environ.get("PROBAND_NIGHTLY"))
#: cells of a column that are tried before it counts as one that nothing calculates with
CELLS = 5
#: what says where a number was read and when it was held against its text: words for people, held by lints of their own
ABOUT = {"source", "level", "idea_level", "note", "remark", "checked", "checked_in", "was", "id", "ref"}
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")


def columns(bench: Bench) -> dict[tuple[str, str], list[Spot]]:
    """The numbers of every column of every table: whole cells, and where a column has none, numbers inside its words."""
    whole, within = defaultdict(list), defaultdict(list)
    for spot in spots(bench.folder):
        if not spot.file.endswith(".csv") or spot.path[-1] in ABOUT:
            continue
        key = (spot.file, str(spot.path[-1]))
        if _NUMBER.fullmatch(spot.text):
            whole[key].append(spot)
        else:
            within[key] += list(inside(spot))
    return {key: whole[key] or within[key] for key in {*whole, *within} if whole[key] or within[key]}


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


#: columns that nothing calculates with, by bundle, table and column: what they are for
ONLY_PRINTED: dict[tuple[str, str, str], str] = {}


@pytest.mark.skipif(not NIGHTLY, reason="a page and a study for each column: in make nightly")
@pytest.mark.parametrize("bundle", PROGRAMMES, ids=lambda one: Path(one).name)
def test_a_column_is_calculated_with_or_listed(bundle: str, tmp_path: Path) -> None:
    """A cell of each column is changed until one is refused or moves an answer, a study or a page; at most so many."""
    bench = Bench(bundle, tmp_path / Path(bundle).name)
    before, draw = load(bench.folder), random.Random(16)
    said = {name: reader(before) for name, reader in READERS.items()}
    unread = set()
    for (file, column), found in sorted(columns(bench).items()):
        for spot in draw.sample(found, min(CELLS, len(found))):
            problems, after = bench.changed(spot, other(spot.text))
            if after is None or any(problem.severity == "error" for problem in problems):
                break
            if any(_moved(reader, after, said[name]) for name, reader in READERS.items()):
                break
        else:
            unread.add((before.id, file, column))
    listed = {key for key in ONLY_PRINTED if key[0] == before.id}
    assert unread <= listed, (
        f"have these read by something, or list them with what they are for: {sorted(unread - listed)}"
    )


def _moved(reader: Callable[[Programme], str], after: Programme, was: str) -> bool:
    try:
        return reader(after) != was
    except ProbandError:  # it refuses what was changed
        return True
