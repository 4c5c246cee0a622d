"""Outcomes, who ranks them important, what else must be measured, and the estimands fixed before anyone is treated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.estimand import Estimand, IntercurrentEvent
from proband.programme.model import Based, Findings, Id, Model, Text, ValidationFinding

__all__ = [
    "CoIntervention",
    "Estimand",
    "Importance",
    "IntercurrentEvent",
    "Outcome",
    "OutcomeForm",
    "Outcomes",
]


class Importance(Based):
    """Who ranks an outcome how high; what patients rank first must not be missing because it is hard to measure."""

    by: Annotated[Text, Field(description="Who ranks")]
    rank: Annotated[
        Literal["critical", "important", "limited"], Field(description="GRADE's three classes of importance")
    ]


class OutcomeForm(Model):
    """How an outcome is made from what the tables of a trial hold: from scores at visits, or from the day of an event.

    ``value`` is the (sum of the) scores, ``change`` the same less that at baseline, ``gain`` whether it is at least ``by`` better than at
    baseline, ``event`` when an event happened, ``free-of`` whether it has not happened by a visit.
    """

    form: Annotated[
        Literal["value", "change", "gain", "event", "free-of"],
        Field(description="How the outcome is made from what is recorded"),
    ]
    scores: Annotated[
        list[str],
        Field(
            description="Scores of the instrument that are added; the one with the instrument's own name where none is given",
            examples=[["left-arm", "right-arm"]],
        ),
    ] = []
    grades: Annotated[
        list[str],
        Field(
            description="Grades from the worst to the best, where the score is a word",
            examples=[["A", "B", "C", "D", "E"]],
        ),
    ] = []
    by: Annotated[float, Field(gt=0, description="How much better counts as a gain")] = 1.0
    baseline: Annotated[
        Id | None, Field(description="Visit that is the baseline; needed for change and gain")
    ] = None
    event: Annotated[
        str | None, Field(description="Name of the event in the tables; needed for event and free-of")
    ] = None

    @model_validator(mode="after")
    def _whole(self) -> OutcomeForm:
        needed = {"change": "baseline", "gain": "baseline", "event": "event", "free-of": "event"}.get(
            self.form
        )
        if needed and getattr(self, needed) is None:
            raise Findings(
                [ValidationFinding((), f"form {self.form} has no {needed}.", f"say {needed}: which one")]
            )
        return self


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
    made: Annotated[
        OutcomeForm | None,
        Field(description="How it is made from what is recorded; an analysis needs it"),
    ] = None
    timepoints: Annotated[list[Id], Field(min_length=1, description="Visits at which it is measured")]
    important_to: Annotated[list[Importance], Field(min_length=1, description="Who ranks it how high")]


class CoIntervention(Based):
    """Something besides the product that moves the outcome and is therefore measured (rehabilitation hours per week)."""

    id: Annotated[Id, Field(description="Key of the co-intervention")]
    name: Annotated[Text, Field(description="What it is")]
    unit: Annotated[str, Field(min_length=1, description="In which unit it is measured")]
    why: Annotated[Text, Field(description="Why it moves the outcome")]
    measured_at: Annotated[list[Id], Field(min_length=1, description="Visits at which it is measured")]


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
