"""The fact box of a programme alone, on a page of its own that other sites may show in a frame: no script, no navigation, nothing loaded."""

from __future__ import annotations

from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.fact_box import fact_box
from proband.pages.markup import Voice
from proband.pages.programme_page import last_checked
from proband.pages.rendering import Page
from proband.pages.wording import sentence
from proband.programme.claims import PageSection


@page_of_programme("box", "The fact box alone, to show elsewhere", route="journalist")
def box_page(made: ProgrammeInputs) -> Page:
    """The box as it stands on the programme's own page, with banner, day of checking and a link to everything behind it."""
    ledger, catalogue = made.ledger, made.catalogue
    voice = Voice(ledger, catalogue)
    lead = " ".join(sentence(claim, catalogue) for claim in ledger.claims.in_section(PageSection.SENTENCE))
    return made.page(
        "box", "box.html.j2", catalogue.text(ledger.claims.title), lead,
        voice=voice, box=fact_box(ledger, voice), last_checked=last_checked(ledger),
    )  # fmt: skip
