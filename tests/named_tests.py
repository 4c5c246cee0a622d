"""The names of all tests, for pages of the documentation that name what holds a promise."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent


@cache
def names_of_tests(folder: Path = TESTS) -> frozenset[str]:
    """Every function of the test files of a folder and of those below it."""
    return frozenset(
        node.name
        for path in folder.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    )
