"""The page of a participant or a family, behind a link and a PIN; and where the team makes the link."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from proband.record import COMMANDS
from proband.record.events import stamp
from proband.record.own_view import LEVELS, is_masked_from_participants, own_view
from proband.registry.acting import check_authority, first_way, in_which_roles
from proband.registry.families import link_of, make_link, opens, waiting_wishes, whose, wish
from proband.registry.models import PageRead
from proband.registry.opened import day_of, record
from proband.registry.passkey_offers import origin_of
from proband.registry.reading import NotShown, check_works_with
from proband.registry.views.shown import looked_at, me

#: the most that somebody may say with a wish
_MOST = 2_000
#: whoever may take consent from somebody may give them their link
_GIVES = "consent.give"


@require_POST
def make(request: HttpRequest, subject: str) -> HttpResponse:
    """Make the link and the PIN of a participant, told once: whoever may take their consent hands both over, apart from one another."""
    kept = record()
    person, declared = me(request, kept), COMMANDS[_GIVES]
    with kept.reading() as state:
        check_works_with(state, person, subject)
        if person.blind and not is_masked_from_participants(state.view):
            # whoever makes link and PIN can open the page, and it tells the arm by its visits
            raise NotShown("registry.masked", person=person.id)
        role, where = first_way(in_which_roles(state, person, declared), person)
        check_authority(state, declared, person.id, role, where, subject, kept.clock())
    secret, pin = make_link(subject, person.id)
    looked_at(request, "family-link", subject[:64])
    address = origin_of(request) + reverse("family-entrance", kwargs={"secret": secret})
    return render(request, "registry/family_link.html", {"subject": subject, "address": address, "pin": pin})


@login_not_required
@sensitive_post_parameters()
def entrance(request: HttpRequest, secret: str) -> HttpResponse:
    """The link: it asks for the PIN."""
    link = link_of(secret)
    if link is None:
        return render(request, "registry/family_said.html", {
            "title": "This link does not open anything",
            "words": "It has ended, or a wrong PIN was typed five times. Ask the team for a new one.",
        }, status=404)  # fmt: skip
    if request.method == "POST" and opens(request, link, request.POST.get("pin", "")):
        return redirect("family-page")
    wrong = request.method == "POST"
    return render(request, "registry/family_pin.html", {"wrong": wrong}, status=422 if wrong else 200)


@login_not_required
def page(request: HttpRequest) -> HttpResponse:
    """What is on record of oneself."""
    participant = whose(request)
    if participant is None:
        return _closed(request)
    kept = record()
    with kept.reading() as state:
        if participant not in state.participants or state.participants[participant].erased:
            return _closed(request)
        view = own_view(state, participant, day_of(kept), stamp(kept.clock()))
        waits = {one.level: one for one in waiting_wishes(state, of=participant)}
    PageRead.objects.create(person=f"family:{participant}"[:64], page="family-page", subject=participant)
    fault = request.GET.get("said") == "missing"
    levels: list[dict[str, Any]] = [{"level": one, "waits": waits.get(one.id)} for one in view.levels]
    return render(request, "registry/family_page.html", {"view": view, "levels": levels, "fault": fault})


@login_not_required
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """Say from what one withdraws; the team carries it into the log, as of now."""
    participant, level = whose(request), request.POST.get("level", "")
    if participant is None:
        return _closed(request)
    said = request.POST.get("said", "").strip()[:_MOST]
    if level not in LEVELS:
        return redirect(f"{reverse('family-page')}?said=missing")
    wish(participant, level, said or "said on their own page")
    return redirect("family-page")


@login_not_required
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Close the page."""
    status = 200 if whose(request) else 403
    request.session.pop("family", None)
    return _closed(request, status)


def _closed(request: HttpRequest, status: int = 403) -> HttpResponse:
    return render(request, "registry/family_said.html", {
        "title": "This page is closed", "words": "Open your link again and type your PIN.",
    }, status=status)  # fmt: skip
