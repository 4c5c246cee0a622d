"""Figures that a reader did not find in their source."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.slots import SlotBase


@declare("evidence-disputed", "no page says a number that a reader did not find in its source")
def find(ledger: Ledger) -> Iterator[LintFinding]:
    """Slots whose row is disputed."""
    for index, claim in enumerate(ledger.claims.claims):
        for name, slot in claim.slots.items():
            if isinstance(slot, SlotBase) and slot.disputed:
                yield LintFinding(
                    "claims.yaml",
                    ("claims", index, "slots", name),
                    f"claim {claim.id}: a reader did not find {name} in {slot.source}.",
                    "read the source again, and correct the row or withdraw the reading",
                    slot.row or "",
                )
