"""The page of the safety board: what is to be decided, everybody by arm as far as arms are told, stopping rules, the sealed forecast, harms, packs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from proband.pages.charts.stopping import stopping
from proband.record import COMMANDS, Record, State
from proband.record.denominators import STEPS, end_of, known_elsewhere
from proband.record.findings import board_pack
from proband.record.forecasts import kept_document
from proband.record.paged import browse_values
from proband.record.participant import Participant
from proband.record.places import arms_are_told
from proband.record.safety import counted, crossed, least
from proband.record.safety import looked_at as people_looked_at
from proband.record.seeing import flow_seen, sees, works_everywhere
from proband.registry.acting import in_which_roles, offered
from proband.registry.opened import record, record_of_today
from proband.registry.reading import check_sees, check_sees_all, in_order, rows_for
from proband.registry.views.shown import kept_as, looked_at, me

#: the steps of somebody in an arm, in their order
_TO_AN_ARM = ("screened", "consented", "enrolled", "allocated")
_IN_ARM = ("allocated", "collected", "released", "treated", "assessed")
#: what opens arms: an event says who did, before anything is told
OPENS_ARMS = ("allocation.read", "allocation.unblind")


def board(request: HttpRequest) -> HttpResponse:
    """What the board decides on, first; then the numbers that it decides by."""
    kept, today = record_of_today()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees(state, person, "")
        told = arms_are_told(state)
        verbs = {one.verb for one in offered(state, person)}
        seals_forecasts = bool(in_which_roles(state, person, COMMANDS["forecast.seal"]))
        everywhere = works_everywhere(state, person)
        seen = partial(sees, state, person)
        people = [one for one in browse_values(state.participants) if seen(one.id)]
        # a rule counts the whole study: of one site its count would be another one, and the difference is the other sites'
        rules = _rules(state) if everywhere else []
        crossings = crossed(state)
        seals = [_sealed(kept, name, seal) for name, seal in state.forecasts.items()]
        first_dose = min((one.given[0].at for one in people if one.given), default=None)
        arms = _arms(state, people) if told else []
        counted_here, elsewhere_known = flow_seen(state, person), known_elsewhere(state, seen)
        way = _steps(state, people, _TO_AN_ARM if told else tuple(STEPS)[1:])
    serious = [row for row in rows_for(kept, person, "adverse_events", today) if row["serious"]]
    clocks = [
        row
        for row in rows_for(kept, person, "tasks", today)
        if row["done"] is None and row["task"].startswith("report:")
    ]
    holds = [row for row in rows_for(kept, person, "holds", today) if row["lifted_at"] is None]
    looked_at(request, "board")
    return render(request, "registry/board.html", {
        "told": told, "seals_forecasts": seals_forecasts, "rules": rules, "crossings": crossings, "seals": seals, "first_dose": first_dose, "arms": arms, "way": way, "flow": counted_here, "elsewhere_known": elsewhere_known,
        "assessed": counted_here.completeness, "serious": in_order(serious, "onset", down=True), "clocks": _by_event(clocks), "holds": holds, "verbs": verbs,
        "opens": [one for one in OPENS_ARMS if one in verbs], "everywhere": everywhere,
        "related": sum(row["related"] is not False for row in serious),
    })  # fmt: skip


def _sealed(kept: Record, version: str, seal: dict[str, Any]) -> dict[str, Any]:
    """A seal of the log, and what was sealed: from the file that was handed over, if it still hashes to what the log says.

    No arm stands in a forecast and none of the data beside it, so that it is the same page for whoever must not know one.
    """
    document = kept_document(kept.folder, seal) if kept.folder is not None else None
    return {"version": version, "seal": seal, "document": document, "said": document.prediction.said() if document else "",
            "no_effect": document.comparator.prediction.said() if document else "", "people": getattr(document.prediction, "people", None) if document else None}  # fmt: skip


def _by_event(clocks: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The reports that are due, by the adverse event that they are of (``report:AE-1:gb-7``)."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in clocks:
        found.setdefault(row["task"].split(":")[1], []).append(row)
    return found


def _rules(state: State) -> list[dict[str, Any]]:
    """Each stopping rule of the version in force, with how far the record is from it."""
    found = []
    for place, rule in enumerate(state.view.safety.stopping_rules if state.view else ()):
        people = counted(state, rule)
        treated = len(state.made_for) if rule.counts == "product-failure" else len(state.treated)
        title = f"{rule.counts}{f' of grade {rule.grade_at_least} or more' if rule.grade_at_least else ''}"
        fewest = least(rule, people_looked_at(state, rule))
        # a boundary in a share or a probability moves with every person: it is told, and no area of counts is drawn
        chart = (
            stopping(
                f"rule-{place}",
                title,
                counted=len(people),
                treated=treated,
                events=rule.events,
                among=rule.among,
            )
            if rule.events is not None
            else None
        )
        found.append(
            {
                "rule": rule,
                "title": title,
                "chart": chart,
                "left": None if fewest is None else fewest - len(people),
                "people": people,
            }
        )
    return found


def _arms(state: State, seen: Iterable[Participant]) -> list[dict[str, Any]]:
    """Everybody who was allocated, by arm: so many at each step, why the next number is smaller, and what became of all, as a sum that closes."""
    by_arm: dict[str, list[Participant]] = {}
    for one in seen:
        if STEPS["allocated"](one):
            by_arm.setdefault(one.arm or "not told", []).append(one)
    names = {arm.id: arm for arm in state.view.arms} if state.view else {}
    found = []
    for arm, people in by_arm.items():
        declared = names.get(arm)
        steps = [
            step
            for step in _IN_ARM
            if declared is None or declared.regimen is not None or step in ("allocated", "assessed")
        ]
        ends: dict[str, int] = {}
        for one in people:
            end = end_of(state, one)
            ends[end] = ends.get(end, 0) + 1
        found.append(
            {
                "name": declared.name if declared is not None else arm,
                "count": len(people),
                "steps": _steps(state, people, steps),
                "ends": ends,
            }
        )
    return found


def _steps(state: State, people: list[Participant], names: Sequence[str]) -> list[dict[str, Any]]:
    rows, before = [], people
    for name in names:
        here = [one for one in before if STEPS[name](one)]
        left: dict[str, int] = {}
        for one in before:
            if not STEPS[name](one):
                why = _why(state, one)
                left[why] = left.get(why, 0) + 1
        rows.append({"name": name, "count": len(here), "left": left, "out": len(before) - len(here)})
        before = here
    return rows


def _why(state: State, one: Participant) -> str:
    """What became of somebody who is not at a step; before consent what screening said."""
    if STEPS["consented"](one):
        return end_of(state, one)
    return one.ended or (one.verdict.outcome if one.verdict else "not screened yet")


def open_pack(request: HttpRequest) -> HttpResponse:
    """The open pack to keep: no arm stands in it; of the whole study, so for whoever works at all sites."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees_all(state, person, "the pack of the whole study")
        pack = board_pack(state).as_dict()
    looked_at(request, "open-pack")
    pack = kept.texts.revealed(pack)
    return HttpResponse(
        json.dumps(pack, indent=2, ensure_ascii=False), content_type="application/json",
        headers=kept_as(f"{kept.study}-open-pack-{pack['as_of']}.json"),
    )  # fmt: skip
