"""Forms of a disease are never pooled: where a programme tells forms apart, each figure says whose it is."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.claims import ClaimKind
from proband.programme.linting import LintFinding


@declare(
    "pooled-forms",
    "forms of a disease are never pooled: where a programme tells forms apart, each figure says whose it is",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """In a programme with forms: efficacy and harm figures without a form; panels and charts that mix forms."""
    claims = ledger.by_id
    forms = {claim.sub_indication for claim in ledger.claims.claims if claim.sub_indication}
    if not forms:
        return
    for index, claim in enumerate(ledger.claims.claims):
        general = {"length of watching", "harm from the procedure"}
        if (
            claim.kind in {ClaimKind.BENEFIT, ClaimKind.HARM}
            and claim.slots
            and not claim.sub_indication
            and claim.outcome not in general
        ):
            yield LintFinding(
                "claims.yaml",
                ("claims", index),
                f"claim {claim.id} gives a figure and does not say for which form of the disease.",
                f"add sub_indication: one of {', '.join(sorted(forms))}",
            )
    used: list[tuple[str, int, str, str | None, list[str]]] = []
    used += [
        ("panels", i, p.id, p.sub_indication, [c.claim for c in p.cells if c.claim])
        for i, p in enumerate(ledger.claims.panels)
    ]
    used += [
        ("forests", i, f.id, f.sub_indication, [r.claim for r in f.rows])
        for i, f in enumerate(ledger.claims.forests)
    ]
    used += [
        ("flows", i, f.id, f.sub_indication, [s.claim for s in f.stages if s.claim])
        for i, f in enumerate(ledger.claims.flows)
    ]
    for name, i, id, form, ids in used:
        mixed = {claims[c].sub_indication for c in ids} - {form}
        if mixed:
            yield LintFinding(
                "claims.yaml",
                (name, i),
                f"{name[:-1]} {id} is about {form or 'no form'} and uses claims about {', '.join(sorted(str(m) for m in mixed))}.",
                "split it by form",
                id,
            )
