"""The vault: names and other personal data, apart from the log, under one key per participant.

The log speaks of pseudonyms. What identifies a person is encrypted with AES-256-GCM under that person's own key in
``vault.db``; the keys, wrapped under a master key, are in ``keyring.db``. To erase a person is to destroy that one key:
the log still verifies, and what is left of the person in the vault, and in every backup of it, is noise. Backups hold the
vault and never the keyring: a keyring has one current copy elsewhere, and an erased person's name stays in it only as a
tombstone, so that no older copy brings the key back.

A person has two kinds of keys. One, under the pseudonym itself, is for identity: what it takes to trace a product to whoever got it, which the law may ask
for as long as thirty years. The others, one for each time that texts were erased, are for everything else: contact data, and what people typed.
"""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from proband.record.commitments import OF_NOBODY, KeptText
from proband.record.errors import RecordError
from proband.record.permissions import claim, make_folder

_NONCE = 12
#: a file of SQLite that is none
_IN_MEMORY = Path(":memory:")


def texts_of(person: str, erasures: int) -> str:
    """Under which name the key lies that keeps the texts about a person, after so many erasures of them."""
    return f"{person}/texts" if erasures == 0 else f"{person}/texts-{erasures}"


#: personal data that help to reach somebody and not to trace a product; every other field counts as identity
_CONTACT = re.compile(
    r"(home-|work-|private-)?(address|street|city|town|postcode|postal-code|zip|phone|telephone|mobile|fax|e-?mail|contact|messenger)"
    r"(-[a-z0-9-]+)?|next-of-kin(-[a-z0-9-]+)?|emergency-contact(-[a-z0-9-]+)?|note|notes|remark|remarks|photo|photograph|occupation|employer|"
    r"insurance(-[a-z0-9-]+)?|language|travel|transport"
)


def is_contact(field: str) -> bool:
    """Whether a field of personal data serves contact or comfort, so that it may be erased while a product must still be traced."""
    return _CONTACT.fullmatch(field) is not None


#: under which name the key of texts about nobody lies
TEXTS_OF_NOBODY = texts_of(OF_NOBODY, 0)


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
        self._open: dict[str, AESGCM] = {}
        if path != _IN_MEMORY:
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
        # single texts that were erased: a vault that was copied before still has them, and must not show them
        self._db.execute("CREATE TABLE IF NOT EXISTS forgotten (commitment BLOB PRIMARY KEY) STRICT")

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

    def cipher(self, subject: str, *, create: bool = False) -> AESGCM:
        """The cipher under the subject's key, as :meth:`key` gives it; unwrapped once."""
        with self._lock:
            # another process may have destroyed the key: its tombstone is asked for each time
            found = self._open.get(subject)
            if found is None or self.is_erased(subject):
                found = AESGCM(self.key(subject, create=create))
                self._open[subject] = found
            return found

    def is_erased(self, subject: str) -> bool:
        """Whether the subject's key was destroyed."""
        return bool(self._db.execute("SELECT 1 FROM erased WHERE subject = ?", (subject,)).fetchone())

    def forget(self, commitments: Iterable[bytes]) -> None:
        """Remember that single texts were erased; the copy of the keys carries it to every copy of the vault."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "INSERT OR IGNORE INTO forgotten VALUES (?)", [(one,) for one in commitments]
            )
            self._db.execute("COMMIT")

    def is_forgotten(self, commitment: bytes) -> bool:
        """Whether a single text was erased."""
        row = self._db.execute("SELECT 1 FROM forgotten WHERE commitment = ?", (commitment,)).fetchone()
        return row is not None

    def forgotten(self) -> list[bytes]:
        """The commitments of every single text that was erased."""
        return [row[0] for row in self._db.execute("SELECT commitment FROM forgotten")]

    def destroy(self, subject: str) -> None:
        """Destroy a key: overwritten in the file, remembered as erased, never to be made again."""
        with self._lock:
            self._open.pop(subject, None)
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
        if path != _IN_MEMORY:
            claim(path)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30.0)
        self._db.execute("PRAGMA busy_timeout = 30000")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS texts (commitment BLOB PRIMARY KEY, subject TEXT NOT NULL, box BLOB) STRICT"
        )
        self._db.execute("CREATE INDEX IF NOT EXISTS texts_subject ON texts (subject)")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS sealed (subject TEXT, field TEXT, box BLOB NOT NULL, PRIMARY KEY (subject, field)) STRICT"
        )

    @classmethod
    def in_memory(cls) -> Vault:
        """A vault that is gone with the process, for a record that has no folder."""
        return cls(_IN_MEMORY, Keyring(_IN_MEMORY, AESGCM.generate_key(256)))

    def keep(self, texts: Iterable[tuple[str, KeptText]]) -> None:
        """Encrypt and keep texts, each under the key of a subject; all of them, or none.

        Raises
        ------
        VaultError
            ``record.vault.erased`` for a subject whose key was destroyed.
        """
        rows = []
        for subject, one in texts:
            name = bytes.fromhex(one.commitment)
            plain = orjson.dumps([one.key, one.salt.hex(), one.text, one.traced])
            nonce = secrets.token_bytes(_NONCE)
            box = nonce + self.keyring.cipher(subject, create=True).encrypt(
                nonce, plain, subject.encode() + b"\0" + name
            )
            rows.append((name, subject, box))
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR IGNORE INTO texts VALUES (?, ?, ?)", rows)
            self._db.execute("COMMIT")

    def text(self, commitment: str) -> KeptText | None:
        """The text of a commitment; ``None`` where the vault has never had it.

        Raises
        ------
        VaultError
            ``record.vault.erased`` where it was erased, ``record.vault.changed`` where the ciphertext was altered or is another's.
        """
        name = bytes.fromhex(commitment)
        with self._lock:
            row = self._db.execute("SELECT subject, box FROM texts WHERE commitment = ?", (name,)).fetchone()
        if row is None:
            return None
        subject, box = row
        if box is None or self.keyring.is_forgotten(name):
            raise VaultError("record.vault.erased", subject=subject)
        try:
            cipher = self.keyring.cipher(subject)
            plain = cipher.decrypt(box[:_NONCE], box[_NONCE:], subject.encode() + b"\0" + name)
        except InvalidTag as error:
            raise VaultError("record.vault.changed", field=commitment[:12], subject=subject) from error
        except VaultError as error:
            # a vault without the key of a subject is one whose keyring was replaced; a destroyed key is told by its tombstone
            if error.code == "record.vault.absent":
                raise VaultError("record.vault.changed", field=commitment[:12], subject=subject) from error
            raise
        key, salt, text, traced = orjson.loads(plain)
        return KeptText(commitment, key, bytes.fromhex(salt), text, traced)

    def holder(self, commitment: str) -> str | None:
        """Under whose key a text lies, or lay."""
        with self._lock:
            row = self._db.execute(
                "SELECT subject FROM texts WHERE commitment = ?", (bytes.fromhex(commitment),)
            ).fetchone()
        return row[0] if row else None

    def forget(self, commitments: Iterable[str]) -> None:
        """Overwrite texts, one by one; that they were there stays known, and the keyring remembers that they are not to be shown.

        A copy of the vault that was made before still has their ciphertexts, and nobody who opens it with the current keys is shown them.
        """
        names = [bytes.fromhex(one) for one in commitments]
        new = [name for name in names if not self.keyring.is_forgotten(name)]
        if new:
            self.keyring.forget(new)
        self._overwrite(names)

    def forget_again(self) -> None:
        """Overwrite what was erased after this vault was copied: the keyring is newer, and remembers."""
        self._overwrite(self.keyring.forgotten())

    def _overwrite(self, names: Iterable[bytes]) -> None:
        with self._lock:
            changed = self._db.executemany(
                "UPDATE texts SET box = NULL WHERE commitment = ? AND box IS NOT NULL",
                [(one,) for one in names],
            ).rowcount
            if changed > 0:
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

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
            self._db.execute("UPDATE texts SET box = NULL WHERE subject = ?", (subject,))
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def drop(self, subject: str, field: str) -> None:
        """Overwrite a value; a copy of the vault that was made before still has its ciphertext."""
        with self._lock:
            self._db.execute("DELETE FROM sealed WHERE subject = ? AND field = ?", (subject, field))
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy_to(self, path: Path) -> None:
        """A consistent copy of the ciphertexts (never of the keys)."""
        with self._lock, sqlite3.connect(path) as target:
            self._db.backup(target)
        target.close()

    def close(self) -> None:
        """Close the files."""
        self._db.close()
        self.keyring.close()
