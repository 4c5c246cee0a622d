"""Outcomes, who ranks them important, what else must be measured, and the estimands fixed before anyone is treated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.model import Based, Id, Model, Text


class Importance(Based):
    """Who ranks an outcome how high; what patients rank first must not be missing because it is hard to measure."""

    by: Text
    rank: Annotated[
        Literal["critical", "important", "limited"], Field(description="GRADE's three classes of importance")
    ]


class Outcome(Based):
    """One outcome: instrument, direction, who assesses it and whether they know the treatment."""

    id: Id
    name: Text
    role: Literal["primary", "secondary", "safety", "exploratory"]
    instrument: Id
    measure: Annotated[Id, Field(description="Which total or grade of the instrument")]
    direction: Literal["higher-is-better", "lower-is-better", "event-is-good", "event-is-bad"]
    definition: Annotated[Text, Field(description="What exactly counts, in words that two people read alike")]
    blinding: Literal["assessor-blinded", "unblinded", "self-reported"]
    timepoints: Annotated[list[Id], Field(min_length=1, description="Visits at which it is measured")]
    important_to: Annotated[list[Importance], Field(min_length=1)]


class CoIntervention(Based):
    """Something besides the product that moves the outcome and is therefore measured (rehabilitation hours per week)."""

    id: Id
    name: Text
    unit: Annotated[str, Field(min_length=1)]
    why: Text
    measured_at: Annotated[list[Id], Field(min_length=1)]


class IntercurrentEvent(Model):
    """Something that happens after allocation and changes what the outcome means, with its strategy (ICH E9(R1))."""

    event: Text
    strategy: Literal[
        "treatment-policy", "hypothetical", "composite", "while-on-treatment", "principal-stratum"
    ]
    how: Text


class Estimand(Based):
    """The question in five attributes (ICH E9(R1)), with the rule for missing data and the analysis that answers it."""

    id: Id
    question: Text
    population: Text
    sub_indication: Annotated[
        Id | None, Field(description="Form of the condition that it is about; forms are never pooled")
    ] = None
    treatment: Id
    comparator: Id
    outcome: Id
    visit: Id
    summary: Annotated[
        Literal["difference-in-means", "difference-in-proportions", "ratio-of-odds", "difference-in-survival",
                "restricted-mean-survival-time", "cumulative-incidence-difference", "within-person-change", "single-proportion"],
        Field(description="Population-level summary"),
    ]  # fmt: skip
    intercurrent_events: Annotated[list[IntercurrentEvent], Field(min_length=1)]
    missing_data: Text
    analysis: Text


class Outcomes(Based):
    """``outcomes.yaml``."""

    outcomes: Annotated[list[Outcome], Field(min_length=1)]
    co_interventions: list[CoIntervention]
    estimands: Annotated[list[Estimand], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_primary(self) -> Outcomes:
        if not any(outcome.role == "primary" for outcome in self.outcomes):
            raise ValueError("no outcome has role: primary")
        return self
