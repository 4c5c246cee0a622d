"""Sensitivity analyses of an estimand, typed: what else would be supposed, fixed before the data are seen, and carried out by the same code.

Each asks the same question again with one assumption changed; none replaces the primary answer.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from proband.programme.model import Model, Text

Imputation = Literal["mar", "cr", "j2r", "cir"]


class _Sensitivity(Model):
    why: Annotated[Text, Field(description="Which doubt it answers, in a sentence")]


class ReferenceBasedImputation(_Sensitivity):
    """Those lost from the treated group went on like the control group, in one of the published ways."""

    kind: Literal["reference-based"] = Field(description="Missing values as the control group's")
    assumption: Annotated[
        Imputation,
        Field(description="mar: as their own group; j2r: jump to the controls' mean; cir: the controls' increments from then on; cr: as if always a control"),
    ]  # fmt: skip


class DeltaTippingPoint(_Sensitivity):
    """How much worse than supposed the missing values of the treated must be for the answer to turn."""

    kind: Literal["delta-tipping-point"] = Field(description="Shift of missing values at which the answer turns")  # fmt: skip
    farthest: Annotated[
        float, Field(description="The largest shift that is looked at, with the sign that harms", examples=[-10.0])
    ]  # fmt: skip
    assumption: Annotated[Imputation, Field(description="From which assumption the shift starts")] = "mar"


class MissingCounts(_Sensitivity):
    """Missing outcomes of a share count otherwise, for each group by itself."""

    kind: Literal["missing-counts"] = Field(description="What a missing outcome counts as, by group")
    treated: Annotated[Literal["reached", "not-reached"], Field(description="In the treated group")]
    controls: Annotated[Literal["reached", "not-reached"], Field(description="In the control group")]


class CountsTippingPoint(_Sensitivity):
    """How many of the missing outcomes must turn out otherwise for the answer to turn: every number in either group."""

    kind: Literal["counts-tipping-point"] = Field(
        description="Numbers of missing outcomes that turn the answer"
    )


class OtherStrategy(_Sensitivity):
    """One kind of intercurrent event with another strategy."""

    kind: Literal["other-strategy"] = Field(description="Another strategy for one kind of event")
    event: Annotated[
        Literal["death", "competing", "loss-of-function", "product", "discontinuation", "co-intervention", "disturbance"],
        Field(description="Kind of the events concerned"),
    ]  # fmt: skip
    strategy: Annotated[
        Literal["treatment-policy", "hypothetical", "composite", "while-on-treatment"],
        Field(description="How they are dealt with instead"),
    ]
    score: Annotated[
        float | Literal["worst-at-baseline"] | None, Field(description="With composite: the value that stands for the outcome")
    ] = None  # fmt: skip


class OtherCourse(_Sensitivity):
    """One patient: another untreated course, and the course at which the answer tips."""

    kind: Literal["other-course"] = Field(
        description="Another expected untreated course of one patient", examples=["other-course"]
    )
    slope: Annotated[
        float,
        Field(description="Expected change of the outcome per week without the product", examples=[0.2]),
    ]


class OtherBenchmark(_Sensitivity):
    """A single arm held against another share: the ordinary care may have drifted."""

    kind: Literal["other-benchmark"] = Field(
        description="Another share that must be exceeded", examples=["other-benchmark"]
    )
    share: Annotated[float, Field(gt=0, lt=1, description="The share instead", examples=[0.3])]


class JointModel(_Sensitivity):
    """Measurements and the event that ends them in one model: the courses had nobody had the event."""

    kind: Literal["joint-model"] = Field(
        description="Measurements and the event that ends them in one model", examples=["joint-model"]
    )
    event: Annotated[
        Literal["death", "competing", "loss-of-function"],
        Field(description="Kind of the events whose hazard goes with the course", examples=["death"]),
    ] = "death"
    pieces: Annotated[
        int, Field(ge=1, le=8, description="Pieces of the baseline hazard, two events in each at least", examples=[2])
    ] = 2  # fmt: skip


Sensitivity = Annotated[
    ReferenceBasedImputation | DeltaTippingPoint | MissingCounts | CountsTippingPoint | OtherStrategy | OtherCourse | OtherBenchmark | JointModel,
    Field(discriminator="kind"),
]  # fmt: skip

#: summaries that each kind goes with
GOES_WITH: dict[str, tuple[str, ...]] = {
    "reference-based": ("difference-in-means",),
    "delta-tipping-point": ("difference-in-means",),
    "missing-counts": ("difference-in-proportions",),
    "counts-tipping-point": ("difference-in-proportions",),
    "other-course": ("within-person-change",),
    "other-benchmark": ("single-proportion",),
    "joint-model": ("difference-in-means",),
}
