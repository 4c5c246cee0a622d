"""Dates as people remember them: an interval of days, never a comfortable first of the month.

"September 2023" is the interval 2023-09-01 … 2023-09-30. Comparing such a date with a limit gives *true* or *false*
only where every day of the interval agrees, and ``None`` (unknown) where they do not.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from proband.terms.errors import TermError

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name} | {
    name.lower(): number for number, name in enumerate(calendar.month_abbr) if name
}
_SEASONS = ("spring", "summer", "autumn", "fall", "winter")

_DAY = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")
_DAY_MONTH_NAME = re.compile(r"^(\d{1,2})\s+([A-Za-z]+)\.?\s+(\d{4})$")
_MONTH = re.compile(r"^(\d{4})-(\d{2})$")
_MONTH_NAME = re.compile(r"^(early|mid|late)?\s*-?\s*([A-Za-z]+)\.?\s+(\d{4})$", re.IGNORECASE)
_QUARTER = re.compile(r"^(\d{4})-?Q([1-4])$", re.IGNORECASE)
_YEAR = re.compile(r"^(\d{4})$")
_RANGE = re.compile(r"^(.+?)\s*(?:\.\.|/|–|…)\s*(.+)$")
_BEFORE = re.compile(r"^(?:before|<)\s*(.+)$", re.IGNORECASE)
_AFTER = re.compile(r"^(?:after|>)\s*(.+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UncertainDate:
    """A day that is known to lie in ``earliest … latest`` (both included); either end may be open (``None``)."""

    earliest: date | None
    latest: date | None

    def __post_init__(self) -> None:
        if self.earliest and self.latest and self.earliest > self.latest:
            raise TermError("terms.date.order", earliest=self.earliest, latest=self.latest)

    @classmethod
    def on(cls, day: date) -> UncertainDate:
        """A day that is known exactly."""
        return cls(day, day)

    @classmethod
    def unknown(cls) -> UncertainDate:
        """A day of which nothing is known."""
        return cls(None, None)

    @classmethod
    def parse(cls, text: str | date | UncertainDate) -> UncertainDate:
        """Read a date as written.

        Understood: ``2023-09-12``, ``12 September 2023``, ``2023-09``, ``September 2023``, ``early|mid|late
        September 2023`` (thirds of the month: 1–10, 11–20, 21–end), ``2023Q3``, ``2023``, ``2023-09-01..2023-10-15``,
        ``before 2023-09``, ``after 2023-09-12``, ``unknown``. Seasons are refused: they differ by hemisphere.

        Raises
        ------
        TermError
            ``terms.date.unreadable`` for anything else, with the forms that are understood.
        """
        if isinstance(text, UncertainDate):
            return text
        if isinstance(text, date):
            return cls.on(date(text.year, text.month, text.day))
        raw = text.strip()
        try:
            parsed = cls._parse(raw)
        except (ValueError, OverflowError) as error:
            raise TermError("terms.date.unreadable", text=raw, error=str(error)) from error
        return parsed

    @classmethod
    def _parse(cls, raw: str) -> UncertainDate:
        if raw.lower() in {"unknown", ""}:
            return cls.unknown()
        if found := _DAY.match(raw):
            return cls.on(date(int(found[1]), int(found[2]), int(found[3])))
        if found := _DAY_MONTH_NAME.match(raw):
            return cls.on(date(int(found[3]), _month(found[2]), int(found[1])))
        if found := _MONTH.match(raw):
            return cls._month_interval(int(found[1]), int(found[2]))
        if found := _QUARTER.match(raw):
            year, quarter = int(found[1]), int(found[2])
            return cls(date(year, 3 * quarter - 2, 1), _month_end(year, 3 * quarter))
        if found := _YEAR.match(raw):
            return cls(date(int(found[1]), 1, 1), date(int(found[1]), 12, 31))
        if found := _BEFORE.match(raw):
            limit = cls._parse(found[1]).earliest
            if limit is None:
                raise ValueError("the limit has no first day")
            return cls(None, limit - timedelta(days=1))
        if found := _AFTER.match(raw):
            limit = cls._parse(found[1]).latest
            if limit is None:
                raise ValueError("the limit has no last day")
            return cls(limit + timedelta(days=1), None)
        if found := _MONTH_NAME.match(raw):
            if found[2].lower() in _SEASONS:
                raise ValueError("a season is not the same months everywhere")
            whole = cls._month_interval(int(found[3]), _month(found[2]))
            if not found[1]:
                return whole
            begin = whole.earliest or date.min
            part = found[1].lower()
            if part == "early":
                return cls(begin, begin.replace(day=10))
            if part == "mid":
                return cls(begin.replace(day=11), begin.replace(day=20))
            return cls(begin.replace(day=21), whole.latest)
        if found := _RANGE.match(raw):
            left, right = cls._parse(found[1]), cls._parse(found[2])
            return cls(left.earliest, right.latest)
        raise ValueError("no known form")

    @classmethod
    def _month_interval(cls, year: int, month: int) -> UncertainDate:
        if not 1 <= month <= 12:
            raise ValueError(f"there is no month {month}")
        return cls(date(year, month, 1), _month_end(year, month))

    @property
    def is_exact(self) -> bool:
        """Whether the day is known."""
        return self.earliest is not None and self.earliest == self.latest

    def before(self, other: date | UncertainDate) -> bool | None:
        """Whether this day is strictly before another: true, false, or ``None`` where the intervals overlap."""
        that = UncertainDate.parse(other)
        if self.latest and that.earliest and self.latest < that.earliest:
            return True
        if self.earliest and that.latest and self.earliest >= that.latest:
            return False
        return None

    def days_until(self, other: date | UncertainDate) -> tuple[float, float]:
        """The possible number of days from this date to another, as (least, most); open ends give infinities."""
        that = UncertainDate.parse(other)
        least = float((that.earliest - self.latest).days) if that.earliest and self.latest else float("-inf")
        most = float((that.latest - self.earliest).days) if that.latest and self.earliest else float("inf")
        return least, most

    def age_on(self, day: date) -> tuple[int | None, int | None]:
        """Completed years between this (birth) date and a day, as (least, most); ``None`` for an open end.

        A birthday on 29 February is reached on 1 March in common years.
        """
        least = _completed_years(self.latest, day) if self.latest else None
        most = _completed_years(self.earliest, day) if self.earliest else None
        return least, most

    def __str__(self) -> str:
        first, last = self.earliest, self.latest
        if first is None:
            return "unknown" if last is None else f"before {(last + timedelta(days=1)).isoformat()}"
        if last is None:
            return f"after {(first - timedelta(days=1)).isoformat()}"
        if first == last:
            return first.isoformat()
        if first.day == 1 and last == _month_end(first.year, first.month):
            return f"{first.year:04d}-{first.month:02d}"
        if (first.month, first.day) == (1, 1) and last == date(first.year, 12, 31):
            return f"{first.year:04d}"
        return f"{first.isoformat()}..{last.isoformat()}"


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _month(name: str) -> int:
    try:
        return _MONTHS[name.lower()]
    except KeyError:
        raise ValueError(f"{name!r} is not a month") from None


def _completed_years(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
