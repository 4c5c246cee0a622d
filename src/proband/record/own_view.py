"""What the record tells a participant, or a family, of themselves: their visits, what they agreed to with its text, what comes next, what would be published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from proband.record.events import local_date
from proband.record.kept_bundle import canonical_bytes_of
from proband.record.participant import Participant
from proband.record.programme_view import ProgrammeView
from proband.record.publishing import course_in_words, line_now, may_be_published
from proband.record.standing_consent import consent_fault
from proband.record.state import State
from proband.record.tables import about
from proband.record.visits import VisitRow, visits

#: the levels of withdrawal, and what they are in plain words
LEVELS = {
    "treatment": "no more treatment from this programme",
    "contact": "no more visits, calls or letters",
    "data": "no more use of what was written down about me",
}


@dataclass(frozen=True, slots=True)
class OwnConsent:
    """A consent that stands on record: its text as it was, in which language, since when, and whether it still holds (``why_not``: why it does not)."""

    version: str
    language: str
    at: str
    text: str
    why_not: str | None


@dataclass(frozen=True, slots=True)
class OwnLevel:
    """A level of withdrawal: what it stops, what goes on, and since when it is on record (``None``: it is not)."""

    id: str
    words: str
    keeps: str
    since: str | None


@dataclass(frozen=True, slots=True)
class OwnView:
    """Everything that one participant is shown of themselves; no arm stands in it while anybody must not know it."""

    participant: str
    to_come: tuple[VisitRow, ...]
    been: tuple[VisitRow, ...]
    consent: OwnConsent | None
    levels: tuple[OwnLevel, ...]
    line: str | None
    published: bool


def is_masked_from_participants(view: ProgrammeView | None) -> bool:
    """Whether the programme hides the arm from the participants: then their own page tells no arm to anybody who opens it."""
    return view is not None and any(one.role == "participant" and one.masked for one in view.masking)


def own_view(state: State, participant: str, today: date, now: str) -> OwnView:
    """The view of one participant.

    Visits that only some arms have are left out where the programme hides the arm from the participant: that one has to come tells the arm as well.

    Raises
    ------
    KeyError
        Where there is no such participant.
    """
    person = state.participants[participant]
    view = state.view
    hidden = is_masked_from_participants(view)
    telling = {visit.id for visit in (view.schedule.visits if view else ()) if visit.arms}
    telling |= {one.id for one in (view.safety.surveillance if view else ()) if one.from_visit in telling}
    rows = [
        row
        for row in visits(about(state, participant), today)
        if not (hidden and row.visit.partition("#")[0] in telling)
    ]
    levels = tuple(
        OwnLevel(one.id, LEVELS[one.id], one.keeps, person.withdrawn.get(one.id))
        for one in (view.consent.withdrawal if view is not None else ())
    )
    line = course_in_words(line_now(state, participant)[0]) if person.given and not hidden else None
    return OwnView(
        participant,
        tuple(sorted((row for row in rows if row.status in ("upcoming", "due", "late")), key=lambda row: row.opens)),
        tuple(row for row in rows if row.status in ("done", "partial", "missed")),
        _consent(state, person, now), levels, line, may_be_published(state, person, local_date(now, "+00:00")),
    )  # fmt: skip


def _consent(state: State, person: Participant, now: str) -> OwnConsent | None:
    given = person.consent
    if given is None:
        return None
    fault = consent_fault(state.view, person, now, local_date(now, "+00:00"))
    text = text_of_consent(state, given.programme, given.version)
    return OwnConsent(given.version, given.language, given.at, text, fault.message if fault else None)


def text_of_consent(state: State, digest: str, version: str) -> str:
    """The text of a version of consent, out of the bundle of this hash that the record keeps; empty where it keeps none."""
    lines, view = state.bundles.get(digest), state.programmes.get(digest)
    declared = (
        next((one for one in view.consent.versions if one.id == version), None) if view is not None else None
    )
    if lines is None or declared is None:
        return ""
    kept: dict[str, Any] = orjson.loads(canonical_bytes_of(lines))
    return str(kept.get("consent", {}).get(declared.document, ""))
