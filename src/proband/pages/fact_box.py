"""The fact box: the whole of a programme on one phone screen and one printed page, in at most 150 words.

Nothing is chosen by hand. The picture is the largest study of the experiment that compared two groups; what the other studies counted stands beside
it in words. Where nothing was compared the box says so. Every line is a claim or its first sentence, with its figures in their slots.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from proband.pages.ledger import Ledger
from proband.pages.markup import SHORT_SURE, Voice
from proband.pages.pairs import PairedGroups, every_pair
from proband.pages.wording import say
from proband.programme.claims import Claim, ClaimKind, PageSection, Panel
from proband.programme.slots import CountSlot, View
from proband.terms import name_of

_TAG = re.compile(r"<[^>]+>")
#: words that the box may hold: what fits one screen of a phone, and a mind under strain
MOST_WORDS = 150
#: questions to take along
_QUESTIONS = 3
#: the title, the headings and what stands for how sure it is
_FIXED = 16
#: what the picture is asked
_HOW_MANY = "How many would %(what)s?"
#: other comparisons that stand beside the one that is drawn
_OTHERS = 2


@dataclass(frozen=True, slots=True)
class BoxLine:
    """One line of the box: its heading, and the claim whose first sentence it is."""

    heading: str
    claim: Claim | None
    words: Markup


@dataclass(frozen=True, slots=True)
class FactBox:
    """What the box holds; ``pair`` is ``None`` where nothing was compared, and then ``alone`` says who was counted at all."""

    what: BoxLine
    pair: PairedGroups | None
    panel: Panel | None
    who: str
    others: tuple[tuple[Panel, PairedGroups], ...]
    alone: tuple[Claim, str] | None
    counted: str
    rated: Claim | None
    lines: tuple[BoxLine, ...]
    questions: tuple[BoxLine, ...]


def fact_box(ledger: Ledger, voice: Voice) -> FactBox:
    """The box of a programme, from its claims alone.

    Where it would hold too many words, what is given stands in place of the summary, whole or not at all, for half a summary can flatter; then
    further comparisons go, but never one that points the other way than the picture; then the title alone says what it is.
    """
    found = sorted(every_pair(ledger, voice), key=lambda item: -item[1].people)
    # one study counts for one, also where a panel of harms and one of benefits both show it
    once = list({pair.claim.id: (panel, pair) for panel, pair in reversed(found)}.values())[::-1]
    drawn = once[0] if once else None
    contrary = [item for item in once[1:] if drawn and _favours(item) is not _favours(drawn)]
    alike = [item for item in once[1:] if item not in contrary]
    box = _box(ledger, voice, drawn, (*contrary, *alike)[: max(_OTHERS, len(contrary))], what="summary")
    for others, what in ((box.others, "given"), (tuple(contrary), "given"), (tuple(contrary), "title")):
        if _words(box, voice) <= MOST_WORDS:
            break
        box = _box(ledger, voice, drawn, others, what=what)
    return box


def _favours(item: tuple[Panel, PairedGroups]) -> bool:
    """Whether more people had it better with the experiment than without."""
    panel, pair = item
    return (pair.more > 0) is panel.good


def _box(
    ledger: Ledger,
    voice: Voice,
    drawn: tuple[Panel, PairedGroups] | None,
    others: tuple[tuple[Panel, PairedGroups], ...],
    *,
    what: str,
) -> FactBox:
    panel, pair = drawn or (None, None)
    summary = ledger.claims.in_section(PageSection.SENTENCE)[0]
    lines = [
        _line(voice.words("Serious harm"), _harm(ledger), voice),
        _allowed(ledger, voice),
        _line(voice.words("Who pays?"), _pays(ledger), voice),
    ]
    alone = None if pair else _alone(ledger)
    counted = say(*alone, View.DENOMINATOR, voice.catalogue).text if alone else ""
    about = pair.option.about if pair and pair.option else ""
    words = voice.sentence(summary) if what == "summary" or not about else voice.running(voice.words(about))
    opening = BoxLine("", summary, Markup("") if what == "title" and about else words)
    who = f"{pair.people} {voice.words(panel.people.split(';')[0])}" if panel and pair else ""
    return FactBox(
        opening,
        pair,
        panel,
        who,
        others,
        alone,
        counted,
        _rated(ledger, pair),
        tuple(line for line in lines if line),
        _questions(ledger, voice),
    )


def _words(box: FactBox, voice: Voice) -> int:
    """About how many words the box holds in view, its fixed ones included, in the language of the voice."""
    texts = [
        str(box.what.words),
        box.who,
        *(f"{line.heading} {line.words}" for line in (*box.lines, *box.questions)),
    ]
    fixed = [voice.ledger.claims.title, "Who", "How sure?", "Ask"]
    if box.rated and box.rated.certainty:
        fixed.append(SHORT_SURE[box.rated.certainty.rating])
    if box.pair and box.panel:
        fixed.append(_HOW_MANY)
        texts += [voice.words(box.panel.outcome), box.pair.sentence, "How many would"]
        texts += [f"{side.name} {side.shown} {side.range_words}" for side in box.pair.sides]
    for panel, pair in box.others:
        option = voice.words(pair.option.name) if pair.option else ""
        texts.append(f"{option} {voice.words(panel.outcome)} {voice.words('without')}")
        texts += [side.shown for side in pair.sides]
    # another language may say what is fixed in more words
    longer = sum(max(0, _length(voice.words(text)) - _length(text)) for text in fixed)
    return _FIXED + longer + sum(map(_length, texts))


def _experimental(ledger: Ledger) -> set[str]:
    return {option.id for option in ledger.claims.options if option.kind == "experimental"}


def _harm(ledger: Ledger) -> Claim | None:
    """The harm of the experiment that is called serious, the first in the file; else its first harm, else that none was counted."""
    mine = _experimental(ledger)
    harms = [
        claim
        for claim in ledger.claims.in_section(PageSection.HARMS)
        if claim.kind in {ClaimKind.HARM, ClaimKind.GAP} and (claim.option in mine or claim.option is None)
    ]
    serious = [
        claim
        for claim in harms
        if claim.kind is ClaimKind.HARM and "serious" in f"{claim.outcome} {claim.text}".lower()
    ]
    return next(iter(serious or harms), None)


def _line(heading: str, claim: Claim | None, voice: Voice) -> BoxLine | None:
    return None if claim is None else BoxLine(heading, claim, voice.opening(claim))


def _allowed(ledger: Ledger, voice: Voice) -> BoxLine | None:
    """That it was found to be allowed nowhere, where a claim says so; else the shortest dated fact on approval, with its country; else the first claim."""
    heading = voice.words("Allowed here?")
    claims = ledger.claims.in_section(PageSection.ALLOWED)
    gap = next((claim for claim in claims if claim.kind is ClaimKind.GAP), None)
    approvals = [fact for fact in ledger.facts if fact.topic == "approval"]
    if gap is not None or not approvals:
        return _line(heading, gap or next(iter(claims), None), voice)
    fact = min(approvals, key=lambda fact: (len(fact.statement.split(". ")[0]), fact.id))
    said = fact.statement.split(". ")[0].rstrip(".")
    where = name_of(fact.jurisdiction) if fact.jurisdiction else ""
    words = Markup('{}<span data-fact="{}" data-source="{}" data-level="{}">{}.</span>{}').format(
        f"{where}: " if where else "", fact.id, fact.source, fact.level.value, voice.named(voice.words(said)), voice.mark(fact.level)
    )  # fmt: skip
    return BoxLine(heading, None, words)


def _pays(ledger: Ledger) -> Claim | None:
    """What taking part costs, where a claim says so; else the first claim on cost."""
    costs = ledger.claims.in_section(PageSection.COST)
    own = [claim for claim in costs if claim.kind is ClaimKind.COST and "pay" in claim.text.lower()]
    return next((claim for claim in own if "programme" in claim.text), next(iter(own or costs), None))


def _alone(ledger: Ledger) -> tuple[Claim, str] | None:
    """Where nothing was compared: the count of the experiment's people in a panel, with its slot."""
    mine = _experimental(ledger)
    for panel in ledger.claims.panels:
        for cell in panel.cells:
            if cell.option in mine and cell.claim and cell.slot:
                claim = ledger.by_id[cell.claim]
                if isinstance(claim.slots[cell.slot], CountSlot):
                    return claim, cell.slot
    return None


def _rated(ledger: Ledger, pair: PairedGroups | None) -> Claim | None:
    """The claim whose certainty the box shows: that of the picture, else the lowest of the experiment's benefits."""
    if pair is not None and pair.claim.certainty is not None:
        return pair.claim
    mine = _experimental(ledger)
    rated = [
        claim
        for claim in ledger.claims.claims
        if claim.kind is ClaimKind.BENEFIT and claim.certainty is not None and claim.option in mine
    ]
    return min(rated, key=lambda claim: claim.certainty.rating.points if claim.certainty else 0, default=None)


def _questions(ledger: Ledger, voice: Voice) -> tuple[BoxLine, ...]:
    """Three short questions of three topics, in the order of the topics."""
    by_topic: dict[str | None, list[BoxLine]] = {}
    for claim in ledger.claims.in_section(PageSection.OFFERED):
        if claim.kind is ClaimKind.QUESTION:
            by_topic.setdefault(claim.title, []).append(BoxLine("", claim, voice.opening(claim)))
    shortest = [min(asked, key=lambda line: _length(line.words)) for asked in by_topic.values()]
    chosen = sorted(shortest, key=lambda line: _length(line.words))[:_QUESTIONS]
    return tuple(line for line in shortest if line in chosen)


def _length(text: str) -> int:
    """How many words of a text in HTML are read."""
    return len(_TAG.sub(" ", text).split())
