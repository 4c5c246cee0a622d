"""A participant as the log has them: verdict, consent, doses, visits, and how far they have come.

Times are UTC stamps (text order is time order), days are ``YYYY-MM-DD``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from proband.record.undo import Undoable


def visit_key(visit: str, occurrence: int) -> str:
    """The name of one occurrence of a visit: ``yearly``, then ``yearly#1``, ``yearly#2`` …"""
    return visit if occurrence == 0 else f"{visit}#{occurrence}"


@dataclass(slots=True)
class VerdictOnRecord(Undoable):
    """The last verdict on eligibility: outcome, under which programme, when, and the values that it rests on."""

    outcome: str
    programme: str
    at: str
    seq: int
    facts: Mapping[str, Any]


@dataclass(slots=True)
class ConsentGiven(Undoable):
    """The consent that stands: version, language, when, by whom, whether the form it needs was kept."""

    version: str
    language: str
    at: str
    programme: str
    seq: int
    publication: bool = False
    lapsed: str = ""


@dataclass(slots=True)
class Administration(Undoable):
    """One administration: valid as the gates see it, or what happened in deviation from them."""

    product: str
    at: str
    seq: int
    valid: bool
    broken: tuple[str, ...] = ()


@dataclass(slots=True)
class Participant(Undoable):
    """One person, under a pseudonym; ``number`` is sealed at consent and is never given again."""

    id: str
    site: str
    origin: str
    referred_at: str
    programme: str
    number: int | None = None
    verdict: VerdictOnRecord | None = None
    screenings: int = 0
    consent: ConsentGiven | None = None
    consented_at: str | None = None
    minor: bool = False
    majority_on: str | None = None
    capacity: str | None = None
    enrolled_at: str | None = None
    allocated_at: str | None = None
    arm: str | None = None
    allocation_index: int | None = None
    stratum: dict[str, str] = field(default_factory=dict)
    sealed_arm: str | None = None
    withdrawn: dict[str, str] = field(default_factory=dict)
    ended: str | None = None
    ended_at: str | None = None
    therapies: list[str] = field(default_factory=list)
    collected_at: str | None = None
    manufactured_at: str | None = None
    released_at: str | None = None
    doses: list[Administration] = field(default_factory=list)
    assessed_at: str | None = None
    visits: dict[str, dict[str, Any]] = field(default_factory=dict)
    outcomes: dict[int, dict[str, Any]] = field(default_factory=dict)
    milestones: dict[int, dict[str, Any]] = field(default_factory=dict)
    cointerventions: dict[int, dict[str, Any]] = field(default_factory=dict)
    elsewhere: list[dict[str, Any]] = field(default_factory=list)
    unblinded: bool = False
    erased: bool = False
    touched: int = 0

    @property
    def stage(self) -> str:
        """The furthest step of the life of a participant, or how it ended."""
        if self.ended:
            return self.ended
        if self.doses:
            return "in follow-up"
        if self.released_at:
            return "product released"
        if self.manufactured_at:
            return "product made"
        if self.collected_at:
            return "collected"
        if self.allocated_at:
            return "allocated"
        if self.enrolled_at:
            return "enrolled"
        if self.consented_at:
            return "consented"
        return "screened" if self.verdict else "referred"
