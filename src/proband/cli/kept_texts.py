"""A folder as a mapping of texts: one file to a key, written whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from proband.terms import ProbandError

_KEY = re.compile(r"[0-9a-f]{64}")


class TextFolder(MutableMapping[str, str]):
    """Texts by keys of 64 hexadecimal digits in a folder, which is made with the first text; other files in it are left alone.

    A text that cannot be read is as if it were not there. Nobody but whoever wrote a text may read it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, key: str) -> str:
        """The text under a key."""
        try:
            return self._file(key).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise KeyError(key) from None

    def __setitem__(self, key: str, text: str) -> None:
        """Write a text beside its place first, so that nobody reads half of it.

        Raises
        ------
        ProbandError
            ``cli.write`` if the folder cannot be written.
        """
        file = self._file(key)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=self.folder)
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
                out.write(text)
            os.replace(beside, file)
        except OSError as error:
            raise ProbandError("cli.write", path=self.folder, reason=error.strerror) from error

    def __delitem__(self, key: str) -> None:
        """Take a text away."""
        try:
            self._file(key).unlink()
        except FileNotFoundError:
            raise KeyError(key) from None
        except OSError as error:
            raise ProbandError("cli.write", path=self.folder, reason=error.strerror) from error

    def __iter__(self) -> Iterator[str]:
        """The keys."""
        if self.folder.is_dir():
            yield from sorted(entry.name for entry in self.folder.iterdir() if _KEY.fullmatch(entry.name))

    def __len__(self) -> int:
        """How many texts there are."""
        return sum(1 for _ in self)

    def _file(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise KeyError(key)
        return self.folder / key
