"""By which route people reach the product, who allowed it, and what they are charged."""

from __future__ import annotations

from datetime import date as Day
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.model import Based, Duration, Id, Jurisdiction, Model, Text


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

    body: Annotated[Text, Field(description="Who decided", examples=["Research ethics committee"])]
    id: Annotated[str, Field(min_length=1, description="Number of the decision", examples=["2026/118"])]
    date: Annotated[Day, Field(description="Day of the decision", examples=["2026-03-01"])]
    expiry: Annotated[
        Day, Field(description="First day on which it no longer holds", examples=["2027-03-01"])
    ]

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

    missing: Annotated[
        Literal["demonstration", "not-applicable", "pending", "not-public-to-us"],
        Field(description="Why it is not there"),
    ]
    why: Annotated[Text, Field(description="The reason in a sentence")]


class Charge(Model):
    """What a participant pays. Any amount above zero puts a fixed banner on every output."""

    amount: Annotated[float, Field(ge=0, description="What one participant pays in all")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]
    what_for: Annotated[Text, Field(description="What is paid for")]

    @property
    def is_charged(self) -> bool:
        """Whether the participant pays anything."""
        return self.amount > 0


class Registration(Model):
    """An entry in a public registry, or the reason why there is none."""

    registry: Annotated[Text, Field(description="Name of the registry", examples=["ClinicalTrials.gov"])]
    id: Annotated[str, Field(min_length=3, description="Number of the entry", examples=["NCT00000000"])]


class Access(Based):
    """Access route, approvals, registration and charge. All five are required: a gap is written as one."""

    route: Annotated[Route, Field(description="How the unapproved product legally reaches a person")]
    jurisdictions: Annotated[
        list[Jurisdiction],
        Field(min_length=1, description="Where people are treated: ISO 3166-1 alpha-2, EU or any"),
    ]
    ethics_approval: Annotated[
        Approval | Missing, Field(description="The ethics committee's approval, or why there is none")
    ]
    regulator_authorisation: Annotated[
        Approval | Missing, Field(description="The regulator's authorisation, or why there is none")
    ]
    insurance: Annotated[
        Approval | Missing | None,
        Field(
            description="The insurance of participants: who insures, number and dates, or why there is none"
        ),
    ] = None
    registration: Annotated[
        Registration | Missing, Field(description="The entry in a public registry, or why there is none")
    ]
    participant_charge: Annotated[Charge, Field(description="What participants are charged")]

    def may_say_trial(self, on: Day) -> bool:
        """Whether the word "trial" may be used for this programme: ethics approval in force and a registration id."""
        ethics = self.ethics_approval
        return (
            isinstance(ethics, Approval)
            and ethics.stands_on(on)
            and isinstance(self.registration, Registration)
        )


class SinglePatient(Model):
    """What single-patient use must bring so that it teaches something (registration, generic outcome, baseline, sharing)."""

    registry_or_waiver: Annotated[
        Text, Field(description="Registry entry of the single use, or who waived it")
    ]
    generic_outcome: Annotated[
        Id, Field(description="Id of an outcome that can be compared with other people's")
    ]
    baseline: Annotated[
        Text,
        Field(
            description="Length of the untreated baseline, or why there can be none, in words for people: the record goes by baseline_days and baseline_over"
        ),
    ]
    baseline_days: Annotated[
        int | None,
        Field(
            ge=1,
            description="On how many days at least the generic outcome is measured before the first dose: nothing is given before. Empty: the record asks for none",
            examples=[3],
        ),
    ] = None
    baseline_over: Annotated[
        Duration | None,
        Field(
            description="How long it is at least from the first of these days to the last",
            examples=[{"value": 28, "unit": "d"}],
        ),
    ] = None
    data_sharing: Annotated[Text, Field(description="Where the result goes, whether or not it is good")]

    @model_validator(mode="after")
    def _days_over_a_time(self) -> SinglePatient:
        if self.baseline_over is not None and (self.baseline_days or 0) < 2:
            raise ValueError(
                "baseline_over is the time between the first and the last of baseline_days: say at least 2"
            )
        return self


#: the banner that any charge puts on every output; fixed text, so that nobody can soften it
CHARGE_BANNER = (
    "Participants are charged {amount:g} {currency} for {what_for}. Paying to take part in unproven treatment is a warning "
    "sign. Ask who pays if something goes wrong, and ask your own doctor before you pay."
)

DEMONSTRATION_BANNER = "DEMONSTRATION: this programme treats nobody. It shows the form, with published figures and synthetic people."

#: the banner of a status, for those of which every output says so
BANNERS = {
    ProgrammeStatus.DEMONSTRATION: DEMONSTRATION_BANNER,
    ProgrammeStatus.DRAFT: "DRAFT: this programme is being written. Nobody may be treated under it, and what it says may change.",
}


def charge_banner(charge: Charge) -> str | None:
    """The fixed banner for a charge, or ``None`` where nothing is charged."""
    if not charge.is_charged:
        return None
    return CHARGE_BANNER.format(amount=charge.amount, currency=charge.currency, what_for=charge.what_for)
