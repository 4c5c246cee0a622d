"""A level never rises on the way: no slot claims to be better checked than its source, and nothing unchecked is computed with."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.slots import SlotBase, TwoCounts, View, places
from proband.terms import Level

_COMPUTED = {View.PER_100, View.PER_1000, View.INTERVAL, View.UPPER_BOUND}


@declare(
    "level",
    "a level never rises on the way: no slot claims to be better checked than its source, and nothing unchecked is computed with",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Slots and claims whose level is stronger than that of their source; computations on unverified figures."""
    for index, claim in enumerate(ledger.claims.claims):
        for name, slot in claim.slots.items():
            if not isinstance(slot, SlotBase):
                continue
            source = ledger.sources.get(slot.source)
            if source and slot.level is Level.READ and source.level is not Level.READ:
                yield LintFinding(
                    "claims.yaml",
                    ("claims", index, "slots", name),
                    f"claim {claim.id}: slot {name} is {slot.level.value}, its source only {source.level.value}.",
                    f"write level: {source.level.value}",
                    name,
                )
        chief = ledger.sources.get(claim.sources[0])
        if chief and claim.level is Level.READ and chief.level is not Level.READ:
            yield LintFinding(
                "claims.yaml",
                ("claims", index, "level"),
                f"claim {claim.id} is read, its chief source only {chief.level.value}.",
                f"write level: {chief.level.value}",
            )
        for name, view in places(claim.text):
            slot = claim.slots[name]
            counts = (
                [claim.slots[of] for of in (slot.of, slot.minus)] if isinstance(slot, TwoCounts) else [slot]
            )
            weak = any(isinstance(s, SlotBase) and s.level is Level.UNVERIFIED for s in counts)
            if weak and (view in _COMPUTED or isinstance(slot, TwoCounts)):
                yield LintFinding(
                    "claims.yaml",
                    ("claims", index, "text"),
                    f"claim {claim.id}: {name} is unverified and something is computed from it.",
                    "check the figure first, or show it as it stands, marked",
                    name,
                )
