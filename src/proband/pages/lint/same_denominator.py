"""Benefits and harms in the same denominator: whoever counts the one counts the other, among the same people."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.claims import Claim, ClaimKind
from proband.programme.linting import LintFinding
from proband.programme.slots import CountSlot, RateSlot


@declare(
    "same-denominator",
    "benefits and harms in the same denominator: whoever counts the one counts the other, among the same people",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Populations with a benefit and neither a harm nor a stated gap; mixed per-100 and per-1,000; counts that disagree on N."""
    claims = ledger.claims.claims
    for index, claim in enumerate(claims):
        if claim.kind is not ClaimKind.BENEFIT:
            continue
        if claim.population is None:
            yield LintFinding(
                "claims.yaml",
                ("claims", index),
                f"claim {claim.id} is a benefit and names no population.",
                "give population: the people counted, shared with the claims on their harms",
            )
            continue
        others = [
            c
            for c in claims
            if c.population == claim.population and c.kind in {ClaimKind.HARM, ClaimKind.GAP}
        ]
        if not others:
            yield LintFinding(
                "claims.yaml",
                ("claims", index),
                f"claim {claim.id}: population {claim.population!r} has a benefit and no harm, counted or missing.",
                "add a harm claim for the same population, or a gap that says that harms were not reported",
                claim.population,
            )
        bases, harm_bases = (
            _bases(claim),
            set().union(*(_bases(other) for other in others)) if others else set(),
        )
        if bases and harm_bases and bases != harm_bases:
            yield LintFinding(
                "claims.yaml",
                ("claims", index),
                f"claim {claim.id}: benefits are given per {sorted(bases)} and harms per {sorted(harm_bases)}.",
                "use the same base for both",
            )
        for other in others:
            if conflict := _different_n(claim, other):
                yield LintFinding(
                    "claims.yaml",
                    ("claims", index),
                    f"claims {claim.id} and {other.id} count {conflict[0]!r} with different denominators, {conflict[1]} and {conflict[2]}.",
                    "count both among the same people, or give them different populations",
                )


def _bases(claim: Claim) -> set[int]:
    return {slot.per for slot in claim.slots.values() if isinstance(slot, RateSlot)}


def _different_n(first: Claim, second: Claim) -> tuple[str, int, int] | None:
    known = {slot.who: slot.n for slot in first.slots.values() if isinstance(slot, CountSlot) and slot.who}
    for slot in second.slots.values():
        if isinstance(slot, CountSlot) and slot.who in known and known[slot.who] != slot.n:
            return slot.who or "", known[slot.who], slot.n
    return None
