"""The numbers behind the pictures of a programme's pages as one table: every slot of every claim, with its source and level."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.wording import may_be_shown, say
from proband.programme.claims import Claim
from proband.programme.slots import CountSlot, SlotBase

HEADER = ("claim", "outcome", "slot", "group", "kind", "events", "people", "value", "low", "high", "unit", "as printed", "source", "citation", "level")  # fmt: skip


def numbers_name(id: str) -> str:
    """The name of the file of the programme of that id; it lies beside the pages."""
    return f"{id}-numbers.csv"


def numbers_csv(ledger: Ledger) -> str:
    """The table as a file of comma-separated values (RFC 4180), in the order of the claims.

    What a page withholds for privacy is withheld here: the row stands, and says so instead of its counts.
    """
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(HEADER)
    for claim in ledger.claims.claims:
        writer.writerows(_rows(ledger, claim))
    return made.getvalue()


def _rows(ledger: Ledger, claim: Claim) -> Iterator[list[object]]:
    for name, slot in claim.slots.items():
        said = say(claim, name)
        kept = isinstance(slot, CountSlot) and not may_be_shown(slot)
        own = {
            key: "" if kept else getattr(slot, key, None)
            for key in ("events", "n", "value", "low", "high", "unit")
        }
        sources = (slot.source,) if isinstance(slot, SlotBase) else said.sources
        cited = "; ".join(ledger.sources[id].citation for id in sources if id in ledger.sources)
        yield [
            claim.id, claim.outcome or "", name, getattr(slot, "who", None) or "", slot.type,
            *("" if value is None else _plain(str(value)) for value in own.values()),
            said.text, " ".join(sources), _plain(cited), said.level.value,
        ]  # fmt: skip


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula; a number with its sign stays a number."""
    try:
        float(text)
    except ValueError:
        return f"'{text}" if text.startswith(tuple("=+-@\t\r")) else text
    return text
