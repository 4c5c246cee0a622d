"""IPDAS and EU Annex V, computed from what a page really holds and never typed.

IPDAS: the International Patient Decision Aid Standards' six qualifying and six certification items, as the table in BMJ Open
and its supplement give them. Annex V: the ten elements of the summary for laypersons of Regulation (EU) No 536/2014, as
secondary guides list them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from proband.pages.ledger import Ledger
from proband.pages.lint import options_asymmetric
from proband.pages.rendered import unfolded, visible_text
from proband.programme.claims import ClaimKind, PageSection

#: the element of Annex V that says who takes part
WHO_TAKES_PART = 4


@dataclass(frozen=True, slots=True)
class StandardItem:
    """One item of a standard, and whether it is met."""

    id: str
    says: str
    met: bool


def ipdas(ledger: Ledger, html: str) -> list[StandardItem]:
    """The twelve items, each from the ledger and from the page as it was rendered.

    An item that the ledger could meet but the page does not show is not met.
    """
    claims = ledger.claims
    kinds = {
        claim.kind
        for claim in claims.claims
        if claim.section is not PageSection.NOWHERE and f'id="c-{claim.id}"' in html
    }
    rated = [claim for claim in claims.claims if claim.certainty and f'id="c-{claim.id}"' in html]
    sides = {panel.good for panel in claims.panels if f'id="panel-{panel.id}"' in html}
    shown_options = all(f">{option.name} " in html or option.name in html for option in claims.options)
    cited = all(
        f'data-source="{source}' in html or f" {source}" in html
        for claim in rated
        for source in claim.sources[:1]
    )
    tests: list[tuple[str, str, Callable[[], bool]]] = [
        ("Q1", "describes the condition", lambda: ClaimKind.NATURAL_COURSE in kinds),
        ("Q2", "states the decision", lambda: 'id="decision"' in html),
        (
            "Q3",
            "lists the options, doing nothing included",
            lambda: shown_options and any(o.kind == "no-treatment" for o in claims.options),
        ),
        (
            "Q4",
            "describes what is good about each option",
            lambda: True in sides and ClaimKind.BENEFIT in kinds,
        ),
        (
            "Q5",
            "describes what is bad about each option",
            lambda: False in sides and bool(kinds & {ClaimKind.HARM}),
        ),
        ("Q6", "says what it is like", lambda: ClaimKind.EXPERIENCE in kinds),
        (
            "C1",
            "shows good and bad sides alike",
            lambda: not list(options_asymmetric.check(ledger)) and len(sides) == 2,
        ),
        ("C2", "cites its evidence", lambda: bool(rated) and cited and 'class="cite"' in html),
        ("C3", "gives a date", lambda: 'data-meta="date"' in html and bool(claims.imprint.changes)),
        ("C4", "says how it is kept up to date", lambda: claims.imprint.update_policy in html),
        ("C5", "says how unsure the results are", lambda: bool(rated) and 'class="sure"' in html),
        ("C6", "says who paid", lambda: claims.imprint.paid_by in html),
    ]
    return [StandardItem(id, says, bool(test())) for id, says, test in tests]


def annex_v(html: str) -> list[StandardItem]:
    """The ten elements, from the summary as it was rendered: each is met if it says something in view, a stated gap included.

    The element on who takes part says who may and who may not, in two lists.
    """
    found = []
    for number in range(1, 11):
        part = re.search(rf'<section\b[^>]*\bid="v{number}".*?</section>', html, re.DOTALL)
        seen = unfolded(part[0]) if part else ""
        title = re.search(r"<h2\b.*?</h2>", seen, re.DOTALL)
        said = visible_text(seen.replace(title[0], " ") if title else "")
        met = len(said.split()) > 2
        if number == WHO_TAKES_PART:
            met = met and all(f'data-list="{id}"' in seen for id in ("may", "may-not"))
        says = " ".join(visible_text(title[0]).split()[1:]) if title else "missing"
        found.append(StandardItem(f"V{number}", says, met))
    return found


def score(items: list[StandardItem]) -> str:
    """How many items are met, of how many: 12/12."""
    return f"{sum(item.met for item in items)}/{len(items)}"
