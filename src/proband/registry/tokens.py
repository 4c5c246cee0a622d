"""Tokens for machines: whoever has one acts as the person who made it, with that person's roles as the log has them now, within its scopes, until its day.

A token reads, and does what nobody signs; it signs nothing, opens no page, and asks no passkey. It is told once and kept as a hash; each use is kept
like any other look.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from proband.record import COMMANDS
from proband.registry.models import ApiToken, PageRead
from proband.registry.reading import NotShown

#: what a secret begins with, so that one that was lost is found by a search
PREFIX = "proband_"
#: so many days a token lives at most, and if nobody says otherwise (design choices)
MOST_DAYS, USUAL_DAYS = 365, 90
#: scopes beside those of single commands (``do:outcome.record``)
TABLES, READS_COMMANDS, DOES = "tables:read", "commands:read", "do:"
_HEADER = "Bearer "


def scopes_offered() -> list[str]:
    """Every scope that a token can have: reading, and each command that nobody signs."""
    unsigned = [verb for verb, one in COMMANDS.items() if one.signature is None and not one.by_record]
    return [TABLES, READS_COMMANDS, *(f"{DOES}{verb}" for verb in unsigned)]


def make_token(person: str, name: str, scopes: Sequence[str], days: int) -> str:
    """A new token of somebody; the secret, which is told once.

    Raises
    ------
    NotShown
        ``registry.token.form`` for a scope that there is not, none at all, no name, or too many days.
    """
    known = set(scopes_offered())
    wrong = [one for one in scopes if one not in known]
    if not name.strip() or not scopes or wrong or not 1 <= days <= MOST_DAYS:
        raise NotShown("registry.token.form", most=MOST_DAYS, wrong=", ".join(wrong)[:200] or "none")
    secret = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        person=person, name=name.strip()[:64], secret=_hash(secret), scopes=sorted(set(scopes)), expires=timezone.now() + timedelta(days=days)
    )  # fmt: skip
    return secret


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def live(secret: str, now: datetime | None = None) -> ApiToken | None:
    """The token of a secret, where it counts."""
    found: ApiToken | None = ApiToken.objects.filter(
        secret=_hash(secret), revoked=None, expires__gt=now or timezone.now()
    ).first()
    return found


def revoke(token: ApiToken, by: str) -> None:
    """It ends at once."""
    ApiToken.objects.filter(pk=token.pk, revoked=None).update(revoked=timezone.now(), revoked_by=by)


def bearing(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Whoever sends a token with a request to the API is who made it; on every other address a token is nothing."""

    def guarded(request: HttpRequest) -> HttpResponse:
        said = request.headers.get("Authorization", "")
        if not said.startswith(_HEADER) or not request.path_info.startswith("/api/"):
            return answer(request)
        token = live(said.removeprefix(_HEADER).strip())
        account = (
            get_user_model().objects.filter(username=token.person, is_active=True, one_time=False).first()
            if token
            else None
        )
        if token is None or account is None:
            refused = {"code": "registry.token", "reasons": [{"code": "registry.token", "message": "this token does not count", "mend": "make another one"}]}  # fmt: skip
            return JsonResponse(refused, status=401)
        # no cookie stands behind it, so that no page of somebody else can send it
        request.user, request.token, request._dont_enforce_csrf_checks = account, token, True
        ApiToken.objects.filter(pk=token.pk).update(used=timezone.now())
        PageRead.objects.create(
            person=account.username, page=f"token:{token.name}"[:64], subject=request.path_info[:64]
        )
        return answer(request)

    return guarded


def check_scope(request: HttpRequest, scope: str) -> None:
    """Refuse what a token was not made for; whoever has signed in has every scope.

    Raises
    ------
    NotShown
        ``registry.scope``.
    """
    token: ApiToken | None = getattr(request, "token", None)
    if token is not None and scope not in token.scopes:
        raise NotShown("registry.scope", scope=scope)
