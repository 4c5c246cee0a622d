"""The day of screening in a query that is written once: named days that are filled in when the query is run.

A query over the same rules is the same for every day but for a few whole numbers: today, and where windows that are
counted from screening begin and end. They stand in the text under names; :class:`Statement` keeps the text in
pieces and puts the days of one screening between them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

from sqlglot import exp

from proband.programme.eligibility import Offset
from proband.screening.calendar import DAY_SECONDS, day_number, shift
from proband.screening.sql.dialects import DAY_BEGINS, DAY_ENDS

#: a number of days beyond every calendar: an open end of what holds
FAR = 10_000_000

_NAME = re.compile(f"{DAY_BEGINS}([^{DAY_ENDS}]*){DAY_ENDS}")
_TODAY, _FIRST_MOMENT, _LAST_MOMENT = "0 d", "first-moment", "last-moment"


def today_at(offset: Offset | None = None) -> exp.Expression:
    """The number of the day of screening, moved by an offset."""
    return _named(str(offset or _TODAY))


def first_moment() -> exp.Expression:
    """The first second of the day of screening."""
    return _named(_FIRST_MOMENT)


def last_moment() -> exp.Expression:
    """The last second of the day of screening."""
    return _named(_LAST_MOMENT)


def _named(name: str) -> exp.Expression:
    return exp.Var(this=f"{DAY_BEGINS}{name}{DAY_ENDS}")


@dataclass(frozen=True, slots=True)
class Statement:
    """A rendered query: text, and between its pieces the names of days."""

    pieces: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """A rendered text, parted at the names of days."""
        return cls(tuple(_NAME.split(text)))

    def on(self, as_of: date) -> str:
        """The text for one day of screening."""
        return "".join(
            piece if index % 2 == 0 else _filled(piece, as_of) for index, piece in enumerate(self.pieces)
        )


def _filled(name: str, as_of: date) -> str:
    today = day_number(as_of)
    if name == _FIRST_MOMENT:
        return str(today * DAY_SECONDS)
    if name == _LAST_MOMENT:
        return str(today * DAY_SECONDS + DAY_SECONDS - 1)
    amount, unit = name.split()
    return str(shift(today, Offset.model_validate({"amount": int(amount), "unit": unit})))
