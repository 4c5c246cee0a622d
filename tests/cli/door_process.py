"""The command line as a process: what a shell sees of it, and verbs that a test adds to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MAIN = "from proband.cli.app import main; main()"


def command(*words: str, verbs: Path | None = None) -> list[str]:
    """The command line of ``proband WORDS``; ``verbs`` is a folder whose files add verbs."""
    program = (
        MAIN if verbs is None else f"import proband.cli; proband.cli.__path__.append({str(verbs)!r}); {MAIN}"
    )
    return [sys.executable, "-c", program, *words]


def proband(
    *words: str, verbs: Path | None = None, environment: Mapping[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run ``proband WORDS`` to its end."""
    return subprocess.run(
        command(*words, verbs=verbs),
        capture_output="stdout" not in options, text=True, check=False, timeout=120, env=environment, **options,
    )  # fmt: skip
