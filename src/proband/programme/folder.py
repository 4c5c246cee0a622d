"""What lies in the folder of a bundle: the bytes of every file, read once, and one hash over all of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from proband.programme.documents import raw_file
from proband.programme.files import SEAL_FILE, form
from proband.programme.problems import Problem, bundle_problem
from proband.terms.canonical import canonical


@dataclass(frozen=True)
class Contents:
    """The contents of a folder; two folders with the same files are equal, wherever they lie.

    ``raw`` holds the bytes of every file that is read, by relative path; ``files`` the sha256 of every file but the seal
    and hidden ones; ``problems`` what cannot or must not be read.
    """

    digest: str
    raw: dict[str, bytes] = field(compare=False, repr=False)
    files: dict[str, str] = field(compare=False, repr=False)
    problems: tuple[Problem, ...] = field(compare=False)


def read_folder(folder: Path) -> Contents:
    """Read every file of a folder once."""
    raw: dict[str, bytes] = {}
    files: dict[str, str] = {}
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            problems.append(bundle_problem("bundle.file.link", name, 1, ""))
            continue
        if not path.is_file():
            continue
        kind = form(name)
        if kind == "unknown":
            problems.append(bundle_problem("bundle.file.unknown", name, 1, ""))
        if kind in {"model", "table", "text"}:
            content, found = raw_file(path, name)
            problems += found
            if content is not None:
                raw[name] = content
                files[name] = hashlib.sha256(content).hexdigest()
                continue
        if name != SEAL_FILE and not path.name.startswith("."):
            files[name] = _digest(path)
    digest = hashlib.sha256(canonical([files, [str(problem) for problem in problems]])).hexdigest()
    return Contents(digest, raw, files, tuple(problems))


def _digest(path: Path) -> str:
    """The sha256 of a file that is not read as part of the bundle; of nothing where it cannot be opened."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
