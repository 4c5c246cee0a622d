"""Reading grade at most 8 in every section: what a worried family cannot read was not said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.public_texts import public_texts
from proband.pages.reading import HIGHEST_GRADE, grade, plain_twin, syllables
from proband.pages.wording import sentence
from proband.programme.claims import PageSection
from proband.programme.linting import LintFinding
from proband.terms.yaml12 import KeyPath

#: labels of pictures and options: they stand in no section and are read first
_PRINTED_LABELS = {"panels", "options", "title"}
#: a word of so many syllables or more
_LONG = 6


def hard_words(text: str) -> list[str]:
    """The words of a label that are neither short nor explained."""
    return [word for word in re.findall(r"[A-Za-z]+", plain_twin(text)) if syllables(word) >= _LONG]


def section_text(ledger: Ledger, section: PageSection) -> str:
    """The running text of a section: its claims, one sentence or more to a line, and facts where they stand."""
    lines = [sentence(claim) for claim in ledger.claims.in_section(section)]
    if section is PageSection.ALLOWED:
        lines += [fact.statement for fact in ledger.facts]
    if section is PageSection.PER_HUNDRED:
        lines += [option.about for option in ledger.claims.options]
    return "\n".join(lines)


def grades(ledger: Ledger) -> dict[PageSection, float]:
    """The reading grade of every section that has text."""
    return {section: grade(text) for section in PageSection if (text := section_text(ledger, section))}


@declare(
    "reading-grade",
    "reading grade at most 8 in every section: what a worried family cannot read was not said",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Sections above the highest grade."""
    for text in public_texts(ledger):
        if text.short and text.path[0] in _PRINTED_LABELS and (hard := hard_words(text.text)):
            yield LintFinding(
                text.file,
                text.path,
                f"{text.where}: {', '.join(hard)} in a label that everybody reads.",
                "use plainer words, or explain the word in the glossary",
                hard[0],
            )
    for section, found in grades(ledger).items():
        if found <= HIGHEST_GRADE:
            continue
        claims = ledger.claims.in_section(section)
        if claims:
            worst = max(claims, key=lambda claim: grade(sentence(claim)))
            path: KeyPath = ("claims", ledger.claims.claims.index(worst), "text")
            where = f"; the hardest claim is {worst.id}"
        else:  # only options or facts speak in it
            path, where = ("options",), ""
        yield LintFinding(
            "claims.yaml",
            path,
            f"section {section.value} has reading grade {found:g}{where}.",
            f"use shorter sentences and plainer words until the grade is at most {HIGHEST_GRADE:g}",
            f"{found:g}",
        )
