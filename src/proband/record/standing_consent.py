"""Whether the consent of somebody stands at a moment: for the gate of what touches the body, and for what is published."""

from __future__ import annotations

from datetime import date

from proband.record.errors import Refusal
from proband.record.participant import Participant
from proband.record.programme_view import ProgrammeView


def consent_fault(
    view: ProgrammeView | None, person: Participant | None, at: str, day: str
) -> Refusal | None:
    """What is wrong with the consent of somebody at a moment, on its calendar day there; ``None`` where it stands."""
    said = person.true("consent", at) if person else None
    if person is None or said is None or view is None:
        return Refusal("gate.consent.none", person=person.id if person else "")
    given = said.value
    lapsed = person.true("lapse", at)
    # an event that asks for consent anew ends every consent that was given before it
    if lapsed is not None and (lapsed.at, lapsed.seq) > (said.at, said.seq):
        return Refusal("gate.consent.lapsed", person=person.id, why=lapsed.value)
    if not view.consent_stands(given.version, given.language, date.fromisoformat(day)):
        return Refusal("gate.consent.version", person=person.id, version=given.version)
    if given.majority_on and given.majority_on <= day:
        return Refusal("gate.consent.majority", person=person.id, day=given.majority_on)
    return None
