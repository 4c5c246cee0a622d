"""Outcomes, who ranks them important, what else must be measured, and the estimands fixed before anyone is treated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.model import Based, Id, Model, Text


class Importance(Based):
    """Who ranks an outcome how high; what patients rank first must not be missing because it is hard to measure."""

    by: Annotated[Text, Field(description="Who ranks")]
    rank: Annotated[
        Literal["critical", "important", "limited"], Field(description="GRADE's three classes of importance")
    ]


class Outcome(Based):
    """One outcome: instrument, direction, who assesses it and whether they know the treatment."""

    id: Annotated[Id, Field(description="Key of the outcome")]
    name: Annotated[Text, Field(description="Name of the outcome")]
    role: Annotated[
        Literal["primary", "secondary", "safety", "exploratory"],
        Field(description="Its place in the analysis"),
    ]
    instrument: Annotated[Id, Field(description="Id of the instrument that measures it")]
    measure: Annotated[Id, Field(description="Which total or grade of the instrument")]
    direction: Annotated[
        Literal["higher-is-better", "lower-is-better", "event-is-good", "event-is-bad"],
        Field(description="Which way is good"),
    ]
    definition: Annotated[Text, Field(description="What exactly counts, in words that two people read alike")]
    blinding: Annotated[
        Literal["assessor-blinded", "unblinded", "self-reported"],
        Field(description="Whether the assessor knows the treatment"),
    ]
    timepoints: Annotated[list[Id], Field(min_length=1, description="Visits at which it is measured")]
    important_to: Annotated[list[Importance], Field(min_length=1, description="Who ranks it how high")]


class CoIntervention(Based):
    """Something besides the product that moves the outcome and is therefore measured (rehabilitation hours per week)."""

    id: Annotated[Id, Field(description="Key of the co-intervention")]
    name: Annotated[Text, Field(description="What it is")]
    unit: Annotated[str, Field(min_length=1, description="In which unit it is measured")]
    why: Annotated[Text, Field(description="Why it moves the outcome")]
    measured_at: Annotated[list[Id], Field(min_length=1, description="Visits at which it is measured")]


class IntercurrentEvent(Model):
    """Something that happens after allocation and changes what the outcome means, with its strategy (ICH E9(R1))."""

    event: Annotated[
        Text, Field(description="What happens after allocation and changes what the outcome means")
    ]
    strategy: Annotated[
        Literal["treatment-policy", "hypothetical", "composite", "while-on-treatment", "principal-stratum"],
        Field(description="How it is dealt with (ICH E9(R1))"),
    ]
    how: Annotated[Text, Field(description="What that means here")]


class Estimand(Based):
    """The question in five attributes (ICH E9(R1)), with the rule for missing data and the analysis that answers it."""

    id: Annotated[Id, Field(description="Key of the estimand")]
    question: Annotated[Text, Field(description="The question in a sentence")]
    population: Annotated[Text, Field(description="Whom it is about")]
    sub_indication: Annotated[
        Id | None, Field(description="Form of the condition that it is about; forms are never pooled")
    ] = None
    treatment: Annotated[Id, Field(description="Id of the arm of interest")]
    comparator: Annotated[Id, Field(description="Id of the arm or comparator it is compared with")]
    outcome: Annotated[Id, Field(description="Id of the outcome")]
    visit: Annotated[Id, Field(description="Id of the visit")]
    summary: Annotated[
        Literal["difference-in-means", "difference-in-proportions", "ratio-of-odds", "difference-in-survival",
                "restricted-mean-survival-time", "cumulative-incidence-difference", "within-person-change", "single-proportion"],
        Field(description="Population-level summary"),
    ]  # fmt: skip
    intercurrent_events: Annotated[
        list[IntercurrentEvent],
        Field(min_length=1, description="Events after allocation, each with its strategy"),
    ]
    missing_data: Annotated[Text, Field(description="How missing data are dealt with")]
    analysis: Annotated[Text, Field(description="The analysis that answers it")]


class Outcomes(Based):
    """``outcomes.yaml``."""

    outcomes: Annotated[list[Outcome], Field(min_length=1, description="What is measured")]
    co_interventions: Annotated[
        list[CoIntervention], Field(description="What else moves the outcomes and is measured for that")
    ]
    estimands: Annotated[
        list[Estimand], Field(min_length=1, description="The questions, fixed before anyone is treated")
    ]

    @model_validator(mode="after")
    def _one_primary(self) -> Outcomes:
        if not any(outcome.role == "primary" for outcome in self.outcomes):
            raise ValueError("no outcome has role: primary")
        return self
