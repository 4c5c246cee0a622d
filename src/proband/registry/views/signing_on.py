"""The hospital's sign-on: the way to its provider, the way back, and the page on which one binds one's account there to the one here."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from proband.registry.bound_accounts import account_of, bind, is_bound, unbind
from proband.registry.guarding import status_of, told
from proband.registry.models import PageRead
from proband.registry.opened import record
from proband.registry.passkey_offers import live_passkeys
from proband.registry.reading import NotShown
from proband.registry.sign_on import HospitalProvider, SignOnFault, began, came_back

#: what waits in a session: that whoever comes back is to be bound to whoever is signed in
BINDING = "binding"
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def _provider() -> HospitalProvider:
    found: HospitalProvider | None = settings.PROBAND_SIGN_ON
    if found is None:
        raise NotShown("registry.absent", what="sign-on by the hospital here")
    return found


def _refused(request: HttpRequest, fault: SignOnFault) -> HttpResponse:
    return render(request, "registry/refused.html", {"refusal": told(fault)}, status=status_of(fault))


@login_not_required
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """To the provider; whoever is signed in already goes there only to bind."""
    provider = _provider()
    if request.user.is_authenticated and request.session.get(BINDING) != request.user.username:
        return redirect("home")
    return _sent(request, provider)


@sensitive_post_parameters("password")
@require_POST
def begin_binding(request: HttpRequest) -> HttpResponse:
    """Whoever comes back next is to be bound to whoever is signed in here, and types their password: a screen that was left alone makes nobody a way in.

    The way there begins on a page of its own: a form may lead to this registry alone (``form-action``), also by a detour.
    """
    _provider()
    person, password = request.user.username, request.POST.get("password", "")
    if not password or authenticate(request, username=person, password=password) is None:
        raise NotShown("registry.token.password")
    request.session[BINDING] = person
    return _on_the_way(request, "On the way to your hospital", reverse("sign-on"))


def _on_the_way(request: HttpRequest, title: str, on: str) -> HttpResponse:
    return render(request, "registry/sign_on_way.html", {"title": title, "on": on})


def _sent(request: HttpRequest, provider: HospitalProvider) -> HttpResponse:
    back = request.build_absolute_uri(reverse("sign-on-back"))
    try:
        answer: HttpResponse = began(request, provider, back)
    except SignOnFault as fault:
        return _refused(request, fault)
    return answer


@login_not_required
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """Back from the provider.

    Our cookie is not sent with a request that begins on another site, so the first answer is a page of our own that asks again: then it is.
    """
    provider = _provider()
    if "here" not in request.GET:
        return _on_the_way(request, "Back from your hospital", f"{request.path}?{request.GET.urlencode()}&here=1")  # fmt: skip
    # whatever comes back is used once: for the one thing for which it was sent
    binding = request.session.pop(BINDING, None)
    try:
        subject = came_back(request, provider)
        if binding is not None:
            return _bound(request, provider, subject, binding)
        account = account_of(provider, subject)
    except SignOnFault as fault:
        # kept, and counted against nobody: whoever sends nonsense here must lock out no account, and not the way itself
        PageRead.objects.create(person="", page="sign-on", subject=fault.code[:64])
        return _refused(request, fault)
    return _entered(request, account)


def _bound(request: HttpRequest, provider: HospitalProvider, subject: str, person: str) -> HttpResponse:
    if not request.user.is_authenticated or request.user.username != person:
        raise SignOnFault("registry.sign-on.provider", why="nobody waits for it here")
    bind(provider, subject, person)
    return redirect("sign-on-own")


def _entered(request: HttpRequest, account: Any) -> HttpResponse:
    """As after a password: whoever has a passkey shows it, too."""
    with record().reading() as state:
        known = live_passkeys(state, account.username)
    if known:
        request.session.cycle_key()
        request.session["half"] = {"person": account.username, "at": time.time(), "next": reverse("home")}
        return redirect("second-factor")
    login(request, account, backend=_BACKEND)
    return redirect("home")


def own(request: HttpRequest) -> HttpResponse:
    """Whether the hospital's sign-on opens one's account, and how it does or does not any more."""
    _provider()
    if request.method == "POST":
        unbind(request.user.username)
        return redirect("sign-on-own")
    return render(request, "registry/sign_on.html", {"bound": is_bound(request.user.username)})
