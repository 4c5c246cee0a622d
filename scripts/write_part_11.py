"""The pack "Part 11 capable, not compliant": requirement, risk, tests, and what a run of these tests gave, with what the site itself must do.

    python scripts/write_part_11.py                     run the tests that docs/part-11.toml names, and write build/part-11.md
    python scripts/write_part_11.py --results FILE      take the results of a run (pytest --junitxml FILE)

A clause is met where every test that it names ran and passed; one that did not run, was skipped or failed is said and is not met. Exits with 1 then.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CLAUSES = ROOT / "docs" / "part-11.toml"


def clauses() -> list[dict[str, Any]]:
    """Every clause with what it asks."""
    found: list[dict[str, Any]] = tomllib.loads(CLAUSES.read_text(encoding="utf-8"))["clause"]
    return found


def results(path: Path) -> dict[str, str]:
    """What became of each test of a run, by its file and name: passed, failed or skipped."""
    found: dict[str, str] = {}
    for case in ElementTree.parse(path).iter("testcase"):  # noqa: S314 - written by pytest on this machine
        file = case.get("classname", "").replace(".", "/") + ".py"
        name = case.get("name", "").partition("[")[0]
        outcome = (
            "failed"
            if case.find("failure") is not None or case.find("error") is not None
            else "skipped"
            if case.find("skipped") is not None
            else "passed"
        )
        key = f"{file}::{name}"
        # of a test with many examples the worst counts
        order = ("passed", "skipped", "failed")
        found[key] = max(found.get(key, "passed"), outcome, key=order.index)
    return found


def became(test: str, ran: Mapping[str, str]) -> str:
    """What became of a test, or of all tests of a file; "did not run" where none did."""
    those = [outcome for name, outcome in ran.items() if name == test or name.startswith(f"{test}::")]
    if not those:
        return "did not run"
    for outcome in ("failed", "skipped"):
        if outcome in those:
            return f"{outcome} ({those.count(outcome)} of {len(those)})" if "::" not in test else outcome
    return f"passed ({len(those)})" if "::" not in test else "passed"


def pack(ran: Mapping[str, str]) -> tuple[str, list[str]]:
    """The pack as Markdown, and the clauses that are not met."""
    lines = [
        "# 21 CFR Part 11: capable, not compliant", "",
        f"Proband {version('proband')}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. A program cannot comply: a site does, with procedures and people. This says which",
        "clauses the program can meet, by which tests, what they gave in this run, and what is left to the site.", "",
        "| clause | asks | risk | tests and what they gave | met here | left to the site |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    open_still = []
    for one in clauses():
        told = [(test, became(test, ran)) for test in one["tests"]]
        met = bool(told) and all(outcome.startswith("passed") for _, outcome in told)
        if told and not met:
            open_still.append(one["id"])
        shown = "<br>".join(f"`{test}`: {outcome}" for test, outcome in told) or f"none: {one['why_none']}"
        state = "yes" if met else "no" if told else "by the site alone"
        lines.append(f"| {one['id']} | {one['asks']} | {one['risk']} | {shown} | {state} | {one['site']} |")
    lines += ["", f"Not met in this run: {', '.join(open_still) or 'none'}.", ""]
    return "\n".join(lines), open_still


def main(arguments: list[str]) -> int:
    """Run or read, and write."""
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    if "--results" in arguments:
        path = Path(arguments[arguments.index("--results") + 1])
    else:
        path = build / "part-11.xml"
        tests = sorted({test for one in clauses() for test in one["tests"]})
        subprocess.run(  # noqa: S603
            [sys.executable, "-m", "pytest", "-q", "-n", "0", f"--junitxml={path}", *tests],
            cwd=ROOT,
            check=False,
        )
    text, open_still = pack(results(path))
    (build / "part-11.md").write_text(text, encoding="utf-8")
    print(build / "part-11.md")
    return 1 if open_still else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
