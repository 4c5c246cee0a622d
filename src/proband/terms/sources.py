"""Where a figure comes from, how well that was checked, and when the checking goes stale.

The verification levels are those of Proband's evidence tables. A figure without a :class:`Source` has no place in a
bundle, and a level never rises on the way: what is computed from figures is no better than the weakest of them.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Level(StrEnum):
    """How a figure was verified, strongest first; ``not-found`` marks a gap that was looked for."""

    READ = "read"
    DERIVED = "derived"
    DIGITISED = "digitised"
    INFERENCE = "inference"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"
    NOT_FOUND = "not-found"

    @property
    def rank(self) -> int:
        """0 for the strongest level; larger is weaker."""
        return list(Level).index(self)

    @property
    def may_enter_calculation(self) -> bool:
        """Whether a figure of this level may be used in a calculation without a visible mark.

        ``secondary`` figures may be *shown* (marked); ``unverified`` and ``not-found`` never enter a calculation.
        """
        return self in {Level.READ, Level.DERIVED, Level.DIGITISED}

    @property
    def must_be_marked(self) -> bool:
        """Whether this level must be visible wherever the figure is shown."""
        return self is not Level.READ

    @property
    def meaning(self) -> str:
        """The level in words, for legends and tool tips."""
        return _LEVEL_MEANING[self]


_LEVEL_MEANING = {
    Level.READ: "seen in the paper, abstract, registry entry, agency page or data set named",
    Level.DERIVED: "computed from figures that were read; the note says how",
    Level.DIGITISED: "read off a published figure; the note says how",
    Level.INFERENCE: "our own conclusion or design opinion, not a sourced statement",
    Level.SECONDARY: "seen only in news, trade or summary pages",
    Level.UNVERIFIED: "general knowledge, not checked",
    Level.NOT_FOUND: "looked for, not found",
}


def weakest(*levels: Level) -> Level:
    """The weakest of some levels: the level of anything computed from them.

    Raises
    ------
    ValueError
        If no level is given: a figure made from nothing has no level.
    """
    if not levels:
        raise ValueError("a figure that rests on no level cannot have one")
    return max(levels, key=lambda level: level.rank)


class Retraction(StrEnum):
    """Whether a publication still stands."""

    NONE_KNOWN = "none-known"
    EXPRESSION_OF_CONCERN = "expression-of-concern"
    CORRECTED = "corrected"
    RETRACTED = "retracted"


_DOI = r"^10\.\d{4,9}/\S+$"
_REGISTRATION = r"^(NCT\d{8}|ISRCTN\d{8}|jRCT\w+|ChiCTR\S+|EUCT\S+|\d{4}-\d{6}-\d{2}(-\d{2})?|ACTRN\d{14}|CTRI/\S+|IRCT\S+|KCT\d+|TCTR\d+)$"


class Source(BaseModel):
    """One place where a figure or a statement was seen.

    At least a citation in words is required; identifiers make it resolvable. ``level`` is the verification level of
    what *this project* took from it, ``conflict_of_interest`` what the publisher stands to gain.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    id: Annotated[
        str,
        Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", description="Short key, unique in a bundle: marino-2020"),
    ]
    citation: Annotated[str, Field(min_length=3, description="Author, title or journal, year, in words")]
    doi: Annotated[str | None, Field(pattern=_DOI, description="Digital object identifier")] = None
    pmid: Annotated[str | None, Field(pattern=r"^\d{1,8}$", description="PubMed number")] = None
    pmcid: Annotated[str | None, Field(pattern=r"^PMC\d+$", description="PubMed Central number")] = None
    registration: Annotated[str | None, Field(pattern=_REGISTRATION, description="Trial registration id")] = (
        None
    )
    url: Annotated[
        str | None, Field(pattern=r"^https?://\S+$", description="Address, where there is no identifier")
    ] = None
    year: Annotated[int | None, Field(ge=1800, le=2100, description="Year of publication")] = None
    began: Annotated[
        str | None,
        Field(
            pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$",
            description="When its study began: a year, a month or a day",
            examples=["2019-06"],
        ),
    ] = None
    retrieved: Annotated[date | None, Field(description="Day on which it was read")] = None
    level: Annotated[Level, Field(description="How well what this project took from it was checked")]
    seen: Annotated[
        str | None, Field(description="Which part was seen: abstract, Table 2, registry page, …")
    ] = None
    conflict_of_interest: Annotated[str | None, Field(description="What the publisher stands to gain")] = None
    retraction: Annotated[Retraction, Field(description="Whether the publication still stands")] = (
        Retraction.NONE_KNOWN
    )
    licence: Annotated[str | None, Field(description="Licence of the source")] = None
    note: Annotated[str | None, Field(description="Remark for the reader; it decides nothing")] = None

    @property
    def link(self) -> str | None:
        """The best resolvable address, or ``None``."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        if self.pmid:
            return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/"
        if self.pmcid:
            return f"https://pmc.ncbi.nlm.nih.gov/articles/{self.pmcid}/"
        if self.registration and self.registration.startswith("NCT"):
            return f"https://clinicaltrials.gov/study/{self.registration}"
        return self.url

    def __str__(self) -> str:
        mark = "" if self.level is Level.READ else f" [{self.level.value}]"
        retracted = " RETRACTED" if self.retraction is Retraction.RETRACTED else ""
        return f"{self.citation}{retracted}{mark}"


class Figure(BaseModel):
    """A number with its unit, its uncertainty, its denominator where it has one, its source and its level.

    ``value`` is in ``unit`` (UCUM spelling). ``low``/``high`` bound an interval of the stated ``interval`` kind.
    ``events``/``n`` give the counts behind a proportion; where both stand, ``value`` must agree with them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    value: Annotated[float | None, Field(description="The number, in the unit")] = None
    unit: Annotated[str, Field(description="UCUM spelling; '1' for a plain number, '%' for per cent")] = "1"
    low: Annotated[float | None, Field(description="Lower end of the interval")] = None
    high: Annotated[float | None, Field(description="Upper end of the interval")] = None
    interval: Annotated[
        Literal["ci95", "ci", "sd", "se", "iqr", "range", "pm-unstated"] | None,
        Field(description="What low and high are"),
    ] = None
    events: Annotated[int | None, Field(ge=0, description="People with the event, behind a proportion")] = (
        None
    )
    n: Annotated[int | None, Field(ge=1, description="All people who were looked at")] = None
    source: Annotated[str, Field(description="Id of a Source in the same bundle")]
    level: Annotated[Level, Field(description="How well the figure was checked")]
    note: Annotated[str | None, Field(description="How a derived or digitised figure was obtained")] = None

    @model_validator(mode="after")
    def _counts_agree(self) -> Figure:
        if self.level is Level.NOT_FOUND:
            if self.value is not None or self.events is not None:
                raise ValueError(
                    "a figure of level not-found cannot carry a value; leave value and events out"
                )
            return self
        if self.value is None and self.events is None and self.low is None and self.high is None:
            raise ValueError("a figure needs a value, a bound or a count; write level: not-found for a gap")
        if self.events is not None:
            if self.n is None:
                raise ValueError(f"{self.events} events without a denominator; give n")
            if self.events > self.n:
                raise ValueError(f"{self.events} events among {self.n}; events cannot exceed n")
            if self.value is not None:
                share = self.events / self.n * (100.0 if self.unit == "%" else 1.0)
                tolerance = 0.6 if self.unit == "%" else 0.006
                if abs(share - self.value) > tolerance:
                    raise ValueError(
                        f"value {self.value:g} {self.unit} disagrees with {self.events}/{self.n} = {share:.4g}"
                    )
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low {self.low:g} is above high {self.high:g}")
        if self.level in {Level.DERIVED, Level.DIGITISED} and not (self.note and len(self.note) > 3):
            raise ValueError(f"a {self.level.value} figure must say in its note how it was obtained")
        return self


class Fact(BaseModel):
    """A dated statement that can rot: legal status, price, coverage, an organisation's address.

    After ``expires`` a fact is still shown, but as "not verified since …", and a public page may refuse it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", description="Key of the statement")]
    topic: Annotated[str, Field(min_length=2, description="What it is about")]
    statement: Annotated[str, Field(min_length=3, description="The statement")]
    jurisdiction: Annotated[str | None, Field(description="ISO 3166-1 alpha-2, EU, or 'any'")] = None
    source: Annotated[str, Field(description="Id of a Source in the same bundle")]
    level: Annotated[Level, Field(description="How well it was checked")]
    checked_on: Annotated[date, Field(description="Day on which it was last checked")]
    checked_by: Annotated[
        str, Field(min_length=2, description="A role, not a person's name, in public bundles")
    ]
    expires: Annotated[date, Field(description="First day on which it counts as stale")]
    note: Annotated[
        str | None,
        Field(description="Remark for the reader; it decides nothing", examples=["asked again by telephone"]),
    ] = None

    @model_validator(mode="after")
    def _dates_in_order(self) -> Fact:
        if self.expires <= self.checked_on:
            raise ValueError(f"expires {self.expires} is not after checked_on {self.checked_on}")
        return self

    def is_expired(self, on: date) -> bool:
        """Whether the fact is stale on a day (the day of expiry itself counts as stale)."""
        return on >= self.expires

    def standing(self, on: date) -> str:
        """How the fact stands on a day, in words: "verified 2026-11-01" or "not verified since 2026-11-01"."""
        if self.is_expired(on):
            return f"not verified since {self.checked_on.isoformat()}"
        return f"checked {self.checked_on.isoformat()}, good until {self.expires.isoformat()}"
