"""How fast the doors open: processor time of verbs, against the bare interpreter and against an older commit.

Run as ``python -m benchmarks.doors [COMMIT]``. Each command runs in a process of its own, its output thrown away, and the smallest
of several times is taken; caches are warm. With a commit, its sources are checked out beside and asked the same in the same
environment (whatever verb it has): the ratio says what changed.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAIN = "from proband.cli import main; main()"

ASK = (
    "headline", "2 of 4", "--programme", "spinal-cord-autologous", "--outcome", "ais-conversion", "--baseline", "A",
    "--level", "cervical", "--baseline-window", "14-28d", "--follow-up", "1y",
)  # fmt: skip
MELD = (
    "score",
    "meld",
    "--bilirubin",
    "2.1mg/dL",
    "--creatinine",
    "1.9mg/dL",
    "--inr",
    "1.8",
    "--no-dialysis",
)

#: what is typed, and the seconds of processor time that it may take
COMMANDS: tuple[tuple[tuple[str, ...], float | None], ...] = (
    (("--version",), 0.3),
    (("--help",), 0.3),
    (("headline", "--help"), None),
    (("list",), None),
    (("check", "--quick", "spinal-cord-autologous"), 1.0),
    (ASK, 1.5),
    (("natural-history", "spinal-cord-autologous"), None),
    (MELD, None),
)

#: a word that is being completed, as the shell says it
COMPLETION = {
    "_PROBAND_COMPLETE": "complete_bash",
    "COMP_WORDS": 'proband headline "2 of 4" --outc',
    "COMP_CWORD": "3",
}


def seconds(
    program: str, words: tuple[str, ...], sources: Path, *, times: int = 5, more: Mapping[str, str] = {}
) -> float:
    """Processor time of ``python -c program WORDS`` with these sources: user and system, the smallest of some runs."""
    environment = {**os.environ, "PYTHONPATH": str(sources), "PYTHONWARNINGS": "ignore", **more}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as on a person's machine: sources are compiled once
    best = float("inf")
    for _ in range(times + 1):  # the first one warms what is cached
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-c", program, *words], env=environment, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


@contextmanager
def sources_of(commit: str) -> Iterator[Path]:
    """The sources of a commit, checked out into a folder for the time of the comparison."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            ["git", "worktree", "add", "--detach", "--quiet", scratch + "/old", commit], cwd=ROOT, check=True
        )
        try:
            yield Path(scratch) / "old" / "src"
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", scratch + "/old"], cwd=ROOT, check=True)


def main() -> int:
    """Print seconds, ratios and goals; 1 when a goal is missed."""
    bare = seconds("pass", (), ROOT / "src")
    print(f"python -c pass: {bare:.3f} s of processor time")
    if len(sys.argv) < 2:
        return _report(bare, None)
    with sources_of(sys.argv[1]) as old:
        return _report(bare, old)


def _as_known(words: tuple[str, ...], sources: Path) -> tuple[str, ...]:
    """The words as these sources know them: ``check`` looked at the files alone before it had ``--quick``."""
    if "--quick" in words and "--quick" not in (sources / "proband/cli/bundle.py").read_text(
        encoding="utf-8"
    ):
        return tuple(word for word in words if word != "--quick")
    return words


def _report(bare: float, old: Path | None) -> int:
    missed = 0
    asked: list[tuple[str, tuple[str, ...], float | None, Mapping[str, str]]] = [
        (" ".join(words)[:44], words, goal, {}) for words, goal in COMMANDS
    ]
    asked.append(("completion of " + COMPLETION["COMP_WORDS"][-24:], (), 0.3, COMPLETION))
    for name, words, goal, more in asked:
        now = seconds(MAIN, words, ROOT / "src", more=more)
        line = f"  {name:46s} {now:6.2f} s  {now / bare:5.0f} x the bare interpreter"
        if old is not None:
            before = seconds(MAIN, _as_known(words, old), old, times=2, more=more)
            line += f"  {before:6.2f} s before, {before / now:4.1f} x"
        if goal is not None:
            met = now <= goal
            missed += not met
            line += f"  goal {goal:g} s: {'met' if met else 'MISSED'}"
        print(line, flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
