"""Rows of evidence of which a reader said that the source does not say so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding


@declare(
    "evidence-disputed",
    "claims whose row a reader did not find in its source are mended before a page is built",
    severity="warning",
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Slots whose row is disputed."""
    for index, claim in enumerate(programme.claims.claims):
        for name, slot in claim.slots.items():
            row = programme.evidence.get(getattr(slot, "row", None) or "")
            if row is not None and row.disputed:
                yield LintFinding(
                    "claims.yaml",
                    ("claims", index, "slots", name, "from"),
                    f"{', '.join(row.disputed)} did not find {row.shown()} in {row.source}.",
                    "read the source again, and correct the row or withdraw the reading",
                    row.pointer,
                )
