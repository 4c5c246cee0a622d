"""A simulation is never evidence of benefit."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.claims import ClaimKind
from proband.programme.linting import LintFinding


@declare("simulation-as-benefit", "a simulation is never evidence of benefit")
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Benefit claims that rest on a simulation, by their own word or by that of a source."""
    for index, claim in enumerate(ledger.claims.claims):
        if claim.kind is not ClaimKind.BENEFIT:
            continue
        simulated = [
            s
            for s in claim.all_sources()
            if s in ledger.sources and "simulation" in ledger.sources[s].citation.lower()
        ]
        if claim.rests_on == "simulation" or simulated:
            yield LintFinding(
                "claims.yaml",
                ("claims", index),
                f"claim {claim.id} calls a benefit what a simulation gave.",
                "make it kind: time-to-result or mechanism and say that it is an assumption, or cite people",
                ", ".join(simulated),
            )
