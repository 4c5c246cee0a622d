"""Keys of one's own: passkeys made, shown to be held and offered; a custodian has them enrolled; and the passkey at the entrance."""

from __future__ import annotations

import time
import uuid
from functools import cache
from importlib.resources import files
from typing import Any

from django.contrib.auth import get_user_model, login, user_login_failed
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from proband.record import COMMANDS, Command, Record
from proband.registry.acting import check_authority, first_way, in_which_roles
from proband.registry.doing import keep_waiting, settle
from proband.registry.guarding import status_of, told, with_script
from proband.registry.models import OfferedPasskey
from proband.registry.opened import record
from proband.registry.passkey_offers import (
    PasskeyFault,
    asked_for,
    being_offered,
    creation,
    enrolling,
    entrance_challenge,
    live_passkeys,
    made,
    offer,
    opens_entrance,
    origin_of,
    waiting_offers,
)
from proband.registry.views.shown import me

#: so long a password that was right waits for its passkey, in seconds (design choice: finding a key in a pocket)
HALF_OPEN = 300
ENROL = "person.enrol"


@login_not_required
def script(request: HttpRequest) -> HttpResponse:
    """The one script of the registry: it asks the browser for a passkey."""
    return HttpResponse(
        _script(), content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "max-age=3600"}
    )


@cache
def _script() -> str:
    return (files("proband.registry") / "assets" / "passkey.js").read_text(encoding="utf-8")


def own_keys(
    request: HttpRequest, fault: PasskeyFault | None = None, *, made_now: bool = False
) -> HttpResponse:
    """One's keys by the log, what waits, and for custodians the offers of everybody."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        keys = [key for key in state.keys.values() if key.holder == person.id and key.kind == "person"]
        enrols = bool(in_which_roles(state, person, COMMANDS[ENROL]))
        waiting = waiting_offers(state)
    answer = render(request, "registry/keys.html", {
        "keys": keys, "mine": [one for one in waiting if one.person == person.id], "offers": waiting if enrols else [],
        "creation": creation(request, kept, person.id), "offering": being_offered(request, kept, person.id) if made_now else None,
        "refusal": told(fault) if fault is not None else None, "here": origin_of(request),
    }, status=status_of(fault) if fault is not None else 200)  # fmt: skip
    return with_script(answer)


@require_POST
def made_here(request: HttpRequest) -> HttpResponse:
    """A passkey was made: now its holder shows that they hold it."""
    try:
        made(request, record(), request.user.username, request.POST.get("made", ""))
    except PasskeyFault as fault:
        return own_keys(request, fault)
    return own_keys(request, made_now=True)


@require_POST
def offered_here(request: HttpRequest) -> HttpResponse:
    """A passkey is offered to the custodians."""
    try:
        offer(request, record(), request.user.username, request.POST.get("assertion", ""))
    except PasskeyFault as fault:
        return own_keys(request, fault)
    return redirect("keys")


@require_POST
def enrol(request: HttpRequest, key: str) -> HttpResponse:
    """A custodian takes an offer up: ``person.enrol``, which waits for their signature."""
    kept, declared = record(), COMMANDS[ENROL]
    person = me(request, kept)
    with kept.reading() as state:
        role, site = first_way(in_which_roles(state, person, declared), person)
        check_authority(state, declared, person.id, role, site, "", kept.clock())
        offered = next((one for one in waiting_offers(state) if one.key == key), None)
        if offered is None:
            raise PasskeyFault("registry.passkey.none", key=key[:64])
        data = enrolling(state, offered, replacing=request.POST.get("replacing") == "yes")
    return _to_be_signed(request, kept, offered, dict(data), (role, site))


def _to_be_signed(
    request: HttpRequest, kept: Record, offered: OfferedPasskey, data: dict[str, Any], way: tuple[str, str]
) -> HttpResponse:
    role, site = way
    command = Command(ENROL, offered.person, data, request.user.username, role, site, key=uuid.uuid4().hex)
    settled, _ = settle(kept, command, origin_of(request))
    keep_waiting(request, settled)
    return redirect("sign", key=settled.key)


@login_not_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """After the password the passkey: whoever has one is signed in by nothing less."""
    half = request.session.get("half")
    if half is None or time.time() - half["at"] > HALF_OPEN:
        request.session.pop("half", None)
        return redirect("sign-in")
    person, kept = half["person"], record()
    with kept.reading() as state:
        keys = live_passkeys(state, person)
        right = request.method == "POST" and opens_entrance(
            request, state, person, request.POST.get("assertion", "")
        )
    account = get_user_model().objects.filter(username=person, is_active=True).first()
    if account is None or not keys:
        # revoked meanwhile: the entrance asks anew for what counts now
        request.session.pop("half")
        return redirect("sign-in")
    if right:
        request.session.pop("half")
        login(request, account, backend="django.contrib.auth.backends.ModelBackend")
        return redirect(half["next"])
    if request.method == "POST":
        user_login_failed.send(sender=__name__, credentials={"username": person}, request=request)
        request.session.pop("half")
        return redirect("sign-in")
    here = origin_of(request)
    return with_script(render(request, "registry/second_factor.html", {
        "asked": asked_for(entrance_challenge(request), keys), "elsewhere": [one for key in keys for one in key.origins if here not in key.origins],
    }))  # fmt: skip
