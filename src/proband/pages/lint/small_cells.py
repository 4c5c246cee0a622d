"""Small cells are withheld unless each person counted agreed, or the count is public already."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.wording import may_be_shown
from proband.programme.problems import Problem
from proband.programme.slots import CountSlot

CODE = "page.small-cell"


def check(ledger: Ledger) -> Iterator[Problem]:
    """A warning for each small cell that the page will withhold; an error for one called public whose source is not."""
    for index, claim in enumerate(ledger.claims.claims):
        for name, slot in claim.slots.items():
            if not isinstance(slot, CountSlot):
                continue
            path: tuple[str | int, ...] = ("claims", index, "slots", name)
            if not may_be_shown(slot):
                yield ledger.problem(
                    path, f"claim {claim.id}: {name} has a small cell; the page says that it is withheld for privacy.",
                    "write disclosure: consented (each person agreed after a preview) or published (with a public source)", CODE,
                    value=name, severity="warning",
                )  # fmt: skip
            source = ledger.sources.get(slot.source)
            if (
                slot.disclosure == "published"
                and slot.is_small()
                and source
                and not is_public(source.link, source.citation)
            ):
                yield ledger.problem(
                    path, f"claim {claim.id}: {name} is called published, but source {slot.source} cannot be found by a reader.",
                    "give the source a link, a year or a registration, or remove the disclosure", CODE, value=slot.source,
                )  # fmt: skip


def is_public(link: str | None, citation: str) -> bool:
    """Whether a reader could find the source: it has a link, or its citation names a publication and not the programme's record."""
    return link is not None or not citation.lower().startswith(("record", "own record", "this programme"))
