"""Files that somebody drops: looked at before they are kept, kept for half an hour for that person alone, read by the same readers as everywhere."""

from __future__ import annotations

import secrets
import shutil
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from proband.facts.observation import Observation
from proband.record.permissions import make_folder, write_private
from proband.registry.deployment import DROPPED_BYTES, DROPPED_FILES
from proband.terms.errors import ProbandError

#: so long dropped files are kept, in seconds (design choice)
KEPT_SECONDS = 1800
#: endings of files that readers understand; archives are not among them, since what is in one cannot be told before it is opened
ENDINGS = (".json", ".ndjson", ".xml", ".csv", ".tsv", ".yaml", ".yml", ".xlsx")
#: what no file of text holds
_NUL = b"\x00"
#: how packed files begin (zip, gzip, zlib): readers would unpack them, to any size, whatever they are called
PACKED = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
#: a workbook that would unpack to more bytes, or to more parts, is not opened (design choices: twenty times what may be dropped)
UNPACKED_BYTES, MOST_PARTS = 20 * DROPPED_BYTES, 2_000


class DropFault(ProbandError):
    """A file that is not taken, or files that are no longer there."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The files of one drop: where they lie, their names as they were given, and their hashes."""

    token: str
    folder: Path
    names: tuple[str, ...]
    hashes: tuple[str, ...]
    mapping: str | None

    @property
    def paths(self) -> list[Path]:
        """Those that are read: the mapping says how and is none of them."""
        return [self.folder / name for name in self.names if name != self.mapping]


def _drops() -> Path:
    folder: Path = settings.PROBAND_RECORD / "registry" / "drops"
    make_folder(folder)
    return folder


def keep(person: str, files: Sequence[Any], mapping: str | None = None) -> Dropped:
    """Look at the files and keep them; whatever was kept for too long goes.

    Raises
    ------
    DropFault
        ``registry.drop.file`` for a file that is too large, of a kind that is not read, or that is not what its name says.
    """
    _forget_old()
    if not files:
        raise DropFault("registry.drop.file", name="nothing", problem="no file came, or they were too large")
    if len(files) > DROPPED_FILES or sum(one.size for one in files) > DROPPED_BYTES:
        raise DropFault(
            "registry.drop.file", name=f"{len(files)} files", problem="they are too many or too large"
        )
    contents = [(_name(one.name), one.read()) for one in files]
    for name, content in contents:
        _look_at(name, content)
    if len({name for name, _ in contents}) < len(contents):
        raise DropFault("registry.drop.file", name=contents[0][0], problem="two files have one name")
    token = secrets.token_hex(16)
    folder = _drops() / token
    make_folder(folder)
    for name, content in contents:
        write_private(folder / name, content)
    about = {"person": person, "at": time.time(), "names": [name for name, _ in contents], "mapping": mapping}
    write_private(_about(token), orjson.dumps(about))
    return kept_for(person, token)


def kept_for(person: str, token: str) -> Dropped:
    """The files of a drop, for whoever dropped them.

    Raises
    ------
    DropFault
        ``registry.drop.gone``.
    """
    path = _about(token) if len(token) == 32 and token.isalnum() and token.isascii() else None
    about = orjson.loads(path.read_bytes()) if path is not None and path.is_file() else None
    if about is None or about["person"] != person or time.time() - about["at"] > KEPT_SECONDS:
        raise DropFault("registry.drop.gone")
    folder = _drops() / token
    hashes = tuple(sha256((folder / name).read_bytes()).hexdigest() for name in about["names"])
    return Dropped(token, folder, tuple(about["names"]), hashes, about["mapping"])


def forget(token: str) -> None:
    """Destroy the files of a drop."""
    shutil.rmtree(_drops() / token, ignore_errors=True)
    _about(token).unlink(missing_ok=True)


def read_dropped(dropped: Dropped) -> tuple[list[Observation], Any]:
    """What stands in the files, in their order, and the report with everything that was not read and what disagrees.

    Raises
    ------
    ReadError
        As :func:`proband.exchange.read`.
    ExtraMissing
        Where the extra ``columns`` is not installed.
    """
    from proband.exchange.disagreements import find_disagreements
    from proband.exchange.reading import read
    from proband.facts.table import to_frame

    mapping = dropped.folder / dropped.mapping if dropped.mapping else None
    reading = read(dropped.paths, mapping=mapping)
    observations = list(reading)
    report = reading.report
    report.disagreements = find_disagreements(to_frame(observations)) if observations else []
    return observations, report


def _about(token: str) -> Path:
    return _drops() / f"{token}.about"


def _forget_old() -> None:
    for path in _drops().glob("*.about"):
        if time.time() - orjson.loads(path.read_bytes())["at"] > KEPT_SECONDS:
            forget(path.stem)


def _name(said: str) -> str:
    """The last part of a name, with nothing in it that a file system could take for anything else."""
    last = said.replace("\\", "/").rpartition("/")[2]
    clean = "".join(sign if sign.isalnum() or sign in "._- " else "_" for sign in last).strip(" .")
    if not clean or len(clean) > 120:
        raise DropFault("registry.drop.file", name=said[:60], problem="it has no name that can be kept")
    return clean


def _look_at(name: str, content: bytes) -> None:
    ending = Path(name).suffix.lower()
    problem = None
    if ending not in ENDINGS:
        problem = f"{ending or 'a name without an ending'} is no kind that is read here"
    elif not content.strip():
        problem = "it is empty"
    elif ending == ".xlsx":
        problem = _no_workbook(content)
    elif content.startswith(PACKED) or (
        _NUL in content[:65_536] and not content.startswith((b"\xff\xfe", b"\xfe\xff"))
    ):
        problem = "it is no file of text, whatever its name says"
    if problem is not None:
        raise DropFault("registry.drop.file", name=name, problem=problem)


def _no_workbook(content: bytes) -> str | None:
    """Why a file is no workbook that is opened here: by its table of contents, before anything in it is unpacked."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            inside = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        inside = []
    if "[Content_Types].xml" not in {one.filename for one in inside}:
        return "it is no workbook, whatever its name says"
    if sum(one.file_size for one in inside) > UNPACKED_BYTES or len(inside) > MOST_PARTS:
        return "it would unpack to more than a workbook of its size"
    return None
