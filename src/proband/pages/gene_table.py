"""Gene → therapy: the searchable table of genes, with what was found, how sure, and from where; never a dose."""

from __future__ import annotations

from collections.abc import Sequence

from proband.pages.catalogue import Catalogue
from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.ledger import Ledger
from proband.pages.markup import Voice
from proband.pages.rendering import NavigationLink, Page, asset, render
from proband.pages.tone import tone
from proband.terms import Level, ProbandError

TABLE = "evidence/therapies.csv"
#: the letters of the table in words
GRADES = {
    "A": "a fair study met its goal",
    "A-": "a fair study missed its goal",
    "B": "compared, but not by lot",
    "C": "no comparison",
    "D": "reports of several people",
    "E": "single people",
    "F": "animals or cells only",
    "N": "shown not to help",
    "none": "nothing known that helps",
    "phase 1": "a first study runs, no result",
}


class GeneTableError(ProbandError):
    """The table holds something that a public page may not show."""


def gene_page(
    ledger: Ledger,
    catalogue: Catalogue,
    navigation: Sequence[NavigationLink] = (),
    *,
    theme: str | None = None,
) -> Page | None:
    """The page with the table of a programme, or ``None`` where it has none.

    Raises
    ------
    GeneTableError
        ``pages.genes.dose`` if a shown cell reads like a dose; ``pages.genes.source`` if a row's source does not exist.
    """
    table = ledger.tables.get(TABLE)
    if table is None:
        return None
    rows = []
    for row, line in zip(table.rows, table.lines, strict=True):
        shown = {
            key: row.get(key) or ""
            for key in ("ref", "genes", "disorder", "therapy", "idea", "finding", "caution", "grade")
        }
        for key in ("therapy", "idea", "finding", "caution"):
            if found := tone().dose_in(shown[key]):
                raise GeneTableError("pages.genes.dose", table=TABLE, line=line, words=found)
        source = ledger.sources.get(row.get("source") or "")
        if source is None:
            raise GeneTableError("pages.genes.source", table=TABLE, line=line, source=row.get("source"))
        words = [catalogue.text(GRADES[letter]) for letter in _letters(shown["grade"]) if letter in GRADES]
        rows.append(
            {**shown, "source": source, "level": Level(row.get("level") or "unverified"), "words": words}
        )
    title = catalogue.text("Genes and what has been tried")
    lead = catalogue.text(
        "For other faults of the cell's power supply: which gene, what has been tried, and how good the proof is."
    )
    return render(
        "genes.html.j2", f"{ledger.programme}-genes.html", title, lead, catalogue=catalogue, ledgers=[ledger], navigation=navigation, banners=ledger.banners,
        scripts=[asset("gene-table.js")], theme=theme, context={"ledger": ledger, "voice": Voice(ledger, catalogue), "rows": rows, "lead": lead},
    )  # fmt: skip


def _letters(grade: str) -> list[str]:
    text = grade.replace("(strong)", "").strip()
    return [text] if text in GRADES else [part.strip() for part in text.replace("/", "+").split("+")]


@page_of_programme(
    "genes",
    "Genes and what has been tried",
    route="clinician",
    where=lambda programme: TABLE in programme.tables,
)
def declared(made: ProgrammeInputs) -> Page | None:
    """The table, for programmes that have one."""
    return gene_page(made.ledger, made.catalogue, made.navigation, theme=made.theme)
