"""Private keys of persons that are kept on this machine, made where somebody is given a first role and brings none.

So that a first record needs two lines. It is a beginning and says so: whoever owns the machine can sign in every name whose key lies on it
without a password. A person who enrols a passkey, or a key that lies elsewhere, leaves this.
"""

from __future__ import annotations

import os
from pathlib import Path

from proband.record.errors import RecordError
from proband.record.heads import SigningKey

#: where the password of the keys is looked for
PASSWORD = "PROBAND_KEY_PASSWORD"  # noqa: S105 - the name of a variable


def password_of_keys() -> str | None:
    """The password of the keys on this machine, where one is set."""
    return os.environ.get(PASSWORD) or None


class PersonalKeys:
    """The private keys of persons in one folder, or in memory alone.

    Parameters
    ----------
    folder
        One file for each person, readable by the owner only; ``None`` keeps them in memory.
    password
        Encrypts the files; ``None``: the environment variable ``PROBAND_KEY_PASSWORD``, and without it no encryption.
    """

    def __init__(self, folder: Path | None = None, *, password: str | None = None) -> None:
        self.folder = folder
        self._password = password or password_of_keys()
        self._known: dict[str, SigningKey] = {}
        self._writes = True

    def lent(self) -> PersonalKeys:
        """The same keys for a rehearsal: what is made there is written nowhere."""
        keys = PersonalKeys(self.folder, password=self._password)
        keys._known, keys._writes = dict(self._known), False
        return keys

    def unlock(self, password: str) -> None:
        """Take a password for the files that do not open without one."""
        self._password = password

    def make(self, person: str) -> SigningKey:
        """The person's key, made anew where there is none."""
        key = self.get(person)
        if key is None:
            key = self.generate()
            if self.folder is not None and self._writes:
                key.save(self._path(person), password=self._password)
            self._known[person] = key
        return key

    def generate(self) -> SigningKey:
        """A new key of nobody yet."""
        return SigningKey.generate()

    def get(self, person: str) -> SigningKey | None:
        """The person's key, if it is on this machine.

        Raises
        ------
        RecordError
            ``record.key.unreadable`` for a damaged file, ``record.key.password`` where it does not open with the password.
        """
        if person not in self._known and self.folder is not None and self._path(person).is_file():
            self._known[person] = SigningKey.load(self._path(person), password=self._password)
        return self._known.get(person)

    def opened(self, person: str, password: str) -> SigningKey | None:
        """The person's key, opened with a password of their own and remembered nowhere; ``None`` where it is not on this machine.

        Raises
        ------
        RecordError
            As :meth:`get`.
        """
        if self.folder is None or not self._path(person).is_file():
            return self._known.get(person)
        return SigningKey.load(self._path(person), password=password)

    def relock(self, person: str, password: str, *, opened: SigningKey) -> None:
        """Keep somebody's key under another password from now on, and forget it where it was remembered open."""
        path = self._path(person)
        beside = path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        opened.save(beside, password=password)
        os.replace(beside, path)
        self._known.pop(person, None)

    def replace(self, person: str) -> SigningKey:
        """A new key of a person, in place of one that was revoked."""
        if self.folder is not None:
            self._path(person).unlink(missing_ok=True)
        self._known.pop(person, None)
        return self.make(person)

    def _path(self, person: str) -> Path:
        if self.folder is None:
            raise RecordError("record.key.absent", path=person)
        # an identifier of the record holds no separator of paths; upper and lower case may be one on a disk
        return self.folder / f"{person.encode().hex()}.key"
