"""What happened first to everybody of a question by its visit: a composite, and a competing risk, split into its parts.

Deaths, competing events, the outcome's own event, nobody's event and those of whom nobody knows: the rows of an arm add up to all of its
people, so no part of a difference can hide behind another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.analysis.stated import StatedEstimand, made
from proband.analysis.trial_table import TrialArrays

#: rows that every split ends with
NONE, UNKNOWN = "none of these, known to the visit", "not known to the visit"


@dataclass(frozen=True, slots=True)
class FirstEvents:
    """One row of a split: what came first, and to how many people of each arm (``controls`` is None where there is one arm)."""

    what: str
    treated: int
    controls: int | None


def with_own(stated: StatedEstimand, named: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Some events with their names in the table, and the outcome's own event where it is one and not among them."""
    own = made(stated.outcome)
    mine = tuple(name for name in own.names if not any(name in names for names in named.values()))
    if own.form != "event" or not mine:
        return named
    return {**named, stated.outcome.name: mine}


def split(stated: StatedEstimand, data: TrialArrays) -> tuple[FirstEvents, ...]:
    """The split of one trial (T = 1); empty where the estimand names neither a death nor a competing event.

    Two events of one day count as the one that stands first in the estimand, death before all.
    """
    named = {event.event: event.names for event in stated.estimand.of_kind("death", "competing", "loss-of-function")}  # fmt: skip
    named = with_own(stated, named)
    if not named:
        return ()
    ordered = sorted(named, key=lambda event: "death" not in named[event])
    days = np.stack([data.day_of(named[event])[0] for event in ordered])
    first = np.argmin(days, axis=0)
    happened = days.min(axis=0) <= stated.day
    known = happened | (data.last_seen[0] >= stated.day - 1e-9)
    arms = data.arm[0]

    def row(what: str, who: NDArray[np.bool_]) -> FirstEvents:
        controls = int((who & (arms == 0)).sum()) if stated.comparator else None
        return FirstEvents(what, int((who & (arms == 1)).sum()), controls)

    return (
        *(row(event, happened & (first == at)) for at, event in enumerate(ordered)),
        row(NONE, ~happened & known),
        row(UNKNOWN, ~known),
    )
