"""The public surface that the docs name exists: every dotted name of the library, and every import of a block of code."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from importlib.util import find_spec

import pytest
from library_source import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAME = re.compile(r"(?<![\w./-])proband(?:\.[A-Za-z_]\w*)+")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def resolve(name: str) -> object:
    """The module, or what stands in it, that a dotted name means."""
    parts = name.split(".")
    for depth in range(len(parts), 0, -1):
        module = ".".join(parts[:depth])
        try:
            found: object = import_module(module) if find_spec(module) else None
        except ModuleNotFoundError:
            continue
        if found is None:
            continue
        for part in parts[depth:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


def _names() -> list[tuple[str, str]]:
    return sorted(
        {
            (str(page.relative_to(ROOT)), name)
            for page in PAGES
            for name in NAME.findall(page.read_text(encoding="utf-8"))
        }
    )


@pytest.mark.parametrize(
    "page", [str(page.relative_to(ROOT)) for page in PAGES if "instruments/" not in str(page)]
)
def test_every_name_of_the_library_in_a_page_exists(page: str) -> None:
    for where, name in _names():
        if where == page:
            try:
                resolve(name)
            except (ImportError, AttributeError) as error:
                raise AssertionError(f"{page} names {name}") from error


def test_every_import_in_a_block_of_code_exists() -> None:
    count = 0
    for page in PAGES:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "proband":
                    module = import_module(node.module or "")
                    for alias in node.names:
                        assert hasattr(module, alias.name) or find_spec(f"{node.module}.{alias.name}"), (
                            page,
                            alias.name,
                        )
                        count += 1
    assert count > 10, "the docs show how the library is called"


def test_every_path_that_contributing_names_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = set(re.findall(r"`((?:src|tests|docs|programme)/[\w./-]+)`", text))
    assert len(paths) > 15
    for path in paths:
        assert (ROOT / path).exists() or (ROOT / "src" / "proband" / path).exists(), path


def test_a_name_that_does_not_exist_is_seen() -> None:
    with pytest.raises((ImportError, AttributeError)):
        resolve("proband.terms.Moonlight")
    with pytest.raises(ModuleNotFoundError):
        resolve("probands.terms")
