"""Whether a person is alive on the day of screening, and has not left a study or failed its screening, as far as the record says.

No programme has to ask for it. Nobody is screened after death. Silence is not taken for death; a death of uncertain day, or one that its reader doubts, lets
nobody be eligible until it is cleared up, and so does a consent that was taken back (:mod:`proband.facts.left`) after which no other was given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import inf

from proband.facts.deaths import DEATH_KEYS
from proband.facts.left import AGREED, LEFT
from proband.facts.observation import Observation, Presence
from proband.screening.calendar import Occasion
from proband.screening.outcome import EligibilityStatus

#: where readers put what a source says of life and death, and the words for death
VITAL_STATUS = ("Proband", "vital-status")
DEAD_WORDS = frozenset({"deceased", "dead"})
_DOUBT = "it is recorded beside the vital status, which does not say so"


def deaths(observations: Iterable[Observation]) -> list[Observation]:
    """The facts that say that the person died; those that only another code says are doubted."""
    found = []
    for o in observations:
        if o.presence is not Presence.PRESENT:
            continue
        if (o.system, o.code) in DEATH_KEYS:
            found.append(replace(o, problems=(*o.problems, _DOUBT)))
        elif {word.strip().lower() for word in (o.text, o.value_code) if word} & DEAD_WORDS:
            found.append(o)
    return found


def has_died(observations: Iterable[Observation], screening: Occasion) -> bool | None:
    """Whether the person had died by the day of screening: ``None`` where that is not certain."""
    found: bool | None = False
    for death in deaths(observations):
        when = Occasion.of(death)
        today = screening.last_day
        if today is not None and when.first_day is not None and when.first_day > today:
            continue  # recorded later than the day that is asked for
        by_then = when.is_unknown or (
            when.last_day is not None
            and screening.first_day is not None
            and when.last_day <= screening.first_day
        )
        if by_then and not death.problems:
            return True
        found = None
    return found


def leavings(observations: Iterable[Observation], screening: Occasion) -> list[Observation]:
    """The facts that say that the person left a study, or failed its screening, by the day of screening, and after which they surely agreed to none."""
    today = screening.last_day
    left: list[tuple[float, Observation]] = []
    agreed = -inf
    for o in observations:
        when = Occasion.of(o)
        if o.presence is not Presence.PRESENT or (
            today is not None and when.first_day is not None and when.first_day > today
        ):
            continue
        if (o.system, o.code) == LEFT:
            left.append((inf if when.last_day is None else when.last_day, o))
        elif (o.system, o.code) == AGREED and not o.problems and when.first_day is not None:
            agreed = max(agreed, when.first_day)
    return [o for last, o in left if last >= agreed]


def heeding_death(outcome: EligibilityStatus, died: bool | None, *, left: bool = False) -> EligibilityStatus:
    """The outcome of the criteria, if the person may have died, or left a study: the dead take part in nothing."""
    if died:
        return EligibilityStatus.NOT_ELIGIBLE
    if (died is None or left) and outcome is EligibilityStatus.ELIGIBLE:
        return EligibilityStatus.NEEDS_DATA
    return outcome


def death_words(found: Iterable[Observation]) -> str:
    """What a record says of a death, in words."""
    said = [
        f"the record says that the person died ({Occasion.of(o)}"
        + (f"; doubted: {'; '.join(o.problems)}" if o.problems else "")
        + ")"
        for o in found
    ]
    return "; ".join(dict.fromkeys(said))


def leaving_words(found: Iterable[Observation]) -> str:
    """What a record says of a study that was left, in words."""
    said = [
        f"the record says {(o.text or 'that the person left a study')[:120]!r} ({Occasion.of(o)})"
        for o in found
    ]
    return "; ".join(dict.fromkeys(said))
