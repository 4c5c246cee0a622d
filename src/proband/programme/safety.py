"""Safety rules: how adverse events are graded, by when they are reported, when treatment stops, and what holds it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.escalation import Escalation
from proband.programme.model import (
    Based,
    Duration,
    Findings,
    Id,
    Jurisdiction,
    Model,
    Percentage,
    Text,
    ValidationFinding,
)
from proband.terms import convert


class Grading(Based):
    """Which grading is used for adverse events; the criteria themselves are not copied here."""

    system: Annotated[Text, Field(description="Name of the grading")]
    version: Annotated[Text, Field(description="Its version")]
    grades: Annotated[
        list[Annotated[str, Field(min_length=3)]],
        Field(min_length=3, max_length=5, description="Its grades, from the mildest"),
    ]
    causality: Annotated[list[Text], Field(min_length=2, description="Categories, from unrelated to certain")]
    suspected_from: Annotated[
        str | None,
        Field(
            description="The first of the categories that is a suspected relation: each judgement then names its category, and agrees with it. Empty: it is said whether a relation is possible, and the categories are words for people",
            examples=["possible"],
        ),
    ] = None
    assessors: Annotated[int, Field(ge=2, description="How many people judge causality independently")]

    @model_validator(mode="after")
    def _suspected(self) -> Grading:
        if self.suspected_from is not None and self.suspected_from not in self.causality:
            raise ValueError(f"{self.suspected_from!r} is none of the categories of causality")
        return self

    def suspected(self, category: str) -> bool | None:
        """Whether a category of causality is a suspected relation; ``None`` where it is none of them, or the programme does not say."""
        if self.suspected_from is None or category not in self.causality:
            return None
        return self.causality.index(category) >= self.causality.index(self.suspected_from)


class ExpeditedClock(Based):
    """By when which event must reach whom, in one jurisdiction. Day 0 is the day of awareness."""

    id: Annotated[Id, Field(description="Key of the clock")]
    jurisdiction: Annotated[Jurisdiction, Field(description="Where it holds")]
    applies_to: Annotated[
        Literal[
            "fatal-or-life-threatening-unexpected-related",
            "serious-unexpected-related",
            "serious",
            "any-death",
        ],
        Field(description="Which events start it"),
    ]
    due: Annotated[Duration, Field(description="By when the report must be made")]
    day_zero: Annotated[
        Text,
        Field(
            description="What starts the clock, in words for people: the record counts from the day on which the reporter became aware"
        ),
    ]
    to: Annotated[Text, Field(description="Whom the report goes to")]


class TracingTerm(Based):
    """For how long a product of cells or genes must be traceable to whoever gave or got it, in one jurisdiction; identity is not erased before."""

    id: Annotated[Id, Field(description="Key of the term")]
    jurisdiction: Annotated[Jurisdiction, Field(description="Where it holds")]
    years: Annotated[int, Field(ge=1, le=150, description="For how many years")]
    after: Annotated[Literal["clinical-use", "expiry"], Field(description="From when they are counted")]


#: what a stopping rule may count in every programme
COUNTED = ("death", "serious-related", "serious", "grade-at-least", "neurological-worsening", "new-mass", "infection", "product-failure")  # fmt: skip
#: what an adverse event may be called in every programme
CATEGORIES = ("other", "neurological-worsening", "new-mass", "infection")


class EventCategory(Based):
    """A kind of adverse event that the programme tells apart: a reaction to an infusion, an edit at another place, release of cytokines."""

    id: Annotated[Id, Field(description="Key of the category", examples=["infusion-reaction"])]
    name: Annotated[Text, Field(description="Name of the category", examples=["Reaction to the infusion"])]
    definition: Annotated[
        Text,
        Field(
            description="What belongs to it, so that two people decide alike",
            examples=["fever, rash or breathlessness within a day of an infusion"],
        ),
    ]
    grading: Annotated[
        str | None,
        Field(
            min_length=3,
            description="Name and version of a grading of its own, which is not copied here; empty: that of all events",
            examples=["ASTCT consensus 2019"],
        ),
    ] = None
    highest_grade: Annotated[
        int | None,
        Field(ge=1, le=10, description="The highest grade of its own grading", examples=[5]),
    ] = None

    @model_validator(mode="after")
    def _both(self) -> EventCategory:
        if (self.grading is None) != (self.highest_grade is None):
            raise ValueError("a grading of its own and its highest grade go together")
        if self.id in COUNTED or self.id in CATEGORIES:
            raise ValueError(f"{self.id!r} is a word that every programme has; choose another")
        return self


class ShareBoundary(Model):
    """More than a share of those treated, from so many people on."""

    above: Annotated[Percentage, Field(description="The share that may not be exceeded, in %")]
    people: Annotated[int, Field(ge=1, description="Looked at from so many treated people on", examples=[6])]

    @model_validator(mode="after")
    def _is_share(self) -> ShareBoundary:
        if not 0 <= convert(self.above.value, self.above.unit, "%") < 100:
            raise ValueError(f"{self.above} is no share that can be exceeded")
        return self


class PosteriorBoundary(Model):
    """The probability that the true share lies above a limit, under a Beta prior, is higher than allowed (Thall and Simon 1994)."""

    limit: Annotated[
        float, Field(gt=0, lt=1, description="The share that may not be exceeded", examples=[0.2])
    ]
    probability: Annotated[
        float, Field(gt=0, lt=1, description="How probable it may be at most that it is", examples=[0.9])
    ]
    prior_events: Annotated[
        float, Field(gt=0, description="First parameter of the Beta prior", examples=[0.4])
    ]
    prior_others: Annotated[
        float, Field(gt=0, description="Second parameter of the Beta prior", examples=[1.6])
    ]
    people: Annotated[int, Field(ge=1, description="Looked at from so many treated people on", examples=[3])]


class StoppingRule(Based):
    """A boundary that places a hold: in counts, in a share of those treated, or in the probability that the true share is too high.

    What is compared is the number of participants who had at least one such event. Exactly one of ``events``, ``share`` and ``posterior`` stands.
    """

    id: Annotated[Id, Field(description="Key of the rule")]
    counts: Annotated[
        Id,
        Field(
            description="What is counted: "
            + ", ".join(COUNTED)
            + ", or one of the programme's own event_categories",
            examples=["serious-related"],
        ),
    ]
    grade_at_least: Annotated[
        int | None,
        Field(
            ge=1,
            le=10,
            description="Lowest grade that counts; with counts: grade-at-least, or a category of the programme (then of its own grading, where it has one)",
        ),
    ] = None
    within: Annotated[Duration | None, Field(description="Within how long after a dose")] = None
    events: Annotated[
        int | None, Field(ge=1, description="How many participants with such an event cross the boundary")
    ] = None
    share: Annotated[ShareBoundary | None, Field(description="Which share of those treated crosses it")] = (
        None
    )
    posterior: Annotated[
        PosteriorBoundary | None,
        Field(description="Which probability that the true share is too high crosses it"),
    ] = None
    among: Annotated[
        int | None, Field(ge=1, description="Among the first so many treated; empty: among all treated")
    ] = None
    places_hold: Annotated[Id, Field(description="Id of the hold that it places")]
    why: Annotated[Text, Field(description="Why this boundary")]

    @model_validator(mode="after")
    def _reachable(self) -> StoppingRule:
        if sum(one is not None for one in (self.events, self.share, self.posterior)) != 1:
            raise ValueError("a rule has exactly one boundary: events, share or posterior")
        if self.among is not None and self.events is not None and self.events > self.among:
            raise ValueError(f"{self.events} events can never occur among {self.among} participants")
        looked = self.share or self.posterior
        if self.among is not None and looked is not None and looked.people > self.among:
            raise ValueError(f"the first {self.among} are never {looked.people}")
        if self.counts == "grade-at-least" and self.grade_at_least is None:
            raise ValueError("grade-at-least needs grade_at_least")
        if self.counts != "grade-at-least" and self.counts in COUNTED and self.grade_at_least is not None:
            raise ValueError(
                "grade_at_least goes with counts: grade-at-least, or with a category of the programme"
            )
        return self

    @property
    def boundary(self) -> str:
        """The boundary in words."""
        if self.share is not None:
            return f"more than {self.share.above} of those treated, from {self.share.people} people on"
        if self.posterior is not None:
            one = self.posterior
            return f"a probability above {one.probability:g} that the share exceeds {one.limit:g}, from {one.people} people on"
        return str(self.events)


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
    """Planned looking-for-harm that outlives the outcome visits (imaging after intraspinal cells).

    The record asks for it like for a visit: first on the day of the visit at which it begins, then at its interval; each is due on its day, late until the
    next is due and overdue from then. It is recorded with ``visit.record`` under its id.
    """

    id: Annotated[Id, Field(description="Key of the surveillance")]
    what: Annotated[Text, Field(description="What is looked for, and how")]
    from_visit: Annotated[Id, Field(description="Id of the visit at which it begins")]
    every: Annotated[Duration, Field(description="How often: the record asks for it each time")]
    until: Annotated[Duration, Field(description="How long it goes on, from the visit at which it begins")]

    @property
    def times(self) -> int:
        """How often it is done, the first time counted."""
        step, end = (convert(one.value, one.unit, "d") for one in (self.every, self.until))
        # an interval and a length in months and years are the same days up to rounding
        return int(end / step + 1e-6) + 1 if step > 0 and end > 0 else 1


class Staggering(Based):
    """How long after one participant the next may be treated, among the first few."""

    first: Annotated[int, Field(ge=1, description="Among how many participants")]
    wait: Annotated[Duration, Field(description="How long the next one waits")]
    review_by: Annotated[Id, Field(description="Role that reviews before the next one")]


class Safety(Based):
    """``safety.yaml``."""

    grading: Annotated[Grading, Field(description="How adverse events are graded")]
    clocks: Annotated[
        list[ExpeditedClock], Field(min_length=1, description="By when which event must reach whom")
    ]
    stopping_rules: Annotated[list[StoppingRule], Field(min_length=1, description="When treatment stops")]
    holds: Annotated[list[Hold], Field(min_length=1, description="What a hold blocks, and who may lift it")]
    surveillance: Annotated[
        list[Surveillance],
        Field(description="Planned looking for harm, each time asked for like a visit"),
    ]
    staggering: Annotated[
        Staggering | None, Field(description="How long after one participant the next may be treated")
    ] = None
    escalation: Annotated[
        Escalation | None,
        Field(description="Dose levels, and the rule by which the record goes from one to the next"),
    ] = None
    tracing: Annotated[
        list[TracingTerm],
        Field(description="For how long products must be traced, and identity therefore kept"),
    ] = []
    event_categories: Annotated[
        list[EventCategory],
        Field(
            description="Kinds of adverse event of the programme's own, which its stopping rules may count"
        ),
    ] = []
    expected_events: Annotated[
        list[Text], Field(description="Events listed as expected for the product or procedure")
    ]

    def category(self, id: str) -> EventCategory | None:
        """A category of the programme's own."""
        return next((one for one in self.event_categories if one.id == id), None)

    @model_validator(mode="after")
    def _categories(self) -> Safety:
        known = {*COUNTED, *(one.id for one in self.event_categories)}
        wrong = [
            ValidationFinding(
                ("stopping_rules", index, "counts"),
                f"{rule.counts} is nothing that is counted.",
                f"use one of {', '.join(COUNTED)}, or write it under event_categories",
            )
            for index, rule in enumerate(self.stopping_rules)
            if rule.counts not in known
        ]
        names = [one.id for one in self.event_categories]
        wrong += [
            ValidationFinding(("event_categories", index, "id"), f"the category {name!r} is there twice.")
            for index, name in enumerate(names)
            if name in names[:index]
        ]
        for index, rule in enumerate(self.stopping_rules):
            own = self.category(rule.counts)
            most = own.highest_grade or 5 if own is not None else 5
            if rule.grade_at_least is not None and rule.grade_at_least > most:
                wrong.append(
                    ValidationFinding(
                        ("stopping_rules", index, "grade_at_least"),
                        f"there is no grade {rule.grade_at_least}: the highest is {most}.",
                    )
                )
        if wrong:
            raise Findings(wrong)
        return self
