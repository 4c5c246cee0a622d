"""Safety rules: how adverse events are graded, by when they are reported, when treatment stops, and what holds it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from proband.programme.model import Based, Id, Text
from proband.terms import Quantity, jurisdiction


class Grading(Based):
    """Which grading is used for adverse events; the criteria themselves are not copied here."""

    system: Annotated[Text, Field(description="Name of the grading")]
    version: Annotated[Text, Field(description="Its version")]
    grades: Annotated[
        list[Annotated[str, Field(min_length=3)]],
        Field(min_length=3, max_length=5, description="Its grades, from the mildest"),
    ]
    causality: Annotated[list[Text], Field(min_length=2, description="Categories, from unrelated to certain")]
    assessors: Annotated[int, Field(ge=2, description="How many people judge causality independently")]


class ExpeditedClock(Based):
    """By when which event must reach whom, in one jurisdiction. Day 0 is the day of awareness."""

    id: Annotated[Id, Field(description="Key of the clock")]
    jurisdiction: Annotated[str, Field(description="Where it holds")]
    applies_to: Annotated[
        Literal[
            "fatal-or-life-threatening-unexpected-related",
            "serious-unexpected-related",
            "serious",
            "any-death",
        ],
        Field(description="Which events start it"),
    ]
    due: Annotated[Quantity, Field(description="By when the report must be made")]
    day_zero: Annotated[Text, Field(description="What starts the clock")]
    to: Annotated[Text, Field(description="Whom the report goes to")]

    @field_validator("jurisdiction")
    @classmethod
    def _known(cls, code: str) -> str:
        try:
            return jurisdiction(code)
        except Exception as error:
            raise ValueError(str(error)) from error


class TracingTerm(Based):
    """For how long a product of cells or genes must be traceable to whoever gave or got it, in one jurisdiction; identity is not erased before."""

    id: Annotated[Id, Field(description="Key of the term")]
    jurisdiction: Annotated[str, Field(description="Where it holds")]
    years: Annotated[int, Field(ge=1, le=150, description="For how many years")]
    after: Annotated[Literal["clinical-use", "expiry"], Field(description="From when they are counted")]

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

    id: Annotated[Id, Field(description="Key of the rule")]
    counts: Annotated[
        Literal["death", "serious-related", "serious", "grade-at-least", "neurological-worsening", "new-mass", "infection",
                "product-failure"],
        Field(description="What is counted"),
    ]  # fmt: skip
    grade_at_least: Annotated[
        int | None,
        Field(ge=1, le=5, description="Lowest grade that counts; only with counts: grade-at-least"),
    ] = None
    within: Annotated[Quantity | None, Field(description="Within how long after a dose")] = None
    events: Annotated[
        int, Field(ge=1, description="How many participants with such an event cross the boundary")
    ]
    among: Annotated[
        int | None, Field(ge=1, description="Among the first so many treated; empty: among all treated")
    ] = None
    places_hold: Annotated[Id, Field(description="Id of the hold that it places")]
    why: Annotated[Text, Field(description="Why this boundary")]

    @model_validator(mode="after")
    def _reachable(self) -> StoppingRule:
        if self.among is not None and self.events > self.among:
            raise ValueError(f"{self.events} events can never occur among {self.among} participants")
        if (self.counts == "grade-at-least") != (self.grade_at_least is not None):
            raise ValueError("grade_at_least goes with counts: grade-at-least, and only with it")
        return self


class Hold(Based):
    """A hold: what it blocks, for whom, and who may lift it."""

    id: Annotated[Id, Field(description="Key of the hold")]
    scope: Annotated[
        Literal["programme", "site", "product", "participant"], Field(description="Whom or what it stops")
    ]
    blocks: Annotated[
        list[Literal["enrolment", "collection", "release", "administration"]],
        Field(min_length=1, description="What is not done while it stands"),
    ]
    lifted_by: Annotated[list[Id], Field(min_length=1, description="Roles; each must sign")]
    notice: Annotated[Text, Field(description="What is told to whom when it is placed")]


class Surveillance(Based):
    """Planned looking-for-harm that outlives the outcome visits (imaging after intraspinal cells)."""

    id: Annotated[Id, Field(description="Key of the surveillance")]
    what: Annotated[Text, Field(description="What is looked for, and how")]
    from_visit: Annotated[Id, Field(description="Id of the visit at which it begins")]
    every: Annotated[Quantity, Field(description="How often")]
    until: Annotated[Quantity, Field(description="How long it goes on")]


class Staggering(Based):
    """How long after one participant the next may be treated, among the first few."""

    first: Annotated[int, Field(ge=1, description="Among how many participants")]
    wait: Annotated[Quantity, Field(description="How long the next one waits")]
    review_by: Annotated[Id, Field(description="Role that reviews before the next one")]


class Safety(Based):
    """``safety.yaml``."""

    grading: Annotated[Grading, Field(description="How adverse events are graded")]
    clocks: Annotated[
        list[ExpeditedClock], Field(min_length=1, description="By when which event must reach whom")
    ]
    stopping_rules: Annotated[list[StoppingRule], Field(min_length=1, description="When treatment stops")]
    holds: Annotated[list[Hold], Field(min_length=1, description="What a hold blocks, and who may lift it")]
    surveillance: Annotated[list[Surveillance], Field(description="Planned looking for harm")]
    staggering: Annotated[
        Staggering | None, Field(description="How long after one participant the next may be treated")
    ] = None
    tracing: Annotated[
        list[TracingTerm],
        Field(description="For how long products must be traced, and identity therefore kept"),
    ] = []
    expected_events: Annotated[
        list[Text], Field(description="Events listed as expected for the product or procedure")
    ]
