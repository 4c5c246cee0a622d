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
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from proband.record.errors import RecordError
from proband.record.events import Event, canonical
from proband.record.keys import fingerprint
from proband.record.permissions import make_folder, open_private, write_private
from proband.record.url_mirror import UrlMirror, is_address


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
    def load(cls, path: Path, *, password: str | None = None) -> SigningKey:
        """Read the key from its file.

        Raises
        ------
        RecordError
            ``record.key.absent``, ``record.key.unreadable``, or ``record.key.password`` where the password does not open it.
        """
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise RecordError("record.key.absent", path=path) from error
        try:
            if not content.startswith(b"-----BEGIN"):
                return cls(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(content.decode().strip())))
            private = load_pem_private_key(content, password.encode() if password else None)
        except TypeError as error:
            raise RecordError("record.key.password", path=path) from error
        except ValueError as error:
            if content.startswith(b"-----BEGIN ENCRYPTED"):
                raise RecordError("record.key.password", path=path) from error
            raise RecordError("record.key.unreadable", path=path) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise RecordError("record.key.unreadable", path=path)
        return cls(private)

    def save(self, path: Path, *, password: str | None = None) -> None:
        """Write the private key, readable by its owner only; with a password encrypted (PKCS 8)."""
        make_folder(path.parent)
        if password is None:
            raw = self._private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
            content = raw.hex().encode() + b"\n"
        else:
            content = self._private.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode())
            )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)

    @property
    def private_hex(self) -> str:
        """The private key in hexadecimal digits: to be printed once, for an envelope."""
        return self._private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex()

    @classmethod
    def from_hex(cls, text: str) -> SigningKey:
        """The key of an envelope.

        Raises
        ------
        RecordError
            ``record.key.envelope`` for what is no such key.
        """
        try:
            return cls(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text.strip())))
        except ValueError as error:
            raise RecordError("record.key.envelope") from error

    def sign_raw(self, content: bytes) -> bytes:
        """The signature over some bytes (64 bytes)."""
        return self._private.sign(content)

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


class NewestHead:
    """The newest commit in a file of two slots, written in turns: a line that is torn leaves the one before it.

    Not flushed to the disk each time: after a crash of the machine it may be older than the log, never newer.
    """

    #: a slot holds one line, padded
    SLOT = 512

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def write(self, seq: int, line: bytes) -> None:
        """Write the line of an event into the slot of its number."""
        if self._file is None:
            make_folder(self.path.parent)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        os.lseek(self._file, seq % 2 * self.SLOT, os.SEEK_SET)
        os.write(self._file, line.ljust(self.SLOT - 1) + b"\n")

    def read(self) -> tuple[int, bytes] | None:
        """Number and hash of the newest event that a whole line speaks of; ``None`` where there is none."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return None
        found = []
        for line in content.splitlines():
            try:
                said = orjson.loads(line.strip(b"\0"))
                found.append((int(said["seq"]), bytes.fromhex(said["hash"])))
            except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
                continue
        return max(found, default=None)

    def newest_line(self) -> tuple[int, bytes] | None:
        """The whole line of the newest event, with its number; ``None`` where there is none."""
        newest = self.read()
        if newest is None:
            return None
        lines = [line.strip(b"\0 ") for line in self.path.read_bytes().splitlines()]
        return next(((newest[0], line) for line in lines if newest[1].hex().encode() in line), None)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


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
    mirror
        A second folder, or an address (``https://…``), that gets the newest head with every commit, and a copy of the file with each of its
        heads. An address is written to beside the record: nothing waits for it.
    """

    def __init__(
        self, path: Path, *, every: int = 200, seconds: float = 900.0, mirror: str | Path | None = None
    ) -> None:
        self.path = path
        self.newest = NewestHead(path.with_suffix(".newest"))
        self.url = (
            UrlMirror(str(mirror), self.newest.path.name, path.with_suffix(".mirror"))
            if is_address(mirror or "")
            else None
        )
        folder = mirror if self.url is None else None
        self.mirror = NewestHead(Path(folder) / path.with_suffix(".newest").name) if folder else None
        self._behind: str | None = None
        self.every = every
        self.seconds = seconds
        self._last: Head | None = None
        self._written = time.monotonic()
        if path.is_file():
            heads, _ = read_heads(path)
            self._last = heads[-1] if heads else None

    @property
    def behind(self) -> str | None:
        """Why the mirror is behind, ``None`` while it keeps up."""
        return self._behind or (self.url.behind if self.url is not None else None)

    @property
    def last(self) -> Head | None:
        """The newest head."""
        return self._last

    @property
    def marks(self) -> dict[int, bytes]:
        """The hash that the last signed head and the newest commit gave to their events, here and in the mirror."""
        found = {self._last.seq: bytes.fromhex(self._last.hash)} if self._last is not None else {}
        for place in (self.newest, self.mirror):
            if place is not None and (mark := place.read()):
                found[mark[0]] = mark[1]
        return found

    def close(self) -> None:
        """Close the files that are kept open."""
        for place in (self.newest, self.mirror):
            if place is not None:
                place.close()
        if self.url is not None:
            self.url.close()

    def compare_mirror(self) -> None:
        """See whether the mirror has the newest head; :attr:`behind` says where it does not."""
        if self.url is not None and (mine := self.newest.newest_line()) and mine[0] > self.url.arrived:
            # what an outage kept back, or what a process that died had not sent yet
            self.url.write(*mine)
            if self.path.is_file():
                self.url.put(self.path.name, self.path.read_bytes(), mine[0])
        if self.mirror is None:
            return
        here, there = self.newest.read(), self.mirror.read()
        if here is not None and (there is None or there[0] < here[0]):
            reached = f"it stands at event {there[0]}" if there else "it is not there"
            self._behind = f"{self.mirror.path}: {reached}, the record at event {here[0]}"

    def note(self, study: str, instance: str, event: Event) -> None:
        """Note the seal of a commit outside the database. The event is stored: what fails here is told, and is no failure of it."""
        line = canonical({"study": study, "instance": instance, "seq": event.seq, "hash": event.hash.hex(), "seal": (event.seal or b"").hex()})  # fmt: skip
        for place in (self.newest, self.mirror):
            if place is None:
                continue
            try:
                place.write(event.seq, line)
                if place is self.mirror:
                    self._behind = None
            except OSError as error:
                self._behind = f"{place.path}: {error.strerror or error}"

        if self.url is not None:
            self.url.write(event.seq, line)

    def due(self, seq: int) -> bool:
        """Whether a head is due now that the log stands at ``seq``."""
        last = self._last.seq if self._last else 0
        return seq - last >= self.every or (seq > last and time.monotonic() - self._written >= self.seconds)

    def write(self, study: str, seq: int, digest: bytes, at: str, key: SigningKey) -> Head:
        """Sign and append a head; nothing is written where the file already speaks of this event or a later one.

        Several processes may share the file: each takes its lock and continues from its last whole line. A line that a
        crash tore was never signed for anybody, and is cut off.
        """
        make_folder(self.path.parent)
        with open_private(self.path, "a+b") as file:
            locked_file(file)
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
        if self.url is not None:
            self.url.put(self.path.name, self.path.read_bytes(), seq)
        if self.mirror is not None:
            try:
                make_folder(self.mirror.path.parent)
                write_private(self.mirror.path.with_suffix(".jsonl"), self.path.read_bytes())
            except OSError as error:
                self._behind = f"{self.mirror.path}: {error.strerror or error}"
        return head


def locked_file(file: IO[bytes]) -> None:
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
    make_folder(path.parent)
    write_private(
        path, orjson.dumps({"keys": [key.hex() for key in keys.values()]}, option=orjson.OPT_INDENT_2)
    )
