"""The verdict on eligibility, judged again from the values that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from proband.record.declare.change import STATEMENT, Body, changes, statement
from proband.record.declare.command import Context, command
from proband.record.declare.data import Data, Words
from proband.record.declare.gate import gate
from proband.record.declare.wording import CRITERIA
from proband.record.doses import ENTRY, verdict_kind
from proband.record.errors import Refusal
from proband.record.events import day_begin, is_day
from proband.record.gates.stages import REFERRED
from proband.record.participant import VerdictOnRecord
from proband.record.state import State


@gate("verdict-values", mend="screen the person's facts, and send what screening gives")
def verdict_values(c: Context) -> Refusal | None:
    """Who is said to be eligible is so by the stored values, judged again under the criteria of the version in force."""
    if c.view is None or c.view.eligibility is None:
        return None
    # imported here: screening brings the table engines with it, and most uses of a record screen nobody
    from proband.record.verdicts import mismatch

    wrong = mismatch(c.view.eligibility, c.data)
    if wrong is not None:
        return Refusal("gate.verdict-values.disagree", subject=c.subject, problem=wrong)
    as_of = c.data["facts"].get("as_of")
    if c.data["outcome"] == "eligible" and (not is_day(as_of) or as_of > c.day):
        return Refusal("gate.verdict-values.day", subject=c.subject, day=str(as_of)[:20], at=c.day)
    return None


def _since_its_day(body: Mapping[str, Any]) -> str | None:
    at: str = body["at"]
    as_of = body["data"]["facts"].get("as_of")
    return day_begin(as_of, body["offset"]) if is_day(as_of) and as_of < body["day"] else at


@command("participant.screen", "participant.screened", bears=_since_its_day, of_its_time=True, way_back=STATEMENT, subject="participant", stage=(REFERRED,), withdrawal="procedures",
         hold=None, consent=None, current_version=False, watched=False, signature=None, reason=False, live=False,
         gates=("alive", "approval", "verdict-values"))  # fmt: skip
class Screen(Data):
    """The verdict on eligibility, with the facts it rests on; unknown is neither yes nor no.

    The three are what :func:`proband.record.verdicts.screening_data` gives.

    * ``outcome``: the verdict
    * ``facts``: the day and the values that the criteria saw, as screening gives them
    * ``reasons``: why, in words; an empty list where nothing speaks against it
    """

    outcome: Literal["eligible", "not-eligible", "needs-data"]
    facts: Annotated[dict[str, Any], CRITERIA]
    reasons: list[Words]


@changes("participant.screened")
def _screened(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    # a verdict is as old as the day whose facts it judges, whenever it was worked out
    at = _since_its_day(body) or body["at"]
    verdict = VerdictOnRecord(data["outcome"], body["programme"], at, state.seq, data["facts"])
    kind = verdict_kind(data["facts"].get("through"))
    person.say(kind, statement(state, body, verdict, at))
    # a verdict before a dose is no screening: nobody comes in by it
    person.screenings += kind == ENTRY
