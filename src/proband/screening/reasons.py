"""Why a value is not known, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from proband.facts.observation import Observation
from proband.screening.observed import ObservedValue
from proband.screening.spans import FactsInWindow
from proband.screening.values import Value


def why_unknown(
    facts: Sequence[ObservedValue], within: FactsInWindow, silent: Sequence[Observation], value: Value
) -> str:
    """Why a value is not (fully) known, given all facts of the observable and those that may lie in its window."""
    possible = within.possible
    if value.contradictory:
        return "results of the same time contradict each other"
    blocked = [f for f in possible if f.problem]
    if blocked:
        latest = max(blocked, key=_last)
        return f"the result of {latest.when} cannot be used: {latest.problem}"
    if not facts:
        if silent:
            return f"the source says: {silent[-1].presence.value.replace('-', ' ')}"
        return "nothing on record"
    if not possible:
        latest = max(facts, key=_last)
        return f"nothing in the window; the last on record is of {latest.when}"
    if not within.sure:
        return "its date is too uncertain to say whether it lies in the window"
    if any(f.low is None or f.high is None for f in possible) and any(
        f.observation.comparator for f in possible
    ):
        return "the source gives only a bound"
    if any(not f.when.is_exact for f in possible):
        return "its date is uncertain"
    return "the results on record do not agree"


def _last(fact: ObservedValue) -> float:
    return math.inf if fact.when.last_moment is None else float(fact.when.last_moment)
