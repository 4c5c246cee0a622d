"""What matters to the reader beside what was measured and what was not: ticked in the browser, kept nowhere, printed with questions to take along.

There is no script: a box that is ticked shows its question by style alone, and paper shows what was ticked. Nothing is summed up or weighed; the reader's own
order is the reader's.
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.ledger import Ledger
from proband.pages.markup import Voice
from proband.pages.rendering import Page
from proband.programme.claims import PAGE_ORDER, Claim, ClaimKind


@dataclass(frozen=True, slots=True)
class PriorityChoice:
    """One thing that may matter: what it is called, and the claims that say what was counted of it, or that nothing was."""

    name: str
    claims: tuple[Claim, ...]
    measured: bool


def priorities(ledger: Ledger) -> tuple[PriorityChoice, ...]:
    """Every outcome of people that was counted with the experiment or without it, then every gap, in the order of the claims."""
    counted: dict[str, list[Claim]] = {}
    gaps: dict[str, list[Claim]] = {}
    for claim in ledger.claims.claims:
        if (
            claim.kind in {ClaimKind.BENEFIT, ClaimKind.HARM}
            and claim.slots
            and claim.outcome
            and claim.species == "human"
        ):
            counted.setdefault(claim.outcome, []).append(claim)
        elif claim.kind is ClaimKind.GAP and (name := claim.title or claim.outcome):
            gaps.setdefault(name, []).append(claim)
    return (
        *(PriorityChoice(name, tuple(claims), measured=True) for name, claims in counted.items()),
        *(PriorityChoice(name, tuple(claims), measured=False) for name, claims in gaps.items()),
    )


@page_of_programme("priorities", "What matters to me", where=lambda programme: any(claim.kind in {ClaimKind.BENEFIT, ClaimKind.HARM, ClaimKind.GAP} for claim in programme.claims.claims))  # fmt: skip
def priorities_page(made: ProgrammeInputs) -> Page | None:
    """The choices of a programme; none where nothing was counted and no gap is told."""
    ledger, catalogue = made.ledger, made.catalogue
    choices = priorities(ledger)
    if not choices:
        return None
    lead = catalogue.text(
        "Tick what matters to you. Below it stands what was counted, or that we found no count. On paper stands what you ticked, with questions to take along. Nothing is stored or sent."
    )
    named = {form.id: form.name for form in made.programme.head.indication.sub_indications}
    forms = {
        claim.id: named.get(claim.sub_indication, claim.sub_indication.replace("-", " ").capitalize())
        for choice in choices for claim in choice.claims if claim.sub_indication
    }  # fmt: skip
    return made.page(
        "priorities", "priorities.html.j2", catalogue.text("What matters to me"), lead,
        voice=Voice(ledger, catalogue), choices=choices, forms=forms,
        anchored={claim.id for section in PAGE_ORDER for claim in ledger.claims.in_section(section)},
    )  # fmt: skip
