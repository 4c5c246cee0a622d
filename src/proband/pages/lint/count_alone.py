"""A count without its denominator, a share without its people, and counts that escape the rules of benefit and harm."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.pairs import FEW
from proband.pages.public_texts import sentences_of
from proband.programme.claims import Claim, ClaimKind
from proband.programme.linting import LintFinding
from proband.programme.slots import CountSlot, NumberSlot, RateSlot, View, places

#: claims that may hold a count of people of their own; any other repeats one of theirs, or counts everybody
_OWN_COUNTS = {ClaimKind.BENEFIT, ClaimKind.HARM, ClaimKind.NATURAL_COURSE, ClaimKind.STORY, ClaimKind.GAP}
_FARED = (
    r"(?:walk|stood|stand|improv|recover|got better|get better|were better|are better|gained|were helped|felt|died|die\b|lived|surviv|had harm|"
    r"came to harm|were healed|were harmed|responded|benefit)"
)
#: a number of people, and what became of them, with nothing between to say out of how many
_HEADS = re.compile(rf"\{{(\w+)\}}(?: (?:people|patients|children|men|women|persons|of them|others))?(?: (?:have|had|has|who|then|now|since|are|were))? {_FARED}")  # fmt: skip
_PEOPLE = re.compile(rf"\b(?:people|patients|children|them|those|persons)\b|\b{_FARED}", re.IGNORECASE)
_SHARE = re.compile(r"^(?:%|per ?cent|percent|per (?:100|1,?000|hundred|thousand))$", re.IGNORECASE)
_SHARE_AFTER = r"\{%s\} ?(?:%%|per ?cent\b|of (?:the |all )?(?:people|patients|children)\b)"
_RATE_WORDS = re.compile(r"\b(?:rate|share|chance|odds|proportion|probability|success)\b", re.IGNORECASE)

#: numbers of people and of studies measure nothing in anybody
_HEADCOUNT = {
    "people",
    "person",
    "child",
    "children",
    "patients",
    "groups",
    "studies",
    "study",
    "families",
    "reviews",
}
#: what sets one group beside another
_BESIDE = re.compile(
    r"\b(?:both|all of them|than|without|the same|other group|no difference|before)\b", re.IGNORECASE
)


@declare(
    "count-alone",
    "no count without its denominator, no share without its people, and no count of people that no rule of benefit or harm sees",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Events without a denominator, hundreds made of a few, heads and shares in plain numbers, counts outside benefit and harm."""
    known = {(slot.events, slot.n, slot.source) for _, slot in _counts(ledger, _OWN_COUNTS)}
    for index, claim in enumerate(ledger.claims.claims):
        for found, why, mend in _faults(claim, known):
            yield LintFinding(
                "claims.yaml", ("claims", index, "text"), f"claim {claim.id}: {found} {why}.", mend, found
            )


def _counts(ledger: Ledger, kinds: set[ClaimKind]) -> Iterator[tuple[Claim, CountSlot]]:
    for claim in ledger.claims.claims:
        if claim.kind in kinds:
            yield from ((claim, slot) for slot in claim.slots.values() if isinstance(slot, CountSlot))


def _faults(claim: Claim, known: set[tuple[int, int, str]]) -> Iterator[tuple[str, str, str]]:
    said: dict[str, set[View]] = {}
    for name, view in places(claim.text):
        said.setdefault(name, set()).add(view)
    for name, views in said.items():
        slot = claim.slots[name]
        if isinstance(slot, CountSlot):
            if View.EVENTS in views and not {View.PLAIN, View.DENOMINATOR} & views:
                yield name, "is said without its denominator", f"write {{{name}}}: so many of so many"
            if {View.PER_100, View.PER_1000} & views and slot.n < FEW and View.PLAIN not in views:
                yield (
                    name,
                    f"makes a hundred of {slot.n} people",
                    f"say {{{name}}} in the same text: below {FEW} people the people themselves are counted",
                )
            if (
                claim.kind not in _OWN_COUNTS
                and slot.events < slot.n
                and (slot.events, slot.n, slot.source) not in known
            ):
                yield (
                    name,
                    f"counts people in a claim of kind {claim.kind.value}",
                    "write it as a benefit, a harm or the natural course, where its rules hold; elsewhere it may be repeated",
                )
        if isinstance(slot, NumberSlot) and claim.kind is ClaimKind.BENEFIT and _one_measure(claim, name):
            yield (
                name,
                "is a change with no range, beside which nothing stands",
                "give its range, or what it was without",
            )
        if isinstance(slot, NumberSlot | RateSlot) and claim.kind is ClaimKind.BENEFIT and re.search(rf"\b(?:up to|as much as|as high as) \{{{re.escape(name)}\b", claim.text):  # fmt: skip
            yield name, "says the most that was seen", "say the middle and the range"
        if (
            isinstance(slot, RateSlot)
            and claim.kind is ClaimKind.BENEFIT
            and slot.n is None
            and slot.low is None
        ):
            yield name, "is a share of nobody knows how many", "give n, or the range, of the rate"
    for sentence in sentences_of(claim.text):
        yield from _plain_numbers(claim, sentence)


def _one_measure(claim: Claim, name: str) -> bool:
    """Whether a number is the only measure of a claim: no range, no second one, no word on anybody else."""
    measures = [n for n, slot in claim.slots.items() if isinstance(slot, NumberSlot) and slot.unit.strip().lower() not in _HEADCOUNT]  # fmt: skip
    slot = claim.slots[name]
    counted = any(isinstance(each, CountSlot | RateSlot) for each in claim.slots.values())
    alone = measures == [name] and isinstance(slot, NumberSlot) and (slot.low is None or slot.high is None)
    changed = re.search(
        rf"\b(?:by|rose|fell|gain\w*|better|higher|lower|more|less|of) \{{{re.escape(name)}\}}", claim.text
    )
    return alone and not counted and changed is not None and not _BESIDE.search(claim.text)


def _plain_numbers(claim: Claim, sentence: str) -> Iterator[tuple[str, str, str]]:
    names = [name for name, _ in places(sentence)]
    numbers = [name for name in dict.fromkeys(names) if isinstance(claim.slots[name], NumberSlot)]
    mend = "use a slot n-of-n, which holds both numbers"
    if (heads := _HEADS.search(sentence)) and heads[1] in numbers and len(set(names)) == 1:
        yield heads[1], "counts people and does not say out of how many", mend
    for name in numbers:
        slot = claim.slots[name]
        assert isinstance(slot, NumberSlot)  # noqa: S101 - chosen by that
        share = bool(_SHARE.match(slot.unit)) or re.search(_SHARE_AFTER % name, sentence) is not None
        if share and slot.scale == "absolute" and _PEOPLE.search(re.sub(r"\{[^}]*\}", " ", sentence)):
            yield name, "is a share of people without the people", mend
        elif _RATE_WORDS.search(sentence) and slot.value is not None and 0 < slot.value < 1 and not slot.unit:
            yield name, "is a share without the people", mend
