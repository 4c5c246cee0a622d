"""Words that sell hope, each with what to say instead."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.tone import tone
from proband.programme.linting import LintFinding


@declare("banned-word", "words that sell hope, each with what to say instead")
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Claims, options, panels and facts of a ledger."""
    texts: list[tuple[tuple[str | int, ...], str, str]] = [(("title",), ledger.claims.title, "claims.yaml")]
    for i, claim in enumerate(ledger.claims.claims):
        texts += [
            (("claims", i, "text"), claim.text, "claims.yaml"),
            (("claims", i, "title"), claim.title or "", "claims.yaml"),
        ]
    for i, option in enumerate(ledger.claims.options):
        texts.append((("options", i), f"{option.name}. {option.about}", "claims.yaml"))
    for i, panel in enumerate(ledger.claims.panels):
        texts.append(
            (("panels", i), f"{panel.outcome}. {panel.people}. {panel.caution or ''}", "claims.yaml")
        )
    for i, fact in enumerate(ledger.facts):
        texts.append((("facts", i, "statement"), fact.statement, "facts.yaml"))
    for path, text, file in texts:
        for word, instead in tone().banned_in(text):
            yield LintFinding(file, path, f"{word!r} sells hope.", f"say instead: {instead}", word)
