"""The fixed order has thirteen parts, and each of them says something."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.claims import PAGE_ORDER, ClaimKind, PageSection
from proband.programme.linting import LintFinding


@declare("incomplete", "the fixed order has thirteen parts, and each of them says something")
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Parts of the page without a claim, and parts without what they are for."""
    claims = ledger.claims
    for section in PAGE_ORDER:
        if not claims.in_section(section):
            yield LintFinding(
                "claims.yaml",
                ("claims",),
                f"part {section.value} of the page has no claim.",
                "write one, or say what is not known",
                section.value,
            )
    texts = " ".join(claim.text.lower() for claim in claims.in_section(PageSection.WHEN))
    if "never" not in texts:
        yield LintFinding(
            "claims.yaml",
            ("claims",),
            "how soon would we know: nothing says that it may never be clear.",
            "add such a claim",
        )
    if not claims.panels:
        yield LintFinding(
            "claims.yaml",
            ("panels",),
            "no panel shows the options side by side.",
            "add one for a benefit and one for a harm",
        )
    if not claims.flows:
        yield LintFinding(
            "claims.yaml",
            ("flows",),
            "no flow says what became of everyone.",
            "add one; unknown stages are written as gaps",
        )
    kinds = {claim.kind for claim in claims.in_section(PageSection.OFFERED)}
    for kind in (ClaimKind.QUESTION, ClaimKind.RED_FLAG):
        if kind not in kinds:
            yield LintFinding(
                "claims.yaml",
                ("claims",),
                f"if someone offers you this for money: there is no {kind.value}.",
                "add some",
            )
    if not ledger.facts:
        yield LintFinding(
            "facts.yaml", ("facts",), "no dated fact says where it is allowed.", "add facts by country"
        )
