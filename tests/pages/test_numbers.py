"""The numbers behind the pictures as a file: every slot once, nothing that a page withholds, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from small_ledgers import SOURCES, small

from proband.pages.ledger import Ledger
from proband.pages.numbers import HEADER, numbers_csv
from proband.pages.site import BuiltSite
from proband.pages.wording import say


def rows(ledger: Ledger) -> list[dict[str, str]]:
    read = list(csv.DictReader(io.StringIO(numbers_csv(ledger))))
    assert not read or tuple(read[0]) == HEADER
    return read


def test_every_slot_stands_once_as_the_page_says_it(ledgers: dict[str, Ledger]) -> None:
    for ledger in ledgers.values():
        found = rows(ledger)
        wanted = [(claim.id, name) for claim in ledger.claims.claims for name in claim.slots]
        assert [(row["claim"], row["slot"]) for row in found] == wanted
        assert len(found) > 20
        for row in found:
            claim = ledger.by_id[row["claim"]]
            assert row["as printed"] == say(claim, row["slot"]).text
            assert all(source in ledger.sources for source in row["source"].split())
            assert row["citation"]


def test_what_a_page_withholds_is_withheld_in_the_file_too() -> None:
    (row,) = rows(
        small({"text": "{few} walked.", "slots": {"few": {"type": "n-of-n", "events": 2, "n": 37}}})
    )
    assert row["as printed"] == "(withheld for privacy)"
    assert (row["events"], row["people"]) == ("", "")
    assert "37" not in ",".join(value for key, value in row.items() if key != "citation")


def test_no_cell_is_taken_for_a_formula() -> None:
    sources = [{**SOURCES[0], "citation": "=HYPERLINK(1)"}, *SOURCES[1:]]
    (row,) = rows(
        small(
            {"text": "{x}", "slots": {"x": {"type": "number", "value": -3, "unit": "points"}}},
            sources=sources,
        )
    )
    assert row["citation"] == "'=HYPERLINK(1)"
    assert float(row["value"]) == -3


def test_the_files_are_written_and_every_picture_links_to_its_own(site: BuiltSite, written: Path) -> None:
    assert set(site.tables) == {
        f"{p}-numbers.csv" for p in ("liver-cells", "mitochondria-hpdl", "spinal-cord-autologous")
    }
    for name, table in site.tables.items():
        assert (written / name).read_bytes().decode() == table
        html = next(page.html for page in site.pages if page.name == name.replace("-numbers.csv", ".html"))
        pictures = re.findall(r"<figure\b[^>]*>.*?</figure>", html, re.DOTALL)
        pairs = [picture for picture in pictures if 'class="pair"' in picture]
        assert all(f'href="{name}"' in picture for picture in pairs)
        assert html.count(f'href="{name}"') == 1 + len(pairs)
