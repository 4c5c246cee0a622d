"""Holds: placed by people, triggered by a stopping rule, lifted by those whom the programme names."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from proband.record import safety
from proband.record.declare.change import Body, add_task, changes, task_done
from proband.record.declare.command import AT_ANY_STAGE, Context, command
from proband.record.declare.data import Data, Ref, StudyWords
from proband.record.declare.gate import gate
from proband.record.declare.naming import NewNames
from proband.record.declare.wording import CODE
from proband.record.errors import Refusal
from proband.record.gates.derived import crossed
from proband.record.known import known_at
from proband.record.questions import question_under_hold
from proband.record.state import StandingHold, State

#: a hold concerns everybody whom it covers, also far from the network
of_holds = partial(command, at_closed_site=True, subject="hold", withdrawal=None, hold=None, consent=None, current_version=False, signature=None,
                   reason=False, live=False, everywhere=True)  # fmt: skip


def _fits(c: Context) -> bool:
    """Whether the target of a hold exists: a site, a participant, a product or a container; none for the whole programme."""
    if c.view is None:
        return False
    target = c.data["target"]
    known: dict[str, bool] = {
        "programme": target == "",
        "site": target in c.state.sites,
        "participant": target in c.state.participants,
        "product": target in c.state.products or target in c.view.product,
    }
    return known[c.view.holds[c.data["hold"]].scope]


@of_holds("hold.place", "hold.placed", watched=False, gates=(), reason=True,
          unique=NewNames("holds"), stage=(
              (lambda c: c.view and c.data["hold"] in c.view.holds, "one of the holds of the programme"),
              (_fits, "a target that fits the hold's scope"),
          ))  # fmt: skip
class PlaceHold(Data):
    """Place a hold of the programme on the study, a site, a product or a participant.

    * ``hold``: which of the programme's holds
    * ``rule``: the stopping rule that it answers, if any
    * ``target``: whom or what it stops: a site, a participant, a product; nothing for the whole programme
    """

    hold: Ref
    rule: Annotated[str, CODE] = ""
    target: Annotated[str, CODE] = ""


def _hold(state: State, body: Body, data: dict[str, Any], counted: int, since: str) -> None:
    view = state.view
    declared = view.holds.get(data["hold"]) if view else None
    state.holds[body["subject"]] = StandingHold(
        body["subject"], data["rule"], data["hold"], declared.scope if declared else "programme", data["target"],
        tuple(declared.blocks) if declared else ("enrolment", "collection", "release", "administration"), since,
        state.seq, counted,
    )  # fmt: skip
    add_task(
        state,
        "hold",
        data["target"] or body["study"],
        body["at"][:10],
        "; ".join(text for text in (body["reason"], declared.notice if declared else None) if text),
        f"hold:{body['subject']}",
    )


@changes("hold.placed")
def _placed(state: State, body: Body, data: dict[str, Any]) -> None:
    _hold(state, body, data, 0, body["at"])


@of_holds(
    "hold.trigger",
    "hold.triggered",
    permission="hold.place",
    stage=AT_ANY_STAGE,
    watched=False,
    gates=(),
    by_record=True,
    base=(),
    derived=crossed,
)
class TriggerHold(Data):
    """A stopping rule was crossed; the record places the hold at once, before the next command."""

    hold: Ref
    rule: Ref
    target: Annotated[str, CODE]
    counted: int
    because: StudyWords


@changes("hold.triggered")
def _triggered(state: State, body: Body, data: dict[str, Any]) -> None:
    if body["subject"] not in state.holds:
        # it stands from when that happened which crossed the rule, however late that was entered
        since = min(state.alarmed or body["at"], body["at"])
        _hold(state, body, data, data["counted"], since)
        question_under_hold(state, body, data["hold"], data["target"], since)


@gate("lift", mend="each of the roles that the programme names signs once")
def lift(c: Context) -> Refusal | None:
    """A hold is lifted when each of the roles that the programme names has signed, each once."""
    held = c.state.holds.get(c.subject)
    if held is None or held.lifted_at is not None:
        return Refusal("gate.lift.unknown", subject=c.subject)
    declared = c.view.holds.get(held.hold) if c.view else None
    roles = declared.lifted_by if declared else []
    role = c.body["role"]
    if role not in roles:
        return Refusal("gate.lift.role", role=role, hold=held.hold, roles=roles)
    if role in held.lifted_by or c.body["actor"] in held.lifted_by.values():
        return Refusal("gate.lift.signed", role=role, subject=c.subject)
    return None


@of_holds(
    "hold.lift",
    "hold.lifted",
    stage=AT_ANY_STAGE,
    watched=True,
    gates=("lift",),
    reason=True,
    signature="lifting",
)
class LiftHold(Data):
    """One of the roles that the programme names signs that the hold may be lifted."""


@changes("hold.lifted")
def _lifted(state: State, body: Body, data: dict[str, Any]) -> None:
    held = state.holds[body["subject"]]
    held.lifted_by[body["role"]] = body["actor"]
    view = state.view
    declared = view.holds.get(held.hold) if view else None
    if declared is not None and set(declared.lifted_by) <= set(held.lifted_by):
        held.lifted_at = max(body["at"], known_at(body))
        rule = (
            next((rule for rule in view.safety.stopping_rules if rule.id == held.rule), None)
            if view
            else None
        )
        if rule is not None:
            # those who lifted it had seen this many; one more crosses the boundary again
            held.counted = max(held.counted, len(safety.counted(state, rule)))
        task_done(state, f"hold:{held.id}")
