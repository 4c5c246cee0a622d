"""No composite unsplit: "alive without a relapse" hides whether people lived or did not relapse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.claims import ClaimKind
from proband.programme.linting import LintFinding

_COMPOSITE = re.compile(r"\b(?:composite|combined|free survival|event-?free|(?:alive|survived|survival|living)(?: and)? (?:without|free)|or|and/or)\b|\w/\w", re.IGNORECASE)  # fmt: skip
#: so many were this or that
_MIXED = re.compile(
    r"\{\w+\} (?:people )?(?:were|had|was|got)?(?: an?)? ?\w+ or (?!more\b|less\b|fewer\b)\w+", re.IGNORECASE
)
_FIGURES = {ClaimKind.BENEFIT, ClaimKind.HARM}


@declare(
    "composite-unsplit",
    'no composite unsplit: "alive without a relapse" hides whether people lived or did not relapse',
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Benefit and harm claims on an outcome made of several, without components or with components that do not exist."""
    known = ledger.by_id
    for index, panel in enumerate(ledger.claims.panels):
        shown = [known[cell.claim] for cell in panel.cells if cell.claim]
        if _COMPOSITE.search(panel.outcome) and any(claim.composite is None for claim in shown):
            yield LintFinding(
                "claims.yaml",
                ("panels", index, "outcome"),
                f"panel {panel.id} is about an outcome made of several ({panel.outcome}) that its claims do not split.",
                "draw one outcome, or name the components under composite of the claims",
                panel.outcome,
            )
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
        if (
            claim.kind is ClaimKind.BENEFIT
            and claim.composite is None
            and (mixed := _MIXED.search(claim.text))
        ):
            yield LintFinding(
                "claims.yaml",
                ("claims", index, "text"),
                f"claim {claim.id} counts two things as one ({mixed[0]!r}).",
                "name the components under composite, each with its own claim, or as not-reported",
                mixed[0],
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
