"""No "0 of N" without "could still be as high as": nothing seen among few is not nothing."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.slots import CountSlot, View, places


@declare(
    "zero-without-bound",
    'no "0 of N" without "could still be as high as": nothing seen among few is not nothing',
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Claims whose text says a count of zero without its upper bound in the same text."""
    for index, claim in enumerate(ledger.claims.claims):
        said = places(claim.text)
        bounded = {name for name, view in said if view is View.UPPER_BOUND}
        for name in dict.fromkeys(name for name, _ in said):
            slot = claim.slots[name]
            if isinstance(slot, CountSlot) and slot.events == 0 and name not in bounded:
                yield LintFinding(
                    "claims.yaml",
                    ("claims", index, "text"),
                    f"claim {claim.id} says 0 of {slot.n} without how high the true figure could still be.",
                    f"add: the true figure could still be as high as {{{name}|upper-bound}}",
                    name,
                )
