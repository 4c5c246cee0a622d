"""Dose, supplier and preparation never reach a public page: some substances can be bought as chemicals."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.tone import tone
from proband.pages.wording import sentence
from proband.programme.linting import LintFinding
from proband.programme.slots import IdentifierSlot, NumberSlot

_MEND = "leave it out: a public page never carries a dose, a supplier or a preparation"


@declare(
    "dose",
    "dose, supplier and preparation never reach a public page: some substances can be bought as chemicals",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Every text of a ledger that could reach a page, slots included, and texts of the bundle that are not for the public."""
    for index, claim in enumerate(ledger.claims.claims):
        units = " ".join(
            f"1 {slot.unit}" for slot in claim.slots.values() if isinstance(slot, NumberSlot) and slot.unit
        )
        names = " ".join(slot.text for slot in claim.slots.values() if isinstance(slot, IdentifierSlot))
        for text in (sentence(claim), claim.title or "", claim.text, units, names):
            yield from _found(ledger, ("claims", index), text, "claims.yaml")
    for index, option in enumerate(ledger.claims.options):
        yield from _found(ledger, ("options", index), f"{option.name} {option.about}", "claims.yaml")
    for index, panel in enumerate(ledger.claims.panels):
        text = " ".join(
            [panel.outcome, panel.people, panel.caution or "", *(cell.gap or "" for cell in panel.cells)]
        )
        yield from _found(ledger, ("panels", index), text, "claims.yaml")
    for index, fact in enumerate(ledger.facts):
        yield from _found(ledger, ("facts", index, "statement"), fact.statement, "facts.yaml")


def _found(ledger: Ledger, path: tuple[str | int, ...], text: str, file: str) -> Iterator[LintFinding]:
    if found := tone().dose_in(text):
        yield LintFinding(
            file, path, f"{found!r} reads like a dose, a supplier or a preparation.", _MEND, found
        )
    low = text.lower()
    for hidden in ledger.hidden:
        if hidden in low:
            yield LintFinding(
                file, path, "a text on making or storing the product stands on a public page.", _MEND
            )
