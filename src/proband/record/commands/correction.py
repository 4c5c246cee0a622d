"""Corrections, questions about an entry, and tasks that were done."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from pydantic import Field, ValidationError

from proband.record.baseline import rested_on_since
from proband.record.declare.change import Body, changes, task_done
from proband.record.declare.command import (
    AT_ANY_STAGE,
    BY_EVENT,
    GATES,
    CommandType,
    Context,
    OpensSealed,
    command,
    never,
)
from proband.record.declare.data import Data, Ref, TaskName, Words
from proband.record.declare.gate import gate
from proband.record.declare.naming import NewNames
from proband.record.declare.wording import ENTRY
from proband.record.errors import Refusal
from proband.record.known import known_at
from proband.record.participant import Participant
from proband.record.questions import call_into_question
from proband.record.state import Query, State


@gate(
    "correction",
    mend="name the newest entry of this participant that may be corrected, with all of its fields",
)
def correction(c: Context) -> Refusal | None:
    """A correction names an event of this participant that may be corrected and has not been yet."""
    target, kind = c.body["corrects"], c.data["event"]
    state = c.state
    if not isinstance(target, int) or not 1 <= target <= state.seq:
        return Refusal("gate.correction.unnamed")
    declared = BY_EVENT.get(kind)
    if declared is None or declared.replacement is None:
        return Refusal("gate.correction.kind", kind=kind)
    if state.kinds[target - 1] != kind or state.subjects[target - 1] != c.subject or target in state.invalid:
        return Refusal("gate.correction.event", target=target, kind=kind, subject=c.subject)
    if target in state.corrected:
        return Refusal("gate.correction.corrected", target=target, by=state.corrected[target])
    try:
        new = declared.data.model_validate(c.data["data"]).model_dump(mode="json")
    except ValidationError as error:
        return Refusal("gate.correction.data", kind=kind, problem=error.errors()[0]["msg"])
    return _judged_as_new(c, declared, new)


#: what has judged the correction itself, in its own time and with its own signature; and what a later end does not forbid
OF_THE_CORRECTION = ("clock", "reason", "signature", "capsule", "locked", "alive", "withdrawal")


def _judged_as_new(c: Context, declared: CommandType, new: dict[str, Any]) -> Refusal | None:
    """What the gates of the corrected command say of the new data: whoever says it anew must be one who may say it.

    That somebody has died or withdrawn since forbids no correction of what was there before.
    """
    body = {**c.body, "event": declared.event, "command": declared.verb, "data": new}
    inner = Context(c.state, body, declared)
    for name in declared.gates:
        if name in OF_THE_CORRECTION:
            continue
        refusal = GATES[name].function(inner)
        if refusal is not None:
            return Refusal("gate.correction.refused", problem=refusal.message, correction=refusal.mend)
    return None


def _complete(state: State, participant: str, given: dict[str, Any], secrets: OpensSealed) -> dict[str, Any]:
    """What the record adds to the corrected data, as it would to new ones."""
    declared, data = BY_EVENT.get(str(given.get("event"))), given.get("data")
    if declared is None or declared.completion is None or declared.draws or not isinstance(data, dict):
        # what draws is corrected by nothing, and nothing is opened to find that out
        return {}
    return {"data": data | declared.completion(state, participant, data, secrets)}


@command("event.correct", "event.corrected", when_locked="voids", at_closed_site=True, bears=never, permission="participant.correction.record", subject="participant",
         stage=AT_ANY_STAGE, withdrawal="use-of-data", hold=None, consent=None, current_version=False, watched=False,
         signature=None, live=False, gates=("correction",), reason=True, custodian=True, names_event=True, completion=_complete)  # fmt: skip
class Correct(Data):
    """Correct an earlier event by a new one that names it; the old one stays.

    * ``event``: what kind of event is corrected, as ``visit.recorded``
    * ``data``: all fields of the event as they should have been
    """

    event: Annotated[Ref, Field(description="What kind of event is corrected, as ``visit.recorded``")]
    data: Annotated[dict[str, Any], ENTRY]


@changes("event.corrected")
def _corrected(state: State, body: Body, data: dict[str, Any]) -> None:
    target, declared = body["corrects"], BY_EVENT[data["event"]]
    new = declared.data.model_validate(data["data"]).model_dump(mode="json")
    person = state.participants[body["subject"]]
    old = _standing_entry(person, target)
    if old is not None and old.get("counts_for_washout"):
        state.free_from(person.id, "", known_at(body), dose=False, end=old["end"])
    state.replace_event(target)
    # the correction may itself be corrected: it stands for an event of the kind that it replaced
    state.kinds[-1] = data["event"]
    if declared.replacement is not None:
        declared.replacement(state, person, target, new)
    # a dose rested on what stood before, and would rest on what stands now
    told = [declared.bears({**body, "data": one}) for one in (old, new) if one is not None]
    if data["event"] == "outcome.recorded":
        told += [rested_on_since(state, one) for one in (old, new)]
    since = min((one for one in told if one is not None), default=None)
    if since is not None:
        for dose in person.doses:
            if since < dose.late:
                call_into_question(state, body, person, dose, since)


def _standing_entry(person: Participant, target: int) -> dict[str, Any] | None:
    """What an entry said until now, as it is kept of the participant."""
    for kept in (person.outcomes, person.milestones, person.cointerventions):
        if target in kept:
            return kept[target]
    return next((one for one in person.visits.values() if one["seq"] == target), None)


def _is_open(c: Context) -> bool:
    return c.subject in c.state.queries and c.state.queries[c.subject].status != "closed"


of_queries = partial(command, subject="query", bears=never, at_closed_site=True, withdrawal=None, hold=None, consent=None, current_version=False, watched=False,
                     signature=None, reason=False, live=False)  # fmt: skip


@of_queries("query.open", "query.opened", stage=((lambda c: c.data["about"] <= c.state.seq, "such an event"),),
            unique=NewNames("queries"), gates=())  # fmt: skip
class OpenQuery(Data):
    """Ask about a field of an event.

    * ``about``: the number of the event that is asked about
    * ``field``: which field of it
    * ``text``: the question
    """

    about: Annotated[int, Field(ge=1)]
    field: Words
    text: Words


@changes("query.opened")
def _query(state: State, body: Body, data: dict[str, Any]) -> None:
    about = state.subjects[data["about"] - 1]
    state.queries[body["subject"]] = Query(
        body["subject"], data["about"], data["field"], about if about in state.participants else None
    )


@of_queries("query.answer", "query.answered", stage=((_is_open, "an open query"),), gates=())
class AnswerQuery(Data):
    """Answer in the thread.

    * ``text``: the answer
    """

    text: Words


@changes("query.answered")
def _answered(state: State, body: Body, data: dict[str, Any]) -> None:
    query = state.queries[body["subject"]]
    query.status, query.posts = "answered", query.posts + 1


@of_queries("query.close", "query.closed", stage=((_is_open, "an open query"),), gates=())
class CloseQuery(Data):
    """Close the thread.

    * ``text``: why it is settled
    """

    text: Words


@changes("query.closed")
def _query_closed(state: State, body: Body, data: dict[str, Any]) -> None:
    query = state.queries[body["subject"]]
    query.status, query.posts = "closed", query.posts + 1


@command("task.close", "task.closed", bears=never, at_closed_site=True, permission="participant.task.record", subject="participant", withdrawal=None, hold=None,
         consent=None, current_version=False, watched=False, signature=None, reason=False, live=False, gates=(),
         stage=((lambda c: c.data["task"] in c.state.tasks and c.state.tasks[c.data["task"]].done is None, "an open task"),))  # fmt: skip
class CloseTask(Data):
    """A task was done: which, and how.

    * ``task``: the name of the task
    * ``how``: how it was done
    """

    task: TaskName
    how: Words


@changes("task.closed")
def _task_closed(state: State, body: Body, data: dict[str, Any]) -> None:
    task_done(state, data["task"])
