"""What events about the study change: versions, sites, staff, seals, capsules, erasure."""

from __future__ import annotations

from typing import Any

from proband.record.changes.declare import (
    Body,
    add_task,
    changes,
    is_envelope,
    note_dose,
)
from proband.record.programme_view import ProgrammeView
from proband.record.state import (
    Capsule,
    StaffMember,
    State,
    StudySite,
)  # fmt: skip


@changes("study.opened")
def _opened(state: State, body: Body, data: dict[str, Any]) -> None:
    view = ProgrammeView.model_validate(data["programme"])
    state.study = body["study"]
    state.programmes[view.hash] = view
    state.programme = view.hash
    state.persons[data["custodian"]] = StaffMember(data["custodian"], {"custodian": ["*"]})


@changes("programme.adopted")
def _adopted(state: State, body: Body, data: dict[str, Any]) -> None:
    view = ProgrammeView.model_validate(data["programme"])
    state.programmes[view.hash] = view
    state.programme = view.hash
    for person in state.participants.values():
        if not person.ended:
            add_task(
                state,
                "migrate",
                person.id,
                body["at"][:10],
                f"bring to version {view.version}",
                f"migrate:{person.id}:{view.hash[:12]}",
            )


@changes("site.opened")
def _site_opened(state: State, body: Body, data: dict[str, Any]) -> None:
    state.sites[body["subject"]] = StudySite(body["subject"], data["jurisdiction"])


@changes("site.closed")
def _site_closed(state: State, body: Body, data: dict[str, Any]) -> None:
    state.sites[body["subject"]].open = False


@changes("staff.granted")
def _granted(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.persons.setdefault(body["subject"], StaffMember(body["subject"]))
    person.roles[data["role"]] = list(data["sites"])


@changes("staff.revoked")
def _revoked(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.persons.get(body["subject"])
    if person is not None:
        person.roles.pop(data["role"], None)


@changes("staff.trained")
def _trained(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.persons.setdefault(body["subject"], StaffMember(body["subject"]))
    person.trainings[data["training"]] = data["valid_until"]


@changes("forecast.sealed")
def _forecast(state: State, body: Body, data: dict[str, Any]) -> None:
    # sealed after somebody was treated it is kept, and stamped: what is written afterwards is no forecast
    late = bool(state.treated)
    state.forecasts[f"v{len(state.forecasts) + 1}"] = {
        **data,
        "at": body["at"],
        "seq": state.seq,
        "retrospective": late,
    }


@changes("allocation.sealed")
def _scheme(state: State, body: Body, data: dict[str, Any]) -> None:
    state.schemes.append({**data, "seq": state.seq})


@changes("participant.erased")
def _erased(state: State, body: Body, data: dict[str, Any]) -> None:
    person = state.participants.get(body["subject"])
    if person is not None:
        person.erased = True


@changes("capsule.issued")
def _capsule_issued(state: State, body: Body, data: dict[str, Any]) -> None:
    state.capsules[body["subject"]] = Capsule(
        body["subject"],
        body["site"],
        data["device"],
        tuple(data["participants"]),
        data["until"],
        body["at"],
        state.seq,
    )


@changes("capsule.returned")
def _capsule_returned(state: State, body: Body, data: dict[str, Any]) -> None:
    state.capsules[body["subject"]].returned = True


@changes("capsule.conflicted")
def _capsule_conflict(state: State, body: Body, data: dict[str, Any]) -> None:
    event = data["event"]
    state.deviations[state.seq] = {
        "kind": "offline conflict",
        "gates": data["gates"],
        "subject": event["subject"],
        "event": event["event"],
    }
    add_task(
        state,
        "conflict",
        event["subject"],
        body["at"][:10],
        ", ".join(data["gates"]),
        f"conflict:{state.seq}",
    )
    if event["event"] == "product.administered" and is_envelope(event):
        note_dose(state, event, valid=False)


@changes("command.refused")
def _refused(state: State, body: Body, data: dict[str, Any]) -> None:
    state.refused[state.seq] = {**data, "at": body["at"], "site": body["site"]}
