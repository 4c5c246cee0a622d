"""The head of a bundle: what the programme is for, for whom, against what, in which arms, and who does what."""

from __future__ import annotations

from datetime import date as Day
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from proband.programme.access import Access, ProgrammeStatus, SinglePatient
from proband.programme.consent import Consent
from proband.programme.model import Based, Id, Model, Text
from proband.terms import Concept, Quantity


class Aetiology(Based):
    """A cause of the condition and what is treated first: the cause before the cells."""

    cause: Text
    treat_first: Text


class SubIndication(Based):
    """A form of the condition that is never pooled with the others."""

    id: Id
    name: Text
    concepts: list[Concept] = []
    description: Text


class Indication(Based):
    """The condition: coded, described, with its sub-indications and causes."""

    name: Text
    concepts: Annotated[list[Concept], Field(min_length=1)]
    description: Text
    sub_indications: list[SubIndication]
    aetiology: Annotated[list[Aetiology], Field(min_length=1)]


class Comparator(Based):
    """What the product is compared with; doing nothing is always among them."""

    id: Id
    name: Text
    kind: Literal["nothing", "ordinary-care", "placebo", "sham", "active", "natural-history", "own-baseline"]
    description: Text


class Arm(Based):
    """An arm: a regimen or a comparator, and its share in the allocation."""

    id: Id
    name: Text
    regimen: Id | None = None
    comparator: Id | None = None
    weight: Annotated[int, Field(ge=1)]
    planned: Annotated[int | None, Field(ge=1)] = None
    sub_indications: Annotated[
        list[Id], Field(description="Whose people may be allocated to it; empty means everybody's")
    ] = []

    @model_validator(mode="after")
    def _one_of_two(self) -> Arm:
        if (self.regimen is None) == (self.comparator is None):
            raise ValueError(f"arm {self.id} must name a regimen or a comparator, and not both")
        return self


class Stratum(Model):
    """A stratification factor and its levels."""

    factor: Id
    levels: Annotated[list[Text], Field(min_length=2)]


class Allocation(Based):
    """How participants come to arms."""

    method: Literal["none", "blocked", "stratified-blocked", "minimisation", "sequential"]
    block_sizes: list[Annotated[int, Field(ge=2)]] = []
    strata: list[Stratum] = []
    concealment: Text

    @model_validator(mode="after")
    def _fits(self) -> Allocation:
        if self.method in {"blocked", "stratified-blocked"} and not self.block_sizes:
            raise ValueError(f"method {self.method} needs block_sizes")
        if self.method in {"stratified-blocked", "minimisation"} and not self.strata:
            raise ValueError(f"method {self.method} needs strata")
        return self


class Masking(Model):
    """Whether each role knows the treatment, and why if it does."""

    role: Literal["participant", "treating-team", "assessor", "analyst", "laboratory"]
    masked: bool
    why: Text


class Role(Model):
    """A role in the programme: what it may do and which training it needs. The record enforces both."""

    id: Id
    name: Text
    may: Annotated[list[Annotated[str, Field(pattern=r"^[a-z-]+(\.[a-z-]+)+$|^\*$")]], Field(min_length=1)]
    training: list[Id]


class DossierRow(Based):
    """One row of the mechanism dossier: evidence, or the gap, never neither."""

    step: Literal["defect", "target", "engagement", "natural-history", "clinical-change"]
    statement: Text
    evidence: Annotated[list[Id], Field(description="Ids of sources")] = []
    gap: str | None = None

    @model_validator(mode="after")
    def _evidence_or_gap(self) -> DossierRow:
        if not self.evidence and not self.gap:
            raise ValueError(f"dossier row {self.step} has neither evidence nor a stated gap")
        return self


class Forecast(Model):
    """Whether a forecast is sealed before the first dose; ``retrospective`` is allowed and is stamped for ever."""

    declared: Literal["to-be-sealed", "retrospective"]
    primary_estimand: Id
    why: Text


class ProgrammeFile(Based):
    """``programme.yaml``: the head of the bundle."""

    id: Id
    title: Text
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$", description="Three numbers: 1.0.0")]
    date: Day
    status: ProgrammeStatus
    summary: Text
    intended_purpose: Text
    access: Access
    single_patient: SinglePatient | None = None
    indication: Indication
    comparators: Annotated[list[Comparator], Field(min_length=2)]
    arms: Annotated[list[Arm], Field(min_length=1)]
    allocation: Allocation
    masking: Annotated[list[Masking], Field(min_length=3)]
    roles: Annotated[list[Role], Field(min_length=2)]
    consent: Consent
    verdict_valid_for: Annotated[Quantity, Field(description="How long an eligibility verdict stays fresh")]
    mechanism: Annotated[list[DossierRow], Field(min_length=5, max_length=5)]
    forecast: Forecast
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

    @field_validator("comparators")
    @classmethod
    def _nothing_and_ordinary_care(cls, comparators: list[Comparator]) -> list[Comparator]:
        kinds = {comparator.kind for comparator in comparators}
        missing = [kind for kind in ("nothing", "ordinary-care") if kind not in kinds]
        if missing:
            raise ValueError(f"comparators must include kind {' and '.join(missing)}")
        return comparators
