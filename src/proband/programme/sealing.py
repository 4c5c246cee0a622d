"""Sealing a bundle: hashes of every file and of the meaning, signed with Ed25519, and verified again.

``seal.json`` lies in the bundle's folder. It binds the bytes of each file (so that one changed byte is found and named)
and the canonical hash (so that an event, a verdict or a forecast that names it can be checked without the files' layout).
A document that is sealed by itself, a forecast or a locked plan, is a :class:`Sealed` one.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import ValidationError

from proband.programme.bundle import Programme
from proband.programme.files import SEAL_FILE
from proband.programme.folder import read_folder
from proband.programme.loading import check, load, locate
from proband.programme.model import Model
from proband.programme.todo import CODE as TODO
from proband.terms import ProbandError
from proband.terms.canonical import canonical

if TYPE_CHECKING:  # checking a bundle signs nothing
    from typing import TypeAlias

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    #: what signs: a private key on Ed25519
    PrivateKey: TypeAlias = Ed25519PrivateKey

FORMAT = "proband-seal-2"


class SealError(ProbandError):
    """A seal cannot be made or does not hold."""


@dataclass(frozen=True)
class SealReport:
    """What :func:`verify` found: ``findings`` is empty where the seal holds."""

    folder: str
    programme: str
    version: str
    hash: str
    signed_at: str
    public_key: str
    findings: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was changed, added or removed and the signature is genuine."""
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {**self.__dict__, "findings": list(self.findings), "holds": self.holds}


def new_key(path: Path) -> str:
    """Write a new Ed25519 private key (PEM, mode 0600) and return its public key in base64.

    Raises
    ------
    SealError
        ``seal.key.exists`` if the file is there: a key is never overwritten.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SealError("seal.key.exists", path=path) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    return public_text(key.public_key())


def read_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key written by :func:`new_key`.

    Raises
    ------
    SealError
        ``seal.key.unreadable`` if it is not an Ed25519 private key in PEM.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise SealError("seal.key.unreadable", path=path, error=str(error)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SealError("seal.key.kind", path=path)
    return key


def key_from(secret: bytes) -> Ed25519PrivateKey:
    """The private key of 32 bytes: for keys that are no secret, such as a demonstration's."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(secret)


def signed(content: bytes, key: Ed25519PrivateKey) -> tuple[str, str]:
    """Public key and signature of some bytes, each as base64 text."""
    return public_text(key.public_key()), base64.b64encode(key.sign(content)).decode()


def is_signed(content: bytes, public_key: str, signature: str) -> bool:
    """Whether a signature belongs to these bytes and this public key (both base64).

    Raises
    ------
    ValueError
        Where key or signature are no such texts.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    signer = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
    told = base64.b64decode(signature, validate=True)
    try:
        signer.verify(told, content)
    except InvalidSignature:
        return False
    return True


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as base64 text (32 bytes)."""
    return base64.b64encode(key.public_bytes_raw()).decode()


class Hashed(Model):
    """A document that is known by the hash of its canonical bytes."""

    @property
    def bytes(self) -> bytes:
        """The canonical bytes: what is hashed and signed."""
        return canonical(self.model_dump(mode="json"))

    @property
    def hash(self) -> str:
        """The sha256 of the canonical bytes."""
        return sha256(self.bytes).hexdigest()


class Sealable(Hashed):
    """A document that is sealed by itself; ``sealed_as`` is its key in the file of the seal."""

    sealed_as: ClassVar[str]


Document = TypeVar("Document", bound=Sealable)


@dataclass(frozen=True, slots=True)
class Sealed(Generic[Document]):
    """A document with the signature over its canonical bytes."""

    document: Document
    public_key: str
    signature: str

    @classmethod
    def by(cls, document: Document, key: PrivateKey) -> Sealed[Document]:
        """Sign the canonical bytes of a document."""
        return cls(document, *signed(document.bytes, key))

    @property
    def genuine(self) -> bool:
        """Whether the signature belongs to the document; ValueError where key or signature are none."""
        return is_signed(self.document.bytes, self.public_key, self.signature)

    def as_dict(self) -> dict[str, Any]:
        """The seal as plain JSON values."""
        return {
            self.document.sealed_as: self.document.model_dump(mode="json"),
            "hash": self.document.hash,
            "algorithm": "Ed25519",
            "public_key": self.public_key,
            "signature": self.signature,
        }


@dataclass(frozen=True, slots=True)
class SealParts:
    """What stands in the file of a seal, before any of it is believed: the document as plain data, key, signature, stated hash."""

    document: dict[str, Any]
    public_key: str
    signature: str
    hash: str


def seal_parts(text: str | bytes, kind: type[Sealable]) -> SealParts:
    """The file of a seal taken apart.

    Raises
    ------
    ValueError, KeyError, TypeError, RecursionError
        Where it is no such file; whoever calls says it in its own words.
    """
    told = json.loads(text)
    public, signature, stated = str(told["public_key"]), str(told["signature"]), str(told["hash"])
    document = told[kind.sealed_as]
    if not isinstance(document, dict):
        raise TypeError(f"{kind.sealed_as} is no JSON object")
    return SealParts(document, public, signature, stated)


def first_fault(error: ValueError, whole: str) -> tuple[str, str]:
    """The field of the first fault of a document, ``whole`` where it is of no field, and what is wrong with it."""
    if not isinstance(error, ValidationError):
        return whole, str(error)
    first = error.errors()[0]
    return ".".join(map(str, first["loc"])) or whole, first["msg"].removeprefix("Value error, ")


def seal(
    name: str | Path, key: Ed25519PrivateKey, *, at: datetime | None = None, out: Path | None = None
) -> Path:
    """Sign a bundle that loads without error; returns the path of the seal.

    Parameters
    ----------
    at
        The moment of signing; now by default. It is a statement of the signer, not a trusted time stamp.
    out
        Where to write the seal; ``seal.json`` in the bundle's folder by default.

    Raises
    ------
    SealError
        ``seal.todo`` where something is still to be written.
    """
    programme = load(name)
    todos = [problem for problem in programme.warnings if problem.code == TODO]
    if todos:
        raise SealError("seal.todo", todos=len(todos), first=f"{todos[0].file}:{todos[0].line}")
    folder = locate(name)
    body = _body(programme, at or datetime.now(UTC), public_text(key.public_key()))
    _, signature = signed(canonical(body), key)
    target = out or folder / SEAL_FILE
    target.write_text(
        json.dumps({**body, "signature": signature}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return target


def _body(programme: Programme, at: datetime, public_key: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "programme": programme.id,
        "version": programme.version,
        "hash": programme.hash,
        "files": programme.files,
        "signed_at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "public_key": public_key,
    }


def verify(name: str | Path, *, seal_file: Path | None = None, public_key: str | None = None) -> SealReport:
    """Check a sealed bundle: signature, every file's bytes, no file more or less, the canonical hash.

    Parameters
    ----------
    public_key
        The key (base64) that must have signed. Without it any valid signature counts: that shows integrity, not origin.

    Raises
    ------
    SealError
        ``seal.missing`` or ``seal.unreadable`` where there is no seal to judge.
    """
    folder = locate(name)
    path = seal_file or folder / SEAL_FILE
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        signature = body.pop("signature")
        genuine = is_signed(canonical(body), body["public_key"], signature)
        stated = {str(key): str(value) for key, value in body["files"].items()}
        if body["format"] != FORMAT:
            raise ValueError(f"unknown format {body['format']!r}")
    except FileNotFoundError:
        raise SealError("seal.missing", path=path) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SealError("seal.unreadable", path=path, error=str(error)) from error
    findings = []
    if not genuine:
        findings.append(
            "the signature does not belong to this seal: the seal was changed, or the signature forged"
        )
    if public_key is not None and public_key != body["public_key"]:
        findings.append(f"signed by {body['public_key']}, not by the expected key {public_key}")
    report = check(folder)
    actual = read_folder(folder).files
    for file in sorted(stated.keys() | actual.keys()):
        if file not in actual:
            findings.append(f"{file} was removed after sealing")
        elif file not in stated:
            findings.append(f"{file} was added after sealing")
        elif stated[file] != actual[file]:
            findings.append(f"{file} was changed after sealing")
    if report.programme is None:
        findings.append(f"the bundle no longer loads ({len(report.errors)} errors)")
    elif report.programme.hash != body["hash"]:
        findings.append("the meaning of the bundle differs from what was sealed")
    return SealReport(str(folder), str(body["programme"]), str(body["version"]), str(body["hash"]), str(body["signed_at"]),
                      str(body["public_key"]), tuple(findings))  # fmt: skip
