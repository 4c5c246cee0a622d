"""What the counts of a claim come to: the interval beside a count, what no event leaves open, the difference of two counts.

A page says these and computes none. Each carries the name of its method, which stands beside it wherever it is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from proband.analysis.exact import fisher
from proband.analysis.proportions import clopper_pearson, newcombe, zero_upper
from proband.programme.claims import Claim
from proband.programme.slots import ChanceSlot, CountSlot, DifferenceSlot, TwoCounts


@dataclass(frozen=True, slots=True)
class CountInterval:
    """A share of a hundred per cent as a fraction, the bounds of what it may truly be, and how they were found."""

    estimate: float
    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class CountChance:
    """Two counts, how often chance alone makes them differ so much (a probability), and how that was found."""

    first: CountSlot
    second: CountSlot
    chance: float
    method: str


@dataclass(frozen=True, slots=True)
class CountDifference:
    """Two counts and the difference of their shares, as a fraction with bounds, and how they were found."""

    first: CountSlot
    second: CountSlot
    estimate: float
    low: float
    high: float
    method: str


# the same counts stand on many pages and are asked for many times: what they come to is worked out once
_clopper_pearson, _newcombe, _fisher = cache(clopper_pearson), cache(newcombe), cache(fisher)


def count_interval(slot: CountSlot) -> CountInterval:
    """The exact interval of a count; where nothing happened, from 0 to the one-sided bound that this leaves open."""
    if slot.events == 0:
        return CountInterval(0.0, 0.0, zero_upper(slot.n), "one-sided exact 95 % bound, 1 - 0.05^(1/N)")
    return two_sided(slot)


def two_sided(slot: CountSlot) -> CountInterval:
    """The exact two-sided interval of a count, whatever happened."""
    found = _clopper_pearson(slot.events, slot.n)
    return CountInterval(found.estimate, found.low, found.high, "Clopper-Pearson 95 % interval")


def count_difference(claim: Claim, slot: DifferenceSlot) -> CountDifference:
    """The difference of two counts of a claim.

    Raises
    ------
    TypeError
        If one of the two is no count (the loader refuses such claims).
    """
    first, second = _two_counts(claim, slot)
    found = _newcombe(first.events, first.n, second.events, second.n)
    return CountDifference(
        first, second, found.estimate, found.low, found.high, "Newcombe's hybrid score 95 % interval"
    )


def count_chance(claim: Claim, slot: ChanceSlot) -> CountChance:
    """How often chance alone makes two counts of a claim differ so much.

    Raises
    ------
    TypeError
        If one of the two is no count (the loader refuses such claims).
    """
    first, second = _two_counts(claim, slot)
    found = _fisher(first.events, first.n, second.events, second.n)
    return CountChance(first, second, found.two_sided, "Fisher's exact test, two-sided")


def _two_counts(claim: Claim, slot: TwoCounts) -> tuple[CountSlot, CountSlot]:
    first, second = claim.slots[slot.of], claim.slots[slot.minus]
    if not isinstance(first, CountSlot) or not isinstance(second, CountSlot):
        raise TypeError(f"claim {claim.id}: {slot.of} and {slot.minus} must both be counts")
    return first, second
