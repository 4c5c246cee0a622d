"""Examinations: which instruments a participant's visits ask for, the form of each with its result while one types, drafts, and corrections."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from proband.instruments.catalogue import REGISTRY
from proband.instruments.instrument import Instrument, InstrumentError
from proband.pages.examination.felt_body import WORDS, body_chart
from proband.record import COMMANDS, Command, Record, RecordError, State
from proband.record.declare.form import FieldFault, FormError, faults_of
from proband.record.outcomes import outcome_data
from proband.registry.acting import ActingPerson, check_authority, first_way, in_which_roles
from proband.registry.doing import number_of, send
from proband.registry.drafts import draft_of, drafts_of, keep_draft, leave_draft, named
from proband.registry.event_names import address_of, check_no_number, meant_at_once, name_of
from proband.registry.examining import (
    as_inputs,
    outcomes,
    read_answers,
    relatives,
    sections,
    why_not_words,
)
from proband.registry.guarding import status_of, told, with_live_script
from proband.registry.neurological import below, feeling, result_so_far, tables
from proband.registry.opened import record
from proband.registry.reading import NotShown, check_works_with
from proband.registry.views.shown import looked_at, me

RECORDS, CORRECTS = "outcome.record", "event.correct"
_ENVELOPE = ("visit", "on", "variant", "reason", "at", "as", "key", "seen")


def script(request: HttpRequest) -> HttpResponse:
    """What moves from cell to cell and asks for the result while one types; every page works without it."""
    return HttpResponse(_script(), content_type="text/javascript; charset=utf-8")


@cache
def _script() -> str:
    return (files("proband.registry") / "assets" / "examining.js").read_text(encoding="utf-8")


def index(request: HttpRequest, subject: str) -> HttpResponse:
    """The instruments that the schedule asks for, visit by visit; then every other one of the catalogue."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        _check_may(kept, state, person, RECORDS, subject)
        visits = _planned(state)
        drafts = [one for one in drafts_of(state, person.id) if one.participant == subject]
    planned = {name for _, _, asked in visits for name, _, _ in asked}
    others: dict[str, list[Instrument]] = {}
    for one in REGISTRY.values():
        if one.id not in planned:
            others.setdefault(one.area, []).append(one)
    looked_at(request, "examine", subject[:64])
    return render(request, "registry/examine_index.html", {
        "subject": subject, "visits": visits, "others": sorted(others.items()), "drafts": named(kept, person, drafts), "names": {name: one.name for name, one in REGISTRY.items()},
    })  # fmt: skip


def _planned(state: State) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    """Each visit of the schedule with what it asks by an instrument: its id, the words of the activity, whether its form is known here.

    All visits and all activities of all arms: which of them are somebody's would tell an arm.
    """
    if state.view is None:
        return []
    activities = {one.id: one for one in state.view.schedule.activities}
    found = []
    for visit in state.view.schedule.visits:
        asked = [
            (one.instrument, one.name, one.instrument in REGISTRY)
            for name in visit.activities
            if (one := activities.get(name)) is not None and one.instrument
        ]
        found.append((visit.id, visit.name, asked))
    return found


def _check_may(kept: Record, state: State, person: ActingPerson, verb: str, subject: str) -> list[str]:
    """The ways in which one may do it, where the participant is; the gate of authority says if there is none."""
    declared = COMMANDS[verb]
    ways = in_which_roles(state, person, declared)
    role, site = first_way(ways, person)
    check_authority(state, declared, person.id, role, site, subject, kept.clock())
    check_works_with(state, person, subject)
    return [f"{role}@{site}" for role, site in ways]


def _instrument(name: str) -> Instrument:
    found = REGISTRY.get(name)
    if found is None:
        raise NotShown("registry.absent", what=f"instrument {name[:64]} whose form is known")
    return found


def examine(request: HttpRequest, subject: str, name: str) -> HttpResponse:
    """The form of an instrument for a participant: result, draft, record, or put an earlier entry right."""
    kept, instrument = record(), _instrument(name)
    person = me(request, kept)
    said = request.POST if request.method == "POST" else request.GET
    corrects = meant_at_once(kept, person, said.get("corrects", ""), CORRECTS) or 0
    with kept.reading() as state:
        ways = _check_may(kept, state, person, CORRECTS if corrects else RECORDS, subject)
        standing = _standing(state, person, subject, instrument, corrects) if corrects else {}
        draft = draft_of(state, person.id, subject, instrument.id, corrects)
    if request.method != "POST":
        posted = {name: said.get(name, "") for name in _ENVELOPE} | {"key": uuid.uuid4().hex}
        posted |= standing | {key: value for key, value in (draft.said if draft else {}).items() if value}
        looked_at(request, f"examine:{instrument.id}"[:64], subject[:64])
        return _form(request, kept, subject, instrument, corrects, ways, posted, draft=draft)
    posted = request.POST.dict()
    if posted.get("do") == "leave":
        leave_draft(person.id, subject, instrument.id, corrects)
        return redirect("examine-index", subject=subject)
    answers, faults = read_answers(instrument, posted)
    if posted.get("do") == "draft":
        draft = keep_draft(person.id, subject, instrument, corrects, posted)
        return _form(request, kept, subject, instrument, corrects, ways, posted, faults, draft=draft)
    if posted.get("do") != "record":
        return _form(request, kept, subject, instrument, corrects, ways, posted, faults, draft=draft)
    try:
        command = _command(subject, instrument, person, corrects, posted, dict(answers))
        if faults:
            return _form(
                request, kept, subject, instrument, corrects, ways, posted, faults, status=422, draft=draft
            )
        carried = send(kept, command)
    except FormError as error:
        # everything that is wrong is said at once: the answers, and the visit, the day, the form
        found = {one.field: one for one in error.faults} | faults
        return _form(
            request, kept, subject, instrument, corrects, ways, posted, found, status=422, draft=draft
        )
    except RecordError as error:
        return _form(request, kept, subject, instrument, corrects, ways, posted, status=status_of(error), refusal=told(error), draft=draft)  # fmt: skip
    leave_draft(person.id, subject, instrument.id, corrects)
    return redirect(address_of(kept, person, carried.receipt.seq))


def _standing(
    state: State, person: ActingPerson, subject: str, instrument: Instrument, corrects: int
) -> dict[str, str]:
    """What stands of an earlier entry, as it would be typed; of whoever must not know an arm nothing is shown, and all is typed anew."""
    entry = state.participants[subject].outcomes.get(corrects)
    if entry is None or entry["instrument"] != instrument.id:
        raise NotShown("registry.absent", what=f"entry of {instrument.id} under event {corrects} that stands")
    if person.blind:
        return {}
    return as_inputs(entry["items"]) | {
        "visit": entry["visit"],
        "on": entry["on"],
        "variant": entry["variant"] or "",
    }


def _command(
    subject: str, instrument: Instrument, person: ActingPerson, corrects: int, posted: Mapping[str, str], answers: dict[str, Any]
) -> Command:  # fmt: skip
    """The record's own command.

    Raises
    ------
    FormError
        With everything that is wrong by the declaration of the data, as the record would complete them, each beside its field.
    """
    role, _, site = posted.get("as", "").partition("@")
    said = {name: posted.get(name, "").strip() for name in (*_ENVELOPE, "corrects")}
    data: dict[str, Any] = {name: said[name] for name in ("visit", "on", "variant") if said[name]}
    data |= {"instrument": instrument.id, "items": answers}
    faults: list[FieldFault] = []
    check_no_number(person, posted.get("seen"))
    seen = number_of(posted, "seen", faults)
    try:
        faults += faults_of(COMMANDS[RECORDS].data, data | outcome_data(data))
    except InstrumentError as error:
        faults.append(FieldFault("variant", error.message, error.mend))
    if faults:
        raise FormError(RECORDS, faults)
    return Command(
        CORRECTS if corrects else RECORDS, subject, {"event": "outcome.recorded", "data": data} if corrects else data, person.id, role, site,
        at=said["at"] or None, reason=said["reason"] or None, key=said["key"] or None, seen=seen, corrects=corrects or None,
    )  # fmt: skip


@require_POST
def result(request: HttpRequest, subject: str, name: str) -> HttpResponse:
    """What follows from what was typed so far, as a piece of the page; nothing is kept and nothing of the record is shown."""
    kept, instrument = record(), _instrument(name)
    person = me(request, kept)
    with kept.reading() as state:
        _check_may(kept, state, person, CORRECTS if request.POST.get("corrects") else RECORDS, subject)
    answers, faults = read_answers(instrument, request.POST.dict())
    return render(request, _piece(instrument), _so_far(instrument, answers) | {"unread": faults.values()})


def _piece(instrument: Instrument) -> str:
    return (
        "registry/examine_neurological.html" if instrument.compute is None else "registry/examine_scores.html"
    )


def _so_far(instrument: Instrument, answers: Mapping[str, Any]) -> dict[str, Any]:
    if instrument.compute is None:
        return {
            "result": result_so_far(answers),
            "body": body_chart("body", feeling(answers)),
            "body_words": WORDS.items(),
        }
    return {
        "outcomes": outcomes(instrument, answers),
        "relatives": relatives(instrument, answers),
        "any": bool(answers),
    }


def _form(
    request: HttpRequest, kept: Record, subject: str, instrument: Instrument, corrects: int, ways: list[str], posted: Mapping[str, str],
    faults: Mapping[str, FieldFault] | None = None, *, status: int = 200, refusal: dict[str, Any] | None = None, draft: Any = None,
) -> HttpResponse:  # fmt: skip
    faults = faults or {}
    answers, unread = read_answers(instrument, posted)
    by_item = {name.removeprefix("items."): one for name, one in faults.items()} | unread
    known = set(instrument.item_names) | {"visit", "on", "variant", "at", "reason"}
    with kept.reading() as state:
        visits = [(one.id, one.name) for one in state.view.schedule.visits] if state.view else []
    is_neurological = instrument.compute is None
    context = {
        "subject": subject, "instrument": instrument, "corrects": corrects, "corrects_named": name_of(kept, me(request, kept), corrects) if corrects else "", "ways": ways, "visits": visits, "said": posted, "refusal": refusal, "draft": draft,
        "at_fault": by_item, "left": [one for name, one in by_item.items() if name not in known], "faulty": bool(faults) and status != 200,
        "why_not": why_not_words(), "asks_reason": bool(corrects), "piece": _piece(instrument), "unread": list(unread.values()), "is_neurological": is_neurological,
        "result_at": reverse("examine-result", kwargs={"subject": subject, "name": instrument.id}), "named": any(visit == posted.get("visit") for visit, _ in visits),
    } | _so_far(instrument, answers)  # fmt: skip
    if is_neurological:
        context |= {"tables": tables(posted, by_item), "below": below(posted, by_item)}
    else:
        context["sections"] = sections(instrument, posted, by_item, posted.get("variant"))
    return with_live_script(render(request, "registry/examine.html", context, status=status))
