"""What is seen of a person: visits, outcomes, milestones, other treatments, decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.baseline import rested_on_since
from proband.record.declare.change import Body, changes
from proband.record.declare.command import AT_ANY_STAGE, Context, WayBack, command, never
from proband.record.declare.data import Amount, Data, Day, Ref, RememberedDate, StaffRef, Words
from proband.record.declare.gate import gate
from proband.record.declare.wording import FREE, INSTRUMENT
from proband.record.errors import Refusal
from proband.record.events import day_begin
from proband.record.gates.stages import PLANNED_VISIT, SCREENED
from proband.record.participant import Participant, visit_key
from proband.record.state import State

#: new data about a person; each may be corrected, and then the new takes the place of the old
observed = partial(command, subject="participant", bears=never, at_closed_site=True, withdrawal="new-data", hold=None, consent="data", current_version=False,
                   watched=False, signature=None, reason=False, live=False, gates=("alive",))  # fmt: skip


def _drop(kept: Callable[[Participant], dict[Any, Any]]) -> WayBack:
    """The way back of what is kept under the number of its entry, or under the number of the correction that stands for it."""

    def take(state: State, subject: str, seq: int) -> str | None:
        of = kept(state.participants[subject])
        for key in [
            key for key, one in of.items() if key == seq or (isinstance(key, str) and one["seq"] == seq)
        ]:
            of.pop(key)
        return None

    return WayBack(take)


def _visit_instead(state: State, person: Participant, of: int, new: dict[str, Any]) -> None:
    for name, visit in list(person.visits.items()):
        if visit["seq"] == of:
            del person.visits[name]
    person.visits[visit_key(new["visit"], new["occurrence"])] = {**new, "seq": state.seq}


@observed(
    "visit.record",
    "visit.recorded",
    stage=(SCREENED, PLANNED_VISIT),
    way_back=_drop(lambda p: p.visits),
    replacement=_visit_instead,
)
class RecordVisit(Data):
    """A visit took place, or was missed for a reason; ``occurrence`` counts the repeats of a repeating visit from 0.

    * ``visit``: the visit, as the schedule names it, or the planned looking for harm (surveillance), as the safety rules name it
    * ``on``: the day of the visit
    * ``occurrence``: which repeat of a repeating visit, counted from 0
    * ``status``: whether it took place
    * ``note``: a remark; no name and nothing else that identifies a person
    """

    visit: Ref
    on: Day
    occurrence: Annotated[int, Field(ge=0)] = 0
    status: Literal["done", "missed"] = "done"
    note: Annotated[str | None, FREE] = None


@changes("visit.recorded")
def _visit(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.visits[visit_key(data["visit"], data["occurrence"])] = {**data, "seq": state.seq}
    if data["status"] == "done":
        _assessed(person, body["at"])


def _outcome_gone(state: State, subject: str, seq: int) -> str | None:
    """A measurement that was none: a first dose may have rested on it as on its baseline."""
    # by the number of its entry, or by that of the correction that stands for it
    kept: dict[Any, Any] = state.participants[subject].outcomes
    mine = [one for key, one in kept.items() if key == seq or (isinstance(key, str) and one["seq"] == seq)]
    since = min((day for one in mine if (day := rested_on_since(state, one)) is not None), default=None)
    _drop(lambda p: p.outcomes).take(state, subject, seq)
    return since


def _outcome_instead(state: State, person: Participant, of: int, new: dict[str, Any]) -> None:
    person.outcomes.pop(of, None)
    person.outcomes[state.seq] = new


class NotAnswered(Data):
    """Why an item was not answered.

    * ``missing``: why it was not answered
    """

    missing: Literal["unknown", "not-asked", "masked", "not-applicable"]


@gate(
    "outcome-values", mend="record what the instrument asks, as its form asks it, and let the record score it"
)
def outcome_values(c: Context) -> Refusal | None:
    """Items by the form of an instrument that is known, and scores that follow from them."""
    if c.view is None:
        return None
    # imported here: the instruments bring numerics with them, and most uses of a record score nobody
    from proband.record.outcomes import mismatch

    wrong = mismatch(c.view, c.data)
    if wrong is None:
        return None
    return Refusal("gate.outcome-values.disagree", problem=wrong, instrument=c.data["instrument"])


def _score(
    state: State, participant: str, given: dict[str, Any], seed_of: Callable[[str], bytes]
) -> dict[str, Any]:
    from proband.record.outcomes import outcome_data

    return outcome_data(given)


@observed("outcome.record", "outcome.recorded", stage=(SCREENED, PLANNED_VISIT), gates=("alive", "outcome-values"),
          completion=_score, gives=("no_score",), fills=("instrument_version", "scores"), way_back=WayBack(_outcome_gone), replacement=_outcome_instead)  # fmt: skip
class RecordOutcome(Data):
    """An instrument at a visit: its items by its own form, and the scores that follow; the record scores what has items.

    * ``visit``: the visit at which it was measured
    * ``on``: the day of the measurement
    * ``instrument``: the instrument
    * ``instrument_version``: its version; the record gives it where it knows the instrument
    * ``variant``: the published form, for instruments with several
    * ``items``: each item with its answer, as the form asks it: 7, 2.1 mg/dL, or missing with the reason
    * ``scores``: the scores; the record works them out from the items
    * ``no_score``: why there is no score; the record says so
    """

    visit: Ref
    on: Day
    instrument: Ref
    instrument_version: Annotated[str, Field(min_length=1, max_length=4000), INSTRUMENT]
    variant: Ref | None = None
    items: dict[Ref, NotAnswered | Amount | bool | float | Annotated[str, INSTRUMENT]] = {}
    scores: dict[Ref, float | Annotated[str, INSTRUMENT] | None] = {}
    no_score: Words | None = None


@changes("outcome.recorded")
def _outcome(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.outcomes[state.seq] = data
    _assessed(person, body["at"])


def _assessed(person: Participant, at: str) -> None:
    person.assessed_at = max(at, person.assessed_at or "")


def _milestone_instead(state: State, person: Participant, of: int, new: dict[str, Any]) -> None:
    person.milestones.pop(of, None)
    person.milestones[state.seq] = new


@observed("milestone.record", "milestone.recorded", permission="participant.milestone.record", stage=AT_ANY_STAGE,
          way_back=_drop(lambda p: p.milestones), replacement=_milestone_instead)  # fmt: skip
class RecordMilestone(Data):
    """Something of the past, with as much of its date as people remember.

    * ``milestone``: which milestone
    * ``when``: when it was, as exactly as people remember: 2020, May 2020, unknown
    * ``reached``: whether it was reached
    """

    milestone: Ref
    when: RememberedDate
    reached: bool


@changes("milestone.recorded")
def _milestone(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].milestones[state.seq] = data


def _since_its_start(body: Mapping[str, Any]) -> str | None:
    """Another cell product or study drug counts for the washout of every dose after it began."""
    start: str = body["data"]["start"]
    return day_begin(start, body["offset"]) if body["data"]["counts_for_washout"] else None


def _cointervention_instead(state: State, person: Participant, of: int, new: dict[str, Any]) -> None:
    person.cointerventions.pop(of, None)
    person.cointerventions[state.seq] = new


@observed("cointervention.record", "cointervention.recorded", permission="participant.cointervention.record",
          stage=AT_ANY_STAGE, way_back=_drop(lambda p: p.cointerventions), bears=_since_its_start, replacement=_cointervention_instead)  # fmt: skip
class RecordCointervention(Data):
    """Another treatment: kind, dates, amount; another cell product or study drug counts for the washout.

    * ``kind``: what was given or done
    * ``counts_for_washout``: whether it is another cell product or study drug
    * ``start``: its first day
    * ``end``: its last day; nothing while it goes on
    * ``amount``: how much
    """

    kind: Words
    counts_for_washout: bool
    start: Day
    end: Day | None = None
    amount: Amount | None = None


@changes("cointervention.recorded")
def _cointervention(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].cointerventions[state.seq] = data


@command("decision.record", "decision.recorded", bears=never, at_closed_site=True, permission="participant.decision.record", subject="participant",
         stage=AT_ANY_STAGE, withdrawal=None, hold=None, consent=None, current_version=False, watched=False, reason=False,
         live=False, gates=(), signature="decision")  # fmt: skip
class RecordDecision(Data):
    """A case conference: who was there, the options, the decision, and the dissent.

    * ``present``: who took part
    * ``options``: what was considered
    * ``decision``: what was decided
    * ``dissent``: who disagreed and why; an empty list where nobody did
    """

    present: Annotated[list[StaffRef], Field(min_length=2)]
    options: Annotated[list[Words], Field(min_length=2)]
    decision: Words
    dissent: list[Words]


@changes("decision.recorded")
def _decision(state: State, body: Body, data: dict[str, Any]) -> None:
    state.decisions[state.seq] = {**data, "participant": body["subject"], "at": body["at"]}
