"""The summary for lay people: the ten elements of EU Annex V, from the same objects as the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proband.pages.catalogue import Catalogue
from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.ledger import Ledger
from proband.pages.markup import Voice
from proband.pages.rendering import NavigationLink, Page, render
from proband.pages.self_check import rule_words
from proband.programme import Programme
from proband.programme.access import Missing, Registration
from proband.programme.claims import Claim, ClaimKind, PageSection


@dataclass(frozen=True, slots=True)
class Line:
    """One statement from the bundle's head, with the key that it came from and its source."""

    text: str
    key: str
    source: str


@dataclass(frozen=True, slots=True)
class Element:
    """One of the ten elements: statements from the bundle, and claims."""

    number: int
    title: str
    lines: tuple[Line, ...]
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class LayResults:
    """What the final report of a study puts in place of "no results yet": who took part, harms, results; ``banners`` stand at the head."""

    part: tuple[Line, ...]
    harms: tuple[Line, ...]
    results: tuple[Line, ...]
    banners: tuple[str, ...] = ()


def elements(programme: Programme, ledger: Ledger, results: LayResults | None = None) -> list[Element]:
    """The ten elements of a programme's summary, filled from the bundle and the results of its study; a gap is a statement too."""
    head = programme.head
    default = head.source or ""

    def line(text: str, key: str, source: str | None = None) -> Line:
        return Line(text, key, source or default)

    registration = head.access.registration
    registered = (
        f"Registered: {registration.registry} {registration.id}."
        if isinstance(registration, Registration)
        else f"Not registered: {registration.why}"
    )
    ethics = head.access.ethics_approval
    approved = (
        f"No ethics approval: {ethics.why}"
        if isinstance(ethics, Missing)
        else f"Ethics approval: {ethics.body}, {ethics.id}."
    )
    primary = [outcome for outcome in programme.outcomes.outcomes if outcome.role == "primary"]
    planned = list(head.arms)
    took_part = results.part if results else tuple(
        line(f"{arm.name}: {arm.planned} people are planned." if arm.planned else f"{arm.name}: the number is not fixed.", f"arms.{arm.id}", arm.source) for arm in planned
    )  # fmt: skip
    own_harms = (
        (*results.harms, line("The lines below come from others.", "status"))
        if results
        else (line("Nobody has been treated in this programme. The lines below come from others.", "status"),)
    )
    shown = results.results if results else (line("This programme has no results of its own yet.", "status"),)
    rules = [rule_words(programme.eligibility, criterion) for criterion in programme.eligibility.criteria]
    harms = list(ledger.claims.in_section(PageSection.HARMS))
    return [
        Element(1, "Which programme this is", (line(f"{head.title}. Version {head.version}.", "title"), line(registered, "access.registration"), line(approved, "access.ethics_approval"))),
        Element(2, "Who is responsible, and whom to ask", tuple(line(text, "written_by") for text in head.written_by), ledger.claims.in_section(PageSection.PEOPLE)[:2]),
        Element(3, "What it is about", (line(head.summary, "summary"), *(line(f"The question: {e.question}", f"estimands.{e.id}", e.source) for e in programme.outcomes.estimands))),
        Element(4, "Who takes part", (*took_part, *(line(text, "eligibility") for text in rules))),
        Element(5, "What is given", tuple(line(f"{p.name}: {p.source_material}.", f"products.{p.id}", p.source) for p in programme.products.values())),
        Element(6, "Harms", own_harms, tuple(harms)),
        Element(7, "Results", (*shown, *(line(f"It {'looked' if results else 'will look'} at: {o.name}. {o.definition}", f"outcomes.{o.id}", o.source) for o in primary)), tuple(c for c in ledger.claims.in_section(PageSection.KNOWN) if c.kind in {ClaimKind.BENEFIT, ClaimKind.GAP})),
        Element(8, "What this means", (), tuple(ledger.claims.in_section(PageSection.SENTENCE))),
        Element(9, "What comes next", (line(f"Whether a forecast is sealed before the first person: {head.forecast.declared.replace('-', ' ')}. {head.forecast.why}", "forecast"),), tuple(ledger.claims.in_section(PageSection.WHEN)[-1:])),
        Element(10, "Where to find more", (line("The whole plan is a public file with its own checksum.", "hash"),), tuple(ledger.claims.in_section(PageSection.PEOPLE))),
    ]  # fmt: skip


def lay_summary_page(
    programme: Programme,
    ledger: Ledger,
    catalogue: Catalogue,
    navigation: Sequence[NavigationLink] = (),
    *,
    theme: str | None = None,
    results: LayResults | None = None,
) -> Page:
    """The page with the ten elements."""
    title = catalogue.text("Summary for lay people: %(what)s", what=catalogue.text(ledger.claims.title))
    lead = catalogue.text("The ten points that European law asks of such a summary.")
    return render(
        "lay_summary.html.j2", f"{ledger.programme}-lay-summary.html", title, lead, catalogue=catalogue, ledgers=[ledger], navigation=navigation,
        banners=[*(results.banners if results else ()), *ledger.banners], theme=theme,
        context={"ledger": ledger, "voice": Voice(ledger, catalogue), "elements": elements(programme, ledger, results), "lead": lead},
    )  # fmt: skip


@page_of_programme("lay-summary", "Summary for lay people")
def declared(made: ProgrammeInputs) -> Page | None:
    """The summary, for every programme."""
    return lay_summary_page(made.programme, made.ledger, made.catalogue, made.navigation, theme=made.theme)
