"""Donors of cells or tissue that others are given: the text they consent to, what they are tested for, and how they are followed."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from proband.programme.model import Based, Duration, Id, Model, Slack, Text
from proband.terms import convert


class DonorConsentText(Model):
    """One version of the text that donors consent to; it is no text of those who are treated."""

    id: Annotated[Id, Field(description="Key of the version", examples=["donor-1"])]
    document: Annotated[str, Field(pattern=r"^consent/[\w.-]+\.md$", description="File in the bundle with the donor's text", examples=["consent/donor.md"])]  # fmt: skip
    language: Annotated[
        str,
        Field(
            pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$", description="Language of the text (BCP 47)", examples=["en"]
        ),
    ]
    in_force: Annotated[date, Field(description="First day on which it is used", examples=["2026-01-01"])]


class DonorTest(Based):
    """One test of the donor that must be negative before anything of them is made into a product."""

    id: Annotated[Id, Field(description="Key of the test", examples=["hiv"])]
    name: Annotated[Text, Field(description="Name of the test", examples=["HIV, antibody and nucleic acid"])]
    within: Annotated[
        Slack,
        Field(
            description="How far the day of the sample may lie from the day of the donation",
            examples=[{"value": 7, "unit": "d"}],
        ),
    ]
    method: Annotated[Text, Field(description="How it is tested", examples=["a licensed screening test"])]


class DonorRule(Based):
    """What a product that is made of others' cells asks of its donors."""

    consent: Annotated[
        list[DonorConsentText],
        Field(min_length=1, description="The donor's text in its versions; the newest whose day has come"),
    ]
    tests: Annotated[list[DonorTest], Field(min_length=1, description="What a donor is tested for")]
    follow_up: Annotated[
        list[Duration],
        Field(
            min_length=1,
            description="How long after a donation the donor is asked how they are, and what they have learnt of themselves since",
            examples=[[{"value": 30, "unit": "d"}]],
        ),
    ]

    @model_validator(mode="after")
    def _once(self) -> DonorRule:
        for name, ids in (("consent", [one.id for one in self.consent]), ("tests", [one.id for one in self.tests])):  # fmt: skip
            if len(set(ids)) < len(ids):
                raise ValueError(f"{name} names one id twice")
        if any(convert(one.within.value, one.within.unit, "d") <= 0 for one in self.tests):
            raise ValueError("within is how far the sample may lie from the donation: more than nothing")
        return self

    def in_force(self, day: date) -> list[str]:
        """The versions of the text to which a donor may consent on a day: of each language the newest whose day has come."""
        newest: dict[str, DonorConsentText] = {}
        for one in sorted(self.consent, key=lambda text: text.in_force):
            if one.in_force <= day:
                newest[one.language] = one
        return [one.id for one in newest.values()]
