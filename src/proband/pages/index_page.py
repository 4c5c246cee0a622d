"""The first page of the site: one card for each programme with what is known in one sentence, and the words that it explains."""

from __future__ import annotations

from typing import Any

from proband.pages.declaration import INDEX, SiteInputs, page_of_site
from proband.pages.headline.form import TABLE, headline_script, merged
from proband.pages.markup import Voice
from proband.pages.programme_page import last_checked
from proband.pages.rendering import Page, data_block, render
from proband.pages.routes import routes
from proband.programme.claims import PageSection


@page_of_site(INDEX, "What is known, out of how many")
def index_page(made: SiteInputs) -> Page:
    """The first page, for every site."""
    catalogue = made.catalogue
    explained: dict[str, Any] = {}
    cards = [
        {
            "href": one.href,
            "ledger": one.ledger,
            "voice": Voice(one.ledger, catalogue, explained),
            "sentence": one.ledger.claims.in_section(PageSection.SENTENCE),
            "checked": last_checked(one.ledger),
            "routes": routes(one),
        }
        for one in made.programmes
    ]
    form = merged([one.headlines.form for one in made.programmes if one.headlines.form])
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
