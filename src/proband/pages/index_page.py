"""The first page of the site: one card for each programme with what is known in one sentence, and the words that it explains."""

from __future__ import annotations

from typing import Any

from proband.pages.declaration import INDEX, MOST_NAMED, SiteInputs, page_of_site
from proband.pages.headline.form import HEAVIEST, TABLE, headline_script, merged
from proband.pages.markup import Voice
from proband.pages.programme_page import last_checked
from proband.pages.rendering import Page, data_block, render
from proband.pages.routes import routes
from proband.programme.claims import PageSection

#: bytes of one card with all its ways, at most; of more than :data:`MOST_NAMED` programmes each has its sentence and its page alone
CARD = 6_000


@page_of_site(INDEX, "What is known, out of how many")
def index_page(made: SiteInputs) -> Page:
    """The first page, for every site."""
    catalogue = made.catalogue
    explained: dict[str, Any] = {}
    few = len(made.programmes) <= MOST_NAMED
    cards = [
        {
            "href": one.href,
            "ledger": one.ledger,
            "voice": Voice(one.ledger, catalogue, explained),
            "sentence": one.ledger.claims.in_section(PageSection.SENTENCE),
            "checked": last_checked(one.ledger),
            "routes": routes(one) if few else (),
        }
        for one in made.programmes
    ]
    # every further card takes its room from the form, which each programme has on a page of its own as well
    room = HEAVIEST - CARD * max(0, len(cards) - 3) if few else 0
    form = merged([one.headlines.form for one in made.programmes if one.headlines.form], room)
    title = catalogue.text("What is known, out of how many")
    lead = catalogue.text(
        "Proband says what is known of treatments that are still being tried: out of how many, beside what, and from where. It sells nothing."
    )
    ledgers = list(made.ledgers.values())
    return render(
        "index.html.j2", "index.html", title, lead, catalogue=catalogue, ledgers=ledgers, navigation=made.navigation, theme=made.theme,
        banners=tuple(dict.fromkeys(banner for ledger in ledgers for banner in ledger.banners)),
        scripts=[headline_script()] if form else [], data=[data_block(TABLE, form)] if form else [],
        context={
            "headline_form": form is not None, "asked": [one for one in made.programmes if one.headlines.form and one.programme.id not in (form or {"programmes": ()})["programmes"]], "cards": cards, "lead": lead, "more": made.more, "explained": explained},
    )  # fmt: skip
