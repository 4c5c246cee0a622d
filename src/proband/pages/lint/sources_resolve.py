"""Every claim, slot, fact, option, panel and chart resolves to a source that exists."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.model import Based
from proband.programme.slots import SlotBase
from proband.terms import Level


@declare(
    "source-missing", "every claim, slot, fact, option, panel and chart resolves to a source that exists"
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Names of sources that the bundle does not define."""
    used: list[tuple[tuple[str | int, ...], str, str]] = []
    for i, claim in enumerate(ledger.claims.claims):
        used += [
            (("claims", i, "sources", j), source, "claims.yaml") for j, source in enumerate(claim.sources)
        ]
        used += [
            (("claims", i, "slots", name), slot.source, "claims.yaml")
            for name, slot in claim.slots.items()
            if isinstance(slot, SlotBase)
        ]
    parts: dict[str, list[Based]] = {
        "options": list(ledger.claims.options),
        "panels": list(ledger.claims.panels),
        "flows": list(ledger.claims.flows),
        "forests": list(ledger.claims.forests),
        "trajectories": list(ledger.claims.trajectories),
    }
    for name, items in parts.items():
        used += [
            ((name, i, "source"), item.source, "claims.yaml") for i, item in enumerate(items) if item.source
        ]
    if ledger.claims.source:
        used.append((("source",), ledger.claims.source, "claims.yaml"))
    if ledger.claims.imprint.source:
        used.append((("imprint", "source"), ledger.claims.imprint.source, "claims.yaml"))
    used += [(("facts", i, "source"), fact.source, "facts.yaml") for i, fact in enumerate(ledger.facts)]
    for path, source, file in used:
        known = ledger.sources.get(source)
        if known and known.level is Level.READ and not (known.link or known.registration):
            yield LintFinding(
                file, path, f"source {source!r} was read and has no place where a reader can open it.",
                "give its doi, its number in PubMed, its address or its registration", source,
            )  # fmt: skip
        if source not in ledger.sources:
            yield LintFinding(
                file,
                path,
                f"source {source!r} does not exist.",
                "add it to evidence/, or cite another",
                source,
            )
