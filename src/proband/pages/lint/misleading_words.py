"""Words that mislead a reader without being banned: safe, cure, praise, authority, pressure, promises and false certainty in other words."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.public_texts import PublicText, as_read, public_texts, sentences_of
from proband.pages.tone import Misleading, tone
from proband.programme.linting import LintFinding
from proband.programme.slots import CountSlot, DifferenceSlot, RateSlot, places


@declare(
    "misleading-words",
    "nothing is called safe, a cure, the best, certain or urgent in other words, and no voice stands for a count",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Every text that a page may print, sentence by sentence; warnings and questions may quote what they are about."""
    for text in public_texts(ledger):
        if text.quotes:
            continue
        for sentence in sentences_of(text.text):
            for way, found in _found(text, sentence):
                yield LintFinding(
                    text.file,
                    text.path,
                    f"{text.where}: {found!r} misleads ({way.id.replace('-', ' ')}).",
                    way.instead,
                    found,
                )


def _found(text: PublicText, sentence: str) -> Iterator[tuple[Misleading, str]]:
    read = as_read(sentence)
    for way in tone().misleading:
        if way.not_in == text.file or (way.in_labels and not text.labels):
            continue
        found = next(filter(None, map(way.found_in, read)), None)
        if found and not (way.counted and counts_people(text, sentence)):
            yield way, found


def counts_people(text: PublicText, sentence: str) -> bool:
    """Whether a sentence says a count, a rate or a difference of people in a slot."""
    if text.claim is None:
        return False
    said = (text.claim.slots[name] for name, _ in places(sentence))
    return any(isinstance(slot, CountSlot | RateSlot | DifferenceSlot) for slot in said)
