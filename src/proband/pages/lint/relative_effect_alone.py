"""No relative effect alone: "halves the risk" says nothing without the risk."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.claims import Claim
from proband.programme.linting import LintFinding
from proband.programme.slots import CountSlot, DifferenceSlot, NumberSlot, RateSlot, places

_RELATIVE = re.compile(
    r"\b(?:halve[sd]?|doubles?d?|doubled|tripled?|trebled?|times (?:more|less|as)|\w*fold(?! (?:it|them|up|out))|relative risk|risk ratio|odds ratio|hazard ratio|"
    r"(?:half|third|quarter) (?:as many|as much|fewer|less|more)|twice as|(?:many|several|far|much) (?:times )?(?:better|likelier|more likely|less likely|lower|higher) than|from (?:high|low|bad|poor) to|per cent (?:more|less|fewer|higher|lower|reduction|increase|better))\b",
    re.IGNORECASE,
)


@declare("relative-effect-alone", 'no relative effect alone: "halves the risk" says nothing without the risk')
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Claims that say a ratio, in a slot or in words, without counts, rates or a difference beside it."""
    for index, claim in enumerate(ledger.claims.claims):
        found = relative_in(claim)
        if found and not has_absolute(claim):
            yield LintFinding(
                "claims.yaml",
                ("claims", index),
                f"claim {claim.id} gives a relative effect ({found}) and no absolute one.",
                "add a slot n-of-n, rate or difference to the same sentence, for both groups",
                found,
            )


def relative_in(claim: Claim) -> str | None:
    """The relative effect in a claim: the name of its slot, or the words."""
    for name, _ in places(claim.text):
        slot = claim.slots[name]
        if isinstance(slot, NumberSlot) and (slot.scale == "relative" or _is_ratio(claim, name, slot)):
            return name
    found = _RELATIVE.search(claim.text)
    return found[0] if found else None


def _is_ratio(claim: Claim, name: str, slot: NumberSlot) -> bool:
    """Whether a plain number is a ratio by its place: up so many times, a fall by so many per cent."""
    here = re.escape(name)
    if re.search(rf"\{{{here}\}} (?:times|fold)\b|\bratio (?:was|is|of) \{{{here}\}}", claim.text):
        return True
    share = slot.unit.strip().lower() in {"%", "per cent", "percent"}
    changed = rf"\b(?:by|up|down|gain|rise|fall|drop|cut|reduction|increase)\b(?: \w+){{0,2}} \{{{here}\}}"
    return share and ((slot.value or 0) > 100 or re.search(changed, claim.text) is not None)


def has_absolute(claim: Claim) -> bool:
    """Whether the sentence itself says a count, a rate or a difference."""
    return any(
        isinstance(claim.slots[name], CountSlot | RateSlot | DifferenceSlot) for name, _ in places(claim.text)
    )
