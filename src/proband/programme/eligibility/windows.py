"""The days that count: anchors in a person's course, windows around them, and the time from one to another."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from proband.programme.model import Based, Id, Model, Text
from proband.terms import Concept

#: anchors that need no declaration: the day of screening ("as of"), of birth, of consent
BUILT_IN_ANCHORS: dict[str, str] = {
    "screening": "day of screening",
    "birth": "birth",
    "consent": "consent",
}
_OFFSET = re.compile(r"^\s*([+-]?\d+)\s*(d|wk|mo|a)\s*$")


class Offset(Model):
    """A calendar distance from an anchor, written ``-28 d``, ``3 mo``, ``-1 a``; negative is before it.

    Weeks are seven days. Months and years move along the calendar; a day that the month does not have becomes its
    last day (one month after 31 January is 28 or 29 February).
    """

    amount: Annotated[
        int, Field(strict=True, description="How far; negative is before the anchor", examples=[-28])
    ]
    unit: Annotated[
        Literal["d", "wk", "mo", "a"],
        Field(description="Days, weeks, months or years of the calendar", examples=["d"]),
    ]

    @property
    def days(self) -> int | None:
        """The distance in days, or ``None`` for months and years, which have no fixed length."""
        if self.amount == 0:
            return 0
        return {"d": self.amount, "wk": 7 * self.amount}.get(self.unit)

    @property
    def months(self) -> int | None:
        """The distance in months, or ``None`` for days and weeks."""
        if self.amount == 0:
            return None
        return {"mo": self.amount, "a": 12 * self.amount}.get(self.unit)

    def __str__(self) -> str:
        return f"{self.amount:+d} {self.unit}" if self.amount else "0 d"


def _offset(value: Any) -> Any:
    if isinstance(value, str):
        found = _OFFSET.match(value)
        if not found:
            raise ValueError(f"{value!r} is not a distance; write -28 d, 2 wk, 3 mo or -1 a")
        return {"amount": int(found[1]), "unit": found[2]}
    return value


OffsetText = Annotated[
    Offset,
    BeforeValidator(_offset, json_schema_input_type=Annotated[str, Field(pattern=_OFFSET.pattern)] | Offset),
]


class Anchor(Based):
    """A day in a person's course from which time is counted: injury, first dose, last bleeding.

    The day is that of a fact with one of the ``codes``: the ``first`` on record (planned days included), or the
    ``last`` up to the day of screening. ``screening`` (the as-of day), ``birth`` and ``consent`` exist undeclared.
    """

    id: Id
    label: Annotated[Text, Field(description="What the day is called")]
    codes: Annotated[tuple[Concept, ...], Field(min_length=1, description="The facts whose day it may be")]
    pick: Annotated[Literal["first", "last"], Field(description="Which of several facts gives the day")] = (
        "first"
    )


class FactWindow(Based):
    """The days whose facts count, relative to an anchor, both ends included; an end left out is open.

    A window at screening never reaches beyond the day of screening.
    """

    anchor: Annotated[
        Id,
        Field(
            description="The anchor from which it is counted: screening, birth, consent or one of the anchors"
        ),
    ] = "screening"
    start: Annotated[OffsetText | None, Field(description="First day that counts")] = None
    end: Annotated[OffsetText | None, Field(description="Last day that counts")] = None

    @model_validator(mode="after")
    def _in_order(self) -> FactWindow:
        if self.start is None and self.end is None:
            raise ValueError("a window needs a start or an end; leave the window out to mean 'ever'")
        start, end = (edge.days if edge else None for edge in (self.start, self.end))
        if start is not None and end is not None and start > end:
            raise ValueError(f"the window starts ({self.start}) after it ends ({self.end})")
        return self

    def __str__(self) -> str:
        place = BUILT_IN_ANCHORS.get(self.anchor, self.anchor)
        if self.start is None:
            return f"up to {self.end} from {place}"
        if self.end is None:
            return f"from {self.start} from {place}" if self.anchor != "screening" else f"since {self.start}"
        return f"{self.start} to {self.end} from {place}"


class Elapsed(Model):
    """The time from one anchor to another, in ``unit``; negative where the second comes first.

    ``count: completed`` counts whole months or years reached (a person of 64 years and 11 months is 64);
    ``exact`` keeps the part of the current month (2 months and 1 day is more than 2). Ages count completed years
    unless written otherwise; everything else is exact. Days are calendar days; hours need the time of day on both
    sides and are an interval without it.
    """

    since: Annotated[Id, Field(description="The anchor from which time is counted")]
    until: Annotated[Id, Field(description="The anchor up to which it is counted")] = "screening"
    unit: Annotated[
        Literal["h", "d", "wk", "mo", "a"], Field(description="Hours, days, weeks, months or years")
    ]
    count: Annotated[
        Literal["completed", "exact"] | None,
        Field(description="Whole units reached, or with the part of the current one; ages: completed"),
    ] = None

    @property
    def completed(self) -> bool:
        """Whether only whole units count."""
        if self.count is None:
            return self.since == "birth" and self.unit in {"a", "mo"}
        return self.count == "completed"

    @model_validator(mode="after")
    def _two_anchors(self) -> Elapsed:
        if self.since == self.until:
            raise ValueError(f"the time from {self.since} to itself is nothing; name two anchors")
        return self
