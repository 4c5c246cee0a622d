"""Days, months and moments as whole numbers, by rules that every database engine can follow exactly.

A day is counted from 1970-01-01, a moment in seconds from its midnight. The anniversary of a day that a month does not
have (31 January + 1 month) is the first day of the next month, as with birthdays on 29 February; a *window* that moves
by months stops at the month's last day instead, as databases do.
"""

from __future__ import annotations

import calendar as _calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from proband.facts.observation import Observation
from proband.programme.eligibility import Elapsed, Offset

EPOCH = date(1970, 1, 1)
DAY_SECONDS = 86_400


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: float) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(number))


def seconds(moment: datetime) -> int:
    """Seconds since 1970-01-01T00:00 by the clock on the wall."""
    wall = moment.replace(tzinfo=None)
    return (wall.date() - EPOCH).days * DAY_SECONDS + wall.hour * 3600 + wall.minute * 60 + wall.second


@dataclass(frozen=True, slots=True)
class Occasion:
    """When something was: first and last possible day and moment by the clock on the wall; ``None`` is an open end.

    ``instant`` is the second in UTC where the source states a time of day with its offset: of two such occasions it says
    which was first, and the clock on the wall does not.
    """

    first_day: int | None = None
    last_day: int | None = None
    first_moment: int | None = None
    last_moment: int | None = None
    instant: int | None = None

    @classmethod
    def of_day(cls, day: date) -> Occasion:
        """A whole day: any moment of it."""
        number = day_number(day)
        return cls(number, number, number * DAY_SECONDS, number * DAY_SECONDS + DAY_SECONDS - 1)

    @classmethod
    def of(cls, observation: Observation) -> Occasion:
        """The occasion of an observation; its time of day, where given, fixes day and moment."""
        if observation.time is not None and (observation.when.is_exact or observation.when.earliest is None):
            moment = seconds(observation.time)
            offset = observation.time.utcoffset()
            instant = None if offset is None else moment - round(offset.total_seconds())
            return cls(moment // DAY_SECONDS, moment // DAY_SECONDS, moment, moment, instant)
        first = None if observation.when.earliest is None else day_number(observation.when.earliest)
        last = None if observation.when.latest is None else day_number(observation.when.latest)
        return cls(
            first,
            last,
            None if first is None else first * DAY_SECONDS,
            None if last is None else last * DAY_SECONDS + DAY_SECONDS - 1,
        )

    @property
    def is_exact(self) -> bool:
        """Whether the day is known."""
        return self.first_day is not None and self.first_day == self.last_day

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known of the day."""
        return self.first_day is None and self.last_day is None

    def __str__(self) -> str:
        if self.first_day is None:
            return "undated" if self.last_day is None else f"up to {day_of(self.last_day)}"
        if self.last_day is None:
            return f"from {day_of(self.first_day)}"
        if self.first_day == self.last_day:
            return day_of(self.first_day).isoformat()
        return f"{day_of(self.first_day)}..{day_of(self.last_day)}"


def _month_length(year: int, month: int) -> int:
    return _calendar.monthrange(year, month)[1]


def completed_months(first: int, second: int) -> int:
    """Whole months from one day number to another; negative where the second is earlier."""
    a, b = day_of(first), day_of(second)
    anniversary = min(a.day, _month_length(b.year, b.month) + 1)
    return (b.year - a.year) * 12 + (b.month - a.month) - (1 if b.day < anniversary else 0)


def exact_months(first: int, second: int) -> float:
    """Months from one day to another with the part of the current one: whole exactly on each anniversary."""
    a, b = day_of(first), day_of(second)
    here = _month_length(b.year, b.month)
    anniversary = min(a.day, here + 1)
    months = (b.year - a.year) * 12 + (b.month - a.month)
    if b.day >= anniversary:
        year, month = (b.year, b.month + 1) if b.month < 12 else (b.year + 1, 1)
        passed = b.day - anniversary
        length = here - anniversary + min(a.day, _month_length(year, month) + 1)
        return months + passed / length
    year, month = (b.year, b.month - 1) if b.month > 1 else (b.year - 1, 12)
    before = _month_length(year, month)
    start = min(a.day, before + 1)
    return months - 1 + (before - start + b.day) / (before - start + anniversary)


def shift(day: int, offset: Offset) -> int:
    """A day moved by an offset; by months it stops at the last day of the month."""
    if offset.days is not None:
        return day + offset.days
    start = day_of(day)
    months = start.year * 12 + start.month - 1 + (offset.months or 0)
    year, month = divmod(months, 12)
    return day_number(date(year, month + 1, min(start.day, _month_length(year, month + 1))))


def elapsed_between(elapsed: Elapsed, first: int, second: int) -> float:
    """The time between two days in the unit of ``elapsed`` (not hours)."""
    if elapsed.unit in {"d", "wk"}:
        days = second - first
        if elapsed.unit == "d":
            return float(days)
        return float(days // 7) if elapsed.completed else days / 7.0
    if elapsed.completed:
        months = completed_months(first, second)
        return float(months if elapsed.unit == "mo" else months // 12)
    exact = exact_months(first, second)
    return exact if elapsed.unit == "mo" else exact / 12.0


def elapsed(rule: Elapsed, since: Occasion, until: Occasion) -> tuple[float | None, float | None]:
    """The least and the most time that may have passed; an open end gives ``None``.

    Hours are those between two instants where both times bear their offset, else between the clocks on the wall.
    """
    if rule.unit == "h":
        if since.instant is not None and until.instant is not None:
            exact = (until.instant - since.instant) / 3600.0
            return exact, exact
        low = _difference(since.last_moment, until.first_moment)
        high = _difference(since.first_moment, until.last_moment)
        return (None if low is None else low / 3600.0, None if high is None else high / 3600.0)
    low_days = (
        None if since.last_day is None or until.first_day is None else (since.last_day, until.first_day)
    )
    high_days = (
        None if since.first_day is None or until.last_day is None else (since.first_day, until.last_day)
    )
    return (
        None if low_days is None else elapsed_between(rule, *low_days),
        None if high_days is None else elapsed_between(rule, *high_days),
    )


def _difference(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else second - first
