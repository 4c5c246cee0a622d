"""A page says by how many people the figures behind a claim were read, and invents nobody."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from markupsafe import Markup
from small_ledgers import DAY

from proband.pages.ledger import Ledger
from proband.pages.markup import Voice
from proband.programme import Programme, load, locate
from proband.programme.evidence import SourceReading
from proband.programme.readings import record, to_read


def said(programme: Programme, claim: str) -> str:
    """What the page says of one claim."""
    return Voice(Ledger.of(programme, DAY)).read_by(programme.claims.by_id[claim])


def test_read_once_becomes_read_by_two_when_two_named_people_agree(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(locate("liver-cells"), tmp_path / "liver-cells"))
    programme = load(folder)
    assert said(programme, "lin-cancer") == "Figures read once."
    # worked out from news: it stands in no source that was read
    assert said(programme, "match-deaths") == ""
    left = len(to_read(programme))
    for slot in programme.claims.by_id["lin-cancer"].slots.values():
        row = programme.evidence[slot.row]  # type: ignore[union-attr,index]
        for who in ("reader one", "reader two"):
            reading = SourceReading(
                row=row.pointer, by=who, on=date(2026, 11, 29), agrees=True, read=dict(row.numbers)
            )
            programme = record(folder, reading)
    assert said(programme, "lin-cancer") == "Figures read by two people."
    assert len(to_read(programme)) == left - 2
    assert isinstance(Voice(Ledger.of(programme, DAY)).sentence(programme.claims.by_id["lin-cancer"]), Markup)
