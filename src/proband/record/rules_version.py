"""Which rules judge: a digest of the code that folds and judges, so that what other rules amounted to is never taken for what these do."""

from __future__ import annotations

import sys
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import pydantic

from proband.record.declare.command import COMMANDS

#: the packages that say what an event amounts to: the record, and whatever it imports
JUDGING = (
    "terms",
    "facts",
    "programme",
    "instruments",
    "screening",
    "analysis",
    "natural_history",
    "trial",
    "record",
)


@lru_cache(maxsize=8)
def _digest(modules: tuple[str, ...]) -> str:
    package = Path(__file__).parent.parent
    found = sha256()
    files = [path for name in JUDGING for path in (package / name).rglob("*.py")]
    files += [Path(module) for module in modules]
    for path in sorted(files):
        # the name and the size first, so that no two sets of files read the same; a module that is no file (typed into a
        # session, or gone from the disk) is known by its name alone
        content = path.read_bytes() if path.is_file() else b""
        found.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


@lru_cache(maxsize=8)
def _own_modules(commands: int) -> tuple[str, ...]:
    """The files of a study's own commands; asked again where there are more commands, or fewer."""
    own = set()
    for command in COMMANDS.values():
        module = sys.modules.get(command.data.__module__)
        file = getattr(module, "__file__", None)
        if not command.data.__module__.startswith("proband."):
            own.add(file or command.data.__module__)
    return tuple(sorted(own))


def rules_version() -> str:
    """The digest (64 hexadecimal digits) of the rules in this process and of what runs them, with those of a study's own commands."""
    runs = f"{sys.version_info[:3]} {pydantic.VERSION}"
    return sha256(f"{runs} {_digest(_own_modules(len(COMMANDS)))}".encode()).hexdigest()


def rules_name() -> str:
    """The name (16 hexadecimal digits) by which an event says which rules judged it: of the rules alone, whatever runs them."""
    return _digest(_own_modules(len(COMMANDS)))[:16]
