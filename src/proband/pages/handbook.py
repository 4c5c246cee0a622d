"""The investigator's handbook: the whole bundle, readable, with a source beside every number. Not for the public: it holds the regimen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
        context={"parts": parts, "tables": [printed(programme, name) for name in sorted(programme.tables)], "consent": sorted(programme.consent_texts.items()), "programme": programme, "lead": lead},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table of the bundle as it is written: its file, its columns (with meaning and unit where they are described), its lines with their source."""

    file: str
    title: str
    columns: tuple[str, ...]
    meanings: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def printed(programme: Programme, name: str) -> PrintedTable:
    """Every cell of a table of the bundle: what no answer and no page takes from it is at least shown to whoever answers for it."""
    table = programme.tables[name]
    described = programme.natural_history.get(name.removeprefix("natural_history/").removesuffix(".csv"))
    columns = described.columns if described else {}
    return PrintedTable(
        name,
        described.title if described else name.rpartition("/")[2].removesuffix(".csv").replace("-", " "),
        tuple(table.header),
        tuple(
            f"{columns[c].meaning}{f' ({columns[c].unit})' if columns[c].unit else ''}"
            if c in columns
            else ""
            for c in table.header
        ),
        tuple((row.get("source") or "", tuple(row[c] or "" for c in table.header)) for row in table.rows),
    )


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
