"""Signed heads: what the chain looked like at a moment, signed and kept outside the database.

A chain proves that its middle did not change; only something outside it can prove that its end was not cut off and that
the whole was not written anew. A head says "event n of this study had this hash at this time", signed with Ed25519, one
line of JSON per head, each covering the line before. Keep a copy of the file where the database's owner cannot write.
"""

from __future__ import annotations

import base64
import os
import time
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from proband.record.errors import RecordError
from proband.record.events import canonical
from proband.record.keys import fingerprint


class SigningKey:
    """An Ed25519 key pair that signs heads, capsules and backups."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = fingerprint(self.public)

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """Read the key from its file.

        Raises
        ------
        RecordError
            ``record.key.absent`` or ``record.key.unreadable``.
        """
        try:
            return cls(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text().strip())))
        except FileNotFoundError as error:
            raise RecordError("record.key.absent", path=path) from error
        except ValueError as error:
            raise RecordError("record.key.unreadable", path=path) from error

    def save(self, path: Path) -> None:
        """Write the private key, readable by its owner only."""
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = self._private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(raw.hex() + "\n")

    def sign(self, content: bytes) -> str:
        """The signature over some bytes, in base64."""
        return base64.b64encode(self._private.sign(content)).decode()


def signed_by(public: bytes, content: bytes, signature: str) -> bool:
    """Whether a signature over some bytes is this public key's."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Head:
    """A signed statement: event ``seq`` of ``study`` had ``hash`` (hex) at ``at``; ``previous`` covers the head before."""

    study: str
    seq: int
    hash: str
    at: str
    previous: str
    key: str
    signature: str = ""

    @property
    def content(self) -> bytes:
        """What is signed."""
        fields = asdict(self)
        del fields["signature"]
        return canonical(fields)

    @property
    def line(self) -> bytes:
        """The head as one line of its file."""
        return canonical(asdict(self)) + b"\n"


@dataclass(frozen=True, slots=True)
class HeadFault:
    """A head that cannot be believed, by line of its file (1-based), and why."""

    line: int
    seq: int | None
    kind: str
    message: str


class HeadFile:
    """The heads of one study in one file, appended and flushed to the disk line by line.

    Parameters
    ----------
    path
        The file; created with the first head.
    every
        A head is due after so many events …
    seconds
        … or, if there is anything new, after so long.
    """

    def __init__(self, path: Path, *, every: int = 200, seconds: float = 900.0) -> None:
        self.path = path
        self.every = every
        self.seconds = seconds
        self._last: Head | None = None
        self._written = time.monotonic()
        if path.is_file():
            heads, _ = read_heads(path)
            self._last = heads[-1] if heads else None

    @property
    def last(self) -> Head | None:
        """The newest head."""
        return self._last

    def due(self, seq: int) -> bool:
        """Whether a head is due now that the log stands at ``seq``."""
        last = self._last.seq if self._last else 0
        return seq - last >= self.every or (seq > last and time.monotonic() - self._written >= self.seconds)

    def write(self, study: str, seq: int, digest: bytes, at: str, key: SigningKey) -> Head:
        """Sign and append a head; nothing is written where the file already speaks of this event or a later one.

        Several processes may share the file: each takes its lock and continues from its last whole line. A line that a
        crash tore was never signed for anybody, and is cut off.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            _lock(file)
            file.seek(0)
            content = file.read()
            whole = content[: content.rfind(b"\n") + 1]
            if len(whole) != len(content):
                file.truncate(len(whole))
            lines = whole.splitlines()
            self._last = _head(lines[-1]) if lines else None
            if self._last is not None and self._last.seq >= seq:
                return self._last
            previous = sha256(lines[-1] + b"\n").hexdigest() if lines else ""
            draft = Head(study, seq, digest.hex(), at, previous, key.id)
            head = Head(study, seq, draft.hash, at, previous, key.id, key.sign(draft.content))
            file.write(head.line)
            file.flush()
            os.fsync(file.fileno())
        self._last = head
        self._written = time.monotonic()
        return head


def _lock(file: IO[bytes]) -> None:
    """Wait for the file to be ours alone; released when it is closed. Where the system has no such locks, one process writes."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows
        return
    fcntl.flock(file.fileno(), fcntl.LOCK_EX)


def _head(line: bytes) -> Head | None:
    try:
        fields: dict[str, Any] = orjson.loads(line)
        return Head(**fields)
    except (orjson.JSONDecodeError, TypeError):
        return None


def read_heads(path: Path) -> tuple[list[Head], list[HeadFault]]:
    """The heads of a file and the lines that are no heads; signatures are not checked here."""
    heads: list[Head] = []
    faults: list[HeadFault] = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        head = _head(line)
        if head is None:
            faults.append(
                HeadFault(number, None, "head-unreadable", f"line {number} of the heads is no head")
            )
        else:
            heads.append(head)
    return heads, faults


def check_heads(path: Path, study: str, trusted: dict[str, bytes]) -> tuple[list[Head], list[HeadFault]]:
    """The heads that can be believed, and the faults of the others.

    Parameters
    ----------
    path
        The file of heads.
    study
        Whose heads they must be.
    trusted
        Public keys by fingerprint, obtained from somewhere that the owner of the database cannot write.
    """
    if not path.is_file():
        return [], [HeadFault(0, None, "heads-absent", f"there are no signed heads at {path.name}")]
    heads, faults = read_heads(path)
    good: list[Head] = []
    previous = ""
    for number, head in enumerate(heads, start=1):
        public = trusted.get(head.key)
        if public is None:
            faults.append(
                HeadFault(number, head.seq, "head-unknown-key",
                          f"the head for event {head.seq} is signed by the unknown key {head.key}"))  # fmt: skip
        elif not signed_by(public, head.content, head.signature):
            faults.append(
                HeadFault(number, head.seq, "head-forged", f"the head for event {head.seq} does not carry a valid signature"))  # fmt: skip
        elif head.study != study:
            faults.append(
                HeadFault(number, head.seq, "head-foreign", f"the head for event {head.seq} belongs to {head.study}"))  # fmt: skip
        elif head.previous != previous:
            faults.append(
                HeadFault(number, head.seq, "head-missing", f"heads before that of event {head.seq} were removed or replaced"))  # fmt: skip
            good.append(head)
        else:
            good.append(head)
        previous = sha256(head.line).hexdigest()
    return good, faults


def trusted_keys(path: Path) -> dict[str, bytes]:
    """The public keys of a JSON file ``{"keys": ["<hex>", …]}`` by fingerprint; empty where there is none.

    Raises
    ------
    RecordError
        ``record.key.unreadable`` for a file that is not of this form.
    """
    if not path.is_file():
        return {}
    try:
        keys = [bytes.fromhex(text) for text in orjson.loads(path.read_bytes())["keys"]]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise RecordError("record.key.list", path=path) from error
    return {fingerprint(public): public for public in keys}


def trust(path: Path, public: bytes) -> None:
    """Add a public key to a file of trusted keys."""
    keys = trusted_keys(path)
    keys[fingerprint(public)] = public
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps({"keys": [key.hex() for key in keys.values()]}, option=orjson.OPT_INDENT_2))
