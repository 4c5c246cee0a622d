"""The page of what the stories ask for has every line once, names tests that are there, and says of the rest that it is not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "needs.md"
#: how many lines each story has
LINES = {"A": 38, "B": 54, "C": 27}


def test_every_line_stands_once_with_a_test_that_is_there_or_says_what_is_not() -> None:
    there = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    rows = [line.split("|")[1:-1] for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| [ABC]\d", line)]  # fmt: skip
    assert [row[0].strip() for row in rows] == [f"{story}{line}" for story, last in LINES.items() for line in range(1, last + 1)]  # fmt: skip
    for line, what, served, lacking in rows:
        named = set(re.findall(r"`(test_\w+)`", served))
        assert what.strip(), line
        assert named <= there, (line, named - there)
        assert named or "**" in lacking, line
