"""Consent: versions, assent by age band, guardians, capacity, re-consent and levels of withdrawal."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from proband.programme.model import Based, Duration, Id, Jurisdiction, Model, Slack, Text
from proband.terms import convert


class ConsentVersion(Model):
    """One version of one consent text: which file, in force from when, replacing what, and who must consent anew."""

    id: Annotated[Id, Field(description="Key of the version, which a consent names")]
    document: Annotated[str, Field(pattern=r"^consent/[\w.-]+\.md$", description="File in the bundle")]
    language: Annotated[
        str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$", description="Language of the text (BCP 47)")
    ]
    in_force: Annotated[date, Field(description="First day on which it is used")]
    supersedes: Annotated[Id | None, Field(description="Id of the version that it replaces")] = None
    reconsent: Annotated[
        Literal["none", "active", "all"],
        Field(
            description="Who must consent again when this version comes into force: nobody, those in treatment, all"
        ),
    ]
    what_changed: Annotated[
        str | None, Field(description="What is new; needed where it replaces another")
    ] = None

    @model_validator(mode="after")
    def _says_what_changed(self) -> ConsentVersion:
        if self.supersedes and not self.what_changed:
            raise ValueError(f"version {self.id} supersedes {self.supersedes} but does not say what_changed")
        return self


class AssentBand(Based):
    """What a minor of an age band is asked: half-open [from, to) in years."""

    id: Annotated[Id, Field(description="Key of the band")]
    from_age: Annotated[Slack, Field(description="Youngest age in the band")]
    to_age: Annotated[Duration, Field(description="First age above the band")]
    form: Annotated[Literal["none", "simple", "full"], Field(description="How the child is asked")]
    dissent_blocks: Annotated[bool, Field(description="Whether the child's no is final")]
    document: Annotated[
        str | None,
        Field(pattern=r"^consent/[\w.-]+\.md$", description="File in the bundle with the child's text"),
    ] = None

    @model_validator(mode="after")
    def _in_order(self) -> AssentBand:
        low, high = (convert(q.value, q.unit, "a") for q in (self.from_age, self.to_age))
        if low >= high:
            raise ValueError(f"the band {self.id} ends at {self.to_age} before it begins at {self.from_age}")
        if self.form != "none" and self.document is None:
            raise ValueError(f"the band {self.id} asks for {self.form} assent but names no document")
        return self


#: why one parent is enough where two are asked (45 CFR 46.408(b): deceased, unknown, incompetent, not reasonably available, or only one has legal responsibility)
FewerGuardians = Literal[
    "dead", "unknown", "cannot-decide", "not-reasonably-available", "no-legal-responsibility"
]


class GuardianRule(Based):
    """How many guardians must sign, and until which age, in one jurisdiction."""

    jurisdiction: Annotated[Jurisdiction, Field(description="Where the rule holds")]
    majority: Annotated[Duration, Field(description="Age at which a person consents for themselves")]
    guardians: Annotated[int, Field(ge=1, le=2, description="How many guardians must agree")]
    exception: Annotated[
        str | None,
        Field(description="When fewer may, in words for people: the record goes by fewer_when"),
    ] = None
    fewer_when: Annotated[
        list[FewerGuardians],
        Field(
            description="For which reasons the agreement of one is enough where two are asked; a consent says which it is. Empty: for none. The reasons are those of 45 CFR 46.408(b)",
            examples=[["dead", "unknown"]],
        ),
    ] = []

    @model_validator(mode="after")
    def _fewer_than_what(self) -> GuardianRule:
        if self.fewer_when and self.guardians < 2:
            raise ValueError(
                "one guardian is asked for, and fewer_when says when one is enough; leave it out"
            )
        return self


class RepresentativeRule(Based):
    """Who consents for an adult who cannot, in one jurisdiction. Where a programme has no such rule nobody does, and it takes no such adult."""

    jurisdiction: Annotated[Jurisdiction, Field(description="Where the rule holds", examples=["GB"])]
    representatives: Annotated[
        int, Field(ge=1, le=2, description="How many representatives must agree", examples=[1])
    ]
    who: Annotated[
        Text,
        Field(
            description="Who may represent, in the order and the words of the law there",
            examples=["whoever a court has appointed; else the spouse or partner"],
        ),
    ]
    refusal_blocks: Annotated[
        bool,
        Field(
            description="Whether the adult's own no is final, whatever a representative says", examples=[True]
        ),
    ]


class CapacityCheck(Based):
    """When capacity to consent is checked again, and what follows from losing it."""

    id: Annotated[Id, Field(description="Key of the check")]
    trigger: Annotated[Text, Field(description="When capacity is checked again")]
    every: Annotated[
        Duration | None,
        Field(
            description="Interval at which it is to be checked again, counted from the consent: the record asks for it, and lets nothing rest on the consent of an adult after it",
            examples=[{"value": 1, "unit": "a"}],
        ),
    ] = None
    instrument: Annotated[
        Id | None,
        Field(description="Id of the instrument it is checked with", examples=["capacity-interview"]),
    ] = None
    if_lost: Annotated[Text, Field(description="What follows where capacity is lost")]


class ReconsentRule(Model):
    """An event after which consent lapses until it is given anew."""

    id: Annotated[Id, Field(description="Key of the rule")]
    event: Annotated[Literal["amendment", "new-risk", "majority", "capacity-regained", "transfer", "interval", "further-collection", "guardian-changed"],
                     Field(description="What happened; further-collection: starting material is to be taken again, after the first was taken; guardian-changed: somebody else decides for a minor, or for an adult who cannot, from then on")]  # fmt: skip
    who: Annotated[Literal["active", "all", "the-participant"], Field(description="Whose consent lapses")]
    blocks: Annotated[
        list[Literal["treatment", "procedures", "data"]],
        Field(min_length=1, description="What is not done until consent is given anew"),
    ]
    every: Annotated[
        Duration | None,
        Field(
            description="Of an interval: after how long consent lapses. Of a further collection: how old the consent may be by then; where nothing is said it must be younger than the collection before"
        ),
    ] = None
    why: Annotated[Text, Field(description="Why the event asks for it")]

    @model_validator(mode="after")
    def _only_an_interval_has_a_length(self) -> ReconsentRule:
        if self.every is not None and (
            self.event not in ("interval", "further-collection")
            or convert(self.every.value, self.every.unit, "d") <= 0
        ):
            raise ValueError(
                f"rule {self.id}: every is a length of time, and belongs to the events interval and further-collection"
            )
        return self


class WithdrawalLevel(Model):
    """One of the three levels of withdrawal, with exactly the actions that it blocks."""

    id: Annotated[Literal["treatment", "contact", "data"], Field(description="The level")]
    blocks: Annotated[
        list[Literal["treatment", "procedures", "contact", "new-data", "use-of-data"]],
        Field(min_length=1, description="What is no longer done"),
    ]
    keeps: Annotated[Text, Field(description="What goes on, in words")]


class Consent(Based):
    """Everything about consent. Three levels of withdrawal are required; teach-back is recorded where it is asked for."""

    versions: Annotated[
        list[ConsentVersion], Field(min_length=1, description="Every version of every consent text")
    ]
    teach_back: Annotated[
        list[Text], Field(description="Questions that the participant answers in their own words")
    ]
    assent: Annotated[list[AssentBand], Field(description="What minors are asked, by age")]
    guardians: Annotated[
        list[GuardianRule], Field(description="How many guardians must agree, by jurisdiction")
    ]
    representatives: Annotated[
        list[RepresentativeRule],
        Field(
            description="Who consents for adults who cannot, by jurisdiction; without a rule nobody does, and none of them is taken in"
        ),
    ] = []
    capacity: Annotated[list[CapacityCheck], Field(description="When capacity is checked again")]
    reconsent: Annotated[
        list[ReconsentRule], Field(min_length=1, description="Events after which consent lapses")
    ]
    withdrawal: Annotated[
        list[WithdrawalLevel],
        Field(
            min_length=3, max_length=3, description="The three levels of withdrawal: treatment, contact, data"
        ),
    ]

    @model_validator(mode="after")
    def _three_levels(self) -> Consent:
        levels = [level.id for level in self.withdrawal]
        if sorted(levels) != ["contact", "data", "treatment"]:
            raise ValueError(f"withdrawal must state treatment, contact and data once each, not {levels}")
        return self

    def version_on(self, day: date, language: str = "en") -> ConsentVersion | None:
        """The version in force on a day in a language, or ``None``."""
        current = [v for v in self.versions if v.language == language and v.in_force <= day]
        return max(current, key=lambda version: version.in_force) if current else None

    def assent_for(self, age_years: float) -> AssentBand | None:
        """The assent band of an age in years, or ``None`` where no band covers it."""
        for band in self.assent:
            low, high = (convert(q.value, q.unit, "a") for q in (band.from_age, band.to_age))
            if low <= age_years < high:
                return band
        return None
