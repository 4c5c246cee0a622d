"""Ages and other time elements of phenopackets, as days where a birth date allows it."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from proband.exchange.json_values import Moment, moment, obj, text
from proband.terms import UncertainDate

_DURATION = re.compile(
    r"^P(?=\d|T\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+S)?)?$"
)
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Age:
    """An ISO 8601 duration since birth; ``grain`` is the smallest unit given, of which one more may have passed."""

    years: int
    months: int
    days: int
    grain: str  # Y, M or D

    @classmethod
    def parse(cls, written: str) -> Age | None:
        """Read ``P1Y4M``, ``P3W``, ``P1D``; ``None`` for anything that is not an ISO 8601 duration."""
        found = _DURATION.match(written)
        if not found:
            return None
        years, months, weeks, days = (int(part) if part else 0 for part in found.groups())
        grain = "D" if found[3] or found[4] or "T" in written else "M" if found[2] else "Y"
        return cls(years, months, weeks * 7 + days, grain)

    @property
    def in_years(self) -> float:
        """Completed age in years (365.25 days, 12 months)."""
        return self.years + self.months / 12 + self.days / DAYS_PER_YEAR

    def since(self, birth: UncertainDate) -> UncertainDate:
        """The days on which a person born then has this (completed) age; open where the birth date is."""
        first = self._reach(birth.earliest, 0)
        last = self._reach(birth.latest, 1)
        return UncertainDate(first, last - timedelta(days=1) if last and self.grain != "D" else last)

    def _reach(self, birth: date | None, more: int) -> date | None:
        if birth is None:
            return None
        months = self.months + (more if self.grain == "M" else 0)
        years = self.years + (more if self.grain == "Y" else 0)
        try:
            total = birth.year * 12 + birth.month - 1 + years * 12 + months
            year, month = divmod(total, 12)
            day = min(birth.day, calendar.monthrange(year, month + 1)[1])
            return date(year, month + 1, day) + timedelta(days=self.days)
        except (ValueError, OverflowError, calendar.IllegalMonthError):
            return None


@dataclass(frozen=True, slots=True)
class Timed:
    """A time element: the moment as far as known, what else it says, what is wrong with it, the age in years."""

    at: Moment
    attributes: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None
    years: float | None = None


_NEVER = Moment(UncertainDate.unknown())
_NOTHING = Timed(_NEVER)


def time_element(node: Any, birth: UncertainDate) -> Timed:
    """Read a TimeElement (age, ageRange, timestamp, interval, ontologyClass, gestationalAge); any JSON is accepted."""
    entry = obj(node)
    if not entry:
        return _NOTHING
    if "timestamp" in entry:
        at = moment(entry["timestamp"])
        return Timed(Moment(at.when, at.time, at.offset), problem=at.problem)
    if "age" in entry:
        return _aged(text(obj(entry["age"]).get("iso8601duration")), birth)
    if "ageRange" in entry:
        parts = obj(entry["ageRange"])
        start = _aged(text(obj(parts.get("start")).get("iso8601duration")), birth)
        end = _aged(text(obj(parts.get("end")).get("iso8601duration")), birth)
        ages = f"{start.attributes.get('age', '?')}..{end.attributes.get('age', '?')}"
        first, last = start.at.when.earliest, end.at.when.latest
        when = (
            UncertainDate(first, last) if not (first and last and first > last) else UncertainDate.unknown()
        )
        return Timed(Moment(when), {"age": ages}, start.problem or end.problem)
    if "interval" in entry:
        parts = obj(entry["interval"])
        begin, finish = moment(parts.get("start")), moment(parts.get("end"))
        first, last = begin.when.earliest, finish.when.latest
        if first and last and first > last:
            return Timed(_NEVER, problem=f"the interval ends {last} before it starts {first}")
        return Timed(Moment(UncertainDate(first, last)), problem=begin.problem or finish.problem)
    if "ontologyClass" in entry:
        named = obj(entry["ontologyClass"])
        return Timed(_NEVER, {"time-class": text(named.get("id")) or text(named.get("label"))})
    if "gestationalAge" in entry:
        weeks = obj(entry["gestationalAge"])
        return Timed(
            _NEVER, {"gestational-age": f"{weeks.get('weeks', '?')} weeks {weeks.get('days', 0)} days"}
        )
    if isinstance(entry.get("iso8601duration"), str):  # an Age where a TimeElement should stand
        return _aged(entry["iso8601duration"], birth)
    return Timed(_NEVER)


def _aged(written: str | None, birth: UncertainDate) -> Timed:
    if written is None:
        return Timed(_NEVER, problem="an age without iso8601duration")
    age = Age.parse(written)
    if age is None:
        return Timed(_NEVER, {"age": written[:40]}, f"age {written[:40]!r} is no ISO 8601 duration")
    return Timed(Moment(age.since(birth)), {"age": written}, years=age.in_years)


def birth_of(node: Any) -> tuple[UncertainDate, str | None]:
    """Date of birth (a protobuf timestamp or a date) and what is wrong with it; the time of day is not kept."""
    if node is None:
        return UncertainDate.unknown(), None
    written = node.isoformat() if isinstance(node, date | datetime) else text(node)
    if written is None:
        return UncertainDate.unknown(), "the date of birth is not a text"
    at = moment(written)
    return at.when, at.problem
