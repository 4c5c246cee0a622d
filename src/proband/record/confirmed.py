"""Whether somebody was judged by the criteria of every visit at which criteria are asked, and not of screening alone."""

from __future__ import annotations

from proband.record.approvals import covered_by
from proband.record.known import KnownStatement
from proband.record.participant import Participant
from proband.record.programme_view import ProgrammeView
from proband.record.state import State


def last_visit(view: ProgrammeView) -> str | None:
    """The last visit at which criteria are asked; ``None`` where all are asked at screening."""
    visits = view.eligibility.visits if view.eligibility is not None else ()
    return visits[-1].id if visits else None


def confirmations(
    state: State, view: ProgrammeView, person: Participant, version: str, at: str
) -> list[KnownStatement]:
    """The verdicts until a moment that found somebody eligible through the last visit, as known now, under a version or one that covers it.

    What was confirmed once need not be confirmed before every dose: the newest verdict says whether it still holds.
    """
    last, versions = last_visit(view), set(covered_by(state, version))
    return [
        one
        for one in person.known.get("verdict", ())
        if one.until is None
        and one.at <= at
        and one.value.outcome == "eligible"
        and one.value.programme in versions
        and one.value.facts.get("through") == last
    ]
