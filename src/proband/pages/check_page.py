"""Could I be considered? The programme's own rules as a form that runs in the reader's browser, on a page of its own."""

from __future__ import annotations

from typing import Any

from proband.pages.catalogue import Catalogue
from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.markup import Voice
from proband.pages.rendering import Page, asset, data_block
from proband.pages.self_check import rule_words, specification
from proband.programme.claims import PageSection
from proband.programme.eligibility import Eligibility

CHECK_TEXTS = {
    "legend": "What you know. Leave out what you do not know.",
    "unknown": "not known",
    "yes": "yes",
    "no": "no",
    "show": "Show what the rules say",
    "heading": "For the talk with your doctor",
    "given": "You filled in:",
    "excludes": "These rules would exclude, as you filled them in:",
    "team": "These need your team:",
    "open": "Nothing you entered rules these out:",
    "note": "This is information on published rules. It decides nothing. Nothing was stored or sent.",
    "print": "Print this sheet",
}
UNITS = {"a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours"}


@page_of_programme("check", "Could I be considered?")
def check_page(made: ProgrammeInputs) -> Page:
    """The rules and the form; where self-checks are switched off both are gone with their data, and the page says so."""
    ledger, catalogue = made.ledger, made.catalogue
    voice = Voice(ledger, catalogue)
    check = _check(made.programme.eligibility, catalogue) if made.self_check else None
    title = catalogue.text("Could I be considered?")
    lead = catalogue.text(
        "The published rules, and a sheet for the talk with your doctor. It decides nothing."
    )
    return made.page(
        "check", "check.html.j2", title, lead,
        scripts=[asset("self-check.js")] if check else [], data=[data_block("self-check-data", check["data"])] if check else [],
        voice=voice, check=check, claims=ledger.claims.in_section(PageSection.SELF_CHECK),
    )  # fmt: skip


def _check(eligibility: Eligibility, catalogue: Catalogue) -> dict[str, Any]:
    kinds: dict[str, list[dict[str, str]]] = {"include": [], "exclude": []}
    for criterion in eligibility.entry_criteria:
        kinds[criterion.kind.value].append(
            {
                "id": criterion.id,
                "words": rule_words(eligibility, criterion, catalogue),
                "reason": catalogue.text(criterion.reason).rstrip("."),
                "source": criterion.source or eligibility.source or "",
                "level": str(criterion.level or eligibility.level or ""),
            }
        )
    texts = {key: catalogue.text(text) for key, text in CHECK_TEXTS.items()}
    data = {
        **specification(eligibility, catalogue),
        "texts": {**texts, "units": {k: catalogue.text(v) for k, v in UNITS.items()}},
    }
    return {"kinds": [(kind, rules) for kind, rules in kinds.items() if rules], "data": data}
