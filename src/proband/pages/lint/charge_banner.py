"""A charge puts the fixed banner on every page; a claim never says otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.claims import ClaimKind
from proband.programme.linting import LintFinding

_NOBODY_PAYS = re.compile(
    r"in this programme nobody pays|nobody pays in this programme|taking part is free", re.IGNORECASE
)


def is_charged(ledger: Ledger) -> bool:
    """Whether the programme bears the banner of a charge."""
    return any("charged" in banner for banner in ledger.banners)


@declare("charge", "a charge puts the fixed banner on every page; a claim never says otherwise")
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """A cost claim that denies the charge of the programme."""
    if not is_charged(ledger):
        return
    for index, claim in enumerate(ledger.claims.claims):
        if claim.kind is ClaimKind.COST and (found := _NOBODY_PAYS.search(claim.text)):
            yield LintFinding(
                "claims.yaml",
                ("claims", index, "text"),
                f"claim {claim.id} says {found[0]!r}, but participants are charged.",
                "say what is charged and for what",
                found[0],
            )
