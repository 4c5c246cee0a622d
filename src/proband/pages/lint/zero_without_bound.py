"""No "0 of N" without "could still be as high as": nothing seen among few is not nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.public_texts import folded, public_texts, sentences_of
from proband.programme.claims import Claim
from proband.programme.linting import LintFinding
from proband.programme.slots import CountSlot, NumberSlot, RateSlot, View, places

_HARMS = r"(?:harm(?:ed|s)?|side effects?|complications?|adverse \w+|reactions?|tumou?rs?|growths?|deaths?|died|serious events?|infections?|problems?|trouble)"
_HARM = re.compile(rf"\b{_HARMS}\b", re.IGNORECASE)
#: nobody was harmed, in the many ways to say it
_NOTHING = re.compile(
    rf"\bwithout(?: any| a single)?(?: serious)? {_HARMS}\b|\b(?:no|nobody|no one|none of them|never|not one)\b(?: \w+){{0,3}} {_HARMS}\b|\b{_HARMS} (?:did not (?:occur|happen)|(?:was|were) (?:never|not) (?:found|seen|observed)|never \w+)"
)
#: what was not counted is no zero, and an abstract that counts nothing is quoted as such
_SAYS_NOT_COUNTED = re.compile(
    r"\b(?:counts? (?:no|neither|only)|(?:do|does|did) not (?:count|say|report|tell|know|give)|not (?:yet )?(?:counted|known|reported|studied|written)|we (?:have )?(?:found|read|know of) no|nobody (?:knows|counted)|whether|long enough|too short|abstract says|no (?:\w+ )?(?:rates?|counts?|figures?|numbers?|stud(?:y|ies)|data) of)\b"
)


@declare(
    "zero-without-bound",
    'no "0 of N" without "could still be as high as": nothing seen among few is not nothing',
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Claims whose text says a count of zero without its upper bound in the same text."""
    for index, claim in enumerate(ledger.claims.claims):
        said = places(claim.text)
        bounded = {name for name, view in said if view is View.UPPER_BOUND}
        for name in dict.fromkeys(name for name, _ in said):
            slot = claim.slots[name]
            if isinstance(slot, CountSlot) and slot.events == 0 and name not in bounded:
                yield LintFinding(
                    "claims.yaml",
                    ("claims", index, "text"),
                    f"claim {claim.id} says 0 of {slot.n} without how high the true figure could still be.",
                    f"add: the true figure could still be as high as {{{name}|upper-bound}}",
                    name,
                )
            if _is_nothing(claim, name):
                yield LintFinding(
                    "claims.yaml",
                    ("claims", index, "text"),
                    f"claim {claim.id} says nothing was seen in {name}, a plain number, among nobody knows how many.",
                    "use a slot n-of-n, and say how high the true figure could still be",
                    name,
                )
    for text in public_texts(ledger):
        if text.quotes or text.short:
            continue
        for sentence in sentences_of(text.text):
            words = folded(sentence)
            bound = any(view is View.UPPER_BOUND for _, view in places(text.text)) if text.claim else False
            if (
                not bound
                and (found := _NOTHING.search(words))
                and not _SAYS_NOT_COUNTED.search(folded(text.text))
            ):
                yield LintFinding(
                    text.file,
                    text.path,
                    f"{text.where}: {found[0]!r} says that there was no harm, and not among how many.",
                    "give the count of zero in a slot with how high the true figure could still be, or say that it was not counted",
                    found[0],
                )


def _is_nothing(claim: Claim, name: str) -> bool:
    """Whether a slot says zero without people: a rate of nothing, or the number 0 where harm is spoken of."""
    slot = claim.slots[name]
    if isinstance(slot, RateSlot):
        return slot.value == 0 and not slot.high
    return isinstance(slot, NumberSlot) and slot.value == 0 and _HARM.search(claim.text) is not None
