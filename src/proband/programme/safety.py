"""Safety rules: how adverse events are graded, by when they are reported, when treatment stops, and what holds it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from proband.programme.model import Based, Id, Text
from proband.terms import Quantity, jurisdiction


class Grading(Based):
    """Which grading is used for adverse events; the criteria themselves are not copied here."""

    system: Text
    version: Text
    grades: Annotated[list[Annotated[str, Field(min_length=3)]], Field(min_length=3, max_length=5)]
    causality: Annotated[list[Text], Field(min_length=2, description="Categories, from unrelated to certain")]
    assessors: Annotated[int, Field(ge=2, description="How many people judge causality independently")]


class ExpeditedClock(Based):
    """By when which event must reach whom, in one jurisdiction. Day 0 is the day of awareness."""

    id: Id
    jurisdiction: str
    applies_to: Literal[
        "fatal-or-life-threatening-unexpected-related", "serious-unexpected-related", "serious", "any-death"
    ]
    due: Quantity
    day_zero: Text
    to: Text

    @field_validator("jurisdiction")
    @classmethod
    def _known(cls, code: str) -> str:
        try:
            return jurisdiction(code)
        except Exception as error:
            raise ValueError(str(error)) from error


class StoppingRule(Based):
    """A boundary in counts: ``events`` of a kind among the first ``among`` treated (or any) places a hold.

    ``events`` is compared with the number of participants who had at least one such event.
    """

    id: Id
    counts: Annotated[
        Literal["death", "serious-related", "serious", "grade-at-least", "neurological-worsening", "new-mass", "infection",
                "product-failure"],
        Field(description="What is counted"),
    ]  # fmt: skip
    grade_at_least: Annotated[int | None, Field(ge=1, le=5)] = None
    within: Annotated[Quantity | None, Field(description="Within how long after a dose")] = None
    events: Annotated[int, Field(ge=1)]
    among: Annotated[
        int | None, Field(ge=1, description="Among the first so many treated; empty: among all treated")
    ] = None
    places_hold: Id
    why: Text

    @model_validator(mode="after")
    def _reachable(self) -> StoppingRule:
        if self.among is not None and self.events > self.among:
            raise ValueError(f"{self.events} events can never occur among {self.among} participants")
        if (self.counts == "grade-at-least") != (self.grade_at_least is not None):
            raise ValueError("grade_at_least goes with counts: grade-at-least, and only with it")
        return self


class Hold(Based):
    """A hold: what it blocks, for whom, and who may lift it."""

    id: Id
    scope: Literal["programme", "site", "product", "participant"]
    blocks: Annotated[
        list[Literal["enrolment", "collection", "release", "administration"]], Field(min_length=1)
    ]
    lifted_by: Annotated[list[Id], Field(min_length=1, description="Roles; each must sign")]
    notice: Text


class Surveillance(Based):
    """Planned looking-for-harm that outlives the outcome visits (imaging after intraspinal cells)."""

    id: Id
    what: Text
    from_visit: Id
    every: Quantity
    until: Quantity


class Staggering(Based):
    """How long after one participant the next may be treated, among the first few."""

    first: Annotated[int, Field(ge=1)]
    wait: Quantity
    review_by: Id


class Safety(Based):
    """``safety.yaml``."""

    grading: Grading
    clocks: Annotated[list[ExpeditedClock], Field(min_length=1)]
    stopping_rules: Annotated[list[StoppingRule], Field(min_length=1)]
    holds: Annotated[list[Hold], Field(min_length=1)]
    surveillance: list[Surveillance]
    staggering: Staggering | None = None
    expected_events: Annotated[
        list[Text], Field(description="Events listed as expected for the product or procedure")
    ]
