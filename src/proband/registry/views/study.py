"""A study as it goes: its locked plan, the open report for everybody of the board, the closed one for whoever may open arms, the final report, the lay summary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from proband.pages.catalogue import Catalogue
from proband.pages.lay_summary import lay_summary_page
from proband.pages.ledger import Ledger
from proband.pages.study_reports import closed_page, final_page, lay_results, open_page
from proband.programme import Programme
from proband.record import COMMANDS, Record
from proband.record.places import arms_are_told
from proband.record.publishing import is_demonstration
from proband.registry.acting import ActingPerson, check_authority, first_way, in_which_roles, offered
from proband.registry.guarding import status_of, told
from proband.registry.opened import record_of_today
from proband.registry.reading import NotShown, check_sees_all
from proband.registry.study import (
    LARGEST,
    OPENS,
    SEALS,
    closed_reports,
    final_of,
    keep_plan,
    made_closed,
    made_final,
    made_open,
    may_open,
    plan_of_hash,
    plans,
)
from proband.registry.views.one_person import as_document
from proband.registry.views.shown import looked_at, me
from proband.registry.whole_bundles import programme_in_force
from proband.terms import ProbandError
from proband.trial.study.plan import LockedPlan


def study(request: HttpRequest, refusal: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    """What is planned, what was looked at, and what may be made now."""
    kept, _ = record_of_today()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees_all(state, person, "the reports of the whole study")
        verbs = {one.verb for one in offered(state, person)}
        seals = bool(in_which_roles(state, person, COMMANDS[SEALS]))
        openings = [{**one, "seq": seq} for seq, one in state.unblindings.items()]
        arms_told, version = arms_are_told(state), state.programme
    looked_at(request, "study")
    rows = [
        {"plan": plan, "in_force": plan.programme_hash == version, "looks": [one["head"]["on"] for one in closed_reports(plan)], "final": final_of(plan)}
        for plan in plans()
    ]  # fmt: skip
    return render(request, "registry/study.html", {
        "rows": rows, "seals": seals, "opens": OPENS in verbs, "openings": kept.texts.revealed(openings[::-1]), "told": arms_told, "refusal": refusal,
    }, status=status)  # fmt: skip


def take_plan(request: HttpRequest) -> HttpResponse:
    """Take a locked plan in: its signature holds, and it is of the programme in force."""
    kept, _ = record_of_today()
    person, declared = me(request, kept), COMMANDS[SEALS]
    with kept.reading() as state:
        role, site = first_way(in_which_roles(state, person, declared), person)
        check_authority(state, declared, person.id, role, site, kept.study, kept.clock())
    if request.method != "POST":
        return render(request, "registry/study_plan.html")
    handed = request.FILES.get("file")
    if handed is None or handed.size > LARGEST:
        raise NotShown("registry.absent", what=f"file of at most {LARGEST:,} bytes")
    try:
        sealed = keep_plan(handed.read(), programme_in_force(kept))
    except ProbandError as error:
        if person.blind:
            raise
        return study(request, told(error), status_of(error))
    looked_at(request, "study-plan", sealed.document.hash[:64])
    if person.blind:
        # whoever locks the plan is often one who must not know an arm: of the study they are shown nothing else
        words = (
            f"Plan {sealed.document.hash} is kept. Its questions are fixed under their hashes from here on."
        )
        return render(request, "registry/said.html", {"title": "The plan is kept", "words": words})
    return redirect("study")


def opened(request: HttpRequest, plan: str) -> HttpResponse:
    """The open report of today: everybody together; no number in it depends on who is in which arm."""
    kept, today = record_of_today()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees_all(state, person, "the open report of the whole study")
    report = made_open(kept, plan_of_hash(plan), programme_in_force(kept), today)
    looked_at(request, "open-report", plan[:64])
    return as_document(open_page(report))


def _by_arm(request: HttpRequest, plan: str, make: Callable[..., HttpResponse]) -> HttpResponse:
    kept, today = record_of_today()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees_all(state, person, "a report by arm")
        may_open(state, person, kept)
    locked, programme = plan_of_hash(plan), programme_in_force(kept)
    return make(kept, locked, programme, person, today)


@require_POST
def closed(request: HttpRequest, plan: str) -> HttpResponse:
    """The closed report of today, for whoever has just read the arms under their signature."""

    def make(kept: Record, locked: LockedPlan, programme: Programme, person: ActingPerson, on: date) -> HttpResponse:  # fmt: skip
        report = made_closed(kept, locked, programme, person, on)
        looked_at(request, "closed-report", plan[:64])
        return as_document(closed_page(report))

    return _by_arm(request, plan, make)


@require_POST
def final(request: HttpRequest, plan: str) -> HttpResponse:
    """The final report: the primary question first, whatever it showed."""

    def make(kept: Record, locked: LockedPlan, programme: Programme, person: ActingPerson, on: date) -> HttpResponse:  # fmt: skip
        report = made_final(
            kept, locked, programme, person, on, request.POST.get("stopped", "").strip()[:400]
        )
        looked_at(request, "final-report", plan[:64])
        return as_document(final_page(report))

    return _by_arm(request, plan, make)


def lay(request: HttpRequest, plan: str) -> HttpResponse:
    """The summary for lay people from the final report, with the ten elements of EU Annex V; of a study that is locked it is everybody's."""
    kept, today = record_of_today()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees_all(state, person, "the summary of the whole study")
        if not arms_are_told(state):
            may_open(state, person, kept)
        made_up = is_demonstration(state)
    report = final_of(plan_of_hash(plan))
    if report is None:
        raise NotShown("registry.absent", what="final report of this study")
    programme = programme_in_force(kept)
    page = lay_summary_page(programme, Ledger.of(programme, today), Catalogue(), results=lay_results(programme, report, synthetic=made_up))  # fmt: skip
    looked_at(request, "lay-summary", plan[:64])
    return as_document(page.html)
