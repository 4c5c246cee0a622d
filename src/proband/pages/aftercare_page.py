"""Treated elsewhere: one sheet for people who had cells abroad, and for the team that now looks after them."""

from __future__ import annotations

from collections.abc import Sequence

from proband.pages.catalogue import Catalogue
from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.ledger import Ledger
from proband.pages.markup import Voice
from proband.pages.rendering import NavigationLink, Page, render
from proband.programme.claims import PageSection


def aftercare_page(
    ledger: Ledger,
    catalogue: Catalogue,
    navigation: Sequence[NavigationLink] = (),
    *,
    theme: str | None = None,
) -> Page | None:
    """The sheet of a programme, or ``None`` where its claims have no part for it."""
    claims = ledger.claims.in_section(PageSection.AFTERCARE)
    if not claims:
        return None
    groups = {
        title: [claim for claim in claims if (claim.title or "") == title]
        for title in dict.fromkeys(claim.title or "" for claim in claims)
    }
    title = catalogue.text("Treated elsewhere: what to bring, what to watch for")
    lead = catalogue.text(
        "You had cells in another country. This sheet is for you and for the team at home. Nobody will blame you."
    )
    return render(
        "aftercare.html.j2", f"{ledger.programme}-aftercare.html", title, lead, catalogue=catalogue, ledgers=[ledger], navigation=navigation,
        banners=ledger.banners, theme=theme, context={"ledger": ledger, "voice": Voice(ledger, catalogue), "groups": list(groups.items()), "lead": lead},
    )  # fmt: skip


@page_of_programme(
    "aftercare",
    "Treated elsewhere",
    route="treated",
    where=lambda programme: bool(programme.claims.in_section(PageSection.AFTERCARE)),
)
def declared(made: ProgrammeInputs) -> Page | None:
    """The sheet, for programmes whose claims have a part for it."""
    return aftercare_page(made.ledger, made.catalogue, made.navigation, theme=made.theme)
