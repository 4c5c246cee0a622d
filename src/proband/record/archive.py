"""The file of a backup, read by somebody who does not trust it: signature first, then only what the signed list names.

A manifest comes first, with name, size and sha256 of every file, signed with the key of the record's door. Until the signature has been
checked nothing is unpacked and little is read; after it no more is unpacked than the manifest says, under no other name than a backup has.
"""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import orjson

from proband.record.errors import RecordError
from proband.record.heads import signed_by
from proband.record.permissions import make_folder, open_private

FORMAT = "proband-backup-2"
#: most that is read before the signature was checked: the manifest and its signature are some kilobytes
BEFORE_SIGNATURE = 1 << 20
#: blocks and padding of the archive beside its files, for each file and once
_OVERHEAD = 4096
#: the files that a backup has
_NAMES = re.compile(
    r"events\.jsonl|vault\.db|record\.json|forecasts/[0-9a-f]{64}\.json|heads/trusted\.json|heads/[A-Za-z0-9][A-Za-z0-9._=&-]{0,70}"
)


class _Bounded:
    """A stream that gives no more than it was allowed to."""

    def __init__(self, inner: gzip.GzipFile, path: Path) -> None:
        self._inner = inner
        self._path = path
        self.left = BEFORE_SIGNATURE

    def read(self, size: int) -> bytes:
        """The next bytes."""
        content = self._inner.read(size)
        self.left -= len(content)
        if self.left < 0:
            raise RecordError("record.restore.size", path=self._path)
        return content


def unpack(path: Path, folder: Path, trusted: Mapping[str, bytes]) -> dict[str, Any]:
    """Unpack a backup that a trusted key signed; returns its manifest.

    Parameters
    ----------
    path
        The backup.
    folder
        An empty folder.
    trusted
        Public keys by fingerprint.

    Raises
    ------
    RecordError
        ``record.restore.broken`` for what is no whole archive, ``record.restore.signature``, ``record.restore.size`` for more
        than was signed, ``record.restore.content`` for a file that no backup has, ``record.restore.damaged``.
    """
    try:
        with gzip.open(path, "rb") as packed:
            stream = _Bounded(packed, path)
            # Any: tarfile reads a stream by its method read alone
            source: Any = stream
            with tarfile.open(fileobj=source, mode="r|") as archive:
                manifest = _manifest(archive, path, trusted)
                files = manifest["files"]
                stream.left += sum(size + _OVERHEAD for size, _ in files.values()) + (1 << 16)
                _files(archive, folder, files, path)
            # gzip compares its checksum at the end, and tar stops reading before it comes there
            while stream.read(1 << 16):
                pass
    except (tarfile.TarError, OSError, EOFError, zlib.error, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:  # fmt: skip
        raise RecordError("record.restore.broken", path=path, error=str(error)) from error
    return manifest


def _manifest(archive: tarfile.TarFile, path: Path, trusted: Mapping[str, bytes]) -> dict[str, Any]:
    parts = []
    for name in ("manifest.json", "manifest.sig"):
        member = archive.next()
        content = archive.extractfile(member) if member is not None and member.isreg() else None
        if member is None or member.name != name or content is None:
            raise RecordError("record.restore.content", path=path, name=member.name if member else "nothing")
        parts.append(content.read())
    raw, signature = parts
    if not any(signed_by(public, raw, orjson.loads(signature)["signature"]) for public in trusted.values()):
        raise RecordError("record.restore.signature")
    manifest: dict[str, Any] = orjson.loads(raw)
    if manifest["format"] != FORMAT:
        raise RecordError("record.restore.content", path=path, name=str(manifest["format"]))
    return manifest


def _files(archive: tarfile.TarFile, folder: Path, files: Mapping[str, tuple[int, str]], path: Path) -> None:
    seen = set()
    while (member := archive.next()) is not None:
        name = member.name
        if name in seen or name not in files or not _NAMES.fullmatch(name) or not member.isreg():
            raise RecordError("record.restore.content", path=path, name=name)
        seen.add(name)
        size, digest = files[name]
        content = archive.extractfile(member)
        if member.size != size or content is None or _copy(content, folder / name) != digest:
            raise RecordError("record.restore.damaged", name=name, path=path)
    for name in files.keys() - seen:
        raise RecordError("record.restore.damaged", name=name, path=path)


def _copy(content: IO[bytes], target: Path) -> str:
    make_folder(target.parent)
    result = sha256()
    with open_private(target, "wb") as file:
        while block := content.read(1 << 20):
            result.update(block)
            file.write(block)
    return result.hexdigest()
