"""The investigator's handbook: the whole bundle, readable, with a source beside every number. Not for the public: it holds the regimen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup, escape

from proband.pages.catalogue import Catalogue
from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.ledger import Ledger
from proband.pages.rendering import NavigationLink, Page, render
from proband.programme import Programme

#: part of the bundle → its heading
PARTS = {
    "programme": "The programme",
    "eligibility": "Who may take part",
    "product": "Product and regimen",
    "schedule": "Visits",
    "outcomes": "Outcomes and estimands",
    "safety": "Safety",
    "trials": "Trials as they are simulated",
    "backtests": "Published studies on which forecasts are tried",
    "facts": "Facts that go stale",
    "figures": "Figures",
    "natural_history": "Natural history",
    "sources": "Sources",
}


def handbook_page(
    programme: Programme,
    ledger: Ledger,
    catalogue: Catalogue,
    navigation: Sequence[NavigationLink] = (),
    *,
    theme: str | None = None,
) -> Page:
    """The handbook of a programme; every key and value of the bundle, and its consent texts."""
    data = programme.as_data()
    parts = [
        {"id": key, "title": title, "html": tree(data[key], programme.head.source or "")}
        for key, title in PARTS.items()
        if data.get(key)
    ]
    title = catalogue.text("Handbook: %(what)s", what=programme.head.title)
    lead = catalogue.text("For investigators. Not for the public: this document holds the regimen.")
    return render(
        "handbook.html.j2", f"{programme.id}-handbook.html", title, lead, catalogue=catalogue, ledgers=[ledger], navigation=navigation,
        banners=ledger.banners, theme=theme,
        context={"parts": parts, "consent": sorted(programme.consent_texts.items()), "programme": programme, "lead": lead},
    )  # fmt: skip


def tree(value: Any, basis: str) -> Markup:
    """A plain tree as nested lists; each mapping with a source of its own is marked with it."""
    return Markup("").join(_tree(value, basis))


def _tree(value: Any, basis: str) -> Iterator[Markup]:
    if isinstance(value, dict):
        own = value.get("source")
        basis = own if isinstance(own, str) and "level" in value else basis
        yield Markup('<dl class="plain tree" data-source="{}" data-bundle="">').format(basis)
        for key, child in value.items():
            if child is None or child == [] or child == {}:
                continue
            yield Markup("<dt>{}</dt><dd>").format(str(key).replace("_", " "))
            yield from _tree(child, basis)
            yield Markup("</dd>")
        yield Markup("</dl>")
    elif isinstance(value, list):
        yield Markup("<ul>")
        for child in value:
            yield Markup("<li>")
            yield from _tree(child, basis)
            yield Markup("</li>")
        yield Markup("</ul>")
    else:
        yield escape(_scalar(value))


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


@page_of_programme("handbook", "Handbook", public=False)
def declared(made: ProgrammeInputs) -> Page | None:
    """The handbook, for investigators alone: it stands outside the public site and links to no page of it."""
    return handbook_page(made.programme, made.ledger, made.catalogue, (), theme=made.theme)
