"""Slots: the only places where a number may stand in a public sentence, each typed and each with its source.

A claim's text names its slots in braces and may ask for a view of one: ``{improved}`` is "7 of 10",
``{improved|per-100}`` "70 of 100", ``{improved|interval}`` "35 to 93 of 100". The counts are written once; every view is
computed from them by :mod:`proband.pages`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from proband.programme.model import Model
from proband.terms import Level, UncertainDate

#: fewer people than this are withheld from the public unless their count is public already or each of them agreed
SMALLEST_CELL = 5

SlotName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", description="Lower case, digits, underscores")]


class View(StrEnum):
    """How a slot is said. Which views a slot offers depends on its type."""

    PLAIN = "plain"
    EVENTS = "events"
    DENOMINATOR = "denominator"
    PER_100 = "per-100"
    PER_1000 = "per-1000"
    INTERVAL = "interval"
    UPPER_BOUND = "upper-bound"
    UNIT = "unit"


class SlotBase(Model):
    """What every slot carries: the source that the figure was taken from, and how well that was checked."""

    #: what a bundle never writes in a slot: it comes from the row that the slot points to
    FROM_ROW: ClassVar[frozenset[str]] = frozenset(
        (
            "source",
            "level",
            "note",
            "readers",
            "disputed",
            "events",
            "n",
            "value",
            "low",
            "high",
            "interval",
            "currency",
            "on",
            "text",
        )
    )

    row: Annotated[
        str | None,
        Field(
            alias="from",
            description="The row of evidence that holds the number: FILE#ROW, without evidence/ and the ending",
            examples=["results/lin-2017-abstract#lin-alive-cells"],
        ),
    ] = None
    readers: Annotated[
        int, Field(ge=0, description="By how many people it was read; two stands for more")
    ] = 0
    disputed: Annotated[bool, Field(description="Whether a reader did not find it in its source")] = False
    source: Annotated[str, Field(description="Id of a source in evidence/*.yaml")]
    level: Annotated[Level, Field(description="How well the figure was checked")]
    note: Annotated[
        str | None, Field(description="Needed for derived and digitised figures: how it was obtained")
    ] = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """The schema of a slot as it is written: its numbers stand in the row."""
        schema: dict[str, Any] = handler.resolve_ref_schema(handler(core))
        schema["properties"] = {k: v for k, v in schema["properties"].items() if k not in cls.FROM_ROW}
        schema["required"] = [k for k in schema.get("required", []) if k not in cls.FROM_ROW] + ["from"]
        return schema

    @model_validator(mode="after")
    def _derived_says_how(self) -> SlotBase:
        if self.level in {Level.DERIVED, Level.DIGITISED} and not (self.note and len(self.note) > 3):
            raise ValueError(f"a {self.level.value} figure must say in its note how it was obtained")
        if self.level is Level.NOT_FOUND:
            raise ValueError(
                "a slot cannot hold a figure that was not found; write the claim as a gap, without the slot"
            )
        return self


class CountSlot(SlotBase):
    """n of N people. A small cell (one to four people on either side) is shown only with a ``disclosure``.

    ``disclosure`` is ``published`` where the count stands in a public, resolvable source already, ``consented`` where
    each of the people counted agreed to this publication after seeing how they might be recognised; without either the
    page says "withheld for privacy".
    """

    type: Annotated[Literal["n-of-n"], Field(description="n of N people")]
    events: Annotated[int, Field(ge=0, description="People with the event")]
    n: Annotated[int, Field(ge=1, description="All people who were looked at")]
    who: Annotated[str | None, Field(description="Whom the denominator counts: people given the cells")] = (
        None
    )
    disclosure: Annotated[
        Literal["published", "consented"] | None,
        Field(description="Why a small count may be shown: it is public already, or each person agreed"),
    ] = None

    @model_validator(mode="after")
    def _events_within(self) -> CountSlot:
        if self.events > self.n:
            raise ValueError(f"{self.events} events among {self.n}; events cannot exceed n")
        return self

    def is_small(self, threshold: int = SMALLEST_CELL) -> bool:
        """Whether a cell of the count holds one to ``threshold - 1`` people: those with the event, without, or all."""
        return any(0 < cell < threshold for cell in (self.events, self.n - self.events, self.n))

    @property
    def views(self) -> frozenset[View]:
        """The views that this slot offers; an upper bound only where nothing happened."""
        views = {View.PLAIN, View.EVENTS, View.DENOMINATOR, View.PER_100, View.PER_1000, View.INTERVAL}
        return frozenset(views | {View.UPPER_BOUND} if self.events == 0 else views)


class RateSlot(SlotBase):
    """A published rate per 100 or per 1,000 people whose counts were not given, with its published interval."""

    type: Annotated[Literal["rate"], Field(description="A rate whose counts were not given")]
    value: Annotated[float | None, Field(ge=0, description="The rate")] = None
    low: Annotated[float | None, Field(ge=0, description="Lower end")] = None
    high: Annotated[float | None, Field(ge=0, description="Upper end")] = None
    per: Annotated[Literal[100, 1000], Field(description="Per how many people")] = 100
    interval: Annotated[
        Literal["ci95", "range", "stated-range"] | None, Field(description="What low and high are")
    ] = None
    n: Annotated[int | None, Field(ge=1, description="All people who were looked at")] = None
    who: Annotated[
        str | None, Field(description="Whom the rate is about", examples=["people given the cells"])
    ] = None

    @model_validator(mode="after")
    def _bounded(self) -> RateSlot:
        if self.value is None and (self.low is None or self.high is None):
            raise ValueError("a rate needs a value, or low and high")
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high go together")
        if self.low is not None and self.high is not None:
            if self.interval is None:
                raise ValueError("say in interval what low and high are: ci95, range or stated-range")
            if not self.low <= (self.value if self.value is not None else self.low) <= self.high:
                raise ValueError(f"the rate must lie between low {self.low:g} and high {self.high:g}")
        if max(self.value or 0, self.high or 0) > self.per:
            raise ValueError(f"a rate per {self.per} cannot exceed {self.per}")
        return self

    @property
    def views(self) -> frozenset[View]:
        """The views that this slot offers."""
        return frozenset({View.PLAIN, View.INTERVAL} if self.low is not None else {View.PLAIN})


class TwoCounts(Model):
    """Two counts of the same claim from which something is worked out."""

    of: Annotated[SlotName, Field(description="The slot with the count in the group of interest")]
    minus: Annotated[SlotName, Field(description="The slot with the count in the comparison group")]


class DifferenceSlot(TwoCounts):
    """The difference of two counts of the same claim, per 100, with Newcombe's hybrid score interval."""

    type: Annotated[Literal["difference"], Field(description="The difference of two counts")]

    @property
    def views(self) -> frozenset[View]:
        """The views that this slot offers."""
        return frozenset({View.PLAIN, View.INTERVAL})


class ChanceSlot(TwoCounts):
    """How often chance alone makes so large a difference of two counts: Fisher's exact test, two-sided, per 100."""

    type: Annotated[
        Literal["chance"], Field(description="How often chance alone makes so large a difference")
    ]

    @property
    def views(self) -> frozenset[View]:
        """The views that this slot offers."""
        return frozenset({View.PLAIN})


class NumberSlot(SlotBase):
    """A plain number with its unit in words; ``scale: relative`` marks a ratio or a relative change."""

    type: Annotated[Literal["number"], Field(description="A number with its unit")]
    value: Annotated[float | None, Field(description="The number")] = None
    low: Annotated[float | None, Field(description="Lower end")] = None
    high: Annotated[float | None, Field(description="Upper end")] = None
    unit: Annotated[
        str, Field(description="In words a reader knows: people, studies, points; empty for none")
    ] = ""
    interval: Annotated[
        Literal["ci95", "range", "iqr", "stated-range"] | None, Field(description="What low and high are")
    ] = None
    scale: Annotated[
        Literal["absolute", "relative"], Field(description="Whether it is a ratio or a relative change")
    ] = "absolute"
    words: Annotated[bool, Field(description="Write whole numbers up to twelve as words")] = False

    @model_validator(mode="after")
    def _something(self) -> NumberSlot:
        if self.value is None and self.low is None and self.high is None:
            raise ValueError("a number slot needs a value or a bound")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low {self.low:g} is above high {self.high:g}")
        return self

    @property
    def views(self) -> frozenset[View]:
        """The views that this slot offers."""
        views = {View.PLAIN}
        if self.low is not None and self.high is not None:
            views.add(View.INTERVAL)
        return frozenset(views | {View.UNIT} if self.unit else views)


class FollowUpSlot(SlotBase):
    """How long people were watched, or a time-frame."""

    FROM_ROW: ClassVar[frozenset[str]] = SlotBase.FROM_ROW | {"unit"}

    type: Annotated[Literal["follow-up"], Field(description="A length of time")]
    value: Annotated[float | None, Field(gt=0, description="The time")] = None
    low: Annotated[float | None, Field(ge=0, description="Lower end")] = None
    high: Annotated[float | None, Field(gt=0, description="Upper end")] = None
    unit: Annotated[Literal["days", "weeks", "months", "years"], Field(description="Its unit")]
    words: Annotated[bool, Field(description="Write whole numbers up to twelve as words")] = False

    @model_validator(mode="after")
    def _something(self) -> FollowUpSlot:
        if self.value is None and self.low is None and self.high is None:
            raise ValueError("a follow-up needs a value, or low and high")
        return self

    @property
    def views(self) -> frozenset[View]:
        """The views that this slot offers."""
        return frozenset({View.PLAIN})


class MoneySlot(SlotBase):
    """An amount of money in the currency in which it was quoted; never converted."""

    type: Annotated[Literal["money"], Field(description="An amount of money")]
    value: Annotated[float | None, Field(ge=0, description="The amount")] = None
    low: Annotated[float | None, Field(ge=0, description="Lower end")] = None
    high: Annotated[float | None, Field(ge=0, description="Upper end")] = None
    currency: Annotated[
        str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code of the currency in which it was quoted")
    ]

    @model_validator(mode="after")
    def _something(self) -> MoneySlot:
        if self.value is None and (self.low is None or self.high is None):
            raise ValueError("an amount needs a value, or low and high")
        return self

    @property
    def views(self) -> frozenset[View]:
        """The views that this slot offers."""
        return frozenset({View.PLAIN})


class DateSlot(SlotBase):
    """A day, a month or a year, as exactly as it is known."""

    type: Annotated[Literal["date"], Field(description="A day or a month")]
    on: Annotated[str, Field(description="2018-12, 2024-09-27, 2020 …: read as an uncertain date")]

    @field_validator("on", mode="before")
    @classmethod
    def _readable(cls, raw: object) -> str:
        text = str(raw)
        try:
            UncertainDate.parse(text)
        except Exception as error:
            raise ValueError(str(error)) from error
        return text

    @property
    def views(self) -> frozenset[View]:
        """The views that this slot offers."""
        return frozenset({View.PLAIN})


class IdentifierSlot(SlotBase):
    """A registration number, a document number or another name with digits in it."""

    type: Annotated[
        Literal["identifier"],
        Field(description="The number of a registration or an approval", examples=["identifier"]),
    ]
    text: Annotated[
        str, Field(min_length=2, description="The identifier as it is printed", examples=["NCT00000000"])
    ]

    @property
    def views(self) -> frozenset[View]:
        """The views that this slot offers."""
        return frozenset({View.PLAIN})


Slot = Annotated[
    CountSlot
    | RateSlot
    | DifferenceSlot
    | ChanceSlot
    | NumberSlot
    | FollowUpSlot
    | MoneySlot
    | DateSlot
    | IdentifierSlot,
    Field(discriminator="type"),
]

#: a slot in a text: its name and, after a bar, the view that is asked for
PLACE = re.compile(r"\{([a-z][a-z0-9_]*)(?:\|([a-z0-9-]+))?\}")


def places(text: str) -> list[tuple[str, View]]:
    """The slots that a text names, in order, with the view asked for (``plain`` where none is).

    Raises
    ------
    ValueError
        If a view is not one of :class:`View`.
    """
    return [(name, View(view) if view else View.PLAIN) for name, view in PLACE.findall(text)]
