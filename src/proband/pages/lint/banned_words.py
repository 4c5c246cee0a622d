"""Words that sell hope, each with what to say instead."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.public_texts import as_read, public_texts
from proband.pages.tone import tone
from proband.programme.linting import LintFinding


@declare("banned-word", "words that sell hope, each with what to say instead")
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Every text that a page may print."""
    for text in public_texts(ledger):
        found = {word: instead for said in as_read(text.text) for word, instead in tone().banned_in(said)}
        for word, instead in found.items():
            yield LintFinding(
                text.file, text.path, f"{text.where}: {word!r} sells hope.", f"say instead: {instead}", word
            )
