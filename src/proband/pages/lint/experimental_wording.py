"""An unauthorised product that is changed or used for something else is an experimental procedure, not a treatment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.linting import LintFinding

_TREATMENT = re.compile(r"\b(?:treatments?|therap(?:y|ies)|medicines?)\b", re.IGNORECASE)


@declare(
    "experimental-wording",
    "an unauthorised product that is changed or used for something else is an experimental procedure, not a treatment",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Claims and options about an experimental option, and the title, that call it a treatment."""
    if not ledger.experimental:
        return
    mend = "say experimental procedure, or name it: the cells, the substance"
    experimental = {option.id for option in ledger.claims.options if option.kind == "experimental"}
    if found := _TREATMENT.search(ledger.claims.title):
        yield LintFinding("claims.yaml", ("title",), f"the title says {found[0]!r}.", mend, found[0])
    for index, option in enumerate(ledger.claims.options):
        if option.id in experimental and (found := _TREATMENT.search(f"{option.name} {option.about}")):
            yield LintFinding(
                "claims.yaml",
                ("options", index),
                f"option {option.id} is called a {found[0]}.",
                mend,
                found[0],
            )
    for index, claim in enumerate(ledger.claims.claims):
        if claim.option in experimental and (found := _TREATMENT.search(f"{claim.title or ''} {claim.text}")):
            yield LintFinding(
                "claims.yaml",
                ("claims", index, "text"),
                f"claim {claim.id} says {found[0]!r} of an experimental procedure.",
                mend,
                found[0],
            )
