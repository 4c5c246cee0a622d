"""The results that a programme's claims name, each with its answer replayed without treatment, or with the refusal.

Nothing is replayed here: the answers come from :func:`proband.trial.headline.claimed.claimed_headlines`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from proband.pages.charts import Chart
from proband.pages.headline.replays import replay_chart
from proband.pages.ledger import Ledger
from proband.pages.markup import Voice
from proband.pages.wording import say
from proband.programme.claims import Claim
from proband.programme.slots import CountSlot, View
from proband.terms import ProbandError, Source
from proband.trial.headline.claimed import ClaimedHeadline, ClaimedHeadlines
from proband.trial.headline.result import HeadlineResult
from proband.trial.headline.words import percent


class HeadlinesMissing(ProbandError):
    """A page puts headlines to the test, and no answers of this very content of its programme were handed over."""


@dataclass(frozen=True, slots=True)
class HeadlineItem:
    """One result with its answer, or with the reason why there is none."""

    claim: Claim
    said: str
    words: str
    refused: str
    chart: Chart | None
    cannot_see: tuple[str, ...]
    cited: tuple[Source, ...]
    sources: str
    why_these: str
    #: how often the replayed studies reach it, where any was replayed
    in_short: str = ""


def answers_for(ledger: Ledger, made: Iterable[ClaimedHeadlines]) -> ClaimedHeadlines:
    """The answers that were made from the content on which a ledger stands.

    Raises
    ------
    HeadlinesMissing
        If the claims name headlines and none of the answers bears the ledger's hash.
    """
    for answers in made:
        if answers.programme == ledger.programme and answers.programme_hash == ledger.hash:
            return answers
    if ledger.claims.headlines:
        raise HeadlinesMissing("pages.headlines", programme=ledger.programme, hash=ledger.hash[:12])
    return ClaimedHeadlines(ledger.programme, ledger.hash, ())


def headline_items(ledger: Ledger, answers: ClaimedHeadlines, voice: Voice) -> list[HeadlineItem]:
    """The headline tests of a ledger's claims file, in its order; a refusal is an answer too."""
    return [_item(ledger, answer, voice) for answer in answers.answers]


def _item(ledger: Ledger, answer: ClaimedHeadline, voice: Voice) -> HeadlineItem:
    test, result = answer.test, answer.result
    claim = ledger.by_id[test.claim]
    first, second = claim.slots[test.slot], claim.slots.get(test.minus or "")
    said = say(claim, test.slot, View.PLAIN, voice.catalogue)
    shown = said.text
    own = " ".join(claim.all_sources())
    if said.withheld or not isinstance(first, CountSlot):
        return HeadlineItem(
            claim, shown, "", voice.words("The count is withheld."), None, (), (), own, test.why_these
        )
    if isinstance(second, CountSlot):
        shown = voice.words(
            "%(a)s against %(b)s", a=shown, b=say(claim, test.minus or "", View.PLAIN, voice.catalogue).text
        )
    if result is None:
        return HeadlineItem(claim, shown, "", answer.refused, None, (), (), own, test.why_these)
    known = tuple(source for source in result.sources if source.id in ledger.sources)
    sources = " ".join(dict.fromkeys([*claim.all_sources(), *(source.id for source in known)]))
    return HeadlineItem(
        claim,
        shown,
        result.words,
        "",
        # two groups that are compared only with each other: no published people stand behind the drawing
        None
        if result.natural_history_refused
        else replay_chart(result, f"replay-{claim.id}", voice.catalogue),
        result.cannot_see,
        known,
        sources,
        test.why_these,
        _in_short(result, voice),
    )


def _in_short(result: HeadlineResult, voice: Voice) -> str:
    """How often one sees at least that without treatment, in one sentence; chance alone where only two groups are compared."""
    if result.natural_history_refused:
        return voice.words("Only the two groups can be compared.")
    return (
        voice.words(
            "%(share)s of studies without treatment show at least that.", share=percent(result.probability)
        )
        if result.direction != "at most"
        else voice.words(
            "%(share)s of studies without treatment show at most that.", share=percent(result.probability)
        )
    )
