"""How a slot is said: counts, rates, intervals, differences, times, money and dates, in words a family can use.

Everything here is pure and rounds once, at the end. A small cell without a disclosure is never said, nor is anything
computed from it. The sentences are in English; the words around the numbers, and the signs in them, go through the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from proband.analysis.claimed import count_chance, count_difference, count_interval, two_sided
from proband.pages.catalogue import Catalogue
from proband.programme.claims import Claim
from proband.programme.slots import (
    PLACE,
    SMALLEST_CELL,
    ChanceSlot,
    CountSlot,
    DateSlot,
    DifferenceSlot,
    FollowUpSlot,
    IdentifierSlot,
    MoneySlot,
    NumberSlot,
    RateSlot,
    Slot,
    View,
)
from proband.terms import Level, UncertainDate, weakest

NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
#: lengths of time for one and for many
TIMES = {
    "days": ("%(n)s day", "%(n)s days"),
    "weeks": ("%(n)s week", "%(n)s weeks"),
    "months": ("%(n)s month", "%(n)s months"),
    "years": ("%(n)s year", "%(n)s years"),
}
_CURRENCIES = {"USD": "US$", "GBP": "£", "EUR": "€", "JPY": "¥", "CNY": "CN¥", "KRW": "₩", "THB": "฿"}


@dataclass(frozen=True, slots=True)
class Said:
    """A slot as said: its text, where the figure came from, how well it was checked, and how it was computed.

    ``method`` is set where the text was computed from counts (an interval, a bound, a difference).
    """

    text: str
    sources: tuple[str, ...]
    level: Level
    method: str | None = None
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a sentence: running text, or a slot with its name and view."""

    text: str
    slot: str | None = None
    view: View = View.PLAIN
    said: Said | None = None


def pieces(claim: Claim, catalogue: Catalogue | None = None) -> Iterator[Piece]:
    """The pieces of a claim's sentence, slots said and capitalised where a sentence begins."""
    words = catalogue or Catalogue()
    text, at = words.text(claim.text), 0
    before = ""
    for match in PLACE.finditer(text):
        if match.start() > at:
            yield Piece(text[at : match.start()])
        before = text[: match.start()].rstrip()
        name, view = match[1], View(match[2]) if match[2] else View.PLAIN
        said = say(claim, name, view, words)
        shown = said.text[:1].upper() + said.text[1:] if not before or before[-1] in ".!?" else said.text
        yield Piece(shown, name, view, said)
        at = match.end()
    if at < len(text):
        yield Piece(text[at:])


def sentence(claim: Claim, catalogue: Catalogue | None = None) -> str:
    """A claim's sentence as plain text."""
    return "".join(piece.text for piece in pieces(claim, catalogue))


def say(claim: Claim, name: str, view: View = View.PLAIN, catalogue: Catalogue | None = None) -> Said:
    """Say one slot of a claim in one of its views.

    Raises
    ------
    KeyError
        If the claim has no such slot (the loader refuses such claims).
    ValueError
        If the slot does not offer the view.
    """
    words = catalogue or Catalogue()
    slot = claim.slots[name]
    if view not in slot.views:
        raise ValueError(f"slot {name} of claim {claim.id} has no view {view.value}")
    match slot:
        case CountSlot():
            return _count(slot, view, words)
        case DifferenceSlot():
            return _difference(claim, slot, view, words)
        case ChanceSlot():
            return _chance(claim, slot, words)
        case RateSlot():
            return Said(_rate(slot, view, words), (slot.source,), slot.level)
        case _:
            return Said(_other(slot, view, words), (slot.source,), slot.level)


def may_be_shown(slot: CountSlot, threshold: int = SMALLEST_CELL) -> bool:
    """Whether a count may be shown: no small cell, or a small one that is public already or consented to."""
    return slot.disclosure is not None or not slot.is_small(threshold)


def _withheld(slot: CountSlot, words: Catalogue) -> Said:
    return Said(words.text("(withheld for privacy)"), (slot.source,), slot.level, withheld=True)


def _count(slot: CountSlot, view: View, words: Catalogue) -> Said:
    if not may_be_shown(slot):
        return _withheld(slot, words)
    share = slot.events / slot.n
    source = (slot.source,)
    match view:
        case View.EVENTS:
            return Said(words.figure(whole(slot.events)), source, slot.level)
        case View.DENOMINATOR:
            return Said(words.figure(whole(slot.n)), source, slot.level)
        case View.PER_100:
            text = _of(words.figure(whole(share * 100)), 100, words)
            return Said(text, source, slot.level, "events / n x 100")
        case View.PER_1000:
            text = _of(words.figure(whole(share * 1000)), 1000, words)
            return Said(text, source, slot.level, "events / n x 1000")
        case View.INTERVAL:
            bounds = two_sided(slot)
            text = _of(_range(bounds.low * 100, bounds.high * 100, words), 100, words)
            return Said(text, source, slot.level, bounds.method)
        case View.UPPER_BOUND:
            bounds = count_interval(slot)
            text = _of(words.figure(whole(bounds.high * 100)), 100, words)
            return Said(text, source, slot.level, bounds.method)
        case _:
            return Said(_of(words.figure(whole(slot.events)), slot.n, words), source, slot.level)


def _difference(claim: Claim, slot: DifferenceSlot, view: View, words: Catalogue) -> Said:
    found = count_difference(claim, slot)
    first, second, method = found.first, found.second, found.method
    sources = tuple(dict.fromkeys((first.source, second.source)))
    level = weakest(first.level, second.level, Level.DERIVED)
    if not (may_be_shown(first) and may_be_shown(second)):
        return Said(words.text("(withheld for privacy)"), sources, level, withheld=True)
    if view is View.PLAIN:
        return Said(more_or_fewer(found.estimate, words), sources, level, method)
    return Said(range_of_difference(found.low, found.high, words), sources, level, method)


def more_or_fewer(difference: float, words: Catalogue) -> str:
    """A difference of two shares (a fraction) in people of a hundred."""
    points = round(difference * 100)
    if points == 0:
        return words.text("no more and no fewer of 100")
    text = words.text("%(n)s more of 100") if points > 0 else words.text("%(n)s fewer of 100")
    return text % {"n": abs(points)}


def range_of_difference(low: float, high: float, words: Catalogue) -> str:
    """The range of a difference of two shares (fractions) in people of a hundred."""
    low, high = round(low * 100), round(high * 100)
    if low >= 0:
        return words.text("range %(low)s to %(high)s more") % {"low": low, "high": high}
    if high <= 0:
        return words.text("range %(low)s to %(high)s fewer") % {"low": -high, "high": -low}
    return words.text("range %(low)s fewer to %(high)s more") % {"low": -low, "high": high}


def _chance(claim: Claim, slot: ChanceSlot, words: Catalogue) -> Said:
    found = count_chance(claim, slot)
    sources = tuple(dict.fromkeys((found.first.source, found.second.source)))
    level = weakest(found.first.level, found.second.level, Level.DERIVED)
    if not (may_be_shown(found.first) and may_be_shown(found.second)):
        return Said(words.text("(withheld for privacy)"), sources, level, withheld=True)
    percent = 100 * found.chance
    shown = whole(percent) if percent >= 1 else number(float(f"{percent:.1g}"))
    return Said(_of(words.figure(shown), 100, words), sources, level, found.method)


def _rate(slot: RateSlot, view: View, words: Catalogue) -> str:
    if view is View.INTERVAL or slot.value is None:
        return _of(_range(slot.low or 0.0, slot.high or 0.0, words), slot.per, words)
    shown = whole(slot.value) if slot.value >= 1 else number(slot.value)
    return _of(words.figure(shown), slot.per, words)


def _other(slot: Slot, view: View, words: Catalogue) -> str:
    match slot:
        case NumberSlot():
            return _number(slot, view, words)
        case FollowUpSlot():
            low = slot.value if slot.value is not None else slot.low
            return _span(low, None if slot.value is not None else slot.high, slot.unit, slot.words, words)
        case MoneySlot():
            symbol = _CURRENCIES.get(slot.currency, f"{slot.currency} ")
            if slot.value is not None:
                return _money(slot.value, symbol, words)
            return words.text("%(low)s to %(high)s") % {
                "low": _money(slot.low or 0.0, symbol, words),
                "high": _money(slot.high or 0.0, symbol, words),
            }
        case DateSlot():
            return day_in_words(slot.on, words)
        case IdentifierSlot():
            return slot.text
        case _:
            raise TypeError(f"no words for a slot of type {type(slot).__name__}")


def _number(slot: NumberSlot, view: View, words: Catalogue) -> str:
    unit = words.text(slot.unit) if slot.unit else ""
    if view is View.UNIT:
        return unit
    if view is View.INTERVAL:
        return _range(slot.low or 0.0, slot.high or 0.0, words, decimals=True)
    if slot.value is None:
        text = _range(slot.low or 0.0, slot.high or 0.0, words, decimals=True)
    # "no people" is English: elsewhere "no" is the answer to a question, and a figure is written
    elif slot.words and slot.value == int(slot.value) and (words.language != "en") <= slot.value <= 12:
        text = words.text(NUMBERS[int(slot.value)])
    else:
        text = words.figure(number(slot.value))
    return f"{text} {unit}" if unit else text


def _span(low: float | None, high: float | None, unit: str, in_words: bool, words: Catalogue) -> str:
    def one(value: float) -> str:
        if in_words and value == int(value) and 0 < value <= 12:
            return words.text(NUMBERS[int(value)])
        return words.figure(number(value))

    def timed(value: float) -> str:
        single, several = TIMES[unit]
        return words.counted(single, several, value, n=one(value))

    if low is None:
        assert high is not None  # noqa: S101 - the model demands one of them
        return words.text("up to %(n)s") % {"n": timed(high)}
    if high is None:
        return timed(low)
    return words.text("%(low)s to %(high)s") % {"low": one(low), "high": timed(high)}


def whole(value: float) -> str:
    """A number without decimals, with a thin group mark: 2,439."""
    return f"{round(value):,}"


def number(value: float) -> str:
    """A number with as many decimals as it has (at most two), a true minus sign and group marks."""
    text = f"{abs(value):,.2f}".rstrip("0").rstrip(".")
    return f"−{text}" if value < 0 else text


def _of(text: str, n: float, words: Catalogue) -> str:
    """So many of so many; ``text`` is a number or a range as the language writes it."""
    return words.text("%(n)s of %(total)s") % {"n": text, "total": words.figure(whole(n))}


def _range(low: float, high: float, words: Catalogue, *, decimals: bool = False) -> str:
    say_one = number if decimals else whole
    return words.text("%(low)s to %(high)s") % {
        "low": words.figure(say_one(low)),
        "high": words.figure(say_one(high)),
    }


def _money(value: float, symbol: str, words: Catalogue) -> str:
    if value >= 1_000_000:
        return words.text("%(money)s million", money=f"{symbol}{words.figure(number(value / 1_000_000))}")
    return f"{symbol}{words.figure(whole(value))}"


def day_in_words(text: str, catalogue: Catalogue | None = None) -> str:
    """A day, month or year as exactly as it was written: 27 September 2024, December 2018, 2024."""
    words = catalogue or Catalogue()
    found = UncertainDate.parse(text)
    if found.earliest is None or found.latest is None:
        return text
    first, last = found.earliest, found.latest
    month = words.text(MONTHS[first.month - 1])
    if first == last:
        return words.text("%(day)s %(month)s %(year)s", day=first.day, month=month, year=first.year)
    if (first.year, first.month) == (last.year, last.month) and re.fullmatch(r"\d{4}-\d{2}", text.strip()):
        return words.text("%(month)s %(year)s", month=month, year=first.year)
    return text
