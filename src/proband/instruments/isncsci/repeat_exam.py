"""Two examinations of one person: what changed, and what can be said when either leaves something open.

A change is one number only where both examinations determine it; otherwise its bounds are given, which hold
whatever the untested values are. No change is called an effect here: for what is beyond measurement error see
`measurement`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from proband.instruments.isncsci.classification import TOTAL_KEYS, Classification
from proband.instruments.isncsci.levels import INTACT, KEY_MUSCLES, LEVELS, SIDES, Side
from proband.instruments.isncsci.totals import TOTAL_TITLE

_GRADES: Final = "ABCDE"
# The levels that a motor level can take, rostral → caudal; S4-5 is none of them, its place is INT.
_MOTOR_LEVELS: Final = (*LEVELS[:-1], INTACT)


@dataclass(frozen=True, slots=True)
class TotalChange:
    """The change of one sum from baseline to follow-up, in points; positive is better.

    Attributes
    ----------
    key, title
        The sum.
    baseline, follow_up
        The sums, None where not determinable.
    low, high
        Bounds of the change whatever the values that were not testable are; equal when there are none.
    reason
        Why there is no single number, or an empty text.
    """

    key: str
    title: str
    baseline: int | None
    follow_up: int | None
    low: int
    high: int
    reason: str = ""

    @property
    def change(self) -> int | None:
        """The change in points, or None when either sum is not determinable."""
        return None if self.baseline is None or self.follow_up is None else self.follow_up - self.baseline


@dataclass(frozen=True, slots=True)
class LevelGain:
    """How many motor levels one side gained from baseline to follow-up; negative is a loss.

    Attributes
    ----------
    side
        Right or left.
    baseline, follow_up
        The possible motor levels without stars.
    low, high
        Bounds of the gain in levels; equal when both levels are determined. From S3 to INT is one level.
    by_sensation
        True when a level lies outside C5 to T1 and L2 to S1, where no key muscle is tested and sensation
        stands in: such a gain is not one of strength.
    starred
        True when a value that carries a star influenced either level.
    """

    side: Side
    baseline: tuple[str, ...]
    follow_up: tuple[str, ...]
    low: int
    high: int
    by_sensation: bool
    starred: bool

    @property
    def levels(self) -> int | None:
        """The gain in levels, or None when it is not determined."""
        return self.low if self.low == self.high else None

    def at_least(self, levels: int) -> bool | None:
        """Whether the gain is at least `levels`; None when the examinations do not decide it."""
        if self.low >= levels:
            return True
        return None if self.high >= levels else False


@dataclass(frozen=True, slots=True)
class Conversion:
    """The AIS grade at baseline and at follow-up.

    Attributes
    ----------
    baseline, follow_up
        The possible grades without stars.
    starred
        True when a value that carries a star influenced either grade.
    """

    baseline: tuple[str, ...]
    follow_up: tuple[str, ...]
    starred: bool

    @property
    def low(self) -> int:
        """The least number of grades gained."""
        return _GRADES.index(self.follow_up[0]) - _GRADES.index(self.baseline[-1])

    @property
    def high(self) -> int:
        """The greatest number of grades gained."""
        return _GRADES.index(self.follow_up[-1]) - _GRADES.index(self.baseline[0])

    @property
    def grades(self) -> int | None:
        """Grades gained (A to B is 1; negative is a loss), or None when not determined."""
        return self.low if self.low == self.high else None

    def improved(self, grades: int = 1) -> bool | None:
        """Whether at least so many grades were gained; None when the examinations do not decide it."""
        if self.low >= grades:
            return True
        return None if self.high >= grades else False

    @property
    def worsened(self) -> bool | None:
        """Whether a grade was lost; None when the examinations do not decide it."""
        if self.high < 0:
            return True
        return None if self.low < 0 else False

    @property
    def became_incomplete(self) -> bool | None:
        """Whether a complete injury (A) became incomplete; None when not decided, False also when it was not
        complete.
        """
        if "A" not in self.baseline or self.follow_up == ("A",):
            return False
        return True if self.baseline == ("A",) and "A" not in self.follow_up else None


def change_since_baseline(baseline: Classification, follow_up: Classification) -> dict[str, TotalChange]:
    """The change of each of the fourteen sums, by exchange key, in points."""
    changes = {}
    for key in TOTAL_KEYS:
        before, after = baseline.total(key), follow_up.total(key)
        missing = [name for name, total in (("baseline", before), ("follow-up", after)) if total is None]
        (before_low, before_high), (after_low, after_high) = _bounds(baseline, key), _bounds(follow_up, key)
        changes[key] = TotalChange(
            key,
            TOTAL_TITLE[key],
            before,
            after,
            after_low - before_high,
            after_high - before_low,
            f"not determinable at {' and '.join(missing)}: a value was not testable" if missing else "",
        )
    return changes


def _bounds(classification: Classification, key: str) -> tuple[int, int]:
    """The least and the greatest sum that the values which were not testable allow."""
    greatest = 5 if "Motor" in key else 2
    low = high = 0
    for reading in classification.derivations[key].steps[0].readings:
        grade = reading.value.rstrip("*")
        low += 0 if grade == "NT" else int(grade)
        high += greatest if grade == "NT" else int(grade)
    return low, high


def motor_level_gain(baseline: Classification, follow_up: Classification) -> dict[Side, LevelGain]:
    """The motor levels gained on each side."""
    gains: dict[Side, LevelGain] = {}
    for side in SIDES:
        key = f"{side}Motor"
        before = tuple(level.rstrip("*") for level in baseline.answers(key))
        after = tuple(level.rstrip("*") for level in follow_up.answers(key))
        places_before = [_MOTOR_LEVELS.index(level) for level in before]
        places_after = [_MOTOR_LEVELS.index(level) for level in after]
        gains[side] = LevelGain(
            side,
            before,
            after,
            min(places_after) - max(places_before),
            max(places_after) - min(places_before),
            any(level not in KEY_MUSCLES for level in (*before, *after)),
            "*" in baseline[key] + follow_up[key],
        )
    return gains


def ais_conversion(baseline: Classification, follow_up: Classification) -> Conversion:
    """The AIS grades at both examinations, and what can be said about the conversion.

    A grade E at follow-up rests on the deficit at baseline; a grade E at baseline is taken as given (see its
    warning).
    """
    before, after = baseline.answers("asiaImpairmentScale"), follow_up.answers("asiaImpairmentScale")
    return Conversion(
        tuple(grade.rstrip("*") for grade in before),
        tuple(grade.rstrip("*") for grade in after),
        any(grade.endswith("*") for grade in (*before, *after)),
    )
