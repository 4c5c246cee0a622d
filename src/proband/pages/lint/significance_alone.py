"""No p-value alone: it says neither how many nor how much."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.lint.relative_effect_alone import has_absolute
from proband.programme.linting import LintFinding

_SIGNIFICANCE = re.compile(
    r"\bp\s*[=<>]|\bp-value|\bstatistical(?:ly)? significan\w+|\bsignificance\b|\bsignificant(?:ly)?\b",
    re.IGNORECASE,
)


@declare("significance-alone", "no p-value alone: it says neither how many nor how much")
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Claims that speak of significance without a count, rate or difference."""
    for index, claim in enumerate(ledger.claims.claims):
        if (found := _SIGNIFICANCE.search(claim.text)) and not has_absolute(claim):
            yield LintFinding(
                "claims.yaml",
                ("claims", index, "text"),
                f"claim {claim.id} speaks of significance ({found[0]!r}) and gives no figure.",
                "say how many of how many in each group, with the range",
                found[0],
            )
