"""The vault: names and other personal data, apart from the log, under one key per participant.

The log speaks of pseudonyms. What identifies a person is encrypted with AES-256-GCM under that person's own key in
``vault.db``; the keys, wrapped under a master key, are in ``keyring.db``. To erase a person is to destroy that one key:
the log still verifies, and what is left of the person in the vault, and in every backup of it, is noise. Backups hold the
vault and never the keyring: a keyring has one current copy elsewhere, and an erased person's name stays in it only as a
tombstone, so that no older copy brings the key back.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from proband.record.errors import RecordError
from proband.record.permissions import claim, make_folder

_NONCE = 12


class VaultError(RecordError):
    """Personal data cannot be read: erased, never there, or the wrong master key."""


def new_master_key(path: Path) -> bytes:
    """Create a master key file, readable by its owner only."""
    key = AESGCM.generate_key(256)
    make_folder(path.parent)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key.hex() + "\n")
    return key


def load_master_key(path: Path) -> bytes:
    """Read the master key: the environment variable ``PROBAND_MASTER_KEY`` (hex) before the file.

    Raises
    ------
    VaultError
        ``record.vault.master`` where there is none or it is no 256-bit key.
    """
    text = os.environ.get("PROBAND_MASTER_KEY") or (path.read_text().strip() if path.is_file() else "")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise VaultError("record.vault.key", path=path)
    return key


class Keyring:
    """The wrapped keys, one per subject; destroying one is final."""

    def __init__(self, path: Path, master: bytes) -> None:
        self.path = path
        self._wrap = AESGCM(master)
        self._lock = threading.RLock()
        claim(path)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30.0)
        self._db.execute("PRAGMA busy_timeout = 30000")
        self._db.execute("PRAGMA journal_mode = DELETE")  # no write-ahead copy of a key that is destroyed
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS keys (subject TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT"
        )
        self._db.execute("CREATE TABLE IF NOT EXISTS erased (subject TEXT PRIMARY KEY) STRICT")

    def key(self, subject: str, *, create: bool = False) -> bytes:
        """The subject's key.

        Raises
        ------
        VaultError
            ``record.vault.erased`` after erasure; ``record.vault.absent`` where there never was a key;
            ``record.vault.master`` where the master key is the wrong one.
        """
        with self._lock:
            if self.is_erased(subject):
                raise VaultError("record.vault.erased", subject=subject)
            row = self._db.execute("SELECT wrapped FROM keys WHERE subject = ?", (subject,)).fetchone()
            if row is None:
                if not create:
                    raise VaultError("record.vault.absent", subject=subject)
                key = AESGCM.generate_key(256)
                nonce = secrets.token_bytes(_NONCE)
                self._db.execute(
                    "INSERT INTO keys VALUES (?, ?)",
                    (subject, nonce + self._wrap.encrypt(nonce, key, subject.encode())),
                )
                return key
            wrapped = row[0]
        try:
            return self._wrap.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], subject.encode())
        except InvalidTag as error:
            raise VaultError("record.vault.master") from error

    def is_erased(self, subject: str) -> bool:
        """Whether the subject's key was destroyed."""
        return bool(self._db.execute("SELECT 1 FROM erased WHERE subject = ?", (subject,)).fetchone())

    def destroy(self, subject: str) -> None:
        """Destroy a key: overwritten in the file, remembered as erased, never to be made again."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("INSERT OR IGNORE INTO erased VALUES (?)", (subject,))
            self._db.execute("DELETE FROM keys WHERE subject = ?", (subject,))
            self._db.execute("COMMIT")
            self._db.execute("VACUUM")

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class Vault:
    """Encrypted personal data by subject and field; values are plain JSON."""

    def __init__(self, path: Path, keyring: Keyring) -> None:
        self.path = path
        self.keyring = keyring
        self._lock = threading.RLock()
        claim(path)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30.0)
        self._db.execute("PRAGMA busy_timeout = 30000")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS sealed (subject TEXT, field TEXT, box BLOB NOT NULL, PRIMARY KEY (subject, field)) STRICT"
        )

    def put(self, subject: str, field: str, value: Any) -> None:
        """Encrypt and keep a value; a later value replaces the earlier one.

        Raises
        ------
        VaultError
            ``record.vault.erased`` for a subject whose data were erased.
        """
        key = self.keyring.key(subject, create=True)
        nonce = secrets.token_bytes(_NONCE)
        box = nonce + AESGCM(key).encrypt(nonce, orjson.dumps(value), f"{subject}\0{field}".encode())
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO sealed VALUES (?, ?, ?)", (subject, field, box))

    def get(self, subject: str, field: str) -> Any:
        """Decrypt a value.

        Raises
        ------
        VaultError
            ``record.vault.erased``, ``record.vault.absent``, or ``record.vault.changed`` where the ciphertext was altered.
        """
        key = self.keyring.key(subject)
        row = self._db.execute(
            "SELECT box FROM sealed WHERE subject = ? AND field = ?", (subject, field)
        ).fetchone()
        if row is None:
            raise VaultError("record.vault.field", subject=subject, field=field)
        try:
            plain = AESGCM(key).decrypt(row[0][:_NONCE], row[0][_NONCE:], f"{subject}\0{field}".encode())
        except InvalidTag as error:
            raise VaultError("record.vault.changed", field=field, subject=subject) from error
        return orjson.loads(plain)

    def fields(self, subject: str) -> list[str]:
        """The names of the fields that are kept of a subject."""
        rows = self._db.execute("SELECT field FROM sealed WHERE subject = ? ORDER BY field", (subject,))
        return [row[0] for row in rows]

    def erase(self, subject: str) -> None:
        """Destroy the subject's key, then drop the ciphertexts; the destruction is what counts, and it comes first."""
        self.keyring.destroy(subject)
        with self._lock:
            self._db.execute("DELETE FROM sealed WHERE subject = ?", (subject,))

    def copy_to(self, path: Path) -> None:
        """A consistent copy of the ciphertexts (never of the keys)."""
        with self._lock, sqlite3.connect(path) as target:
            self._db.backup(target)
        target.close()

    def close(self) -> None:
        """Close the files."""
        self._db.close()
        self.keyring.close()
