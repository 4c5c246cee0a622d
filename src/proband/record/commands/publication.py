"""Publication: what a family has seen of itself and agrees to, and that it agrees no longer."""

from __future__ import annotations

from datetime import date
from typing import Any

from proband.record.declare.change import STATEMENT, Body, changes, statement
from proband.record.declare.command import Context, command, never
from proband.record.declare.data import Data, Digest, Words
from proband.record.gates.stages import of_person
from proband.record.participant import Participant
from proband.record.publishing import lines_of, may_be_published
from proband.record.state import State


def _agreed(c: Context, person: Participant) -> bool:
    return may_be_published(c.state, person, c.day, c.at)


def _true_line(c: Context, person: Participant) -> bool:
    return c.data["preview"] in lines_of(c.state, person, date.fromisoformat(c.day))


@command("publication.approve", "publication.approved", bears=never, way_back=STATEMENT, permission="participant.consent", subject="participant",
         withdrawal="use-of-data", hold=None, consent="in-force", current_version=False, watched=False, signature="publication", reason=False,
         live=False, gates=(), at_closed_site=True, stage=(
             of_person(_agreed, "consent to publication, in force"),
             of_person(_true_line, "a preview of what the record would publish now: show it again"),
         ))  # fmt: skip
class ApprovePublication(Data):
    """The participant, or the guardians, saw exactly the line that is to be published of them, and by what they could be known, and agree to it.

    * ``preview``: the sha256 that stands under the preview
    """

    preview: Digest


@changes("publication.approved")
def _approved(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].say("preview", statement(state, body, data["preview"]))


@command("publication.withdraw", "publication.withdrawn", bears=never, way_back=STATEMENT, permission="participant.withdrawal.record", subject="participant",
         withdrawal=None, hold=None, consent=None, current_version=False, watched=False, signature=None, reason=False, live=False, gates=(),
         at_closed_site=True, stage=(of_person(lambda c, p: p.consented_at, "consent, before it can be withdrawn"),))  # fmt: skip
class WithdrawPublication(Data):
    """Withdraw the consent to publication alone: the next build shows nothing of them; treatment and follow-up go on.

    * ``said``: what they said; no name and nothing else that identifies a person
    """

    said: Words


@changes("publication.withdrawn")
def _withdrawn(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].say("publication-withdrawn", statement(state, body, data["said"]))
