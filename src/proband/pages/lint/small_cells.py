"""Small cells are withheld unless each person counted agreed, or the count is public already."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.wording import may_be_shown
from proband.programme.linting import LintFinding
from proband.programme.slots import CountSlot


@declare(
    "small-cell", "small cells are withheld unless each person counted agreed, or the count is public already"
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """A warning for each small cell that the page will withhold; an error for one called public whose source is not."""
    for index, claim in enumerate(ledger.claims.claims):
        for name, slot in claim.slots.items():
            if not isinstance(slot, CountSlot):
                continue
            path: tuple[str | int, ...] = ("claims", index, "slots", name)
            if not may_be_shown(slot):
                yield LintFinding(
                    "claims.yaml",
                    path,
                    f"claim {claim.id}: {name} has a small cell; the page says that it is withheld for privacy.",
                    "write disclosure: consented (each person agreed after a preview) or published (with a public source)",
                    name,
                    severity="warning",
                )
            source = ledger.sources.get(slot.source)
            if (
                slot.disclosure == "published"
                and slot.is_small()
                and source
                and not is_public(source.link, source.citation)
            ):
                yield LintFinding(
                    "claims.yaml",
                    path,
                    f"claim {claim.id}: {name} is called published, but source {slot.source} cannot be found by a reader.",
                    "give the source a link, a year or a registration, or remove the disclosure",
                    slot.source,
                )


def is_public(link: str | None, citation: str) -> bool:
    """Whether a reader could find the source: it has a link, or its citation names a publication with its year and not the programme's record."""
    own = citation.lower().startswith(("record", "own record", "this programme"))
    return link is not None or (not own and re.search(r"\b(?:1[89]|20)\d\d\b", citation) is not None)
