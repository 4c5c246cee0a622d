"""The kinds of observable that facts on record fill directly."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from proband.programme.eligibility.observable import FromFacts
from proband.programme.eligibility.sayings import (
    OneLevel,
    OneNumber,
    SaysCode,
    SaysNumber,
    SaysYesNo,
    SilenceMeaning,
    known_unit,
)
from proband.programme.expression import ObservableSignature

Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class MeasuredNumber(OneNumber):
    """A number on record."""


class Trend(SaysNumber):
    """How a number changes: the least-squares slope over the results of different days, per ``slope_per``."""

    aggregate: Annotated[
        Literal["slope"], Field(description="Which of several facts counts, or what is made of them")
    ]
    slope_per: Annotated[
        Literal["d", "wk", "mo", "a"], Field(description="Time over which the change is stated")
    ]
    minimum: Annotated[
        int | None, Field(ge=2, strict=True, description="Least number of results on different days")
    ] = None

    @property
    def plausible_result(self) -> None:
        """Any slope may be."""


class StableTime(SaysNumber):
    """For how many days a number has not moved, as far as results show it."""

    aggregate: Annotated[
        Literal["stable-for"], Field(description="Which of several facts counts, or what is made of them")
    ]
    tolerance: Annotated[Finite | None, Field(ge=0, description="Differences up to this are none")] = None

    @property
    def result_unit(self) -> str:
        """Days."""
        return "d"

    @property
    def plausible_result(self) -> None:
        """Any time may be."""

    @property
    def never_negative(self) -> bool:
        """A time is."""
        return True


class EventCount(FromFacts):
    """How many facts are on record; without ``absent: no`` there may be more than are recorded."""

    type: Annotated[Literal["number"], Field(description="What its value is")]
    aggregate: Annotated[
        Literal["count"], Field(description="Which of several facts counts, or what is made of them")
    ]
    unit: Annotated[str | None, Field(description="A count is a plain number: 1", examples=["1"])] = None
    absent: SilenceMeaning = "unknown"
    whole: Annotated[Literal[True], Field(description="A count is whole")] = True

    _known_unit = field_validator("unit")(known_unit)

    @property
    def silence_means_no(self) -> bool:
        """Whether nothing on record counts as none."""
        return self.absent == "no"

    @property
    def result_unit(self) -> str:
        """A plain number."""
        return "1"

    @property
    def signature(self) -> ObservableSignature:
        """A whole number from none up."""
        return ObservableSignature(type="number", unit="1", label=self.label, low=0.0, whole=True)


class YesNo(SaysYesNo):
    """Whether something is so: any "yes" on record, or what the last or first one said."""


class CodedWord(SaysCode):
    """A code on record."""


class OrderedLevel(OneLevel):
    """A level, stage or grade on record."""


class DatedEvent(FromFacts):
    """The day of something: of the last, or of the first."""

    type: Annotated[Literal["date"], Field(description="What its value is")]
    aggregate: Annotated[
        Literal["last", "first"] | None, Field(description="Which of several facts counts; default: last")
    ] = None
