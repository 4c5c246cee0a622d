"""The schedule: visits anchored to an event, each with its window, a late window, and what happens outside both."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.model import (
    Based,
    Duration,
    Findings,
    Id,
    Model,
    Offset,
    Slack,
    Text,
    ValidationFinding,
)
from proband.terms import convert

#: events that the record knows, from which visits can be counted without saying more
RECORDED_ANCHORS = (
    "referral", "screening", "consent", "enrolment", "allocation", "collection", "manufacture", "release", "first-dose", "last-dose",
    "birth", "diagnosis", "onset", "relapse",
)  # fmt: skip
#: those of them that are recorded as milestones of the same name, and those that come once
MILESTONES, ONCE = ("birth", "diagnosis", "onset", "relapse"), ("birth", "diagnosis", "onset")


class Activity(Model):
    """Something done at visits: an instrument, a sample, an image, a conversation."""

    id: Annotated[Id, Field(description="Key of the activity")]
    name: Annotated[Text, Field(description="Name of the activity")]
    instrument: Annotated[Id | None, Field(description="Id of the instrument that is used")] = None
    measures: Annotated[list[Id], Field(description="Outcomes, safety measures or observables that it feeds")]
    arms: Annotated[
        list[Id],
        Field(
            description="Arms of which it is asked; empty means all. A visit at which nothing is asked of somebody is none of theirs",
            examples=[["cells"]],
        ),
    ] = []


class VisitWindow(Based):
    """Days before and after the target day; both zero means the day itself."""

    before: Annotated[Slack, Field(description="How long before the target day")]
    after: Annotated[Slack, Field(description="How long after the target day")]

    @model_validator(mode="after")
    def _not_negative(self) -> VisitWindow:
        for name, side in (("before", self.before), ("after", self.after)):
            if convert(side.value, side.unit, "d") < 0:
                raise ValueError(f"{name} is {side}; write the size of the window, not a signed day")
        return self

    @property
    def days(self) -> tuple[float, float]:
        """(days before, days after)."""
        return convert(self.before.value, self.before.unit, "d"), convert(
            self.after.value, self.after.unit, "d"
        )


class Visit(Based):
    """One visit: target = anchor + offset; inside the window it is on time, inside the late window late, else outside."""

    id: Annotated[Id, Field(description="Key of the visit")]
    name: Annotated[Text, Field(description="Name of the visit")]
    anchor: Annotated[
        Id,
        Field(
            description="The event from which the visit is counted: "
            + ", ".join(RECORDED_ANCHORS)
            + ", or one of the schedule's own anchors",
            examples=["first-dose"],
        ),
    ]
    offset: Annotated[Offset, Field(description="How long after the anchor the target day lies")]
    window: Annotated[VisitWindow, Field(description="On time within this window")]
    late_window: Annotated[
        VisitWindow | None, Field(description="Late, and still counted, within this window")
    ] = None
    outside: Annotated[
        Text,
        Field(
            description="What happens to a visit outside every window, in words for people: the record goes by when_outside"
        ),
    ]
    when_outside: Annotated[
        Literal["counts", "unscheduled"],
        Field(
            description="What a visit outside every window is to the record: counts, it is this visit all the same; unscheduled, it is kept as seen, the visit stays undone, and what was measured at it is no measurement of this visit in any analysis"
        ),
    ] = "counts"
    activities: Annotated[list[Id], Field(min_length=1, description="Ids of what is done")]
    arms: Annotated[list[Id], Field(description="Arms that have this visit; empty means all")] = []
    repeats: Annotated[
        Duration | None, Field(description="Repeats at this interval until the next visit of the schedule")
    ] = None

    @property
    def target_day(self) -> float:
        """Days from the anchor to the target."""
        return convert(self.offset.value, self.offset.unit, "d")

    @property
    def span(self) -> tuple[float, float]:
        """First and last day of the ordinary window, in days from the anchor."""
        before, after = self.window.days
        return self.target_day - before, self.target_day + after

    @property
    def late_span(self) -> tuple[float, float]:
        """First and last day of the widest window, in days from the anchor."""
        first, last = self.span
        if self.late_window is None:
            return first, last
        before, after = self.late_window.days
        return min(first, self.target_day - before), max(last, self.target_day + after)

    def timing(self, day: float) -> Literal["on-time", "late", "outside"]:
        """How a day (counted from the anchor) stands to the windows."""
        if self.span[0] <= day <= self.span[1]:
            return "on-time"
        return "late" if self.late_span[0] <= day <= self.late_span[1] else "outside"


class LongTermFollowUp(Based):
    """Follow-up in years after the last dose: at least 15 for cells that persist, unless a reason is stated."""

    duration: Annotated[Duration, Field(description="How long after the last dose")]
    why: Annotated[Text, Field(description="Why so long")]
    shorter_because: Annotated[
        str | None,
        Field(
            description="Reason for less than 15 years with a persisting product",
            examples=["the product leaves the body within days"],
        ),
    ] = None
    contact: Annotated[Text, Field(description="How people are found again, in words for people")]

    @property
    def years(self) -> float:
        """The duration in years."""
        return convert(self.duration.value, self.duration.unit, "a")


class OwnAnchor(Model):
    """An event of the record from which visits are counted: a milestone, or an adverse event of a category."""

    what: Annotated[Text, Field(description="What it is", examples=["first day of a relapse"])]
    milestone: Annotated[
        Id | None,
        Field(
            description="The milestone that it is, by the name under which it is recorded", examples=["flare"]
        ),
    ] = None
    event_category: Annotated[
        Id | None,
        Field(
            description="The category of adverse event whose beginning it is", examples=["infusion-reaction"]
        ),
    ] = None
    which: Annotated[
        Literal["first", "last", "each"],
        Field(
            description="Which of several: visits hang on the first, on the last, or on each, and are then counted as occurrences"
        ),
    ] = "each"

    @model_validator(mode="after")
    def _one(self) -> OwnAnchor:
        if (self.milestone is None) == (self.event_category is None):
            raise ValueError("an anchor is a milestone, or an adverse event of a category")
        return self


class Schedule(Based):
    """``schedule.yaml``: activities, visits, long-term follow-up, and events of the programme's own from which visits are counted."""

    anchors: Annotated[
        dict[Id, Text | OwnAnchor],
        Field(
            description="Events of the programme's own from which visits are counted, each with what it is; where nothing else is said, the milestone of the same name",
            examples=[{"injury": "day of the injury"}],
        ),
    ] = {}
    activities: Annotated[list[Activity], Field(min_length=1, description="What is done at visits")]
    visits: Annotated[list[Visit], Field(min_length=2, description="The visits")]
    long_term_follow_up: Annotated[
        LongTermFollowUp, Field(description="Follow-up in years after the last dose")
    ]

    @model_validator(mode="after")
    def _anchors_known(self) -> Schedule:
        known = {*RECORDED_ANCHORS, *self.anchors}
        wrong = [
            ValidationFinding(
                ("visits", index, "anchor"),
                f"{visit.anchor} is no event that the record knows, and none of anchors.",
                f"use one of {', '.join(RECORDED_ANCHORS)}, or say under anchors what it is",
            )
            for index, visit in enumerate(self.visits)
            if visit.anchor not in known
        ]
        wrong += [
            ValidationFinding(
                ("visits", index, "repeats"),
                f"{visit.anchor} can come several times, and each time has its own {visit.id}.",
                "let it hang on an anchor that comes once, or take repeats away",
            )
            for index, visit in enumerate(self.visits)
            if visit.repeats is not None and visit.anchor in known and self.recurs(visit.anchor)
        ]
        if wrong:
            raise Findings(wrong)
        return self

    def own(self, anchor: str) -> OwnAnchor | None:
        """What of the record an anchor is that no date of the life of a participant gives: a milestone or an adverse event."""
        told = self.anchors.get(anchor)
        if isinstance(told, OwnAnchor):
            return told
        if told is not None or anchor in MILESTONES:
            return OwnAnchor(
                what=told or anchor, milestone=anchor, which="first" if told or anchor in ONCE else "each"
            )
        return None

    def recurs(self, anchor: str) -> bool:
        """Whether visits hang on each of several."""
        own = self.own(anchor)
        return own is not None and own.which == "each"
