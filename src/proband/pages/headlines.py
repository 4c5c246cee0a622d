"""The headline test on a page: the results that the claims name, replayed without treatment, and an interactive form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from proband.pages.charts import Chart, replay
from proband.pages.ledger import Ledger
from proband.pages.markup import Voice
from proband.pages.wording import say
from proband.programme.claims import Claim, HeadlineTest
from proband.programme.slots import CountSlot, View
from proband.terms import ProbandError, Source


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


def headline_items(ledger: Ledger, folder: str, voice: Voice, *, trials: int = 10_000) -> list[HeadlineItem]:
    """The headline tests of a ledger's claims file, in its order; a refusal is an answer too."""
    return [_item(ledger, folder, test, voice, trials) for test in ledger.claims.headlines]


def _item(ledger: Ledger, folder: str, test: HeadlineTest, voice: Voice, trials: int) -> HeadlineItem:
    from proband.trial.headline.answer import headline

    claim = ledger.by_id[test.claim]
    first, second = claim.slots[test.slot], claim.slots.get(test.minus or "")
    said = say(claim, test.slot, View.PLAIN, voice.catalogue)
    shown = said.text
    own = " ".join(claim.all_sources())
    if said.withheld or not isinstance(first, CountSlot):
        return HeadlineItem(
            claim, shown, "", voice.words("The count is withheld."), None, (), (), own, test.why_these
        )
    question = f"{first.events} of {first.n}"
    if isinstance(second, CountSlot):
        question += f" against {second.events} of {second.n}"
        shown = voice.words(
            "%(a)s against %(b)s", a=shown, b=say(claim, test.minus or "", View.PLAIN, voice.catalogue).text
        )
    try:
        result = headline(
            question, programme=folder, outcome=test.outcome, baseline=test.baseline, control_baseline=test.control_baseline, level=test.level_of_injury,
            baseline_window=test.baseline_window, follow_up=test.follow_up, era=test.era, trials=trials,
        )  # fmt: skip
    except ProbandError as refusal:
        return HeadlineItem(claim, shown, "", refusal.message, None, (), (), own, test.why_these)
    known = tuple(source for source in result.sources if source.id in ledger.sources)
    drawing = None
    if result.values and not result.natural_history_refused:
        axis = (
            voice.words("difference of the two shares")
            if result.control_people
            else voice.words("people with the result")
        )
        seen = (
            result.observed / result.people - (result.control_observed or 0.0) / result.control_people
            if result.control_people
            else result.observed
        )
        words = voice.words("Bars: replayed studies without treatment. Filled bars reach the headline.")
        drawing = replay(
            f"replay-{claim.id}", voice.words("Replayed studies without treatment"), result.values, result.frequencies,
            seen, axis, words, fewer=result.direction == "at most",
        )  # fmt: skip
    sources = " ".join(dict.fromkeys([*claim.all_sources(), *(source.id for source in known)]))
    refused = result.natural_history_refused or ""
    words = result.words if not refused else f"{result.words}"
    return HeadlineItem(claim, shown, words, "", drawing, result.cannot_see, known, sources, test.why_these)


def headline_form(folder: str) -> dict[str, Any] | None:
    """The table for the interactive form of one programme, or ``None`` where it has no natural history to ask."""
    from dataclasses import replace

    from proband.trial.headline.table import OFFERS, headline_table

    # calendar years are left to the command line: they would treble the weight of a page
    offers = {table: tuple(replace(offer, era=("",)) for offer in some) for table, some in OFFERS.items()}
    try:
        table = headline_table([folder], offers=offers)
    except ProbandError:
        return None
    cells = [cell for programme in table["programmes"].values() for cell in programme["cells"]]
    return table if any("refused" not in cell for cell in cells) else None


def headline_script() -> str:
    """The evaluator and the line that mounts it."""
    from proband.trial.headline.table import evaluator

    mount = (
        'ProbandHeadline.mount(document.getElementById("headline-form"),'
        'JSON.parse(document.getElementById("headline-data").textContent));'
    )
    return f"{evaluator()}\n{mount}"
