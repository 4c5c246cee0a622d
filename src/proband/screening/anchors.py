"""The day of an anchor: that of the first or last of some facts, as far as it is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from proband.facts.observation import Observation, Presence
from proband.screening.calendar import Occasion
from proband.screening.observed import ObservedValue
from proband.screening.spans import FactsInWindow, WindowSpan, span_of

#: a moment after every other: for anchors that look at planned days too
_FOREVER = Occasion(10**7, 10**7, 10**12, 10**12)
_SAYS_NOTHING = {Presence.ABSENT, *(each for each in Presence if each.is_silent)}


def anchor_occasion(pick: str, observations: Iterable[Observation], screening: Occasion) -> Occasion:
    """The day of an anchor; wholly open where it is not known.

    Parameters
    ----------
    pick
        ``first``: the first on record, planned days included; ``last``: the last up to the day of screening; ``only``: of
        what a person has once none is chosen: where facts differ, the day lies between them.
    observations
        Those with a code of the anchor.
    """
    facts = [
        ObservedValue(
            o,
            Occasion.of(o),
            problem="; ".join(o.problems) or ("" if o.presence is Presence.PRESENT else "unknown"),
        )
        for o in observations
        if o.presence not in _SAYS_NOTHING
    ]
    return _occasion_of(pick, facts, span_of(None, Occasion(), screening if pick == "last" else _FOREVER))


def _occasion_of(pick: str, facts: Sequence[ObservedValue], span: WindowSpan) -> Occasion:
    """The day and moment of the first or last of some facts (an anchor)."""
    if pick == "only":
        return _agreed(facts)
    within = FactsInWindow.of(facts, span)
    possible, sure = within.possible, [f for f in within.sure if not f.problem]
    if not sure:
        return Occasion()
    first = pick == "first"

    def bound(name: str, certain_end: bool) -> int | None:
        if certain_end:  # the end that certain facts alone fix
            known = [v for f in sure if (v := getattr(f.when, name)) is not None]
            return (min(known) if first else max(known)) if known else None
        every: list[int | None] = [None if f.problem else getattr(f.when, name) for f in possible]
        dated = [v for v in every if v is not None]
        if len(dated) < len(every):
            return None
        return min(dated) if first else max(dated)

    instants = [f.when.instant for f in possible]
    told = [each for each in instants if each is not None]
    exact = len(sure) == len(possible) == len(told)
    return Occasion(
        bound("first_day", not first),
        bound("last_day", first),
        bound("first_moment", not first),
        bound("last_moment", first),
        (min(told) if first else max(told)) if exact else None,
    )


def _agreed(facts: Sequence[ObservedValue]) -> Occasion:
    """What all facts agree on; between the outermost of them where they do not; open where one cannot be used."""
    if any(f.problem for f in facts):
        return Occasion()

    def ends(first: str, last: str) -> tuple[int | None, int | None]:
        starts, stops = ([getattr(f.when, end) for f in facts] for end in (first, last))
        known_starts, known_stops = ([v for v in each if v is not None] for each in (starts, stops))
        low, high = max(known_starts, default=None), min(known_stops, default=None)
        if low is None or high is None or low <= high:
            return low, high
        return (
            None if len(known_starts) < len(starts) else min(known_starts),
            None if len(known_stops) < len(stops) else max(known_stops),
        )

    instants = {f.when.instant for f in facts}
    instant = instants.pop() if len(instants) == 1 else None
    return Occasion(*ends("first_day", "last_day"), *ends("first_moment", "last_moment"), instant)


def disagree(observations: Iterable[Observation]) -> bool:
    """Whether some facts cannot all be of one day."""
    usable = [Occasion.of(o) for o in observations if o.presence is Presence.PRESENT and not o.problems]
    starts = [w.first_day for w in usable if w.first_day is not None]
    stops = [w.last_day for w in usable if w.last_day is not None]
    return bool(starts and stops) and max(starts) > min(stops)
