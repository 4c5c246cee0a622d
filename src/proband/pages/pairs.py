"""What was compared within one study, as pictures that support one sentence and no more.

One rule for every option: filled to the lower limit, open to the upper, the count in words. Whoever got less stands first. Below
:data:`FEW` people in a group the people themselves stand there and never a hundred. Options that were counted in different studies are never side by side:
they are listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from proband.analysis.claimed import CountDifference, count_difference, count_interval
from proband.pages.charts import Chart, icon_array, people_row
from proband.pages.figures import FigureError
from proband.pages.ledger import Ledger
from proband.pages.markup import TIME_NOT_GIVEN, Voice
from proband.pages.wording import may_be_shown, more_or_fewer, range_of_difference, say
from proband.programme.claims import Claim, Option, Panel
from proband.programme.slots import CountSlot, DifferenceSlot, RateSlot, View

#: fewer people than this in a group are shown one by one: a hundred dots would say more than was seen
FEW = 30


@dataclass(frozen=True, slots=True)
class Side:
    """One group of a pair: its name, what was counted in it, and how many of a hundred that could be."""

    name: str
    slot: str
    shown: str
    range_words: str
    chart: Chart


@dataclass(frozen=True, slots=True)
class PairedGroups:
    """Two groups of one study, those without the experiment first, and the one sentence that the picture supports."""

    claim: Claim
    option: Option | None
    sides: tuple[Side, Side]
    sentence: str
    people: int
    #: the difference as a fraction: above nothing where more people had it with the experiment
    more: float


@dataclass(frozen=True, slots=True)
class ListedOption:
    """An option that stands in no pair of a panel: its count alone, or why there is none."""

    option: Option
    claim: Claim | None
    slot: str | None
    shown: str
    gap: str
    bound: str = ""


def pair_of(ledger: Ledger, claim: Claim, panel: Panel, voice: Voice) -> PairedGroups | None:
    """The two groups that a claim gives the difference of; ``None`` where it gives none, or a count is withheld."""
    name = next((name for name, slot in claim.slots.items() if isinstance(slot, DifferenceSlot)), None)
    if name is None:
        return None
    slot = claim.slots[name]
    assert isinstance(slot, DifferenceSlot)  # noqa: S101 - it was chosen by that
    first, second = claim.slots[slot.of], claim.slots[slot.minus]
    if not isinstance(first, CountSlot) or not isinstance(second, CountSlot):
        return None
    if not (may_be_shown(first) and may_be_shown(second)):
        return None
    cells = {cell.slot: cell.option for cell in panel.cells if cell.claim == claim.id}
    options = {option.id: option for option in ledger.claims.options}
    mine = options.get(cells.get(slot.of) or "") or options.get(claim.option or "")
    other = options.get(cells.get(slot.minus) or "")
    few = min(first.n, second.n) < FEW
    with_name = voice.words(mine.name if mine else "with it")
    without = voice.words(other.name if other else capital(claim.comparator or "without it"))
    sides = (
        _side(panel, claim, slot.minus, second, without, voice, few=few),
        _side(panel, claim, slot.of, first, with_name, voice, few=few),
    )
    found = count_difference(claim, slot)
    return PairedGroups(
        claim, mine, sides, _sentence(claim, found, voice), first.n + second.n, found.estimate
    )


def nothing_bound(claim: Claim, name: str, voice: Voice) -> str:
    """How high the true figure could still be, where a slot counts nothing; else nothing."""
    slot = claim.slots[name]
    if not isinstance(slot, CountSlot) or slot.events:
        return ""
    bound = say(claim, name, View.UPPER_BOUND, voice.catalogue).text
    return voice.words("up to %(bound)s", bound=bound)


def capital(text: str) -> str:
    """A text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def _side(
    panel: Panel, claim: Claim, name: str, slot: CountSlot, group: str, voice: Voice, *, few: bool
) -> Side:
    shown = say(claim, name, View.PLAIN, voice.catalogue).text
    id = f"pair-{panel.id}-{claim.id}-{name}"
    title = f"{group}: {shown} {voice.words(panel.outcome)}"
    if few:
        return Side(
            group,
            name,
            shown,
            nothing_bound(claim, name, voice),
            people_row(id, title, slot.events, slot.n, title),
        )
    bounds = count_interval(slot)
    low, high = round(100 * bounds.low), round(100 * bounds.high)
    spread = voice.words("%(low)s to %(high)s of 100", low=low, high=high)
    words = voice.words("%(title)s. It could be %(spread)s.", title=title, spread=spread)
    return Side(group, name, shown, spread, icon_array(id, title, low, high, words))


def _sentence(claim: Claim, found: CountDifference, voice: Voice) -> str:
    """What the picture supports: the difference with its range and time, and whether chance could make it."""
    points = more_or_fewer(found.estimate, voice.catalogue)
    spread = range_of_difference(found.low, found.high, voice.catalogue)
    time = say(claim, claim.follow_up, View.PLAIN, voice.catalogue).text if claim.follow_up else ""
    said = voice.words(
        "In this study (%(time)s): %(points)s (%(spread)s).",
        time=time or voice.words(TIME_NOT_GIVEN), points=points, spread=spread,
    )  # fmt: skip
    if found.low <= 0 <= found.high:
        return f"{said} {voice.words('Chance alone could make this difference.')}"
    return f"{said} {voice.words('One study does not settle it.')}"


def pairs(ledger: Ledger, panel: Panel, voice: Voice) -> list[PairedGroups]:
    """The pairs of a panel, each claim once, in the order of its cells."""
    claims = dict.fromkeys(cell.claim for cell in panel.cells if cell.claim)
    found = (pair_of(ledger, ledger.by_id[id], panel, voice) for id in claims)
    return [pair for pair in found if pair is not None]


def listed(ledger: Ledger, panel: Panel, voice: Voice, shown: Iterable[PairedGroups]) -> list[ListedOption]:
    """The options of a panel that stand in none of its pairs, which are ``shown``, in the order of the options.

    Raises
    ------
    FigureError
        ``pages.figure.slot`` where a cell names a slot that is no share of people.
    """
    paired = {pair.claim.id for pair in shown}
    cells = {cell.option: cell for cell in panel.cells}
    found = []
    for option in ledger.claims.options:
        cell = cells.get(option.id)
        if cell is None or cell.claim in paired:
            continue
        if cell.claim is None or cell.slot is None:
            found.append(ListedOption(option, None, None, "", voice.words(cell.gap or "")))
            continue
        claim = ledger.by_id[cell.claim]
        if not isinstance(claim.slots[cell.slot], CountSlot | RateSlot):
            raise FigureError("pages.figure.slot", kind=type(claim.slots[cell.slot]).__name__)
        said = say(claim, cell.slot, View.PLAIN, voice.catalogue)
        if said.withheld:
            found.append(ListedOption(option, None, None, "", said.text))
        else:
            bound = nothing_bound(claim, cell.slot, voice)
            found.append(ListedOption(option, claim, cell.slot, said.text, "", bound))
    return found


def every_pair(ledger: Ledger, voice: Voice) -> Iterator[tuple[Panel, PairedGroups]]:
    """Every pair of every panel about an experimental option, with its panel."""
    for panel in ledger.claims.panels:
        for pair in pairs(ledger, panel, voice):
            if pair.option is not None and pair.option.kind == "experimental":
                yield panel, pair
