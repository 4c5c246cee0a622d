"""Where one person is treated: what they show so far, and the packet with which a regulator is asked for one person."""

from __future__ import annotations

import re
from html import unescape

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from proband.analysis.one_person import OnePersonReport, one_person_report
from proband.analysis.result import AnalysisError
from proband.analysis.stated import state_estimand
from proband.pages.access_packet import access_packet_page
from proband.pages.catalogue import Catalogue
from proband.pages.ledger import Ledger
from proband.programme import Programme
from proband.record import Record
from proband.record.publishing import line_now, may_be_published
from proband.record.trial_rows import trial_rows_of
from proband.registry.guarding import told
from proband.registry.opened import record_of_today
from proband.registry.reading import NotShown, check_sees
from proband.registry.views.shown import looked_at, me
from proband.registry.whole_bundles import programme_in_force, questions_of_one

_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"')


def report(request: HttpRequest, subject: str) -> HttpResponse:
    """What one person shows, question by question, in the words that were fixed before; and beside it what the forecast said and when it was sealed."""
    kept, today = record_of_today()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees(state, person, subject)
        if subject not in state.participants:
            raise NotShown("registry.absent", what=f"participant {subject[:64]}")
        one = state.participants[subject]
        rows = [row for row in trial_rows_of(state) if row["participant"] == subject]
        seals = list(state.forecasts.values())
        first_dose = one.given[0].at if one.given else None
        published = may_be_published(state, one, today.isoformat())
        line = line_now(state, subject) if one.given else None
    programme = programme_in_force(kept)
    questions = questions_of_one(programme)
    if not questions:
        raise NotShown("registry.absent", what="question of one person in this programme")
    found = [_answered(programme, name, rows) for name in questions]
    looked_at(request, "one-person", subject[:64])
    return render(request, "registry/one_person.html", {
        "subject": subject, "found": found, "seals": seals, "first_dose": first_dose, "doses": len(one.given), "published": published,
        "line": line, "harms": _harms(kept, subject),
    })  # fmt: skip


def _answered(programme: Programme, name: str, rows: list[dict[str, object]]) -> dict[str, object]:
    stated = state_estimand(programme, name)
    visits = {one.id: one.name for one in programme.schedule.visits}
    said: dict[str, object] = {
        "name": name,
        "question": stated.estimand.question,
        "outcome": stated.outcome,
        "hash": stated.hash,
    }
    try:
        answer: OnePersonReport = one_person_report(stated, rows)
    except AnalysisError as error:
        return said | {"refusal": told(error)}
    values = [(day, visits.get(visit, visit), value) for day, visit, value in answer.values]
    return said | {
        "answer": answer,
        "values": values,
        "percent": 100 * (answer.probability or 0),
        "at_most": 100 * answer.harm_at_most,
    }


def _harms(kept: Record, subject: str) -> dict[str, int]:
    with kept.reading() as state:
        events = [state.adverse_events[name] for name in state.participants[subject].adverse_events]
    return {"all": len(events), "serious": sum(one.serious for one in events)}


def packet(request: HttpRequest) -> HttpResponse:
    """The fields of the regulator's form for one person, filled from the programme in force; what the doctor writes is left open."""
    kept, today = record_of_today()
    me(request, kept)
    programme = programme_in_force(kept)
    page = access_packet_page(programme, Ledger.of(programme, today), Catalogue())
    if page is None:
        raise NotShown(
            "registry.absent", what="packet for one person: the programme is not for single patients"
        )
    looked_at(request, "packet")
    return as_document(page.html)


def as_document(html: str) -> HttpResponse:
    """A page that stands for itself, under the policy that it brings: its own style by its hash, and nothing else."""
    answer = HttpResponse(html)
    found = _POLICY.search(html)
    if found is not None:
        answer["Content-Security-Policy"] = f"{unescape(found[1])}; frame-ancestors 'none'"
    return answer
