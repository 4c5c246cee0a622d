"""What events of a participant's life change."""

from __future__ import annotations

from typing import Any

from proband.record.changes.declare import (
    Body,
    Change,
    add_task,
    all_done,
    changes,
    task_done,
)
from proband.record.commands import BY_EVENT
from proband.record.events import moment
from proband.record.state import (
    ConsentGiven,
    Participant,
    Query,
    State,
    VerdictOnRecord,
    visit_key,
)  # fmt: skip


@changes("participant.referred")
def _referred(state: State, body: Body, data: dict[str, Any]) -> None:
    name = body["subject"]
    state.participants[name] = Participant(name, body["site"], data["origin"], body["at"], body["programme"])


@changes("elsewhere.recorded")
def _elsewhere(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.elsewhere.append({**data, "at": body["at"], "seq": state.seq})
    if data["warning_signs"]:
        add_task(state, "imaging", person.id, body["at"][:10],
              "treated elsewhere with " + ", ".join(data["warning_signs"]) + ": ask for imaging", f"imaging:{person.id}:{state.seq}")  # fmt: skip


@changes("participant.screened")
def _screened(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.verdict = VerdictOnRecord(data["outcome"], body["programme"], body["at"], state.seq)
    person.screenings += 1


@changes("consent.given")
def _consented(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    if person.number is None:
        person.number = data["number"]
        state.numbers = max(state.numbers, data["number"])
    person.consent = ConsentGiven(
        data["version"], data["language"], body["at"], body["programme"], state.seq, data["publication"]
    )
    person.consented_at = person.consented_at or body["at"]
    person.capacity = data["capacity"]
    person.minor = data["by"] == "guardians"
    all_done(state, "reconsent", person.id)
    if person.minor:
        person.majority_on = data["majority_on"]
        add_task(
            state,
            "majority",
            person.id,
            data["majority_on"],
            "ask for their own consent on coming of age",
            f"majority:{person.id}",
        )
    else:
        person.majority_on = None
        task_done(state, f"majority:{person.id}")


@changes("capacity.assessed")
def _capacity(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    regained = person.capacity == "lacks" and data["result"] == "has"
    person.capacity = data["result"]
    if regained:
        _lapse(state, person, "capacity-regained", "capacity was regained")


def _lapse(state: State, person: Participant, event: str, why: str) -> None:
    """Let consent lapse where the programme says that this event asks for it anew."""
    view = state.view
    if view is None or person.consent is None:
        return
    rule = next((rule for rule in view.consent.reconsent if rule.event == event), None)
    if rule is None:
        return
    if {"treatment", "procedures"} & set(rule.blocks):
        person.consent.lapsed = why
    add_task(state, "reconsent", person.id, state.recorded[:10], why, f"reconsent:{person.id}:{state.seq}")


@changes("participant.enrolled")
def _enrolled(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].enrolled_at = body["at"]


@changes("participant.allocated")
def _allocated(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.allocated_at = body["at"]
    person.arm = data["arm"]
    person.allocation_index = data["index"]
    person.stratum = dict(data["stratum"])
    person.sealed_arm = data["sealed_arm"]
    state.allocations += 1


@changes("allocation.unblinded")
def _unblinded(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.unblinded = True
    add_task(
        state,
        "alarm",
        person.id,
        body["at"][:10],
        f"unblinded ({data['urgency']}): {body['reason']}",
        f"unblinded:{state.seq}",
    )


@changes("participant.migrated")
def _migrated(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.programme = data["to_programme"]
    task_done(state, f"migrate:{person.id}:{data['to_programme'][:12]}")
    view = state.view
    if view is None or person.consent is None:
        return
    day = moment(body["at"]).date()
    if not view.consent_stands(person.consent.version, person.consent.language, day):
        current = view.consent.version_on(day, person.consent.language)
        add_task(state, "reconsent", person.id, body["at"][:10], f"consent to {current.id if current else 'the text in force'}",
              f"reconsent:{person.id}:{state.seq}")  # fmt: skip


@changes("participant.transferred")
def _transferred(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.site = data["to_site"]
    _lapse(state, person, "transfer", f"moved to {data['to_site']}")


@changes("participant.withdrawn")
def _withdrawn(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].withdrawn[data["level"]] = body["at"]


def _end(kind: str) -> Change:
    def change(state: State, body: Body, data: dict[str, Any]) -> None:
        person = state.participants[body["subject"]]
        person.ended, person.ended_at = kind, body["at"]

    return change


changes("participant.lost")(_end("lost"))


@changes("participant.died")
def _died(state: State, body: Body, data: dict[str, Any]) -> None:
    _end("died")(state, body, data)
    if state.participants[body["subject"]].doses:
        state.deaths.append(body["subject"])


changes("participant.completed")(_end("completed"))


@changes("participant.found")
def _found(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.ended = person.ended_at = None


@changes("visit.recorded")
def _visit(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.visits[visit_key(data["visit"], data["occurrence"])] = {**data, "seq": state.seq}
    if data["status"] == "done":
        _assessed(person, body["at"])


@changes("outcome.recorded")
def _outcome(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants[body["subject"]]
    person.outcomes[state.seq] = data
    _assessed(person, body["at"])


def _assessed(person: Participant, at: str) -> None:
    if person.doses and person.assessed_at is None:
        person.assessed_at = at


@changes("milestone.recorded")
def _milestone(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].milestones[state.seq] = data


@changes("cointervention.recorded")
def _cointervention(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].cointerventions[state.seq] = data


@changes("decision.recorded")
def _decision(state: State, body: Body, data: dict[str, Any]) -> None:
    state.decisions[state.seq] = {**data, "participant": body["subject"], "at": body["at"]}


@changes("event.corrected")
def _corrected(state: State, body: Body, data: dict[str, Any]) -> None:
    target = body["corrects"]
    new = BY_EVENT[data["event"]].data.model_validate(data["data"]).model_dump(mode="json")
    person = state.participants[body["subject"]]
    state.corrected[target] = state.seq
    # the correction may itself be corrected: it stands for an event of the kind that it replaced
    state.kinds[-1] = data["event"]
    if data["event"] == "visit.recorded":
        for name, visit in list(person.visits.items()):
            if visit["seq"] == target:
                del person.visits[name]
        person.visits[visit_key(new["visit"], new["occurrence"])] = {**new, "seq": state.seq}
        return
    rows = {"outcome.recorded": person.outcomes, "milestone.recorded": person.milestones}.get(
        data["event"], person.cointerventions
    )
    rows.pop(target, None)
    rows[state.seq] = new


@changes("query.opened")
def _query(state: State, body: Body, data: dict[str, Any]) -> None:
    about = state.subjects[data["about"] - 1]
    state.queries[body["subject"]] = Query(
        body["subject"], data["about"], data["field"], about if about in state.participants else None
    )


@changes("query.answered")
def _answered(state: State, body: Body, data: dict[str, Any]) -> None:
    query = state.queries[body["subject"]]
    query.status, query.posts = "answered", query.posts + 1


@changes("query.closed")
def _query_closed(state: State, body: Body, data: dict[str, Any]) -> None:
    query = state.queries[body["subject"]]
    query.status, query.posts = "closed", query.posts + 1


@changes("task.closed")
def _task_closed(state: State, body: Body, data: dict[str, Any]) -> None:
    task_done(state, data["task"])
