"""The course of a treatment: titration, cycles, what holds of a dose that is late, further courses, and the drugs that go with it."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.dose import DoseRule, Withheld
from proband.programme.model import Based, Duration, Id, Model, Offset, Slack, Text
from proband.programme.routes import AdministrationRoute
from proband.terms import convert


class TitrationStep(Model):
    """One step of a titration: after how long, to which share of the full dose, on which condition, and who says that it holds.

    Every course begins at the first step. A later step is taken when so many doses were given at the step before, so much time has passed since
    the first of them, and the role that decides has said so after the last of them; whoever decides may as well keep somebody at a step, or take them back to an earlier one.
    """

    id: Annotated[Id, Field(description="Key of the step")]
    after: Annotated[Slack, Field(description="How long after the step before it")]
    fraction: Annotated[float, Field(gt=0, le=1, description="Share of the full dose")]
    condition: Annotated[Text, Field(description="On which condition the step is taken")]
    administrations: Annotated[
        int | None,
        Field(
            ge=1,
            description="How often it is given at this step; then it goes on to the next, or no further. Empty: as often as comes before the next step is taken, once at least",
            examples=[1],
        ),
    ] = None
    decided_by: Annotated[
        Id | None,
        Field(
            description="Role that says, signed, whether the condition holds; empty: the time and the doses decide alone",
            examples=["investigator"],
        ),
    ] = None


class LateRule(Based):
    """What holds of a dose whose time, with its tolerance, has passed."""

    until: Annotated[
        Duration,
        Field(description="How long after that it may still be given, with the reason why it is late"),
    ]
    then: Annotated[
        Literal["restart", "skip", "end"],
        Field(
            description="What holds later than that: the course begins anew at its first step; the dose is left out, with the reason, and the next is due in its own time; the course is over",
            examples=["restart"],
        ),
    ]
    decided_by: Annotated[
        Id,
        Field(description="Role that signs that it begins anew, or is left out", examples=["investigator"]),
    ]

    @model_validator(mode="after")
    def _not_negative(self) -> LateRule:
        if convert(self.until.value, self.until.unit, "d") < 0:
            raise ValueError(f"until is {self.until}; write how long, not a signed time")
        return self


class Cycle(Based):
    """Doses on certain days of a cycle that repeats."""

    length: Annotated[Duration, Field(description="How long a cycle is")]
    on: Annotated[
        list[Slack],
        Field(min_length=1, description="How long after the beginning of its cycle each dose is due"),
    ]

    @model_validator(mode="after")
    def _in_order(self) -> Cycle:
        days, length = self.days
        if days[0] < 0 or any(later <= earlier for earlier, later in pairwise(days)):
            raise ValueError(
                "the doses of a cycle are written in their order, from the beginning of the cycle"
            )
        if days[-1] >= length:
            raise ValueError(f"a dose is due {self.on[-1]} after the beginning of a cycle of {self.length}")
        return self

    @property
    def days(self) -> tuple[list[float], float]:
        """The days of the doses within a cycle, and its length in days."""
        return [convert(one.value, one.unit, "d") for one in self.on], convert(
            self.length.value, self.length.unit, "d"
        )

    def due(self, number: int) -> float:
        """The day on which a dose (counted from 0) is due, from the beginning of the first cycle."""
        days, length = self.days
        return days[number % len(days)] + (number // len(days)) * length


class FurtherCourse(Based):
    """A course beyond the planned one: some more on response, or the whole again when the condition comes back.

    It is opened by a verdict on the criteria of its scope, found after the last dose before it. What stands here decides, not what
    somebody remembers of the protocol.
    """

    id: Annotated[Id, Field(description="Key of the course", examples=["on-response"])]
    on: Annotated[
        Literal["continuation", "retreatment"],
        Field(description="The scope of the criteria that open it", examples=["continuation"]),
    ]
    administrations: Annotated[int, Field(ge=1, description="How many doses it has", examples=[4])]
    after: Annotated[
        Slack | None,
        Field(description="No sooner than this after the last dose before it; empty: as the interval has it"),
    ] = None
    within: Annotated[
        Duration | None,
        Field(
            description="No later than this after the last dose before it; empty: of a continuation as the interval has it, of a retreatment at any time"
        ),
    ] = None
    at_most: Annotated[int, Field(ge=1, description="How often one person may have it")] = 1

    @model_validator(mode="after")
    def _sensible(self) -> FurtherCourse:
        if self.on == "continuation" and self.at_most > 1:
            raise ValueError(f"{self.id} goes on once; a course that is given again is a retreatment")
        if self.after and self.within and convert(self.after.value, self.after.unit, self.within.unit) > self.within.value:  # fmt: skip
            raise ValueError(f"{self.id}: after {self.after} is later than within {self.within}")
        return self


class Companion(Based):
    """A drug that is given with the product: before it (premedication) or after it."""

    id: Annotated[Id, Field(description="Key of the companion", examples=["antihistamine"])]
    name: Annotated[Text, Field(description="Name of the drug", examples=["an antihistamine"])]
    obligatory: Annotated[
        bool,
        Field(
            description="Whether no dose of the product is given without it; else it is advised",
            examples=[True],
        ),
    ]
    route: Annotated[
        AdministrationRoute, Field(description="By which route it is given", examples=["intravenous"])
    ]
    dose: Annotated[
        DoseRule | Withheld, Field(description="The rule of its dose, or why the bundle carries none")
    ]
    earliest: Annotated[
        Offset,
        Field(
            description="The earliest time, from the dose of the product: negative before it, positive after it",
            examples=[{"value": -60, "unit": "min"}],
        ),
    ]
    latest: Annotated[
        Offset,
        Field(
            description="The latest time, from the dose of the product: negative before it, positive after it"
        ),
    ]

    @property
    def hours(self) -> tuple[float, float]:
        """Earliest and latest time in hours from the dose of the product."""
        return convert(self.earliest.value, self.earliest.unit, "h"), convert(
            self.latest.value, self.latest.unit, "h"
        )

    @property
    def before(self) -> bool:
        """Whether it is given before the product."""
        return self.hours[1] <= 0

    @model_validator(mode="after")
    def _on_one_side(self) -> Companion:
        first, last = self.hours
        if first > last:
            raise ValueError(f"the earliest time {self.earliest} is after the latest {self.latest}")
        if first < 0 < last:
            raise ValueError(
                "it is given before the product, or after it: a drug that is given on both sides is written as two"
            )
        return self


__all__ = ["Companion", "Cycle", "FurtherCourse", "LateRule", "TitrationStep"]
