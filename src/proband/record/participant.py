"""A participant as the log has them: verdict, consent, doses, visits, and how far they have come.

Times are UTC stamps (text order is time order), days are ``YYYY-MM-DD``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from proband.record.known import ALWAYS, KnownStatement, true_at
from proband.record.undo import Undoable


def visit_key(visit: str, occurrence: int) -> str:
    """The name of one occurrence of a visit: ``yearly``, then ``yearly#1``, ``yearly#2`` …"""
    return visit if occurrence == 0 else f"{visit}#{occurrence}"


#: what stands in the place of the gates that were not asked: it happened before there was a record
HISTORICAL = "historical"


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
    minor: bool = False
    majority_on: str | None = None
    #: the pseudonyms of the guardians or representatives who agreed
    guardians: tuple[str, ...] = ()
    #: whether those agreed for an adult who could not decide
    represented: bool = False

    @property
    def by_others(self) -> bool:
        """Whether others consented for the person."""
        return self.minor or self.represented


@dataclass(slots=True)
class Administration(Undoable):
    """One administration: the first verdict on it, which never changes, and what it stands at since.

    ``valid``: every gate let it pass, and every permission was on record before it. ``broken``: the gates that did not.
    ``afterwards``: what permitted it and was recorded only after it. ``standing``: ``questioned`` by what was entered later, then
    ``upheld`` or ``invalid`` by two people; ``taken-back``: it never happened.
    """

    product: str
    at: str
    seq: int
    valid: bool
    broken: tuple[str, ...] = ()
    afterwards: tuple[str, ...] = ()
    standing: str | None = None
    questions: list[dict[str, Any]] = field(default_factory=list)
    people: tuple[str, ...] = ()
    #: the latest moment at which it can have been given; of a dose that was given offline, by its device's counter
    late: str = ""
    #: what its gates ask (JSON), kept so that it can be judged again at its own time: actor, role, site, offset, data …
    said: str = ""
    #: the gates that would refuse it by what is known now; ``None``: it was never judged again
    found: tuple[str, ...] | None = None
    #: the calendar day on which it was given, where it was given
    day: str = ""

    @property
    def first_verdict(self) -> str:
        """``valid``, ``documented afterwards``, ``deviation``, or ``historical``: before there was a record."""
        if self.historical:
            return HISTORICAL
        if self.valid:
            return "valid"
        return "documented afterwards" if self.afterwards and not self.broken else "deviation"

    @property
    def historical(self) -> bool:
        """Whether it was given before the record was begun: no gate was asked."""
        return self.broken == (HISTORICAL,)

    @property
    def stands(self) -> bool:
        """Whether it counts as a valid administration today."""
        return self.valid and self.standing in (None, "upheld")

    @property
    def happened(self) -> bool:
        """Whether somebody was given something: all but an entry that two people took back."""
        return self.standing != "taken-back"


@dataclass(slots=True)
class Participant(Undoable):
    """One person, under a pseudonym; ``number`` is sealed at consent and is never given again."""

    id: str
    site: str
    origin: str
    referred_at: str
    referred_on: str
    programme: str
    number: int | None = None
    #: by kind (``verdict``, ``consent``, ``lapse``, ``capacity``, ``ended``, ``withdrawn:<level>``) everything that was ever said
    known: dict[str, list[KnownStatement]] = field(default_factory=dict)
    #: the names of the adverse events that were reported of them
    adverse_events: dict[str, None] = field(default_factory=dict)
    screenings: int = 0
    consented_at: str | None = None
    enrolled_at: str | None = None
    allocated_at: str | None = None
    arm: str | None = None
    allocation_index: int | None = None
    stratum: dict[str, str] = field(default_factory=dict)
    #: of earlier versions: the arm, encrypted
    sealed_arm: str | None = None
    #: by which sealed list they have their place, the commitment to its arm, and what was corrected of their levels since
    scheme: str | None = None
    place: str | None = None
    factors: list[dict[str, Any]] = field(default_factory=list)
    #: the identifiers of their therapy events, and the donation numbers of what was taken from them: nobody looks through everybody's for theirs
    therapies: list[str] = field(default_factory=list)
    collections: list[str] = field(default_factory=list)
    #: the kits that they were ever assigned
    kits: list[str] = field(default_factory=list)
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
    #: of somebody who was taken over: the steps that they had taken before the record, each with its day; number, arm, sources, event
    historical: dict[str, Any] = field(default_factory=dict)
    unblinded: bool = False
    #: how often the texts about them were erased, and whether all that is known of them was
    texts_erased: int = 0
    erased: bool = False
    touched: int = 0

    def true(self, kind: str, at: str = ALWAYS) -> KnownStatement | None:
        """What is true of them at a moment (at last, where none is given), as known now."""
        statements = self.known.get(kind)
        return None if statements is None else true_at(statements, at)

    def say(self, kind: str, statement: KnownStatement) -> None:
        """Keep a statement beside all others of its kind."""
        self.known.setdefault(kind, []).append(statement)

    def _last(self, kind: str) -> Any:
        found = self.true(kind)
        return None if found is None else found.value

    @property
    def arm_is_sealed(self) -> bool:
        """Whether they have an arm that stands nowhere in the log."""
        return self.arm is None and (self.place is not None or self.sealed_arm is not None)

    @property
    def verdict(self) -> VerdictOnRecord | None:
        """The verdict on eligibility that happened last."""
        found: VerdictOnRecord | None = self._last("verdict")
        return found

    @property
    def consent(self) -> ConsentGiven | None:
        """The consent that was given last."""
        found: ConsentGiven | None = self._last("consent")
        return found

    @property
    def capacity(self) -> str | None:
        """What was assessed last; a tick in a consent form is no assessment."""
        found: str | None = self._last("capacity")
        return found

    @property
    def withdrawn(self) -> dict[str, str]:
        """Since when they have withdrawn, by level."""
        found = {}
        for kind, statements in self.known.items():
            if kind.startswith("withdrawn:"):
                since = min((one.at for one in statements if one.until is None), default=None)
                if since is not None:
                    found[kind[10:]] = since
        return found

    @property
    def ended(self) -> str | None:
        """How it ended, if it did: ``died``, ``lost``, ``completed``."""
        found: str | None = self._last("ended")
        return found

    @property
    def ended_at(self) -> str | None:
        """When it ended."""
        found = self.true("ended")
        return found.at if found is not None and found.value else None

    def programme_at(self, at: str) -> str:
        """The version that they had been brought to at a moment."""
        found = self.true("programme", at)
        return self.programme if found is None else str(found.value)

    def site_at(self, at: str) -> str:
        """The site whose participant they were at a moment."""
        found = self.true("site", at)
        return self.site if found is None else str(found.value)

    def dead(self) -> bool:
        """Whether they are recorded as dead: nothing that happened later undoes that."""
        return any(one.value == "died" and one.until is None for one in self.known.get("ended", ()))

    @property
    def given(self) -> list[Administration]:
        """What they were given, in the order in which it was given."""
        return sorted((dose for dose in self.doses if dose.happened), key=lambda dose: (dose.at, dose.seq))

    @property
    def assessed(self) -> bool:
        """Whether somebody was looked at since their first dose."""
        return bool(given := self.given) and (self.assessed_at or "") >= given[0].at

    @property
    def assessed_untreated(self) -> bool:
        """Whether somebody whose arm gets nothing was looked at since they were allocated to it."""
        return self.allocated_at is not None and (self.assessed_at or "") >= self.allocated_at

    @property
    def only_elsewhere(self) -> bool:
        """Whether they were treated, as far as is known, and never by this programme."""
        return not self.given and (self.origin == "treated-elsewhere" or bool(self.elsewhere))

    @property
    def stage(self) -> str:
        """The furthest step of the life of a participant, or how it ended."""
        if self.ended:
            return self.ended
        if self.given:
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
        if self.historical:
            return "taken over"
        return "screened" if self.verdict else "referred"
