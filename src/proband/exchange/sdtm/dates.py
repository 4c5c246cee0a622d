"""Dates of SDTM: ISO 8601 with whatever is not known left out, from the right or as a hyphen in its place.

Source: CDISC, *SDTM Implementation Guide* 3.4, section 4.4 (dates, partial dates, intervals, study days, relative timing).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from proband.terms import UncertainDate

_PARTS = re.compile(
    r"^(?P<year>\d{4})(?:-(?P<month>\d{2}|-)(?:-(?P<day>\d{2}|-))?)?"
    r"(?:T(?P<clock>(?:\d{2}|-)(?::(?:\d{2}|-)(?::(?:\d{2}|-)(?:[.,]\d+)?)?)?)(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?)?$"
)
#: ``--12-15``, ``----15``, ``-----T07:15``: without a year nothing is known of the day
_NO_YEAR = re.compile(r"^-+(\d{2})?(-(\d{2}|-))?(T.*)?$")


@dataclass(frozen=True, slots=True)
class WrittenTime:
    """A date as written: the day or the days between which it lies, the moment where one is stated, or why it cannot be read."""

    when: UncertainDate
    time: datetime | None = None
    problem: str | None = None


NO_TIME = WrittenTime(UncertainDate.unknown())


@lru_cache(maxsize=65536)
def read_time(written: str) -> WrittenTime:
    """A date or date-time of SDTM (``--DTC``): ``2024``, ``2024-03``, ``2024---15``, ``2024-03-15T10:30``, ``2024-03-01/2024-03-04``."""
    text = written.strip()
    if not text:
        return NO_TIME
    first, slash, last = text.partition("/")
    found = _one(first)
    if found is not None and slash:
        end = _one(last)
        found = None if end is None else _between(found.when, end.when)
    return found or WrittenTime(UncertainDate.unknown(), None, f"{text[:40]!r} is no date of ISO 8601")


def _between(start: UncertainDate, end: UncertainDate) -> WrittenTime | None:
    if start.earliest and end.latest and start.earliest > end.latest:
        return None
    return WrittenTime(UncertainDate(start.earliest, end.latest))


def _one(text: str) -> WrittenTime | None:
    if _NO_YEAR.match(text):
        return NO_TIME
    found = _PARTS.match(text)
    if found is None:
        return None
    year, month, day = found["year"], found["month"], found["day"]
    try:
        if month in {None, "-"}:
            one = int(day) if day not in {None, "-"} else 0
            if one > 31:
                return None
            when = UncertainDate(date(int(year), 1, one or 1), date(int(year), 12, one or 31))
        elif day in {None, "-"}:
            last = calendar.monthrange(int(year), int(month))[1]
            when = UncertainDate(date(int(year), int(month), 1), date(int(year), int(month), last))
        else:
            when = UncertainDate.on(date(int(year), int(month), int(day)))
        clock = found["clock"] or ""
        # an hour alone is no moment: two results of one hour would be of one moment
        if not when.is_exact or "-" in clock or ":" not in clock:
            return WrittenTime(when)
        return WrittenTime(when, datetime.fromisoformat(text.replace(",", ".")))
    except ValueError:
        return None


def on_study_day(written: str, start: UncertainDate) -> WrittenTime:
    """The day of a study day (``--DY``): day 1 is the reference start of the person, and there is no day 0."""
    if not re.fullmatch(r"-?\d{1,6}", written) or int(written) == 0:
        return NO_TIME
    shift = timedelta(days=int(written) - (1 if int(written) > 0 else 0))
    try:
        return WrittenTime(
            UncertainDate(
                start.earliest + shift if start.earliest else None,
                start.latest + shift if start.latest else None,
            )
        )
    except OverflowError:
        return NO_TIME


def born_at_age(least: int, unit: str, first: date | None, last: date | None) -> UncertainDate | None:
    """The days on which somebody was born who had completed ``least`` years or months somewhere between two days; ``None`` if not known."""
    if first is None or last is None or least < 0:
        return None
    months = {"YEARS": 12, "YEAR": 12, "MONTHS": 1, "MONTH": 1}.get(unit.upper())
    try:
        if months is not None:
            return UncertainDate(
                _months_before(first, (least + 1) * months) + timedelta(days=1),
                _months_before(last, least * months),
            )
        days = {"WEEKS": 7, "WEEK": 7, "DAYS": 1, "DAY": 1}.get(unit.upper())
        if days is None:
            return None
        return UncertainDate(
            first - timedelta(days=(least + 1) * days - 1), last - timedelta(days=least * days)
        )
    except (ValueError, OverflowError):
        return None


def _months_before(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 - months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
