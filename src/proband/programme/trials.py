"""Trials of the programme as they would be simulated: design, the course of untreated people, conduct, and effects with their sources.

``trials.yaml`` is optional. A bundle without it is simulated from its arms and its natural-history tables alone, with no effect.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.model import Based, Findings, Id, Model, Text, ValidationFinding


class SourcedNumber(Based):
    """A number with its own source."""

    value: Annotated[float, Field(description="The number")]
    unit: Annotated[str | None, Field(description="Its UCUM unit", examples=["a"])] = None


class ScoreCourse(Model):
    """A score over time in one untreated person: start, own slope, a random walk, and the noise of a measurement.

    ``y(t) = start + slope·t + walk(t) + examiner + noise``. Hazards of events may depend on ``y`` without its noise.
    """

    kind: Annotated[Literal["score"], Field(description="Which course it is")]
    outcome: Annotated[Id, Field(description="Outcome that it gives")]
    start: Annotated[SourcedNumber, Field(description="Mean at the start")]
    start_sd: Annotated[SourcedNumber, Field(description="Spread between people at the start")]
    slope: Annotated[SourcedNumber, Field(description="Mean change in a year")]
    slope_sd: Annotated[SourcedNumber, Field(description="Spread of that between people")]
    walk_sd: Annotated[SourcedNumber, Field(description="Standard deviation of the random walk after a year")]
    noise_sd: Annotated[SourcedNumber, Field(description="Noise of one measurement")]
    examiner_sd: Annotated[
        SourcedNumber | None, Field(description="Lasting leaning of an examiner, one for each site")
    ] = None


class AskedCourse(Model):
    """What a natural-history model of the bundle says of an outcome: a new cohort is drawn for each trial, people within it."""

    kind: Annotated[Literal["natural-history"], Field(description="Which course it is")]
    outcome: Annotated[Id, Field(description="Outcome of the bundle that it gives")]
    ask: Annotated[
        Id, Field(description="Outcome as the natural history calls it", examples=["ais-conversion"])
    ]
    baseline: Annotated[
        str | None, Field(description="Whom, as the headline test is asked", examples=["A"])
    ] = None
    window: Annotated[str | None, Field(description="Time to the first examination", examples=["14-28d"])] = (
        None
    )
    follow_up: Annotated[str, Field(description="Time to the last one", examples=["1y"])]
    where: Annotated[
        dict[str, str],
        Field(description="Anything else that tells people apart", examples=[{"level": "T1-9"}]),
    ] = {}
    correlation: Annotated[
        SourcedNumber | None,
        Field(description="For a mean change: correlation of one person's changes at two visits"),
    ] = None


class SeriesCourse(Model):
    """The series of one patient: level, slope per week, errors that depend on one another."""

    kind: Annotated[Literal["series"], Field(description="Which course it is")]
    outcome: Annotated[Id, Field(description="Outcome that it gives")]
    start: Annotated[SourcedNumber, Field(description="Level at the first day")]
    slope: Annotated[SourcedNumber, Field(description="Change per week without the product")]
    slope_sd: Annotated[SourcedNumber, Field(description="Spread of that between patients")]
    noise_sd: Annotated[SourcedNumber, Field(description="Standard deviation of one measurement")]
    correlation: Annotated[SourcedNumber, Field(description="Correlation of errors a week apart")]


Course = Annotated[ScoreCourse | AskedCourse | SeriesCourse, Field(discriminator="kind")]


class EventCourse(Model):
    """An event in untreated people: its hazard per day, and how it depends on the score."""

    event: Annotated[str, Field(description="Name of the event, as the estimands name it")]
    daily: Annotated[SourcedNumber, Field(description="Hazard per day at the score named under at")]
    per_point: Annotated[
        SourcedNumber | None, Field(description="Rise of its logarithm with each point of the score")
    ] = None
    at: Annotated[SourcedNumber | None, Field(description="Score at which the daily hazard holds")] = None
    shift: Annotated[
        SourcedNumber | None,
        Field(
            description="What the event does to the score from then on (a treatment that is taken besides)"
        ),
    ] = None
    ends: Annotated[bool, Field(description="Whether nothing is measured after it, as after death")] = False


class TrialEffect(Based):
    """An effect that a source supplies. Without one every effect is zero."""

    scenario: Annotated[
        Literal["expected", "pessimistic"], Field(description="In which scenario it is believed")
    ]
    on: Annotated[str, Field(description="Outcome or event that it acts on")]
    value: Annotated[
        float,
        Field(
            description="Points of the score, difference of shares, slope per week, or hazard ratio of an event"
        ),
    ]
    by_day: Annotated[
        float, Field(ge=0, description="Day from the first dose by which a score's effect is reached")
    ] = 0.0

    @model_validator(mode="after")
    def _own_source(self) -> TrialEffect:
        if self.source is None:
            raise Findings(
                [
                    ValidationFinding(
                        (),
                        f"no source supplies this effect on {self.on}.",
                        "name its own source and level, or remove it: then it is zero",
                    )
                ]
            )
        return self


class Harm(Model):
    """Treatment-related serious events, and the boundary that stops the trial: Pr(share > limit) above probability."""

    per_person: Annotated[SourcedNumber, Field(description="Probability for one treated person")]
    limit: Annotated[SourcedNumber, Field(description="Share that is not accepted")]
    probability: Annotated[SourcedNumber, Field(description="Posterior probability at which the trial stops")]
    prior: Annotated[tuple[float, float], Field(description="Beta prior of the share", examples=[[0.6, 1.4]])]
    hold: Annotated[
        SourcedNumber | None,
        Field(
            description="Days for which nobody is allocated after a related serious event, while it is looked into"
        ),
    ] = None


class PlannedTrial(Based):
    """One trial: questions, people, conduct, the course of untreated people, effects."""

    id: Annotated[Id, Field(description="Key of the trial")]
    title: Annotated[Text, Field(description="Its title")]
    estimands: Annotated[list[Id], Field(min_length=1, description="Its questions, the primary one first")]
    people: Annotated[dict[Id, int], Field(min_length=1, description="People in each arm")]
    levels: Annotated[
        dict[str, dict[str, float]],
        Field(
            description="How common each level of a factor of the allocation is; equally common where nothing is said",
            examples=[{"cause": {"alcohol": 0.6, "other": 0.4}}],
        ),
    ] = {}
    sites: Annotated[int, Field(ge=1, description="Number of sites")] = 1
    per_site_month: Annotated[SourcedNumber, Field(description="People consenting at a site in a month")]
    dropout_per_year: Annotated[SourcedNumber, Field(description="Share lost in a year")]
    missed_visits: Annotated[SourcedNumber, Field(description="Share of visits that are missed")]
    product_failure: Annotated[
        SourcedNumber | None, Field(description="Share of people for whom no product is made")
    ] = None
    product_delay: Annotated[
        SourcedNumber | None, Field(description="Days from allocation to the first dose")
    ] = None
    courses: Annotated[list[Course], Field(min_length=1, description="How outcomes go untreated")]
    events: Annotated[list[EventCourse], Field(description="Events in untreated people")] = []
    effects: Annotated[list[TrialEffect], Field(description="Effects that a source supplies")] = []
    harm: Annotated[Harm | None, Field(description="Harm, and the boundary that stops the trial")] = None
    limits: Annotated[list[Text], Field(description="What the simulation does not know")] = []


class TrialsFile(Based):
    """``trials.yaml``: the trials that are simulated."""

    trials: Annotated[list[PlannedTrial], Field(min_length=1, description="The trials")]
