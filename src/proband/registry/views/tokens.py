"""One's tokens for machines: made under one's password, told once, taken back at will; a custodian takes back anybody's."""

from __future__ import annotations

from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from proband.record import COMMANDS
from proband.registry.acting import in_which_roles
from proband.registry.guarding import status_of, told
from proband.registry.models import ApiToken
from proband.registry.opened import record
from proband.registry.reading import NotShown
from proband.registry.tokens import MOST_DAYS, USUAL_DAYS, make_token, revoke, scopes_offered
from proband.registry.views.shown import looked_at, me

#: who takes back anybody's token: whoever may end anybody's key
_ENDS = "key.revoke"


@sensitive_post_parameters("password")
def own_tokens(request: HttpRequest) -> HttpResponse:
    """One's tokens; a new one is made under one's own password."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        ends = bool(in_which_roles(state, person, COMMANDS[_ENDS]))
    secret, refusal, status = "", None, 200
    if request.method == "POST":
        days = request.POST.get("days", "")
        try:
            if authenticate(request, username=person.id, password=request.POST.get("password", "")) is None:
                raise NotShown("registry.token.password")
            number = int(days) if days.isascii() and days.isdecimal() and len(days) < 5 else 0
            secret = make_token(person.id, request.POST.get("name", ""), request.POST.getlist("scope"), number)  # fmt: skip
        except NotShown as error:
            refusal, status = told(error), status_of(error)
        else:
            looked_at(request, "token-made", request.POST.get("name", "")[:64])
    tokens = ApiToken.objects.all() if ends else ApiToken.objects.filter(person=person.id)
    return render(request, "registry/tokens.html", {
        "tokens": tokens.order_by("-made"), "scopes": scopes_offered(), "secret": secret, "refusal": refusal, "most": MOST_DAYS, "usual": USUAL_DAYS,
        "ends": ends, "now": timezone.now(), "said": request.POST.get("name", ""),
    }, status=status)  # fmt: skip


@require_POST
def end_token(request: HttpRequest, number: int) -> HttpResponse:
    """Take a token back."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        ends = bool(in_which_roles(state, person, COMMANDS[_ENDS]))
    found = ApiToken.objects.filter(pk=number).first()
    if found is None or not (ends or found.person == person.id):
        raise NotShown("registry.absent", what="token of yours with this number")
    revoke(found, person.id)
    looked_at(request, "token-ended", f"{found.person}:{found.name}"[:64])
    return redirect("tokens")
