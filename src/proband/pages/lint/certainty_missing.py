"""A benefit needs its certainty with reasons; a benefit or harm needs outcome, species, design, blinding and comparator."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.claims import ClaimKind
from proband.programme.linting import LintFinding

#: outcomes that name nothing: a reader cannot tell a harm from a gain
_VAGUE = re.compile(r"(?:an? |the |some |any |other )?(?:changes?|events?|effects?|findings?|reactions?|outcomes?|results?|observations?|things?|signals?)", re.IGNORECASE)  # fmt: skip


@declare(
    "certainty-missing",
    "a benefit needs its certainty with reasons; a benefit or harm needs outcome, species, design, blinding and comparator",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Benefit and harm claims with a missing badge, and benefits without a rating."""
    for index, claim in enumerate(ledger.claims.claims):
        if claim.kind not in {ClaimKind.BENEFIT, ClaimKind.HARM}:
            continue
        missing = [
            name
            for name, value in (("outcome", claim.outcome), ("comparator", claim.comparator))
            if not value
        ]
        if claim.slots:
            missing += [
                name
                for name, value in (("species", claim.species), ("design", claim.design))
                if value == "not-applicable"
            ]
        if claim.kind is ClaimKind.BENEFIT and claim.certainty is None:
            missing.append("certainty")
        if claim.outcome and _VAGUE.fullmatch(claim.outcome.strip()):
            missing.append(f"an outcome that says what happened (now: {claim.outcome})")
        if missing:
            yield LintFinding(
                "claims.yaml",
                ("claims", index),
                f"claim {claim.id} is a {claim.kind.value} and lacks {', '.join(missing)}.",
                "add them; comparator: none is an answer",
                ", ".join(missing),
            )
