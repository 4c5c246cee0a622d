"""What stands around every page: strict headers, the end of idle sessions, one's own password first, refusals in the gates' own words."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import resolve, reverse

from proband.record import Conflict, Refused
from proband.record.standing import standing_words
from proband.registry.acting import acting, may_sign
from proband.registry.opened import record
from proband.registry.passkey_offers import live_passkeys
from proband.terms import ProbandError

Answer = Callable[[HttpRequest], HttpResponse]

#: no script at all, nothing from elsewhere, forms to itself only, in nobody's frame
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
#: on the few pages that ask a passkey: the one script that does it, from here
WITH_SCRIPT = f"{POLICY}; script-src 'self'"
#: on the forms of instruments: their script, which asks this registry for the result
WITH_LIVE_SCRIPT = f"{WITH_SCRIPT}; connect-src 'self'"
#: devices that no page asks for; the camera reads codes at the bed, and nowhere else
_NO_OTHER_DEVICE = "geolocation=(), microphone=(), payment=(), usb=()"
#: what a page or a program may ask in; nothing answers to any other method
METHODS = ("GET", "HEAD", "POST")
#: the moment of the last request is written at most so often, in seconds: a session may end so much early
NOTED_EVERY = 30
#: pages that whoever has a one-time password may see
_BEFORE_ONES_OWN = {"own-password", "sign-out", "sheet"}
#: pages that whoever must have a passkey and has none may see: where one is made, and where a custodian enrols the first
_BEFORE_A_PASSKEY = _BEFORE_ONES_OWN | {"keys", "key-script", "key-made", "key-offer", "key-enrol", "sign"}


def strict_headers(answer: Answer) -> Answer:
    """No page runs a script, loads anything from elsewhere, or stays in a cache."""

    def guarded(request: HttpRequest) -> HttpResponse:
        response = answer(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", f"camera=(), {_NO_OTHER_DEVICE}")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Cache-Control", "no-store")
        return response

    return guarded


def idle_lock(answer: Answer) -> Answer:
    """A session that nobody used for a while is over, and so is one that began a shift ago, however much it is used."""

    def guarded(request: HttpRequest) -> HttpResponse:
        now = time.time()
        if request.user.is_authenticated:
            last, began = request.session.get("last"), request.session.setdefault("began", now)
            if (
                last is not None and now - last > settings.PROBAND_IDLE_SECONDS
            ) or now - began > settings.PROBAND_SESSION_SECONDS:
                logout(request)
            elif last is None or now - last > NOTED_EVERY:
                request.session["last"] = now
        return answer(request)

    return guarded


def own_password_first(answer: Answer) -> Answer:
    """Whoever has a password from somebody else chooses one of their own before anything."""

    def guarded(request: HttpRequest) -> HttpResponse:
        bound = request.user.is_authenticated and request.user.one_time
        if bound and resolve(request.path_info).url_name not in _BEFORE_ONES_OWN:
            return HttpResponseRedirect(reverse("own-password"))
        return answer(request)

    return guarded


def own_passkey_first(answer: Answer) -> Answer:
    """Where passkeys are required, whoever may sign anything and has none makes one before anything else."""

    def guarded(request: HttpRequest) -> HttpResponse:
        if (
            settings.PROBAND_PASSKEYS_REQUIRED
            and request.user.is_authenticated
            and resolve(request.path_info).url_name not in _BEFORE_A_PASSKEY
        ):
            with record().reading() as state:
                person = acting(state, request.user.username, settings.PROBAND_KNOW_ARMS)
                lacking = may_sign(state, person) and not live_passkeys(state, person.id)
            if lacking:
                return HttpResponseRedirect(reverse("keys"))
        return answer(request)

    return guarded


def with_script(response: HttpResponse) -> HttpResponse:
    """A page that asks a passkey: it may run the one script that does."""
    response["Content-Security-Policy"] = WITH_SCRIPT
    return response


def with_live_script(response: HttpResponse) -> HttpResponse:
    """A form whose result is shown while one types: its script may ask this registry, and nobody else."""
    response["Content-Security-Policy"] = WITH_LIVE_SCRIPT
    return response


def with_camera(response: HttpResponse) -> HttpResponse:
    """The check at the bed: its script may also ask for the camera, if the person at the screen lets it; no picture leaves the page."""
    response["Permissions-Policy"] = f"camera=(self), {_NO_OTHER_DEVICE}"
    return with_live_script(response)


class Refusals:
    """What the record or the registry refuses becomes a page that says what, why, and the mend."""

    sync_capable, async_capable = True, False

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer of the view."""
        return self._answer(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page of a refusal; any other exception goes on."""
        if not isinstance(error, ProbandError):
            return None
        return render(request, "registry/refused.html", {"refusal": told(error)}, status=status_of(error))


refusals = Refusals


def told(error: ProbandError) -> dict[str, Any]:
    """A refusal as pages and programs read it: what, why, the mend, the codes."""
    reasons = error.refusals if isinstance(error, Refused) else [error]
    return {
        "code": error.code,
        "reasons": [{"code": one.code, "message": one.message, "mend": one.mend} for one in reasons],
    }


def status_of(error: ProbandError) -> int:
    """403 where nobody but somebody else may, 404 where there is none, 409 where a gate or an earlier event stands against it, else 422."""
    codes = {one.code for one in error.refusals} if isinstance(error, Refused) else {error.code}
    if any(code.startswith("gate.authority.") for code in codes) or codes & {
        "registry.masked",
        "registry.site",
        "registry.look",
        "registry.scope",
        "registry.token.signs",
    }:
        return 403
    if codes & {
        "record.show.table",
        "record.show.history",
        "registry.absent",
        "registry.bundle",
        "record.command.unknown",
    }:
        return 404
    return 409 if isinstance(error, Refused | Conflict) or "registry.rows.changed" in codes else 422


def frame(request: HttpRequest) -> dict[str, Any]:
    """What every page of somebody who has signed in shows around itself."""
    user = getattr(request, "user", None)
    sign_on = settings.PROBAND_SIGN_ON is not None
    if user is None or not user.is_authenticated:
        return {"sign_on": sign_on}
    kept = record()
    with kept.reading() as state:
        view = state.view
        return {
            "sign_on": sign_on,
            "me": acting(state, user.username, settings.PROBAND_KNOW_ARMS),
            "study": kept.study,
            "programme": view,
            "demonstration": view is not None and view.status == "demonstration",
            "standing": standing_words(state),
            "last_event": state.seq,
        }


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """There is no such page."""
    words = "There is no page at this address."
    return render(request, "registry/said.html", {"title": "Not found", "words": words}, status=404)
