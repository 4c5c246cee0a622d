"""Files and folders of a record are their owner's alone: 0600 and 0700, whatever the process's mask lets through.

On systems without such permissions (Windows) the calls do what they can: the folder's own access list decides there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from proband.record.errors import RecordError

FILE, FOLDER = 0o600, 0o700


def make_folder(path: Path) -> None:
    """Make a folder and those above it; what is made new is the owner's alone."""
    missing = [path, *path.parents]
    for folder in reversed([one for one in missing if not one.exists()]):
        folder.mkdir(mode=FOLDER, exist_ok=True)
        folder.chmod(FOLDER)


def open_private(path: Path, mode: str) -> IO[bytes]:
    """Open a file in a binary mode; made new it is the owner's alone from its first byte."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, FILE))


def write_private(path: Path, content: bytes) -> None:
    """Write a whole file that is the owner's alone."""
    with open_private(path, "wb") as file:
        file.write(content)
    path.chmod(FILE)


@contextmanager
def about_file(path: Path) -> Iterator[None]:
    """What the system says of a file that somebody named, as an error of that file.

    Raises
    ------
    RecordError
        ``record.capsule.file``.
    """
    try:
        yield
    except OSError as error:
        raise RecordError("record.capsule.file", path=path, error=str(error)) from error


def new_file(path: str) -> Path:
    """Where a file is to be written that is not there yet.

    Raises
    ------
    RecordError
        ``record.capsule.file`` where there is one.
    """
    target = Path(path)
    if target.exists():
        raise RecordError("record.capsule.file", path=target, error="it is there already")
    return target


def claim(path: Path) -> None:
    """Make a file that is to be somebody else's library's, for the owner alone (SQLite's companions follow its permissions)."""
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, FILE))


def make_private(folder: Path) -> None:
    """Bring everything under a folder, and the folder, to the owner's alone; links are left as they are."""
    folder.chmod(FOLDER)
    for one in folder.rglob("*"):
        if not one.is_symlink():
            one.chmod(FOLDER if one.is_dir() else FILE)
