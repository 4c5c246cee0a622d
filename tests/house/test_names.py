"""One word, one thing: a class name is borne once, a private name stays in its package, a module says what it holds."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from pathlib import Path

from library_source import modules, package_of

#: class names that two classes may bear, each with the reason
TWICE: dict[str, str] = {"Migration": "Django finds each change of its tables by this name"}

#: private names that another package may import
BORROWED: set[tuple[str, str]] = set()

SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "text", "plain", "base"}


def test_no_public_class_name_is_borne_twice() -> None:
    bearers: dict[str, list[str]] = defaultdict(list)
    for module, tree in modules().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                bearers[node.name].append(module)
    twice = {name: where for name, where in bearers.items() if len(where) > 1}
    assert set(twice) <= set(TWICE), twice
    assert set(TWICE) <= set(twice), "an exception that nothing needs any more"


def test_no_private_name_is_imported_across_packages() -> None:
    borrowed = set()
    for module, tree in modules().items():
        for node in ast.walk(tree):
            if (
                not isinstance(node, ast.ImportFrom)
                or node.level
                or not (node.module or "").startswith("proband")
            ):
                continue
            for alias in node.names:
                path = f"{node.module}.{alias.name}"
                private = any(part.startswith("_") and not part.endswith("__") for part in path.split("."))
                if private and package_of(module) != package_of(node.module or ""):
                    borrowed.add((module, path))
    assert borrowed <= BORROWED, borrowed - BORROWED


def test_modules_are_named_after_what_they_hold() -> None:
    found = {module for module in modules() if module.rpartition(".")[2] in SAYS_NOTHING}
    assert not found, found


def test_no_two_files_of_tests_bear_one_name() -> None:
    """Two of one name are one module to pytest, which then reads neither: a whole run fails that no run of a single file shows."""
    names = Counter(path.name for path in Path(__file__).parents[1].rglob("test_*.py"))
    assert not {name for name, times in names.items() if times > 1}
