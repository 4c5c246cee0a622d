"""Every criterion of a public programme has plain words of its own: a family never reads an expression."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.reading import HIGHEST_GRADE, grade
from proband.pages.tone import tone
from proband.programme.linting import LintFinding
from proband.terms.yaml12 import KeyPath

#: what stands in an expression or in the words that are made from one, and in no sentence
_RAW = re.compile(r"[<>=&|]|\bis (?:none of|known$|one of)\b|\b(?:and|or) not\b|\w_\w|\d\*\d", re.IGNORECASE)
#: words above the highest grade that one sentence may have: a limit has its unit, and a unit has long words
_MEASURED = 8.0


@declare(
    "criterion-plain",
    "every criterion has plain words: a whole sentence, no expression, nothing that sells or decides",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Criteria without plain words, with an expression for words, with words that sell hope, and sentences that nobody can read."""
    if ledger.eligibility is None:
        return
    for index, criterion in enumerate(ledger.eligibility.criteria):
        words = criterion.plain or ""
        path: KeyPath = ("criteria", index, "plain")
        fault, mend = "", "say in a sentence what is true of the person whom the rule is about"
        if not words.strip():
            path, fault = ("criteria", index), "has no plain words"
        elif raw := _RAW.search(words):
            fault = f"reads like an expression ({raw[0]!r})"
        elif not words[0].isupper() or words.rstrip()[-1] not in ".?!":
            fault = "is no whole sentence"
        elif sold := tone().banned_in(words):
            fault, mend = f"says {sold[0][0]!r}", f"say instead: {sold[0][1]}"
        elif (found := grade(words)) > HIGHEST_GRADE + _MEASURED:
            fault, mend = f"has reading grade {found:g}", "use shorter and plainer words"
        if fault:
            yield LintFinding(
                "eligibility.yaml", path, f"criterion {criterion.id} {fault}.", mend, words[:60]
            )
