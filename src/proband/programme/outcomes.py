"""Outcomes, who ranks them important, what else must be measured, and the estimands fixed before anyone is treated."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.estimand import Estimand, IntercurrentEvent
from proband.programme.expression import Expression, ExpressionError, ObservableSignature, check
from proband.programme.model import Based, Duration, Findings, Id, Model, Text, ValidationFinding

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

    ``value`` is the (sum of the) scores, ``change`` the same less that at baseline, ``best`` the best of these so far (less that at baseline, where
    one is named), ``gain`` whether it is at least ``by`` better than at baseline, ``event`` when the first of some events happened, ``free-of``
    whether none has happened by a visit, ``state`` when a statement about the value came true and had lasted.
    """

    form: Annotated[
        Literal["value", "change", "best", "gain", "event", "free-of", "state"],
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
        Id | None,
        Field(
            description="Visit that is the baseline; needed for change and gain, and for a state that speaks of change"
        ),
    ] = None
    event: Annotated[
        str | None, Field(description="Name of the event in the tables; needed for event and free-of")
    ] = None
    or_events: Annotated[
        list[str],
        Field(
            description="Further events: the first of all of them counts, and free-of is free of each",
            examples=[["transplant"]],
        ),
    ] = []
    state: Annotated[
        str | None,
        Field(
            description="A statement in the language of criteria about value and change; needed for state",
            examples=["value == 0", "value <= 4 and change <= -2"],
        ),
    ] = None
    lasting: Annotated[
        Duration | None,
        Field(
            description="How far apart the first and the last measurement in the state are at least; one is enough where none is given",
            examples=[{"value": 28, "unit": "d"}],
        ),
    ] = None
    gap: Annotated[
        Duration | None,
        Field(
            description="How far apart two measurements may be for nothing to have happened between them; needed for state",
            examples=[{"value": 35, "unit": "d"}],
        ),
    ] = None

    @model_validator(mode="after")
    def _whole(self) -> OutcomeForm:
        found = [
            ValidationFinding((), f"form {self.form} has no {needed}.", f"say {needed}: which one")
            for needed in _NEEDED.get(self.form, ())
            if getattr(self, needed) is None
        ]
        found += [
            ValidationFinding((key,), f"{key} goes with form {form}.", "leave it out, or write that form")
            for key, form in _ONLY.items()
            if getattr(self, key) and self.form not in form.split(" or ")
        ]
        if self.form == "state" and self.state is not None:
            found += self._statement()
        if found:
            raise Findings(found)
        return self

    def _statement(self) -> list[ValidationFinding]:
        try:
            names = self.checked.names
        except ExpressionError as error:
            return [
                ValidationFinding(("state",), error.message, error.mend or "see the language of criteria")
            ]
        if "change" in names and self.baseline is None:
            return [
                ValidationFinding(
                    ("state",), "it speaks of change from no baseline.", "say baseline: which visit"
                )
            ]
        return []

    @property
    def names(self) -> tuple[str, ...]:
        """By which names the tables know its events; empty where it is made from scores."""
        return ((self.event, *self.or_events)) if self.event else ()

    @property
    def from_baseline(self) -> bool:
        """Whether its values are differences from the baseline."""
        return self.form in ("change", "gain") or (self.form == "best" and self.baseline is not None)

    @cached_property
    def checked(self) -> Expression:
        """The statement of a state, typed: ``value`` is a number, or the place of a grade; ``change`` a number.

        Raises
        ------
        ExpressionError
            Where it is no statement about them.
        """
        own = (
            ObservableSignature("ordered", values=tuple(self.grades))
            if self.grades
            else ObservableSignature("number")
        )
        return check(self.state or "", {"value": own, "change": ObservableSignature("number")})


_NEEDED = {
    "change": ("baseline",),
    "gain": ("baseline",),
    "event": ("event",),
    "free-of": ("event",),
    "state": ("state", "gap"),
}
#: keys that mean something with one form alone
_ONLY = {"or_events": "event or free-of", "state": "state", "lasting": "state", "gap": "state"}


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
