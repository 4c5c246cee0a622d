"""What the registry keeps beside the record: who may sign in, who looked at what, offers of passkeys, addresses of calendars, links and wishes of families, where values were read, drafts of examinations, tokens of machines, and accounts of a hospital's provider.

Roles, sites, keys and everything else are the record's.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class AccountManager(BaseUserManager):
    """Makes accounts; nobody makes one for themselves."""

    def make(self, username: str, password: str) -> Account:
        """An account with a password that its holder must replace at once."""
        account = self.model(username=username, one_time=True)
        account.set_password(password)
        account.save(using=self._db)
        return account  # type: ignore[no-any-return]


class Account(AbstractBaseUser):
    """Who may sign in: the identifier of a person of the record, and a password. No name, no address, no role."""

    username: Any = models.CharField(max_length=64, unique=True)
    is_active: Any = models.BooleanField(default=True)
    #: whether the password was given by somebody else and serves only to choose one's own
    one_time: Any = models.BooleanField(default=True)

    objects: Any = AccountManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: list[str] = []


class PageRead(models.Model):
    """Somebody looked at something: who, when, which page, about whom or what."""

    at: Any = models.DateTimeField(auto_now_add=True, db_index=True)
    person: Any = models.CharField(max_length=64, db_index=True)
    page: Any = models.CharField(max_length=64)
    subject: Any = models.CharField(max_length=64, blank=True, db_index=True)

    class Meta:
        """How it is kept."""

        ordering = ("-id",)


class OfferedPasskey(models.Model):
    """A passkey that somebody has made: the name under which its authenticator knows it, and the offer that a custodian may have enrolled.

    Whether it counts is said by the log, under ``key``.
    """

    person: Any = models.CharField(max_length=64, db_index=True)
    credential: Any = models.CharField(max_length=1400, unique=True)
    key: Any = models.CharField(max_length=16, db_index=True)
    offer: Any = models.JSONField()
    at: Any = models.DateTimeField(auto_now_add=True)


class CalendarAddress(models.Model):
    """An address under which a calendar reads what is due for somebody: the hash of its secret part. It opens nothing else, and can be taken back."""

    person: Any = models.CharField(max_length=64, unique=True)
    secret: Any = models.CharField(max_length=64, unique=True)
    made: Any = models.DateTimeField(auto_now_add=True)


class FamilyLink(models.Model):
    """A link and a PIN with which a participant, or a family, sees what is on record of them: hashes of both, and how often a wrong PIN was tried."""

    participant: Any = models.CharField(max_length=64, unique=True)
    secret: Any = models.CharField(max_length=64, unique=True)
    pin: Any = models.CharField(max_length=256)
    wrong: Any = models.IntegerField(default=0)
    made_by: Any = models.CharField(max_length=64)
    made: Any = models.DateTimeField(auto_now_add=True)


class FamilyWish(models.Model):
    """What a participant, or a family, said from their own page: from what they withdraw. It waits until the log has it."""

    participant: Any = models.CharField(max_length=64, db_index=True)
    level: Any = models.CharField(max_length=16)
    said: Any = models.CharField(max_length=4000)
    at: Any = models.DateTimeField()

    class Meta:
        """How it is kept."""

        constraints = [
            models.UniqueConstraint(fields=["participant", "level"], name="one_wish_of_each_level")
        ]


class ReadFrom(models.Model):
    """Where the values of an event were read: the files with their hashes, and place by place what was taken from it. No value stands here."""

    seq: Any = models.BigIntegerField(db_index=True)
    files: Any = models.JSONField()
    places: Any = models.JSONField()
    person: Any = models.CharField(max_length=64)
    at: Any = models.DateTimeField(auto_now_add=True)


class ExaminationDraft(models.Model):
    """Answers of an instrument that somebody has entered and not recorded; ``corrects`` is the event that they are to put right, or 0."""

    person: Any = models.CharField(max_length=64, db_index=True)
    participant: Any = models.CharField(max_length=64, db_index=True)
    instrument: Any = models.CharField(max_length=64)
    corrects: Any = models.BigIntegerField(default=0)
    said: Any = models.JSONField()
    at: Any = models.DateTimeField(auto_now=True)

    class Meta:
        """How it is kept."""

        constraints = [
            models.UniqueConstraint(
                fields=["person", "participant", "instrument", "corrects"], name="one_draft_of_each"
            )
        ]


class ApiToken(models.Model):
    """A token with which a machine acts as a person, within some scopes and until a day: the hash of its secret, never the secret."""

    person: Any = models.CharField(max_length=64, db_index=True)
    name: Any = models.CharField(max_length=64)
    secret: Any = models.CharField(max_length=64, unique=True)
    scopes: Any = models.JSONField()
    made: Any = models.DateTimeField(auto_now_add=True)
    expires: Any = models.DateTimeField()
    revoked: Any = models.DateTimeField(null=True)
    revoked_by: Any = models.CharField(max_length=64, blank=True)
    used: Any = models.DateTimeField(null=True)


class HospitalAccount(models.Model):
    """Somebody of the hospital's own provider, who is let in as a person of the record: bound by that person, from inside."""

    person: Any = models.CharField(max_length=64, unique=True)
    issuer: Any = models.CharField(max_length=255)
    subject: Any = models.CharField(max_length=255)
    bound: Any = models.DateTimeField(auto_now_add=True)

    class Meta:
        """How it is kept."""

        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_account_of_each_subject")
        ]
