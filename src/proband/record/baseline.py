"""The untreated baseline of a use in a single patient: what was measured before the first dose, which without it teaches nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from proband.record.declare.command import Context
from proband.record.errors import Refusal
from proband.record.events import day_begin
from proband.record.participant import Participant
from proband.record.programme_view import ProgrammeView, days
from proband.record.state import State


def without_baseline(c: Context, person: Participant, view: ProgrammeView) -> Refusal | None:
    """The refusal of a first dose before the untreated baseline that the programme asks for was measured."""
    asked = view.baseline
    if asked is None:
        return None
    seen = sorted(
        {
            one["on"]
            for one in person.outcomes.values()
            if one["instrument"] == asked.instrument and one["on"] < c.day and _answered(one)
        }
    )
    span = (date.fromisoformat(seen[-1]) - date.fromisoformat(seen[0])).days if seen else 0
    if len(seen) >= asked.days and (asked.over is None or span >= days(asked.over)):
        return None
    return Refusal(
        "gate.interval.baseline", outcome=asked.outcome, seen=len(seen), asked=asked.days, span=span,
        over=f" over {asked.over}" if asked.over is not None else "", person=person.id,
    )  # fmt: skip


def _answered(outcome: Mapping[str, Any]) -> bool:
    """Whether a measurement has a score: a form that nobody could fill in is no baseline."""
    return any(score is not None for score in outcome["scores"].values())


def rested_on_since(state: State, outcome: Mapping[str, Any] | None) -> str | None:
    """Since when doses may rest on a measurement: from its day, where it is of the baseline that the programme asks for."""
    asked = state.view.baseline if state.view is not None else None
    if asked is None or outcome is None or outcome.get("instrument") != asked.instrument:
        return None
    return day_begin(outcome["on"], "+00:00")
