"""Pages of whoever coordinates: what came in and what comes next for each person, a screening explained, and a calendar of what is due."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from proband.record import State
from proband.record.events import local_date, stamp
from proband.record.explained import explained
from proband.record.paged import browse_values
from proband.record.participant import Participant
from proband.record.standing_consent import consent_fault
from proband.registry.acting import acting, offered
from proband.registry.calendar_feed import calendar_of
from proband.registry.families import waiting_wishes
from proband.registry.models import CalendarAddress
from proband.registry.opened import record, record_of_today
from proband.registry.passkey_offers import origin_of
from proband.registry.reading import NotShown, check_sees, in_order, rows_for
from proband.registry.views.shown import looked_at, me


def _verdict(person: Participant, outcome: str) -> bool:
    return person.verdict is not None and person.verdict.outcome == outcome


#: the lists of the inbox: their title, who stands in them before anything was consented to or while consent has gone, and the command that comes next
_LISTS: tuple[tuple[str, Callable[[Participant], object], str], ...] = (
    ("Referred, not screened", lambda one: one.verdict is None, "participant.screen"),
    ("Screened, values missing", lambda one: _verdict(one, "needs-data"), "participant.screen"),
    ("Eligible, not consented", lambda one: _verdict(one, "eligible"), "consent.give"),
    ("Not eligible", lambda one: one.verdict is not None, "participant.screen"),
)


def inbox(request: HttpRequest) -> HttpResponse:
    """Everybody who is not enrolled yet, in exactly one list, with what comes next; consents that no longer stand; what is due."""
    kept, today = record_of_today()
    person = me(request, kept)
    now = stamp(kept.clock())
    with kept.reading() as state:
        check_sees(state, person, "")
        verbs = {one.verb for one in offered(state, person)}
        here = [one for one in browse_values(state.participants) if person.sees_site(one.site)]
        lists: dict[str, tuple[str, list[Participant]]] = {title: (verb, []) for title, _, verb in _LISTS}
        rest = {"consented, not enrolled": 0, "enrolled": 0, "ended before": 0}
        for one in here:
            if one.enrolled_at or "enrolled" in one.historical:
                rest["enrolled"] += 1
            elif one.consented_at:
                rest["consented, not enrolled"] += 1
            elif one.ended or one.withdrawn:
                rest["ended before"] += 1
            else:
                lists[next(title for title, stands, _ in _LISTS if stands(one))][1].append(one)
        wishes = [
            one for one in waiting_wishes(state) if person.sees_site(state.participants[one.participant].site)
        ]
        renew = [fault for one in here if (fault := _consent_gone(state, one, now))]
    tasks = [row for row in rows_for(kept, person, "tasks", today) if row["done"] is None]
    visits = [row for row in rows_for(kept, person, "visits", today) if row["status"] in ("due", "late")]
    looked_at(request, "inbox")
    mine = CalendarAddress.objects.filter(person=person.id).first()
    return render(request, "registry/inbox.html", {
        "lists": [(title, verb, people) for title, (verb, people) in lists.items()], "rest": rest, "total": len(here), "renew": renew, "wishes": wishes, "verbs": verbs,
        "tasks": in_order(tasks, "due"), "visits": in_order(visits, "closes"), "calendar": mine,
    })  # fmt: skip


def _consent_gone(state: State, one: Participant, now: str) -> dict[str, Any] | None:
    """Somebody whose consent was given and does not stand now, in the gate's own words."""
    if not one.consented_at or one.ended or one.withdrawn or one.erased:
        return None
    fault = consent_fault(state.view, one, now, local_date(now, "+00:00"))
    return {"participant": one.id, "words": fault.message, "code": fault.code} if fault is not None else None


def screening(request: HttpRequest, subject: str) -> HttpResponse:
    """The verdict on somebody, criterion by criterion on the values that it rests on, and what to ask for next."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees(state, person, subject)
        one = state.participants.get(subject)
        if one is None:
            raise NotShown("registry.absent", what=f"participant {subject[:64]}")
        verbs = {found.verb for found in offered(state, person)}
        view, verdict = state.view, one.verdict
        eligibility = view.eligibility if view is not None else None
        told = explained(eligibility, verdict) if eligibility is not None and verdict is not None else None
        older = verdict is not None and view is not None and verdict.programme != view.hash
    looked_at(request, "screening", subject[:64])
    return render(request, "registry/screening.html", {"subject": subject, "verdict": verdict, "told": told, "verbs": verbs, "older": older})  # fmt: skip


# a calendar


def calendar_address(request: HttpRequest) -> HttpResponse:
    """Make an address for one's calendar, told once; the one before it ends. Sent empty (``end``) it is only ended."""
    kept = record()
    person = me(request, kept)
    if person.blind:
        raise NotShown("registry.masked", person=person.id)
    if request.method != "POST":
        raise NotShown(
            "registry.absent", what="calendar to look at: make its address on the page of what is due"
        )
    CalendarAddress.objects.filter(person=person.id).delete()
    if request.POST.get("end"):
        return render(request, "registry/calendar.html", {"address": None})
    secret = secrets.token_urlsafe(24)
    CalendarAddress.objects.create(person=person.id, secret=sha256(secret.encode()).hexdigest())
    address = origin_of(request) + reverse("calendar", kwargs={"secret": secret})
    return render(request, "registry/calendar.html", {"address": address})


@login_not_required
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """What is due for whoever made this address, as long as they may see it: roles and sites are asked of the log at each request."""
    found = CalendarAddress.objects.filter(secret=sha256(secret.encode()).hexdigest()).first()
    active = (
        found is not None and get_user_model().objects.filter(username=found.person, is_active=True).exists()
    )
    if found is None or not active:
        return HttpResponse(status=404)
    kept, today = record_of_today()
    with kept.reading() as state:
        person = acting(state, found.person, settings.PROBAND_KNOW_ARMS)
    if person.blind:
        return HttpResponse(status=404)
    rows = {name: rows_for(kept, person, name, today) for name in ("visits", "tasks")}
    text = calendar_of(kept.study, rows["visits"], rows["tasks"], kept.clock())
    return HttpResponse(text, content_type="text/calendar; charset=utf-8")
