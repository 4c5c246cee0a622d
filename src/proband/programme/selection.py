"""How the evidence of a programme was chosen: the rule, the searches that can be repeated, and what was found and left out.

A page is no fairer than its choice of studies. ``selection:`` of one file of ``evidence/`` says which studies belong (population, product, design),
where was searched with which words and on which day, and which studies were found and left out, each with the reason.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from pydantic import Field, model_validator

from proband.programme.model import Id, Model, Text

#: after so many days without a search the pages say so above all
STALE_DAYS = 365


class InclusionRule(Model):
    """Which studies belong to the evidence of the programme."""

    population: Annotated[
        Text, Field(description="Whose studies", examples=["people with myasthenia, every grade"])
    ]
    products: Annotated[Text, Field(description="Of which products", examples=["removal of the thymus"])]
    designs: Annotated[
        Text,
        Field(
            description="Which designs, and what stands first",
            examples=["all controlled studies; without a control, those of at least five people"],
        ),
    ]
    outcomes: Annotated[
        Text | None,
        Field(description="Which outcomes, where not all", examples=["grade, motor score, harms"]),
    ] = None


class EvidenceSearch(Model):
    """One search that somebody else can repeat."""

    id: Id
    where: Annotated[
        Text, Field(description="Register or database", examples=["ClinicalTrials.gov", "PubMed"])
    ]
    query: Annotated[
        Text,
        Field(description="The words as they were typed", examples=["myasthenia AND thymectomy"]),
    ]
    on: Annotated[
        date | None,
        Field(
            description="Day of the search; left out where it was written down and nobody has run it yet",
            examples=["2026-11-20"],
        ),
    ] = None
    again: Annotated[
        date, Field(description="Day on which it is to be run, or repeated", examples=["2027-05-20"])
    ]
    complete: Annotated[
        bool,
        Field(
            description="Whether everything that the search gave was looked at; a stored copy or a part of the result is not"
        ),
    ]
    found: Annotated[
        int | None,
        Field(ge=0, description="How many records it gave, where that was counted", examples=[212]),
    ] = None
    kept: Annotated[
        int | None, Field(ge=0, description="How many of them are in the bundle", examples=[14])
    ] = None
    note: Annotated[
        Text | None, Field(description="What limits it", examples=["titles and abstracts only"])
    ] = None

    @model_validator(mode="after")
    def _in_order(self) -> EvidenceSearch:
        if self.on is None:
            if self.complete or self.found is not None or self.kept is not None:
                raise ValueError(
                    "a search that nobody has run has no result: leave found and kept out, and say complete: false"
                )
        elif self.again <= self.on:
            raise ValueError(f"again {self.again} is not after the search on {self.on}")
        if self.kept is not None and self.found is not None and self.kept > self.found:
            raise ValueError(f"{self.kept} were kept of {self.found} that were found")
        return self


class StudyLeftOut(Model):
    """A study that was found and does not stand in the bundle, with the reason."""

    study: Annotated[
        Text,
        Field(
            description="Author or number, journal, year, in words", examples=["A pilot in five people, 2011"]
        ),
    ]
    reason: Annotated[
        Text, Field(description="Why it was left out", examples=["animals", "same people as study-2014"])
    ]
    registration: Annotated[
        str | None,
        Field(description="Its trial registration or doi, where it has one", examples=["NCT00000000"]),
    ] = None


class EvidenceSelection(Model):
    """The choice of the evidence: rule, searches, and what was left out."""

    rule: Annotated[InclusionRule, Field(description="Which studies belong")]
    searches: Annotated[
        list[EvidenceSearch],
        Field(min_length=1, description="Where was searched, with which words, and when"),
    ]
    left_out: Annotated[list[StudyLeftOut], Field(description="Found and not taken in")] = []

    @model_validator(mode="after")
    def _somewhere(self) -> EvidenceSelection:
        if all(search.on is None for search in self.searches):
            raise ValueError(
                "none of the searches has been run: say on: of the one that the evidence comes from"
            )
        return self

    @property
    def searched_on(self) -> date:
        """The day of the oldest of the newest search at each place that was searched: the choice is no fresher than that."""
        newest: dict[str, date] = {}
        for search in self.searches:
            if search.on is not None:
                newest[search.where] = max(newest.get(search.where, date.min), search.on)
        return min(newest.values())

    @property
    def not_searched(self) -> tuple[str, ...]:
        """Places that a search names and where nobody has searched yet."""
        run = {search.where for search in self.searches if search.on is not None}
        return tuple(dict.fromkeys(search.where for search in self.searches if search.where not in run))

    def is_stale(self, on: date) -> bool:
        """Whether more than a year has passed since that day."""
        return on > self.searched_on + timedelta(days=STALE_DAYS)
