"""What events about harm change: adverse events, reports due, holds."""

from __future__ import annotations

from typing import Any

from proband.record import safety
from proband.record.changes.declare import (
    Body,
    add_task,
    changes,
    task_done,
)
from proband.record.state import (
    AdverseEvent,
    StandingHold,
    State,
)  # fmt: skip


@changes("adverse-event.reported")
def _reported(state: State, body: Body, data: dict[str, Any]) -> None:
    event = AdverseEvent(
        data["event"], body["subject"], data["term"], data["category"], data["grade"], data["serious"] or data["grade"] == 5,
        data["grade"] == 5, data["life_threatening"], data["expected"], data["onset"], data["aware_on"], body["site"], state.seq,
    )  # fmt: skip
    state.adverse_events[event.id] = event
    _weigh(state, event)
    _clocks(state, event)


def _clocks(state: State, event: AdverseEvent) -> None:
    view = state.view
    if view is None:
        return
    places = {site.jurisdiction for site in state.sites.values() if site.open}
    running = set()
    for due in safety.reports_due(view, event, places):
        name = f"report:{event.id}:{due.clock}"
        running.add(name)
        task = state.tasks.get(name)
        if task is None:
            add_task(
                state,
                "report",
                event.participant,
                due.on,
                f"{due.to} ({due.jurisdiction}): {event.term}",
                name,
            )
        elif task.done is None:
            task.due = min(task.due, due.on)
    if event.related is False:
        # two people have excluded a relation: what was due only for a suspected relation falls away
        for name in state.tasks_of.get(("report", event.participant), ()):
            if name.startswith(f"report:{event.id}:") and name not in running:
                task_done(state, name)


@changes("adverse-event.judged")
def _judged(state: State, body: Body, data: dict[str, Any]) -> None:
    event = state.adverse_events[body["subject"]]
    event.assessments[body["actor"]] = data["related"]
    _clocks(state, event)


@changes("adverse-event.updated")
def _updated(state: State, body: Body, data: dict[str, Any]) -> None:
    event = state.adverse_events[body["subject"]]
    event.grade, event.fatal = data["grade"], data["grade"] == 5
    event.serious = data["serious"] or event.fatal
    event.life_threatening, event.expected = data["life_threatening"], data["expected"]
    event.aware_on = data["aware_on"]
    _weigh(state, event)
    _clocks(state, event)


def _weigh(state: State, event: AdverseEvent) -> None:
    """Keep the events that some stopping rule may count apart from the many that none counts."""
    if event.serious or event.grade >= safety.LOWEST_COUNTED_GRADE or event.category != "other":
        state.grave[event.id] = None


@changes("adverse-event.submitted")
def _submitted(state: State, body: Body, data: dict[str, Any]) -> None:
    task_done(state, f"report:{body['subject']}:{data['clock']}")


def _hold(state: State, body: Body, data: dict[str, Any], counted: int) -> None:
    view = state.view
    declared = view.holds.get(data["hold"]) if view else None
    state.holds[body["subject"]] = StandingHold(
        body["subject"], data["rule"], data["hold"], declared.scope if declared else "programme", data["target"],
        tuple(declared.blocks) if declared else ("enrolment", "collection", "release", "administration"), body["at"],
        state.seq, counted,
    )  # fmt: skip
    add_task(
        state,
        "hold",
        data["target"] or body["study"],
        body["at"][:10],
        body["reason"] or "",
        f"hold:{body['subject']}",
    )


@changes("hold.placed")
def _placed(state: State, body: Body, data: dict[str, Any]) -> None:
    _hold(state, body, data, 0)


@changes("hold.triggered")
def _triggered(state: State, body: Body, data: dict[str, Any]) -> None:
    if body["subject"] not in state.holds:
        _hold(state, body, data, data["counted"])


@changes("hold.lifted")
def _lifted(state: State, body: Body, data: dict[str, Any]) -> None:
    held = state.holds[body["subject"]]
    held.lifted_by[body["role"]] = body["actor"]
    view = state.view
    declared = view.holds.get(held.hold) if view else None
    if declared is not None and set(declared.lifted_by) <= set(held.lifted_by):
        held.lifted_at = body["at"]
        rule = (
            next((rule for rule in view.safety.stopping_rules if rule.id == held.rule), None)
            if view
            else None
        )
        if rule is not None:
            # those who lifted it had seen this many; one more crosses the boundary again
            held.counted = max(held.counted, len(safety.counted(state, rule)))
        task_done(state, f"hold:{held.id}")
