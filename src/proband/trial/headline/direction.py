"""Which way a headline points: towards benefit or towards harm.

Each direction has its own chance, and each is said. The answer speaks for the direction of the headline, unless the other one is the
unusual one: harm that a cheerful sentence hides is said as loudly as benefit. Both are looked at, so that one of the two reads
"unusual" by chance about twice as often as either alone.
"""

from __future__ import annotations

from proband.trial.headline.reading import ReadHeadline

#: a chance below this is said, whichever way it points
LOUD = 0.05


def count_direction(read: ReadHeadline, better: str, natural: float) -> str:
    """``at least`` or ``at most`` so many events, for one group.

    Good news told as a number speaks for benefit. Bad news may be told as few or as many: there the ``natural`` share decides on which
    side the number lies. Nobody and everybody have only one side.
    """
    arm = read.arm
    assert arm is not None  # noqa: S101 (counts have an arm)
    if arm.events in (0, arm.people):
        return "at most" if arm.events == 0 else "at least"
    about_events = read.said != "not_happened"
    if read.only:  # the text calls small what it counts
        return "at most" if about_events else "at least"
    if about_events == (better == "more"):
        return "at least" if better == "more" else "at most"
    return "at least" if arm.events / arm.people > natural else "at most"


def event_direction(events: int, watched: float, only: bool, better: str, natural: float) -> str:
    """The same for events that may come to one person more than once; ``natural`` is the number for each person of ``watched``."""
    if not events or only:
        return "at most"
    if better == "more":
        return "at least"
    return "at least" if events / watched > natural else "at most"


def gap_direction(observed: float, better: str) -> str:
    """The direction of a difference between two groups or of a mean change; none at all speaks for benefit."""
    if observed:
        return "at least" if observed > 0 else "at most"
    return "at least" if better == "more" else "at most"


def loudest(spoken: str, as_many: float, as_few: float) -> str:
    """The direction that the answer speaks for: the spoken one, or the other where only that is unusual."""
    here, there = (as_many, as_few) if spoken == "at least" else (as_few, as_many)
    if there < LOUD and there < here:
        return "at most" if spoken == "at least" else "at least"
    return spoken
