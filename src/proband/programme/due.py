"""What of a programme is due to be looked at again: facts, claims and searches, each by the day that it names itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from proband.programme.bundle import Programme


@dataclass(frozen=True, slots=True)
class EvidenceDue:
    """Something whose day has come: a fact, a claim or a search, where it stands, when it was last looked at (never: a search that
    nobody has run) and when it is due."""

    kind: Literal["fact", "claim", "search"]
    id: str
    what: str
    file: str
    checked: date | None
    due: date


def evidence_due(programme: Programme, on: date, within: int = 0) -> list[EvidenceDue]:
    """Facts, claims and searches of a programme that are due on a day, or within so many days of it; the oldest first.

    Parameters
    ----------
    within
        Days to look ahead; 0 for what is due already.
    """

    def everything() -> Iterator[EvidenceDue]:
        for fact in programme.facts:
            yield EvidenceDue("fact", fact.id, fact.statement, "facts.yaml", fact.checked_on, fact.expires)
        for claim in programme.claims.claims:
            yield EvidenceDue("claim", claim.id, claim.text, "claims.yaml", claim.checked_on, claim.expires)
        if programme.selection is not None:
            for search in programme.selection.searches:
                what = f"{search.where}: {search.query}"
                yield EvidenceDue(
                    "search", search.id, what, programme.selection_file, search.on, search.again
                )

    last = on + timedelta(days=within)
    return sorted(
        (each for each in everything() if each.due <= last), key=lambda each: (each.due, each.kind, each.id)
    )
