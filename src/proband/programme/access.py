"""By which route people reach the product, who allowed it, and what they are charged."""

from __future__ import annotations

from datetime import date as Day
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from proband.programme.model import Based, Id, Model, Text
from proband.terms import jurisdiction


class Route(StrEnum):
    """How an unapproved product legally reaches a person."""

    TRIAL = "trial"
    EXPANDED_ACCESS = "expanded-access"
    HOSPITAL_EXEMPTION = "hospital-exemption"
    CONDITIONAL_APPROVAL = "conditional-approval"
    NAMED_PATIENT = "named-patient"
    PAID = "paid"


class ProgrammeStatus(StrEnum):
    """How far a programme is. A demonstration says so on everything that comes out of it."""

    DEMONSTRATION = "demonstration"
    DRAFT = "draft"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Approval(Model):
    """A decision of a body, with its dates: an approval past its expiry counts as absent."""

    body: Text
    id: Annotated[str, Field(min_length=1)]
    date: Day
    expiry: Day

    @model_validator(mode="after")
    def _in_order(self) -> Approval:
        if self.expiry <= self.date:
            raise ValueError(f"expiry {self.expiry} is not after the approval's date {self.date}")
        return self

    def stands_on(self, day: Day) -> bool:
        """Whether the approval is in force on a day."""
        return self.date <= day < self.expiry


class Missing(Model):
    """A named gap: why something that would be required of a live programme is not there."""

    missing: Literal["demonstration", "not-applicable", "pending", "not-public-to-us"]
    why: Text


class Charge(Model):
    """What a participant pays. Any amount above zero puts a fixed banner on every output."""

    amount: Annotated[float, Field(ge=0)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    what_for: Text

    @property
    def is_charged(self) -> bool:
        """Whether the participant pays anything."""
        return self.amount > 0


class Registration(Model):
    """An entry in a public registry, or the reason why there is none."""

    registry: Text
    id: Annotated[str, Field(min_length=3)]


class Access(Based):
    """Access route, approvals, registration and charge. All five are required: a gap is written as one."""

    route: Route
    jurisdictions: Annotated[list[str], Field(min_length=1)]
    ethics_approval: Approval | Missing
    regulator_authorisation: Approval | Missing
    registration: Registration | Missing
    participant_charge: Charge

    @field_validator("jurisdictions")
    @classmethod
    def _known(cls, codes: list[str]) -> list[str]:
        return [_jurisdiction(code) for code in codes]

    def may_say_trial(self, on: Day) -> bool:
        """Whether the word "trial" may be used for this programme: ethics approval in force and a registration id."""
        ethics = self.ethics_approval
        return (
            isinstance(ethics, Approval)
            and ethics.stands_on(on)
            and isinstance(self.registration, Registration)
        )


def _jurisdiction(code: str) -> str:
    try:
        return jurisdiction(code)
    except Exception as error:
        raise ValueError(str(error)) from error


class SinglePatient(Model):
    """What single-patient use must bring so that it teaches something (registration, generic outcome, baseline, sharing)."""

    registry_or_waiver: Text
    generic_outcome: Id
    baseline: Annotated[Text, Field(description="Length of the untreated baseline, or why there can be none")]
    data_sharing: Text


#: the banner that any charge puts on every output; fixed text, so that nobody can soften it
CHARGE_BANNER = (
    "Participants are charged {amount:g} {currency} for {what_for}. Paying to take part in unproven treatment is a warning "
    "sign. Ask who pays if something goes wrong, and ask your own doctor before you pay."
)

DEMONSTRATION_BANNER = "DEMONSTRATION: this programme treats nobody. It shows the form, with published figures and synthetic people."


def charge_banner(charge: Charge) -> str | None:
    """The fixed banner for a charge, or ``None`` where nothing is charged."""
    if not charge.is_charged:
        return None
    return CHARGE_BANNER.format(amount=charge.amount, currency=charge.currency, what_for=charge.what_for)
