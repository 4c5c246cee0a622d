"""The findings of a programme as a clinician reads them: outcome by outcome, counts in both groups, absolute difference, certainty with its reasons.

It stands on a page of its own. Every figure is a slot of a claim; results that compared nothing stand below those that did.
"""

from __future__ import annotations

from typing import Any

from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.markup import BLINDINGS, DESIGNS, Voice
from proband.pages.rendering import Page
from proband.pages.wording import say
from proband.programme import Programme
from proband.programme.claims import Claim, ClaimKind, PageSection
from proband.programme.slots import CountSlot, DifferenceSlot, FollowUpSlot, View

#: the steps of the mechanism, as questions
DOSSIER = {
    "defect": "What is broken?",
    "target": "Does it act on that?",
    "engagement": "Does it reach its target in people?",
    "natural-history": "What happens without it?",
    "clinical-change": "Do people get better because of it?",
}
_KINDS = {ClaimKind.BENEFIT, ClaimKind.HARM, ClaimKind.NATURAL_COURSE}


def _findings(programme: Programme) -> list[Claim]:
    return [
        claim
        for claim in programme.claims.claims
        if claim.kind in _KINDS
        and claim.section is not PageSection.NOWHERE
        and any(isinstance(slot, CountSlot) for slot in claim.slots.values())
    ]


@page_of_programme("findings", "Summary of findings", route="clinician")
def findings_page(made: ProgrammeInputs) -> Page:
    """The tables of a programme, and the chain of proof as its plan tells it."""
    catalogue = made.catalogue
    voice = Voice(made.ledger, catalogue)
    rows = [_row(claim, voice) for claim in _findings(made.programme)]
    title = catalogue.text("Summary of findings")
    lead = catalogue.text(
        "For clinicians: what was counted, in both groups, with the absolute difference and how certain it is."
    )
    return made.page(
        "findings", "findings.html.j2", title, lead, voice=voice, head=made.programme.head, DOSSIER=DOSSIER,
        compared=[row for row in rows if row["difference"]], alone=[row for row in rows if not row["difference"]],
    )  # fmt: skip


def _row(claim: Claim, voice: Voice) -> dict[str, Any]:
    difference = next((name for name, slot in claim.slots.items() if isinstance(slot, DifferenceSlot)), None)
    slot = claim.slots.get(difference or "")
    sides = (slot.of, slot.minus) if isinstance(slot, DifferenceSlot) else ()
    counts = [name for name, one in claim.slots.items() if isinstance(one, CountSlot)]
    watched = next((name for name, one in claim.slots.items() if isinstance(one, FollowUpSlot)), None)
    return {
        "claim": claim,
        "watched": _said(voice, claim, watched) if watched else "",
        "with": _said(voice, claim, sides[0]) if sides else "",
        "without": _said(voice, claim, sides[1]) if sides else "",
        "difference": _said(voice, claim, difference) if difference else "",
        "range": _said(voice, claim, difference, View.INTERVAL) if difference else "",
        "counts": [] if sides else [_said(voice, claim, name) for name in counts],
        "design": [
            voice.words(one) for one in (DESIGNS.get(claim.design), BLINDINGS.get(claim.blinding)) if one
        ],
    }


def _said(voice: Voice, claim: Claim, name: str, view: View = View.PLAIN) -> Any:
    said = say(claim, name, view, voice.catalogue)
    return voice.number(claim, name, view.value, said.text, said) + voice.weak_mark(claim)
