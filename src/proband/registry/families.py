"""Participants and families: a link and a PIN that open what is on record of one person, and wishes that wait for the team to carry them into the log.

Nobody of them has a role in the record, so nothing is recorded from here: a wish stands first in the team's inbox, with the command that carries it
out as of the moment at which it was said, until the log has it.
"""

from __future__ import annotations

import secrets
import time
from hashlib import sha256

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from proband.record import State
from proband.registry.models import FamilyLink, FamilyWish

#: so many wrong PINs end a link; so long a page stays open without a request, in seconds (design choices)
WRONG_PINS, OPEN_SECONDS = 5, 900
_DIGITS = 6


def make_link(participant: str, by: str) -> tuple[str, str]:
    """A new link and PIN of somebody, told once; what they had before ends."""
    secret, pin = secrets.token_urlsafe(24), f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
    with transaction.atomic():
        FamilyLink.objects.filter(participant=participant).delete()
        FamilyLink.objects.create(
            participant=participant, secret=_hash(secret), pin=make_password(pin), made_by=by
        )
    return secret, pin


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def link_of(secret: str) -> FamilyLink | None:
    """The link of an address; ``None`` where there is none, or too many wrong PINs have ended it."""
    found: FamilyLink | None = FamilyLink.objects.filter(secret=_hash(secret), wrong__lt=WRONG_PINS).first()
    return found


def opens(request: HttpRequest, link: FamilyLink, pin: str) -> bool:
    """Try a PIN: counted before it is looked at, so that tries side by side are counted as well."""
    counted = FamilyLink.objects.filter(pk=link.pk, wrong__lt=WRONG_PINS).update(wrong=F("wrong") + 1)
    if not counted or not check_password(pin.strip(), link.pin):
        return False
    FamilyLink.objects.filter(pk=link.pk).update(wrong=0)
    request.session.cycle_key()
    request.session["family"] = {"participant": link.participant, "link": link.pk, "at": time.time()}
    return True


def whose(request: HttpRequest) -> str | None:
    """The participant whose page is open in this session; ``None`` where none is, or it was left alone, or its link has ended."""
    found = request.session.get("family")
    if found is None or time.time() - found["at"] > OPEN_SECONDS:
        request.session.pop("family", None)
        return None
    if not FamilyLink.objects.filter(
        pk=found["link"], participant=found["participant"], wrong__lt=WRONG_PINS
    ).exists():
        return None
    request.session["family"] = found | {"at": time.time()}
    return str(found["participant"])


def wish(participant: str, level: str, said: str) -> FamilyWish:
    """Keep what somebody said; said again it is the same wish, as of its first time."""
    kept: FamilyWish = FamilyWish.objects.get_or_create(
        participant=participant, level=level, defaults={"said": said, "at": timezone.now()}
    )[0]
    return kept


def waiting_wishes(state: State, *, of: str | None = None) -> list[FamilyWish]:
    """Wishes that the log does not have yet, the oldest first."""
    found = FamilyWish.objects.order_by("at")
    if of is not None:
        found = found.filter(participant=of)
    return [
        one
        for one in found
        if (person := state.participants.get(one.participant)) is not None
        and one.level not in person.withdrawn
    ]
