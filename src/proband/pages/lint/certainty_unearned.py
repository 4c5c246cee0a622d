"""Certainty that the study behind it does not give: GRADE's start and reasons follow from the design, and a design from its comparison."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.claims import Claim, ClaimKind, Rating
from proband.programme.linting import LintFinding
from proband.programme.slots import CountSlot, SlotBase, TwoCounts

#: groups below this leave the range too wide for any rating above low without a word on it (GRADE's imprecision)
_FEW = 50
_ANIMALS = re.compile(r"\b(?:mouse|mice|rats?|pigs?|dogs?|cats?|sheep|monkeys?|rabbits?|fish|animals?|cells in a dish|in a dish|tissue)\b", re.IGNORECASE)  # fmt: skip


@declare(
    "certainty-unearned",
    "certainty follows from the study: its start from the design, its reasons from blinding and numbers, and two groups from one study",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Benefits and harms whose rating, start, comparison or species do not go together; counts of two sources set against each other."""
    for index, claim in enumerate(ledger.claims.claims):
        for fault, mend in _faults(claim):
            yield LintFinding("claims.yaml", ("claims", index), f"claim {claim.id} {fault}.", mend, claim.id)


def _faults(claim: Claim) -> Iterator[tuple[str, str]]:
    for name, slot in claim.slots.items():
        if isinstance(slot, TwoCounts):
            pair = [claim.slots[of] for of in (slot.of, slot.minus)]
            if len({each.source for each in pair if isinstance(each, SlotBase)}) > 1:
                yield (
                    f"sets counts of two sources against each other in {name}",
                    "compare groups of one study only",
                )
    if claim.kind not in {ClaimKind.BENEFIT, ClaimKind.HARM}:
        return
    alone = (claim.comparator or "none").strip().lower() in {"none", "nothing", "no group", "nobody"}
    if claim.design in {"randomised", "concurrent-control"} and alone:
        yield f"is called {claim.design} and compares with nothing", "name the group, or the right design"
    if claim.species in {"animal", "cells"}:
        if not _ANIMALS.search(f"{claim.title or ''} {claim.text}"):
            yield f"is about {claim.species} and its text does not say so", "name the animal in the sentence"
        if claim.certainty and claim.certainty.rating is not Rating.NONE:
            yield "rates what was not seen in people", "write rating: no-human-evidence"
    rated = claim.certainty
    if rated is None or rated.rating is Rating.NONE:
        return
    reasons = {reason.domain for reason in rated.down}
    pooled = claim.design == "pooled-mixed" and {"inconsistency", "indirectness"} & reasons
    if rated.start == "randomised" and claim.design != "randomised" and not pooled:
        yield f"starts as randomised and its design is {claim.design}", "write start: observational"
    if rated.rating is Rating.VERY_LOW:
        return
    if claim.blinding in {"open", "not-reported", "not-applicable"} and "risk-of-bias" not in reasons:
        yield f"is {claim.blinding} and names no risk of bias", "lower it for risk of bias, with the reason"
    counts = [slot.n for slot in claim.slots.values() if isinstance(slot, CountSlot)]
    if counts and min(counts) < _FEW and "imprecision" not in reasons:
        yield (
            f"counts groups of {min(counts)} and names no imprecision",
            "lower it for imprecision, with the reason",
        )
    if rated.up and (alone or "risk-of-bias" in reasons):
        yield (
            "is rated up without a fair comparison",
            "rate up only what was compared, and nothing that bias could make",
        )
