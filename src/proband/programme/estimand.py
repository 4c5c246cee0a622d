"""The estimand: the question in the five attributes of ICH E9(R1), typed so far that it drives simulation and analysis.

Words say to people what is asked; the typed parts (``kind`` of an intercurrent event, ``missing``, ``gate``, ``looks``, ``hierarchy``,
``prior``, ``benchmark``, ``sensitivity``) say it to programs. Where ``missing`` is given, an estimand is *typed*: it can be simulated and analysed, and it is
held to :mod:`proband.programme.estimand_rules`. An estimand in words alone loads, and is refused where somebody asks for an analysis.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from proband.programme.model import Based, Id, Model, Text
from proband.programme.sensitivity import Sensitivity

Strategy = Literal["treatment-policy", "hypothetical", "composite", "while-on-treatment", "principal-stratum"]
#: what kind of thing happens after allocation. The first three end a measurement or decide it; they are never "missing"
EventKind = Literal[
    "death", "competing", "loss-of-function", "product", "discontinuation", "co-intervention", "disturbance"
]
DECIDING: tuple[EventKind, ...] = ("death", "competing", "loss-of-function")

Summary = Literal[
    "difference-in-means", "difference-in-proportions", "ratio-of-odds", "difference-in-survival", "hazard-ratio",
    "restricted-mean-survival-time", "cumulative-incidence-difference", "within-person-change", "single-proportion", "single-mean", "win-odds",
]  # fmt: skip


class IntercurrentEvent(Model):
    """Something that happens after allocation and changes what the outcome means, with its strategy (ICH E9(R1))."""

    event: Annotated[
        Text, Field(description="What happens after allocation and changes what the outcome means")
    ]
    kind: Annotated[
        EventKind | None,
        Field(
            description="What kind of event it is; deaths, competing events and loss of function are never missing"
        ),
    ] = None
    named: Annotated[
        list[str],
        Field(
            description="By which names the tables of the trial know it; the event with the name of its kind where none is given",
            examples=[["vital-status:transplant"]],
        ),
    ] = []
    strategy: Annotated[Strategy, Field(description="How it is dealt with (ICH E9(R1))")]
    score: Annotated[
        float | Literal["worst-at-baseline"] | None,
        Field(
            description="With composite: the value that stands for the outcome from the event on (for a share: 0 or 1)"
        ),
    ] = None
    how: Annotated[Text, Field(description="What that means here")]

    @property
    def names(self) -> tuple[str, ...]:
        """By which names the tables know it."""
        return tuple(self.named) or ((self.kind,) if self.kind else ())


class Rung(Model):
    """One level of a hierarchy: an event (later is better, never is best), or the outcome at the visit."""

    event: Annotated[Id | None, Field(description="Event whose time is compared; never is best")] = None
    outcome: Annotated[Id | None, Field(description="Outcome whose value at the visit is compared")] = None
    margin: Annotated[float, Field(ge=0, description="Differences up to this are a tie")] = 0.0


class SequencePlace(Model):
    """Place in a fixed sequence: tested only if the estimand before it was rejected, at the same error."""

    after: Annotated[
        Id | None, Field(description="Id of the estimand that must be rejected before; none for the first")
    ] = None
    error: Annotated[float, Field(gt=0, lt=1, description="Two-sided error of the sequence")] = 0.05


class Looks(Model):
    """Interim looks at the primary question: at which shares of the information, and how the error is spent."""

    fractions: Annotated[
        list[Annotated[float, Field(gt=0, lt=1)]],
        Field(
            min_length=1,
            description="Shares of the information at the looks before the last",
            examples=[[0.5]],
        ),
    ]
    spending: Annotated[
        Literal["obrien-fleming", "pocock"], Field(description="How the error is spent (Lan and DeMets)")
    ] = "obrien-fleming"


class OnePatientPrior(Based):
    """What is believed of one patient's series before: natural-history slope of a *new* patient, noise, and when it counts as an answer."""

    slope: Annotated[float, Field(description="Expected change of the outcome per week without the product")]
    slope_sd: Annotated[
        float, Field(gt=0, description="Its spread between patients, never the error of a mean")
    ]
    noise: Annotated[float, Field(gt=0, description="Median of the standard deviation of one measurement")]
    noise_factor: Annotated[
        float, Field(gt=1, description="The noise lies within this factor in two thirds of patients")
    ] = 1.65
    level_sd: Annotated[float, Field(gt=0, description="Spread of the level; wide")]
    change_sd: Annotated[float, Field(gt=0, description="Spread of the change of slope; wide")]
    probability: Annotated[
        float, Field(gt=0.5, lt=1, description="Posterior probability from which the slope counts as better")
    ] = 0.975


class Benchmark(Based):
    """The share or mean against which a single arm is judged, fixed before: an upper end of the natural course, not its middle."""

    share: Annotated[float | None, Field(gt=0, lt=1, description="The share that must be exceeded")] = None
    mean: Annotated[
        float | None,
        Field(description="The mean that must be exceeded (or gone below, where less is better)"),
    ] = None

    @property
    def value(self) -> float | None:
        """Whichever it is."""
        return self.share if self.share is not None else self.mean


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
    summary: Annotated[Summary, Field(description="Population-level summary")]
    intercurrent_events: Annotated[
        list[IntercurrentEvent],
        Field(min_length=1, description="Events after allocation, each with its strategy"),
    ]
    missing: Annotated[
        Literal["at-random", "not-reached", "reached", "censored"] | None,
        Field(
            description="What a value that nobody measured counts as, for programs: at random, as an outcome (not) reached, or time up to the last day known"
        ),
    ] = None
    hierarchy: Annotated[
        list[Rung], Field(description="With win-odds: what is compared, the most important first")
    ] = []
    gate: Annotated[SequencePlace, Field(description="Place in the fixed sequence of questions")] = (
        SequencePlace()
    )
    looks: Annotated[Looks | None, Field(description="Interim looks, where there are any")] = None
    prior: Annotated[
        OnePatientPrior | None, Field(description="With within-person-change: what is believed before")
    ] = None
    benchmark: Annotated[
        Benchmark | None,
        Field(description="With single-proportion or single-mean: the share or mean that must be exceeded"),
    ] = None
    sensitivity: Annotated[
        list[Sensitivity],
        Field(
            description="The same question with one assumption changed; fixed before, shown beside the answer"
        ),
    ] = []
    missing_data: Annotated[Text, Field(description="How missing data are dealt with")]
    analysis: Annotated[Text, Field(description="The analysis that answers it")]

    @property
    def is_typed(self) -> bool:
        """Whether programs can simulate and analyse it."""
        return self.missing is not None

    def of_kind(self, *kinds: EventKind) -> tuple[IntercurrentEvent, ...]:
        """Its intercurrent events of these kinds."""
        return tuple(event for event in self.intercurrent_events if event.kind in kinds)
