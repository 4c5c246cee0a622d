"""Accounts: one for each person of the record, a password given once, and the person's key under a password that nobody else knows.

The private key lies on this machine encrypted by what scrypt makes of the holder's password. No process keeps it open: it is opened for one
signature, by the password that is typed for that signature. So whoever has the disk, or the running server, signs in nobody's name.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator

from django.contrib.auth import get_user_model
from django.db import transaction

from proband.record import Record, SigningKey
from proband.registry.models import Account

#: cost, block size and parallelism of scrypt (RFC 7914; as much as a login, so that a stolen key file costs a guesser the same)
_COST, _BLOCK, _LANES = 2**15, 8, 1


def passphrase(instance: str, person: str, password: str) -> str:
    """What a person's key is encrypted with: scrypt over their password, salted by the record and their identifier."""
    salt = f"proband-registry-1:{instance}:{person}".encode()
    made = hashlib.scrypt(password.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES, maxmem=2**27, dklen=32)
    return made.hex()


def key_of(record: Record, person: str, password: str) -> SigningKey | None:
    """The key with which somebody signs, opened with their password; ``None`` where it lies elsewhere.

    Raises
    ------
    RecordError
        ``record.key.password`` where the password does not open it.
    """
    return record.people.opened(person, passphrase(record.state.instance, person, password))


def one_time_password() -> str:
    """Eighty random bits that can be read aloud."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def admit(record: Record, person: str) -> str:
    """Make the account of a person of the record, and lock their key with its one-time password, which is given back to be told once."""
    password = one_time_password()
    with transaction.atomic():
        Account.objects.make(person, password)
        # a key that opens without a password is this machine's until now; one in memory alone lies nowhere
        key = record.people.get(person)
        if key is not None and record.people.folder is not None:
            record.people.relock(person, passphrase(record.state.instance, person, password), opened=key)
    return password


def without_account(record: Record) -> list[str]:
    """Persons who hold a role and cannot sign in yet."""
    there = set(get_user_model().objects.values_list("username", flat=True))
    return [name for name, person in record.state.persons.items() if person.roles and name not in there]


def admit_all(record: Record) -> Iterator[tuple[str, str]]:
    """Make every account that is missing: person and one-time password."""
    for person in without_account(record):
        yield person, admit(record, person)


def choose_password(record: Record, account: Account, old: str, new: str) -> None:
    """Replace a password, and lock the person's key with the new one.

    Raises
    ------
    RecordError
        ``record.key.password`` where the old one does not open the key: nothing is changed.
    """
    key = key_of(record, account.username, old)
    with transaction.atomic():
        account.set_password(new)
        account.one_time = False
        account.save()
        if key is not None:
            changed = passphrase(record.state.instance, account.username, new)
            record.people.relock(account.username, changed, opened=key)
