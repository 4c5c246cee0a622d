"""Dose escalation: the levels, the rule by which one goes up, stays or goes down, what counts as an event that limits the dose, and who decides."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.model import Based, Duration, Id, Model
from proband.terms import convert


class ThreePlusThree(Model):
    """Three people at a level: none with an event lets one go up, one asks for three more, two end the level and every one above it (Storer 1989)."""

    kind: Annotated[
        Literal["three-plus-three"], Field(description="Kind of the rule", examples=["three-plus-three"])
    ]

    @property
    def cohort(self) -> int:
        """How many people are allocated to a level before somebody decides."""
        return 3

    @property
    def at_one_level(self) -> int:
        """No more people at one level than this: three, and three more."""
        return 6

    @property
    def in_all(self) -> None:
        """The rule sets no number of people in all."""


class BayesianInterval(Model):
    """The Bayesian optimal interval design (BOIN; Liu and Yuan 2015): the share of people with an event is compared with two boundaries around a target.

    The boundaries follow from the target with its defaults, 0.6 and 1.4 times the target (:func:`proband.analysis.early_phase.boin`); a level at which the
    share exceeds the target with a posterior probability above 0.95 is closed for good, with those above it.
    """

    kind: Annotated[Literal["boin"], Field(description="Kind of the rule", examples=["boin"])]
    target: Annotated[
        float,
        Field(
            gt=0, lt=0.7, description="The share of people with an event that is aimed at", examples=[0.25]
        ),
    ]
    cohort: Annotated[
        int, Field(ge=1, description="How many people are allocated before somebody decides", examples=[3])
    ]
    at_one_level: Annotated[
        int, Field(ge=1, description="No more people at one level than this", examples=[9])
    ]
    in_all: Annotated[int, Field(ge=1, description="No more people in all than this", examples=[24])]

    @model_validator(mode="after")
    def _whole_cohorts(self) -> BayesianInterval:
        for name in ("at_one_level", "in_all"):
            many = getattr(self, name)
            if many % self.cohort:
                raise ValueError(f"{name} is {many}, which is no number of whole cohorts of {self.cohort}")
        if self.at_one_level > self.in_all:
            raise ValueError(f"{self.at_one_level} at one level are more than {self.in_all} in all")
        return self


class LevelStaggering(Model):
    """How long after the first dose of one person the next at the same level may be treated, among the first of each level."""

    first: Annotated[int, Field(ge=1, description="Among how many at each level", examples=[2])]
    wait: Annotated[Duration, Field(description="How long the next one waits")]


class Escalation(Based):
    """Dose escalation. The record allocates to the level in force and to no other, as many as a cohort has, and opens the next only after a decision.

    A decision is taken when everybody of the cohort was seen for the whole window. It may be more cautious than the rule, and never bolder.
    """

    levels: Annotated[
        list[Id],
        Field(
            min_length=2,
            description="The arms that are the levels, from the lowest dose",
            examples=[["low", "high"]],
        ),
    ]
    rule: Annotated[
        ThreePlusThree | BayesianInterval,
        Field(discriminator="kind", description="By which rule one goes up, stays or goes down"),
    ]
    counts: Annotated[
        Id,
        Field(
            description="Which event limits the dose: what a stopping rule may count, or a category of the programme's own; a death within the window always does, unless it is an adverse event of which two have said that it is not related",
            examples=["grade-at-least"],
        ),
    ]
    grade_at_least: Annotated[
        int | None, Field(ge=1, le=10, description="Lowest grade that counts", examples=[3])
    ] = None
    window: Annotated[
        Duration,
        Field(
            description="How long after the first dose somebody is looked at before they count as without an event"
        ),
    ]
    staggering: Annotated[
        LevelStaggering | None, Field(description="How people of one level are kept apart")
    ] = None
    decided_by: Annotated[
        Id, Field(description="Role that decides on the level, and signs", examples=["safety-board"])
    ]

    @model_validator(mode="after")
    def _possible(self) -> Escalation:
        if len(set(self.levels)) != len(self.levels):
            raise ValueError("a level is named twice")
        if convert(self.window.value, self.window.unit, "d") <= 0:
            raise ValueError("the window has no length")
        if (self.counts == "grade-at-least") and self.grade_at_least is None:
            raise ValueError("grade-at-least needs grade_at_least")
        return self


__all__ = ["BayesianInterval", "Escalation", "LevelStaggering", "ThreePlusThree"]
