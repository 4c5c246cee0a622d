"""No composite unsplit: "alive without a relapse" hides whether people lived or did not relapse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.claims import ClaimKind
from proband.programme.linting import LintFinding

_COMPOSITE = re.compile(r"\b(?:composite|free survival|event-free|(?:alive|survived|survival) without|or death|death or|and/or)\b", re.IGNORECASE)  # fmt: skip
_FIGURES = {ClaimKind.BENEFIT, ClaimKind.HARM}


@declare(
    "composite-unsplit",
    'no composite unsplit: "alive without a relapse" hides whether people lived or did not relapse',
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Benefit and harm claims on an outcome made of several, without components or with components that do not exist."""
    known = ledger.by_id
    for index, claim in enumerate(ledger.claims.claims):
        if claim.kind not in _FIGURES:
            continue
        outcome = claim.outcome or ""
        if claim.slots and claim.composite is None and _COMPOSITE.search(outcome):
            yield LintFinding(
                "claims.yaml",
                ("claims", index, "outcome"),
                f"claim {claim.id} gives a figure for a composite outcome ({outcome}) and does not split it.",
                "name the components under composite, each with its own claim, or as not-reported",
                outcome,
            )
        for name, component in (claim.composite.components if claim.composite else {}).items():
            if component != "not-reported" and component not in known:
                yield LintFinding(
                    "claims.yaml",
                    ("claims", index, "composite", "components", name),
                    f"claim {claim.id}: component {name!r} points to claim {component!r}, which does not exist.",
                    "write that claim, or not-reported",
                    component,
                )
