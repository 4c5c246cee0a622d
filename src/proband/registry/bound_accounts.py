"""Which accounts of a hospital's provider open which accounts here: bound by their holders, from inside."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from proband.registry.models import HospitalAccount
from proband.registry.sign_on import HospitalProvider, SignOnFault


def account_of(provider: HospitalProvider, subject: str) -> Any:
    """The account that is bound to somebody of the provider.

    Raises
    ------
    SignOnFault
        ``registry.sign-on.unbound`` where none is, or it opens nothing any more.
    """
    bound = HospitalAccount.objects.filter(issuer=provider.issuer, subject=subject).first()
    account = (
        get_user_model().objects.filter(username=bound.person, is_active=True, one_time=False).first()
        if bound
        else None
    )
    if account is None:
        raise SignOnFault("registry.sign-on.unbound")
    return account


def bind(provider: HospitalProvider, subject: str, person: str) -> None:
    """Bind somebody of the provider to the account of a person, in place of whoever was bound to it.

    Raises
    ------
    SignOnFault
        ``registry.sign-on.taken`` where they are bound to somebody else.
    """
    try:
        with transaction.atomic():
            HospitalAccount.objects.filter(person=person).delete()
            HospitalAccount.objects.create(person=person, issuer=provider.issuer, subject=subject)
    except IntegrityError as error:
        raise SignOnFault("registry.sign-on.taken") from error


def unbind(person: str) -> None:
    """The provider's word opens this account no more."""
    HospitalAccount.objects.filter(person=person).delete()


def is_bound(person: str) -> bool:
    """Whether somebody of the provider is bound to a person's account."""
    return bool(HospitalAccount.objects.filter(person=person).exists())
