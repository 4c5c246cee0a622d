"""The head of a bundle: what the programme is for, for whom, against what, in which arms, and who does what."""

from __future__ import annotations

from datetime import date as Day
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from proband.programme.access import Access, ProgrammeStatus, SinglePatient
from proband.programme.consent import Consent
from proband.programme.model import Based, Duration, Id, Model, Text
from proband.terms import Concept, code_system, system_name


class Aetiology(Based):
    """A cause of the condition and what is treated first: the cause before the cells."""

    cause: Annotated[Text, Field(description="A cause of the condition")]
    treat_first: Annotated[
        Text, Field(description="What is treated or ruled out first where this is the cause")
    ]


class SubIndication(Based):
    """A form of the condition that is never pooled with the others."""

    id: Annotated[Id, Field(description="Key by which other files name this form")]
    name: Annotated[Text, Field(description="Name of the form")]
    concepts: Annotated[list[Concept], Field(description="Codes of the form")] = []
    description: Annotated[Text, Field(description="What sets this form apart from the others")]


class Indication(Based):
    """The condition: coded, described, with its sub-indications and causes."""

    name: Annotated[Text, Field(description="Name of the condition")]
    concepts: Annotated[list[Concept], Field(min_length=1, description="Codes of the condition")]
    description: Annotated[Text, Field(description="What the condition is")]
    sub_indications: Annotated[
        list[SubIndication], Field(description="Forms that are never pooled with one another")
    ]
    aetiology: Annotated[
        list[Aetiology],
        Field(min_length=1, description="Causes, and what is treated before the product is considered"),
    ]


class Comparator(Based):
    """What the product is compared with; doing nothing is always among them."""

    id: Annotated[Id, Field(description="Key by which arms and estimands name it")]
    name: Annotated[Text, Field(description="Name of the comparator")]
    kind: Annotated[
        Literal["nothing", "ordinary-care", "placebo", "sham", "active", "natural-history", "own-baseline"],
        Field(description="What it is; nothing and ordinary-care are always among the comparators"),
    ]
    description: Annotated[Text, Field(description="What people in it receive")]


class BackgroundTherapy(Based):
    """What people in the arms are given besides, whichever arm they are in: nothing of it is the difference between them."""

    id: Annotated[Id, Field(description="Key of it", examples=["standard-care"])]
    name: Annotated[Text, Field(description="Name of it", examples=["Steroids as before"])]
    description: Annotated[
        Text,
        Field(
            description="What everybody is given, and whether it may be changed",
            examples=[
                "Everybody goes on with what they had, at the dose that they had, for the first eight weeks."
            ],
        ),
    ]


class Arm(Based):
    """An arm: a regimen, a comparator, or a comparator that is itself given by a regimen (a placebo), and its share in the allocation."""

    id: Annotated[Id, Field(description="Key by which visits, estimands and the record name it")]
    name: Annotated[Text, Field(description="Name of the arm")]
    regimen: Annotated[
        Id | None,
        Field(
            description="Id of the regimen that is given; beside a comparator where that is given by a regimen too, as a placebo is"
        ),
    ] = None
    comparator: Annotated[Id | None, Field(description="Id of the comparator that is given")] = None
    weight: Annotated[int, Field(ge=1, description="Its share in the allocation, relative to the other arms")]
    planned: Annotated[int | None, Field(ge=1, description="How many participants are planned")] = None
    sub_indications: Annotated[
        list[Id], Field(description="Whose people may be allocated to it; empty means everybody's")
    ] = []

    @model_validator(mode="after")
    def _something(self) -> Arm:
        if self.regimen is None and self.comparator is None:
            raise ValueError(f"arm {self.id} must name a regimen or a comparator, or both")
        return self

    @property
    def is_control(self) -> bool:
        """Whether it is what the product is compared with."""
        return self.comparator is not None


class Stratum(Model):
    """A stratification factor and its levels."""

    factor: Annotated[Id, Field(description="Key of the stratification factor")]
    levels: Annotated[
        list[Annotated[str, Field(min_length=1)]], Field(min_length=2, description="Its levels")
    ]


class Allocation(Based):
    """How participants come to arms."""

    method: Annotated[
        Literal["none", "blocked", "stratified-blocked", "minimisation", "sequential"],
        Field(description="How the next participant comes to an arm"),
    ]
    block_sizes: Annotated[
        list[Annotated[int, Field(ge=2)]],
        Field(description="Sizes of permuted blocks, each a multiple of the sum of the weights"),
    ] = []
    strata: Annotated[
        list[Stratum], Field(description="Factors within which the allocation is balanced")
    ] = []
    concealment: Annotated[Text, Field(description="How the next allocation is kept from those who enrol")]

    @model_validator(mode="after")
    def _fits(self) -> Allocation:
        if self.method in {"blocked", "stratified-blocked"} and not self.block_sizes:
            raise ValueError(f"method {self.method} needs block_sizes")
        if self.method in {"stratified-blocked", "minimisation"} and not self.strata:
            raise ValueError(f"method {self.method} needs strata")
        return self


class Masking(Model):
    """Whether each role knows the treatment, and why if it does."""

    role: Annotated[
        Literal["participant", "treating-team", "assessor", "analyst", "laboratory"],
        Field(description="Who knows, or does not know, the treatment"),
    ]
    masked: Annotated[bool, Field(description="Whether the treatment is hidden from them")]
    why: Annotated[Text, Field(description="How it is hidden, or why it cannot be")]


class Role(Model):
    """A role in the programme: what it may do and which training it needs. The record enforces both."""

    id: Annotated[Id, Field(description="Key of the role")]
    name: Annotated[Text, Field(description="Name of the role")]
    may: Annotated[
        list[Annotated[str, Field(pattern=r"^[a-z-]+(\.[a-z-]+)+$|^\*$")]],
        Field(min_length=1, description="Permissions, as verbs of the record; a star stands for any ending"),
    ]
    training: Annotated[list[Id], Field(description="Trainings without which nobody in the role may act")]


class DossierRow(Based):
    """One row of the mechanism dossier: evidence, or the gap, never neither."""

    step: Annotated[
        Literal["defect", "target", "engagement", "natural-history", "clinical-change"],
        Field(description="The step from the defect to what a patient notices"),
    ]
    statement: Annotated[Text, Field(description="What is held to be true at this step")]
    evidence: Annotated[list[Id], Field(description="Ids of sources")] = []
    gap: Annotated[str | None, Field(description="What is not known; needed where there is no evidence")] = (
        None
    )

    @model_validator(mode="after")
    def _evidence_or_gap(self) -> DossierRow:
        if not self.evidence and not self.gap:
            raise ValueError(f"dossier row {self.step} has neither evidence nor a stated gap")
        return self


class Forecast(Model):
    """Whether a forecast is sealed before the first dose; ``retrospective`` is allowed and is stamped for ever."""

    declared: Annotated[
        Literal["to-be-sealed", "retrospective"],
        Field(
            description="Whether a forecast is sealed before the first dose; retrospective stays so for ever"
        ),
    ]
    primary_estimand: Annotated[Id, Field(description="Id of the estimand that is forecast")]
    why: Annotated[Text, Field(description="Why, in a sentence")]


CodeSystemName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{1,29}$")]


class ProgrammeFile(Based):
    """``programme.yaml``: the head of the bundle."""

    id: Annotated[Id, Field(description="Key of the programme")]
    title: Annotated[Text, Field(description="Title in full")]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$", description="Three numbers: 1.0.0")]
    date: Annotated[Day, Field(description="Day of this version")]
    status: Annotated[
        ProgrammeStatus,
        Field(
            description="How far the programme is; a demonstration says so on everything that comes out of it"
        ),
    ]
    summary: Annotated[Text, Field(description="What is done, in a paragraph")]
    intended_purpose: Annotated[Text, Field(description="What the bundle is for, and what it is not for")]
    access: Annotated[
        Access,
        Field(
            description="By which route people reach the product, who allowed it, and what they are charged"
        ),
    ]
    single_patient: Annotated[
        SinglePatient | None,
        Field(description="What use in a single patient must bring so that it teaches something"),
    ] = None
    code_systems: Annotated[
        dict[CodeSystemName, str],
        Field(
            description="Code systems of the programme's own, each with its absolute URI: as good as a published one",
            examples=[{"CLINIC": "https://clinic.example/codes"}],
        ),
    ] = {}
    indication: Annotated[Indication, Field(description="The condition")]
    comparators: Annotated[
        list[Comparator], Field(min_length=2, description="What the product is compared with")
    ]
    arms: Annotated[list[Arm], Field(min_length=1, description="The arms")]
    background: Annotated[
        list[BackgroundTherapy],
        Field(description="What people in every arm are given besides"),
    ] = []
    allocation: Annotated[Allocation, Field(description="How participants come to arms")]
    masking: Annotated[list[Masking], Field(min_length=3, description="Who knows the treatment")]
    roles: Annotated[list[Role], Field(min_length=2, description="Who may do what")]
    consent: Annotated[Consent, Field(description="Consent, assent, capacity and withdrawal")]
    verdict_valid_for: Annotated[Duration, Field(description="How long an eligibility verdict stays fresh")]
    mechanism: Annotated[
        list[DossierRow],
        Field(
            min_length=5, max_length=5, description="The five rows of the mechanism dossier, in their order"
        ),
    ]
    forecast: Annotated[Forecast, Field(description="Whether and on what a forecast is sealed")]
    funding: Annotated[list[Text], Field(min_length=1, description="Who pays for the programme")]
    written_by: Annotated[list[Text], Field(min_length=1, description="Who wrote the bundle, by role")]
    conflicts: Annotated[list[Text], Field(min_length=1, description="Who profits; or 'none declared'")]

    @field_validator("mechanism")
    @classmethod
    def _all_five(cls, rows: list[DossierRow]) -> list[DossierRow]:
        steps = [row.step for row in rows]
        wanted = ["defect", "target", "engagement", "natural-history", "clinical-change"]
        if steps != wanted:
            raise ValueError(f"the dossier has the rows {steps}; it must have {wanted} in this order")
        return rows

    @field_validator("code_systems")
    @classmethod
    def _own_systems(cls, systems: dict[str, str]) -> dict[str, str]:
        for name, uri in systems.items():
            if system_name(name) is not None:
                raise ValueError(f"{name} is the name of a published code system; choose another")
            if code_system(uri) is None or system_name(uri) is not None:
                raise ValueError(
                    f"{uri!r} must be the absolute URI of a system of your own, such as https://clinic.example/codes"
                )
        if len({code_system(uri) for uri in systems.values()}) < len(systems):
            raise ValueError("two names stand for one URI; keep one")
        return systems

    @field_validator("comparators")
    @classmethod
    def _nothing_and_ordinary_care(cls, comparators: list[Comparator]) -> list[Comparator]:
        kinds = {comparator.kind for comparator in comparators}
        missing = [kind for kind in ("nothing", "ordinary-care") if kind not in kinds]
        if missing:
            raise ValueError(f"comparators must include kind {' and '.join(missing)}")
        return comparators
