"""The public page of one programme: thirteen parts in a fixed order, each made from claims, facts and tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from proband.pages.declaration import MAIN, ProgrammeInputs, page_of_programme
from proband.pages.fact_box import fact_box
from proband.pages.figures import completeness, flow_stages, forest_chart, trajectory_chart
from proband.pages.headline.claimed import headline_items
from proband.pages.ledger import Ledger
from proband.pages.linked_data import BLOCK, linked_data
from proband.pages.markup import Voice, source_ids
from proband.pages.pairs import listed, pairs
from proband.pages.rendering import Page, data_block, render
from proband.pages.routes import routes
from proband.pages.wording import sentence
from proband.programme.claims import PAGE_ORDER, Claim, ClaimKind, PageSection

TITLES = {
    PageSection.SENTENCE: "In one sentence",
    PageSection.KNOWN: "What we know and do not know",
    PageSection.FLOW: "What happened to everyone",
    PageSection.PER_HUNDRED: "If a hundred people like you …",
    PageSection.HARMS: "What could go wrong",
    PageSection.EXPERIENCE: "What it is like",
    PageSection.WHEN: "How soon would we know?",
    PageSection.SELF_CHECK: "Could I be considered?",
    PageSection.ALLOWED: "Is it allowed here?",
    PageSection.COST: "What does it cost, and who pays?",
    PageSection.OFFERED: "If someone offers you this for money",
    PageSection.PEOPLE: "Whom to talk to",
    PageSection.IMPRINT: "Who wrote and paid for this, and what changed",
}
KINDS = {
    "no-treatment": "always an option",
    "ordinary-care": "usual care",
    "alternative": "another option",
    "experimental": "experimental",
}
#: what stands over claims that are for every form of the disease
ALL_FORMS = "For all forms"
STAGES = {
    "screened": "Looked at",
    "consented": "Agreed to take part",
    "harvested": "Cells taken",
    "manufactured": "Cells made",
    "treated": "Treated",
    "assessed": "Counted at the end",
    "lost": "Lost from view",
    "died": "Died",
}


@page_of_programme(MAIN, "The programme")
def programme_page(made: ProgrammeInputs) -> Page:
    """The page of one programme."""
    ledger, catalogue = made.ledger, made.catalogue
    voice = Voice(ledger, catalogue)
    headlines = headline_items(ledger, made.headlines, voice)
    forms = {form.id: form.name for form in made.programme.head.indication.sub_indications}
    offered = list(ledger.claims.in_section(PageSection.OFFERED))
    context: dict[str, Any] = {
        "ledger": ledger,
        "voice": voice,
        "parts": [
            {"id": s.value, "title": TITLES[s], "number": i} for i, s in enumerate(PAGE_ORDER, start=1)
        ],
        "in_section": lambda name: ledger.claims.in_section(PageSection(name)),
        "grouped": lambda name: _by_form(ledger.claims.in_section(PageSection(name)), forms),
        "last_checked": last_checked(ledger),
        "panels": [
            {"panel": panel, "pairs": paired, "listed": listed(ledger, panel, voice, paired)}
            for panel in ledger.claims.panels
            for paired in [pairs(ledger, panel, voice)]
        ],
        "flows": [_flow(ledger, flow, voice) for flow in ledger.claims.flows],
        "forests": [
            {
                "plot": plot,
                "chart": forest_chart(ledger, plot, voice),
                "claims": " ".join(row.claim for row in plot.rows),
                "mark": voice.weak_mark(*(ledger.by_id[row.claim] for row in plot.rows)),
                "sources": source_ids(ledger.by_id[row.claim] for row in plot.rows),
            }
            for plot in ledger.claims.forests
        ],
        "trajectories": [
            {"plot": plot, "chart": trajectory_chart(ledger, plot, voice)}
            for plot in ledger.claims.trajectories
        ],
        "head": made.programme.head,
        "box": fact_box(ledger, voice),
        "routes": routes(made),
        "facts": sorted(ledger.facts, key=lambda fact: (fact.jurisdiction or "", fact.id)),
        "questions": _by_topic(offered),
        "offered_sources": _sources(voice, offered),
        "headlines": headlines,
        "headline_page": f"{made.programme.id}-headline.html",
        "check_page": f"{made.programme.id}-check.html",
        "KINDS": KINDS,
        "STAGES": STAGES,
    }
    lead = " ".join(sentence(claim, catalogue) for claim in ledger.claims.in_section(PageSection.SENTENCE))
    return render(
        "programme.html.j2", made.href, catalogue.text(ledger.claims.title), lead, catalogue=catalogue, ledgers=[ledger], navigation=made.navigation,
        banners=ledger.banners, theme=made.theme, context=context,
        data=[data_block(BLOCK, linked_data(made, last_checked(ledger)), "application/ld+json")],
    )  # fmt: skip


def last_checked(ledger: Ledger) -> date:
    """The day on which the page's oldest claim or fact was checked: the page is no fresher than that."""
    return min(
        [claim.checked_on for claim in ledger.claims.claims] + [fact.checked_on for fact in ledger.facts]
    )


def _flow(ledger: Ledger, flow: Any, voice: Voice) -> dict[str, Any]:
    stages = flow_stages(ledger, flow, voice)
    done, total = completeness(flow)
    sources = source_ids([stage.claim for stage in stages if stage.claim]) or flow.source
    return {"flow": flow, "stages": stages, "done": done, "all": total, "sources": sources}


def _by_form(claims: Sequence[Claim], forms: dict[str, str]) -> list[tuple[str, list[Claim]]]:
    """Claims by form of the disease, those for all forms last; a programme without forms has one group without a name."""
    order = list(dict.fromkeys([*(claim.sub_indication for claim in claims if claim.sub_indication), None]))
    named = any(claim.sub_indication for claim in claims)
    groups = []
    for form in order:
        of_form = [claim for claim in claims if claim.sub_indication == form]
        if of_form:
            title = (
                ""
                if not named
                else forms.get(form, form.replace("-", " ").capitalize())
                if form
                else ALL_FORMS
            )
            groups.append((title, of_form))
    return groups


def _by_topic(claims: Sequence[Claim]) -> list[tuple[str, list[Claim]]]:
    questions = [claim for claim in claims if claim.kind is ClaimKind.QUESTION]
    topics = dict.fromkeys(claim.title or "other" for claim in questions)
    return [
        (topic.capitalize(), [claim for claim in questions if (claim.title or "other") == topic])
        for topic in topics
    ]


def _sources(voice: Voice, claims: Sequence[Claim]) -> list[Any]:
    return list({source.id: source for claim in claims for source in voice.cited(claim)}.values())
