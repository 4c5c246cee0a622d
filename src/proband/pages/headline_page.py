"""The headline test of one programme, on a page of its own: its results replayed without treatment, and the form for any other."""

from __future__ import annotations

from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.headline.claimed import headline_items
from proband.pages.headline.form import TABLE, headline_script
from proband.pages.markup import Voice
from proband.pages.rendering import Page, data_block


@page_of_programme(
    "headline",
    "The headline test",
    where=lambda programme: bool(programme.claims.headlines),
    route="journalist",
)
def headline_page(made: ProgrammeInputs) -> Page:
    """Every result that the claims put to the test, with its answer or its refusal, and the form where there is a table to ask."""
    ledger, catalogue = made.ledger, made.catalogue
    voice = Voice(ledger, catalogue)
    form = made.headlines.form
    title = catalogue.text("What if nobody had been treated?")
    lead = catalogue.text(
        "We replay many studies in which nobody gets anything, drawn from published people without it, and count how often one sees at least as much. Where no published people fit, there is no answer."
    )
    return made.page(
        "headline", "headline/page.html.j2", title, lead,
        scripts=[headline_script()] if form else [], data=[data_block(TABLE, form)] if form else [],
        voice=voice, headline_form=form is not None, headlines=headline_items(ledger, made.headlines, voice), words_used=voice.words_used,
    )  # fmt: skip
